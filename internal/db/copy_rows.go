package db

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	// A batch is what one transaction copies: at most copyRows rows, and no more of them once they hold
	// copyBytes, so that memory does not grow with the database.
	copyRows  = 2048
	copyBytes = 4 << 20
	// insertRows is how many rows one statement inserts at most: a power of two.
	insertRows = 256
	// How many parameters it may have. SQLite looks through the names of all for each; to a server a
	// statement is a way there and back.
	sqliteParams   = 256
	postgresParams = 32_000
)

// CopySum is what a table holds: its rows and the SHA-256 of them all in the order of their keys,
// computed here so that it is the same on both engines.
type CopySum struct {
	Rows   int64
	SHA256 [sha256.Size]byte
}

// columnList is "a", "b".
func (t copyTable) columnList() string {
	list := make([]string, len(t.columns))
	for i, c := range t.columns {
		list[i] = quoted(c.name)
	}
	return strings.Join(list, ", ")
}

// rows reads the rows behind a key in the order of their keys, all of them without one, and gives each
// to use, which may keep it.
func (t copyTable) rows(ctx context.Context, q Q, after []any, use func(row []any) error) (err error) {
	key := make([]string, len(t.key))
	for i, column := range t.key {
		key[i] = quoted(t.columns[column].name)
	}
	query := "SELECT " + t.columnList() + " FROM " + quoted(t.name)
	if len(after) > 0 {
		query += " WHERE (" + strings.Join(key, ", ") + ") > (" + In(len(key), 1) + ")"
	}
	rows, err := q.Query(ctx, query+" ORDER BY "+strings.Join(key, ", "), after...)
	if err != nil {
		return err
	}
	defer rows.finish(&err)
	into := make([]any, len(t.columns))
	for rows.Next() {
		row := make([]any, len(t.columns))
		for i := range row {
			into[i] = &row[i]
		}
		if err := rows.Scan(into...); err != nil {
			return err
		}
		for i, v := range row {
			if b, ok := v.([]byte); ok && b == nil {
				row[i] = []byte{} // SQLite's empty bytes, which would be written as null
			}
		}
		if err := use(row); err != nil {
			return err
		}
	}
	return rows.Err()
}

// sum reads the table from one end to the other.
func (t copyTable) sum(ctx context.Context, q Q, done func(int)) (s CopySum, err error) {
	digest := sha256.New()
	var buffer []byte
	told := int64(0)
	err = t.rows(ctx, q, nil, func(row []any) (err error) {
		if buffer, err = canonical(buffer[:0], row); err != nil {
			return err
		}
		_, _ = digest.Write(buffer) // never fails
		if s.Rows++; s.Rows-told == copyRows {
			done(copyRows)
			told = s.Rows
		}
		return nil
	})
	done(int(s.Rows - told))
	s.SHA256 = total(digest)
	if err != nil {
		err = fmt.Errorf("table %s: %w", t.name, err)
	}
	return s, err
}

func total(h hash.Hash) (sum [sha256.Size]byte) {
	h.Sum(sum[:0])
	return sum
}

// canonical appends a row in a form that has no second reading: for each value its kind, and its length
// where that is not fixed.
func canonical(to []byte, row []any) ([]byte, error) {
	for _, value := range row {
		switch v := value.(type) {
		case nil:
			to = append(to, 0)
		case int64:
			to = binary.BigEndian.AppendUint64(append(to, 1), uint64(v)) //nolint:gosec // its bits
		case float64:
			if v == 0 {
				v = 0 // SQLite keeps no negative zero
			}
			to = binary.BigEndian.AppendUint64(append(to, 2), math.Float64bits(v))
		case string:
			to = binary.BigEndian.AppendUint64(append(to, 3), uint64(len(v)))
			to = append(to, v...)
		case []byte:
			to = binary.BigEndian.AppendUint64(append(to, 4), uint64(len(v)))
			to = append(to, v...)
		default:
			return nil, fmt.Errorf("a value of type %T", v)
		}
	}
	return to, nil
}

// copyTable copies what the target lacks of a table.
func (c *copier) copyTable(ctx context.Context, from Q, t copyTable, state copyState, done func(int)) error {
	after, err := t.keyArgs(state.Key)
	if err != nil {
		return err
	}
	var batch [][]any
	bytes := 0
	flush := func() (err error) {
		if len(batch) == 0 {
			return nil
		}
		if state, err = c.write(ctx, t, state, batch); err == nil {
			done(len(batch))
		}
		batch, bytes = batch[:0], 0
		return err
	}
	err = t.rows(ctx, from, after, func(row []any) error {
		n, err := t.size(row, c.to.Engine())
		if err != nil {
			return err
		}
		batch, bytes = append(batch, row), bytes+n
		if len(batch) == c.batchRows || bytes >= c.batchBytes {
			return flush()
		}
		return nil
	})
	if err != nil {
		return err
	}
	return flush()
}

// size is about how many bytes a row holds. It refuses a text that cannot be copied, and names the row.
func (t copyTable) size(row []any, into EngineName) (n int, err error) {
	for i, value := range row {
		n += 8
		switch v := value.(type) {
		case []byte:
			n += len(v)
		case string:
			n += len(v)
			if !utf8.ValidString(v) || (into == Postgres && strings.ContainsRune(v, 0)) {
				key, _ := t.keyOf(row) // without one the row has no name
				return 0, fmt.Errorf("column %s of the row %q is no text that PostgreSQL can keep: it must be valid UTF-8 without the NUL character",
					t.columns[i].name, key)
			}
		}
	}
	return n, nil
}

// write inserts a batch and the state after it in one transaction.
func (c *copier) write(ctx context.Context, t copyTable, state copyState, batch [][]any) (next copyState, err error) {
	next.Rows = state.Rows + int64(len(batch))
	if next.Key, err = t.keyOf(batch[len(batch)-1]); err != nil {
		return state, err
	}
	err = c.to.engine.load(ctx, func(ctx context.Context, q Q) (err error) {
		for left := batch; len(left) > 0; {
			n := t.chunk(len(left), c.to.Engine())
			args := make([]any, 0, n*len(t.columns))
			for _, row := range left[:n] {
				args = append(args, row...)
			}
			if _, err := q.Exec(ctx, t.insertion(n), args...); err != nil {
				return err
			}
			left = left[n:]
		}
		next, err = state.advance(ctx, q, t, next)
		return err
	})
	return next, err
}

// chunk is how many of the rows that are left the next statement takes: a power of two, so that few
// different statements are prepared.
func (t copyTable) chunk(left int, into EngineName) int {
	n, params := insertRows, postgresParams
	if into == SQLite {
		params = sqliteParams
	}
	for n > 1 && (n > left || n*len(t.columns) > params) {
		n /= 2
	}
	return n
}

// insertion is the statement that inserts n rows.
func (t copyTable) insertion(n int) string {
	var b strings.Builder
	b.WriteString("INSERT INTO " + quoted(t.name) + " (" + t.columnList() + ") VALUES ")
	for row := range n {
		for i := range t.columns {
			switch {
			case i > 0:
				b.WriteString(", ")
			case row > 0:
				b.WriteString("), (")
			default:
				b.WriteString("(")
			}
			b.WriteString("$" + strconv.Itoa(row*len(t.columns)+i+1))
		}
	}
	b.WriteString(")")
	return b.String()
}
