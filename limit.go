package tenantry

import "time"

// DailyWindow is how long a daily quota counts; a caller's first request opens the window.
const DailyWindow = 24 * time.Hour

// DailyUse is what a caller has spent of its daily quota.
type DailyUse struct {
	Key      string // see [Caller.LimitKey]
	OpenedAt time.Time
	Used     int // requests since OpenedAt
}

// QuotaUse is what of a quota is spent, of its short window and of its day. The zero time is
// a window that is not open.
type QuotaUse struct {
	IntervalAt, DailyAt     time.Time // when the first request opened it
	IntervalUsed, DailyUsed int       // requests since
}

// How much of a kind a location can have. Lists that come in one piece are bounded by
// these, and so is the work of one change that touches every row of a kind.
const (
	MaxTags           = 20_000
	MaxCustomFields   = 2_000 // fields and folders together
	MaxCustomValues   = 2_000
	MaxRecurringTasks = 1_000
)

// MaxTaskText is the longest text of a task or recurring task, in characters.
const MaxTaskText = 10_000

// MaxOccurrences is the highest count of a recurrence in a request: what was before is
// counted again for each further occurrence, see [Recurrence.Occurrences].
const MaxOccurrences = 1_000

// LimitReached makes the error for one more of what a location already has limit of.
func LimitReached(what string, limit int) *Error {
	return Errorf(Refused, "limit_reached", "A location can have at most %d %s", limit, what).WithMeta("limit", limit)
}
