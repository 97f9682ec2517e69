//go:build !race

package rest

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// listed is a user as a list returns it.
type listed struct {
	ID        string                     `json:"_id,omitzero"`
	UserID    string                     `json:"id,omitzero"`
	Username  string                     `json:"username,omitzero"`
	Email     string                     `json:"email,omitzero"`
	IsOnline  bool                       `json:"isOnline,omitzero"`
	LastLogin time.Time                  `json:"lastLogin,omitzero"`
	Extra     map[string]json.RawMessage `json:",embed"`
}

// A list costs in proportion to its length, and documented numeric ids are read
// in the first pass. The JSON library shares equal strings, so that a user costs
// one allocation here, for the number.
func TestListAllocationCeilings(t *testing.T) { //nolint:paralleltest // others would be counted, too
	for _, id := range []string{`1102`, `"1102"`} {
		for _, count := range []int{1, 10, 200, 10_000} {
			user := `{"_id":"65f0c0ffee65f0c0ffee0001","id":` + id + `,"username":"player","email":"p@example.com","isOnline":true,"lastLogin":"2026-01-31T12:00:00.000Z"}`
			body := fmt.Sprintf(`{"meta":{"status":"success","statusCode":200,"page":1,"limit":%d,"total":%d},"message":"m","data":[%s]}`,
				count, count, strings.Repeat(user+",", count-1)+user)
			caller := &server{response: func(url.Values) string { return body }}
			allocated := testing.AllocsPerRun(5, func() {
				caller.got = nil
				read, err := List[listed](t.Context(), caller, listOp, Request{})
				require.NoError(t, err)
				require.Len(t, read.Items, count)
			})
			t.Logf("%d users, id %s: %v allocations", count, id, allocated)
			require.LessOrEqual(t, allocated, float64(70+count))
		}
	}
}
