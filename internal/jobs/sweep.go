package jobs

import (
	"context"
	"errors"
	"time"

	"github.com/tenantry/tenantry"
)

// sweepEvery is how long what nobody can reach may take room on the disk.
const sweepEvery = time.Hour

// runSweep sweeps at once and then now and then, until ctx ends.
func (r *Runner) runSweep(ctx context.Context) {
	for ctx.Err() == nil {
		if err := r.Sweep(ctx); err != nil && ctx.Err() == nil {
			r.log.ErrorContext(ctx, "background work failed", "work", "sweep", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(sweepEvery):
		}
	}
}

// Sweep removes the files that nobody can reach: what interrupted uploads left, files
// whose row was never committed, and files whose row is gone. It works folder by folder in
// small pages, so one that is interrupted has lost nothing. Uploads may be under way. It also
// removes the rows of sessions, codes, grants and revocations whose time is over.
//
// The folder of a location that the database has never had is left alone: it shows that the
// database is not the one that the files belong to.
func (r *Runner) Sweep(ctx context.Context) error {
	failures := []error{r.files.Sweep()}
	var folder string // the one that known was asked about last
	var isOurs bool
	strangers := 0
	removed, err := r.files.SweepOrphans(ctx, func(ctx context.Context, name string, names []string) ([]string, error) {
		loc := tenantry.LocationID(name)
		if name != folder {
			var err error
			if isOurs, err = r.store.KnowsLocation(ctx, loc); err != nil {
				return nil, err
			}
			if folder = name; !isOurs {
				strangers++
			}
		}
		if !isOurs {
			return names, nil
		}
		ids, err := r.store.KnownFiles(ctx, loc, convert[tenantry.FileID](names))
		return convert[string](ids), err
	})
	if removed > 0 {
		r.log.InfoContext(ctx, "orphan files removed", "files", removed)
	}
	if strangers > 0 {
		r.log.WarnContext(ctx, "the file folder has folders of locations that this database never had; they are left alone", "folders", strangers)
	}
	return errors.Join(append(failures, err, r.sweepExpired(ctx))...)
}

// sweepExpired removes the sessions, codes, grants and revocations whose time is over, in
// short transactions.
func (r *Runner) sweepExpired(ctx context.Context) error {
	for ctx.Err() == nil {
		if done, err := r.store.SweepExpired(ctx, purgeBudget); done || err != nil {
			return err
		}
	}
	return nil
}

func convert[To, From ~string](list []From) []To {
	out := make([]To, len(list))
	for i, v := range list {
		out[i] = To(v)
	}
	return out
}
