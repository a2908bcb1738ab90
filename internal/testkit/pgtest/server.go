package pgtest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// superuser owns the server and needs no password: only its owner reaches the socket.
	superuser = "tenantry"
	// startTimeout is for a server that does not come up at all, on a machine that is busy.
	startTimeout = 2 * time.Minute
)

// Server is a running PostgreSQL server.
type Server struct {
	folder string
	alive  io.Closer // the server ends when it is closed, by this process or with it
	guard  *exec.Cmd // waits for that
}

// Start gives the server of this process, which ends with the process, however that ends.
// Without the server programs a test is skipped, and fails where CI is set.
func Start(t testing.TB) *Server {
	t.Helper()
	needPrograms(t)
	s, err := started()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

const missing = "no PostgreSQL server programs in /usr/lib/postgresql/*/bin nor in the path: install postgresql"

func needPrograms(t testing.TB) {
	t.Helper()
	if Programs() != "" {
		return
	}
	if os.Getenv("CI") != "" {
		t.Fatal(missing)
	}
	t.Skip(missing)
}

// Programs is the folder of the newest server programs, "" when there are none.
func Programs() string {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb") // the pattern is good
	slices.SortFunc(found, func(a, b string) int { return version(b) - version(a) })
	if len(found) > 0 {
		return filepath.Dir(found[0])
	}
	if path, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(path)
	}
	return ""
}

// version reads 15 out of /usr/lib/postgresql/15/bin/initdb, 0 out of another path.
func version(path string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
	return n
}

var started = sync.OnceValues(func() (*Server, error) { //nolint:gochecknoglobals // made once a process, never changed
	s, err := newServer()
	if err == nil {
		err = s.make(volatile)
	}
	if err != nil {
		return nil, fmt.Errorf("start PostgreSQL: %w", err)
	}
	return s, nil
})

// guard waits for the end of its standard input, which comes with the end of this process at
// the latest, and leaves nothing then.
const guard = `read -r _ || true
"$0"/pg_ctl stop --silent --pgdata "$1/data" --mode immediate
rm -rf "$1"
`

// newServer makes a folder for a server that is neither there nor running yet.
func newServer() (*Server, error) {
	// Short, because the path of a socket has 107 bytes at most.
	folder, err := os.MkdirTemp("", "tenantry-pg-")
	if err != nil {
		return nil, err
	}
	s := &Server{folder: folder}
	cmd, err := s.command("/bin/sh", "-c", guard, Programs(), folder)
	if err != nil {
		return nil, err
	}
	if s.alive, err = cmd.StdinPipe(); err != nil {
		return nil, err
	}
	s.guard = cmd
	return s, cmd.Start()
}

// Nothing of the server of all tests has to outlive a crash of the machine.
const volatile = `fsync = off
synchronous_commit = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
`

// durable are the settings of a server in production: the defaults, but for the memory.
const durable = `fsync = on
synchronous_commit = on
full_page_writes = on
wal_level = replica
shared_buffers = 256MB
`

// StartDurable starts a server for a load generator, which the caller closes: it flushes each
// commit to the disk, as in production.
func StartDurable() (*Server, error) {
	if Programs() == "" {
		return nil, errors.New(missing)
	}
	s, err := newServer()
	if err != nil {
		return nil, err
	}
	if err := s.make(durable); err != nil {
		return nil, errors.Join(fmt.Errorf("start PostgreSQL: %w", err), s.Close())
	}
	return s, nil
}

// Close ends the server of [StartDurable] and takes its data away.
func (s *Server) Close() error { return errors.Join(s.alive.Close(), s.guard.Wait()) }

// make makes a database cluster and serves it. Its collation is one that does not sort byte by
// byte, to show that nothing relies on that.
func (s *Server) make(settings string) error {
	err := s.run("initdb", "--username", superuser, "--auth", "trust", "--no-sync", "--no-instructions",
		"--encoding", "UTF8", "--locale", "C", "--locale-provider", "icu", "--icu-locale", "en-US")
	if err != nil {
		return err
	}
	if err := s.configure(settings); err != nil {
		return err
	}
	return s.start()
}

// configure adds settings; the last of a name holds.
func (s *Server) configure(settings string) error {
	f, err := os.OpenFile(filepath.Join(s.data(), "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(f, "unix_socket_directories = '%s'\nport = 5432\nlisten_addresses = ''\nmax_connections = 200\nshared_buffers = 32MB\njit = off\n%s", s.folder, settings)
	return errors.Join(err, f.Close())
}

// start serves and returns once the server answers.
func (s *Server) start() error {
	if err := s.run("pg_ctl", "start", "--silent", "--no-wait", "--log", s.log()); err != nil {
		return err
	}
	return s.wait()
}

// run runs a program of the server on its data.
func (s *Server) run(program string, args ...string) error {
	cmd, err := s.command(filepath.Join(Programs(), program), append(args, "--pgdata", s.data())...)
	if err != nil {
		return err
	}
	if said, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", program, err, said)
	}
	return nil
}

func (s *Server) command(program string, args ...string) (*exec.Cmd, error) {
	cmd := exec.CommandContext(context.Background(), program, args...)
	cmd.Dir = s.folder
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C"}
	// Signals for the group of the tests, such as an interrupt, are not for the server: it
	// ends when the tests have.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return cmd, s.asServant(cmd)
}

func (s *Server) data() string { return filepath.Join(s.folder, "data") }
func (s *Server) log() string  { return filepath.Join(s.folder, "log") }

// asServant runs cmd as another user where this one is root: the server refuses to be root.
func (s *Server) asServant(cmd *exec.Cmd) error {
	if os.Getuid() != 0 {
		return nil
	}
	servant, err := user.Lookup("postgres")
	if err != nil {
		servant, err = user.Lookup("nobody")
	}
	if err != nil {
		return err
	}
	uid, err1 := strconv.ParseUint(servant.Uid, 10, 32)
	gid, err2 := strconv.ParseUint(servant.Gid, 10, 32)
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return os.Chown(s.folder, int(uid), int(gid))
}

// wait returns once the server answers.
func (s *Server) wait() error {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	for {
		err := s.exec(ctx, "SELECT 1")
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			log, _ := os.ReadFile(s.log()) // best effort, beside err
			return fmt.Errorf("%w\n%s", err, log)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// URL names a database of the server, for its superuser.
func (s *Server) URL(database string) string { return hosts(database, s).String() }

func hosts(database string, servers ...*Server) *url.URL {
	var folders, ports []string
	for _, s := range servers {
		folders, ports = append(folders, s.folder), append(ports, "5432")
	}
	query := url.Values{"host": {strings.Join(folders, ",")}, "port": {strings.Join(ports, ",")}}
	return &url.URL{Scheme: "postgres", User: url.User(superuser), Path: "/" + database, RawQuery: query.Encode()}
}

// socket is the file that the server listens on.
func (s *Server) socket() string { return filepath.Join(s.folder, ".s.PGSQL.5432") }

// Empty makes an empty database that goes with the test, and gives its name.
func (s *Server) Empty(t testing.TB) string {
	t.Helper()
	name := "empty-" + strings.ToLower(rand.Text())
	if err := s.Create(t.Context(), name, ""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Drop(context.Background(), name); err != nil {
			t.Error(err)
		}
	})
	return name
}

// Create makes a database as a copy of another, of an empty one when like is "".
func (s *Server) Create(ctx context.Context, name, like string) error {
	statement := "CREATE DATABASE " + pgx.Identifier{name}.Sanitize()
	if like != "" {
		statement += " TEMPLATE " + pgx.Identifier{like}.Sanitize() + " STRATEGY file_copy"
	}
	return s.exec(ctx, statement)
}

// Drop removes a database, whoever is connected to it.
func (s *Server) Drop(ctx context.Context, name string) error {
	return s.exec(ctx, "DROP DATABASE "+pgx.Identifier{name}.Sanitize()+" WITH (FORCE)")
}

// exec runs a statement on the server's own database.
func (s *Server) exec(ctx context.Context, statement string) error {
	return Exec(ctx, s.URL("postgres"), statement)
}

// Exec runs statements on a database, in one transaction unless they are of a kind that
// cannot.
func Exec(ctx context.Context, databaseURL, statements string) error {
	conn, err := pgx.Connect(ctx, databaseURL)
	if err != nil {
		return err
	}
	_, err = conn.PgConn().Exec(ctx, statements).ReadAll()
	return errors.Join(err, conn.Close(ctx))
}
