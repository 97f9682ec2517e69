package integration_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/integration"
)

// memory is a network in memory, so that the real client and server of net/http
// run on the clock of a test.
type memory chan net.Conn

func (m memory) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case m <- there:
		return here, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (m memory) Accept() (net.Conn, error) {
	conn, open := <-m
	if !open {
		return nil, net.ErrClosed
	}
	return conn, nil
}

func (m memory) Close() error {
	close(m)
	return nil
}

func (m memory) Addr() net.Addr { return &net.TCPAddr{} }

// inMemory returns a client of a server, both of net/http, which speak the given
// version of HTTP.
func inMemory(t *testing.T, http2 bool, handler http.HandlerFunc, options ...returningai.Option) *returningai.Client {
	t.Helper()
	var protocols http.Protocols
	protocols.SetHTTP1(!http2)
	protocols.SetUnencryptedHTTP2(http2)
	network := make(memory)
	server := &http.Server{Handler: handler, Protocols: &protocols, ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(network) }()
	transport := &http.Transport{DialContext: network.dial, Protocols: &protocols}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		_ = server.Close()
	})
	client, err := returningai.New(append([]returningai.Option{
		returningai.WithBearer("token"), returningai.WithHTTPClient(&http.Client{Transport: transport}),
		returningai.WithBaseURL(returningai.FamilyIntegration, "http://127.0.0.1"),
	}, options...)...)
	require.NoError(t, err)
	return client
}

// net/http waits for the Read of a body that is under way before it reports
// that a request was given up. A source that has fallen silent must not keep
// the call for ever.
func TestBulkSourceStalls(t *testing.T) {
	t.Parallel()
	for name, http2 := range map[string]bool{"HTTP/1.1": false, "HTTP/2": true} {
		for _, test := range []struct {
			name    string
			limit   time.Duration // of the call
			attempt time.Duration
			want    error
			took    time.Duration
		}{
			{"the deadline of the call", 5 * time.Second, time.Minute, context.DeadlineExceeded, 5 * time.Second},
			{"the timeout of the attempt", time.Hour, 10 * time.Second, returningai.ErrTimeout, 10 * time.Second},
			{"no timeout of the attempt", 5 * time.Second, 0, context.DeadlineExceeded, 5 * time.Second},
		} {
			t.Run(name+", "+test.name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					client := inMemory(t, http2, func(_ http.ResponseWriter, request *http.Request) {
						_, _ = io.Copy(io.Discard, request.Body)
					}, returningai.WithAttemptTimeout(test.attempt))
					source, writer := io.Pipe()
					closed := make(chan struct{})
					go func() {
						defer close(closed)
						_, _ = io.WriteString(writer, "email,xp\na@example.com,1\n")
					}()
					ctx, cancel := context.WithTimeout(t.Context(), test.limit)
					defer cancel()
					began := time.Now()
					_, err := client.Integration.Users.BulkImport(ctx, integration.BulkImportParams{CommunityID: "c", CSV: source})
					require.ErrorIs(t, err, test.want)
					require.NotErrorIs(t, err, returningai.ErrInvalid, "the source is not to blame")
					took := time.Since(began)
					require.GreaterOrEqual(t, took, test.took)
					require.LessOrEqual(t, took, test.took+500*time.Millisecond, "the source gets a little time to come back")

					// Once the source comes back nothing is left that reads it.
					<-closed
					require.NoError(t, writer.Close())
				})
			})
		}
	}
}
