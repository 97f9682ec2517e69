package transport

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync/atomic"
	"time"
)

// ErrBodyClosed is what reading a stream returns once its attempt has ended. It
// is not an error of the source.
var ErrBodyClosed = errors.New("the upload has ended")

// sourcePatience is how long an attempt that has ended waits for a Read of the
// upload's source that is still under way. A source that blocks for good must
// not keep the call from returning.
const sourcePatience = 500 * time.Millisecond

// watchedBody is a stream as one attempt sends it. It keeps the error of the
// source, restarts the timeout of the attempt as bytes are taken, and gives out
// nothing once the attempt has ended.
type watchedBody struct {
	io.ReadCloser
	watch *bodyWatch
}

// bodyWatch is what the bodies of one attempt have in common: net/http may open
// several.
type bodyWatch struct {
	ctx       context.Context //nolint:containedctx // the attempt's, whose bodies end with it
	restart   func()
	sourceErr atomic.Pointer[error]
}

// watchStream gives the request of an attempt a body of its own.
func watchStream(request *http.Request, body Body, restart func()) *bodyWatch {
	watch := &bodyWatch{ctx: request.Context(), restart: restart}
	open := func() (io.ReadCloser, error) {
		return &watchedBody{body.Stream.Open(watch.ctx.Done()), watch}, nil
	}
	request.Body, _ = open() // never fails: sources open when they are read
	request.ContentLength = body.Length
	request.GetBody = open
	if body.Once {
		request.GetBody = nil
	}
	return watch
}

// err returns the error of the source, or nil.
func (w *bodyWatch) err() error {
	if err := w.sourceErr.Load(); err != nil {
		return *err
	}
	return nil
}

func (b *watchedBody) Read(buffer []byte) (int, error) {
	if b.watch.ctx.Err() != nil {
		return 0, context.Cause(b.watch.ctx)
	}
	n, err := b.ReadCloser.Read(buffer)
	if n > 0 {
		b.watch.restart()
	}
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, ErrBodyClosed) {
		b.watch.sourceErr.CompareAndSwap(nil, &err)
	}
	return n, err
}
