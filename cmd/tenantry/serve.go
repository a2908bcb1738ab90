package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"time"

	"github.com/lmittmann/tint"

	"github.com/tenantry/tenantry/internal/api"
	"github.com/tenantry/tenantry/internal/db"
	"github.com/tenantry/tenantry/internal/httpd"
	"github.com/tenantry/tenantry/internal/jobs"
	"github.com/tenantry/tenantry/internal/oauth"
	"github.com/tenantry/tenantry/internal/ratelimit"
)

// serverFlags are shared by the verbs that serve.
type serverFlags struct {
	Addr      string     `help:"Address to listen on; port 0 picks a free one." default:"127.0.0.1:8080"`
	PublicURL baseURL    `name:"public-url" help:"URL that clients reach the server at; made from --addr by default." placeholder:"URL"`
	LogFormat string     `help:"Log lines as text or json." enum:"auto,text,json" default:"auto"`
	LogLevel  slog.Level `help:"Least important lines to log: debug, info, warn or error. A request is info, one that failed by the server's fault error." default:"info"`
	operationFlags
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
  tenantry serve --data /var/lib/tenantry --addr :443 --tls-cert cert.pem --tls-key key.pem
  tenantry serve --data /var/lib/tenantry --admin-addr 127.0.0.1:9090 --drain-delay 5s
  tenantry serve --data /var/lib/tenantry --traces http://127.0.0.1:4318
  tenantry serve --data /var/lib/tenantry --db 'postgres://tenantry@db.internal/tenantry?sslmode=verify-full'
  tenantry serve --data /var/lib/tenantry --files 's3://uploads/tenantry?region=eu-central-1'
  tenantry serve --data /var/lib/tenantry --files 's3://uploads?endpoint=https://s3.example.com'

The keys of a bucket are taken from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.

SIGTERM and Ctrl-C let the requests under way come to their end; a second one ends the
server at once. docs/operations.md says how to run it.`
}

// Run serves until ctx ends.
func (c *serveCmd) Run(ctx context.Context, io console) error {
	if (c.TLSCert == "") != (c.TLSKey == "") {
		return usageError("--tls-cert and --tls-key go together")
	}
	if err := c.check(); err != nil {
		return err
	}
	s := server{flags: c.serverFlags, control: c.socket(), log: newLogger(io, c.LogFormat, c.LogLevel)}
	if c.Limits == "on" {
		s.limits, s.tokenLimits = c.quotas()
		redis, err := c.table()
		if err != nil {
			return err
		}
		if redis != nil {
			defer func() { _ = redis.Close() }() // after the last request
			s.redis = redis
		}
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
	defer ln.close() // serving has closed them, unless something failed before
	in, err := c.open(ctx, s.log, opening{mustExist: c.NoMigrate, noMigrate: c.NoMigrate})
	if err != nil {
		return err
	}
	s.instance = in
	return errors.Join(s.run(ctx, ln, func(url string, _ *oauth.Authenticator) error {
		s.log.Info("listening", "url", url, "data", c.Data, "database", db.Redact(c.dbURL()))
		return nil
	}), in.close())
}

// listeners are the addresses that a server listens on.
type listeners struct {
	api   net.Listener
	admin net.Listener // nil: there is none
}

func (l listeners) close() {
	for _, ln := range []net.Listener{l.api, l.admin} {
		if ln != nil {
			_ = ln.Close()
		}
	}
}

// listen takes the addresses before anything touches the data: a wrong or taken one is
// the likeliest mistake.
func (f serverFlags) listen(ctx context.Context) (ln listeners, err error) {
	if ln.api, err = listenOn(ctx, f.Addr, "--addr"); err != nil || f.AdminAddr == "" {
		return ln, err
	}
	if ln.admin, err = listenOn(ctx, f.AdminAddr, "--admin-addr"); err != nil {
		ln.close()
	}
	return ln, err
}

func listenOn(ctx context.Context, addr, flag string) (net.Listener, error) {
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("%w; give %s another HOST:PORT, port 0 for a free one", err, flag)
	}
	return ln, nil
}

// server runs an opened installation.
type server struct {
	flags    serverFlags
	control  string // path of the socket for managing verbs
	instance *instance
	limits   ratelimit.Limits
	// tokenLimits are those of the token endpoint.
	tokenLimits ratelimit.Limits
	redis       *ratelimit.Redis // where they are counted; nil: in the database or here
	tls         *tls.Config
	log         *slog.Logger
}

// run serves on ln, which it closes, and says so to ready, until ctx ends; then it lets
// what is under way come to its end.
func (s server) run(ctx context.Context, ln listeners, ready func(url string, tokens *oauth.Authenticator) error) (err error) {
	defer ln.close()
	if err := s.instance.files.Check(ctx); err != nil {
		return err
	}
	tokens, err := oauth.NewAuthenticator(ctx, s.instance.store, time.Now)
	if err != nil {
		return err
	}
	url := s.publicURL(ln.api.Addr())
	pages, err := oauth.NewPages(s.instance.store, url, time.Now)
	if err != nil {
		return usageError("--public-url: " + err.Error())
	}
	used, err := newCounters(ctx, s.instance.store, s.redis, s.limits, s.tokenLimits, s.log)
	if err != nil {
		return err
	}
	tracer, flush, err := s.flags.tracing(ctx, s.log)
	if err != nil {
		return err
	}
	defer flush()
	runner := jobs.New(s.instance.store, s.instance.files, time.Now, s.log)
	o := httpd.Options{
		API: api.New(s.instance.store, s.instance.files, url), Tokens: tokens, Pages: pages, Limits: s.limits, Used: used.api,
		TokenLimits: s.tokenLimits, TokenUsed: used.token, MaxConcurrent: s.flags.MaxConcurrent, PublicURL: url, Health: s.health(), Log: s.log,
		Tracer: tracer, Version: programVersion(), Now: time.Now,
	}
	conns := httpd.LimitConnections(ln.api, s.flags.connections())
	if ln.admin != nil {
		o.Metrics = httpd.NewMetrics(programVersion())
		o.Metrics.Watch(httpd.Parts{DB: s.instance.db, Tokens: tokens, Jobs: runner, Connections: conns, Limits: used.shared})
		defer s.serveAdmin(ln.admin, o)()
	}
	srv := httpd.NewServer(httpd.New(o), s.log)
	srv.TLSConfig, srv.ConnState = s.tls, conns.State
	// What works in the background goes on until the last request is answered.
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	var background sync.WaitGroup
	background.Go(func() { runner.Run(work) })
	background.Go(func() { tokens.Run(work, s.log) })
	background.Go(func() { used.run(work) })
	managing, err := openControl(ctx, s.control, s.instance, s.log)
	if err != nil {
		s.log.Warn("managing verbs cannot reach this server", "error", err)
	} else {
		background.Go(managing.serve)
	}
	background.Go(settle)
	if err = ready(url, tokens); err == nil {
		err = httpd.Serve(ctx, srv, conns, httpd.Drain{Health: o.Health, Delay: s.flags.DrainDelay, Timeout: s.flags.ShutdownTimeout})
	}
	stop()
	if managing != nil {
		err = errors.Join(err, managing.close(context.WithoutCancel(ctx)))
	}
	background.Wait()
	return err
}

// settle readies the process for a long run.
func settle() {
	if os.Getenv("GOMAXPROCS") == "" {
		// One more than there are processors: the writer comes back from a flush at once, and does not
		// queue behind the requests that came meanwhile.
		runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + 1)
	}
	// What only the start needed is given back; the first collection keeps what pools hold.
	runtime.GC()
	debug.FreeOSMemory()
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
func newLogger(io console, format string, level slog.Level) *slog.Logger {
	terminal := isTerminal(io.err)
	if format == "text" || (format == "auto" && terminal) {
		return slog.New(tint.NewTextHandler(io.err, &tint.Options{Level: level, NoColor: !terminal, TimeFormat: time.TimeOnly}))
	}
	return slog.New(slog.NewJSONHandler(io.err, &slog.HandlerOptions{Level: level}))
}
