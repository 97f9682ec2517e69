package transport

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"

	"github.com/returningai/returningai-go/internal/scrub"
)

// attempter performs the attempts of one call. An attempt is one request, sent
// through the middleware, and its response, read to the end: a body that breaks
// off is an attempt that failed.
type attempter struct {
	ctx  context.Context //nolint:containedctx // the call's, to tell its end from the attempt's
	call *Call
	chain
	timeouts
	maxBody int64

	exchanged []*exchange // of all attempts, whose credentials must not be shown
}

// outcome is the outcome of one attempt.
type outcome struct {
	response *Response
	redirect string // the host that the response redirects to
	tooLarge bool   // the body was over the limit and cut

	err      error // nil with a response; safe to show
	final    bool  // another attempt meets the same error
	ofSource bool  // err is the error of the body's source

	sent       bool // the server may have processed the request
	incomplete bool // an upload was not sent to its end
}

// status returns the status of the response, 0 without one.
func (o *outcome) status() int {
	if o.response == nil {
		return 0
	}
	return o.response.Status
}

// attempt performs one attempt. The response that it returns has no body: that
// was read.
func (a *attempter) attempt(request *http.Request) (outcome, *http.Response) {
	limit := a.limit(request.Context())
	defer limit.stop()
	ctx, made := limit.ctx, &exchanges{call: a.call}
	var watch *bodyWatch
	if a.call.Body.Stream != nil {
		request = request.WithContext(ctx)
		watch = watchStream(request, a.call.Body, limit.restart)
	}
	var response *http.Response
	var err error
	if header := a.header(request); a.middleware == nil {
		response, err = a.authenticate.send(ctx, request, header, made)
	} else {
		response, err = a.middleware.RoundTrip(forMiddleware(ctx, request, header, made))
	}
	var result outcome
	if response, err = a.receive(ctx, request.URL, response, err, &result); err != nil {
		a.explain(ctx, &result, made.all(), err)
	}
	a.conclude(&result, made.all(), watch)
	return result, response
}

// header returns the header of an attempt. The engine's request has none, but
// for the cookies of a jar, which http.Client adds to it each time.
func (a *attempter) header(request *http.Request) http.Header {
	cookies := request.Header["Cookie"]
	if len(cookies) == 0 {
		return a.call.Header
	}
	delete(request.Header, "Cookie")
	header := a.call.Header.Clone()
	header["Cookie"] = append(header["Cookie"], cookies...)
	return header
}

// receive reads the response of an attempt.
func (a *attempter) receive(ctx context.Context, address *url.URL, response *http.Response, err error, result *outcome) (*http.Response, error) {
	switch {
	case err != nil:
		return nil, err
	case response == nil:
		return nil, errors.New("middleware returned neither a response nor an error")
	}
	body := response.Body
	response.Body = http.NoBody
	data, tooLarge, err := a.read(ctx, response, body)
	if err != nil && !refusedStatus(response.StatusCode) {
		return nil, err
	}
	result.tooLarge = tooLarge
	result.redirect = redirectHost(address, response)
	result.response = &Response{Status: response.StatusCode, Header: response.Header, Body: data, Host: HostOf(address)}
	return response, nil
}

// conclude notes what the exchanges of the attempt and its body tell.
func (a *attempter) conclude(result *outcome, made []*exchange, watch *bodyWatch) {
	for _, exchange := range made {
		result.sent = result.sent || exchange.maySent()
		if result.response != nil {
			result.response.Sent = exchange.sent
		}
	}
	if a.exchanged == nil {
		a.exchanged = made // nearly always one, of one attempt
	} else {
		a.exchanged = append(a.exchanged, made...)
	}
	stream := a.call.Body.Stream
	if stream == nil {
		return
	}
	// The transport may respond while it still reads. The source is the caller's
	// again when the call returns, and the next attempt's before.
	stream.Release(sourcePatience)
	result.incomplete = !stream.Complete()
	if source := watch.err(); source != nil && result.response == nil {
		result.err, result.ofSource, result.final = source, true, true
	}
}

// refusedStatus reports whether a status alone proves that nothing was done.
func refusedStatus(status int) bool {
	return status == http.StatusTemporaryRedirect || status == http.StatusPermanentRedirect ||
		status >= http.StatusBadRequest && status < http.StatusInternalServerError && status != http.StatusRequestTimeout
}

// read reads a body of at most maxBody bytes. A status below 200 takes the
// connection out of net/http's hands: its body may never end.
func (a *attempter) read(ctx context.Context, response *http.Response, body io.ReadCloser) (data []byte, tooLarge bool, err error) {
	switch {
	case body == nil:
		return nil, false, nil
	case response.StatusCode < http.StatusOK:
		_ = body.Close()
		return nil, false, nil
	case a.middleware == nil:
		defer body.Close()
		return readAll(body, response.ContentLength, a.maxBody)
	}
	return readWithin(ctx, body, response.ContentLength, a.maxBody)
}

// readAll reads a body, up to limit.
func readAll(body io.Reader, length, limit int64) (data []byte, tooLarge bool, err error) {
	const first, most = 512, 1 << 20 // a length may lie
	size := int64(first)
	if length >= 0 {
		size = min(length, limit, most) + 1 // room to see the end
	}
	data = make([]byte, 0, size)
	for {
		n, err := body.Read(data[len(data):cap(data)])
		data = data[:len(data)+max(n, 0)]
		switch {
		case int64(len(data)) > limit:
			return data[:limit], true, nil
		case errors.Is(err, io.EOF):
			return data, false, nil
		case err != nil:
			return nil, false, err
		case len(data) == cap(data):
			data = slices.Grow(data, len(data))
		}
	}
}

// readWithin is readAll for a body that may be deaf to its context.
func readWithin(ctx context.Context, body io.ReadCloser, length, limit int64) (data []byte, tooLarge bool, err error) {
	type result struct {
		data     []byte
		tooLarge bool
		err      error
	}
	read := make(chan result, 1)
	go func() {
		got := result{err: errors.New("the body of the response panicked")}
		defer func() {
			_ = recover() // nobody else could, on this goroutine
			read <- got
		}()
		defer body.Close()
		got.data, got.tooLarge, got.err = readAll(body, length, limit)
	}()
	select {
	case got := <-read:
		return got.data, got.tooLarge, got.err
	case <-ctx.Done():
		return nil, false, context.Cause(ctx)
	}
}

// redirectHost returns the host that a response redirects to, "" if it does
// not, and takes the Location off: http.Client would show one that it cannot
// parse.
func redirectHost(from *url.URL, response *http.Response) string {
	location := response.Header.Get("Location")
	if response.StatusCode/100 != 3 || location == "" {
		return ""
	}
	response.Header.Del("Location")
	target, err := from.Parse(location)
	if err != nil || target.Host == "" {
		return "an invalid address"
	}
	return target.Host
}

// explain turns the error of an attempt into one that is safe to show, and
// tells our own timeout from the caller's.
func (a *attempter) explain(ctx context.Context, result *outcome, made []*exchange, err error) {
	_, result.final = errors.AsType[*refusal](err)
	switch {
	case a.ctx.Err() != nil:
		result.err = a.ctx.Err()
	case errors.Is(context.Cause(ctx), ErrTimeout), !result.final && errors.Is(err, context.DeadlineExceeded):
		// The latter is the Timeout of the user's client, not the caller's
		// deadline.
		result.err = ErrTimeout
	default:
		// Middleware that sends several requests may return any one's error.
		quotes := slices.ContainsFunc(made, (*exchange).responseSeen)
		result.err = a.safe(err, quotes && !result.final)
	}
}

// safe returns an error whose text shows neither a URL, nor a credential, nor,
// if it may quote one, a response.
func (a *attempter) safe(err error, quotes bool) error {
	err = WithoutURL(err)
	text := err.Error()
	shown := text
	if quotes {
		shown = withoutQuotes(text)
	}
	return shield(err, a.shown(shown))
}

// scrubber returns what takes the secrets of the call out of text.
func (a *attempter) scrubber() *scrub.Scrubber {
	scrubber := &scrub.Scrubber{}
	if a.call.Secrets != nil {
		a.call.Secrets.AddSecrets(scrubber)
	}
	for _, exchange := range a.exchanged {
		for name, values := range exchange.sent {
			for i, value := range values {
				if before := exchange.before[name]; i >= len(before) || before[i] != value {
					scrubber.AddHeader(value)
				}
			}
		}
	}
	return scrubber
}

// shown makes text that others wrote fit to be shown: bounded before it is
// scrubbed, and without secrets.
func (a *attempter) shown(text string) string {
	const longest, limit = 8 << 10, 500
	if len(text) > longest {
		return Clean(a.scrubber().ScrubCut(text[:longest]), limit)
	}
	return Clean(a.scrubber().Scrub(text), limit)
}
