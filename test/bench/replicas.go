package main

import (
	"context"
	"errors"
)

const (
	nameReplica   = "one server"
	replicaTarget = 0.90
)

// measureReplicas compares two servers on one database, which share the load, with the first
// of them alone. They share the processors too: two are no faster than one here, and this
// tells what the second one costs.
func measureReplicas(ctx context.Context, o options, f *fixture, first string, say func(string, ...any)) (rows []row, err error) {
	second, _, err := startServer(ctx, o.binary, f.place)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, second.stop()) }()
	for _, w := range []func() work{f.readByID, f.createTag, f.createLocation} {
		c := comparison{w(), []reference{{name: nameReplica, target: replicaTarget}}}
		c.work.name += ", two servers"
		if !o.only.MatchString(c.work.name) {
			continue
		}
		say("%s", c.work.name)
		more, err := c.against(ctx, o, []string{first, second.addr}, c.work, first)
		if err != nil {
			return nil, err
		}
		rows = append(rows, more...)
	}
	return rows, nil
}
