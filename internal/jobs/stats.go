package jobs

// Stats are counts of one kind of background work since the runner was made.
type Stats struct {
	Name     string // "recurring tasks" or "purge"
	Steps    uint64 // short transactions of a sub-account's work, failed ones included
	Failures uint64 // of steps, and of finding out what there is to do
	Paused   int    // sub-accounts that are left alone at the moment because their work failed
}

// Stats tells what was done, for each kind of work.
func (r *Runner) Stats() []Stats { return []Stats{r.due.stats(), r.purge.stats()} }

func (l *loop) stats() Stats {
	l.mu.Lock()
	defer l.mu.Unlock()
	paused := 0
	for _, p := range l.paused {
		if l.now().Before(p.until) {
			paused++
		}
	}
	return Stats{Name: l.name, Steps: l.steps.Load(), Failures: l.failures.Load(), Paused: paused}
}
