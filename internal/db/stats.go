package db

import (
	"os"
	"time"
)

// Stats are counts since the database was opened, and what is so at the moment.
type Stats struct {
	Writes        uint64 // closures that [DB.Write] ran
	Batches       uint64 // transactions that they ran in, each with one flush to the disk
	WritesWaiting int    // writes that wait at the moment

	ReadConnections int           // of the read pool
	ReadsBusy       int           // of them in use at the moment
	ReadWaits       uint64        // queries that waited for a connection
	ReadWaited      time.Duration // all that they waited

	FileBytes, LogBytes int64 // of the database's file and of its write-ahead log; 0 when unknown
}

// Stats tells how busy the database is. It asks the file system, not the engine.
func (d *DB) Stats() Stats { return d.engine.stats() }

func (e *sqliteEngine) stats() Stats {
	pool := e.reader.pool.Stats()
	return Stats{
		Writes: e.writer.ran.Load(), Batches: e.writer.batches.Load(), WritesWaiting: len(e.writer.queue),
		ReadConnections: pool.MaxOpenConnections, ReadsBusy: pool.InUse,
		ReadWaits: uint64(max(0, pool.WaitCount)), ReadWaited: pool.WaitDuration,
		FileBytes: fileSize(e.path), LogBytes: fileSize(e.path + "-wal"),
	}
}

// stats of PostgreSQL: reads and writes share the connections, and each write is a
// transaction of its own.
func (e *postgresEngine) stats() Stats {
	pool := e.pool.Stat()
	return Stats{
		Writes: e.writes.Load(), Batches: e.writes.Load(),
		ReadConnections: int(pool.MaxConns()), ReadsBusy: int(pool.AcquiredConns()),
		ReadWaits: uint64(max(0, pool.EmptyAcquireCount())), ReadWaited: pool.EmptyAcquireWaitTime(),
	}
}

func fileSize(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}
