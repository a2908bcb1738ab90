package testkit

import (
	"context"
	"testing"

	"github.com/tenantry/tenantry/internal/db"
)

// Refused is what the database says to a statement that [Refuse] is about.
const Refused = "refused by a trigger"

// Refuse lets every statement fail that does what, such as "DELETE ON tags" or
// "UPDATE OF name ON locations", to a row, until allow is called.
func Refuse(t testing.TB, d *db.DB, what string) (allow func()) {
	t.Helper()
	create := []string{`CREATE TRIGGER refuse BEFORE ` + what + ` BEGIN SELECT RAISE(ABORT, '` + Refused + `'); END`}
	drop := `DROP TRIGGER refuse`
	if d.Engine() == db.Postgres {
		create = []string{
			`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION $$` + Refused + `$$; END'`,
			`CREATE TRIGGER refuse BEFORE ` + what + ` FOR EACH ROW EXECUTE FUNCTION refuse()`,
		}
		drop = `DROP FUNCTION refuse CASCADE`
	}
	Run(t, d, create...)
	return func() {
		t.Helper()
		Run(t, d, drop)
	}
}

// Run runs statements without arguments in one transaction.
func Run(t testing.TB, d *db.DB, statements ...string) {
	t.Helper()
	must(t, d.Write(context.WithoutCancel(t.Context()), func(ctx context.Context, tx *db.Tx) error {
		tx.Across("tests may do everything")
		for _, s := range statements {
			if _, err := tx.Exec(ctx, s); err != nil {
				return err
			}
		}
		return nil
	}))
}
