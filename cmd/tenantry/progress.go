package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// progress is a bar of what is done, for a person.
type progress struct {
	bar     *progressbar.ProgressBar
	out     io.Writer
	visible bool
}

// newProgress counts sub-accounts.
func newProgress(std console, total int) progress {
	return barOn(std.err, isTerminal(std.err), int64(total), progressbar.OptionSetDescription("sub-accounts"), progressbar.OptionShowCount(), progressbar.OptionShowIts())
}

// newByteProgress counts bytes.
func newByteProgress(std console, total int64) progress {
	return barOn(std.err, isTerminal(std.err), total, progressbar.OptionShowBytes(true))
}

// isTerminal tells whether a person watches.
func isTerminal(out io.Writer) bool {
	f, ok := out.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

func barOn(out io.Writer, visible bool, total int64, more ...progressbar.Option) progress {
	p := progress{out: out, visible: visible}
	p.bar = progressbar.NewOptions64(total, append([]progressbar.Option{
		progressbar.OptionSetWriter(p.out), progressbar.OptionSetVisibility(p.visible), progressbar.OptionSetPredictTime(true),
		progressbar.OptionThrottle(100 * time.Millisecond),
	}, more...)...)
	return p
}

// add counts more; it may be called from several goroutines.
func (p progress) add(n int) { _ = p.bar.Add(n) }

// end leaves the bar where it came to: what follows begins on a line of its own.
func (p progress) end() {
	if p.visible {
		_, _ = fmt.Fprintln(p.out)
	}
}
