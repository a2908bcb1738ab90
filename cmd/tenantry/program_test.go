package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/tenantry/tenantry/client"
)

// asProgram is the variable that makes the test's binary the program itself.
const asProgram = "RUN_AS_TENANTRY"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("net/http.(*persistConn).readLoop"),
		goleak.IgnoreAnyFunction("net/http.(*persistConn).writeLoop"))
}

// lockedBuffer is a log that the test reads while the program writes it.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// program is a running verb.
type program struct {
	out  *bufio.Reader
	err  *lockedBuffer
	stop func() int // ends it and gives its exit code
}

// start runs a verb until the test ends or stops it.
func start(t *testing.T, args ...string) *program {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r, w := io.Pipe()
	p := &program{out: bufio.NewReader(r), err: &lockedBuffer{}}
	code := make(chan int, 1)
	go func() {
		c := run(ctx, args, strings.NewReader(""), w, p.err)
		_ = w.Close()
		code <- c
	}()
	p.stop = sync.OnceValue(func() int {
		cancel()
		go func() { _, _ = io.Copy(io.Discard, r) }()
		return <-code
	})
	t.Cleanup(func() { p.stop() })
	return p
}

// once runs a verb to its end.
func once(t *testing.T, args ...string) (code int, out, err string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = run(t.Context(), args, strings.NewReader(""), &stdout, &stderr)
	return code, stdout.String(), stderr.String()
}

// must runs a verb that has to work, and gives what it printed.
func must(t *testing.T, args ...string) string {
	t.Helper()
	code, out, err := once(t, args...)
	if code != exitDone {
		t.Fatalf("tenantry %s: exit %d\n%s%s", strings.Join(args, " "), code, out, err)
	}
	return out
}

// dev starts a demo server and reads its facts.
func dev(t *testing.T, args ...string) (*program, facts) {
	t.Helper()
	p := start(t, append([]string{"dev", "--json", "--addr", "127.0.0.1:0"}, args...)...)
	line, err := p.out.ReadBytes('\n')
	if err != nil {
		t.Fatalf("no line of facts: %v\n%s", err, p.err)
	}
	var f facts
	if err := json.Unmarshal(line, &f); err != nil {
		t.Fatal(err)
	}
	return p, f
}

func TestDevSeedsARealAgency(t *testing.T) {
	p, f := dev(t)
	ctx := t.Context()
	agency := client.New(f.BaseURL, f.AgencyToken)
	found, err := agency.SearchLocations(ctx, client.LocationSearch{CompanyID: string(f.CompanyID), Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	if len(found.Locations) < 12 || len(f.LocationTokens) != len(found.Locations) {
		t.Fatalf("%d sub-accounts, %d tokens", len(found.Locations), len(f.LocationTokens))
	}
	countries, zones := map[string]bool{}, map[string]bool{}
	for _, l := range found.Locations {
		countries[l.Country], zones[l.Timezone] = true, true
		checkSeeded(t, client.New(f.BaseURL, f.LocationTokens[locationID(l.ID)]), l.ID)
	}
	if len(countries) < 8 || len(zones) < 8 {
		t.Errorf("%d countries and %d time zones", len(countries), len(zones))
	}
	if code := p.stop(); code != exitDone {
		t.Errorf("exit %d: %s", code, p.err)
	}
}

// checkSeeded looks at one demo sub-account as its token sees it.
func checkSeeded(t *testing.T, c *client.Client, loc string) {
	t.Helper()
	ctx := t.Context()
	tags, err := c.Tags(ctx, loc)
	if err != nil || len(tags) < 3 {
		t.Errorf("%d tags, %v", len(tags), err)
	}
	fields, err := c.CustomFields(ctx, loc, client.AllModels)
	types := map[client.DataType]bool{}
	for _, f := range fields {
		types[f.DataType] = true
	}
	if err != nil || len(types) < 10 {
		t.Errorf("custom fields of %d types, %v", len(types), err)
	}
	values, err := c.CustomValues(ctx, loc)
	if err != nil || len(values) < 3 {
		t.Errorf("%d custom values, %v", len(values), err)
	}
	for _, kind := range []client.TemplateType{client.SMSTemplate, client.EmailTemplate} {
		page, err := c.Templates(ctx, loc, client.TemplateQuery{Type: kind})
		if err != nil || page.TotalCount < 1 {
			t.Errorf("no %s template, %v", kind, err)
		}
	}
	checkSeededTasks(t, c, loc)
}

func checkSeededTasks(t *testing.T, c *client.Client, loc string) {
	t.Helper()
	for _, completed := range []bool{true, false} {
		page, err := c.SearchTasks(t.Context(), loc, client.TaskSearch{Completed: &completed})
		if err != nil || len(page.Tasks) < 2 {
			t.Errorf("tasks with completed %t: %v", completed, err)
		}
	}
	series, err := c.RecurringTasks(t.Context(), loc)
	if err != nil || len(series) < 2 {
		t.Errorf("%d recurring tasks, %v", len(series), err)
	}
}

func TestDevKeepsItsDataWhenAsked(t *testing.T) {
	dir := t.TempDir()
	p, first := dev(t, "--data", dir, "--locations", "2")
	p.stop()
	_, second := dev(t, "--data", dir, "--locations", "2")
	if first.CompanyID != second.CompanyID || len(second.LocationTokens) != 2 {
		t.Errorf("another agency after a restart: %v, then %v", first, second)
	}
	// A token of before the restart is still good: the keys are kept.
	if _, err := client.New(second.BaseURL, first.AgencyToken).SearchLocations(t.Context(), client.LocationSearch{}); err != nil {
		t.Error(err)
	}
}

func TestDevGreetsAPerson(t *testing.T) {
	p := start(t, "dev", "--addr", "127.0.0.1:0", "--locations", "1")
	var greeting strings.Builder
	for !strings.Contains(greeting.String(), "Ctrl-C") {
		line, err := p.out.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		greeting.WriteString(line)
	}
	for _, want := range []string{"http://127.0.0.1:", "/docs", "curl -s", "export LOCATION_TOKEN=", "Version: 2021-07-28", "Blue Harbor Dental", "/oauth/chooselocation?client_id=", "CLIENT_SECRET="} {
		if !strings.Contains(greeting.String(), want) {
			t.Errorf("the greeting lacks %q:\n%s", want, &greeting)
		}
	}
}

// serve starts a production server and waits until it listens.
func serve(t *testing.T, dir string, args ...string) (*program, string) {
	t.Helper()
	p := start(t, append([]string{"serve", "--data", dir, "--addr", "127.0.0.1:0"}, args...)...)
	for {
		for line := range strings.SplitSeq(p.err.String(), "\n") {
			var entry struct{ Msg, URL string }
			if json.Unmarshal([]byte(line), &entry) == nil && entry.Msg == "listening" {
				return p, entry.URL
			}
		}
		select {
		case <-t.Context().Done():
			t.Fatalf("the server does not listen: %s", p.err)
		default:
		}
		if strings.Contains(p.err.String(), "tenantry: ") {
			t.Fatalf("the server does not start: %s", p.err)
		}
	}
}

func TestServeFromAnEmptyFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	_, token, said := once(t, "token", "create", "--new-company", "Acme", "--data", dir)
	token = strings.TrimSpace(token)
	company := strings.TrimSuffix(strings.TrimSpace(strings.TrimPrefix(said, "Made agency ")), ".")
	if !strings.HasPrefix(token, "pit-") || len(company) != 20 {
		t.Fatalf("token %q, company %q", token, company)
	}
	p, url := serve(t, dir)
	made, err := client.New(url, token).CreateLocation(t.Context(), client.CreateLocationRequest{Name: "First", CompanyID: company})
	if err != nil {
		t.Fatal(err)
	}
	if code, _, said := once(t, "seed", "--data", dir); code != exitFailed || !strings.Contains(said, dir) {
		t.Errorf("a second process on the folder: exit %d, %s", code, said)
	}
	must(t, "doctor", "--url", url)
	if code := p.stop(); code != exitDone {
		t.Fatalf("exit %d: %s", code, p.err)
	}
	local := strings.TrimSpace(must(t, "token", "create", "--location", made.ID, "--scopes", "locations.readonly", "--data", dir))
	_, url = serve(t, dir, "--no-migrate", "--public-url", "https://api.example.test/")
	if l, err := client.New(serverAddr(t, dir, url), local).Location(t.Context(), made.ID); err == nil && l.Name != "First" {
		t.Errorf("after a restart: %v", l)
	}
}

// serverAddr is where the server really listens: its public URL may be another.
func serverAddr(t *testing.T, _, url string) string {
	t.Helper()
	if url != "https://api.example.test" {
		t.Errorf("public URL %s", url)
	}
	return url
}

func TestDoctorFindsWhatIsWrong(t *testing.T) {
	dir := t.TempDir()
	if code, out, _ := once(t, "doctor", "--data", filepath.Join(dir, "none")); code != exitFailed || !strings.Contains(out, "FAIL") {
		t.Errorf("no data: exit %d, %s", code, out)
	}
	must(t, "seed", "--data", dir, "--locations", "1", "--contacts", "0")
	p, _ := dev(t, "--data", dir) // makes the signing key
	p.stop()
	if out := must(t, "doctor", "--data", dir); strings.Contains(out, "FAIL") {
		t.Error(out)
	}
	if err := os.Chmod(filepath.Join(dir, "secret.key"), 0o644); err != nil { //nolint:gosec // the mistake under test
		t.Fatal(err)
	}
	if code, out, _ := once(t, "doctor", "--data", dir); code != exitFailed || !strings.Contains(out, "others can read it") {
		t.Errorf("a readable key: exit %d, %s", code, out)
	}
	if err := os.WriteFile(filepath.Join(dir, "secret.key"), []byte(strings.Repeat("ab", 32)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(dir, "secret.key"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, out, _ := once(t, "doctor", "--data", dir); code != exitFailed || !strings.Contains(out, "does not open with this key") {
		t.Errorf("another key: exit %d, %s", code, out)
	}
	if code, _, _ := once(t, "doctor", "--url", "http://127.0.0.1:1"); code != exitFailed {
		t.Errorf("no server: exit %d", code)
	}
}

func TestMigrateAndSeed(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	if out := must(t, "migrate", "--data", dir); !strings.Contains(out, "Migrated the database from version 0 to") {
		t.Error(out)
	}
	if out := must(t, "migrate", "--data", dir); !strings.Contains(out, "already") {
		t.Error(out)
	}
	if out := must(t, "seed", "--data", dir, "--locations", "40", "--contacts", "1"); !strings.Contains(out, "with 40 sub-accounts") {
		t.Error(out)
	}
}

func TestUsage(t *testing.T) {
	for _, args := range [][]string{
		{"nothing"}, {"dev", "--bogus"}, {"dev", "--locations", "0"}, {"token", "create"}, {"token", "create", "--company", "a", "--location", "b"},
		{"token", "create", "--company", "a", "--scopes", "locations.fly,tags"}, {"serve", "--tls-cert", "program_test.go"}, {"seed", "--contacts", "-1"},
	} {
		if code, _, err := once(t, append(args, "--data", t.TempDir())...); code != exitUsage || !strings.HasPrefix(err, "tenantry: ") {
			t.Errorf("%v: exit %d, %s", args, code, err)
		}
	}
	if _, _, err := once(t, "token", "create", "--company", "a", "--scopes", "locations.fly,tags", "--data", t.TempDir()); !strings.Contains(err, "locations.fly") || !strings.Contains(err, "unknown scope \"tags\"") {
		t.Errorf("every unknown scope is named: %s", err)
	}
	for _, verb := range []string{"dev", "serve", "migrate", "token create", "seed", "doctor"} {
		out := must(t, append(strings.Fields(verb), "--help")...)
		if !strings.Contains(out, "$TENANTRY_DATA") || !strings.Contains(out, "Examples:") {
			t.Errorf("tenantry %s --help shows no variable or no example:\n%s", verb, out)
		}
	}
	if out := must(t); !strings.Contains(out, "tenantry dev") {
		t.Error(out)
	}
	if out := must(t, "version"); !strings.HasPrefix(out, "tenantry ") {
		t.Error(out)
	}
}

// TestFlagsFromTheEnvironment: every flag has its variable.
func TestFlagsFromTheEnvironment(t *testing.T) {
	t.Setenv("TENANTRY_DATA", filepath.Join(t.TempDir(), "env"))
	must(t, "migrate")
	if _, err := os.Stat(filepath.Join(os.Getenv("TENANTRY_DATA"), "tenantry.db")); err != nil {
		t.Error(err)
	}
}

// TestEveryOpenPageAnswers: what needs no token.
func TestEveryOpenPageAnswers(t *testing.T) {
	_, f := dev(t, "--locations", "1")
	for _, path := range []string{"/health", "/openapi.json", "/docs", "/.well-known/jwks.json"} {
		resp, err := http.Get(f.BaseURL + path) //nolint:gosec // our own server
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			t.Errorf("%s: %s", path, resp.Status)
		}
	}
}
