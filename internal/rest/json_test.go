package rest_test

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/returningai/returningai-go/internal/rest"
	"github.com/returningai/returningai-go/secret"
)

type color string

// thing has a field of every kind that answers have.
type thing struct {
	ID      string                     `json:"_id,omitzero"`
	Color   color                      `json:"color,omitzero"`
	Count   int                        `json:"count,omitzero"`
	Small   int8                       `json:"small,omitzero"`
	Ratio   float64                    `json:"ratio,omitzero"`
	On      bool                       `json:"on,omitzero"`
	Maybe   *int                       `json:"maybe,omitzero"`
	At      time.Time                  `json:"at,omitzero"`
	Key     secret.Text                `json:"key,omitzero"`
	Names   []string                   `json:"names,omitzero"`
	Flags   map[string]bool            `json:"flags,omitzero"`
	Inner   *thing                     `json:"inner,omitzero"`
	Extra   map[string]json.RawMessage `json:",embed"`
	private int
}

type thingJSON thing

func (x thing) MarshalJSON() ([]byte, error) { return rest.MarshalAnswer(thingJSON(x)) }

func (x *thing) UnmarshalJSON(data []byte) error {
	return rest.UnmarshalAnswer(data, (*thingJSON)(x))
}

func TestLeniency(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for name, test := range map[string]struct {
		answer string
		want   thing
	}{
		"strict":            {`{"_id":"a","count":1,"on":true,"at":"2026-01-02T03:04:05Z"}`, thing{ID: "a", Count: 1, On: true, At: at}},
		"numbers as text":   {`{"count":"100","ratio":"1.5","maybe":"7","small":" 3 "}`, thing{Count: 100, Ratio: 1.5, Maybe: new(7), Small: 3}},
		"booleans as text":  {`{"on":"true","flags":{"a":"TRUE","b":"0","c":1}}`, thing{On: true, Flags: map[string]bool{"a": true, "b": false, "c": true}}},
		"empty scalars":     {`{"count":"","on":"","ratio":"","at":""}`, thing{Extra: map[string]json.RawMessage{"at": []byte(`""`)}}},
		"ids as numbers":    {`{"_id":12345678901234567890,"names":[1,true,"x"]}`, thing{ID: "12345678901234567890", Names: []string{"1", "true", "x"}}},
		"enum as number":    {`{"color":7}`, thing{Color: "7"}},
		"unknown enum":      {`{"color":"ultraviolet"}`, thing{Color: "ultraviolet"}},
		"float for an int":  {`{"count":1.0,"small":1e1,"maybe":2.000}`, thing{Count: 1, Small: 10, Maybe: new(2)}},
		"duplicate names":   {`{"count":1,"count":2}`, thing{Count: 2}},
		"duplicate unknown": {`{"x":1,"x":2}`, thing{Extra: map[string]json.RawMessage{"x": []byte(`2`)}}},
		"invalid UTF-8":     {"{\"_id\":\"a\xffb\"}", thing{ID: "a\ufffdb"}},
		"malformed time":    {`{"at":"yesterday"}`, thing{Extra: map[string]json.RawMessage{"at": []byte(`"yesterday"`)}}},
		"numeric time":      {`{"at":1767323045}`, thing{Extra: map[string]json.RawMessage{"at": []byte(`1767323045`)}}},
		"time in an inner":  {`{"inner":{"at":"?","count":"2"}}`, thing{Inner: &thing{Count: 2, Extra: map[string]json.RawMessage{"at": []byte(`"?"`)}}}},
		"milliseconds":      {`{"at":"2026-01-02T03:04:05.000Z"}`, thing{At: at}},
		"nulls":             {`{"_id":null,"count":null,"on":null,"at":null,"names":null,"inner":null,"key":null,"maybe":null}`, thing{}},
		"unknown members":   {`{"__v":0,"new":{"a":[1.0]}}`, thing{Extra: map[string]json.RawMessage{"__v": []byte(`0`), "new": []byte(`{"a":[1.0]}`)}}},
		"other case":        {`{"Count":3}`, thing{Extra: map[string]json.RawMessage{"Count": []byte(`3`)}}},
		"secret as number":  {`{"key":42}`, thing{Key: secret.New("42")}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got thing
			require.NoError(t, rest.UnmarshalAnswer([]byte(test.answer), &got))
			require.Equal(t, test.want, got)
			var viaStandard thing
			if json.Valid([]byte(test.answer)) {
				require.NoError(t, json.Unmarshal([]byte(test.answer), &viaStandard))
				require.Equal(t, test.want, viaStandard)
			}
		})
	}
}

func TestLeniencyHasItsLimits(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]string{
		"text for a number":    `{"count":"many"}`,
		"fraction for an int":  `{"count":1.5}`,
		"overflow":             `{"small":"300"}`,
		"huge exponent":        `{"count":1e400}`,
		"beyond exactness":     `{"count":"9007199254740993.0"}`,
		"not a number":         `{"ratio":"NaN"}`,
		"text for a boolean":   `{"on":"maybe"}`,
		"number for a boolean": `{"on":2}`,
		"object for text":      `{"_id":{}}`,
		"text for a list":      `{"names":"a"}`,
		"text for an object":   `{"inner":"a"}`,
		"truncated":            `{"count":`,
		"garbage behind":       `{"count":1} x`,
		"empty":                ``,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := thing{ID: "before", private: 1}
			err := rest.UnmarshalAnswer([]byte(answer), &got)
			require.Error(t, err)
			require.Equal(t, thing{}, got)
			for _, value := range []string{"many", "maybe", "9007", "before"} {
				require.NotContains(t, err.Error(), value, "values are not shown")
			}
		})
	}
}

func TestAnswersAreWrittenAlikeByBothLibraries(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]string{
		`{"z":1,"_id":"<&>","a":"\u2028"}`:                  `{"_id":"\u003c\u0026\u003e","a":"\u2028","z":1}`,
		`{"at":"","count":"2"}`:                             `{"count":2,"at":""}`,
		`{"inner":{"x":1.50},"flags":{"b":true,"a":false}}`: `{"flags":{"a":false,"b":true},"inner":{"x":1.50}}`,
		`{"key":"s3cr3t"}`:                                  `{"key":"[redacted]"}`,
	} {
		var got thing
		require.NoError(t, rest.UnmarshalAnswer([]byte(answer), &got))
		standard, err := json.Marshal(got)
		require.NoError(t, err)
		require.Equal(t, want, string(standard))
		own, err := rest.MarshalAnswer(got)
		require.NoError(t, err)
		require.JSONEq(t, want, string(own))
		var again thing
		require.NoError(t, json.Unmarshal(standard, &again))
		if got.Key.IsZero() {
			require.Equal(t, got, again, "nothing is lost on the way through encoding/json")
		}
	}
}

func TestRequestBodiesAreStrict(t *testing.T) {
	t.Parallel()
	body, err := rest.EncodeBody(map[string]any{"b": "<&>", "a": 1})
	require.NoError(t, err)
	require.Equal(t, []byte(`{"a":1,"b":"<&>"}`), body) //nolint:testifylint // order and escapes matter
	for name, value := range map[string]any{"invalid UTF-8": "s3cr3t\xff", "not a number": math.NaN(), "a channel": make(chan int)} {
		_, err := rest.EncodeBody(map[string]any{"field": value})
		require.Error(t, err, name)
		require.NotContains(t, err.Error(), "s3cr3t", name)
		require.Contains(t, err.Error(), "/field", name)
	}
}

func FuzzUnmarshalAnswer(f *testing.F) {
	for _, seed := range []string{
		`{"_id":"a","count":"1","at":"","x":[1]}`, `{"inner":{"at":"?"}}`, `{"count":1e9,"count":2}`, "{\"_id\":\"\xff\"}", `{"maybe":"1.0"}`, `[]`, `{`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var first thing
		if rest.UnmarshalAnswer(data, &first) != nil {
			return
		}
		written, err := rest.MarshalAnswer(first)
		require.NoError(t, err)
		var second thing
		require.NoError(t, rest.UnmarshalAnswer(written, &second))
		again, err := rest.MarshalAnswer(second)
		require.NoError(t, err)
		require.Equal(t, string(written), string(again), "what is read and written once stays as it is")
	})
}
