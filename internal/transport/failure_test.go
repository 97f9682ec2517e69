package transport

import (
	"errors"
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestJudge(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status     int
		incomplete bool
		rejection  *Rejection
		category   error // nil for a success
		maybe      bool
	}{
		"200":                    {200, false, nil, nil, false},
		"299":                    {299, false, nil, nil, false},
		"99":                     {99, false, nil, ErrUnexpectedResponse, true},
		"101":                    {101, false, nil, ErrUnexpectedResponse, true},
		"199":                    {199, false, nil, ErrUnexpectedResponse, true},
		"300":                    {300, false, nil, ErrUnexpectedResponse, true},
		"304":                    {304, false, nil, ErrUnexpectedResponse, true},
		"307":                    {307, false, nil, ErrUnexpectedResponse, false},
		"308":                    {308, false, nil, ErrUnexpectedResponse, false},
		"400":                    {400, false, nil, ErrInvalid, false},
		"401":                    {401, false, nil, ErrUnauthorized, false},
		"408":                    {408, false, nil, errAny, true},
		"425":                    {425, false, nil, errAny, false},
		"429":                    {429, false, nil, ErrRateLimited, false},
		"499":                    {499, false, nil, errAny, false},
		"500":                    {500, false, nil, ErrServer, true},
		"599":                    {599, false, nil, ErrServer, true},
		"unreadable":             {200, false, &Rejection{Unreadable: true}, ErrUnexpectedResponse, true},
		"failure inside":         {200, false, &Rejection{}, errAny, true},
		"404 inside":             {200, false, &Rejection{Status: 404}, ErrNotFound, false},
		"408 inside":             {200, false, &Rejection{Status: 408}, errAny, true},
		"500 inside":             {200, false, &Rejection{Status: 500}, ErrServer, true},
		"200 before upload end":  {200, true, nil, ErrUnexpectedResponse, false},
		"503 before upload end":  {503, true, nil, ErrServer, false},
		"HTML before upload end": {200, true, &Rejection{Unreadable: true}, ErrUnexpectedResponse, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, readsOnly := range []bool{false, true} {
				call := newCall(t, "POST")
				call.ReadsOnly = readsOnly
				call.Content = says{test.rejection}
				r := &judgment{attempter: attempter{ctx: t.Context(), call: call}, describeBody: func([]byte) string { return "no" }}
				r.last = outcome{sent: true, incomplete: test.incomplete, response: &Response{Status: test.status, Header: http.Header{}}}
				r.maybeApplied = inDoubt(call, &r.last)
				failure := r.judge()
				if test.category == nil {
					require.Nil(t, failure)
					continue
				}
				require.Equal(t, test.maybe && !readsOnly, failure.MaybeApplied)
				if !errors.Is(test.category, errAny) {
					require.ErrorIs(t, failure.Category, test.category)
				}
			}
		})
	}
}

type says struct{ rejection *Rejection }

func (s says) Accept(*Response) *Rejection { return s.rejection }

// errAny stands for a failure without a category, or of one that does not matter.
var errAny = errors.New("any")

func TestInDoubtWithoutResponse(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		call  Call
		last  outcome
		doubt bool
	}{
		"sent":                 {Call{}, outcome{sent: true}, true},
		"not sent":             {Call{}, outcome{}, false},
		"a read":               {Call{ReadsOnly: true}, outcome{sent: true}, false},
		"an unfinished upload": {Call{}, outcome{sent: true, incomplete: true}, false},
		"an idempotent write":  {Call{Idempotent: true}, outcome{sent: true}, true},
	} {
		require.Equal(t, test.doubt, inDoubt(&test.call, &test.last), name)
	}
}

func TestMaybeAppliedWalksTheTree(t *testing.T) {
	t.Parallel()
	applied := applies{}
	require.True(t, MaybeApplied(applied))
	require.True(t, MaybeApplied(errors.Join(io.EOF, errors.Join(applied))))
	require.False(t, MaybeApplied(errors.Join(io.EOF)))
	require.False(t, MaybeApplied(nil))
}

type applies struct{}

func (applies) Error() string { return "in doubt" }

func (applies) MaybeApplied() bool { return true }
