// Package peers measures what a call costs with this SDK, with SDKs that its
// users know, and with net/http and encoding/json by hand. Every SDK has a row
// "by hand" of its own, on the same bytes: the ratio of the two is what the SDK
// adds. See ../results, which makes the table.
package peers

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const token = "tok_0123456789abcdef"

// do performs one call, and returns the last field of the response, which
// proves that the response was decoded to its end.
type do func(ctx context.Context) (string, error)

// connect makes a client and returns its call.
type connect func(tb testing.TB, client *http.Client, base string) do

// row is an SDK with a work that it does, and the same work by hand.
type row struct {
	sdk      string
	response []byte
	call     connect
	byHand   connect
}

const last = "the-last-field"

// measure runs every row in memory.
func measure(b *testing.B, rows []row) {
	for _, r := range rows {
		for name, connect := range map[string]connect{r.sdk: r.call, r.sdk + "-by-hand": r.byHand} {
			b.Run(name, func(b *testing.B) {
				client := &http.Client{Transport: inMemory{r.response}}
				loop(b, connect(b, client, "https://api.example.com/"))
			})
		}
	}
}

func loop(b *testing.B, call do) {
	got, err := call(b.Context())
	require.NoError(b, err)
	require.Equal(b, last, got)
	b.ReportAllocs()
	began := processorTime()
	for b.Loop() {
		if _, err := call(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(processorTime()-began)/float64(b.N), "cpu-ns/op")
}

// processorTime is what this process has used, garbage collection included. It
// varies less than the time of the clock where the machine has other work.
func processorTime() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		panic(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// inMemory responds without a network.
type inMemory struct{ body []byte }

func (m inMemory) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.Body != nil {
		if _, err := io.Copy(io.Discard, request.Body); err != nil {
			return nil, err
		}
		_ = request.Body.Close()
	}
	return &http.Response{
		StatusCode: http.StatusOK, Status: "200 OK", Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: responseHeader(len(m.body)), ContentLength: int64(len(m.body)), Request: request,
		Body: io.NopCloser(bytes.NewReader(m.body)),
	}, nil
}

func responseHeader(length int) http.Header {
	return http.Header{
		"Content-Type": {"application/json; charset=utf-8"}, "Content-Length": {strconv.Itoa(length)},
		"Date": {"Mon, 05 Jan 2026 10:00:00 GMT"}, "Cache-Control": {"no-store"},
		"X-Request-Id": {"0123456789abcdef"}, "Etag": {`W/"400-abcdef"`}, "Vary": {"Origin"},
	}
}

const goroutines = 64

// overLoopback runs every row from 64 goroutines, with a server in this process.
func overLoopback(b *testing.B, rows []row) {
	for _, r := range rows {
		for name, connect := range map[string]connect{r.sdk: r.call, r.sdk + "-by-hand": r.byHand} {
			b.Run(name, func(b *testing.B) {
				server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					maps.Copy(w.Header(), responseHeader(len(r.response)))
					_, _ = w.Write(r.response)
				}))
				b.Cleanup(server.Close)
				transport := &http.Transport{MaxIdleConnsPerHost: goroutines}
				b.Cleanup(transport.CloseIdleConnections)
				parallel(b, connect(b, &http.Client{Transport: transport}, server.URL+"/"))
			})
		}
	}
}

func parallel(b *testing.B, call do) {
	got, err := call(b.Context())
	require.NoError(b, err)
	require.Equal(b, last, got)
	b.ReportAllocs()
	b.SetParallelism(max(1, goroutines/runtime.GOMAXPROCS(0)))
	began := processorTime()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := call(b.Context()); err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.ReportMetric(float64(processorTime()-began)/float64(b.N), "cpu-ns/op")
}

// body is a request body with its media type.
type body struct {
	contentType string
	data        []byte
}

// byHand is what a program without an SDK writes. A nil encode sends no body.
func byHand[Response any](method, path string, encode func() (body, error), lastField func(*Response) string) connect {
	return func(_ testing.TB, client *http.Client, base string) do {
		return func(ctx context.Context) (string, error) {
			var sent body
			var reader io.Reader
			if encode != nil {
				var err error
				if sent, err = encode(); err != nil {
					return "", err
				}
				reader = bytes.NewReader(sent.data)
			}
			request, err := http.NewRequestWithContext(ctx, method, base+path, reader)
			if err != nil {
				return "", err
			}
			request.Header.Set("Authorization", "Bearer "+token)
			request.Header.Set("Accept", "application/json")
			request.Header.Set("User-Agent", "by-hand/1")
			if sent.contentType != "" {
				request.Header.Set("Content-Type", sent.contentType)
			}
			response, err := client.Do(request)
			if err != nil {
				return "", err
			}
			defer response.Body.Close()
			if response.StatusCode != http.StatusOK {
				return "", fmt.Errorf("status %s", response.Status)
			}
			data, err := io.ReadAll(response.Body)
			if err != nil {
				return "", err
			}
			value := new(Response)
			if err := json.Unmarshal(data, value); err != nil {
				return "", err
			}
			return lastField(value), nil
		}
	}
}

func jsonBody(value any) func() (body, error) {
	return func() (body, error) {
		data, err := json.Marshal(value)
		return body{"application/json", data}, err
	}
}

// filled is a JSON text with PAD replaced so that it has about size bytes.
func filled(text string, size int) []byte {
	return []byte(strings.Replace(text, "PAD", strings.Repeat("x", max(0, size-len(text))), 1))
}

// list is count records between head and tail. The last one ends with the
// field that proves it was read.
func list(head, record, tail string, count int) []byte {
	records := make([]string, count)
	for i := range records {
		ending := "another"
		if i == count-1 {
			ending = last
		}
		records[i] = strings.NewReplacer("NUMBER", strconv.Itoa(1000+i), "LAST", ending).Replace(record)
	}
	return []byte(head + strings.Join(records, ",") + tail)
}
