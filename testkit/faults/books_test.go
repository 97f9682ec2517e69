package faults_test

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/http2"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/testkit/faults"
)

// books list the processed requests, by path.
type books struct {
	mu        sync.Mutex
	processed map[string]int
}

func (b *books) enter(path string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.processed[path]++
}

// respond processes a request or not, and responds or not, at random.
func (b *books) respond(e faults.Exchange) bool {
	ok := faults.Response("200 OK", `{"meta":{"success":true},"body":[]}`)
	switch rand.IntN(12) {
	case 0:
		return false
	case 1:
		b.enter(e.Path)
		return false
	case 2:
		b.enter(e.Path)
		_, _ = io.WriteString(e.Conn, ok[:len(ok)/2])
		return faults.Reset(e)
	case 3:
		b.enter(e.Path)
		return faults.Answer(faults.Response("503 Busy", "{}"))(e)
	case 4:
		return faults.Answer(faults.Response("503 Busy", "{}"))(e)
	case 5:
		return faults.Answer(faults.Response("429 Slow", "{}"))(e)
	case 6:
		return faults.Answer(faults.Response("404 No", "{}"))(e)
	case 7:
		b.enter(e.Path)
		return faults.Write("HTTP/1.1 101 Switching Protocols\r\n\r\n")(e)
	}
	b.enter(e.Path)
	return faults.Answer(ok)(e)
}

// respond2 does so over HTTP/2.
func (b *books) respond2(s faults.Stream) bool {
	switch rand.IntN(12) {
	case 0:
		return false
	case 1:
		b.enter(s.Path)
		return false
	case 2:
		b.enter(s.Path)
		return reset2(http2.ErrCodeProtocol)(s)
	case 3:
		b.enter(s.Path)
		return reset2(http2.ErrCodeInternal)(s)
	case 4:
		return reset2(http2.ErrCodeRefusedStream)(s)
	case 5:
		if s.ID < s.Highest { // a later one was processed before
			return reset2(http2.ErrCodeRefusedStream)(s)
		}
		return goAway(s, max(s.ID, 2)-2, http2.ErrCodeNo)
	case 6:
		b.enter(s.Path)
		return goAway(s, s.Highest, http2.ErrCodeNo)
	case 7:
		s.Respond("429", "{}")
		return true
	}
	b.enter(s.Path)
	s.Respond("200", `{"meta":{"success":true},"body":[]}`)
	return true
}

// TestBooks awards badges for a while and compares what the errors say with what
// the servers did. SOAK is how long.
func TestBooks(t *testing.T) {
	t.Parallel()
	duration, err := time.ParseDuration(cmp.Or(os.Getenv("SOAK"), "2s"))
	require.NoError(t, err)
	for name, address := range map[string]func(*books) string{
		"HTTP1": func(b *books) string { return faults.NewServer(t, b.respond).URL },
		"HTTP2": func(b *books) string { return faults.NewServer2(t, b.respond2).URL },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			kept := &books{processed: map[string]int{}}
			server := address(kept)
			transport := newTransport()
			t.Cleanup(transport.CloseIdleConnections)
			policy := returningai.DefaultRetryPolicy()
			policy.MinWait, policy.MaxWait, policy.BudgetBurst = time.Microsecond, time.Millisecond, -1
			client := newClient(t, server, transport, returningai.WithRetryPolicy(policy))
			var number atomic.Int64
			var mu sync.Mutex
			outcomes := map[string]error{}
			var group sync.WaitGroup
			end := time.Now().Add(duration)
			for range 8 {
				group.Go(func() {
					for time.Now().Before(end) {
						badge := fmt.Sprint("badge-", number.Add(1))
						_, err := client.System.Badges.Award(t.Context(), badge, "1102")
						mu.Lock()
						outcomes["/badges/"+badge+"/award"] = err
						mu.Unlock()
					}
				})
			}
			group.Wait()
			balance(t, outcomes, kept)
		})
	}
}

// balance compares outcomes with books: a success was processed once, an error
// that is certain not at all, one in doubt at most once.
func balance(t *testing.T, outcomes map[string]error, kept *books) {
	t.Helper()
	kept.mu.Lock()
	defer kept.mu.Unlock()
	var succeeded, certain, doubt, doubtProcessed int
	for path, err := range outcomes {
		processed := kept.processed[path]
		switch {
		case err == nil:
			succeeded++
			require.Equal(t, 1, processed, path)
		case returningai.MaybeApplied(err):
			doubt++
			doubtProcessed += processed
			require.LessOrEqual(t, processed, 1, "%s: %v", path, err)
		default:
			certain++
			require.Zero(t, processed, "%s: %v", path, err)
		}
		if err != nil {
			_, ok := errors.AsType[*returningai.Error](err)
			require.True(t, ok)
		}
	}
	require.Len(t, kept.processed, succeeded+doubtProcessed)
	t.Logf("%d awards: %d succeeded, %d certainly not applied, %d in doubt, of which %d were processed",
		len(outcomes), succeeded, certain, doubt, doubtProcessed)
	require.Positive(t, succeeded)
	require.Positive(t, certain)
	require.Positive(t, doubt)
}
