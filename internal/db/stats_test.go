package db

import (
	"context"
	"database/sql"
	"fmt"
	"testing"
)

// Writes that wait together are counted one by one, and as one batch.
func TestStatsOfWrites(t *testing.T) {
	d := newDB(t)
	before := d.Stats()
	release := hold(t, d)
	var results []<-chan error
	for i := range 5 {
		results = append(results, queued(t.Context(), t, d, i+1, insert(i, fmt.Sprint(i))))
	}
	if n := d.Stats().WritesWaiting; n != 5 {
		t.Errorf("%d writes wait", n)
	}
	release()
	for _, r := range results {
		if err := <-r; err != nil {
			t.Fatal(err)
		}
	}
	s := d.Stats()
	if s.Writes-before.Writes != 6 || s.Batches-before.Batches != 1 || s.WritesWaiting != 0 {
		t.Errorf("%+v, before %+v", s, before)
	}
	if s.FileBytes == 0 || s.LogBytes == 0 {
		t.Errorf("files of %d and %d bytes", s.FileBytes, s.LogBytes)
	}
}

// A read that finds every connection in use has waited for one.
func TestStatsOfReads(t *testing.T) {
	d := newDB(t)
	var taken []*sql.Conn
	for range d.Stats().ReadConnections {
		conn, err := sqliteOf(d).reader.pool.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		taken = append(taken, conn)
	}
	if s := d.Stats(); s.ReadsBusy != s.ReadConnections || s.ReadWaits != 0 {
		t.Errorf("%+v", s)
	}
	read := make(chan error, 1)
	go func() {
		_, err := One(context.WithoutCancel(t.Context()), d.Read(), scanInt, "SELECT 1")
		read <- err
	}()
	eventually(t, func() bool { return d.Stats().ReadWaits > 0 })
	for _, conn := range taken {
		if err := conn.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := <-read; err != nil {
		t.Fatal(err)
	}
	if s := d.Stats(); s.ReadWaited <= 0 || s.ReadsBusy != 0 {
		t.Errorf("%+v", s)
	}
}
