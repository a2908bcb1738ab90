package httpd

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/api"
	"github.com/tenantry/tenantry/internal/files"
	"github.com/tenantry/tenantry/internal/oauth"
	"github.com/tenantry/tenantry/internal/store"
	"github.com/tenantry/tenantry/internal/wire"
)

// canary is in every part of the requests of TestLogHoldsNoSecrets that can hold a secret.
const canary = "canary4f1d"

// secretServer is the real server with a log of every level, and a token of each class.
type secretServer struct {
	*httptest.Server

	log    *testLog
	routes []wire.Route
	loc    tenantry.LocationID
	tokens map[wire.Tokens]string
}

func newSecretServer(t *testing.T) *secretServer {
	t.Helper()
	log := new(testLog)
	st, err := store.New(openDB(t, log.logger()), make([]byte, store.KeySize), time.Now)
	check(t, err)
	uploads, err := files.Open(t.TempDir())
	check(t, err)
	t.Cleanup(func() { _ = uploads.Close() })
	tokens, err := oauth.NewAuthenticator(t.Context(), st, time.Now)
	check(t, err)
	company, err := st.CreateCompany(t.Context(), "Agency", "")
	check(t, err)
	name := "Location"
	l, err := st.CreateLocation(t.Context(), company, tenantry.System(), tenantry.LocationPatch{Name: &name})
	check(t, err)
	private := oauth.NewPrivateToken()
	_, err = st.CreateToken(t.Context(), tenantry.System(), oauth.HashToken(private), "test",
		tenantry.Caller{Class: tenantry.SubAccount, LocationID: l.ID, Scopes: tenantry.PrivateScopes()}, time.Time{})
	check(t, err)
	access, err := tokens.Issue(oauth.Grant{
		Class: tenantry.Agency, CompanyID: company, AppID: "app", ClientID: "client", TokenID: "token", Scopes: tenantry.Scopes(),
	})
	check(t, err)
	a := api.New(st, uploads, "http://tenantry.test")
	srv := httptest.NewUnstartedServer(nil)
	pages, err := oauth.NewPages(st, "http://tenantry.test", time.Now)
	check(t, err)
	o := Options{API: a, Tokens: tokens, Pages: pages, PublicURL: "http://tenantry.test", Log: log.logger(), Version: "test", Now: time.Now}
	srv.Config = NewServer(New(o), log.logger())
	srv.Start()
	t.Cleanup(srv.Close)
	return &secretServer{Server: srv, log: log, routes: Routes(o), loc: l.ID, tokens: map[wire.Tokens]string{
		wire.SubAccountTokens: private, wire.AgencyTokens: access, wire.AnyTokens: access, wire.AgencyAppTokens: access,
	}}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestLogHoldsNoSecrets (requirement 46): no credential, query, path id or body reaches the
// log at any level, whether a request succeeds or fails and however it fails.
func TestLogHoldsNoSecrets(t *testing.T) {
	s := newSecretServer(t)
	path := strings.NewReplacer("{locationId}", string(s.loc), "{", canary, "}", "")
	for _, route := range s.routes {
		send := func(token, query, contentType, body string) {
			s.send(t, route.Method, path.Replace(route.Path)+query, token, contentType, body)
		}
		good := s.tokens[route.Tokens]
		send("pit-"+canary, "", "application/json", "{}")
		send(strings.Repeat(canary, 3)+"."+canary+"."+canary, "", "application/json", "{}")
		send(good, "?"+canary+"="+canary, "application/json", `{"`+canary+`":"`+canary+`","name":{"`+canary+`":1}}`)
		send(good, "?q=%"+canary, "application/json", `{"name":"`+canary+`"}`)
		send(good, "", "application/json", `{"name":"`+canary+`"`)
		send(good, "", "text/"+canary, canary)
		send(good, "", "multipart/form-data; boundary="+canary, "--"+canary+"\r\n"+canary)
		send(good, "", "application/x-www-form-urlencoded", strings.ReplaceAll("client_id=@&client_secret=@&code=@&refresh_token=@&code_verifier=@&token=@&companyId=@&locationId=@&grant_type=refresh_token", "@", canary))
	}
	for _, path := range []string{"/oauth/chooselocation", "/oauth/sign-in", "/oauth/sign-out", "/oauth/pages/" + canary, "/files/location/" + canary + "/custom-Field/a/b"} {
		for _, method := range []string{"GET", "POST"} {
			s.send(t, method, path+"?state="+canary+"&client_id="+canary, "", "application/x-www-form-urlencoded", "email="+canary+"&password="+canary)
		}
	}
	tags := "/locations/" + string(s.loc) + "/tags"
	for range 2 { // created, then refused with a message that names it
		s.send(t, "POST", tags, s.tokens[wire.SubAccountTokens], "application/json", `{"name":"`+canary+`"}`)
	}
	s.send(t, "GET", "/"+canary, "", "", "")
	last := s.send(t, "PUT", "/locations/"+string(s.loc), s.tokens[wire.AgencyTokens], "application/json",
		`{"companyId":"none","twilio":{"sid":"`+canary+`","authToken":"`+canary+`"}}`)

	s.log.line(t, last)
	text := s.log.text()
	for what, secret := range map[string]string{
		"a canary": canary, "the private token": s.tokens[wire.SubAccountTokens], "the access token": s.tokens[wire.AgencyTokens],
	} {
		for line := range strings.SplitSeq(text, "\n") {
			if strings.Contains(line, secret) {
				t.Errorf("the log holds %s: %s", what, line)
			}
		}
	}
	for _, code := range []string{"token_invalid", "validation_failed", "malformed_body", "duplicate", "route_not_found"} {
		if !strings.Contains(text, `"error":"`+code) {
			t.Errorf("no line has the code %s: the requests did not get where they should", code)
		}
	}
}

// send sends a request with canaries in its headers and gives the answer's trace id.
func (s *secretServer) send(t *testing.T, method, path, token, contentType, body string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, strings.NewReader(body))
	check(t, err)
	req.Header.Set("Version", wire.V3)
	req.Header.Set("Cookie", "session="+canary)
	req.Header.Set("User-Agent", canary)
	req.Header.Set("Idempotency-Key", canary)
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	resp, err := http.DefaultClient.Do(req)
	check(t, err)
	defer func() { _ = resp.Body.Close() }()
	_, err = io.Copy(io.Discard, resp.Body)
	check(t, err)
	if resp.StatusCode >= 500 {
		t.Errorf("%s %s answers %d", method, path, resp.StatusCode)
	}
	return resp.Header.Get("X-Trace-Id")
}
