package webhooks

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
)

// errDeclined is how a handler behind the middleware fails: by its status.
var errDeclined = errors.New("webhooks: handler responded with an error status")

// Middleware puts the receiver before your handler: only deliveries that
// are verified, decrypted and no duplicates reach it. [DeliveryFrom] finds the
// delivery in the request's context; the request's body is what was received,
// still encrypted if it was.
//
// The handler's status decides: below 400 the delivery is done, from 400 on it
// may be delivered again. A panic is logged without the body, and the response
// is 500. The request's context ends as that of a callback does, see [On].
// Callbacks are not called, and [WithAsync] and [WithInDoubt] do not matter
// here.
func (r *Receiver) Middleware(next http.Handler) http.Handler {
	if next == nil {
		panic("webhooks: Middleware: nil handler")
	}
	return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		ctx := request.Context()
		delivery, body, err := r.parse(request)
		var held *lease
		if err == nil {
			held, err = r.claim(ctx, delivery)
		}
		if held == nil {
			r.logOutcome(ctx, delivery, err)
			Respond(w, err)
			return
		}
		recorded := &statusRecorder{ResponseWriter: w}
		// The handler's response stands; the log of its server has it.
		_ = r.withLease(held, func(ctx context.Context) error {
			inner := request.WithContext(withDelivery(ctx, delivery))
			inner.Body = io.NopCloser(bytes.NewReader(body))
			return r.handle(recorded, inner, delivery, next)
		})
	})
}

// handle runs the handler, and makes an error of a panic or an error status.
func (r *receiver) handle(w *statusRecorder, request *http.Request, delivery *Delivery, next http.Handler) (err error) {
	defer func() {
		value := recover()
		switch value {
		case nil:
			return
		case http.ErrAbortHandler: // a handler's way to cut the response short
			panic(value)
		}
		r.logPanic(request.Context(), delivery, value)
		err = ErrCallback
		if w.status == 0 {
			Respond(w, err)
			return
		}
		// The response has begun: only cutting it short shows that it failed.
		// The claim is released on the way up.
		panic(http.ErrAbortHandler)
	}()
	next.ServeHTTP(w, request)
	if w.status >= http.StatusBadRequest {
		return errDeclined
	}
	return nil
}

// statusRecorder notes the status of a handler's response; 0 until there is one.
type statusRecorder struct {
	http.ResponseWriter
	status int
}

func (s *statusRecorder) WriteHeader(status int) {
	if s.status == 0 && status >= http.StatusOK {
		s.status = status
	}
	s.ResponseWriter.WriteHeader(status)
}

func (s *statusRecorder) Write(data []byte) (int, error) {
	if s.status == 0 {
		s.status = http.StatusOK
	}
	return s.ResponseWriter.Write(data)
}

// Flush implements [http.Flusher], for handlers that look for it.
func (s *statusRecorder) Flush() {
	if s.status == 0 {
		s.status = http.StatusOK
	}
	_ = http.NewResponseController(s.ResponseWriter).Flush() // a Flusher cannot fail
}

// Unwrap gives [http.ResponseController] the writer underneath.
func (s *statusRecorder) Unwrap() http.ResponseWriter { return s.ResponseWriter }
