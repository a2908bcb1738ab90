package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/lmittmann/tint"
	"golang.org/x/term"

	"github.com/tenantry/tenantry/internal/api"
	"github.com/tenantry/tenantry/internal/httpd"
	"github.com/tenantry/tenantry/internal/jobs"
	"github.com/tenantry/tenantry/internal/oauth"
	"github.com/tenantry/tenantry/internal/ratelimit"
)

// serverFlags are shared by the verbs that serve.
type serverFlags struct {
	Addr      string  `help:"Address to listen on; port 0 picks a free one." default:"127.0.0.1:8080"`
	PublicURL baseURL `name:"public-url" help:"URL that clients reach the server at; made from --addr by default." placeholder:"URL"`
	LogFormat string  `help:"Log lines as text or json." enum:"auto,text,json" default:"auto"`
}

type serveCmd struct {
	dataFlags
	serverFlags
	Limits string `help:"Rate limits on or off." enum:"on,off" default:"on"`
	limitFlags
	TLSCert   string `name:"tls-cert" help:"Certificate file, for TLS without a proxy." type:"existingfile" placeholder:"FILE"`
	TLSKey    string `name:"tls-key" help:"Key file of the certificate." type:"existingfile" placeholder:"FILE"`
	NoMigrate bool   `help:"Refuse to start on a database of an older version instead of migrating it."`
}

// Help is printed below the flags.
func (serveCmd) Help() string {
	return `Examples:
  tenantry serve --data /var/lib/tenantry --addr 127.0.0.1:8080 --public-url https://api.example.com
  tenantry serve --data /var/lib/tenantry --addr :443 --tls-cert cert.pem --tls-key key.pem`
}

// Run serves until ctx ends.
func (c *serveCmd) Run(ctx context.Context, io console) error {
	if (c.TLSCert == "") != (c.TLSKey == "") {
		return usageError("--tls-cert and --tls-key go together")
	}
	s := server{flags: c.serverFlags, log: newLogger(io, c.LogFormat)}
	if c.Limits == "on" {
		s.limits, s.tokenLimits = c.quotas()
	}
	if c.TLSCert != "" {
		cert, err := tls.LoadX509KeyPair(c.TLSCert, c.TLSKey)
		if err != nil {
			return err
		}
		s.tls = &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	}
	ln, err := c.listen(ctx)
	if err != nil {
		return err
	}
	in, err := c.open(ctx, s.log, opening{mustExist: c.NoMigrate, noMigrate: c.NoMigrate})
	if err != nil {
		return errors.Join(err, ln.Close())
	}
	s.instance = in
	return errors.Join(s.run(ctx, ln, func(url string, _ *oauth.Authenticator) error {
		s.log.Info("listening", "url", url, "data", c.Data)
		return nil
	}), in.close())
}

// listen takes the address before anything touches the data: a wrong or taken one is
// the likeliest mistake.
func (f serverFlags) listen(ctx context.Context) (net.Listener, error) {
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", f.Addr)
	if err != nil {
		return nil, fmt.Errorf("%w; give --addr another HOST:PORT, port 0 for a free one", err)
	}
	return ln, nil
}

// server runs an opened installation.
type server struct {
	flags    serverFlags
	instance *instance
	limits   ratelimit.Limits
	// tokenLimits are those of the token endpoint.
	tokenLimits ratelimit.Limits
	tls         *tls.Config
	log         *slog.Logger
}

// run serves on ln, which it closes, and says so to ready, until ctx ends; then it lets
// what is under way come to its end.
func (s server) run(ctx context.Context, ln net.Listener, ready func(url string, tokens *oauth.Authenticator) error) error {
	tokens, err := oauth.NewAuthenticator(ctx, s.instance.store, time.Now)
	if err != nil {
		return errors.Join(err, ln.Close())
	}
	url := s.publicURL(ln.Addr())
	pages, err := oauth.NewPages(s.instance.store, url, time.Now)
	if err != nil {
		return errors.Join(usageError("--public-url: "+err.Error()), ln.Close())
	}
	srv := httpd.NewServer(httpd.New(httpd.Options{
		API: api.New(s.instance.store, s.instance.files, url), Tokens: tokens, Pages: pages, Limits: s.limits,
		TokenLimits: s.tokenLimits, PublicURL: url, Log: s.log, Version: programVersion(), Now: time.Now,
	}), s.log)
	if s.tls != nil {
		ln = tls.NewListener(ln, s.tls)
	}
	work, stop := context.WithCancel(ctx)
	var jobsDone sync.WaitGroup
	jobsDone.Go(func() {
		jobs.New(s.instance.store, s.instance.files, time.Now, s.log).Run(work)
	})
	jobsDone.Go(func() { tokens.Run(work, s.log) })
	served := make(chan error, 1)
	go func() { served <- srv.Serve(ln) }()
	if err = ready(url, tokens); err == nil {
		select {
		case err = <-served:
		case <-ctx.Done():
			err = shutdown(srv)
		}
	}
	stop()
	jobsDone.Wait()
	return errors.Join(err, srv.Close())
}

// shutdownTimeout bounds the wait for requests that are under way.
const shutdownTimeout = 10 * time.Second

func shutdown(srv *http.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
	defer cancel()
	return srv.Shutdown(ctx)
}

// publicURL is the configured URL, else one made of the address listened on.
func (s server) publicURL(addr net.Addr) string {
	if s.flags.PublicURL != "" {
		return string(s.flags.PublicURL)
	}
	scheme := "http"
	if s.tls != nil {
		scheme = "https"
	}
	host, port, _ := net.SplitHostPort(addr.String()) // a TCP address always splits
	if ip := net.ParseIP(host); ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return fmt.Sprintf("%s://%s", scheme, net.JoinHostPort(host, port))
}

// newLogger logs to standard error: as text to a terminal, else as JSON.
func newLogger(io console, format string) *slog.Logger {
	f, isFile := io.err.(*os.File)
	terminal := isFile && term.IsTerminal(int(f.Fd()))
	if format == "text" || (format == "auto" && terminal) {
		return slog.New(tint.NewTextHandler(io.err, &tint.Options{NoColor: !terminal, TimeFormat: time.TimeOnly}))
	}
	return slog.New(slog.NewJSONHandler(io.err, nil))
}
