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

	missing = "no PostgreSQL server programs in /usr/lib/postgresql/*/bin nor in the path: install postgresql"
)

// Server is a running PostgreSQL server.
type Server struct {
	folder string
	cmd    *exec.Cmd
	alive  io.Closer // the server ends when it is closed, by this process or with it
}

// Start gives the server of this process, which ends with the process, however that ends.
// Without the server programs a test is skipped, and fails where CI is set.
func Start(t testing.TB) *Server {
	t.Helper()
	programs := Programs()
	if programs == "" {
		if os.Getenv("CI") != "" {
			t.Fatal(missing)
		}
		t.Skip(missing)
	}
	s, err := started()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// StartDurable starts a server for a load generator, which the caller closes: it flushes each
// commit to the disk, as in production.
func StartDurable() (*Server, error) {
	if Programs() == "" {
		return nil, errors.New(missing)
	}
	return start(durable)
}

// Close ends the server of [StartDurable] and takes its data away.
func (s *Server) Close() error { return errors.Join(s.alive.Close(), s.cmd.Wait()) }

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

var started = sync.OnceValues(func() (*Server, error) { return start(unsafe) }) //nolint:gochecknoglobals // made once a process, never changed

func start(settings string) (*Server, error) {
	// Short, because the path of a socket has 107 bytes at most.
	folder, err := os.MkdirTemp("", "tenantry-pg-")
	if err != nil {
		return nil, err
	}
	s := &Server{folder: folder}
	if err := s.run(settings); err != nil {
		return nil, fmt.Errorf("start PostgreSQL in %s: %w", folder, err)
	}
	return s, nil
}

const (
	// unsafe are the settings of a server whose data need not outlive a crash of the machine.
	unsafe = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c wal_level=minimal -c max_wal_senders=0 " +
		"-c shared_buffers=32MB -c jit=off"
	// durable are those of a server in production, as the defaults but for the memory.
	durable = "-c fsync=on -c synchronous_commit=on -c full_page_writes=on -c wal_level=replica -c shared_buffers=256MB"
)

// script makes a database cluster and serves it until its standard input ends, as it does
// with this process. Its collation is
// one that does not sort byte by byte, to show that nothing relies on that.
const script = `set -eu
trap 'kill -QUIT $server 2>/dev/null; wait; rm -rf "$1"' EXIT
server=
"$0"/initdb --pgdata "$1/data" --username "$2" --auth trust --no-sync --no-instructions \
	--encoding UTF8 --locale C --locale-provider icu --icu-locale en-US
"$0"/postgres -D "$1/data" -k "$1" -p 5432 -c listen_addresses= -c max_connections=200 $3 <&- &
server=$!
read -r _ || true
`

func (s *Server) run(settings string) error {
	cmd := exec.CommandContext(context.Background(), "/bin/sh", "-c", script, Programs(), s.folder, superuser, settings)
	cmd.Dir = s.folder
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C"}
	// Signals for the group of the tests, such as an interrupt, are not for the server: it
	// ends when the tests have.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := s.asServant(cmd); err != nil {
		return err
	}
	log, err := os.Create(filepath.Join(s.folder, "log"))
	if err != nil {
		return err
	}
	cmd.Stdout, cmd.Stderr = log, log
	if s.alive, err = cmd.StdinPipe(); err != nil {
		return err
	}
	s.cmd = cmd
	if err := errors.Join(cmd.Start(), log.Close()); err != nil {
		return err
	}
	return s.wait()
}

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
			log, _ := os.ReadFile(filepath.Join(s.folder, "log")) // best effort, beside err
			return fmt.Errorf("%w\n%s", err, log)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// URL names a database of the server, for its superuser.
func (s *Server) URL(database string) string {
	u := url.URL{Scheme: "postgres", User: url.User(superuser), Path: "/" + database, RawQuery: url.Values{"host": {s.folder}, "port": {"5432"}}.Encode()}
	return u.String()
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
