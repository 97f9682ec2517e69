package rest

import (
	stdjson "encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRawJSONKeepsItsSpelling(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`12345678901234567890.10`, `-0`, `1E+2`, `"\u0041\/\u2028<&>"`, "\"\u2028\"", `{"\u0061":[1.50,"\t"],"b":null}`,
	} {
		body, err := EncodeBody(struct {
			Value stdjson.RawMessage `json:"value"`
		}{stdjson.RawMessage(text)})
		require.NoError(t, err)
		require.Equal(t, `{"value":`+text+`}`, string(body))

		answer := struct {
			Extra map[string]stdjson.RawMessage `json:",embed"`
		}{map[string]stdjson.RawMessage{"value": stdjson.RawMessage(text)}}
		again, err := MarshalAnswer(answer)
		require.NoError(t, err)
		require.Equal(t, `{"value":`+text+`}`, string(again))
	}
}

func TestAMethodsOwnProblemReplacesThatOfThePath(t *testing.T) {
	t.Parallel()
	op := &Operation{ID: "test", Path: "/communities/{communityId}/users/{userId}"}
	request := Request{Path: []string{"", ""}}
	request.Problems.Add("CommunityID", "is not known")
	_, problems := request.Target(op, op)
	require.Equal(t, Problems{{"CommunityID", "is not known"}, {"UserID", "must not be empty"}}, problems)
}
