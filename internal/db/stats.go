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
func (d *DB) Stats() Stats {
	pool := d.reader.pool.Stats()
	return Stats{
		Writes: d.writer.ran.Load(), Batches: d.writer.batches.Load(), WritesWaiting: len(d.writer.queue),
		ReadConnections: pool.MaxOpenConnections, ReadsBusy: pool.InUse,
		ReadWaits: uint64(max(0, pool.WaitCount)), ReadWaited: pool.WaitDuration,
		FileBytes: fileSize(d.path), LogBytes: fileSize(d.path + "-wal"),
	}
}

func fileSize(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}
