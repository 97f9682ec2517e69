package returningaitest

// cutPoint says where a response ends early.
type cutPoint int

const (
	cutNowhere cutPoint = iota
	cutBeforeResponse
	cutMidBody
)

// CutBeforeReading closes the connection after the request's header, before
// its body is read. The operation has no effect.
func CutBeforeReading() Response { return Response{name: "cut before reading", cutsUnread: true} }

// CutBeforeResponse closes the connection after the request, without a
// response. The operation has no effect, unless [Fault.Applied] is set.
func CutBeforeResponse() Response {
	return Response{name: "cut before the response", make: func(*inbound, reply) reply { return reply{cut: cutBeforeResponse} }}
}

// CutMidBody closes the connection in the middle of the operation's own
// response: the client gets the header and half of the body. The operation
// takes effect.
func CutMidBody() Response {
	return Response{name: "cut in the body", usesOwn: true, make: func(_ *inbound, own reply) reply {
		own.cut = cutMidBody
		return own
	}}
}

// Reset makes a cut a TCP reset instead of an orderly close: the client sees
// "connection reset" instead of an unexpected end. On some systems a reset also
// discards what the client has not read yet. It changes no other response.
func (r Response) Reset() Response {
	r.reset = true
	return r
}
