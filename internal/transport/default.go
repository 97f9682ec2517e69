package transport

import (
	"net/http"
	"sync"
)

// netHTTP is net/http's own transport, unless the program replaces it before
// this package initialises.
var netHTTP = http.DefaultTransport

// Default returns the transport of a client that was given none. Without a
// replacement of http.DefaultTransport all clients share one tuned clone of
// net/http's own. A replacement is used as it is, so that mocks and tracing
// see every request.
func Default() http.RoundTripper {
	current := http.DefaultTransport
	if standard, ok := current.(*http.Transport); current == nil || ok && current == netHTTP {
		return tuned(standard)
	}
	return current
}

var shared struct {
	sync.Mutex
	transport *http.Transport
}

// tuned returns the clone of net/http's transport, which it makes when a client
// first needs it: fields that the program changed before count.
func tuned(standard *http.Transport) *http.Transport {
	shared.Lock()
	defer shared.Unlock()
	if shared.transport != nil {
		return shared.transport
	}
	if standard == nil {
		standard = &http.Transport{Proxy: http.ProxyFromEnvironment}
	}
	clone := standard.Clone()
	clone.MaxIdleConns = 1024
	clone.MaxIdleConnsPerHost = 256 // 2 by default: a busy server would dial all the time
	clone.MaxResponseHeaderBytes = 1 << 20
	clone.ForceAttemptHTTP2 = true
	shared.transport = clone
	return clone
}
