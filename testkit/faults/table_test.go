package faults_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/testkit/faults"
	"golang.org/x/net/http2"
)

// repeat is the set of calls that are sent again.
type repeat int

const (
	never      repeat = iota
	idempotent        // operations that are idempotent
	always            // every call
)

// fault is one way to fail, and what follows from it for every operation.
type fault struct {
	name     string
	respond  faults.Respond
	respond2 faults.RespondStream // over HTTP/2 instead

	status  int
	class   error // of errors.Is, nil if the status has none
	repeat  repeat
	applied bool // what is not only read may have been applied
	success bool // calls that are sent again succeed
	// doubtful means that Go 1.26 cannot tell, before the host's first response,
	// that the request was not processed.
	doubtful bool
}

// secretMark stands in responses where nothing of it may be shown.
const secretMark = "lgn_4f1c9a77e0d2"

// secretBody is the body of a failure that has more to say than its message.
const secretBody = `{"status":"error","message":"no","meta":{"success":false,"message":"no"},"data":{"token":"` + secretMark + `"}}`

// lostFaults lose the response, in every way that the wire can.
func lostFaults() []fault {
	const head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
	wires := map[string]faults.Respond{
		"connection closed":  faults.Close,
		"connection reset":   faults.Reset,
		"half a status line": faults.Write("HTTP/1.1 20"),
		"only a status line": faults.Write("HTTP/1.1 200 OK\r\n"),
		"half a header":      faults.Write(head + "X-Token: " + secretMark),
		"body cut":           faults.Write(head + "Content-Length: 500\r\n\r\n{\"token\":\"" + secretMark),
		"body reset": func(e faults.Exchange) bool {
			faults.Write(head + "Content-Length: 500\r\n\r\n{")(e)
			return faults.Reset(e)
		},
		"chunk cut":                    faults.Write(head + "Transfer-Encoding: chunked\r\n\r\nff\r\n{"),
		"last chunk missing":           faults.Write(head + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n"),
		"chunk size is no number":      faults.Write(head + "Transfer-Encoding: chunked\r\n\r\n" + secretMark + "\r\n{}\r\n"),
		"another protocol":             faults.Write("SSH-2.0-" + secretMark + "\r\n"),
		"status is no number":          faults.Write("HTTP/1.1 " + secretMark + " OK\r\n\r\n"),
		"version is no number":         faults.Write("HTTP/" + secretMark + " 200 OK\r\n\r\n"),
		"header without colon":         faults.Write("HTTP/1.1 200 OK\r\n" + secretMark + "\r\n\r\n{}"),
		"length is no number":          faults.Write("HTTP/1.1 200 OK\r\nContent-Length: " + secretMark + "\r\n\r\n{}"),
		"length is negative":           faults.Write("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{}"),
		"two lengths":                  faults.Write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}"),
		"unknown transfer encoding":    faults.Write("HTTP/1.1 200 OK\r\nTransfer-Encoding: " + secretMark + "\r\n\r\n{}"),
		"not gzip":                     faults.Answer(faults.Response("200 OK", secretMark+secretMark, "Content-Encoding: gzip")),
		"headers too large":            faults.Write("HTTP/1.1 200 OK\r\n" + strings.Repeat("X-Token: "+strings.Repeat(secretMark, 500)+"\r\n", 400) + "\r\n{}"),
		"100 and closed":               faults.Write("HTTP/1.1 100 Continue\r\n\r\n"),
		"100 without end":              faults.Write(strings.Repeat("HTTP/1.1 100 Continue\r\nX: "+strings.Repeat("y", 1000)+"\r\n\r\n", 3000)),
		"103 and closed":               faults.Write("HTTP/1.1 103 Early Hints\r\nLink: <" + secretMark + ">\r\n\r\n"),
		"HTTP/2 preface as a response": faults.Write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
		"binary":                       faults.Write("\x00\x01\x02\x15\x03\x01\x00\x02\x02\x28"),
	}
	var all []fault
	for name, respond := range wires {
		all = append(all, fault{name: name, respond: respond, repeat: idempotent, applied: true})
	}
	for name, respond := range map[string]faults.Respond{
		"silence": faults.Hold(""), "silence in the head": faults.Hold(head), "silence in the body": faults.Hold(head + "Content-Length: 9\r\n\r\n{"),
		"trickled body": faults.Trickle(head + "Content-Length: 500000\r\n\r\n{"), "trickled head": faults.Trickle(head + "X-Slow: "),
		"100 and silence": faults.Hold("HTTP/1.1 100 Continue\r\n\r\n"),
	} {
		all = append(all, fault{name: name, respond: respond, repeat: idempotent, applied: true, class: returningai.ErrTimeout})
	}
	return all
}

// http2Faults lose the response over HTTP/2, or prove that none will come.
func http2Faults() []fault {
	var all []fault
	for _, code := range []http2.ErrCode{
		http2.ErrCodeNo, http2.ErrCodeProtocol, http2.ErrCodeInternal, http2.ErrCodeFlowControl, http2.ErrCodeStreamClosed,
		http2.ErrCodeCancel, http2.ErrCodeCompression, http2.ErrCodeEnhanceYourCalm, http2.ErrCodeInadequateSecurity, http2.ErrCodeHTTP11Required,
	} {
		all = append(all, fault{name: "HTTP2 stream reset with " + code.String(), repeat: idempotent, applied: true, respond2: reset2(code)})
	}
	for name, respond := range map[string]faults.RespondStream{
		"closed":                 func(faults.Stream) bool { return false },
		"GOAWAY of this request": func(s faults.Stream) bool { return goAway(s, s.ID, http2.ErrCodeNo) },
		"GOAWAY and an error":    func(s faults.Stream) bool { return goAway(s, s.ID, http2.ErrCodeInternal) },
		"reset in the body": func(s faults.Stream) bool {
			s.WriteHeaders(false, ":status", "200")
			return reset2(http2.ErrCodeInternal)(s)
		},
		"refused in the body": func(s faults.Stream) bool {
			s.WriteHeaders(false, ":status", "200")
			_ = s.Framer.WriteData(s.ID, false, []byte("{"))
			return false
		},
		"status is no number": func(s faults.Stream) bool { s.WriteHeaders(true, ":status", secretMark); return true },
		"no status":           func(s faults.Stream) bool { s.WriteHeaders(true, "x-token", secretMark); return true },
		"invalid header name": func(s faults.Stream) bool { s.WriteHeaders(true, ":status", "200", "X-"+secretMark, "x"); return true },
		"length that is too long": func(s faults.Stream) bool {
			s.WriteHeaders(false, ":status", "200", "content-length", "900")
			_ = s.Framer.WriteData(s.ID, true, []byte("{}"))
			return true
		},
		"malformed frame": func(s faults.Stream) bool {
			_ = s.Framer.WriteRawFrame(http2.FrameSettings, 0, s.ID, []byte(secretMark))
			return true
		},
	} {
		all = append(all, fault{name: "HTTP2 " + name, repeat: idempotent, applied: true, respond2: respond})
	}
	then := func(first faults.RespondStream) faults.RespondStream {
		return func(s faults.Stream) bool {
			if s.Number == 1 {
				return first(s)
			}
			s.Respond("200", faults.Success)
			return true
		}
	}
	return append(all,
		fault{name: "HTTP2 stream refused", repeat: always, success: true, doubtful: true, respond2: then(reset2(http2.ErrCodeRefusedStream))},
		fault{name: "HTTP2 GOAWAY of an earlier request", repeat: always, success: true, doubtful: true, respond2: then(func(s faults.Stream) bool { return goAway(s, max(s.ID, 2)-2, http2.ErrCodeNo) })},
		fault{name: "HTTP2 GOAWAY of an earlier request and an error", repeat: always, success: true, respond2: then(func(s faults.Stream) bool { return goAway(s, max(s.ID, 2)-2, http2.ErrCodeEnhanceYourCalm) })},
	)
}

func reset2(code http2.ErrCode) faults.RespondStream {
	return func(s faults.Stream) bool {
		_ = s.Framer.WriteRSTStream(s.ID, code)
		return true
	}
}

func goAway(s faults.Stream, last uint32, code http2.ErrCode) bool {
	_ = s.Framer.WriteGoAway(last, code, []byte("http2: Transport received GOAWAY "+secretMark))
	return false
}

// statusFaults respond with a status.
func statusFaults() []fault {
	var all []fault
	add := func(status int, class error, repeat repeat, applied bool, header ...string) {
		body := secretBody
		if status == http.StatusNotModified {
			body = ""
		}
		wire := faults.Response(fmt.Sprintf("%03d Status", status), body, header...)
		name := "status " + strconv.Itoa(status)
		if len(header) > 0 {
			name += " with " + header[0]
		}
		all = append(all, fault{name: name, respond: faults.Answer(wire), status: status, class: class, repeat: repeat, applied: applied})
	}
	for status, class := range map[int]error{
		400: returningai.ErrInvalid, 401: returningai.ErrUnauthorized, 402: nil, 403: returningai.ErrForbidden, 404: returningai.ErrNotFound,
		405: nil, 409: returningai.ErrConflict, 410: nil, 411: nil, 413: nil, 415: nil, 418: nil, 422: nil, 431: nil, 451: nil, 499: nil,
	} {
		add(status, class, never, false)
	}
	add(408, nil, idempotent, true)
	add(425, nil, idempotent, false)
	add(429, returningai.ErrRateLimited, never, false, "Retry-After: 3600")
	for _, status := range []int{500, 502, 503, 504} {
		add(status, returningai.ErrServer, idempotent, true)
	}
	add(503, returningai.ErrServer, never, true, "Retry-After: 3600")
	for _, status := range []int{501, 505, 507, 511, 599, 600, 999} {
		add(status, returningai.ErrServer, never, true)
	}
	for _, status := range []int{300, 301, 302, 303} {
		add(status, returningai.ErrRedirect, never, true, "Location: https://elsewhere.example/"+secretMark)
	}
	for _, status := range []int{307, 308} {
		add(status, returningai.ErrRedirect, never, false, "Location: https://elsewhere.example/"+secretMark)
	}
	add(302, returningai.ErrRedirect, never, true, "Location: http://%zz/"+secretMark)
	add(302, returningai.ErrUnexpectedResponse, never, true)
	add(304, returningai.ErrUnexpectedResponse, never, true)
	for _, wire := range []string{"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n", "HTTP/1.1 101 Switching Protocols\r\n\r\n"} {
		all = append(all, fault{name: "101 and silence, " + strconv.Itoa(len(wire)), respond: faults.Hold(wire), status: 101, class: returningai.ErrUnexpectedResponse, applied: true})
	}
	all = append(all, fault{name: "099 and silence", respond: faults.Hold("HTTP/1.1 099 Odd\r\nContent-Length: 9\r\n\r\n"), status: 99, class: returningai.ErrUnexpectedResponse, applied: true})
	return all
}

// contentFaults respond 200 with something else than the operation's response.
func contentFaults() []fault {
	var all []fault
	add := func(name, body string, class error, applied bool) {
		all = append(all, fault{name: "200 with " + name, respond: faults.Answer(faults.Response("200 OK", body)), status: 200, class: class, applied: applied})
	}
	add("HTML", "<!doctype html><title>"+secretMark+"</title>", returningai.ErrUnexpectedResponse, true)
	add("half a JSON", `{"status":"success","data":{"token":"`+secretMark, returningai.ErrUnexpectedResponse, true)
	add("two JSON values", `{} {"token":"`+secretMark+`"}`, returningai.ErrUnexpectedResponse, true)
	add("too much", `{"data":"`+strings.Repeat(secretMark, 8000)+`"}`, returningai.ErrUnexpectedResponse, true)
	for status, class := range map[int]error{404: returningai.ErrNotFound, 409: returningai.ErrConflict, 400: returningai.ErrInvalid, 403: returningai.ErrForbidden} {
		add(strconv.Itoa(status)+" inside", inside(status), class, false)
	}
	add("408 inside", inside(408), nil, true)
	add("500 inside", inside(500), returningai.ErrServer, true)
	add("401 inside", inside(401), returningai.ErrUnauthorized, false)
	return all
}

// inside is a failure in the body of a 200, in the envelopes of all families.
func inside(status int) string {
	return fmt.Sprintf(`{"status":"error","error":true,"statusCode":%d,"message":"no","meta":{"success":false,"statusCode":%d,"message":"no"},"data":{"token":"%s"}}`, status, status, secretMark)
}
