package transport

import (
	"context"
	"errors"
	"net/http"
	"slices"
)

// chain is what an attempt is sent through.
type chain struct {
	middleware   http.RoundTripper // the outermost; nil without any
	authenticate *authenticate
}

func newChain(authenticate *authenticate, middleware []func(http.RoundTripper) http.RoundTripper) (chain, error) {
	made := chain{authenticate: authenticate}
	next := http.RoundTripper(authenticate)
	for _, wrap := range slices.Backward(middleware) {
		if next = wrap(next); next == nil {
			return chain{}, errors.New("middleware returned nil")
		}
		made.middleware = next
	}
	return made, nil
}

// forMiddleware returns the engine's request with the header of the attempt. Its
// context records the exchanges that middleware makes.
func forMiddleware(ctx context.Context, request *http.Request, header http.Header, made *exchanges) *http.Request {
	request = request.WithContext(context.WithValue(ctx, exchangesKey{}, made))
	// Middleware may change the header, and the URL within the call's origin.
	address := *request.URL
	request.URL, request.Host, request.Header = &address, address.Host, header.Clone()
	return request
}
