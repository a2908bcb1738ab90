package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/tenantry/tenantry/internal/db"
	"github.com/tenantry/tenantry/internal/files"
	"github.com/tenantry/tenantry/internal/store"
)

// dataFlags say where an installation keeps its data.
type dataFlags struct {
	Data          string     `help:"Folder of the data: database unless --db says where, uploaded files, sealing key." default:"tenantry-data" type:"path"`
	DB            string     `name:"db" help:"Database: sqlite:FILE or postgres://USER@HOST/DATABASE; sqlite:DIR/tenantry.db by default. A server's password is safer in a .pgpass file than here." placeholder:"URL"`
	Files         filesPlace `help:"Folder of the uploaded files, DIR/files by default, or a bucket of S3-compatible storage: s3://BUCKET/PREFIX?endpoint=URL&region=REGION." placeholder:"DIR"`
	SecretKeyFile string     `help:"File of the key that seals secrets in the database; DIR/secret.key by default, made when missing." type:"path" placeholder:"FILE"`
}

func (f dataFlags) dbURL() string {
	if f.DB != "" {
		return f.DB
	}
	return "sqlite:" + filepath.Join(f.Data, "tenantry.db")
}

// filesDir is the folder of the uploaded files; of those on their way, when they are kept in a bucket.
func (f dataFlags) filesDir() string {
	if f.Files.folder != "" {
		return f.Files.folder
	}
	return filepath.Join(f.Data, "files")
}

func (f dataFlags) openFiles() (*files.Store, error) {
	if b := f.Files.bucket; b != nil {
		return files.OpenBucket(f.filesDir(), *b, files.Credentials{}, time.Now)
	}
	return files.Open(f.filesDir())
}

func (f dataFlags) keyFile() string {
	if f.SecretKeyFile != "" {
		return f.SecretKeyFile
	}
	return filepath.Join(f.Data, "secret.key")
}

// instance is an opened installation.
type instance struct {
	db    *db.DB
	store *store.Store
	files *files.Store
}

// opening says how to open the data; the zero value is for production.
type opening struct {
	durability db.Durability
	mustExist  bool // refuse a folder without a database instead of making one
	noMigrate  bool // refuse a database of another version instead of migrating it
}

// open opens the data, making what is missing and bringing the database to this
// version unless told not to. What it refuses it leaves as it was.
func (f dataFlags) open(ctx context.Context, log *slog.Logger, how opening) (*instance, error) {
	d, err := db.Open(ctx, f.dbURL(), db.Options{Durability: how.durability, MustExist: how.mustExist, Logger: log})
	if err != nil {
		return nil, err
	}
	in := &instance{db: d}
	if err := in.prepare(ctx, f, how.noMigrate); err != nil {
		return nil, errors.Join(err, in.close())
	}
	return in, nil
}

// prepare checks everything that can be wrong before it migrates; with noMigrate there is
// nothing to migrate then.
func (in *instance) prepare(ctx context.Context, f dataFlags, noMigrate bool) error {
	if _, err := in.db.SchemaVersion(ctx); err != nil {
		return err // of an incomplete copy too
	}
	if noMigrate {
		if err := refuseOlder(ctx, in.db); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(f.Data, 0o700); err != nil {
		return err
	}
	key, err := in.sealingKey(ctx, f.keyFile())
	if err != nil {
		return err
	}
	if in.files, err = f.openFiles(); err != nil {
		return err
	}
	if _, _, err := in.db.Migrate(ctx); err != nil {
		return err
	}
	in.store, err = store.New(in.db, key, time.Now)
	return err
}

// sealingKey reads the key, and makes it where nothing was ever sealed: another key than the
// one that was lost opens nothing.
func (in *instance) sealingKey(ctx context.Context, path string) ([]byte, error) {
	key, err := loadKey(path)
	if !errors.Is(err, os.ErrNotExist) {
		return key, err
	}
	sealed, err := store.IsSealed(ctx, in.db)
	if err != nil {
		return nil, err
	}
	if sealed {
		return nil, fmt.Errorf("%s is missing, which opens the secrets in the database: put it back there, or name it with --secret-key-file", path)
	}
	return makeKey(path)
}

// refuseOlder refuses a database that a migration is due on.
func refuseOlder(ctx context.Context, d *db.DB) error {
	have, err := d.SchemaVersion(ctx)
	if err != nil {
		return err
	}
	want, err := d.LatestVersion()
	if err == nil && have != want {
		err = fmt.Errorf("the database is at version %d and this program needs %d: run \"tenantry migrate\"", have, want)
	}
	return err
}

func (in *instance) close() error {
	var err error
	if in.files != nil {
		err = in.files.Close()
	}
	return errors.Join(err, in.db.Close())
}

// loadKey reads the sealing key. It lies beside the database and never in it: a copy of the
// database alone opens no secret.
func loadKey(path string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	key, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(key) != store.KeySize {
		return nil, fmt.Errorf("%s does not hold a key of %d bytes in hex", path, store.KeySize)
	}
	return key, nil
}

// makeKey writes the key beside its place first: a process that is killed meanwhile must not
// leave half a key, which the next start would refuse.
func makeKey(path string) ([]byte, error) {
	key := make([]byte, store.KeySize)
	_, _ = rand.Read(key) // crypto/rand.Read never fails
	draft := path + ".new"
	f, err := os.OpenFile(draft, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	_, err = f.WriteString(hex.EncodeToString(key) + "\n")
	// Losing the key loses what it seals, so it is on the disk before anything is.
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return nil, err
	}
	if err := os.Rename(draft, path); err != nil {
		return nil, err
	}
	return key, syncFolder(filepath.Dir(path))
}

// syncFolder makes the names in a folder durable. Windows has no such call.
func syncFolder(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
