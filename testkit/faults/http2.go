package faults

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"slices"
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
	reading := &connection2{conn: conn, framer: framer, open: map[uint32]*Stream{}}
	for {
		stream, err := reading.next()
		switch {
		case err != nil:
			return
		case stream == nil:
		case stream.Path == WarmPath:
			stream.Respond("200", Success)
		default:
			stream.Number = int(s.seen.Add(1))
			if !respond(*stream) {
				return
			}
		}
	}
}

// connection2 reads the frames of one connection.
type connection2 struct {
	conn    net.Conn
	framer  *http2.Framer
	open    map[uint32]*Stream
	highest uint32 // of the streams that were read to their end
}

// next reads a frame, and returns the stream that it ends, or nil.
func (c *connection2) next() (*Stream, error) {
	frame, err := c.framer.ReadFrame()
	if err != nil {
		return nil, err
	}
	switch frame := frame.(type) {
	case *http2.SettingsFrame:
		if !frame.IsAck() {
			_ = c.framer.WriteSettingsAck()
		}
	case *http2.PingFrame:
		if !frame.IsAck() {
			_ = c.framer.WritePing(true, frame.Data)
		}
	case *http2.MetaHeadersFrame:
		stream := &Stream{Exchange: Exchange{Conn: c.conn, Header: http.Header{}}, ID: frame.StreamID, Framer: c.framer}
		for _, field := range frame.Fields {
			stream.Header[field.Name] = append(stream.Header[field.Name], field.Value)
		}
		stream.Method, stream.Path = stream.Header[":method"][0], stream.Header[":path"][0]
		c.open[frame.StreamID] = stream
		return c.end(stream, frame.StreamEnded()), nil
	case *http2.DataFrame:
		if stream := c.open[frame.StreamID]; stream != nil {
			stream.Body = append(stream.Body, frame.Data()...)
			return c.end(stream, frame.StreamEnded()), nil
		}
	}
	return nil, nil //nolint:nilnil // most frames end no stream
}

func (c *connection2) end(stream *Stream, ended bool) *Stream {
	if !ended {
		return nil
	}
	delete(c.open, stream.ID)
	c.highest = max(c.highest, stream.ID)
	stream.Highest = c.highest
	return stream
}

// WriteHeaders writes the head of a response: names and values in turn.
func (s Stream) WriteHeaders(end bool, fields ...string) {
	var block bytes.Buffer
	encoder := hpack.NewEncoder(&block)
	for field := range slices.Chunk(fields, 2) {
		_ = encoder.WriteField(hpack.HeaderField{Name: field[0], Value: field[1]})
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
