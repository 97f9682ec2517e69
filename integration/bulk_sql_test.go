package integration_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/returningai/returningai-go/integration"
)

// tableDB is a database of one table, and a driver, connection, statement and
// rows of it. The rows end with the error.
type tableDB struct {
	columns []string
	rows    [][]driver.Value
	end     error
}

var errCursor = errors.New("the cursor broke")

func (c *tableDB) Connect(context.Context) (driver.Conn, error) { return c, nil }
func (c *tableDB) Driver() driver.Driver                        { return nil }
func (c *tableDB) Prepare(string) (driver.Stmt, error)          { return c, nil }
func (c *tableDB) Begin() (driver.Tx, error)                    { return nil, errors.ErrUnsupported }
func (c *tableDB) NumInput() int                                { return 0 }
func (c *tableDB) Exec([]driver.Value) (driver.Result, error)   { return nil, errors.ErrUnsupported }
func (c *tableDB) Query([]driver.Value) (driver.Rows, error)    { return c, nil }
func (c *tableDB) Columns() []string                            { return c.columns }
func (c *tableDB) Close() error                                 { return nil }
func (c *tableDB) Next(into []driver.Value) error {
	if len(c.rows) == 0 {
		return c.end
	}
	copy(into, c.rows[0])
	c.rows = c.rows[1:]
	return nil
}

func query(t *testing.T, source *tableDB) *sql.Rows {
	t.Helper()
	if source.end == nil {
		source.end = io.EOF
	}
	db := sql.OpenDB(source)
	rows, err := db.QueryContext(t.Context(), "")
	require.NoError(t, err)
	require.NoError(t, rows.Err())
	t.Cleanup(func() {
		require.NoError(t, rows.Close())
		require.NoError(t, db.Close())
	})
	return rows
}

func TestEncodeSQL(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 7, 1, 12, 0, 0, 5, time.UTC)
	reader := integration.EncodeSQL(query(t, &tableDB{
		columns: []string{"email", "xp_op", "xp", "score", "vip", "joined", "note"},
		rows: [][]driver.Value{
			{"ada@example.com", "overwrite", int64(1250), 0.1, true, noon, []byte(`a, "b"`)},
			{"bob@example.com", "overwrite", int64(-1), 1e21, false, noon, ""},
		},
	}))
	text, err := io.ReadAll(reader)
	require.NoError(t, err)
	require.Equal(t, "email,xp_op,xp,score,vip,joined,note\n"+
		"ada@example.com,overwrite,1250,0.1,true,2026-07-01T12:00:00.000000005Z,\"a, \"\"b\"\"\"\n"+
		"bob@example.com,overwrite,-1,1000000000000000000000,false,2026-07-01T12:00:00.000000005Z,\n", string(text))
}

func TestEncodeSQLFailures(t *testing.T) {
	t.Parallel()
	one := []string{"email"}
	for name, test := range map[string]struct {
		cursor tableDB
		want   string
		is     error
	}{
		"NULL":           {tableDB{columns: []string{"email", "city"}, rows: [][]driver.Value{{"a", "b"}, {"c", nil}}}, `row 2, column "city": is NULL`, nil},
		"no rows":        {tableDB{columns: one}, "", integration.ErrNoRows},
		"broken at once": {tableDB{columns: one, end: errCursor}, "row 1: the cursor broke", errCursor},
		"broken later":   {tableDB{columns: one, rows: [][]driver.Value{{"a"}}, end: errCursor}, "row 2: the cursor broke", errCursor},
		"other type":     {tableDB{columns: one, rows: [][]driver.Value{{struct{}{}}}}, "is of type struct {}, which has no text form", nil},
		"not a number":   {tableDB{columns: one, rows: [][]driver.Value{{nan()}}}, "must be a number", nil},
		"same name":      {tableDB{columns: []string{"a", "b", "a"}}, `must name each column once: "a" is there twice`, nil},
		"no name":        {tableDB{columns: []string{"a", ""}}, `column 2 is ""`, nil},
		"white space":    {tableDB{columns: []string{"a", "b "}}, `column 2 is "b "`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := io.ReadAll(integration.EncodeSQL(query(t, &test.cursor)))
			require.ErrorContains(t, err, test.want)
			if test.is != nil {
				require.ErrorIs(t, err, test.is)
			}
		})
	}
	_, err := io.ReadAll(integration.EncodeSQL(nil))
	require.ErrorContains(t, err, "must have rows, not nil")
	closed := query(t, &tableDB{columns: one})
	require.NoError(t, closed.Close())
	_, err = io.ReadAll(integration.EncodeSQL(closed))
	require.ErrorContains(t, err, "must be open: ")
}

func nan() float64 {
	zero := 0.0
	return zero / zero
}
