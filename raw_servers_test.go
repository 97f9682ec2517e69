package returningai_test

import (
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	returningai "github.com/returningai/returningai-go"
)

func TestOddStatusLeavesWritesInDoubt(t *testing.T) {
	t.Parallel()
	const ok = `{"status":"success","data":[]}`
	for name, test := range map[string]struct {
		respond  func(net.Conn, *http.Request)
		category error
	}{
		"101, held":             {thenHold(respondRaw("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n")), returningai.ErrUnexpectedResponse},
		"101, held, with bytes": {thenHold(respondRaw("HTTP/1.1 101 Switching Protocols\r\n\r\n" + ok)), returningai.ErrUnexpectedResponse},
		"099":                   {respondRaw("HTTP/1.1 099 Odd\r\nContent-Length: 0\r\n\r\n"), returningai.ErrUnexpectedResponse},
		"099, held":             {thenHold(respondRaw("HTTP/1.1 099 Odd\r\n\r\n")), returningai.ErrUnexpectedResponse},
		"304":                   {respondRaw("HTTP/1.1 304 Not Modified\r\n\r\n"), returningai.ErrUnexpectedResponse},
		"600":                   {respondRaw("HTTP/1.1 600 Odd\r\nContent-Length: 0\r\n\r\n"), returningai.ErrServer},
		"999":                   {respondRaw("HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n"), returningai.ErrServer},
		"408 in 200":            {respondRaw(raw200(`{"status":"error","statusCode":408,"meta":{"statusCode":408},"message":"slow"}`)), nil},
		"500 in 200":            {respondRaw(raw200(`{"status":"error","meta":{"statusCode":500},"message":"oh"}`)), nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := serveRaw(t, test.respond)
			began := time.Now()
			client := server.client(t)
			for caller, err := range map[string]error{"client": send(t.Context(), client), "sender": server.post(t.Context(), t)} {
				require.Error(t, err, caller)
				require.True(t, returningai.MaybeApplied(err), "%s: %v", caller, err)
				if test.category != nil {
					require.ErrorIs(t, err, test.category, caller)
				}
			}
			require.Equal(t, 2, server.count(), "each is sent once")
			err := list(t.Context(), client)
			require.Error(t, err)
			require.False(t, returningai.MaybeApplied(err))
			require.Less(t, time.Since(began), 4*time.Second, "nothing waits for the attempt's timeout")
		})
	}
}

func TestRefusalInside200IsNotInDoubt(t *testing.T) {
	t.Parallel()
	server := serveRaw(t, respondRaw(raw200(`{"status":"error","statusCode":404,"meta":{"statusCode":404},"message":"none"}`)))
	for _, err := range []error{send(t.Context(), server.client(t)), server.post(t.Context(), t)} {
		require.ErrorIs(t, err, returningai.ErrNotFound)
		require.False(t, returningai.MaybeApplied(err), err)
	}
}
