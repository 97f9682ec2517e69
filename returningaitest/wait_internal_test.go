package returningaitest

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestWaitEndsWithTheRequest(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	e := &exchange{
		server: &Server{closing: make(chan struct{})},
		writer: httptest.NewRecorder(), // cannot be taken over, so the handler aborts
		http:   httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil),
	}
	require.True(t, e.wait(0))
	require.PanicsWithValue(t, http.ErrAbortHandler, func() { e.wait(time.Hour) })
}
