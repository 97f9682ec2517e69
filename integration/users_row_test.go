package integration_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/returningai/returningai-go/integration"
	"github.com/returningai/returningai-go/value"
)

func aRow(t *testing.T, text string) integration.UserRow {
	t.Helper()
	var row integration.UserRow
	require.NoError(t, json.Unmarshal([]byte(text), &row))
	return row
}

func TestRowColumns(t *testing.T) {
	t.Parallel()
	row := aRow(t, `{"text":"gg \u00fc","empty":"","null":null,"int":9007199254740993,"quoted":"42","whole":1e3,"half":0.5,"long":0.12345678901234567890,
		"huge":123456789012345678901234567890,"yes":true,"quotedNo":"false","one":1,"list":[1],"object":{"a":1},
		"time":"2026-02-03T10:00:00.250+02:00","day":"2026-02-03","dayFirst":"03/02/2026","nonsense":"soon"}`)

	for column, want := range map[integration.Column]string{
		"text": "gg ü", "empty": "", "int": "9007199254740993", "long": "0.12345678901234567890",
		"huge": "123456789012345678901234567890", "yes": "true", "whole": "1e3",
	} {
		got, err := row.String(column)
		require.NoError(t, err, column)
		require.Equal(t, want, got)
	}
	for column, want := range map[integration.Column]int64{"int": 9007199254740993, "quoted": 42, "whole": 1000, "one": 1} {
		got, err := row.Int(column)
		require.NoError(t, err, column)
		require.Equal(t, want, got)
	}
	for column, want := range map[integration.Column]float64{"half": 0.5, "quoted": 42, "int": 9007199254740992} {
		got, err := row.Float(column)
		require.NoError(t, err, column)
		require.InDelta(t, want, got, 0)
	}
	for column, want := range map[integration.Column]bool{"yes": true, "quotedNo": false, "one": true} {
		got, err := row.Bool(column)
		require.NoError(t, err, column)
		require.Equal(t, want, got)
	}
	moment, err := row.Time("time")
	require.NoError(t, err)
	require.True(t, moment.Equal(time.Date(2026, 2, 3, 8, 0, 0, 250_000_000, time.UTC)))
	for _, column := range []integration.Column{"day", "dayFirst"} {
		moment, err := row.Time(column)
		require.NoError(t, err)
		require.Equal(t, time.Date(2026, 2, 3, 0, 0, 0, 0, time.UTC), moment)
	}
	for _, column := range []integration.Column{"time", "day", "dayFirst"} {
		date, err := row.Date(column)
		require.NoError(t, err)
		require.Equal(t, integration.NewDate(2026, time.February, 3), date)
	}
	require.JSONEq(t, `{"a":1}`, row["object"].String())
}

// getters reads a column in every way.
func getters(row integration.UserRow) map[string]func(integration.Column) error {
	return map[string]func(integration.Column) error{
		"String": func(column integration.Column) error { _, err := row.String(column); return err },
		"Int":    func(column integration.Column) error { _, err := row.Int(column); return err },
		"Float":  func(column integration.Column) error { _, err := row.Float(column); return err },
		"Bool":   func(column integration.Column) error { _, err := row.Bool(column); return err },
		"Time":   func(column integration.Column) error { _, err := row.Time(column); return err },
		"Date":   func(column integration.Column) error { _, err := row.Date(column); return err },
	}
}

func TestRowColumnErrors(t *testing.T) {
	t.Parallel()
	row := aRow(t, `{"null":null,"empty":"","huge":123456789012345678901234567890,"beyond":1e999,"half":0.5,"text":"secret-ish","list":[1],"two":2}`)
	for name, read := range getters(row) {
		for _, column := range []integration.Column{"absent", "null", "empty"} {
			if name == "String" && column == "empty" {
				continue // it is a text
			}
			err := read(column)
			require.ErrorIs(t, err, integration.ErrNoValue, name)
			require.ErrorContains(t, err, `"`+string(column)+`"`)
		}
		err := read("list")
		require.ErrorContains(t, err, `column "list" is n`, name)
		require.NotErrorIs(t, err, integration.ErrNoValue)
	}
	for getter, columns := range map[string][]integration.Column{
		"Int":   {"huge", "half", "text", "beyond"},
		"Float": {"text", "beyond"},
		"Bool":  {"text", "two", "half"},
		"Time":  {"text", "two"},
		"Date":  {"text", "two"},
	} {
		for _, column := range columns {
			err := getters(row)[getter](column)
			require.ErrorContains(t, err, string(column), getter)
			require.NotContains(t, err.Error(), "secret-ish", "values are not shown")
		}
	}
}

func TestRowDecode(t *testing.T) {
	t.Parallel()
	type player struct {
		Email  string           `json:"email"`
		XP     int              `json:"xp"`
		Joined integration.Date `json:"join_date"`
		Seen   time.Time        `json:"last_seen"`
		VIP    *bool            `json:"vip"`
		Level  json.Number      `json:"level"`
		Absent string           `json:"absent"`
		Other  string           `json:"-"`
	}
	row := aRow(t, `{"email":"a@example.com","xp":"12","join_date":"03/02/2026","last_seen":"2026-02-03T10:00:00Z","vip":null,"level":12345678901234567890,"more":[1]}`)
	var got player
	require.NoError(t, row.Decode(&got))
	require.Equal(t, player{
		Email: "a@example.com", XP: 12, Joined: integration.NewDate(2026, time.February, 3),
		Seen: time.Date(2026, 2, 3, 10, 0, 0, 0, time.UTC), Level: "12345678901234567890",
	}, got)

	unreadable := aRow(t, `{"email":"b","last_seen":"soon","join_date":""}`)
	got = player{}
	require.NoError(t, unreadable.Decode(&got))
	require.Equal(t, player{Email: "b"}, got)

	require.ErrorContains(t, aRow(t, `{"xp":"many"}`).Decode(&got), "/xp")
	require.ErrorContains(t, row.Decode(nil), "pointer")
	require.ErrorContains(t, row.Decode(got), "pointer")
	require.ErrorContains(t, row.Decode((*player)(nil)), "pointer")
}

func TestRowDecodeReplacesValues(t *testing.T) {
	t.Parallel()
	var got struct {
		Email string         `json:"email"`
		XP    int            `json:"xp"`
		VIP   *bool          `json:"vip"`
		Tags  map[string]int `json:"tags"`
	}
	require.NoError(t, aRow(t, `{"email":"a","xp":5,"vip":true,"tags":{"x":1}}`).Decode(&got))
	first := got
	require.NoError(t, aRow(t, `{"email":"b","vip":false,"tags":{"y":1}}`).Decode(&got))
	require.Equal(t, "b", got.Email)
	require.Zero(t, got.XP, "a field without a column is zero")
	require.Equal(t, map[string]int{"y": 1}, got.Tags)
	require.Equal(t, map[string]int{"x": 1}, first.Tags, "a row that was kept stays as it was")
	require.True(t, *first.VIP)

	kept := got
	require.Error(t, aRow(t, `{"email":"c","xp":"many"}`).Decode(&got))
	require.Equal(t, kept, got, "an error changes nothing")

	all := map[string]any{"stale": true}
	require.NoError(t, aRow(t, `{"email":"d"}`).Decode(&all))
	require.Equal(t, map[string]any{"email": "d"}, all)
}

func TestRowNumbersKeepDigits(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`{"a":1.500,"b":12345678901234567890,"c":"x","d":null,"e":{"z":1,"y":[2.0]}}`,
		`{"a":1E+2,"b":-0}`,
		`{}`,
	} {
		require.Equal(t, text, again[integration.UserRow](t, text))
	}
}

func FuzzUserRow(f *testing.F) {
	for _, text := range []string{`{"a":1}`, `{"a":"2026-02-03"}`, `{"a":null}`, `{"a":[{}]}`, `{"a":1e400}`, `{"a":"\ud800"}`, `{"a":" 7 "}`, `{}`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var rows []integration.UserRow
		if json.Unmarshal([]byte("["+text+"]"), &rows) != nil {
			return
		}
		for _, row := range rows {
			for column := range row {
				for _, read := range getters(row) {
					_ = read(column) // must not panic
				}
			}
			var all map[string]any
			_ = row.Decode(&all)
		}
		again, err := json.Marshal(rows)
		require.NoError(t, err)
		var twice []integration.UserRow
		require.NoError(t, json.Unmarshal(again, &twice))
		written, err := json.Marshal(twice)
		require.NoError(t, err)
		require.Equal(t, string(again), string(written))
	})
}

func TestUserRowPrintsColumns(t *testing.T) {
	t.Parallel()
	row := integration.UserRow{
		integration.ColumnXP: value.Int(1250), integration.ColumnEmail: value.String("ada@example.com"), "city": value.Null(),
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		require.Equal(t, "{city=null email=ada@example.com xp=1250}", fmt.Sprintf(verb, row))
	}
	require.Equal(t, "{}", fmt.Sprint(integration.UserRow(nil)))
	require.Equal(t, "[{xp=1}]", fmt.Sprint([]integration.UserRow{{integration.ColumnXP: value.Int(1)}}))
}

func TestRowReadsAsAnyJSON(t *testing.T) {
	t.Parallel()
	var row integration.UserRow
	require.NoError(t, row.UnmarshalJSON([]byte(` {"a\u00fc":1,"b":[1, 2],"b":2.50} `)))
	require.Equal(t, integration.UserRow{"aü": value.Int(1), "b": mustParse(t, "2.50")}, row, "the last of two fields wins")
	require.NoError(t, row.UnmarshalJSON([]byte("null")))
	require.Nil(t, row)
	for _, text := range []string{"", "[]", `"a"`, "{", `{"a"`, `{"a":`, `{"a":1`, `{"a":1,`, `{"a":}`, `{1:2}`} {
		row = integration.UserRow{"before": value.Int(1)}
		require.Error(t, row.UnmarshalJSON([]byte(text)), text)
		require.Nil(t, row, text)
	}
}

func TestRowWithManyAndLongColumns(t *testing.T) {
	t.Parallel()
	want := integration.UserRow{}
	for i := range 150 {
		want[integration.Column(strings.Repeat("x", i)+"é\"")] = value.Int(i)
	}
	text, err := json.Marshal(want)
	require.NoError(t, err)
	for range 2 { // the second time some of the names are known
		var row integration.UserRow
		require.NoError(t, row.UnmarshalJSON(text))
		require.Equal(t, want, row)
	}
}

func mustParse(t *testing.T, text string) value.Value {
	t.Helper()
	parsed, err := value.Parse([]byte(text))
	require.NoError(t, err)
	return parsed
}

// TestRowDecodeIntoAnyStruct: each kind of field and tag means what it means to
// the JSON library, whichever way the row is read.
func TestRowDecodeIntoAnyStruct(t *testing.T) {
	t.Parallel()
	type level int8
	type text string
	type Inner struct {
		XP int `json:"xp"`
	}
	for name, test := range map[string]struct {
		row      string
		out, all any // all is what out points to afterwards
	}{
		"simple kinds": {
			`{"s":"a","b":true,"i":-3,"j":9007199254740993,"f":1.5}`,
			new(struct {
				S text    `json:"s"`
				B bool    `json:"b"`
				I int     `json:"i,omitempty"`
				J int64   `json:"j,omitzero"`
				F float64 `json:"f"`
			}),
			struct {
				S text    `json:"s"`
				B bool    `json:"b"`
				I int     `json:"i,omitempty"`
				J int64   `json:"j,omitzero"`
				F float64 `json:"f"`
			}{"a", true, -3, 9007199254740993, 1.5},
		},
		"nulls":                       {`{"A":null,"B":null,"C":null}`, &struct{ A, B, C any }{1, 2, 3}, struct{ A, B, C any }{}},
		"nulls of scalars":            {`{"S":null,"N":null}`, new(struct{ S, N string }), struct{ S, N string }{}},
		"other spellings":             {`{"I":"12","F":"2.5","B":"true","S":7}`, new(lenient), lenient{12, 2.5, true, "7"}},
		"white space":                 {`{"S":" a ","N":7}`, new(struct{ S, N string }), struct{ S, N string }{" a ", "7"}},
		"a struct that prints itself": {`{"S":"a"}`, new(printed), printed{"a"}},
		"escapes":                     {`{"S":"\u00e9\n\"","N":"\ud83d"}`, new(struct{ S, N string }), struct{ S, N string }{"é\n\"", "\ufffd"}},
		"a whole float":               {`{"I":1.0}`, new(struct{ I int }), struct{ I int }{1}},
		"small ints": {`{"L":127,"U":255}`, new(struct {
			L level
			U uint8
		}), struct {
			L level
			U uint8
		}{127, 255}}, //nolint:gofumpt // one line
		"a quoted number": {`{"i":"5"}`, new(struct {
			I int `json:"i,string"`
		}), struct {
			I int `json:"i,string"`
		}{5}}, //nolint:gofumpt // one line
		"an embedded struct": {
			`{"xp":5}`, new(struct{ Inner }), struct{ Inner }{Inner{5}},
		},
		"fields of its own": {`{"hidden":1,"Shown":2}`, new(struct{ hidden, Shown int }), struct{ hidden, Shown int }{0, 2}},
		"raw and value":     {`{"R":{"a":[1]},"V":null,"P":3}`, new(raw), raw{json.RawMessage(`{"a":[1]}`), value.Null(), new(3)}},
		"an alias": {
			`{"id":"x"}`,
			new(struct {
				ID    string                     `json:"_id" alias:"id"`
				Extra map[string]json.RawMessage `json:",embed"`
			}),
			struct {
				ID    string                     `json:"_id" alias:"id"`
				Extra map[string]json.RawMessage `json:",embed"`
			}{"x", map[string]json.RawMessage{"id": json.RawMessage(`"x"`)}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for range 2 { // the second time, the type is known
				require.NoError(t, aRow(t, test.row).Decode(test.out))
				require.Equal(t, test.all, reflect.ValueOf(test.out).Elem().Interface())
			}
		})
	}
}

type printed struct{ S string }

func (printed) String() string { return "printed" }

type lenient struct {
	I int
	F float64
	B bool
	S string
}

type raw struct {
	R json.RawMessage
	V value.Value
	P *int
}

// structWith returns a pointer to a struct with int fields that vet would not
// accept.
func structWith(fields ...reflect.StructField) any {
	for i := range fields {
		fields[i].Type = reflect.TypeFor[int]()
	}
	return reflect.New(reflect.StructOf(fields)).Interface()
}

func TestRowDecodeRefusesWhatDoesNotFit(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		row string
		out any
	}{
		"a string for an int":     {`{"N":"x"}`, new(struct{ N int })},
		"an int beyond its type":  {`{"N":9223372036854775808}`, new(struct{ N int64 })},
		"an int8 beyond its type": {`{"N":128}`, new(struct{ N int8 })},
		"a float beyond its type": {`{"N":1e400}`, new(struct{ N float64 })},
		"an object for a string":  {`{"N":{}}`, new(struct{ N string })},
		"a number for a bool":     {`{"N":2}`, new(struct{ N bool })},
		"one name for two fields": {`{"n":1}`, structWith(reflect.StructField{Name: "A", Tag: `json:"n"`}, reflect.StructField{Name: "B", Tag: `json:"n"`})},
		"a tag of no use":         {`{"n":1}`, structWith(reflect.StructField{Name: "a", PkgPath: "p", Tag: `json:"n"`})},
		"a tag with a comma":      {`{"n":1}`, structWith(reflect.StructField{Name: "A", Tag: `json:"n,"`})},
		"a tag with no name":      {`{"A":1}`, structWith(reflect.StructField{Name: "A", Tag: `json:","`})},
		"a dash and a comma":      {`{"-":1}`, structWith(reflect.StructField{Name: "A", Tag: `json:"-,"`})},
		"a tag with a quote":      {`{"c'0":1}`, structWith(reflect.StructField{Name: "A", Tag: `json:"c'0"`})},
		"no field to set":         {`{"a":1}`, structWith(reflect.StructField{Name: "a", PkgPath: "p"})},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.ErrorContains(t, aRow(t, test.row).Decode(test.out), "does not fit")
			require.Zero(t, reflect.ValueOf(test.out).Elem().Interface())
		})
	}
}
