package crash_test

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// needHAProxy skips the test where there is none, and fails it where CI is set.
func needHAProxy(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"haproxy", "/usr/sbin/haproxy"} { // Debian's is in no user's path
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	const missing = "haproxy is neither in the path nor in /usr/sbin: install it"
	if os.Getenv("CI") != "" {
		t.Fatal(missing)
	}
	t.Skip(missing)
	return ""
}

// startHAProxy runs HAProxy before servers at these addresses, as docs/haproxy.cfg says, until
// the test ends, and gives its URL.
func startHAProxy(t *testing.T, dir string, addresses []string) (url string) {
	t.Helper()
	path := needHAProxy(t)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer func() { must(t, ln.Close()) }() // it has its own
	socket, err := ln.(*net.TCPListener).File()
	must(t, err)
	defer func() { must(t, socket.Close()) }()

	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "haproxy.cfg"))
	must(t, err)
	config := strings.Replace(string(text), "bind :8080", "bind fd@3", 1)
	for i, address := range addresses {
		config = strings.Replace(config, fmt.Sprintf("10.0.0.%d:8080", i+1), address, 1)
	}
	if strings.Contains(config, "10.0.0.") || strings.Contains(config, ":8080") {
		t.Fatalf("docs/haproxy.cfg has other addresses than the test replaces:\n%s", config)
	}
	file := filepath.Join(dir, "haproxy.cfg")
	must(t, os.WriteFile(file, []byte(config), 0o600))
	cmd := exec.Command(path, "-db", "-q", "-f", file) //nolint:gosec // found above
	cmd.ExtraFiles = []*os.File{socket}                // which is 3 there
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	must(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // killed
		if said.Len() > 0 {
			t.Logf("HAProxy says: %s", said.String())
		}
	})
	return "http://" + ln.Addr().String()
}
