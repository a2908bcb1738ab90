package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"
)

// jsonFlag is that of the verbs whose result scripts read.
type jsonFlag struct {
	JSON bool `name:"json" help:"Print JSON."`
}

// printJSON writes v in a line.
func (c console) printJSON(v any) error {
	enc := json.NewEncoder(c.out)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// printTable writes rows in columns, the first one being their titles.
func (c console) printTable(rows [][]string) error {
	w := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		if _, err := fmt.Fprintln(w, strings.Join(row, "\t")); err != nil {
			return err
		}
	}
	return w.Flush()
}

// day writes a time for a person; a zero time is none.
func day(t time.Time, none string) string {
	if t.IsZero() {
		return none
	}
	return t.Format("2006-01-02 15:04")
}

// listPage is how much of a list is read at once.
const listPage = 500

// every reads a list page by page. next gets the last item so far, nil at the beginning, and
// gives nothing when there is no more.
func every[T any](next func(last *T) ([]T, error)) (all []T, err error) {
	var last *T
	for {
		page, err := next(last)
		if err != nil || len(page) == 0 {
			return all, err
		}
		all = append(all, page...)
		last = &all[len(all)-1]
	}
}
