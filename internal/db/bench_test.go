package db

import (
	"path/filepath"
	"runtime"
	"strconv"
	"sync/atomic"
	"testing"
)

// BenchmarkWrite compares closures that share commits with one commit each, at
// 32 writers and full durability. Point TMPDIR at the disk in question.
func BenchmarkWrite(b *testing.B) {
	for name, batch := range map[string]int{"batched": defaultTuning().batch, "one-by-one": 1} {
		b.Run(name, func(b *testing.B) {
			tune := defaultTuning()
			tune.batch = batch
			d := openAt(b, filepath.Join(b.TempDir(), "t.db"), Options{}, testMigrations(), tune)
			defer closeDB(b, d)
			if _, _, err := d.Migrate(b.Context()); err != nil {
				b.Fatal(err)
			}
			var last atomic.Int64
			b.SetParallelism(max(1, 32/runtime.GOMAXPROCS(0)))
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					id := int(last.Add(1))
					if err := d.Write(b.Context(), insert(id, strconv.Itoa(id))); err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
}

// BenchmarkRead is a point read by primary key through the cached statement, with and
// without a time limit.
func BenchmarkRead(b *testing.B) {
	d := newDB(b)
	if err := d.Write(b.Context(), insert(1, "a")); err != nil {
		b.Fatal(err)
	}
	for name, q := range map[string]Q{"limited": d.Read(), "lookup": d.Lookup()} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if _, err := One(b.Context(), q, scanText, "SELECT text FROM notes WHERE tenant = $1 AND id = $2", "t", 1); err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
}
