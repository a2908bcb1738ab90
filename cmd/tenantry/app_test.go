package main

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/oauth"
)

// agency makes an installation with an agency and a sub-account.
func agency(t *testing.T) (dir string, company tenantry.CompanyID, loc tenantry.LocationID) {
	t.Helper()
	dir = t.TempDir()
	must(t, "seed", "--data", dir, "--locations", "1", "--contacts", "0")
	look(t, dir, func(in *instance) error {
		companies, err := in.store.Companies(t.Context())
		if err != nil {
			return err
		}
		company = companies[0].ID
		page, err := in.store.SearchLocations(t.Context(), company, tenantry.LocationFilter{Limit: 1})
		loc = page.Items[0].ID
		return err
	})
	return dir, company, loc
}

// look opens the data of a stopped server.
func look(t *testing.T, dir string, fn func(*instance) error) {
	t.Helper()
	in, err := (dataFlags{Data: dir}).open(t.Context(), slog.New(slog.DiscardHandler), opening{mustExist: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := fn(in); err != nil {
		t.Error(err)
	}
	if err := in.close(); err != nil {
		t.Error(err)
	}
}

// decoded runs a verb that prints JSON.
func decoded[T any](t *testing.T, args ...string) (v T) {
	t.Helper()
	out := must(t, append(args, "--json")...)
	if strings.Count(out, "\n") != 1 {
		t.Errorf("not one line: %q", out)
	}
	if err := json.Unmarshal([]byte(out), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// isGood tells whether a client secret is the app's.
func isGood(t *testing.T, dir string, client tenantry.ClientID, secret string) (good bool) {
	t.Helper()
	look(t, dir, func(in *instance) error {
		_, err := in.store.AuthenticateApp(t.Context(), string(client), oauth.HashToken(secret))
		if good = err == nil; tenantry.KindOf(err) == tenantry.Unauthenticated {
			return nil
		}
		return err
	})
	return good
}

func TestAppsFromBeginningToEnd(t *testing.T) {
	dir, company, _ := agency(t)
	app := decoded[appView](t, "app", "create", "--company", string(company), "--name", " My <app> ", "--data", dir,
		"--redirect-uri", "https://app.example.com/cb?a=1,2", "--redirect-uri", "http://localhost:3000/cb", "--scopes", "locations.readonly,oauth.write",
		"--target", "agency", "--distribution", "public", "--install-to-future-locations")
	want := appView{
		CompanyID: company, Name: "My <app>", RedirectURIs: []string{"https://app.example.com/cb?a=1,2", "http://localhost:3000/cb"},
		Scopes: []tenantry.Scope{tenantry.LocationsRead, tenantry.OAuthWrite}, Target: "agency", Distribution: tenantry.PublicApp, ToFuture: true,
	}
	want.AppID, want.VersionID, want.CreatedAt, want.ClientID, want.ClientSecret = app.AppID, app.VersionID, app.CreatedAt, app.ClientID, app.ClientSecret
	if diff := cmp.Diff(want, app); diff != "" || !strings.HasPrefix(string(app.ClientID), string(app.AppID)+"-") {
		t.Errorf("client id %s, (-want +got):\n%s", app.ClientID, diff)
	}
	if !isGood(t, dir, app.ClientID, app.ClientSecret) || isGood(t, dir, app.ClientID, "another") {
		t.Error("the printed secret is not the app's, or any is")
	}
	listed := decoded[[]appView](t, "app", "list", "--company", string(company), "--data", dir)
	want.ClientSecret = ""
	if diff := cmp.Diff([]appView{want}, listed); diff != "" {
		t.Errorf("listed (-want +got):\n%s", diff)
	}
	if none := decoded[[]appView](t, "app", "list", "--company", "another", "--data", dir); none == nil || len(none) != 0 {
		t.Errorf("apps of another agency: %v", none)
	}

	second := strings.TrimSpace(must(t, "app", "rotate-secret", string(app.ClientID), "--data", dir))
	if !isGood(t, dir, app.ClientID, second) || !isGood(t, dir, app.ClientID, app.ClientSecret) {
		t.Error("after a rotation both secrets are good")
	}
	must(t, "app", "rotate-secret", string(app.ClientID), "--data", dir)
	if isGood(t, dir, app.ClientID, app.ClientSecret) || !isGood(t, dir, app.ClientID, second) {
		t.Error("after two rotations the first secret is not good, the second is")
	}

	other := string(app.AppID) + "-00000000"
	refused(t, exitFailed, "app", "delete", other, "--data", dir)
	if out := must(t, "app", "list", "--data", dir); !strings.Contains(out, string(app.ClientID)) || !strings.HasPrefix(out, "CLIENT ID") {
		t.Errorf("after a delete of another client id: %s", out)
	}
	must(t, "app", "delete", string(app.ClientID), "--data", dir)
	if out := must(t, "app", "list", "--data", dir); strings.Contains(out, string(app.AppID)) {
		t.Error(out)
	}
	for _, verb := range []string{"delete", "rotate-secret"} {
		if said := refused(t, exitFailed, "app", verb, string(app.ClientID), "--data", dir); !strings.Contains(said, "not found") {
			t.Errorf("%s of a deleted app: %s", verb, said)
		}
	}
}

func TestAppIsUninstalled(t *testing.T) {
	dir, company, loc := agency(t)
	app := decoded[appView](t, "app", "create", "--company", string(company), "--name", "Mine", "--redirect-uri", "https://app.example.com/cb", "--data", dir)
	made := decoded[userView](t, "user", "create", "--company", string(company), "--email", "ada@example.com", "--first-name", "Ada", "--last-name", "Byron",
		"--role", "admin", "--data", dir)
	install := func() {
		t.Helper()
		look(t, dir, func(in *instance) error {
			code := oauth.HashToken(rand.Text())
			err := in.store.CreateCode(t.Context(), code, tenantry.Consent{
				AppID: app.AppID, RedirectURI: "https://app.example.com/cb", UserID: made.ID, CompanyID: company, Class: tenantry.Agency,
				LocationIDs: []tenantry.LocationID{loc}, Scopes: app.Scopes, Bulk: true,
			})
			if err != nil {
				return err
			}
			_, err = in.store.ExchangeCode(t.Context(), code, tenantry.CodeExchange{AppID: app.AppID})
			return err
		})
	}
	uninstall := func(more ...string) []string {
		return append([]string{"app", "uninstall", string(app.ClientID), "--data", dir}, more...)
	}
	for _, place := range [][]string{{"--location", string(loc)}, {"--company", string(company)}} {
		install()
		if out := must(t, uninstall(place...)...); !strings.Contains(out, place[1]) {
			t.Error(out)
		}
		look(t, dir, func(in *instance) error {
			if _, err := in.store.Install(t.Context(), loc, app.AppID); tenantry.KindOf(err) != tenantry.NotFound {
				t.Errorf("after %v the install gives %v", place, err)
			}
			return nil
		})
		if said := refused(t, exitFailed, uninstall("--location", string(loc))...); !strings.Contains(said, "is not installed on "+string(loc)) {
			t.Error(said)
		}
	}
	for want, args := range map[string][]string{
		"is not installed on " + string(company): uninstall("--company", string(company)),
		"there is no sub-account nowhere":        uninstall("--location", "nowhere"),
	} {
		if said := refused(t, exitFailed, args...); !strings.Contains(said, want) {
			t.Errorf("%v says %q", args, said)
		}
	}
	refused(t, exitUsage, uninstall()...)
}

func TestAppForAPerson(t *testing.T) {
	dir, company, _ := agency(t)
	t.Setenv("TENANTRY_REDIRECT_URI", "https://a.example/cb?x=1,2 https://b.example/cb")
	out := must(t, "app", "create", "--company", string(company), "--name", "Mine", "--data", dir)
	var id, secret string
	if _, err := fmt.Sscanf(out, "Client ID: %s\nClient secret: %s\n", &id, &secret); err != nil || !isGood(t, dir, tenantry.ClientID(id), secret) {
		t.Errorf("%v: %s", err, out)
	}
	listed := decoded[[]appView](t, "app", "list", "--data", dir)
	if diff := cmp.Diff([]string{"https://a.example/cb?x=1,2", "https://b.example/cb"}, listed[0].RedirectURIs); diff != "" {
		t.Error(diff)
	}
	if len(listed[0].Scopes) != len(tenantry.Scopes()) || listed[0].Target != "sub-account" || listed[0].Distribution != "private" || listed[0].ToFuture {
		t.Errorf("defaults: %+v", listed[0])
	}
	if said := refused(t, exitFailed, "app", "create", "--company", "nobody", "--name", "Mine", "--data", dir); !strings.Contains(said, "Company with id nobody") {
		t.Error(said)
	}
}

// Lists are longer than what is read of them at once.
func TestEveryPageOfAList(t *testing.T) {
	pages := [][]int{{1, 2}, {3}, {}}
	var asked []int
	all, err := every(func(last *int) ([]int, error) {
		if last != nil {
			asked = append(asked, *last)
		}
		return pages[len(asked)], nil
	})
	if diff := cmp.Diff([]int{1, 2, 3}, all); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
	if diff := cmp.Diff([]int{2, 3}, asked); diff != "" {
		t.Error(diff)
	}
}

// onceWith runs a verb to its end with a standard input.
func onceWith(t *testing.T, stdin string, args ...string) (code int, out, said string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = run(t.Context(), args, strings.NewReader(stdin), &stdout, &stderr)
	return code, stdout.String(), stderr.String()
}

// signsIn tells whether the password is that of the user with the address.
func signsIn(t *testing.T, dir, email, password string) (user tenantry.User, ok bool) {
	t.Helper()
	look(t, dir, func(in *instance) error {
		u, hash, err := in.store.UserByEmail(t.Context(), email)
		user, ok = u, oauth.IsPassword(password, hash)
		return err
	})
	return user, ok
}

func TestUsersFromTheCommandLine(t *testing.T) {
	dir, company, loc := agency(t)
	create := func(email string, more ...string) []string {
		return append([]string{"user", "create", "--company", string(company), "--email", email, "--first-name", "Ada", "--last-name", "Byron", "--data", dir}, more...)
	}
	made := decoded[userView](t, create("Ada@example.com", "--type", "account", "--role", "admin", "--locations", string(loc))...)
	u, ok := signsIn(t, dir, "ada@EXAMPLE.com", made.Password)
	if !ok || u.ID != made.ID || !u.MayInstallOn(loc) || u.MayInstallOnCompany() || len(made.Password) < 20 {
		t.Errorf("the printed password is good: %t; %+v", ok, u)
	}
	code, out, said := onceWith(t, "tea at five\r\n", create("b@example.com", "--password-stdin", "--role", "admin")...)
	if code != exitDone || strings.Contains(out, "tea") || strings.Contains(said, "tea") {
		t.Errorf("exit %d: %s%s", code, out, said)
	}
	if u, ok := signsIn(t, dir, "b@example.com", "tea at five"); !ok || !u.MayInstallOnCompany() {
		t.Errorf("the given password is good: %t; %+v", ok, u)
	}
	out = must(t, create("c@example.com")...)
	var id, password string
	if _, err := fmt.Sscanf(out, "User ID: %s\nPassword: %s\n", &id, &password); err != nil {
		t.Errorf("%v: %s", err, out)
	}
	if u, ok := signsIn(t, dir, "c@example.com", password); !ok || string(u.ID) != id || u.Type != tenantry.AgencyUser || u.Role != tenantry.UserOnly {
		t.Errorf("the printed password is good: %t; %+v", ok, u)
	}

	var second string
	if _, err := fmt.Sscanf(must(t, "user", "set-password", "c@example.com", "--data", dir), "Password: %s\n", &second); err != nil {
		t.Error(err)
	}
	_, old := signsIn(t, dir, "c@example.com", password)
	if _, ok := signsIn(t, dir, "c@example.com", second); !ok || old {
		t.Errorf("the new password is good: %t, the old one: %t", ok, old)
	}

	listed := decoded[[]userView](t, "user", "list", "--data", dir, "--company", string(company))
	made.Password = ""
	if i := slices.IndexFunc(listed, func(v userView) bool { return v.ID == made.ID }); i < 0 {
		t.Errorf("not listed: %+v", listed)
	} else if diff := cmp.Diff(made, listed[i]); diff != "" {
		t.Errorf("listed (-want +got):\n%s", diff)
	}
	if none := decoded[[]userView](t, "user", "list", "--company", "another", "--data", dir); none == nil || len(none) != 0 {
		t.Errorf("users of another agency: %v", none)
	}
	out = must(t, "user", "list", "--data", dir)
	if line := regexp.MustCompile(`(?m)^` + string(made.ID) + ` +Ada Byron +Ada@example.com +` + string(company) + ` +account +admin +` + string(loc) + `$`); !strings.HasPrefix(out, "ID ") || !line.MatchString(out) {
		t.Errorf("for a person:\n%s", out)
	}

	for want, args := range map[string][]string{
		"already exists": create("ADA@example.com"), "does not have all of these": create("d@example.com", "--locations", string(loc)+",nowhere"),
		"User with id e@example.com not found": {"user", "set-password", "e@example.com", "--data", dir},
	} {
		if said := refused(t, exitFailed, args...); !strings.Contains(said, want) {
			t.Errorf("%v says %q, want %q", args, said, want)
		}
	}
	code, out, said = onceWith(t, "short", create("d@example.com", "--password-stdin")...)
	if code != exitUsage || !strings.Contains(said, "8 characters") || out != "" {
		t.Errorf("a short password: exit %d, %s%s", code, out, said)
	}
	code, _, said = onceWith(t, strings.Repeat("x", oauth.MaxPassword+1), create("d@example.com", "--password-stdin")...)
	if code != exitUsage || !strings.Contains(said, "1024 bytes") {
		t.Errorf("a long password: exit %d, %s", code, said)
	}
}

// What is wrong with the values of flags is told before the data is touched.
func TestValuesOfOAuthFlags(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "none")
	app := []string{"app", "create", "--company", "a", "--name", "b"}
	user := []string{"user", "create", "--company", "a", "--first-name", "b", "--last-name", "c"}
	for _, test := range []struct {
		want string
		args []string
	}{
		{"missing flags: --company=ID", []string{"app", "create", "--name", "b", "--redirect-uri", "https://a.example/"}},
		{"--redirect-uri", app},
		{"must use https", append(app, "--redirect-uri", "http://a.example/cb")},
		{"must not have a fragment", append(app, "--redirect-uri", "https://a.example/cb#x")},
		{"must be one of", append(app, "--redirect-uri", "https://a.example/cb", "--target", "Company")},
		{"must be one of", append(app, "--redirect-uri", "https://a.example/cb", "--distribution", "secret")},
		{"unknown scope", append(app, "--redirect-uri", "https://a.example/cb", "--scopes", "all")},
		{"must be a client id", []string{"app", "delete", "abc"}},
		{"must be a client id", []string{"app", "rotate-secret", "0123456789abcdef01234567"}},
		{"must be an e-mail address", append(user, "--email", "Ada <ada@example.com>")},
		{"must be an e-mail address", append(user, "--email", "ada@localhost")},
		{"ids separated by commas", append(user, "--email", "a@example.com", "--locations", "a,,b")},
		{"must be one of", append(user, "--email", "a@example.com", "--role", "owner")},
		{"0s to 168h", []string{"token", "rotate", "a", "--overlap", "169h"}},
		{"0s to 168h", []string{"token", "rotate", "a", "--overlap=-1s"}},
		{"must be one of", []string{"keys", "rotate", "--algorithm", "HS256"}},
	} {
		if said := refused(t, exitUsage, append(test.args, "--data", dir)...); !strings.Contains(said, test.want) {
			t.Errorf("%v says %q, want %q", test.args, said, test.want)
		}
	}
	for _, args := range [][]string{
		append(app, "--redirect-uri", "https://a.example/cb"), {"app", "list"}, {"app", "delete", "0123456789abcdef01234567-0123abcd"},
		append(user, "--email", "a@example.com"), {"token", "list"}, {"token", "rotate", "a"}, {"token", "delete", "a"}, {"keys", "rotate"},
	} {
		if said := refused(t, exitFailed, append(args, "--data", dir)...); !strings.Contains(said, dir) {
			t.Errorf("%v does not name the folder: %s", args, said)
		}
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("something was made: %v", err)
	}
}

func TestOAuthVerbsHaveExamples(t *testing.T) {
	for _, verb := range []string{
		"app create", "app list", "app rotate-secret", "app delete", "app uninstall", "user create", "user list", "user set-password", "token list", "token rotate",
		"token delete", "keys rotate",
	} {
		out := must(t, append(strings.Fields(verb), "--help")...)
		if !strings.Contains(out, "$TENANTRY_DATA") || !strings.Contains(out, "tenantry "+verb) {
			t.Errorf("tenantry %s --help shows no variable or no example:\n%s", verb, out)
		}
	}
}
