package main

import (
	"bytes"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tenantry/tenantry/client"
)

// TestManagingARunningServer: what a verb does holds for the next request, and its secrets are
// printed where it was started.
func TestManagingARunningServer(t *testing.T) {
	dir, company, loc := agency(t)
	p, url := serve(t, dir)
	token := strings.TrimSpace(must(t, "token", "create", "--location", string(loc), "--scopes", "locations.readonly", "--data", dir))
	read := func() error {
		_, err := client.New(url, token).Location(t.Context(), string(loc))
		return err
	}
	if err := read(); err != nil {
		t.Errorf("a token that was made while the server runs: %v", err)
	}
	listed := decoded[[]tokenView](t, "token", "list", "--location", string(loc), "--data", dir)
	if len(listed) != 1 || listed[0].CompanyID != company {
		t.Fatalf("listed %+v", listed)
	}
	must(t, "token", "delete", string(listed[0].ID), "--data", dir)
	if e, ok := errors.AsType[*client.Error](read()); !ok || e.StatusCode != http.StatusUnauthorized {
		t.Errorf("a token that was deleted while the server runs: %v", e)
	}

	app := decoded[appView](t, "app", "create", "--company", string(company), "--name", "Mine", "--redirect-uri", "https://a.example/cb?x=1,2",
		"--redirect-uri", "https://b.example/cb", "--scopes", "locations.readonly", "--target", "agency", "--data", dir)
	if len(app.RedirectURIs) != 2 || len(app.Scopes) != 1 || app.Target != "agency" || app.ClientSecret == "" {
		t.Errorf("the flags arrive: %+v", app)
	}
	code, out, said := onceWith(t, "tea at five\n", "user", "create", "--company", string(company), "--email", "ada@example.com",
		"--first-name", "Ada", "--last-name", "Byron", "--password-stdin", "--data", dir)
	if code != exitDone || !strings.Contains(out, "User ID") || said != "" {
		t.Errorf("exit %d: %s%s", code, out, said)
	}
	must(t, "keys", "rotate", "--data", dir)
	t.Run("variables are those of the process that asks", func(t *testing.T) {
		t.Setenv("TENANTRY_REDIRECT_URI", "https://a.example/cb?x=1,2 https://b.example/cb")
		t.Setenv("TENANTRY_INSTALL_TO_FUTURE_LOCATIONS", "true")
		t.Setenv("TENANTRY_TARGET", "agency")
		made := decoded[appView](t, "app", "create", "--company", string(company), "--name", "Its own", "--target", "sub-account", "--data", dir)
		if len(made.RedirectURIs) != 2 || !made.ToFuture || made.Target != "sub-account" {
			t.Errorf("%+v", made)
		}
	})

	for name, args := range map[string][]string{
		"not found":      {"token", "delete", "nothing"},
		"already exists": {"user", "create", "--company", string(company), "--email", "ada@example.com", "--first-name", "A", "--last-name", "B"},
	} {
		if said := refused(t, exitFailed, append(args, "--data", dir)...); !strings.Contains(said, name) {
			t.Errorf("%v: %s", args, said)
		}
	}
	if said := refused(t, exitUsage, "token", "create", "--data", dir); !strings.Contains(said, "say whose token it is") {
		t.Error(said)
	}
	for _, secret := range []string{token, app.ClientSecret, "tea at five"} {
		if strings.Contains(p.err.String(), secret) {
			t.Errorf("the log tells a secret: %s", p.err)
		}
	}
	if code := p.stop(); code != exitDone {
		t.Errorf("exit %d: %s", code, p.err)
	}
	if u, ok := signsIn(t, dir, "ada@example.com", "tea at five"); !ok {
		t.Errorf("the password that was read here is not that of %+v", u)
	}
	must(t, "token", "list", "--data", dir) // by itself again
}

// TestControlSocket: it is its owner's alone, one that was left behind is in nobody's way, and what
// comes from another version is refused.
func TestControlSocket(t *testing.T) {
	dir, _, _ := agency(t)
	path := dataFlags{Data: dir}.socket()
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	must(t, "token", "list", "--data", dir)
	p, _ := serve(t, dir)
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 || info.Mode().Type() != os.ModeSocket {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	for name, args := range map[string][]string{
		"an unknown verb": {"token", "mint"}, "an unknown flag": {"token", "list", "--colour=red"}, "no verb of these": {"serve"}, "none": nil,
	} {
		if got := carryOut(t.Context(), order{Args: args}, nil); got.Code != exitFailed || !strings.Contains(got.Err, "another version") {
			t.Errorf("%s: %+v", name, got)
		}
	}
	p.stop()
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("the socket outlives its server: %v", err)
	}
}

// TestALongFolderName: a socket's path is short; the server runs without one and says so.
func TestALongFolderName(t *testing.T) {
	dir := filepath.Join(t.TempDir(), strings.Repeat("long", 30))
	must(t, "seed", "--data", dir, "--locations", "1", "--contacts", "0")
	p, _ := serve(t, dir)
	if !bytes.Contains([]byte(p.err.String()), []byte("managing verbs cannot reach this server")) {
		t.Errorf("nothing is said: %s", p.err)
	}
	if said := refused(t, exitFailed, "token", "list", "--data", dir); !strings.Contains(said, "stop it first") {
		t.Error(said)
	}
	if code := p.stop(); code != exitDone {
		t.Errorf("exit %d", code)
	}
}
