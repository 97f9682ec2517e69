package value_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/returningai/returningai-go/value"
)

func read(t *testing.T, text string) value.Value {
	t.Helper()
	var got value.Value
	require.NoError(t, json.Unmarshal([]byte(text), &got))
	return got
}

func TestValueConstructors(t *testing.T) {
	t.Parallel()
	type level uint8
	raw, err := value.Parse([]byte(" { \"a\" : [ 1.50 , \"\\u0041\" ] }\n"))
	require.NoError(t, err)
	paris := time.FixedZone("", 2*60*60)
	for want, made := range map[string]value.Value{
		`null`:                             value.Null(),
		`true`:                             value.Bool(true),
		`false`:                            value.Bool(false),
		`-7`:                               value.Int(-7),
		`200`:                              value.Int(level(200)),
		`-9223372036854775808`:             value.Int(int64(math.MinInt64)),
		`18446744073709551615`:             value.Int(uint64(math.MaxUint64)),
		`0.1`:                              value.Float(0.1),
		`-0`:                               value.Float(math.Copysign(0, -1)),
		`1e+300`:                           value.Float(1e300),
		`""`:                               value.String(""),
		`"\"ü\n<>&"`:                       value.String("\"ü\n<>&"),
		`"2026-03-01T22:30:00.000000001Z"`: value.Time(time.Date(2026, 3, 2, 0, 30, 0, 1, paris)),
		`"2026-03-02"`:                     value.Date(time.Date(2026, 3, 2, 0, 30, 0, 1, paris)),
		`{"a":[1.50,"\u0041"]}`:            raw,
	} {
		require.Equal(t, want, string(made.JSON()))
		require.Equal(t, made, read(t, want))
		require.False(t, made.IsZero())
	}
	for _, made := range []value.Value{
		{}, value.Int(time.Minute), value.Float(math.NaN()), value.Float(math.Inf(1)), value.String("a\xffb"),
		value.Time(time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC)), value.Date(time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC)),
	} {
		require.True(t, made.IsZero())
		require.Nil(t, made.JSON())
		require.Equal(t, value.KindNone, made.Kind())
		require.Empty(t, made.String())
		written, err := json.Marshal(made)
		require.NoError(t, err)
		require.Equal(t, "null", string(written))
	}
}

func TestRawValueIsStrict(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", " \n", "tru", "1 2", "{", `{"a":1,"a":2}`, "\"\xff\"", `"\ud800"`, "NaN", "01", "'a'"} {
		made, err := value.Parse([]byte(text))
		require.ErrorContains(t, err, "value: the text is", text)
		require.True(t, made.IsZero())
	}
	for _, text := range []string{"", "{", "1.", ".5", "1.2.3", "01", "1x", "1.5x", `"a`, `"`, `"a"b"`, "nul"} {
		var read value.Value
		require.EqualError(t, read.UnmarshalJSON([]byte(text)), "value: not JSON", text)
		require.True(t, read.IsZero())
	}
}

func TestValueConversions(t *testing.T) {
	t.Parallel()
	type converted struct {
		kind  value.Kind
		shown string
		text  string
		isOf  string // the conversions that are exact
		whole int64
		float float64
		truth bool
		time  time.Time
	}
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	day := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	for text, want := range map[string]converted{
		`null`:  {kind: value.KindNull, shown: "null"},
		`true`:  {kind: value.KindBoolean, shown: "true", isOf: "bool", truth: true},
		`false`: {kind: value.KindBoolean, shown: "false", isOf: "bool"},
		`[1]`:   {kind: value.KindArray, shown: "[1]"},
		`{}`:    {kind: value.KindObject, shown: "{}"},

		`42`:                     {kind: value.KindNumber, shown: "42", isOf: "int float", whole: 42, float: 42},
		`-0`:                     {kind: value.KindNumber, shown: "-0", isOf: "int float", float: math.Copysign(0, -1)},
		`42.000`:                 {kind: value.KindNumber, shown: "42.000", isOf: "int float", whole: 42, float: 42},
		`1.5e3`:                  {kind: value.KindNumber, shown: "1.5e3", isOf: "int float", whole: 1500, float: 1500},
		`1200E-2`:                {kind: value.KindNumber, shown: "1200E-2", isOf: "int float", whole: 12, float: 12},
		`0.1`:                    {kind: value.KindNumber, shown: "0.1", isOf: "float", float: 0.1},
		`-12.9`:                  {kind: value.KindNumber, shown: "-12.9", isOf: "float", whole: -12, float: -12.9},
		`9007199254740993`:       {kind: value.KindNumber, shown: "9007199254740993", isOf: "int", whole: 9007199254740993, float: 9007199254740992},
		`9223372036854775807`:    {kind: value.KindNumber, shown: "9223372036854775807", isOf: "int", whole: math.MaxInt64, float: 9223372036854775808},
		`9223372036854775808`:    {kind: value.KindNumber, shown: "9223372036854775808", whole: math.MaxInt64, float: 9223372036854775808},
		`-9223372036854775808`:   {kind: value.KindNumber, shown: "-9223372036854775808", isOf: "int", whole: math.MinInt64, float: -9223372036854775808},
		`-9223372036854775809`:   {kind: value.KindNumber, shown: "-9223372036854775809", whole: math.MinInt64, float: -9223372036854775808},
		`12345678901234567890.1`: {kind: value.KindNumber, shown: "12345678901234567890.1", whole: math.MaxInt64, float: 12345678901234567890.1},
		`1e400`:                  {kind: value.KindNumber, shown: "1e400", whole: math.MaxInt64, float: math.Inf(1)},
		`-1e999999999999999999`:  {kind: value.KindNumber, shown: "-1e999999999999999999", whole: math.MinInt64, float: math.Inf(-1)},
		`1e-999999999999999999`:  {kind: value.KindNumber, shown: "1e-999999999999999999"},
		`0e999999999999999999`:   {kind: value.KindNumber, shown: "0e999999999999999999", isOf: "int float"},
		`0.000`:                  {kind: value.KindNumber, shown: "0.000", isOf: "int float"},

		`""`:             {kind: value.KindString, isOf: "text"},
		`"gg \u003c3"`:   {kind: value.KindString, shown: "gg <3", text: "gg <3", isOf: "text"},
		`"\ufffd"`:       {kind: value.KindString, shown: "\ufffd", text: "\ufffd", isOf: "text"},
		`"a\ud800b"`:     {kind: value.KindString, shown: "a\ufffdb", text: "a\ufffdb"},
		`"\ud83c\udfae"`: {kind: value.KindString, shown: "🎮", text: "🎮", isOf: "text"},
		`"41"`:           {kind: value.KindString, shown: "41", text: "41", isOf: "text int float", whole: 41, float: 41},
		`"41.5"`:         {kind: value.KindString, shown: "41.5", text: "41.5", isOf: "text float", whole: 41, float: 41.5},
		`" 41"`:          {kind: value.KindString, shown: " 41", text: " 41", isOf: "text"},
		`"0x10"`:         {kind: value.KindString, shown: "0x10", text: "0x10", isOf: "text"},
		`"null"`:         {kind: value.KindString, shown: "null", text: "null", isOf: "text"},
		`"NaN"`:          {kind: value.KindString, shown: "NaN", text: "NaN", isOf: "text"},
		`"true"`:         {kind: value.KindString, shown: "true", text: "true", isOf: "text bool", truth: true},
		`"TRUE"`:         {kind: value.KindString, shown: "TRUE", text: "TRUE", isOf: "text"},

		`"2026-03-01T12:00:00Z"`:              {kind: value.KindString, shown: "2026-03-01T12:00:00Z", text: "2026-03-01T12:00:00Z", isOf: "text time", time: noon},
		`"2026-03-01T14:00:00+02:00"`:         {kind: value.KindString, shown: "2026-03-01T14:00:00+02:00", text: "2026-03-01T14:00:00+02:00", isOf: "text time", time: noon},
		`"2026-03-01T12:00:00.000000000Z"`:    {kind: value.KindString, shown: "2026-03-01T12:00:00.000000000Z", text: "2026-03-01T12:00:00.000000000Z", isOf: "text time", time: noon},
		`"2026-03-01T12:00:00.0000000001Z"`:   {kind: value.KindString, shown: "2026-03-01T12:00:00.0000000001Z", text: "2026-03-01T12:00:00.0000000001Z", isOf: "text", time: noon},
		`"2026-03-01T12:00:00.000000000000Z"`: {kind: value.KindString, shown: "2026-03-01T12:00:00.000000000000Z", text: "2026-03-01T12:00:00.000000000000Z", isOf: "text time", time: noon},
		`"2026-03-01"`:                        {kind: value.KindString, shown: "2026-03-01", text: "2026-03-01", isOf: "text time", time: day},
		`"01/03/2026"`:                        {kind: value.KindString, shown: "01/03/2026", text: "01/03/2026", isOf: "text time", time: day},
		`"13/13/2026"`:                        {kind: value.KindString, shown: "13/13/2026", text: "13/13/2026", isOf: "text"},
		`"\u0032026-03-01"`:                   {kind: value.KindString, shown: "2026-03-01", text: "2026-03-01", isOf: "text time", time: day},
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			read := read(t, text)
			require.Equal(t, want.kind, read.Kind())
			require.Equal(t, want.shown, read.String())
			require.Equal(t, want.shown, fmt.Sprint(read))
			var isOf []string
			note := func(name string, exact bool) {
				if exact {
					isOf = append(isOf, name)
				}
			}
			textual, exact := read.Text()
			note("text", exact)
			require.Equal(t, want.text, textual)
			whole, exact := read.Int()
			note("int", exact)
			require.Equal(t, want.whole, whole)
			float, exact := read.Float()
			note("float", exact)
			require.Equal(t, math.Float64bits(want.float), math.Float64bits(float))
			truth, exact := read.Bool()
			note("bool", exact)
			require.Equal(t, want.truth, truth)
			moment, exact := read.Time()
			note("time", exact)
			require.True(t, want.time.Equal(moment), moment)
			require.Equal(t, want.isOf, strings.Join(isOf, " "))

			written, err := json.Marshal(read)
			require.NoError(t, err)
			require.Equal(t, text, string(written))
			require.Equal(t, text, string(read.JSON()))
		})
	}
}

// FuzzValue checks that any JSON is kept, and that what is called exact is: by
// the rational numbers of math/big.
func FuzzValue(f *testing.F) {
	for _, text := range []string{
		"12345678901234567890.10", "-0", "1E+2", "0.1", "9007199254740993", `"41.50"`, `"2026-03-01"`, `{"a":[1,{"b":null}]}`, `"\ud800"`, "1e-400",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var first value.Value
		if first.UnmarshalJSON(data) != nil {
			require.True(t, first.IsZero())
			return
		}
		kept := first.JSON()
		require.True(t, json.Valid(kept))
		again := read(t, string(kept))
		require.Equal(t, first, again)
		if raw, err := value.Parse(data); err == nil {
			require.Equal(t, first, raw)
		}
		if moment, exact := first.Time(); exact {
			require.False(t, moment.IsZero() && !strings.HasPrefix(first.String(), "0"))
		}
		whole, wholeExact := first.Int()
		float, floatExact := first.Float()
		number := first.String()
		if len(number) > 60 || strings.ContainsAny(number, "eE") && len(number) > 12 || !json.Valid([]byte(number)) {
			return
		}
		exactly, ok := new(big.Rat).SetString(number)
		if !ok || len(exactly.FloatString(0)) > 1000 {
			require.False(t, wholeExact && !ok)
			return
		}
		if first.Kind() != value.KindNumber && first.Kind() != value.KindString {
			return
		}
		require.Equal(t, exactly.IsInt() && exactly.Num().IsInt64(), wholeExact, number)
		if wholeExact {
			require.Equal(t, exactly.Num().Int64(), whole)
		}
		if !math.IsInf(float, 0) {
			shortest, _ := new(big.Rat).SetString(fmt.Sprint(float))
			require.Equal(t, exactly.Cmp(shortest) == 0, floatExact, number)
		}
	})
}
