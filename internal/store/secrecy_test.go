package store_test

import (
	"bytes"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/db"
	"github.com/tenantry/tenantry/internal/testkit"
)

// TestNoTokenIsInTheDatabase: neither in its file nor beside it, in no encoding that is easy
// to undo. The hashes are there, so the test would see what it looks for.
func TestNoTokenIsInTheDatabase(t *testing.T) {
	dir := t.TempDir()
	d := ok[*db.DB](t)(db.Open(t.Context(), "sqlite:"+filepath.Join(dir, "t.db"), db.Options{Durability: db.Relaxed}))
	closed := false
	t.Cleanup(func() {
		if !closed {
			_ = d.Close() // the test failed before it did
		}
	})
	if _, _, err := d.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	e := testkit.NewEnv(t, d)
	ctx, c := t.Context(), newClient(t, e)
	agency := c.grant(t, c.all(true))
	location := ok[tenantry.Issued](t)(e.Store.ExchangeLocation(ctx, caller(agency), e.LocA))
	secrets := []string{agency.RefreshToken, location.RefreshToken}
	for _, i := range []tenantry.Issued{agency, location} {
		secrets = append(secrets, ok[tenantry.Issued](t)(c.refresh(t, i.RefreshToken)).RefreshToken)
	}
	good := secrets[2:]
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	closed = true
	var all []byte
	for _, file := range ok[[]os.DirEntry](t)(os.ReadDir(dir)) {
		all = append(all, ok[[]byte](t)(os.ReadFile(filepath.Join(dir, file.Name())))...)
	}
	for _, token := range good {
		if !bytes.Contains(all, []byte(hashOf(token))) {
			t.Error("the hash of a good refresh token is not found")
		}
	}
	for _, token := range secrets {
		random := token[20:63] // behind the grant's id, which is no secret
		for _, form := range []string{random, strings.ToUpper(random), hex.EncodeToString([]byte(random)), token[63:]} {
			if bytes.Contains(all, []byte(form)) {
				t.Errorf("a refresh token is in the database as %q", form)
			}
		}
	}
}
