// Package engine drives go-retryablehttp. The engine loops and waits; what an
// attempt is and whether there is another one is its caller's business.
package engine

import (
	"context"
	"math"
	"net/http"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// Run performs attempts until next says that there is none, or until ctx ends
// during a wait, whose error it then returns.
//
// Every call has a retryablehttp.Client of its own, since its callbacks get
// no context to find the call's state by: the closures hold it. The transport
// that it sees is the attempt itself, and deliberately has no
// CloseIdleConnections method, which the engine calls whenever it gives up.
func Run(ctx context.Context, attempt func(context.Context), next func() (again bool, wait time.Duration)) error {
	request, err := retryablehttp.NewRequestWithContext(ctx, http.MethodGet, placeholder, nil)
	if err != nil {
		return err
	}
	var wait time.Duration
	client := retryablehttp.Client{
		HTTPClient: &http.Client{Transport: roundTripper(func(request *http.Request) (*http.Response, error) {
			attempt(request.Context())
			return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Request: request}, nil
		})},
		RetryMax: math.MaxInt32, // next decides
		CheckRetry: func(context.Context, *http.Response, error) (again bool, err error) {
			again, wait = next()
			return again, nil
		},
		Backoff: func(time.Duration, time.Duration, int, *http.Response) time.Duration { return wait },
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	return response.Body.Close()
}

// The engine insists on a URL. The attempt knows the real one, with the body
// and the headers; the engine sees none of them.
const placeholder = "http://attempt.invalid/"

type roundTripper func(*http.Request) (*http.Response, error)

func (r roundTripper) RoundTrip(request *http.Request) (*http.Response, error) { return r(request) }
