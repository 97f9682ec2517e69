package wire_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/returningai/returningai-go/internal/wire"
	"github.com/returningai/returningai-go/secret"
)

type color string

// thing has a field of every kind that responses have.
type thing struct {
	ID    string                     `json:"_id,omitzero" alias:"id"`
	Color color                      `json:"color,omitzero"`
	Count int                        `json:"count,omitzero"`
	Small int8                       `json:"small,omitzero"`
	Size  uint8                      `json:"size,omitzero"`
	Ratio float64                    `json:"ratio,omitzero"`
	On    bool                       `json:"on,omitzero"`
	Maybe *int                       `json:"maybe,omitzero"`
	At    time.Time                  `json:"at,omitzero"`
	Key   secret.Text                `json:"key,omitzero"`
	Names []string                   `json:"names,omitzero"`
	Flags map[string]bool            `json:"flags,omitzero"`
	Inner *thing                     `json:"inner,omitzero"`
	List  []thing                    `json:"list,omitzero"`
	Union union                      `json:"union,omitzero"`
	Extra map[string]json.RawMessage `json:",embed"`
}

// union is a string or an object.
type union struct{ Title string }

func (u *union) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '{' {
		type plain union
		return wire.Unmarshal(data, (*plain)(u))
	}
	return wire.Unmarshal(data, &u.Title)
}

type extra = map[string]json.RawMessage

func raw(text string) json.RawMessage { return json.RawMessage(text) }

func TestUnmarshalLenient(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for name, test := range map[string]struct {
		response string
		want     thing
	}{
		"strict":             {`{"_id":"a","count":1,"on":true,"at":"2026-01-02T03:04:05Z"}`, thing{ID: "a", Count: 1, On: true, At: at}},
		"numbers as strings": {`{"count":"100","ratio":"1.5","maybe":"7","small":" 3 ","size":"9"}`, thing{Count: 100, Ratio: 1.5, Maybe: new(7), Small: 3, Size: 9}},
		"bools as strings":   {`{"on":"true","flags":{"a":"TRUE","b":"0","c":1}}`, thing{On: true, Flags: map[string]bool{"a": true, "b": false, "c": true}}},
		"empty scalars":      {`{"count":"","on":"","ratio":"","at":""}`, thing{Extra: extra{"at": raw(`""`)}}},
		"ids as numbers":     {`{"_id":12345678901234567890,"names":[1,true,"x"]}`, thing{ID: "12345678901234567890", Names: []string{"1", "true", "x"}}},
		"enum as number":     {`{"color":7}`, thing{Color: "7"}},
		"unknown enum":       {`{"color":"ultraviolet"}`, thing{Color: "ultraviolet"}},
		"float for an int":   {`{"count":1.0,"small":1e1,"maybe":2.000}`, thing{Count: 1, Small: 10, Maybe: new(2)}},
		"duplicate names":    {`{"count":1,"count":2}`, thing{Count: 2}},
		"duplicate unknown":  {`{"x":1,"x":2}`, thing{Extra: extra{"x": raw(`2`)}}},
		"invalid UTF-8":      {"{\"_id\":\"a\xffb\"}", thing{ID: "a\ufffdb"}},
		"lone surrogate":     {`{"_id":"a\ud800b"}`, thing{ID: "a\ufffdb"}},
		"byte order mark":    {"\ufeff{\"_id\":\"a\"}", thing{ID: "a"}},
		"malformed time":     {`{"at":"yesterday"}`, thing{Extra: extra{"at": raw(`"yesterday"`)}}},
		"numeric time":       {`{"at":1767323045}`, thing{Extra: extra{"at": raw(`1767323045`)}}},
		"milliseconds":       {`{"at":"2026-01-02T03:04:05.000Z"}`, thing{At: at}},
		"nulls":              {`{"_id":null,"count":null,"on":null,"at":null,"names":null,"inner":null,"key":null,"maybe":null}`, thing{}},
		"unknown fields":     {`{"__v":0,"new":{"a":[1.0]}}`, thing{Extra: extra{"__v": raw(`0`), "new": raw(`{"a":[1.0]}`)}}},
		"other case":         {`{"Count":3}`, thing{Extra: extra{"Count": raw(`3`)}}},
		"secret as number":   {`{"key":42}`, thing{Key: secret.New("42")}},
		"alias":              {`{"id":"a"}`, thing{ID: "a", Extra: extra{"id": raw(`"a"`)}}},
		"numeric alias":      {`{"id":7,"list":[{"id":8}]}`, thing{ID: "7", List: []thing{{ID: "8", Extra: extra{"id": raw(`8`)}}}, Extra: extra{"id": raw(`7`)}}},
		"alias and name":     {`{"id":"a","_id":"b"}`, thing{ID: "b", Extra: extra{"id": raw(`"a"`)}}},
		"odd, then not":      {`{"count":"x","at":"?","count":3,"at":null}`, thing{Count: 3, Extra: extra{}}},
		"odd alias":          {`{"id":{}}`, thing{Extra: extra{"id": raw(`{}`)}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got thing
			require.NoError(t, wire.Unmarshal([]byte(test.response), &got))
			require.Equal(t, test.want, got)
		})
	}
}

// One odd field must not hide the others, nor one odd row the list.
func TestUnmarshalIsolatesOddFields(t *testing.T) {
	t.Parallel()
	for odd, want := range map[string]thing{
		`"count":"many"`:                       {Extra: extra{"count": raw(`"many"`)}},
		`"count":1.5`:                          {Extra: extra{"count": raw(`1.5`)}},
		`"count":1e400`:                        {Extra: extra{"count": raw(`1e400`)}},
		`"count":true`:                         {Extra: extra{"count": raw(`true`)}},
		`"count":[]`:                           {Extra: extra{"count": raw(`[]`)}},
		`"count":"9007199254740993.0"`:         {Extra: extra{"count": raw(`"9007199254740993.0"`)}},
		`"small":"300"`:                        {Extra: extra{"small": raw(`"300"`)}},
		`"small":128`:                          {Extra: extra{"small": raw(`128`)}},
		`"size":-1`:                            {Extra: extra{"size": raw(`-1`)}},
		`"size":256`:                           {Extra: extra{"size": raw(`256`)}},
		`"ratio":"NaN"`:                        {Extra: extra{"ratio": raw(`"NaN"`)}},
		`"ratio":1e400`:                        {Extra: extra{"ratio": raw(`1e400`)}},
		`"on":"maybe"`:                         {Extra: extra{"on": raw(`"maybe"`)}},
		`"on":2`:                               {Extra: extra{"on": raw(`2`)}},
		`"color":{}`:                           {Extra: extra{"color": raw(`{}`)}},
		`"names":"a"`:                          {Extra: extra{"names": raw(`"a"`)}},
		`"names":{"0":"a"}`:                    {Extra: extra{"names": raw(`{"0":"a"}`)}},
		`"names":["a",{},"c"]`:                 {Names: []string{"a", "", "c"}, Extra: extra{"names/1": raw(`{}`)}},
		`"flags":[]`:                           {Extra: extra{"flags": raw(`[]`)}},
		`"inner":"a"`:                          {Extra: extra{"inner": raw(`"a"`)}},
		`"maybe":{}`:                           {Extra: extra{"maybe": raw(`{}`)}},
		`"union":[]`:                           {Extra: extra{"union": raw(`[]`)}},
		`"list":{}`:                            {Extra: extra{"list": raw(`{}`)}},
		`"list":[7,{"count":"x"},{"count":3}]`: {List: []thing{{}, {Extra: extra{"count": raw(`"x"`)}}, {Count: 3}}, Extra: extra{"list/0": raw(`7`)}},
		`"inner":{"at":"?","count":"2"}`:       {Inner: &thing{Count: 2, Extra: extra{"at": raw(`"?"`)}}},
		`"key":["s3cr3t"]`:                     {}, // the field of a secret is never shown
	} {
		t.Run(odd, func(t *testing.T) {
			t.Parallel()
			want.ID = "kept"
			var got thing
			require.NoError(t, wire.Unmarshal([]byte(`{`+odd+`,"_id":"kept"}`), &got))
			require.Equal(t, want, got)

			var list []thing
			require.NoError(t, wire.Unmarshal([]byte(`[{"_id":"first"},{"_id":"kept",`+odd+`}]`), &list))
			require.Equal(t, []thing{{ID: "first"}, want}, list)

			written, err := wire.Marshal(got)
			require.NoError(t, err)
			var again thing
			require.NoError(t, wire.Unmarshal(written, &again))
			require.Equal(t, got.Extra, again.Extra, "the odd value is written and read again")
		})
	}
}

func TestUnmarshalRefuses(t *testing.T) {
	t.Parallel()
	for name, response := range map[string]string{
		"a string for the object": `"many"`,
		"a list for the object":   `[]`,
		"truncated":               `{"count":`,
		"garbage behind":          `{"count":1} x`,
		"empty":                   ``,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := thing{ID: "before"}
			err := wire.Unmarshal([]byte(response), &got)
			require.Error(t, err)
			require.Zero(t, got)
			for _, value := range []string{"many", "before"} {
				require.NotContains(t, err.Error(), value, "values are not shown")
			}
		})
	}
	var list []thing
	require.ErrorContains(t, wire.Unmarshal([]byte(`[{"_id":"a"},"s3cr3t"]`), &list), "JSON string does not fit a Go wire_test.thing (at /1)")
	require.Empty(t, list, "an element of the list itself is not isolated")
}

// A type of the user's own has no place for odd values.
func TestUnmarshalIntoForeignTypes(t *testing.T) {
	t.Parallel()
	type base struct{ Extra map[string]json.RawMessage }
	type embeds struct {
		*base

		Seen time.Time
	}
	response := []byte(`{"Seen":"never"}`)
	var without struct{ Seen time.Time }
	require.NoError(t, wire.Unmarshal(response, &without))
	require.True(t, without.Seen.IsZero())
	var embedded embeds
	require.NoError(t, wire.Unmarshal(response, &embedded))
	require.True(t, embedded.Seen.IsZero())
	var other struct {
		Seen  time.Time
		Extra string
	}
	require.NoError(t, wire.Unmarshal(response, &other))
	require.Empty(t, other.Extra)
	var alone time.Time
	require.NoError(t, wire.Unmarshal([]byte(`"never"`), &alone))
	require.True(t, alone.IsZero())

	var strict struct{ Count int }
	require.Error(t, wire.UnmarshalForeign([]byte(`{"count":"many"}`), &strict))
	require.NoError(t, wire.UnmarshalForeign([]byte(`{"count":"7"}`), &strict))
	require.Equal(t, 7, strict.Count)
	var holds struct{ Thing thing }
	require.NoError(t, wire.UnmarshalForeign([]byte(`{"thing":{"id":"a","count":"many"}}`), &holds))
	require.Equal(t, thing{ID: "a", Extra: extra{"id": raw(`"a"`), "count": raw(`"many"`)}}, holds.Thing)
}

func TestAliasesNested(t *testing.T) {
	t.Parallel()
	type user struct {
		ID     string `json:"_id" alias:"id,objectid"`
		UserID string `json:"userId" alias:"id,number"`
		Extra  extra  `json:",embed"`
	}
	type withNote struct {
		user

		Note string `json:"note"`
	}
	for response, want := range map[string]user{
		`{"id":1102}`:                       {UserID: "1102"},
		`{"id":"1102"}`:                     {UserID: "1102"},
		`{"id":"123456789012345678901234"}`: {ID: "123456789012345678901234"},
		`{"id":"abc","_id":"x"}`:            {ID: "x"},
		`{"id":[]}`:                         {},
	} {
		var users map[string]*user
		require.NoError(t, wire.Unmarshal([]byte(`{"u":`+response+`}`), &users))
		users["u"].Extra = nil
		require.Equal(t, want, *users["u"], response)
		var values map[string]user
		require.NoError(t, wire.Unmarshal([]byte(`{"u":`+response+`}`), &values))
		require.Equal(t, want.ID, values["u"].ID)
		var noted []withNote
		require.NoError(t, wire.Unmarshal([]byte(`[`+response+`]`), &noted))
		require.Equal(t, want.UserID, noted[0].UserID)
	}
}

// holder reads itself, and holds a type with aliases.
type holder struct{ Thing thing }

func (h *holder) UnmarshalJSON(data []byte) error {
	type plain holder
	return wire.Unmarshal(data, (*plain)(h))
}

func TestAliasesBehindUnmarshaler(t *testing.T) {
	t.Parallel()
	var read struct {
		Holder holder
		Things []*holder
		None   *holder
	}
	require.NoError(t, wire.Unmarshal([]byte(`{"Holder":{"Thing":{"id":"a"}},"Things":[null,{"Thing":{"id":"b"}}]}`), &read))
	require.Equal(t, "a", read.Holder.Thing.ID)
	require.Equal(t, "b", read.Things[1].Thing.ID)
}

func TestMarshalRoundTrip(t *testing.T) {
	t.Parallel()
	for response, want := range map[string]string{
		`{"z":1,"_id":"<&>","x":"\u2028"}`:                  `{"_id":"<&>","x":"\u2028","z":1}`,
		`{"at":"","count":"2"}`:                             `{"count":2,"at":""}`,
		`{"inner":{"x":1.50},"flags":{"b":true,"a":false}}`: `{"flags":{"a":false,"b":true},"inner":{"x":1.50}}`,
		`{"key":"s3cr3t"}`:                                  `{"key":"[redacted]"}`,
	} {
		var got thing
		require.NoError(t, wire.Unmarshal([]byte(response), &got))
		written, err := wire.Marshal(got)
		require.NoError(t, err)
		require.Equal(t, want, string(written))
	}
}

func FuzzUnmarshal(f *testing.F) {
	for _, seed := range []string{
		`{"_id":"a","count":"1","at":"","x":[1]}`, `{"inner":{"at":"?"}}`, `{"count":1e9,"count":2}`, "{\"_id\":\"\xff\"}", `{"maybe":"1.0"}`, `[]`, `{`,
		`{"list":[1,{"id":2}],"union":7,"names":{"a":[]}}`, `{"id":"\ud800"}`, `{"names/1":3,"names":[1,{}]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var first thing
		if wire.Unmarshal(data, &first) != nil {
			return
		}
		written, err := wire.Marshal(first)
		require.NoError(t, err)
		var second thing
		require.NoError(t, wire.Unmarshal(written, &second))
		again, err := wire.Marshal(second)
		require.NoError(t, err)
		require.Equal(t, string(written), string(again), "what is read and written once stays as it is")
	})
}
