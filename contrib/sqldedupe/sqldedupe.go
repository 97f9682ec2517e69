// Package sqldedupe is a store for webhook deliveries in an SQL database, which
// several processes share: a [webhooks.Deduper] for PostgreSQL (through pgx or
// any other driver) and SQLite (through modernc.org/sqlite).
//
//	db, err := sql.Open("pgx", "postgres://…")
//	deduper, err := sqldedupe.New(db, sqldedupe.Options{Dialect: sqldedupe.PostgreSQL, WhenDown: sqldedupe.Refuse})
//	err = deduper.CreateTable(ctx)
//	receiver, err := webhooks.NewReceiver(
//		webhooks.WithStandardWebhooks(secret),
//		webhooks.WithDeduper(deduper),
//	)
//
// Every call is one statement, and time is that of the database. For SQLite,
// let writers wait for each other: file:hooks.db?_pragma=busy_timeout(2000)
// with _pragma=journal_mode(WAL). Call Sweep now and then: the database does not
// drop expired rows by itself.
package sqldedupe

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/returningai/returningai-go/webhooks"
)

// Dialect is the kind of database.
type Dialect uint8

// The dialects.
const (
	PostgreSQL Dialect = iota + 1 // 9.5 or later
	SQLite                        // 3.42 or later
)

// WhenDown decides about deliveries that arrive while the database cannot be
// reached.
type WhenDown uint8

// The choices. There is no default.
const (
	// Refuse responds with 503, so that the sender retries later. Deliveries
	// are lost if the database is down for longer than the sender retries.
	Refuse WhenDown = iota + 1
	// Work handles them without a record, so that duplicates are handled
	// again; see [webhooks.FailOpen].
	Work
)

// Options configure [New].
type Options struct {
	// Dialect is required.
	Dialect Dialect
	// WhenDown is required.
	WhenDown WhenDown
	// OnError is called with every error of the database. It is required with
	// Work.
	OnError func(err error)
	// Retention is how long a delivery is remembered: 24 hours by default, and
	// at least a second.
	Retention time.Duration
	// Table is the name of the table: "webhook_deliveries" by default.
	Table string
}

// Deduper is a [webhooks.Deduper] in an SQL database. Make one with [New].
type Deduper struct {
	webhooks.Deduper
	inner *store
}

// New makes a deduper. Its table must exist: see [Deduper.CreateTable].
func New(db *sql.DB, options Options) (*Deduper, error) {
	if options.Retention == 0 {
		options.Retention = 24 * time.Hour
	}
	if options.Table == "" {
		options.Table = "webhook_deliveries"
	}
	switch {
	case db == nil:
		return nil, errors.New("sqldedupe: db is nil")
	case options.Dialect != PostgreSQL && options.Dialect != SQLite:
		return nil, errors.New("sqldedupe: Dialect: choose PostgreSQL or SQLite")
	case options.WhenDown != Refuse && options.WhenDown != Work:
		return nil, errors.New("sqldedupe: WhenDown: choose Refuse or Work")
	case options.WhenDown == Work && options.OnError == nil:
		return nil, errors.New("sqldedupe: OnError: is required with Work, which hides the errors otherwise")
	case options.Retention < time.Second:
		return nil, errors.New("sqldedupe: Retention: must be at least a second")
	case !tableName.MatchString(options.Table):
		return nil, errors.New("sqldedupe: Table: must be letters, digits and underscores, with a schema at most")
	}
	inner := &store{db: db, options: options}
	if options.WhenDown == Work {
		return &Deduper{webhooks.FailOpen(inner, options.OnError), inner}, nil
	}
	return &Deduper{inner, inner}, nil
}

var tableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)?$`)

// CreateTable creates the table, unless it exists.
func (d *Deduper) CreateTable(ctx context.Context) error {
	_, err := d.inner.exec(ctx, `CREATE TABLE IF NOT EXISTS {table} (
		id CHAR(64) PRIMARY KEY, token VARCHAR(64) NOT NULL, done BOOLEAN NOT NULL, expires BIGINT NOT NULL)`)
	return err
}

// Sweep deletes expired rows, and returns how many there were.
func (d *Deduper) Sweep(ctx context.Context) (int64, error) {
	return d.inner.exec(ctx, `DELETE FROM {table} WHERE expires <= {now}`)
}

// Retention returns how long a delivery is remembered.
func (d *Deduper) Retention() time.Duration { return d.inner.options.Retention }

// store holds a row for each key: until expires, in milliseconds, its token has
// claimed it, or has done the work.
type store struct {
	db      *sql.DB
	options Options
}

// statement fills in what differs between the dialects.
func (s *store) statement(text string) string {
	now, parameter := `(extract(epoch FROM clock_timestamp()) * 1000)::bigint`, "$"
	if s.options.Dialect == SQLite {
		now, parameter = `CAST(unixepoch('subsec') * 1000 AS INTEGER)`, "?"
	}
	return strings.NewReplacer("{table}", s.options.Table, "{now}", now, "$", parameter).Replace(text)
}

// exec runs a statement, and returns how many rows it changed.
func (s *store) exec(ctx context.Context, text string, arguments ...any) (int64, error) {
	result, err := s.db.ExecContext(ctx, s.statement(text), arguments...)
	if err != nil {
		return 0, s.failed(err)
	}
	changed, err := result.RowsAffected()
	return changed, s.failed(err)
}

// owned runs a statement that changes a row only if the token may.
func (s *store) owned(ctx context.Context, text string, arguments ...any) error {
	changed, err := s.exec(ctx, text, arguments...)
	if err == nil && changed == 0 {
		return webhooks.ErrClaimLost
	}
	return err
}

func (s *store) failed(err error) error {
	if err == nil {
		return nil
	}
	if s.options.OnError != nil && s.options.WhenDown == Refuse {
		s.options.OnError(err)
	}
	return fmt.Errorf("sqldedupe: %w", err)
}

// Claim implements [webhooks.Deduper].
func (s *store) Claim(ctx context.Context, key, token string, lease time.Duration) (webhooks.ClaimState, error) {
	changed, err := s.exec(ctx, `INSERT INTO {table} AS held (id, token, done, expires) VALUES ($1, $2, FALSE, {now} + $3)
		ON CONFLICT (id) DO UPDATE SET token = excluded.token, done = FALSE, expires = excluded.expires
		WHERE held.expires <= {now} OR NOT held.done AND held.token = excluded.token`,
		key, token, milliseconds(lease))
	if err != nil {
		return 0, err
	}
	if changed > 0 {
		return webhooks.Claimed, nil
	}
	var done bool
	err = s.db.QueryRowContext(ctx, s.statement(`SELECT done FROM {table} WHERE id = $1 AND expires > {now}`), key).Scan(&done)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return webhooks.InFlight, nil // until a moment ago
	case err != nil:
		return 0, s.failed(err)
	case done:
		return webhooks.Committed, nil
	}
	return webhooks.InFlight, nil
}

// Renew implements [webhooks.Deduper].
func (s *store) Renew(ctx context.Context, key, token string, lease time.Duration) error {
	return s.owned(ctx, `UPDATE {table} SET expires = {now} + $3
		WHERE id = $1 AND token = $2 AND NOT done AND expires > {now}`, key, token, milliseconds(lease))
}

// Commit implements [webhooks.Deduper].
func (s *store) Commit(ctx context.Context, key, token string) error {
	return s.owned(ctx, `INSERT INTO {table} AS held (id, token, done, expires) VALUES ($1, $2, TRUE, {now} + $3)
		ON CONFLICT (id) DO UPDATE SET token = excluded.token, done = TRUE, expires = excluded.expires
		WHERE held.expires <= {now} OR held.token = excluded.token`, key, token, milliseconds(s.options.Retention))
}

// Release implements [webhooks.Deduper].
func (s *store) Release(ctx context.Context, key, token string) error {
	_, err := s.exec(ctx, `DELETE FROM {table} WHERE id = $1 AND token = $2 AND NOT done`, key, token)
	return err
}

func milliseconds(length time.Duration) int64 { return max(length.Milliseconds(), 1) }
