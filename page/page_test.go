package page_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/page"
)

func TestPageMarshal(t *testing.T) {
	t.Parallel()
	for want, written := range map[string]page.Page[int]{
		`{"items":[]}`:             {Items: []int{}},
		`{"items":[1],"number":0}`: {Items: []int{1}, Number: new(0)},
		`{"items":[1],"nextCursor":"c","number":2,"pages":3,"skip":1,"limit":1,"total":3,"took":7}`: {
			Items: []int{1}, NextCursor: "c", Number: new(2), Pages: new(3), Skip: new(1), Limit: new(1), Total: new(3),
			Extra: map[string]json.RawMessage{"took": []byte(`7`)},
		},
	} {
		text, err := returningai.Marshal(written)
		require.NoError(t, err)
		require.Equal(t, want, string(text))
		var read page.Page[int]
		require.NoError(t, returningai.Unmarshal(text, &read))
		require.Equal(t, written, read)
	}
}
