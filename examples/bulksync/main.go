// Command bulksync sends files of user updates to a community, one bulk job a
// file, with a progress bar. Run it again after an interruption: it goes on with
// the file that is next.
//
//	bulksync users.csv more.csv                                  # CSV files
//	bulksync -query "SELECT email, city FROM users" players.db   # a SQLite database
//
// Every column overwrites, so a job that is sent twice does no harm. Files with an
// op column (xp_op) that adds or subtracts are the exception: see -resend.
//
// It reads RETURNINGAI_TOKEN, a bearer token with permission bulkUpdateUser.
package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"

	"github.com/schollz/progressbar/v3"
	_ "modernc.org/sqlite" // the driver

	"github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/integration"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stderr, returningai.FromEnv()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// sync sends files and keeps a journal of them.
type sync struct {
	client  *returningai.Client
	query   string
	out     io.Writer
	journal *os.File
	// states are the last lines of the journal, by the digest of the file.
	states map[string]string
	resend bool
}

// The states of a file. A file that is only "sending" was interrupted: it may
// have arrived.
const (
	stateSending = "sending"
	stateQueued  = "queued"
)

func run(ctx context.Context, arguments []string, out io.Writer, options ...returningai.Option) (err error) {
	flags := flag.NewFlagSet("bulksync", flag.ContinueOnError)
	query := flags.String("query", "", "query for SQLite databases; its columns are the headings")
	journal := flags.String("journal", "bulksync.journal", "file that remembers what was sent")
	resend := flags.Bool("resend", false, "send a file again that may have arrived; harmless unless it adds or subtracts")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	client, err := returningai.New(options...)
	if err != nil {
		return err
	}
	s := &sync{client: client, query: *query, out: out, states: map[string]string{}, resend: *resend}
	if err := s.open(*journal); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.journal.Close()) }()
	for _, path := range flags.Args() {
		if err := s.file(ctx, path); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	return nil
}

// open reads the journal: a state and a digest in each line.
func (s *sync) open(path string) (err error) {
	if s.journal, err = os.OpenFile(path, os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600); err != nil {
		return err
	}
	lines := bufio.NewScanner(s.journal)
	for lines.Scan() {
		if state, digest, found := strings.Cut(lines.Text(), " "); found {
			s.states[digest] = state
		}
	}
	return lines.Err()
}

// record writes a state to disk before the program goes on.
func (s *sync) record(state, digest string) error {
	if _, err := fmt.Fprintln(s.journal, state, digest); err != nil {
		return err
	}
	return s.journal.Sync()
}

// file sends one file, unless it was sent before.
func (s *sync) file(ctx context.Context, path string) error {
	digest, err := s.digest(path)
	if err != nil {
		return err
	}
	switch {
	case s.states[digest] == stateQueued:
		_, err := fmt.Fprintln(s.out, path+": queued before, skipped")
		return err
	case s.states[digest] == stateSending && !s.resend:
		return errors.New("it may have arrived: look into the community's API log, or use -resend")
	}
	source, size, err := s.source(ctx, path)
	if err != nil {
		return err
	}
	defer source.Close()
	if err := s.record(stateSending, digest); err != nil {
		return err
	}
	bar := progressbar.NewOptions64(size, progressbar.OptionSetWriter(s.out),
		progressbar.OptionSetDescription(filepath.Base(path)), progressbar.OptionShowBytes(true), progressbar.OptionSetElapsedTime(true))
	job, err := s.client.Integration.Users.BulkUpdate(ctx, integration.BulkUpdateParams{
		CSV: source.Reader, FileName: filepath.Base(path) + ".csv",
		OnProgress: func(progress integration.BulkProgress) { _ = bar.Set64(progress.Bytes) },
	})
	switch {
	case err == nil:
		if err := s.record(stateQueued, digest); err != nil {
			return err
		}
		_, err := fmt.Fprintf(s.out, "\n%s: %s\n", path, job.Message)
		return err
	case !returningai.MaybeApplied(err):
		return errors.Join(err, s.record("failed", digest)) // it will be sent again
	}
	return err // it stays "sending"
}

// source is the data to upload.
type source struct {
	io.Reader

	close []io.Closer
}

// Close closes what was opened for it, the last first.
func (s source) Close() {
	for _, opened := range slices.Backward(s.close) {
		_ = opened.Close() // it was only read
	}
}

// source opens a CSV file, or runs the query in a database. The size of a query's
// result is not known: -1.
func (s *sync) source(ctx context.Context, path string) (source, int64, error) {
	if !isDatabase(path) {
		file, err := os.Open(path)
		if err != nil {
			return source{}, 0, err
		}
		info, err := file.Stat()
		return source{file, []io.Closer{file}}, info.Size(), err
	}
	db, err := sql.Open("sqlite", "file:"+path+"?mode=ro")
	if err != nil {
		return source{}, 0, err
	}
	rows, err := db.QueryContext(ctx, s.query)
	if err != nil {
		return source{}, 0, errors.Join(err, db.Close())
	}
	return source{integration.EncodeSQL(rows), []io.Closer{db, rows}}, -1, nil
}

func isDatabase(path string) bool {
	return filepath.Ext(path) == ".db" || filepath.Ext(path) == ".sqlite"
}

// digest names the content of a file, and for a database the query too.
func (s *sync) digest(path string) (digest string, err error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	hash := sha256.New()
	if isDatabase(path) {
		hash.Write([]byte(s.query + "\x00")) // never fails
	}
	_, err = io.Copy(hash, file)
	return fmt.Sprintf("%x", hash.Sum(nil)), err
}
