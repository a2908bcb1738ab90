package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tenantry/tenantry/client"
)

// getText gets an address that needs no token.
func getText(t *testing.T, url string) (status int, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

// adminURL is the admin address that the log names.
func adminURL(t *testing.T, log string) string {
	t.Helper()
	for line := range strings.SplitSeq(log, "\n") {
		var entry struct{ Msg, URL string }
		if json.Unmarshal([]byte(line), &entry) == nil && entry.Msg == "admin address" {
			return entry.URL
		}
	}
	t.Fatalf("no admin address in %s", log)
	return ""
}

// The admin address has what the public one has not.
func TestAdminAddress(t *testing.T) {
	p, f := dev(t, "--admin-addr", "127.0.0.1:0", "--locations", "1")
	admin := adminURL(t, p.err.String())
	if _, err := client.New(f.BaseURL, f.AgencyToken).SearchLocations(t.Context(), client.LocationSearch{}); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"/metrics": "\ntenantry_http_requests_total", "/health": `"status":"ok"`, "/health/live": `"status":"ok"`,
		"/health/ready": `"write":"ok"`, "/debug/pprof/": "goroutine", "/debug/pprof/cmdline": "", "/debug/pprof/heap": "",
	} {
		if status, body := getText(t, admin+path); status != http.StatusOK || !strings.Contains(body, want) {
			t.Errorf("%s: %d %.300s", path, status, body)
		}
	}
	if status, body := getText(t, admin+"/nothing"); status != http.StatusNotFound || !strings.Contains(body, "route_not_found") {
		t.Errorf("%d %s", status, body)
	}
	for _, path := range []string{"/metrics", "/debug/pprof/"} {
		if status, _ := getText(t, f.BaseURL+path); status != http.StatusNotFound {
			t.Errorf("the public address has %s: %d", path, status)
		}
	}
	if code := p.stop(); code != exitDone {
		t.Errorf("exit %d: %s", code, p.err)
	}
}

func TestTakenAdminAddress(t *testing.T) {
	ln, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	dir := filepath.Join(t.TempDir(), "none")
	said := refused(t, exitFailed, "serve", "--addr", "127.0.0.1:0", "--admin-addr", ln.Addr().String(), "--data", dir)
	if !strings.Contains(said, "give --admin-addr another HOST:PORT") {
		t.Error(said)
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("the data was made: %v", err)
	}
}

func TestOperationFlags(t *testing.T) {
	for _, args := range [][]string{
		{"--max-concurrent", "0"}, {"--max-connections", "-1"}, {"--shutdown-timeout", "0s"}, {"--drain-delay", "-1s"}, {"--log-level", "loud"},
	} {
		for _, verb := range []string{"dev", "serve"} {
			if said := refused(t, exitUsage, append([]string{verb, "--data", t.TempDir()}, args...)...); !strings.Contains(said, args[0]) {
				t.Errorf("%s %v says %s", verb, args, said)
			}
		}
	}
	if n := (operationFlags{MaxConnections: 7}).connections(); n != 7 {
		t.Errorf("%d connections", n)
	}
	if n := (operationFlags{}).connections(); n < 1 || n > mostConnections {
		t.Errorf("%d connections by default", n)
	}
	out := must(t, "serve", "--help")
	for _, want := range []string{"--max-concurrent=512", "--shutdown-timeout=30s", "--drain-delay=0s", "--log-level=info", "OTEL_EXPORTER_OTLP_ENDPOINT", "--admin-addr 127.0.0.1:9090"} {
		if !strings.Contains(out, want) {
			t.Errorf("the help lacks %s:\n%s", want, out)
		}
	}
}

func TestLogLevel(t *testing.T) {
	p, f := dev(t, "--log-level", "error", "--locations", "1")
	getText(t, f.BaseURL+"/health")
	p.stop()
	if text := p.err.String(); text != "" {
		t.Errorf("logged: %s", text)
	}
}

// selfSigned makes a certificate for 127.0.0.1.
func selfSigned(t *testing.T) (certFile, keyFile string, pool *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, kind string, data []byte) string {
		file := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: data}), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	pool = x509.NewCertPool()
	parsed, err := x509.ParseCertificate(cert)
	if err != nil {
		t.Fatal(err)
	}
	pool.AddCert(parsed)
	return write("cert.pem", "CERTIFICATE", cert), write("key.pem", "PRIVATE KEY", private), pool
}

// With TLS the server speaks HTTP/2, and HTTP/1.1 to who wants that.
func TestTLS(t *testing.T) {
	certFile, keyFile, pool := selfSigned(t)
	p, url := serve(t, filepath.Join(t.TempDir(), "data"), "--tls-cert", certFile, "--tls-key", keyFile)
	if !strings.HasPrefix(url, "https://127.0.0.1:") {
		t.Errorf("it listens at %s", url)
	}
	for _, major := range []int{1, 2} {
		transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: major == 2}
		resp, err := (&http.Client{Transport: transport}).Get(url + "/health")
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil || resp.ProtoMajor != major || resp.StatusCode != http.StatusOK || !strings.Contains(string(body), `"status":"ok"`) {
			t.Errorf("%s %s: %s, %v", resp.Proto, resp.Status, body, err)
		}
		transport.CloseIdleConnections()
	}
	if code := p.stop(); code != exitDone {
		t.Errorf("exit %d: %s", code, p.err)
	}
}

// collector is an OTLP receiver that keeps what it gets.
type collector struct {
	mu   sync.Mutex
	path []string
	body []byte
}

func (c *collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.path, c.body = append(c.path, r.URL.Path), append(c.body, body...)
	w.Header().Set("Content-Type", "application/x-protobuf")
}

// TestTraces: spans arrive by the end at the latest, and hold no token.
func TestTraces(t *testing.T) {
	for _, test := range []struct{ flag, variable bool }{{flag: true}, {variable: true}, {}} {
		c := new(collector)
		srv := httptest.NewServer(c)
		args := []string{"--locations", "1"}
		t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "")
		if test.flag {
			args = append(args, "--traces", srv.URL)
		}
		if test.variable {
			t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", srv.URL)
		}
		p, f := dev(t, args...)
		if _, err := client.New(f.BaseURL, f.AgencyToken).SearchLocations(t.Context(), client.LocationSearch{}); err != nil {
			t.Fatal(err)
		}
		if code := p.stop(); code != exitDone {
			t.Errorf("exit %d: %s", code, p.err)
		}
		srv.Close()
		text := string(c.body)
		if on := test.flag || test.variable; on != strings.Contains(text, "search-locations") || on != strings.Contains(text, "tenantry.trace_id") {
			t.Errorf("%+v: %v %q", test, c.path, text)
		}
		for _, path := range c.path {
			if path != "/v1/traces" {
				t.Errorf("sent to %s", path)
			}
		}
		if strings.Contains(text, f.AgencyToken) {
			t.Error("the token was sent")
		}
	}
}

// A collector that is not there is said in the log, and holds nothing up.
func TestNoCollector(t *testing.T) {
	srv := httptest.NewServer(nil)
	srv.Close()
	p, f := dev(t, "--traces", srv.URL, "--locations", "1")
	getText(t, f.BaseURL+"/health")
	if code := p.stop(); code != exitDone || !strings.Contains(p.err.String(), "traces were not sent") {
		t.Errorf("exit %d: %s", code, p.err)
	}
}
