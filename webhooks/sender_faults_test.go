package webhooks_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/returningai/returningai-go/secret"
	"github.com/returningai/returningai-go/webhooks"
)

// TestFailingProxyFunctionSendsNothing fails before a connection is asked for,
// with an error that quotes the hook's URL.
func TestFailingProxyFunctionSendsNothing(t *testing.T) {
	t.Parallel()
	const hook = "hok_5b0d93e61a7f42c8"
	transport := &http.Transport{Proxy: func(request *http.Request) (*url.URL, error) {
		return nil, errors.New("no proxy for " + request.URL.String())
	}}
	sender, err := webhooks.NewSender(secret.New("https://hooks.example/"+hook),
		webhooks.WithHTTPClient(&http.Client{Transport: transport}), webhooks.WithMaxAttempts(1))
	require.NoError(t, err)
	err = sender.Send(t.Context(), "hello")
	require.ErrorContains(t, err, "no proxy for")
	require.False(t, webhooks.MaybeApplied(err), err)
	failure := new(webhooks.SendError)
	require.ErrorAs(t, err, &failure)
	for _, shown := range append(failure.Unwrap(), err) {
		for _, verb := range []string{"%v", "%+v", "%#v", "%q"} {
			require.NotContains(t, fmt.Sprintf(verb, shown), hook)
		}
	}
}
