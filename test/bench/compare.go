package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"
)

// comparison is a row of the table: work for the server, and the references that take turns
// with it.
type comparison struct {
	work work
	refs []reference
}

type reference struct {
	kind   string
	name   string
	target float64 // the ratio to reach; 0: none is set
}

// row is what a comparison measured: medians of the rounds.
type row struct {
	work, ref string
	subject   result
	refRate   float64
	ratio     float64
	target    float64
}

const (
	nameConstant = "constant JSON"
	nameRead     = "constant JSON behind a SQLite read"
	nameInsert   = "batched durable insert of a row"

	namePostgresRead   = "constant JSON behind a pgx read"
	namePostgresInsert = "durable insert of a row through pgx"
)

func comparisons(f *fixture, engine string) []comparison {
	if engine == postgres {
		return postgresComparisons(f)
	}
	constant := func(target float64) []reference { return []reference{{refConstant, nameConstant, target}} }
	insert := func(target float64) []reference { return []reference{{refInsert, nameInsert, target}} }
	read := append(constant(0.40), reference{refRead, nameRead, 0.80})
	return []comparison{
		{f.readByID(), read},
		{f.readOwn(), read},
		{f.readFresh(), constant(0)},
		{f.searchPage("search page of ten", 0, min(len(f.locations), sampled)/10), constant(0.25)},
		{f.searchEmail(), constant(0.30)},
		{f.createTag(), insert(0.50)},
		{f.createLocation(), insert(0.50)},
		{f.updateLocation(), insert(0)},
		{f.rotate(), insert(0.40)},
		{f.issueToken(), constant(0)},
	}
}

func postgresComparisons(f *fixture) []comparison {
	read := func(target float64) []reference { return []reference{{refRead, namePostgresRead, target}} }
	insert := func(target float64) []reference { return []reference{{refInsert, namePostgresInsert, target}} }
	return []comparison{
		{f.readByID(), read(0.70)},
		{f.readOwn(), read(0.70)},
		{f.readFresh(), read(0)},
		{f.searchPage("search page of ten", 0, min(len(f.locations), sampled)/10), read(0)},
		{f.searchEmail(), read(0)},
		{f.createTag(), insert(0.50)},
		{f.createLocation(), insert(0.50)},
		{f.updateLocation(), insert(0)},
		{f.rotate(), insert(0)},
		{f.issueToken(), []reference{{refConstant, nameConstant, 0}}},
	}
}

// compareLocations is how many sub-accounts the comparison has.
const compareLocations = 1000

// compare measures every row against its references.
func compare(ctx context.Context, o options, out, progress io.Writer) (err error) {
	s, err := newSite(o.db)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	say := func(format string, args ...any) { _, _ = fmt.Fprintf(progress, format+"\n", args...) }
	say("filling a database with %d sub-accounts", compareLocations)
	at, err := s.place(ctx, "data")
	if err != nil {
		return err
	}
	f, err := makeFixture(ctx, o.binary, at, compareLocations, o.fresh)
	if err != nil {
		return err
	}
	var facts []fact
	if o.all() {
		say("starting and stopping the server, and counting its memory and the cost of tokens")
		if facts, err = measureFacts(ctx, o.binary, f); err != nil {
			return err
		}
	}
	rows, more, err := measureAll(ctx, o, s, f, say)
	if err != nil {
		return err
	}
	return publish(ctx, o, out, table(rows)+factTable(append(facts, more...)))
}

// measureAll measures the rows on one server, and those on two where the database is shared.
func measureAll(ctx context.Context, o options, s *site, f *fixture, say func(string, ...any)) (rows []row, facts []fact, err error) {
	server, _, err := startServer(ctx, o.binary, f.place)
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, server.stop()) }()
	for _, c := range comparisons(f, o.db) {
		if !o.only.MatchString(c.work.name) {
			continue
		}
		say("%s", c.work.name)
		measured, err := c.measure(ctx, o, s, server.addr)
		if err != nil {
			return nil, nil, err
		}
		rows = append(rows, measured...)
	}
	if o.all() {
		held, err := server.memory()
		if err != nil {
			return nil, nil, err
		}
		facts = []fact{{name: "memory after the load", value: megabytes(held)}}
	}
	if o.db == postgres {
		replicas, err := measureReplicas(ctx, o, f, server.addr, say)
		if err != nil {
			return nil, nil, err
		}
		rows = append(rows, replicas...)
	}
	return rows, facts, nil
}

// contender is a server with the open connections to it.
type contender struct {
	client  *client
	process *process // nil for one that others stop
	results []result
}

func (c *contender) close() error {
	c.client.close()
	if c.process == nil {
		return nil
	}
	return c.process.stop()
}

// measure lets the server and the references take turns.
func (c comparison) measure(ctx context.Context, o options, s *site, addr string) (rows []row, err error) {
	subject, err := connect(c.work, addr)
	if err != nil {
		return nil, err
	}
	all := []*contender{{client: subject}}
	defer func() {
		for _, one := range all {
			err = errors.Join(err, one.close())
		}
	}()
	if _, err := subject.turn(ctx, o.turn); err != nil { // tells how large an answer is
		return nil, err
	}
	for _, ref := range c.refs {
		one, err := startContender(ctx, s, ref, len(subject.conns[0].body))
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	if err := takeTurns(ctx, o, all); err != nil {
		return nil, err
	}
	return c.rows(all), nil
}

// against measures the work at its addresses, and that of another contender at its own.
func (c comparison) against(ctx context.Context, o options, addrs []string, theirs work, at string) (rows []row, err error) {
	var all []*contender
	defer func() {
		for _, one := range all {
			err = errors.Join(err, one.close())
		}
	}()
	for _, side := range []struct {
		work  work
		addrs []string
	}{{c.work, addrs}, {theirs, []string{at}}} {
		client, err := connect(side.work, side.addrs...)
		if err != nil {
			return nil, err
		}
		all = append(all, &contender{client: client})
	}
	if err := takeTurns(ctx, o, all); err != nil {
		return nil, err
	}
	return c.rows(all), nil
}

// takeTurns lets each measure the same number of turns, after one that warms up.
func takeTurns(ctx context.Context, o options, all []*contender) error {
	for round := range o.rounds + 1 {
		for _, one := range all {
			r, err := one.client.turn(ctx, o.turn)
			if err != nil {
				return err
			}
			if round > 0 {
				one.results = append(one.results, r)
			}
		}
	}
	return nil
}

func startContender(ctx context.Context, s *site, ref reference, size int) (*contender, error) {
	at, err := s.place(ctx, "reference-"+rand.Text())
	if err != nil {
		return nil, err
	}
	p, err := startReference(ctx, ref.kind, at, size)
	if err != nil {
		return nil, err
	}
	w := constantWork(ref.name)
	switch ref.kind {
	case refRead:
		w = readWork()
	case refInsert:
		w = insertWork()
	}
	client, err := connect(w, p.addr)
	if err != nil {
		return nil, errors.Join(err, p.stop())
	}
	return &contender{client: client, process: p}, nil
}

// rows compare the first of those who took turns with each of the others.
func (c comparison) rows(all []*contender) (rows []row) {
	for i, ref := range c.refs {
		rows = append(rows, c.row(ref, all[0].results, all[i+1].results))
	}
	return rows
}

func (c comparison) row(ref reference, subject, against []result) row {
	ratios := make([]float64, len(subject))
	for i := range subject {
		ratios[i] = subject[i].rate / against[i].rate
	}
	return row{
		work: c.work.name, ref: ref.name, subject: medians(subject), refRate: medians(against).rate,
		ratio: median(ratios), target: ref.target,
	}
}

func medians(results []result) result {
	var rates []float64
	var p50, p99 []time.Duration
	for _, r := range results {
		rates, p50, p99 = append(rates, r.rate), append(p50, r.p50), append(p99, r.p99)
	}
	return result{rate: median(rates), p50: median(p50), p99: median(p99)}
}

func median[T int | float64 | time.Duration](values []T) T {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}
