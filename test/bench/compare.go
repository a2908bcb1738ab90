package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
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
)

func comparisons(f *fixture) []comparison {
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

// compareLocations is how many sub-accounts the comparison has.
const compareLocations = 1000

// compare measures every row against its references.
func compare(ctx context.Context, o options, out, progress io.Writer) error {
	only, err := regexp.Compile(o.only)
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "tenantry-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }() // it is in the system's folder for such things
	say := func(format string, args ...any) { _, _ = fmt.Fprintf(progress, format+"\n", args...) }
	say("filling a database with %d sub-accounts", compareLocations)
	f, err := makeFixture(ctx, o.binary, filepath.Join(folder, "data"), compareLocations, o.fresh)
	if err != nil {
		return err
	}
	var facts []fact
	if o.only == "" {
		say("starting and stopping the server, and counting its memory and the cost of tokens")
		if facts, err = measureFacts(ctx, o.binary, f); err != nil {
			return err
		}
	}
	server, _, err := startServer(ctx, o.binary, f.data)
	if err != nil {
		return err
	}
	var rows []row
	for i, c := range comparisons(f) {
		if !only.MatchString(c.work.name) || err != nil {
			continue
		}
		say("%s", c.work.name)
		var measured []row
		measured, err = c.measure(ctx, o, server.addr, filepath.Join(folder, fmt.Sprint(i)))
		rows = append(rows, measured...)
	}
	if err == nil && o.only == "" {
		var held int
		held, err = server.memory()
		facts = append(facts, fact{name: "memory after the load", value: megabytes(held)})
	}
	if err = errors.Join(err, server.stop()); err != nil {
		return err
	}
	return publish(ctx, o, out, table(rows)+factTable(facts))
}

// contender is a server with the open connections to it.
type contender struct {
	client  *client
	process *process
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
func (c comparison) measure(ctx context.Context, o options, addr, folder string) (rows []row, err error) {
	subject, err := connect(addr, c.work)
	if err != nil {
		return nil, err
	}
	all := []*contender{{client: subject}}
	defer func() {
		for _, one := range all {
			err = errors.Join(err, one.close())
		}
	}()
	if _, err := subject.turn(ctx, o.turn); err != nil { // warms up, and tells how large an answer is
		return nil, err
	}
	for _, ref := range c.refs {
		one, err := startContender(ctx, ref, filepath.Join(folder, ref.kind), len(subject.conns[0].body))
		if err != nil {
			return nil, err
		}
		all = append(all, one)
		if _, err := one.client.turn(ctx, o.turn); err != nil {
			return nil, err
		}
	}
	for range o.rounds {
		for _, one := range all {
			r, err := one.client.turn(ctx, o.turn)
			if err != nil {
				return nil, err
			}
			one.results = append(one.results, r)
		}
	}
	for i, ref := range c.refs {
		rows = append(rows, c.row(ref, all[0].results, all[i+1].results))
	}
	return rows, nil
}

func startContender(ctx context.Context, ref reference, folder string, size int) (*contender, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	p, err := startReference(ctx, ref.kind, folder, size)
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
	client, err := connect(p.addr, w)
	if err != nil {
		return nil, errors.Join(err, p.stop())
	}
	return &contender{client: client, process: p}, nil
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
