package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/tenantry/tenantry/internal/db"
	"github.com/tenantry/tenantry/internal/store"
)

type doctorCmd struct {
	dataFlags
	URL baseURL `name:"url" help:"Look at the running server at this URL instead of at the data." placeholder:"URL"`
}

// Help is printed below the flags.
func (doctorCmd) Help() string {
	return `Examples:
  tenantry doctor --data /var/lib/tenantry      the data of a stopped server
  tenantry doctor --url http://127.0.0.1:8080   a running server
  tenantry doctor --data /var/lib/tenantry --files s3://uploads`
}

// errUnhealthy is said after the findings.
var errUnhealthy = errors.New("something is wrong, see above")

// Run prints a line a check and fails when one does.
func (c *doctorCmd) Run(ctx context.Context, io console) error {
	r := report{out: io.out}
	if c.URL != "" {
		checkServer(ctx, &r, string(c.URL))
	} else {
		c.checkData(ctx, &r)
	}
	if r.failed {
		return errUnhealthy
	}
	return nil
}

// report prints findings.
type report struct {
	out    io.Writer
	failed bool
}

func (r *report) check(what string, err error) bool {
	if err != nil {
		r.failed = true
		_, _ = fmt.Fprintf(r.out, "FAIL  %s: %s\n", what, message(err))
		return false
	}
	_, _ = fmt.Fprintf(r.out, "ok    %s\n", what)
	return true
}

func (c *doctorCmd) checkData(ctx context.Context, r *report) {
	if _, err := os.Stat(c.Data); !r.check("data folder "+c.Data, err) {
		return
	}
	r.check("sealing key "+c.keyFile(), checkKeyFile(c.keyFile()))
	d, err := db.Open(ctx, c.dbURL(), db.Options{MustExist: true, Logger: slog.New(slog.DiscardHandler)})
	if !r.check("database "+db.Redact(c.dbURL())+" opens", err) {
		return
	}
	r.check("schema is at this program's version", refuseOlder(ctx, d))
	if r.check("database is intact", d.Check(ctx)) && !r.failed {
		r.check("secrets open with the sealing key", openSecrets(ctx, d, c.keyFile()))
	}
	r.check("database closes", d.Close())
	r.check("files can be written to "+c.filesName(), c.checkFiles(ctx))
}

func (c *doctorCmd) filesName() string {
	if b := c.Files.bucket; b != nil {
		return b.String()
	}
	return c.filesDir()
}

// checkFiles writes, reads and removes a file.
func (c *doctorCmd) checkFiles(ctx context.Context) error {
	f, err := c.openFiles()
	if err != nil {
		return err
	}
	return errors.Join(f.Check(ctx), f.Close())
}

// checkKeyFile refuses a key that others can read.
func checkKeyFile(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return fmt.Errorf("others can read it (mode %o): chmod 600 %s", mode, path)
	}
	_, err = loadKey(path)
	return err
}

// openSecrets tries the key on the signing keys, which every used database has.
func openSecrets(ctx context.Context, d *db.DB, keyFile string) error {
	key, err := loadKey(keyFile)
	if err != nil {
		return err
	}
	s, err := store.New(d, key, time.Now)
	if err != nil {
		return err
	}
	_, err = s.SigningKeys(ctx)
	return err
}

func checkServer(ctx context.Context, r *report, url string) {
	client := &http.Client{Timeout: 5 * time.Second}
	for _, path := range []string{"/health", "/openapi.json", "/.well-known/jwks.json"} {
		r.check(url+path+" answers", fetch(ctx, client, url+path))
	}
}

func fetch(ctx context.Context, client *http.Client, url string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("status %s", resp.Status)
	}
	return nil
}
