package db

import (
	"container/list"
	"context"
	"database/sql"
	"errors"
	"sync"
)

// stmtCache keeps the most recently used prepared statements of a pool, at
// most limit of them. Statements in use are never closed: one that is pushed out
// is closed by its last user.
type stmtCache struct {
	prepare func(ctx context.Context, query string) (*sql.Stmt, error)
	limit   int
	// shared tells whether a statement can run twice at a time, as one of a
	// pool can: on a single connection a nested use would reset the outer rows.
	shared bool

	mu    sync.Mutex
	items map[string]*list.Element // of *stmt
	order *list.List               // most recently used first
}

// stmt is a prepared statement with its users counted; the cache's mutex guards the count.
type stmt struct {
	*sql.Stmt
	query   string
	users   int
	dropped bool
}

func newStmtCache(limit int, shared bool, prepare func(context.Context, string) (*sql.Stmt, error)) *stmtCache {
	return &stmtCache{
		prepare: prepare, limit: limit, shared: shared,
		items: make(map[string]*list.Element, limit), order: list.New(),
	}
}

// acquire gives the statement of query, prepared, for use until release.
func (c *stmtCache) acquire(ctx context.Context, query string) (*stmt, error) {
	if s, busy := c.lookup(query); s != nil {
		return s, nil
	} else if busy {
		return c.prepareOnce(ctx, query)
	}
	s, err := c.prepareOnce(ctx, query)
	if err != nil {
		return nil, err
	}
	c.insert(s)
	return s, nil
}

// lookup takes the cached statement; busy means that it exists but is taken.
func (c *stmtCache) lookup(query string) (s *stmt, busy bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	element, ok := c.items[query]
	if !ok {
		return nil, false
	}
	c.order.MoveToFront(element)
	s = element.Value.(*stmt)
	if s.users > 0 && !c.shared {
		return nil, true
	}
	s.users++
	return s, false
}

// prepareOnce prepares a statement that its only user closes, unless it is inserted.
func (c *stmtCache) prepareOnce(ctx context.Context, query string) (*stmt, error) {
	prepared, err := c.prepare(ctx, query)
	if err != nil {
		return nil, err
	}
	return &stmt{Stmt: prepared, query: query, users: 1, dropped: true}, nil
}

// insert keeps s for others and drops the least recently used beyond the limit.
func (c *stmtCache) insert(s *stmt) {
	var idle []*stmt
	c.mu.Lock()
	if _, taken := c.items[s.query]; !taken {
		s.dropped = false
		c.items[s.query] = c.order.PushFront(s)
	}
	for c.order.Len() > c.limit {
		oldest := c.order.Remove(c.order.Back()).(*stmt)
		delete(c.items, oldest.query)
		oldest.dropped = true
		if oldest.users == 0 {
			idle = append(idle, oldest)
		}
	}
	c.mu.Unlock()
	for _, old := range idle {
		_ = old.Close() // nobody waits for it, and the connection outlives the failure
	}
}

// release ends a use of s.
func (c *stmtCache) release(s *stmt) {
	c.mu.Lock()
	s.users--
	unused := s.dropped && s.users == 0
	c.mu.Unlock()
	if unused {
		_ = s.Close() // as in insert
	}
}

// close closes the statements that are kept; none may be in use.
func (c *stmtCache) close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	var failures []error
	for element := c.order.Front(); element != nil; element = element.Next() {
		failures = append(failures, element.Value.(*stmt).Close())
	}
	clear(c.items)
	c.order.Init()
	return errors.Join(failures...)
}

// size tells how many statements are kept.
func (c *stmtCache) size() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.order.Len()
}

// exec runs query through the cache.
func (c *stmtCache) exec(ctx context.Context, query string, args []any) (int64, error) {
	s, err := c.acquire(ctx, query)
	if err != nil {
		return 0, mapPrepareError(query, err)
	}
	defer c.release(s)
	result, err := s.ExecContext(ctx, args...)
	if err != nil {
		return 0, mapError(query, err)
	}
	rows, err := result.RowsAffected()
	return rows, mapError(query, err)
}

// rows runs query through the cache; the statement is taken until the rows close.
func (c *stmtCache) rows(ctx context.Context, query string, args []any) (*Rows, error) {
	s, err := c.acquire(ctx, query)
	if err != nil {
		return nil, mapPrepareError(query, err)
	}
	found, err := s.QueryContext(ctx, args...)
	if err != nil {
		c.release(s)
		return nil, mapError(query, err)
	}
	return &Rows{rows: found, query: query, release: func() { c.release(s) }}, nil
}
