package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"time"
)

// table prints rows as Markdown.
func table(rows []row) string {
	var b strings.Builder
	b.WriteString("| work | a second | median | p99 | reference | a second | ratio | target |\n|---|--:|--:|--:|---|--:|--:|---|\n")
	for _, r := range rows {
		fmt.Fprintf(&b, "| %s | %.0f | %s | %s | %s | %.0f | %.2f | %s |\n", r.work, r.subject.rate, milliseconds(r.subject.p50),
			milliseconds(r.subject.p99), r.ref, r.refRate, r.ratio, verdict(r.target, r.ratio))
	}
	return b.String()
}

func milliseconds(d time.Duration) string { return fmt.Sprintf("%.2f ms", d.Seconds()*1000) }

func verdict(target, ratio float64) string {
	switch {
	case target == 0:
		return ""
	case ratio >= target:
		return fmt.Sprintf("%.2f, met", target)
	default:
		return fmt.Sprintf("%.2f, **missed**", target)
	}
}

func factTable(facts []fact) string {
	if len(facts) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("\n| figure | measured | target |\n|---|--:|---|\n")
	for _, f := range facts {
		target := f.target
		if target != "" && f.missed {
			target += ", **missed**"
		} else if target != "" {
			target += ", met"
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", f.name, f.value, target)
	}
	return b.String()
}

// publish prints a table with the machine's data, and puts it into the report where one is
// asked for.
func publish(ctx context.Context, o options, out io.Writer, text string) error {
	text = machine(ctx, o) + "\n\n" + text
	if _, err := fmt.Fprint(out, text); err != nil || o.report == "" {
		return err
	}
	old, err := os.ReadFile(o.report)
	if err != nil {
		return err
	}
	begin, end := []byte("<!-- "+o.section()+" begins -->\n"), []byte("<!-- "+o.section()+" ends -->")
	from, to := bytes.Index(old, begin), bytes.Index(old, end)
	if from < 0 || to < from {
		return errors.New(o.report + " has no markers of " + o.section())
	}
	var b bytes.Buffer
	b.Write(old[:from+len(begin)])
	b.WriteString("\n" + text + "\n")
	b.Write(old[to:])
	return os.WriteFile(o.report, b.Bytes(), 0o644) //nolint:gosec // a document that anyone may read
}

// section names the part of the report that the run is about.
func (o options) section() string {
	name := "bench"
	switch {
	case o.peer != "":
		name = "peer"
	case o.scale != "":
		name = "scale"
	}
	if o.db == postgres {
		name += " postgres"
	}
	return name
}

// machine says what the figures were measured on.
func machine(ctx context.Context, o options) string {
	kernel, err := exec.CommandContext(ctx, "uname", "-sr").Output()
	if err != nil {
		kernel = []byte(runtime.GOOS)
	}
	return fmt.Sprintf("%s, %d processors, %s, %s; %s; %d connections, %d rounds of %s.", processor(), runtime.NumCPU(),
		strings.TrimSpace(string(kernel)), runtime.Version(), time.Now().UTC().Format(time.DateOnly), connections, o.rounds, o.turn)
}

// processor is the model that Linux names.
func processor() string {
	info, err := os.ReadFile("/proc/cpuinfo")
	if err == nil {
		if m := regexp.MustCompile(`model name\s*: *(.*)`).FindSubmatch(info); m != nil {
			return strings.TrimSpace(string(m[1]))
		}
	}
	return runtime.GOARCH
}
