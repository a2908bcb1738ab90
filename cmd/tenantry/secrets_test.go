package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/oauth"
)

const (
	canaryPassword = "canary password 5d1f"
	canaryVerifier = "canaryverifier5d1f5d1f5d1f5d1f5d1f5d1f5d1f5d1f"
	canaryChosen   = "canary5d1f" // in credentials that a client brings, and in what it sends to nowhere
)

// browser is a person's, and the app's server too.
type browser struct {
	*testing.T

	client *http.Client
	url    string
}

func newBrowser(t *testing.T, url string) browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return browser{t, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, url}
}

// send sends a body with a token and gives the answer's address of redirection and its body.
func (b browser) send(method, path, token, contentType, body string, statuses ...int) (location, answer string) {
	b.Helper()
	req, err := http.NewRequestWithContext(b.Context(), method, b.url+path, strings.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}
	req.Header = http.Header{"Sec-Fetch-Site": {"same-origin"}, "Version": {"2021-07-28"}, "Content-Type": {contentType}}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := b.client.Do(req)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		b.Fatal(err)
	}
	if !slices.Contains(statuses, resp.StatusCode) {
		b.Fatalf("%s %s: %d %s", method, path, resp.StatusCode, data)
	}
	return resp.Header.Get("Location"), string(data)
}

func (b browser) form(path string, pairs ...string) (location, answer string) {
	b.Helper()
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return b.send("POST", path, "", "application/x-www-form-urlencoded", form.Encode(), 200, 303)
}

// tokens are the access and the refresh token of an answer.
func (b browser) tokens(answer string) (access, refresh string) {
	b.Helper()
	var t struct {
		AccessToken  string `json:"access_token"`
		RefreshToken string `json:"refresh_token"`
	}
	if err := json.Unmarshal([]byte(answer), &t); err != nil || t.AccessToken == "" || t.RefreshToken == "" {
		b.Fatalf("%v %s", err, answer)
	}
	return t.AccessToken, t.RefreshToken
}

// use goes through everything that makes or takes a secret, and gives them all.
func use(t *testing.T, base string, app appView, private string, company tenantry.CompanyID, loc tenantry.LocationID) map[string]string {
	t.Helper()
	secrets := map[string]string{"password": canaryPassword, "verifier": canaryVerifier, "chosen": canaryChosen, "private token": private, "client secret": app.ClientSecret}
	b := newBrowser(t, base)
	ask := "/oauth/chooselocation?" + url.Values{
		"response_type": {"code"}, "client_id": {string(app.ClientID)}, "redirect_uri": {app.RedirectURIs[0]}, "scope": {"locations.readonly"}, "state": {canaryChosen},
		"code_challenge": {challengeOf(canaryVerifier)}, "code_challenge_method": {"S256"},
	}.Encode()
	b.form(strings.Replace(ask, "chooselocation", "sign-in", 1), "email", "ada@example.com", "password", canaryPassword)
	_, page := b.send("GET", ask, "", "", "", 200)
	user := regexp.MustCompile(`name="user" value="([^"]+)"`).FindStringSubmatch(page)
	if user == nil {
		t.Fatal(page)
	}
	back, _ := b.form(ask, "do", "approve", "user", user[1], "location", string(loc))
	to, err := url.Parse(back)
	if err != nil {
		t.Fatal(err)
	}
	secrets["code"] = to.Query().Get("code")
	at, _ := url.Parse(base)
	for _, cookie := range b.client.Jar.Cookies(at) {
		secrets["cookie "+cookie.Name] = cookie.Value
	}
	client := []string{"client_id", string(app.ClientID), "client_secret", app.ClientSecret}
	_, answer := b.form("/oauth/token", append(client, "grant_type", "authorization_code", "code", secrets["code"], "code_verifier", canaryVerifier)...)
	secrets["access token"], secrets["refresh token"] = b.tokens(answer)
	_, answer = b.form("/oauth/token", append(client, "grant_type", "refresh_token", "refresh_token", secrets["refresh token"])...)
	secrets["next access token"], secrets["next refresh token"] = b.tokens(answer)
	b.send("POST", "/oauth/token?client_secret="+canaryChosen, "", "application/x-www-form-urlencoded", "client_id=x&client_secret="+canaryChosen, 401, 422)
	b.send("PUT", "/locations/"+string(loc), private, "application/json", `{"companyId":"`+string(company)+`","twilio":{"sid":"`+canaryChosen+`","authToken":"`+canaryChosen+
		`"},"mailgun":{"apiKey":"`+canaryChosen+`","domain":"`+canaryChosen+`.test"}}`, 200)
	b.send("GET", "/locations/"+string(loc), secrets["next access token"], "", "", 200)
	b.send("GET", "/locations/"+string(loc), canaryChosen, "", "", 401)
	return secrets
}

// challengeOf is the PKCE challenge of a verifier.
func challengeOf(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// TestSecretsAtRestAndInTheLog (requirements 45 and 46): in no file of the data folder but the sealing
// key's, and in nothing that is logged, does any secret stand that the program has made or was given,
// in an encoding that is easy to undo: while it runs, with what is in the write-ahead log, and after it
// has ended, as a backup would have it.
func TestSecretsAtRestAndInTheLog(t *testing.T) {
	dir, company, loc := agency(t)
	app := decoded[appView](t, "app", "create", "--company", string(company), "--name", "App", "--data", dir,
		"--redirect-uri", "https://app.example.com/cb", "--scopes", "locations.readonly", "--distribution", "public")
	private := strings.TrimSpace(must(t, "token", "create", "--company", string(company), "--data", dir))
	if code, _, said := onceWith(t, canaryPassword, "user", "create", "--company", string(company), "--email", "ada@example.com", "--first-name", "Ada", "--last-name", "B", "--role", "admin",
		"--password-stdin", "--data", dir); code != exitDone {
		t.Fatal(said)
	}
	p, base := serve(t, dir)
	secrets := use(t, base, app, private, company, loc)
	if data := contents(t, dir); !bytes.Contains(data, []byte(oauth.HashToken(private))) {
		t.Error("the hash of a token is not found: the test would see nothing")
	}
	hidden(t, "the folder of the running server", contents(t, dir), secrets)
	p.stop()
	look(t, dir, func(in *instance) error {
		keys, err := in.store.SigningKeys(t.Context())
		for _, k := range keys {
			secrets["signing key"] = string(k.Private[len(k.Private)-32:]) // an Ed25519 seed ends it
		}
		return err
	})
	if secrets["signing key"] == "" {
		t.Error("there is no signing key")
	}
	key, err := os.ReadFile(filepath.Join(dir, "secret.key"))
	if err != nil {
		t.Fatal(err)
	}
	secrets["sealing key"] = strings.TrimSpace(string(key))
	hidden(t, "the folder of the stopped server", contents(t, dir), secrets)
	hidden(t, "the log", []byte(p.err.String()), secrets)
	if !strings.Contains(p.err.String(), `"operation":"get-access-token"`) {
		t.Errorf("the log says nothing: %s", p.err)
	}
}

// contents are those of all files in the folder but the sealing key's.
func contents(t *testing.T, dir string) []byte {
	t.Helper()
	var all []byte
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.Name() == "secret.key" || !d.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(path) //nolint:gosec // of the test's own folder
		all = append(all, data...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// hidden looks for each secret, as it is and encoded.
func hidden(t *testing.T, where string, data []byte, secrets map[string]string) {
	t.Helper()
	folded := bytes.ToLower(data)
	for what, secret := range secrets {
		if len(secret) < 8 {
			t.Errorf("there is no %s: %q", what, secret)
			continue
		}
		for _, form := range []string{secret, hex.EncodeToString([]byte(secret)), base64.RawStdEncoding.EncodeToString([]byte(secret)), base64.RawURLEncoding.EncodeToString([]byte(secret)), url.QueryEscape(secret)} {
			if bytes.Contains(data, []byte(form)) || bytes.Contains(folded, []byte(strings.ToLower(form))) {
				t.Errorf("%s holds the %s as %q", where, what, form)
			}
		}
	}
}

// TestDailyCountsSurviveARestart (requirement 30): a restart gives no daily quota back.
func TestDailyCountsSurviveARestart(t *testing.T) {
	dir, company, loc := agency(t)
	token := strings.TrimSpace(must(t, "token", "create", "--company", string(company), "--data", dir))
	left := func(url string) string {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/locations/"+string(loc), nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header = http.Header{"Authorization": {"Bearer " + token}, "Version": {"2021-07-28"}}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		return resp.Header.Get("X-RateLimit-Daily-Remaining")
	}
	for _, want := range [][]string{{"199999", "199998"}, {"199997"}, {"199996", "199995"}} {
		p, url := serve(t, dir)
		for _, want := range want {
			if got := left(url); got != want {
				t.Errorf("%s requests are left of the day, want %s", got, want)
			}
		}
		if code := p.stop(); code != exitDone {
			t.Fatalf("exit %d: %s", code, p.err)
		}
	}
}
