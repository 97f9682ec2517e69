package wire_test

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/returningai/returningai-go/internal/wire"
	"github.com/returningai/returningai-go/secret"
)

type credentials struct {
	Password secret.Text  `json:"password"`
	Optional secret.Text  `json:"optional,omitzero"`
	Pointer  *secret.Text `json:"pointer,omitzero"`
	Any      any          `json:"any,omitzero"`
	Hidden   any          `json:"-"`
}

// writesRedacted is a type whose own method hides what must be sent.
type writesRedacted struct{ Text secret.Text }

func (w writesRedacted) MarshalJSON() ([]byte, error) { return json.Marshal(w.Text) }

func TestEncodeWritesAsEncodingJSON(t *testing.T) {
	t.Parallel()
	text := secret.New("s3cr3t")
	type inner struct {
		A []int          `json:"a"`
		M map[string]int `json:"m"`
		O string         `json:"o,omitempty"`
	}
	for want, body := range map[string]any{
		`{"a":1,"b":"<&>"}`:                   map[string]any{"b": "<&>", "a": 1},
		`12.50`:                               json.Number("12.50"),
		`{"n":[1e3,0]}`:                       map[string]any{"n": []json.Number{"1e3", ""}},
		`{"a":null,"m":null}`:                 inner{},
		`"AQI="`:                              []byte{1, 2},
		`1500000000`:                          1500 * time.Millisecond,
		`{"x":1.50}`:                          json.RawMessage(` {"x": 1.50} `),
		`{"password":"s3cr3t"}`:               credentials{Password: text, Hidden: text},
		`{"password":"","optional":"s3cr3t"}`: &credentials{Optional: text},
		`{"password":"","pointer":"s3cr3t"}`:  credentials{Pointer: &text},
		`{"password":"","any":{"password":"s3cr3t"}}`:       credentials{Any: credentials{Password: text}},
		`[{"password":"s3cr3t"}]`:                           []credentials{{Password: text}},
		`{"password":"","any":{"Text":"[redacted]","n":1}}`: credentials{Any: map[string]any{"Text": "[redacted]", "n": 1}},
	} {
		data, err := wire.Encode(body)
		require.NoError(t, err, want)
		require.Equal(t, want, string(data))
	}
}

func TestEncodeRefuses(t *testing.T) {
	t.Parallel()
	text := secret.New("s3cr3t")
	type loop struct{ Next, Other any }
	cycle := &loop{}
	cycle.Next, cycle.Other = cycle, map[string]any{"a": cycle, "b": cycle}
	for name, test := range map[string]struct {
		body  any
		where string
	}{
		"invalid UTF-8":            {map[string]any{"field": "s3cr3t\xff"}, "/field"},
		"NaN":                      {map[string]any{"field": math.NaN()}, "/field"},
		"a channel":                {map[string]any{"field": make(chan int)}, "/field"},
		"invalid raw JSON":         {map[string]any{"field": json.RawMessage(`{`)}, "/field"},
		"a number that is none":    {map[string]any{"field": json.Number("true")}, "/field"},
		"a number with a sign":     {map[string]any{"field": json.Number("+1")}, "/field"},
		"a secret alone":           {text, ""},
		"a secret in a map":        {map[string]any{"a": map[string]any{"b": text}}, "/a/b"},
		"a secret in a typed map":  {map[string]secret.Text{"a": text}, "/a"},
		"a secret as a map's key":  {map[secret.Text]int{text: 1}, ""},
		"a secret in a slice":      {struct{ A []secret.Text }{[]secret.Text{text}}, "/A/0"},
		"a secret in an any":       {credentials{Any: text}, "/any"},
		"a pointer in an any":      {credentials{Any: &text}, "/any"},
		"an empty secret in a map": {map[string]any{"a": secret.Text{}}, "/a"},
		"a secret in a marshaler":  {map[string]any{"a": writesRedacted{text}}, "/a"},
		"a cycle":                  {cycle, ""},
		"a secret seen in a field": {struct{ A, B any }{credentials{Pointer: &text}, &text}, "/B"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data, err := wire.Encode(test.body)
			require.Error(t, err)
			require.Empty(t, data)
			require.NotContains(t, err.Error(), "s3cr3t")
			require.Contains(t, err.Error(), test.where)
		})
	}
}
