//go:build !go1.27

package transport

// replaysProtocolErrors says that net/http replays a request whose HTTP/2 stream
// the server reset with PROTOCOL_ERROR, which the server may have processed.
const replaysProtocolErrors = true
