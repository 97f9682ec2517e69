package transport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

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

// judgmentOf returns the judgment of a call whose last attempt is this one.
func judgmentOf(t *testing.T, call *Call, last outcome) *judgment {
	t.Helper()
	made := &judgment{attempter: attempter{ctx: t.Context(), call: call}, last: last, describeBody: func([]byte) string { return "no" }}
	made.maybeApplied = inDoubt(call, &last)
	return made
}

func TestFailureTells(t *testing.T) {
	t.Parallel()
	cause := errors.New("unexpected end")
	response := func(status int) *Response { return &Response{Status: status, Header: http.Header{}} }
	for name, test := range map[string]struct {
		last      outcome
		reason    Reason
		rejection *Rejection
		causes    []error
		want      Failure
	}{
		"a redirect": {
			outcome{sent: true, response: response(302), redirect: "other.example"}, "", nil, nil,
			Failure{Category: ErrRedirect, Status: 302, Message: "the API redirects to other.example, which is not followed", MaybeApplied: true},
		},
		"a redirect before the upload's end": {
			outcome{sent: true, response: response(302), redirect: "other.example", incomplete: true}, "", nil, nil,
			Failure{Category: ErrRedirect, Status: 302, Message: "the API redirects to other.example, which is not followed"},
		},
		"too large": {
			outcome{sent: true, response: response(200), tooLarge: true}, "", nil, nil,
			Failure{Category: ErrUnexpectedResponse, Status: 200, Message: "the response is larger than WithMaxResponseBytes allows", MaybeApplied: true},
		},
		"a failure that is too large": {
			outcome{sent: true, response: response(403), tooLarge: true}, "", nil, nil,
			Failure{Category: ErrForbidden, Status: 403},
		},
		"a failure with a message": {
			outcome{sent: true, response: response(403)}, ReasonFinal, nil, nil,
			Failure{Category: ErrForbidden, Status: 403, Message: "no", Reason: ReasonFinal},
		},
		"a wait that is too long": {
			outcome{sent: true, response: response(429)}, ReasonRetryAfterTooLong, nil, []error{ErrRetryAfterTooLong},
			Failure{Category: ErrRateLimited, Status: 429, Message: "no", Reason: ReasonRetryAfterTooLong},
		},
		"unreadable": {
			outcome{sent: true, response: response(200)}, "", &Rejection{Unreadable: true, Message: "no JSON", Cause: cause}, []error{cause},
			Failure{Category: ErrUnexpectedResponse, Status: 200, Message: "no JSON: unexpected end", MaybeApplied: true},
		},
		"a status inside": {
			outcome{sent: true, response: response(200)}, "", &Rejection{Status: 404, Message: "gone"}, nil,
			Failure{Category: ErrNotFound, Status: 404, Message: "gone"},
		},
		"an error of the source": {
			outcome{err: cause, ofSource: true}, "", nil, []error{cause},
			Failure{Category: ErrInvalid, Message: "unexpected end"},
		},
		"held back": {
			outcome{err: errHeld}, ReasonHeld, nil, []error{errHeld},
			Failure{Category: ErrRateLimited, Message: errHeld.Error(), Reason: ReasonHeld},
		},
		"no response": {
			outcome{sent: true, err: cause}, "", nil, []error{cause},
			Failure{Message: "unexpected end", MaybeApplied: true},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			call := newCall(t, "POST")
			call.Content = says{test.rejection}
			j := judgmentOf(t, call, test.last)
			j.reason = test.reason
			failure := *j.judge()
			require.Equal(t, test.causes, append([]error(nil), failure.Causes...))
			failure.Causes = nil
			require.Equal(t, test.want, failure)
		})
	}
}

func TestDeleteRetryJudged404(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		method  string
		status  int
		lost    bool
		success bool
	}{
		"after a lost response":    {"DELETE", 404, true, true},
		"at once":                  {"DELETE", 404, false, false},
		"another status":           {"DELETE", 410, true, false},
		"not a DELETE":             {"POST", 404, true, false},
		"success of another":       {"DELETE", 200, true, true},
		"a failure of the service": {"DELETE", 500, true, false},
	} {
		j := judgmentOf(t, newCall(t, test.method), outcome{sent: true, response: &Response{Status: test.status}})
		j.responseLost = test.lost
		require.Equal(t, test.success, j.judge() == nil, name)
	}
}

// TestDoubtOfAnEarlierAttemptStays also where the last response denies it for its
// own attempt.
func TestDoubtOfAnEarlierAttemptStays(t *testing.T) {
	t.Parallel()
	for status, rejection := range map[int]*Rejection{200: {Status: 404}, 404: nil, 307: nil} {
		call := newCall(t, "POST")
		call.Content = says{rejection}
		j := judgmentOf(t, call, outcome{sent: true, response: &Response{Status: status}})
		j.maybeApplied = true
		require.True(t, j.judge().MaybeApplied, status)
	}
}

// replaces is an Authenticator with another credential, which notes those that
// were refused.
type replaces struct {
	setsHeader
	refused *[]string
}

func (r replaces) Refused(header http.Header) bool {
	*r.refused = append(*r.refused, header.Get("X-API-Key"))
	return false
}

func TestCredentialRefusedInside200(t *testing.T) {
	t.Parallel()
	for status, want := range map[int][]string{401: {"the-key"}, 403: nil, 0: nil} {
		call, refused := newCall(t, "POST"), []string(nil)
		call.Authenticator, call.Content = replaces{refused: &refused}, says{&Rejection{Status: status}}
		sent := http.Header{"X-Api-Key": {"the-key"}}
		require.NotNil(t, judgmentOf(t, call, outcome{response: &Response{Status: 200, Sent: sent}}).judge())
		require.Equal(t, want, refused, status)
	}
	for _, authenticator := range []Authenticator{nil, setsHeader{}, replaces{refused: new([]string)}} {
		call := newCall(t, "POST")
		call.Authenticator = authenticator
		require.False(t, judgmentOf(t, call, outcome{response: &Response{}}).refuseCredential(), "there is no other credential")
	}
}

func TestCanceledJudged(t *testing.T) {
	t.Parallel()
	own := errors.New("the user went away")
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	late, release := context.WithDeadline(t.Context(), time.Unix(0, 0))
	defer release()
	caused, end := context.WithCancelCause(t.Context())
	end(own)
	for name, test := range map[string]struct {
		ctx     context.Context //nolint:containedctx // one that has ended
		message string
		causes  []error
	}{
		"canceled":     {canceled, "the context was canceled", []error{context.Canceled}},
		"late":         {late, "the context's deadline passed", []error{context.DeadlineExceeded}},
		"with a cause": {caused, "the context was canceled", []error{context.Canceled, own}},
	} {
		j := judgmentOf(t, newCall(t, "POST"), outcome{sent: true, response: &Response{Status: 503}})
		failure := j.canceled(test.ctx)
		require.Equal(t, &Failure{Category: ErrServer, Status: 503, Message: test.message, Causes: test.causes, MaybeApplied: true}, failure, name)
	}
}

func TestReasonText(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		reason Reason
		maybe  bool
		want   string
	}{
		{"", false, ""},
		{ReasonFinal, false, ""},
		{ReasonFinal, true, ""},
		{ReasonUnsafe, true, ""}, // the text says so already
		{ReasonUnsafe, false, "may have been applied"},
		{ReasonBudget, true, "retry budget used up"},
		{ReasonBudget, false, "retry budget used up"},
	} {
		require.Equal(t, test.want, (&Failure{Reason: test.reason, MaybeApplied: test.maybe}).ReasonText(), test.reason)
	}
}

func TestStatusCategory(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]error{
		0: nil, 200: nil, 399: nil, 400: ErrInvalid, 401: ErrUnauthorized, 402: nil, 403: ErrForbidden, 404: ErrNotFound,
		408: nil, 409: ErrConflict, 422: nil, 429: ErrRateLimited, 499: nil, 500: ErrServer, 503: ErrServer, 999: ErrServer,
	} {
		require.Equal(t, want, StatusCategory(status), status)
	}
}

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
	require.True(t, MaybeApplied(fmt.Errorf("award: %w", applied)))
	require.True(t, MaybeApplied(denies{applied}), "a cause says so")
	require.False(t, MaybeApplied(denies{io.EOF}))
	require.False(t, MaybeApplied(errors.Join(io.EOF)))
	require.False(t, MaybeApplied(nil))
}

type applies struct{}

func (applies) Error() string { return "in doubt" }

func (applies) MaybeApplied() bool { return true }

// denies is an error that says that its operation was not applied.
type denies struct{ error }

func (denies) MaybeApplied() bool { return false }

func (d denies) Unwrap() error { return d.error }
