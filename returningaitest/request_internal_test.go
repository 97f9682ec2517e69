package returningaitest

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestDelayEndsWithRequest(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	in := &inbound{
		server: &Server{closing: make(chan struct{})},
		logged: &Request{},
		writer: httptest.NewRecorder(), // cannot be taken over, so the handler aborts
		http:   httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil),
	}
	require.True(t, in.wait(0))
	require.PanicsWithValue(t, http.ErrAbortHandler, func() { in.wait(time.Hour) })
}
