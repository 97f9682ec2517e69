package transport

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// resultOf returns the result of a call with this response, whose secret is
// "the-secret-key".
func resultOf(t *testing.T, response *Response) *Result {
	t.Helper()
	call := newCall(t, "GET")
	call.Secrets = secrets{"the-secret-key"}
	return &Result{of: judgmentOf(t, call, outcome{response: response})}
}

func TestResultWithoutResponse(t *testing.T) {
	t.Parallel()
	result := resultOf(t, nil)
	require.Zero(t, result.Status())
	require.Zero(t, result.RetryAfter())
	require.Empty(t, result.RequestID())
	require.Nil(t, result.Header())
	require.Nil(t, result.Body(10))
	require.Equal(t, "a [redacted]", result.Shown("a the-secret-key"))
}

func TestResultOfResponse(t *testing.T) {
	t.Parallel()
	result := resultOf(t, &Response{Status: 503, Header: http.Header{"Retry-After": {"7"}, "X-Request-Id": {"id the-secret-key"}}})
	require.Equal(t, 503, result.Status())
	require.Equal(t, 7*time.Second, result.RetryAfter())
	require.Equal(t, "id [redacted]", result.RequestID())
	require.Empty(t, resultOf(t, &Response{}).RequestID())
	for length, want := range map[int]int{128: 128, 129: 129} { // with the mark of the cut
		long := resultOf(t, &Response{Header: http.Header{"X-Request-Id": {strings.Repeat("x", length)}}})
		require.Len(t, []rune(long.RequestID()), want)
		require.Equal(t, length > 128, strings.HasSuffix(long.RequestID(), "…"))
	}
}

func TestResultHeader(t *testing.T) {
	t.Parallel()
	const most, mostInAll = 64 << 10, 1 << 20
	values := func(sizes ...int) (made []string) {
		for _, size := range sizes {
			made = append(made, strings.Repeat("x", size))
		}
		return made
	}
	full := make([]int, mostInAll/most)
	for i := range full {
		full[i] = most
	}
	for name, test := range map[string]struct{ values, want []string }{
		"a secret":                   {[]string{"a the-secret-key b"}, []string{"a [redacted] b"}},
		"the longest value":          {[]string{strings.Repeat("x", most-10) + "the-secret"}, []string{strings.Repeat("x", most-10) + "the-secret"}},
		"a longer value":             {[]string{strings.Repeat("x", most-10) + "the-secret-key"}, []string{strings.Repeat("x", most-10) + "[redacted]"}},
		"a longer value, cut":        {values(most + 1), values(most)},
		"as much as there can be":    {values(full...), values(full...)},
		"one more":                   {values(append(full, 1)...), values(full...)},
		"a longer one counts as cut": {values(append([]int{most + 1}, full[1:]...)...), values(full...)},
	} {
		sent := http.Header{"X-Value": test.values, "Set-Cookie": {"session=1"}}
		require.Equal(t, http.Header{"X-Value": test.want}, resultOf(t, &Response{Header: sent}).Header(), name)
		require.Equal(t, test.values, sent["X-Value"], "it is a copy")
		require.NotEmpty(t, sent["Set-Cookie"])
	}
}

func TestResultBody(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		secret   bool // the operation's
		status   int
		body     string
		tooLarge bool
		want     string
	}{
		"as it is":                    {false, 200, "abc", false, "abc"},
		"a secret":                    {false, 200, "a the-secret-key", false, "a [redacted]"},
		"at the limit":                {false, 200, "123456789 the-secret", false, "123456789 the-secret"},
		"too little to tell":          {false, 200, "12345678901234567the-secret-key", false, "12345678901234567the"},
		"over the limit":              {false, 200, "12345678 the-secret-key", false, "12345678 [redacted]"},
		"cut before":                  {false, 200, "1234567 the-secret", true, "1234567 [redacted]"},
		"the mark is longer":          {false, 200, "123456789012345 the-", true, "123456789012345 [red"},
		"a success with a secret":     {true, 200, "token", false, ""},
		"a redirect with a secret":    {true, 399, "token", false, ""},
		"a failure of the operation":  {true, 400, "no", false, "no"},
		"a failure without a secret":  {false, 400, "no", false, "no"},
		"over the limit, in a secret": {false, 200, "123 56789 1234 the-secret-key", false, "123 56789 1234 [reda"},
	} {
		result := resultOf(t, &Response{Status: test.status, Body: []byte(test.body)})
		result.of.call.Secret, result.of.last.tooLarge = test.secret, test.tooLarge
		require.Equal(t, test.want, string(result.Body(20)), name)
	}
}
