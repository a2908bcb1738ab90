package crash_test

import (
	"testing"
	"time"

	"github.com/tenantry/tenantry"
)

// TestLostRefreshAnswer (requirement 14): the server dies between the commit of a refresh and
// the client's sight of the answer. With the token that it has, the client gets the very pair
// that it never saw, and goes on from there.
func TestLostRefreshAnswer(t *testing.T) {
	r := newRig(t, t.TempDir(), 1, 1)
	w := r.workers[0]
	r.start(t)
	before, err := w.exchange(t.Context(), w.places[0])
	must(t, err)
	sentAt := time.Now()
	lost, err := w.refresh(t.Context(), before.Refresh)
	must(t, err)
	r.server.kill(t)

	r.start(t)
	again, err := w.refresh(t.Context(), before.Refresh)
	if time.Since(sentAt) < tenantry.RefreshGrace && (err != nil || again.Refresh != lost.Refresh) {
		t.Errorf("the token that was used is good for another pair: %v; %v", again.Refresh != lost.Refresh, err)
	}
	next, err := w.refresh(t.Context(), lost.Refresh)
	if err != nil || next.Refresh == lost.Refresh {
		t.Errorf("the pair that was lost is not good: %v", err)
	}
	r.server.stop(t)
}
