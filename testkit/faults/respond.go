package faults

import (
	"fmt"
	"io"
	"net"
	"strings"
	"time"
)

// Response returns the bytes of a complete response with the given header
// lines.
func Response(status, body string, header ...string) string {
	return fmt.Sprintf("HTTP/1.1 %s\r\nContent-Type: application/json\r\n%sContent-Length: %d\r\n\r\n%s",
		status, lines(header), len(body), body)
}

func lines(header []string) string {
	var text strings.Builder
	for _, line := range header {
		text.WriteString(line + "\r\n")
	}
	return text.String()
}

// Write responds with the given bytes and closes the connection.
func Write(wire string) Respond {
	return func(exchange Exchange) bool {
		_, _ = io.WriteString(exchange.Conn, wire)
		return false
	}
}

// Answer responds with the given bytes and keeps the connection open.
func Answer(wire string) Respond {
	return func(exchange Exchange) bool {
		_, err := io.WriteString(exchange.Conn, wire)
		return err == nil
	}
}

// Hold responds with the given bytes and then says nothing more until the
// client closes the connection.
func Hold(wire string) Respond {
	return func(exchange Exchange) bool {
		_, _ = io.WriteString(exchange.Conn, wire)
		_, _ = io.Copy(io.Discard, exchange.Conn)
		return false
	}
}

// Trickle responds with the given bytes and then with a space now and then.
func Trickle(wire string) Respond {
	return func(exchange Exchange) bool {
		_, err := io.WriteString(exchange.Conn, wire)
		ticks := time.NewTicker(5 * time.Millisecond)
		defer ticks.Stop()
		for err == nil {
			<-ticks.C
			_, err = io.WriteString(exchange.Conn, " ")
		}
		return false
	}
}

// Reset closes the connection with a TCP reset.
func Reset(exchange Exchange) bool {
	if conn, ok := exchange.Conn.(*net.TCPConn); ok {
		_ = conn.SetLinger(0)
	}
	return false
}

// Close closes the connection.
func Close(Exchange) bool { return false }

// Then responds to the first request in one way and to all others in another.
func Then(first, others Respond) Respond {
	return func(exchange Exchange) bool {
		if exchange.Number == 1 {
			return first(exchange)
		}
		return others(exchange)
	}
}
