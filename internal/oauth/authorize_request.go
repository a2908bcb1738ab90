package oauth

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/tenantry/tenantry"
)

// authorizeParams are the parameters of an authorization request (contract, section 2.1) in
// the order of a link. Others are ignored, as RFC 6749, section 3.1 wants.
func authorizeParams() []string {
	return []string{"response_type", "client_id", "redirect_uri", "scope", "state", "code_challenge", "code_challenge_method",
		"version_id", "loginWindowOpenMode"}
}

// authorizeRequest is an authorization request that holds.
type authorizeRequest struct {
	app         tenantry.App
	redirectURI string
	scopes      []tenantry.Scope
	state       string
	hasState    bool
	challenge   string
	query       string // the known parameters, to carry the request from page to page
}

// authorizeRequest reads the request out of a link. What is wrong with it is listed in one
// error and told to the person, who can tell the app's maker; nothing is sent to the
// redirect URI, since a link that is not the app's must lead nowhere (RFC 9700, section
// 4.11). Errors: Invalid.
func (p *Pages) authorizeRequest(r *http.Request) (q authorizeRequest, err error) {
	given, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return q, tenantry.InvalidInput("The link is damaged: its parameters cannot be read.")
	}
	kept := url.Values{}
	for _, name := range authorizeParams() {
		switch values := given[name]; {
		case len(values) > 1:
			return q, tenantry.InvalidInput(name + " is given more than once.")
		case len(values) == 1:
			kept.Set(name, values[0])
		}
	}
	q.app, err = p.app(r.Context(), kept.Get("client_id"))
	if err != nil {
		return q, err
	}
	q.redirectURI, q.state, q.hasState = kept.Get("redirect_uri"), kept.Get("state"), kept.Has("state")
	q.challenge, q.query = kept.Get("code_challenge"), kept.Encode()
	return q, q.check(kept)
}

func (p *Pages) app(ctx context.Context, client string) (tenantry.App, error) {
	if client == "" {
		return tenantry.App{}, tenantry.InvalidInput("client_id is missing: the link does not say which app it is for.")
	}
	a, err := p.store.AppByClient(ctx, client)
	if tenantry.KindOf(err) == tenantry.NotFound {
		return a, tenantry.InvalidInput("client_id " + client + " is no app of this server.")
	}
	return a, err
}

// check lists all that is wrong with the parameters of a known app.
func (q *authorizeRequest) check(given url.Values) error {
	var messages []string
	refuse := func(wrong bool, message string) {
		if wrong {
			messages = append(messages, message)
		}
	}
	switch q.redirectURI {
	case "":
		refuse(true, "redirect_uri is missing.")
	default:
		refuse(!q.app.AllowsRedirect(q.redirectURI), "redirect_uri "+q.redirectURI+
			" is not registered for the app. It must be the same as a registered one to the letter, a slash at its end included.")
	}
	switch kind := given.Get("response_type"); kind {
	case "code":
	case "":
		refuse(true, "response_type is missing: it must be code.")
	default:
		refuse(true, "response_type "+kind+" is not supported: it must be code.")
	}
	messages = append(messages, q.checkScopes(given.Get("scope"))...)
	if err := tenantry.CheckChallenge(q.challenge, given.Get("code_challenge_method")); err != nil {
		messages = append(messages, messagesOf(err)...)
	}
	version := given.Get("version_id")
	refuse(version != "" && version != string(q.app.VersionID), "version_id "+version+" is no version of the app.")
	if len(messages) > 0 {
		return tenantry.InvalidInput(messages...)
	}
	return nil
}

func (q *authorizeRequest) checkScopes(text string) (messages []string) {
	names := strings.Fields(text)
	if len(names) == 0 {
		return []string{"scope is missing: the link does not say what the app wants to do."}
	}
	var known []string
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			continue
		}
		if !slices.Contains(tenantry.Scopes(), tenantry.Scope(name)) {
			messages = append(messages, "scope "+name+" does not exist.")
			continue
		}
		known = append(known, name)
	}
	q.scopes, _ = tenantry.ParseScopes(known) // all of them are known
	for _, s := range q.app.Beyond(q.scopes) {
		messages = append(messages, "scope "+string(s)+" is not one that the app may ask for.")
	}
	return messages
}

// back is the redirect URI with the parameters of the answer, and the state as it came. The
// URI's own query stays as it was registered, byte for byte (RFC 6749, section 3.1.2).
func (q *authorizeRequest) back(name, value string) string {
	answer := url.Values{name: {value}}
	if q.hasState {
		answer.Set("state", q.state)
	}
	separator := "?"
	if strings.Contains(q.redirectURI, "?") {
		separator = "&"
	}
	return q.redirectURI + separator + answer.Encode()
}

// origin is where the app gets its answer.
func (q *authorizeRequest) origin() *url.URL {
	u, err := url.Parse(q.redirectURI)
	if err != nil {
		return &url.URL{} // none that is registered fails to parse
	}
	return &url.URL{Scheme: u.Scheme, Host: u.Host}
}
