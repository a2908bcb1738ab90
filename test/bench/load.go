package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

// connections is how many clients send at a time, each waiting for its answer.
const connections = 32

// source makes the requests of one connection: it is given the body of the answer before,
// nil at first, and gives the next request.
type source func(before []byte) ([]byte, error)

// work is a kind of request.
type work struct {
	name   string
	status int                     // that every answer must have
	source func(worker int) source // for each connection
}

// result is what one turn measured.
type result struct {
	rate     float64 // answers in a second
	p50, p99 time.Duration
}

// client holds the open connections to one server. Between the turns they stay open and
// idle, and the sources go on where they were.
type client struct {
	conns   []*conn
	sources []source
	work    work
}

// connect opens the connections, one after the other to each of the addresses.
func connect(w work, addrs ...string) (*client, error) {
	c := &client{work: w}
	for i := range connections {
		conn, err := dial(addrs[i%len(addrs)])
		if err != nil {
			c.close()
			return nil, err
		}
		c.conns, c.sources = append(c.conns, conn), append(c.sources, w.source(i))
	}
	return c, nil
}

func (c *client) close() {
	for _, conn := range c.conns {
		_ = conn.Close()
	}
}

// turn sends requests on every connection for a time.
func (c *client) turn(ctx context.Context, length time.Duration) (result, error) {
	took := make([][]time.Duration, len(c.conns))
	failures := make([]error, len(c.conns))
	start := time.Now()
	var all sync.WaitGroup
	for i := range c.conns {
		all.Go(func() { took[i], failures[i] = c.stream(ctx, i, start.Add(length)) })
	}
	all.Wait()
	elapsed := time.Since(start)
	if err := cmp.Or(cmp.Or(failures...), ctx.Err()); err != nil { // one says enough
		return result{}, fmt.Errorf("%s: %w", c.work.name, err)
	}
	each := slices.Concat(took...)
	slices.Sort(each)
	if len(each) == 0 {
		return result{}, fmt.Errorf("%s: no answer in %v", c.work.name, length)
	}
	return result{rate: float64(len(each)) / elapsed.Seconds(), p50: each[len(each)/2], p99: each[len(each)*99/100]}, nil
}

// stream sends on one connection until the end.
func (c *client) stream(ctx context.Context, i int, end time.Time) (took []time.Duration, err error) {
	conn, next := c.conns[i], c.sources[i]
	for before := time.Now(); before.Before(end) && ctx.Err() == nil; {
		req, err := next(conn.body)
		if err != nil {
			return took, err
		}
		status, body, err := conn.do(req)
		if err != nil {
			return took, err
		}
		if status != c.work.status {
			return took, fmt.Errorf("answered %d, not %d: %.300s", status, c.work.status, body)
		}
		now := time.Now()
		took = append(took, now.Sub(before))
		before = now
	}
	return took, nil
}
