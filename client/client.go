package client

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	// DefaultVersion is the API version that a [Client] asks for unless
	// [WithVersion] names another.
	DefaultVersion = "2021-07-28"
	// V3 is the API version of permissions and conversation channels. Their
	// methods ask for it whatever the version of the client.
	V3 = "v3"
	// DefaultUserAgent is the User-Agent that a [Client] sends unless
	// [WithUserAgent] names another.
	DefaultUserAgent = "tenantry-client-go"

	// DefaultAnswerLimit is the size in bytes of the largest answer that a [Client]
	// reads unless [WithAnswerLimit] sets another.
	DefaultAnswerLimit = 32 << 20

	// headerTimeout is how long the default transport waits for an answer to begin
	// once the request is sent; it covers callers that set no deadline.
	headerTimeout = 2 * time.Minute
)

// Client sends requests with one token to one server. It is safe for concurrent
// use. Make one with [New].
type Client struct {
	base        *url.URL
	baseErr     error
	http        *http.Client
	authorize   func(http.Header)   // a closure, so that printing a Client shows no token
	redact      func([]byte) []byte // likewise
	version     string
	userAgent   string
	answerLimit int64
	retry       Retry
	now         func() time.Time
	sleep       func(context.Context, time.Duration) error
	onResponse  func(Response)
}

// Option changes how a [Client] works.
type Option func(*Client)

// New makes a client of the server at baseURL, such as https://services.leadconnectorhq.com,
// with an access token or private integration token. An empty token sends no
// Authorization header. A baseURL that is no http or https address makes every
// method fail.
func New(baseURL, token string, opts ...Option) *Client {
	base, err := parseBase(baseURL)
	c := &Client{
		base:        base,
		baseErr:     err,
		http:        defaultHTTPClient(),
		authorize:   authorizer(token),
		redact:      redactor(token),
		version:     DefaultVersion,
		userAgent:   DefaultUserAgent,
		answerLimit: DefaultAnswerLimit,
		now:         time.Now,
		sleep:       sleep,
		onResponse:  func(Response) {},
	}
	for _, opt := range opts {
		opt(c)
	}
	return c
}

// WithHTTPClient sends through a copy of h, which must not be nil, for its transport, timeout and jar.
// Its redirect policy is not used: redirects are never followed. A timeout of h
// bounds uploads as well.
func WithHTTPClient(h *http.Client) Option {
	return func(c *Client) {
		own := *h
		own.CheckRedirect = keepRedirect
		c.http = &own
	}
}

// WithVersion asks for another API version than [DefaultVersion].
func WithVersion(version string) Option {
	return func(c *Client) { c.version = version }
}

// WithUserAgent sends another User-Agent than [DefaultUserAgent].
func WithUserAgent(agent string) Option {
	return func(c *Client) { c.userAgent = agent }
}

// WithAnswerLimit reads answers of up to n bytes instead of [DefaultAnswerLimit]; a
// larger one is [ErrTooLarge], or an [*Error] without a message of the server.
func WithAnswerLimit(n int64) Option {
	return func(c *Client) { c.answerLimit = n }
}

// WithRetry repeats requests that are refused with 429 for being too many.
// Without it a client never repeats one.
func WithRetry(r Retry) Option {
	return func(c *Client) { c.retry = r }
}

// WithClock replaces the clock that an absolute Retry-After is measured against,
// and the pause before a repeated request. A sleep returns early, with the error
// of its context, when that ends.
func WithClock(now func() time.Time, sleep func(context.Context, time.Duration) error) Option {
	return func(c *Client) { c.now, c.sleep = now, sleep }
}

// WithOnResponse calls f after each answer has been read, repeated ones included,
// in the goroutine of the method.
func WithOnResponse(f func(Response)) Option {
	return func(c *Client) { c.onResponse = f }
}

// Response is what [WithOnResponse] learns of one answer.
type Response struct {
	Method     string
	Path       string // as sent, without the query
	StatusCode int
	TraceID    string // of the X-Trace-Id or X-Request-Id header, empty without either
	RateLimit  RateLimit
}

// CloseIdleConnections closes the connections that wait for another request.
func (c *Client) CloseIdleConnections() { c.http.CloseIdleConnections() }

func parseBase(text string) (*url.URL, error) {
	base, err := url.Parse(text)
	// The parser's error repeats the text, which may hold a password.
	if err != nil || base.Host == "" || (base.Scheme != "http" && base.Scheme != "https") {
		return nil, errBaseURL
	}
	base.RawQuery, base.Fragment = "", ""
	base.Path, base.RawPath = strings.TrimRight(base.Path, "/"), strings.TrimRight(base.RawPath, "/")
	return base, nil
}

func defaultHTTPClient() *http.Client {
	h := &http.Client{CheckRedirect: keepRedirect}
	if t, ok := http.DefaultTransport.(*http.Transport); ok {
		t = t.Clone()
		t.ResponseHeaderTimeout = headerTimeout
		h.Transport = t
	}
	return h
}

// keepRedirect hands a redirect to the caller: following it would turn a POST
// into a GET and could carry the token to another host.
func keepRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

func authorizer(token string) func(http.Header) {
	return func(h http.Header) {
		if token != "" {
			h.Set("Authorization", "Bearer "+token)
		}
	}
}
