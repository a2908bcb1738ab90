package ratelimit

import "time"

// WaitFor makes the table be waited for as long as it takes, however slow the machine is.
func (s *Shared) WaitFor(d time.Duration) { s.patience = d }
