package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// What a request costs at the dearest of the sizes from scaleFrom on may be so many times
// what it costs at the cheapest.
const (
	scaleTarget = 1.5
	scaleFrom   = 10_000
)

// sized is a server with a number of sub-accounts.
type sized struct {
	locations int
	fixture   *fixture
	server    *process
}

// scale compares the same work on databases of several sizes, which take turns.
func scale(ctx context.Context, o options, out, progress io.Writer) (err error) {
	s, err := newSite(o.db)
	if err != nil {
		return err
	}
	var all []sized
	defer func() {
		for _, one := range all {
			err = errors.Join(err, one.server.stop())
		}
		err = errors.Join(err, s.close())
	}()
	for text := range strings.SplitSeq(o.scale, ",") {
		one, err := startSized(ctx, o, s, text, progress)
		if err != nil {
			return err
		}
		all = append(all, one)
	}
	var b strings.Builder
	b.WriteString("| work |")
	for _, one := range all {
		fmt.Fprintf(&b, " at %d |", one.locations)
	}
	b.WriteString(" dearest to cheapest | target |\n|---|" + strings.Repeat("--:|", len(all)+1) + "---|\n")
	for i, w := range all[0].works() {
		if !o.only.MatchString(w.name) {
			continue
		}
		_, _ = fmt.Fprintln(progress, w.name)
		line, err := scaleRow(ctx, o, all, i)
		if err != nil {
			return err
		}
		b.WriteString(line)
	}
	for _, one := range all {
		fmt.Fprintf(&b, "\n`seed` made %d sub-accounts in %.1f s.", one.locations, one.fixture.seeded.Seconds())
	}
	b.WriteString("\n")
	return publish(ctx, o, out, b.String())
}

// startSized fills a database of the size that the text says, and serves it.
func startSized(ctx context.Context, o options, s *site, text string, progress io.Writer) (one sized, err error) {
	if one.locations, err = strconv.Atoi(text); err != nil {
		return one, err
	}
	_, _ = fmt.Fprintf(progress, "filling a database with %d sub-accounts\n", one.locations)
	at, err := s.place(ctx, "scale-"+text)
	if err != nil {
		return one, err
	}
	if one.fixture, err = makeFixture(ctx, o.binary, at, one.locations, 0); err != nil {
		return one, err
	}
	_, _ = fmt.Fprintf(progress, "with %d tasks in each of them\n", tasksEach)
	if err := addTasks(ctx, at.url); err != nil {
		return one, err
	}
	one.server, _, err = startServer(ctx, o.binary, at)
	return one, err
}

// works are the rows of the table.
func (s sized) works() []work {
	const pages = 10
	return []work{
		s.fixture.readByID(), s.fixture.searchPage("search, first pages of ten", 0, pages), s.fixture.searchEmail(),
		s.fixture.searchBehind("search, pages of ten at 90% by cursor"), s.fixture.searchTasks(),
		s.fixture.createTag(), s.fixture.createLocation(), // at last: it makes a small database grow
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
		client, err := connect(s.works()[index], s.server.addr)
		if err != nil {
			return "", err
		}
		contenders = append(contenders, &contender{client: client})
	}
	if err := takeTurns(ctx, o, contenders); err != nil {
		return "", err
	}
	from := compared(all)
	spreads := make([]float64, o.rounds)
	for i := range spreads {
		rates := make([]float64, 0, len(contenders))
		for _, c := range contenders[from:] {
			rates = append(rates, c.results[i].rate)
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

// compared is the first of the sizes, in rising order, that the target is about: all of them
// are when less than two reach it.
func compared(all []sized) int {
	from := slices.IndexFunc(all, func(s sized) bool { return s.locations >= scaleFrom })
	if from < 0 || len(all)-from < 2 {
		return 0
	}
	return from
}
