package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/testkit"
)

// step is a request of a history and what it was answered, with the time in which it took effect.
type step struct {
	method, name string // name: what a PUT asks for, what a GET is answered
	status       int
	from, to     time.Time
}

// TestHistoriesAreLegal (requirement 39): clients rename, read and in the end delete one tag at
// once. The answers are those of some order of the requests, one after the other, that keeps
// the order of requests that did not overlap: the audit trail's.
func TestHistoriesAreLegal(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		for round := range 5 {
			first := fmt.Sprintf("round %d", round)
			id := e.Do(t, testkit.Scenario{Method: "POST", Path: "/locations/{locA}/tags", Token: "locA", Body: `{"name":"` + first + `"}`}).Text("tag", "id")
			steps := history(t, e, id, first)
			changes := changesOf(t, e, id)
			checkWrites(t, steps, changes)
			checkReads(t, steps, changes)
			if last := changes[len(changes)-1]; last.method != http.MethodDelete {
				t.Errorf("something happened to the tag after its deletion: %+v", last)
			}
		}
	})
}

// history lets six clients work on a tag, of which one deletes it halfway.
func history(t *testing.T, e *testkit.Env, id, prefix string) (steps []step) {
	t.Helper()
	const requests = 24
	var mu sync.Mutex
	var clients sync.WaitGroup
	for c := range 6 {
		clients.Go(func() {
			for i := range requests {
				s := step{method: http.MethodGet}
				body := ""
				switch {
				case c == 0 && i == requests/2:
					s.method = http.MethodDelete
				case c%2 == 0:
					s.method, s.name = http.MethodPut, fmt.Sprintf("%s, %d of %d", prefix, i, c)
					body = `{"name":"` + s.name + `"}`
				}
				s.from = time.Now()
				a := e.Do(t, testkit.Scenario{Method: s.method, Path: "/locations/{locA}/tags/" + id, Token: "locA", Body: body})
				s.to, s.status = time.Now(), a.Status
				if s.method == http.MethodGet {
					s.name = a.Text("tag", "name")
				}
				if a.Status != http.StatusOK && (a.Status != http.StatusBadRequest || a.Text("code") != "not_found") {
					t.Errorf("%s answers %d %s", s.method, a.Status, a.Raw)
				}
				mu.Lock()
				steps = append(steps, s)
				mu.Unlock()
			}
		})
	}
	clients.Wait()
	return steps
}

// changesOf lists the states of a tag in the order of the audit trail, each of whose records begins
// where the one before ended. The deletion has no name.
func changesOf(t *testing.T, e *testkit.Env, id string) (changes []step) {
	t.Helper()
	records, err := e.Store.Audit(t.Context(), e.LocA)
	if err != nil {
		t.Fatal(err)
	}
	last := "null"
	for _, r := range records {
		if r.Resource != id {
			continue
		}
		if r.Before != last {
			t.Errorf("a change begins with %s, the one before ended with %s", r.Before, last)
		}
		last = r.After
		var after tenantry.Tag
		if err := json.Unmarshal([]byte(r.After), &after); err != nil {
			t.Fatal(err)
		}
		method := map[tenantry.EventType]string{tenantry.TagCreated: "POST", tenantry.TagUpdated: "PUT", tenantry.TagDeleted: "DELETE"}[r.Action]
		changes = append(changes, step{method: method, name: after.Name})
	}
	return changes
}

// checkWrites finds the answered write of each change, with its time, and refuses an order in which
// one comes before another that had ended when it began.
func checkWrites(t *testing.T, steps, changes []step) {
	t.Helper()
	done := map[[2]string]step{}
	for _, s := range steps {
		if s.method != http.MethodGet && s.status == http.StatusOK {
			done[[2]string{s.method, map[bool]string{true: s.name}[s.method == http.MethodPut]}] = s
		}
	}
	if len(done) != len(changes)-1 {
		t.Errorf("%d writes were answered, %d happened", len(done), len(changes)-1)
	}
	latest := time.Time{} // beginning of the writes so far
	for i := range changes[1:] {
		c := &changes[i+1]
		s, ok := done[[2]string{c.method, c.name}]
		if !ok {
			t.Errorf("%s %q happened and was not answered", c.method, c.name)
		}
		c.from, c.to = s.from, s.to
		if s.to.Before(latest) {
			t.Errorf("%s %q had ended before an earlier change began", c.method, c.name)
		}
		if s.from.After(latest) {
			latest = s.from
		}
	}
}

// checkReads refuses an answer that was true at no moment of its request.
func checkReads(t *testing.T, steps, changes []step) {
	t.Helper()
	at := map[string]int{} // the change that a name begins with; of "" it is the deletion
	for i, c := range changes {
		at[c.name] = i
	}
	for _, s := range steps {
		name := s.name
		switch {
		case s.status != http.StatusOK:
			name = "" // the tag was not there, for a write too
		case s.method != http.MethodGet:
			continue
		}
		i, ok := at[name]
		if !ok || s.to.Before(changes[i].from) {
			t.Errorf("%s saw %q before it was written", s.method, name)
		}
		if ok && i+1 < len(changes) && s.from.After(changes[i+1].to) {
			t.Errorf("%s saw %q after it was overwritten", s.method, name)
		}
	}
}
