package integration_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"math"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/integration"
	"github.com/returningai/returningai-go/returningaitest"
	"github.com/returningai/returningai-go/secret"
)

type level string

// base is embedded in rows.
type base struct {
	Email string `csv:"email"`
}

type userChange struct {
	base
	Name    *string                  `csv:"display name"`
	XP      integration.NumberChange `csv:"xp"`
	Coins   integration.NumberChange `csv:"coins"`
	Level   *level                   `csv:"level"`
	Ignored string
	Dashed  string `csv:"-"`
}

func encoded[T any](t *testing.T, columns []string, rows ...T) string {
	t.Helper()
	text, err := io.ReadAll(integration.EncodeRows(slices.Values(rows), columns...))
	require.NoError(t, err)
	return string(text)
}

func TestRowsStructTags(t *testing.T) {
	t.Parallel()
	type kinds struct {
		Text    string       `csv:"text"`
		Named   level        `csv:"named"`
		Whole   int8         `csv:"whole"`
		Natural uint64       `csv:"natural"`
		Real    float32      `csv:"real"`
		Yes     bool         `csv:"yes"`
		When    time.Time    `csv:"when"`
		Host    netip.Addr   `csv:"host"`
		Secret  secret.Text  `csv:"secret"`
		Moment  *time.Time   `csv:"moment"`
		Hidden  *secret.Text `csv:"hidden"`
	}
	when := time.Date(2026, 3, 1, 12, 30, 0, 0, time.FixedZone("", 3600))
	require.Equal(t,
		"text,named,whole,natural,real,yes,when,host,secret,moment,hidden\n"+
			"\"a,\"\"b\"\"\nc\",gold,-8,18446744073709551615,0.1,true,2026-03-01T12:30:00+01:00,10.0.0.1,s3cret,2026-03-01T12:30:00+01:00,x\n"+
			",,0,0,0,false,,,,2026-03-01T12:30:00+01:00,\n",
		encoded(t, nil,
			kinds{"a,\"b\"\nc", "gold", -8, math.MaxUint64, 0.1, true, when, netip.MustParseAddr("10.0.0.1"), secret.New("s3cret"), &when, new(secret.New("x"))},
			kinds{Moment: &when, Hidden: &secret.Text{}},
		))
	require.Equal(t, "email\n\"\"\n", encoded(t, nil, base{}), "an empty line would be none")
	require.Equal(t, "email\na\nb\n", encoded(t, nil, &base{"a"}, &base{"b"}), "pointers to rows")

	type deep struct {
		*base
		XP int `csv:"xp"`
	}
	require.Equal(t, "email,xp\na,1\n", encoded(t, nil, deep{&base{"a"}, 1}))
}

func TestOpsPrecedeColumns(t *testing.T) {
	t.Parallel()
	require.Equal(t,
		"email,xp_op,xp,coins_op,coins\na,add,5,subtract,2.5\nb,overwrite,-7,add,18446744073709551615\nc,add,0,add,0\n",
		encoded(t, nil,
			userChange{base: base{"a"}, XP: integration.Add(5), Coins: integration.Subtract(2.5)},
			userChange{base: base{"b"}, XP: integration.Overwrite(int8(-7)), Coins: integration.Add(uint64(math.MaxUint64))},
			userChange{base: base{"c"}},
		), "a change that a row leaves out adds nothing")
	require.Equal(t, "xp_op,xp\nadd,1000000000000000000000\n", encoded(t, []string{"xp"}, userChange{XP: integration.Add(1e21)}), "no exponents")

	require.Equal(t, "add 5", integration.Add(5).String())
	require.Equal(t, "overwrite 0", integration.Overwrite(0).String())
	require.Empty(t, integration.NumberChange{}.String())
	require.True(t, integration.NumberChange{}.IsZero())
	require.False(t, integration.Add(0).IsZero())

	type pointers struct {
		XP *integration.NumberChange `csv:"xp"`
	}
	require.Equal(t, "xp_op,xp\nadd,1\nadd,0\n", encoded(t, nil, pointers{new(integration.Add(1))}, pointers{}))
}

func TestNumbersAccepted(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	for _, number := range []float64{0, 1e70, -1e-70, math.MaxFloat64, -math.MaxFloat64, math.SmallestNonzeroFloat64, -2.2250738585072014e-308} {
		_, err := srv.Client().Integration.Users.BulkUpdate(t.Context(), integration.BulkUpdateParams{
			CSV: rows(userChange{base: base{"bot@example.com"}, XP: integration.Overwrite(number)}),
		})
		require.NoError(t, err, number)
		require.Equal(t, 1, srv.RunBulkJobs())
		require.Equal(t, strconv.FormatFloat(number, 'g', -1, 64), strconv.FormatFloat(srv.Users()[0].XP, 'g', -1, 64))
	}
}

func TestOnlyChangedColumnsWritten(t *testing.T) {
	t.Parallel()
	require.Equal(t, "email,xp_op,xp\na,add,1\n", encoded(t, nil, userChange{base: base{"a"}, XP: integration.Add(1)}))
	require.Equal(t, "email,display name\na,Ann\nb,\"\"\n", strings.ReplaceAll(
		encoded(t, nil, userChange{base: base{"a"}, Name: new("Ann")}, userChange{base: base{"b"}, Name: new("")}), "b,\n", "b,\"\"\n"),
		"a pointer to an empty text empties")
	require.Equal(t, "email,coins_op,coins\na,add,0\nb,add,3\n", encoded(t, []string{"email", "coins"},
		userChange{base: base{"a"}, XP: integration.Add(1)},
		userChange{base: base{"b"}, Coins: integration.Add(3), Name: new("not sent")},
	), "columns that are named")
}

func TestRowsInvalidEndFile(t *testing.T) {
	t.Parallel()
	type unwritable struct {
		Host failing                  `csv:"host"`
		XP   integration.NumberChange `csv:"xp"`
	}
	type optional struct {
		Name *string `csv:"name"`
	}
	for name, test := range map[string]struct {
		reader *integration.RowReader
		before string
		want   integration.RowError
	}{
		"a pointer left out": {
			rows(userChange{base: base{"a"}, Name: new("Ann")}, userChange{base: base{"b"}}), "email,display name\na,Ann\n",
			integration.RowError{Row: 2, Column: "display name", Reason: "must not be omitted"},
		},
		"a pointer that the file lacks": {
			rows(userChange{base: base{"a"}}, userChange{base: base{"b"}, Level: new(level("x"))}), "email\na\n",
			integration.RowError{Row: 2, Column: "level", Reason: "is not among the columns"},
		},
		"a change that the file lacks": {
			rows(userChange{base: base{"a"}}, userChange{base: base{"b"}, XP: integration.Add(1)}), "email\na\n",
			integration.RowError{Row: 2, Column: "xp", Reason: "is not among the columns"},
		},
		"no columns": {rows(optional{}), "", integration.RowError{Row: 1, Reason: "sets no column"}},
		"a nil row":  {rows(&base{"a"}, nil), "email\na\n", integration.RowError{Row: 2, Reason: "must not be nil"}},
		"infinity":   {rows(userChange{XP: integration.Add(math.Inf(1))}), "email,xp_op,xp\n", integration.RowError{Row: 1, Column: "xp", Reason: "must be a number"}},
		"not a number": {rows(struct {
			X float64 `csv:"x"`
		}{math.NaN()}), "x\n", integration.RowError{Row: 1, Column: "x", Reason: "must be a number"}},
		"a change by a duration": {rows(userChange{XP: integration.Add(90 * time.Second)}), "email,xp_op,xp\n", integration.RowError{Row: 1, Column: "xp", Reason: "not a time.Duration"}},
		"an empty optional field": {rows(town{"a", "Bern", 1}, town{"b", "", 1}), "email,city,level\na,Bern,1\n",
			integration.RowError{Row: 2, Column: "city", Reason: "must not be omitted"}},
		"an optional field that the file lacks": {rows(town{"a", "", 1}, town{"b", "Bern", 1}), "email,level\na,1\n",
			integration.RowError{Row: 2, Column: "city", Reason: "is not among the columns"}},
		"no text": {rows(unwritable{}), "host\n", integration.RowError{Row: 1, Column: "host", Reason: "cannot be written as text"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			written, err := io.ReadAll(test.reader)
			require.Equal(t, test.before, string(written))
			failure, ok := errors.AsType[*integration.RowError](err)
			require.True(t, ok, err)
			require.Equal(t, test.want.Row, failure.Row)
			require.Equal(t, test.want.Column, failure.Column)
			require.Contains(t, failure.Reason, test.want.Reason)
			require.NotContains(t, err.Error(), "confidential")
			_, again := test.reader.Read(make([]byte, 1))
			require.Equal(t, err, again)
		})
	}
}

// town has optional fields without pointers.
type town struct {
	Email string `csv:"email"`
	City  string `csv:"city,omitempty"`
	Level int    `csv:"level,omitzero"`
}

func TestTagOptions(t *testing.T) {
	t.Parallel()
	require.Equal(t, "email,city\na,Bern\nb,Basel\n", encoded(t, nil, town{"a", "Bern", 0}, town{"b", "Basel", 0}))
	require.Equal(t, "email\na\n", encoded(t, nil, town{Email: "a"}))
	require.Equal(t, "email,level\na,7\n", encoded(t, []string{"email", "level"}, town{"a", "not sent", 7}))
}

func rows[T any](all ...T) *integration.RowReader { return integration.EncodeRows(slices.Values(all)) }

// failing has a text form that it cannot give.
type failing struct{}

func (failing) MarshalText() ([]byte, error) { return nil, errors.New("confidential") }

func TestRowsWithoutColumns(t *testing.T) {
	t.Parallel()
	type twice struct {
		A string `csv:"a"`
		B string `csv:"a"`
	}
	type hidden struct {
		a string `csv:"a"` //nolint:unused // it is what the test is about
	}
	for name, test := range map[string]struct {
		rows *integration.RowReader
		rule string
	}{
		"no rows":      {integration.EncodeRows[base](nil), "must have rows, not nil"},
		"no cursor":    {integration.EncodeCursor[base](nil), "must have rows, not nil"},
		"no structs":   {rows("a"), "must be structs"},
		"interfaces":   {rows[any](base{}), "must be structs"},
		"no tags":      {rows(struct{ A string }{}), "must have fields with a tag"},
		"a name twice": {rows(twice{}), "must name each column once: the field B"},
		"no name": {rows(struct {
			A string `csv:" "`
		}{}), "the field A has a csv tag without a name"},
		"space around a name": {rows(struct {
			A string `csv:"a "`
		}{}), "the field A has a csv tag with white space around the name"},
		"no access": {rows(hidden{}), "the field a has a csv tag and is not exported"},
		"no text form": {rows(struct {
			A []string `csv:"a"`
		}{}), "the field A is of type []string"},
		"an unknown option": {rows(struct {
			A string `csv:"a,inline"`
		}{}), `the field A has a csv tag with the unknown option "inline"`},
		"a comma in a heading": {rows(struct {
			A string `csv:"last name, first name"`
		}{}), "a heading has no comma"},
		"an empty option": {rows(struct {
			A string `csv:"a,"`
		}{}), `the unknown option ""`},
		"an option without a name": {rows(struct {
			A string `csv:",omitempty"`
		}{}), "the field A has a csv tag without a name"},
		"a duration": {rows(struct {
			A time.Duration `csv:"a"`
		}{}), "the field A is a time.Duration, which says no unit"},
		"a pointer to a duration": {rows(struct {
			A *time.Duration `csv:"a"`
		}{}), "the field A is a time.Duration, which says no unit"},
		"the same heading with an option": {rows(struct {
			A string `csv:"a"`
			B string `csv:"a,omitempty"`
		}{}), "must name each column once: the field B"},
		"unknown column": {integration.EncodeRows(slices.Values([]base{{}}), "email", "xp"), `there is no field with the tag csv:"xp"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := returningaitest.NewServer(t)
			for _, call := range bulkCalls {
				_, err := call(t.Context(), srv.Client(), test.rows)
				failure, ok := errors.AsType[*returningai.Error](err)
				require.True(t, ok)
				require.Equal(t, "CSV", failure.Problems()[0].Field)
				require.Contains(t, failure.Problems()[0].Rule, test.rule)
				require.ErrorIs(t, err, returningai.ErrInvalid)
			}
			require.Empty(t, srv.Requests())
			_, err := io.ReadAll(test.rows)
			require.ErrorContains(t, err, test.rule)
		})
	}
}

// cursor gives rows as a database would, and notes when it is closed.
func cursor(count int, failAt int, failure error, closed *bool) iter.Seq2[userChange, error] {
	return func(yield func(userChange, error) bool) {
		defer func() { *closed = true }()
		for i := 1; i <= count; i++ {
			if i == failAt {
				yield(userChange{}, failure)
				return
			}
			if !yield(userChange{base: base{"bot@example.com"}, XP: integration.Add(1)}, nil) {
				return
			}
		}
	}
}

func TestCursorStreamed(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	var closed bool
	_, err := srv.Client().Integration.Users.BulkUpdate(t.Context(), integration.BulkUpdateParams{
		CSV: integration.EncodeCursor(cursor(5_000, 0, nil, &closed)),
	})
	require.NoError(t, err)
	require.True(t, closed)
	require.Equal(t, 1, srv.RunBulkJobs())
	require.InDelta(t, 5_000, srv.Users()[0].XP, 0)
}

func TestCursorErrorAbortsUpload(t *testing.T) {
	t.Parallel()
	gone := errors.New("the database is gone")
	for name, failAt := range map[string]int{"at once": 1, "in the middle": 9_000} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := returningaitest.NewServer(t)
			var closed bool
			_, err := srv.Client().Integration.Users.BulkUpdate(t.Context(), integration.BulkUpdateParams{
				CSV: integration.EncodeCursor(cursor(10_000, failAt, gone, &closed)),
			})
			require.ErrorIs(t, err, gone)
			require.ErrorIs(t, err, returningai.ErrInvalid)
			failure, ok := errors.AsType[*integration.RowError](err)
			require.True(t, ok)
			require.EqualValues(t, failAt, failure.Row)
			require.True(t, closed)
			srv.Close()
			require.Empty(t, srv.BulkJobs())
		})
	}
}

func TestCursorClosedWhenUploadEndsEarly(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	ctx, cancel := context.WithCancel(t.Context())
	var closed bool
	rows := integration.EncodeCursor(cursor(math.MaxInt, 0, nil, &closed))
	_, err := srv.Client().Integration.Users.BulkUpdate(ctx, integration.BulkUpdateParams{
		CSV: rows, OnProgress: func(progress integration.BulkProgress) {
			if progress.Rows > 10_000 {
				cancel()
			}
		},
	})
	require.ErrorIs(t, err, context.Canceled)
	require.True(t, closed)

	_, err = srv.Client().Integration.Users.BulkUpdate(t.Context(), integration.BulkUpdateParams{CSV: rows})
	require.ErrorContains(t, err, "read already")
	srv.Close()
	require.Empty(t, srv.BulkJobs())
}

func TestCursorPanicsInClose(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	ctx, cancel := context.WithCancel(t.Context())
	var closed bool
	reader := integration.EncodeCursor(func(yield func(base, error) bool) {
		defer func() {
			closed = true
			panic("the cursor cannot be closed")
		}()
		for yield(base{"bot@example.com"}, nil) {
		}
	})
	_, err := srv.Client().Integration.Users.BulkUpdate(ctx, integration.BulkUpdateParams{
		CSV: reader, OnProgress: func(integration.BulkProgress) { cancel() },
	})
	require.ErrorIs(t, err, context.Canceled)
	require.True(t, closed)
}

func TestCursorWithoutRows(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	var closed bool
	_, err := srv.Client().Integration.Users.BulkUpdate(t.Context(), integration.BulkUpdateParams{
		CSV: integration.EncodeCursor(cursor(0, 0, nil, &closed)),
	})
	require.ErrorIs(t, err, integration.ErrNoRows)
	require.ErrorIs(t, err, returningai.ErrInvalid)
	require.True(t, closed)
	require.Empty(t, srv.Requests(), "nothing is sent for nothing")
}

func TestCursorClosedWhenNothingSent(t *testing.T) {
	t.Parallel()
	for name, send := range map[string]transport{
		"no connection": func(*http.Request) (*http.Response, error) { return nil, &net.DNSError{Err: "no such host"} },
		"a body unread": func(*http.Request) (*http.Response, error) { return response(http.StatusBadRequest, "{}"), nil },
		"a body skipped": func(*http.Request) (*http.Response, error) {
			return response(http.StatusOK, `{"status":"success"}`), nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var closed bool
			reader := integration.EncodeCursor(cursor(10, 0, nil, &closed))
			_, _ = clientOver(t, send).Integration.Users.BulkUpdate(t.Context(), integration.BulkUpdateParams{CSV: reader})
			require.True(t, closed)

			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			untouched := integration.EncodeRows(func(func(base) bool) { t.Error("the rows were begun") })
			_, err := clientOver(t, send).Integration.Users.BulkUpdate(ctx, integration.BulkUpdateParams{CSV: untouched})
			require.ErrorIs(t, err, context.Canceled)
		})
	}
}

func TestSlowRowsKeepUploadAlive(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		reader := integration.EncodeRows(func(yield func(base) bool) {
			for range 100 {
				<-time.After(20 * time.Second)
				if !yield(base{"a@example.com"}) {
					return
				}
			}
		})
		client := clientOver(t, consume)
		_, err := client.Integration.Users.BulkUpdate(t.Context(), integration.BulkUpdateParams{CSV: reader})
		require.NoError(t, err, "no wait for a row is longer than an attempt may take")
	})
}

func TestRowReaderIsAReader(t *testing.T) {
	t.Parallel()
	require.NoError(t, iotest.TestReader(rows(base{"a"}, base{"b"}), []byte("email\na\nb\n")))
	reader := rows(base{"a"})
	n, err := reader.Read(nil)
	require.NoError(t, err)
	require.Zero(t, n)
	require.NoError(t, reader.Close())
	require.NoError(t, reader.Close())
	_, err = reader.Read(make([]byte, 1))
	require.ErrorContains(t, err, "read already")
}

// FuzzEncodeRows checks that whatever text a row holds arrives as it was, or is
// refused.
func FuzzEncodeRows(f *testing.F) {
	for _, seed := range []string{"", "a", "a,b", "\"", "a\"b", "\n", "\r", "\r\n", " a", "\x00", "\xff", "\ufeff", `\.`, "é"} {
		f.Add(seed, "b", int64(1))
	}
	f.Fuzz(func(t *testing.T, first, second string, number int64) {
		type row struct {
			First  string                   `csv:"first"`
			Number integration.NumberChange `csv:"number"`
			Second *string                  `csv:"second"`
		}
		want := row{first, integration.Subtract(number), &second}
		var sent []byte
		client := clientOver(t, func(request *http.Request) (*http.Response, error) {
			reader, err := request.MultipartReader()
			require.NoError(t, err)
			part, err := reader.NextPart()
			require.NoError(t, err)
			if sent, err = io.ReadAll(part); err != nil {
				return nil, err
			}
			return consume(request)
		})
		_, err := client.Integration.Users.BulkUpdate(t.Context(), integration.BulkUpdateParams{CSV: rows(want, want)})
		if text := first + second; !utf8.ValidString(first) || !utf8.ValidString(second) || strings.ContainsRune(text, 0) {
			_, malformed := errors.AsType[*integration.CSVError](err)
			require.True(t, malformed, err)
			return
		}
		require.NoError(t, err)
		records, err := csv.NewReader(bytes.NewReader(sent)).ReadAll()
		require.NoError(t, err)
		cells := []string{first, "subtract", strconv.FormatInt(number, 10), second}
		for i := range cells { // encoding/csv reads line ends its own way
			cells[i] = strings.ReplaceAll(cells[i], "\r\n", "\n")
		}
		require.Equal(t, [][]string{{"first", "number_op", "number", "second"}, cells, cells}, records)
	})
}

func TestCSVErrorZeroValue(t *testing.T) {
	t.Parallel()
	require.Equal(t, "<nil>", (*integration.CSVError)(nil).Error())
	require.Equal(t, "<nil>", (*integration.RowError)(nil).Error())
	require.NoError(t, (*integration.RowError)(nil).Unwrap())
	require.Equal(t, `row 3, column "xp": must be`, (&integration.RowError{Row: 3, Column: "xp", Reason: "must be"}).Error())
	text, err := json.Marshal(integration.CSVError{Line: 1, Column: 2, Reason: "x"})
	require.NoError(t, err)
	require.JSONEq(t, `{"Line":1,"Column":2,"Reason":"x"}`, string(text))
}
