package returningai_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/secret"
	"github.com/returningai/returningai-go/webhooks"
)

// rawServer responds below net/http, so that it can break the protocol. It
// counts the requests whose head it read.
type rawServer struct {
	url string

	mu       sync.Mutex
	requests int
}

// serveRaw gives each request to respond. The connection ends when respond
// returns.
func serveRaw(t *testing.T, respond func(conn net.Conn, request *http.Request)) *rawServer {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s := &rawServer{url: "http://" + listener.Addr().String()}
	var connections sync.WaitGroup
	connections.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			connections.Go(func() {
				defer conn.Close()
				request, err := http.ReadRequest(bufio.NewReader(conn))
				if err != nil {
					return
				}
				s.mu.Lock()
				s.requests++
				s.mu.Unlock()
				respond(conn, request)
			})
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		connections.Wait()
	})
	return s
}

func (s *rawServer) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests
}

// respondRaw reads the body of a request and writes text.
func respondRaw(text string) func(net.Conn, *http.Request) {
	return func(conn net.Conn, request *http.Request) {
		_, _ = io.Copy(io.Discard, request.Body)
		_, _ = io.WriteString(conn, text)
	}
}

// thenHold does as respond does, and holds the connection until the client
// closes it.
func thenHold(respond func(net.Conn, *http.Request)) func(net.Conn, *http.Request) {
	return func(conn net.Conn, request *http.Request) {
		respond(conn, request)
		_, _ = io.Copy(io.Discard, conn)
	}
}

// client returns a client of the server that has every credential.
func (s *rawServer) client(t *testing.T, options ...returningai.Option) *returningai.Client {
	t.Helper()
	client, err := returningai.New(append([]returningai.Option{
		newTransport(t), quick(), returningai.WithAPIKey(secretKey), returningai.WithBearer(secretToken),
		returningai.WithBaseURL(returningai.FamilyIntegration, s.url), returningai.WithBaseURL(returningai.FamilySystem, s.url),
		returningai.WithAttemptTimeout(5 * time.Second),
	}, options...)...)
	require.NoError(t, err)
	return client
}

// hookSecret is the part of a hook's URL that nobody may see.
const hookSecret = "hook-s3cr3t-5b4a"

// post sends a message through a hook of the server.
func (s *rawServer) post(ctx context.Context, t *testing.T, options ...webhooks.SenderOption) error {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	sender, err := webhooks.NewSender(secret.New(s.url+"/"+hookSecret), append([]webhooks.SenderOption{
		webhooks.WithAPIKey(secretToken), webhooks.WithHTTPClient(&http.Client{Transport: transport}),
		webhooks.WithAttemptTimeout(5 * time.Second),
	}, options...)...)
	require.NoError(t, err)
	return sender.Send(ctx, "hello")
}

// raw200 returns a successful response with a body.
func raw200(body string) string {
	return fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}
