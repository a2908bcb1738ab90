package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// scaleTarget is how many times cheaper the cheapest size may be than the dearest.
const scaleTarget = 1.5

// sized is a server with a number of sub-accounts.
type sized struct {
	locations int
	fixture   *fixture
	server    *process
}

// scale compares the same work on databases of several sizes, which take turns.
func scale(ctx context.Context, o options, out, progress io.Writer) (err error) {
	folder, err := os.MkdirTemp("", "tenantry-scale-")
	if err != nil {
		return err
	}
	var all []sized
	defer func() {
		for _, s := range all {
			err = errors.Join(err, s.server.stop())
		}
		err = errors.Join(err, os.RemoveAll(folder))
	}()
	for text := range strings.SplitSeq(o.scale, ",") {
		n, err := strconv.Atoi(text)
		if err != nil {
			return err
		}
		_, _ = fmt.Fprintf(progress, "filling a database with %d sub-accounts\n", n)
		s := sized{locations: n}
		if s.fixture, err = makeFixture(ctx, o.binary, filepath.Join(folder, text), n, 0); err != nil {
			return err
		}
		if s.server, _, err = startServer(ctx, o.binary, s.fixture.data); err != nil {
			return err
		}
		all = append(all, s)
	}
	var b strings.Builder
	b.WriteString("| work |")
	for _, s := range all {
		fmt.Fprintf(&b, " at %d |", s.locations)
	}
	b.WriteString(" dearest to cheapest | target |\n|---|" + strings.Repeat("--:|", len(all)+1) + "---|\n")
	for i, w := range all[0].works() {
		_, _ = fmt.Fprintln(progress, w.name)
		line, err := scaleRow(ctx, o, all, i)
		if err != nil {
			return err
		}
		b.WriteString(line)
	}
	return publish(ctx, o, out, b.String())
}

// works are the rows of the table.
func (s sized) works() []work {
	const pages = 10
	return []work{
		s.fixture.readByID(), s.fixture.searchPage("search, first pages of ten", 0, pages), s.fixture.searchEmail(),
		s.fixture.searchBehind("search, pages of ten at 90% by cursor"),
	}
}

// scaleRow lets the sizes take turns with one kind of work.
func scaleRow(ctx context.Context, o options, all []sized, index int) (line string, err error) {
	var contenders []*contender
	defer func() {
		for _, c := range contenders {
			c.client.close()
		}
	}()
	for _, s := range all {
		client, err := connect(s.server.addr, s.works()[index])
		if err != nil {
			return "", err
		}
		contenders = append(contenders, &contender{client: client})
	}
	for round := range o.rounds + 1 {
		for _, c := range contenders {
			r, err := c.client.turn(ctx, o.turn)
			if err != nil {
				return "", err
			}
			if round > 0 { // the first one warms up
				c.results = append(c.results, r)
			}
		}
	}
	spreads := make([]float64, o.rounds)
	for i := range spreads {
		rates := make([]float64, len(contenders))
		for j, c := range contenders {
			rates[j] = c.results[i].rate
		}
		spreads[i] = slices.Max(rates) / slices.Min(rates)
	}
	line = "| " + contenders[0].client.work.name + " |"
	for _, c := range contenders {
		line += fmt.Sprintf(" %.0f |", medians(c.results).rate)
	}
	spread, met := median(spreads), "met"
	if spread > scaleTarget {
		met = "**missed**"
	}
	return line + fmt.Sprintf(" %.2f | %.2f, %s |\n", spread, scaleTarget, met), nil
}
