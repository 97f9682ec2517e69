package faults

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"testing"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// Stream is one request that an HTTP/2 server read to its end.
type Stream struct {
	Exchange
	ID      uint32
	Highest uint32 // ID of the requests so far on this connection
	Framer  *http2.Framer
}

// RespondStream responds to a request by writing frames. It returns whether the
// connection stays open.
type RespondStream func(stream Stream) bool

// Server2 is an HTTP/2 server that writes its frames itself.
type Server2 struct {
	URL  string
	seen atomic.Int64
	conns
}

// Seen returns how many requests the server read to their end.
func (s *Server2) Seen() int { return int(s.seen.Load()) }

// NewServer2 starts a server that is closed with the test.
func NewServer2(t testing.TB, respond RespondStream) *Server2 {
	t.Helper()
	s := &Server2{}
	s.URL = "https://" + s.listen(t, certificate(http2.NextProtoTLS), func(conn net.Conn) { s.serve(conn, respond) })
	return s
}

func (s *Server2) serve(conn net.Conn, respond RespondStream) {
	preface := make([]byte, len(http2.ClientPreface))
	if _, err := io.ReadFull(conn, preface); err != nil {
		return
	}
	framer := http2.NewFramer(conn, conn)
	framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	_ = framer.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 1 << 20})
	_ = framer.WriteWindowUpdate(0, 1<<24)
	open := map[uint32]*Stream{}
	var highest uint32 // of those that were read to their end
	for {
		frame, err := framer.ReadFrame()
		if err != nil {
			return
		}
		ended := false
		switch frame := frame.(type) {
		case *http2.SettingsFrame:
			if !frame.IsAck() {
				_ = framer.WriteSettingsAck()
			}
		case *http2.PingFrame:
			if !frame.IsAck() {
				_ = framer.WritePing(true, frame.Data)
			}
		case *http2.MetaHeadersFrame:
			stream := &Stream{Exchange: Exchange{Conn: conn, Header: http.Header{}}, ID: frame.StreamID, Framer: framer}
			for _, field := range frame.Fields {
				stream.Header[field.Name] = append(stream.Header[field.Name], field.Value)
			}
			stream.Method, stream.Path = stream.Header[":method"][0], stream.Header[":path"][0]
			open[frame.StreamID], ended = stream, frame.StreamEnded()
		case *http2.DataFrame:
			if stream := open[frame.StreamID]; stream != nil {
				stream.Body, ended = append(stream.Body, frame.Data()...), frame.StreamEnded()
			}
		}
		stream := open[frame.Header().StreamID]
		if !ended || stream == nil {
			continue
		}
		highest = max(highest, stream.ID)
		stream.Highest = highest
		if stream.Path == WarmPath {
			stream.Respond("200", Success)
			continue
		}
		stream.Number = int(s.seen.Add(1))
		if !respond(*stream) {
			return
		}
	}
}

// WriteHeaders writes the head of a response.
func (s Stream) WriteHeaders(end bool, fields ...string) {
	var block bytes.Buffer
	encoder := hpack.NewEncoder(&block)
	for i := 0; i < len(fields); i += 2 {
		_ = encoder.WriteField(hpack.HeaderField{Name: fields[i], Value: fields[i+1]})
	}
	_ = s.Framer.WriteHeaders(http2.HeadersFrameParam{
		StreamID: s.ID, BlockFragment: block.Bytes(), EndHeaders: true, EndStream: end,
	})
}

// Respond writes a whole response.
func (s Stream) Respond(status, body string) {
	s.WriteHeaders(false, ":status", status, "content-type", "application/json")
	_ = s.Framer.WriteData(s.ID, true, []byte(body))
}
