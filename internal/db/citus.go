package db

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
)

// Layout is where Citus, the extension that spreads a PostgreSQL database over machines, is to
// keep the tables. It follows from the schema.
type Layout struct {
	Distributed []string // by location_id, which is in their primary key; those referred to first
	Reference   []string // on every machine, because the distributed ones refer to them
	Local       []string // on the coordinator: all others
}

// colocated is the table that the others are kept with.
const colocated = "locations"

// Layout reads the layout from the catalogue of a migrated database. SQLite has none.
func (d *DB) Layout(ctx context.Context) (l Layout, err error) {
	if d.Engine() != Postgres {
		return l, errors.New("only a PostgreSQL database can be distributed")
	}
	q := d.Across("the catalogue").Read()
	tables, byPlace, err := keyedTables(ctx, q)
	if err != nil {
		return l, err
	}
	refers, err := references(ctx, q)
	if err != nil {
		return l, err
	}
	var place func(name string)
	place = func(name string) { // what it refers to comes first
		list := &l.Reference
		if byPlace[name] {
			list = &l.Distributed
		}
		for _, to := range refers[name] {
			if to != name && !slices.Contains(slices.Concat(l.Distributed, l.Reference), to) {
				place(to)
			}
		}
		if !slices.Contains(*list, name) {
			*list = append(*list, name)
		}
	}
	for _, name := range tables {
		if byPlace[name] {
			place(name)
		}
	}
	for _, name := range tables {
		if !byPlace[name] && !slices.Contains(l.Reference, name) {
			l.Local = append(l.Local, name)
		}
	}
	return l, nil
}

// keyedTables lists the tables, the one that others are kept with first, and which of them have a
// location in their key.
func keyedTables(ctx context.Context, q Q) (tables []string, keyed map[string]bool, err error) {
	keyed = map[string]bool{}
	tables, err = All(ctx, q, func(r Row) (name string, err error) {
		var has bool
		err = r.Scan(&name, &has)
		keyed[name] = has
		return name, err
	}, `SELECT c.relname::text, EXISTS (SELECT FROM pg_index i JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey)
				WHERE i.indrelid = c.oid AND i.indisprimary AND a.attname = 'location_id')
			FROM pg_class c WHERE c.relkind IN ('r', 'p') AND c.relnamespace = current_schema()::regnamespace AND c.relname <> $1
			ORDER BY c.relname <> $2, c.relname`, versionTable, colocated)
	return tables, keyed, err
}

// references tells which tables each table refers to.
func references(ctx context.Context, q Q) (map[string][]string, error) {
	refers := map[string][]string{}
	_, err := All(ctx, q, func(r Row) (_ struct{}, err error) {
		var from, to string
		err = r.Scan(&from, &to)
		refers[from] = append(refers[from], to)
		return struct{}{}, err
	}, `SELECT f.relname::text, t.relname::text FROM pg_constraint k JOIN pg_class f ON f.oid = k.conrelid JOIN pg_class t ON t.oid = k.confrelid
			WHERE k.contype = 'f' AND f.relnamespace = current_schema()::regnamespace ORDER BY 1, 2`)
	return refers, err
}

// DistributeStatements lists what spreads the tables over the machines of a Citus cluster,
// without what has been done already.
func (d *DB) DistributeStatements(ctx context.Context) ([]string, error) {
	l, err := d.Layout(ctx)
	if err != nil {
		return nil, err
	}
	q := d.Across("the catalogue").Read()
	text := func(r Row) (s string, err error) { return s, r.Scan(&s) }
	functions, err := All(ctx, q, text, `SELECT oid::regprocedure::text FROM pg_proc
		WHERE pronamespace = current_schema()::regnamespace AND prorettype <> 'trigger'::regtype
			AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e') ORDER BY 1`)
	if err != nil {
		return nil, err
	}
	var done []string
	if known, err := d.engine.hasTable(ctx, "pg_dist_partition"); err != nil {
		return nil, err
	} else if known { // h is distributed, t is on all machines
		done, err = All(ctx, q, text, `SELECT logicalrelid::regclass::text FROM pg_dist_partition WHERE partmethod = 'h' OR repmodel = 't'`)
		if err != nil {
			return nil, err
		}
	}
	var statements []string
	add := func(table, format string) {
		if !slices.Contains(done, table) {
			statements = append(statements, fmt.Sprintf(format, table))
		}
	}
	for _, f := range functions {
		add(f, `SELECT create_distributed_function('%s')`)
	}
	for _, table := range l.Reference {
		add(table, `SELECT create_reference_table('%s')`)
	}
	for _, table := range l.Distributed {
		if table == colocated {
			add(table, `SELECT create_distributed_table('%s', 'location_id')`)
		} else {
			add(table, `SELECT create_distributed_table('%s', 'location_id', colocate_with => '`+colocated+`')`)
		}
	}
	return statements, nil
}

// Distribute runs [DB.DistributeStatements], each by itself: when it is interrupted, calling it
// again goes on. Their rows are moved, and nobody may write meanwhile.
func (d *DB) Distribute(ctx context.Context) error {
	statements, err := d.DistributeStatements(ctx)
	if err != nil {
		return err
	}
	e, _ := d.engine.(*postgresEngine) // it has a layout
	config, err := e.patient()
	if err != nil {
		return err
	}
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return unavailable(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }() // nothing is under way on it
	var has bool
	if err := conn.QueryRow(ctx, `SELECT to_regproc('create_distributed_table') IS NOT NULL`).Scan(&has); err != nil {
		return err
	}
	if !has {
		return errors.New("the database is not one of a Citus cluster: install the extension on every machine and run CREATE EXTENSION citus in it")
	}
	for _, s := range statements {
		if _, err := conn.Exec(ctx, s); err != nil {
			return fmt.Errorf("%s: %w", s, withHint(err))
		}
	}
	return nil
}
