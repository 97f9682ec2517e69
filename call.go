package returningai

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"time"

	"github.com/returningai/returningai-go/internal/rest"
	"github.com/returningai/returningai-go/internal/retry"
	"github.com/returningai/returningai-go/internal/retry/engine"
	"github.com/returningai/returningai-go/internal/scrub"
)

// call is one performance of an operation: it is prepared, attempted as often
// as the policy allows, and comes to an outcome. It is used by one goroutine.
type call struct {
	core    *core
	op      *rest.Operation
	route   *rest.Operation // op, or what WithRoute replaced it by
	request *rest.Request

	observer      *observer
	base          base
	url           *url.URL
	payload       payload
	authenticator Authenticator // nil when the operation goes without

	number    int      // of attempts so far
	last      *attempt // nil before the first
	lost      bool     // an attempt may have been sent and got no answer
	maybe     bool     // the server may have acted
	tooLong   bool     // Retry-After is beyond what may be waited
	refreshed bool     // the credential was replaced once
	noTurn    bool     // the rate limit has no turn before the deadline
	scrubber  scrub.Scrubber
}

// payload is the body of the request, to be opened anew for every attempt.
type payload struct {
	contentType string
	length      int64 // -1 when not known
	once        bool  // can be opened once
	// open opens it for an attempt that is over when ended is closed.
	open   func(ended <-chan struct{}) io.ReadCloser
	upload *rest.UploadBody // nil when the body is none
}

func (c *call) run(ctx context.Context) error {
	c.observer = newObserver(c.core.settings, c.op)
	if ctx == nil {
		return c.refuse(rest.Problems{{Field: "ctx", Rule: "must not be nil"}})
	}
	ctx = c.observer.start(ctx)
	failure := c.perform(ctx)
	done := DoneInfo{Attempts: c.number}
	captured := Response{Attempts: c.number}
	if response := c.response(); response != nil {
		done.StatusCode, done.RequestID = response.Status, c.requestID(response.Header)
		captured.StatusCode, captured.RequestID = done.StatusCode, done.RequestID
		captured.Header = c.scrubHeader(response.Header)
	}
	if capture, ok := ctx.Value(captureKey{}).(*capture); ok {
		capture.store(captured)
	}
	if failure == nil {
		c.observer.done(ctx, done)
		return nil
	}
	done.Err = failure
	c.observer.done(ctx, done)
	return failure
}

func (c *call) perform(ctx context.Context) *Error {
	scrubHeld(&c.scrubber, c.core.authenticators)
	if refused := c.prepare(); refused != nil {
		return refused
	}
	if ctx.Err() != nil {
		return c.ended(ctx)
	}
	if refused := c.makePayload(ctx); refused != nil {
		return refused
	}
	c.core.settings.budget.Earn()
	err := engine.Run(ctx, c.attempt, func() (bool, time.Duration) { return c.next(ctx) })
	switch {
	case err != nil && ctx.Err() != nil, c.last.err != nil && ctx.Err() != nil:
		return c.ended(ctx)
	case err != nil:
		return c.fail("the request could not be made", err)
	}
	return c.outcome()
}

// prepare does all that can be done, and refused, before anything is sent.
func (c *call) prepare() *Error {
	for _, text := range c.request.Secrets {
		c.scrubber.Add(text.Reveal())
	}
	target, problems := c.request.Target(c.op, c.route)
	if len(problems) > 0 {
		return c.refuse(problems)
	}
	if refused := c.chooseBase(); refused != nil {
		return refused
	}
	family := Family(c.op.Family)
	c.authenticator = c.core.authenticators[family]
	if c.authenticator == nil && !c.op.Anonymous {
		credential := familyCredentials[family]
		return c.fail("no "+credential.name+" for the "+string(family)+" family: give "+credential.option+" to New", ErrNoCredential)
	}
	var err error
	if c.url, err = url.Parse(c.base.url + target); err != nil || originOf(c.url) != c.base.origin {
		return c.refuse(rest.Problems{{Field: "path", Rule: "must stay under the base URL"}})
	}
	return nil
}

// makePayload makes the body of the request. A source that can be checked
// beforehand is.
func (c *call) makePayload(ctx context.Context) *Error {
	if upload := c.request.Upload; upload != nil && upload.Check != nil {
		size, err := upload.Check(ctx)
		switch {
		case ctx.Err() != nil:
			return c.ended(ctx)
		case err != nil:
			return c.refuse(rest.Problems{{Field: upload.Source, Rule: "must be readable and well-formed: " + clean(err.Error(), 500)}}, err)
		}
		checked := *upload
		checked.Size = size
		c.request.Upload = &checked
	}
	var err error
	if c.payload, err = newPayload(c.request); err != nil {
		return c.refuse(rest.Problems{{Field: "body", Rule: "must be writable: " + err.Error()}})
	}
	return nil
}

func (c *call) chooseBase() *Error {
	if c.op.Family == rest.CommunityHost {
		return c.chooseHost()
	}
	var ok bool
	if c.base, ok = c.core.bases[Family(c.op.Family)]; !ok {
		return c.fail("no base URL for the "+string(c.op.Family)+" family in this environment: give WithBaseURL to New", ErrInvalid)
	}
	return nil
}

// chooseHost finds the community host that the call names, among those that
// were configured. Without a name there must be just one.
func (c *call) chooseHost() *Error {
	hosts := c.core.hosts
	if c.request.Host == "" && len(hosts) == 1 {
		for _, c.base = range hosts {
			return nil
		}
	}
	rule := "must be one of those given to WithCommunityHost"
	switch {
	case len(hosts) == 0:
		rule = "cannot be chosen: no community host is configured, give WithCommunityHost to New"
	case c.request.Host == "":
		rule = "must say which of the hosts given to WithCommunityHost is meant"
	default:
		// What was given to WithCommunityHost names it here, too.
		named, err := parseHost(c.request.Host, true)
		found, ok := hosts[named.host()]
		if err == nil && ok && (named.origin == found.origin || !strings.Contains(c.request.Host, "://")) {
			c.base = found
			return nil
		}
	}
	return c.refuse(rest.Problems{{Field: "Host", Rule: rule}})
}

func newPayload(request *rest.Request) (payload, error) {
	if request.Upload != nil {
		body, err := request.Upload.Frame()
		if err != nil {
			return payload{}, err
		}
		return payload{body.ContentType, body.Length, request.Upload.Once, body.Open, body}, nil
	}
	if request.Body == nil {
		return payload{}, nil
	}
	data, err := rest.EncodeBody(request.Body)
	if err != nil {
		return payload{}, err
	}
	open := func(<-chan struct{}) io.ReadCloser { return io.NopCloser(bytes.NewReader(data)) }
	return payload{"application/json", int64(len(data)), false, open, nil}, nil
}

// newRequest builds the request of one attempt.
func (c *call) newRequest(ctx context.Context, a *attempt, restart func()) *http.Request {
	header := http.Header{}
	for name, values := range c.request.Header {
		header[http.CanonicalHeaderKey(name)] = values
	}
	header.Set("Accept", "application/json")
	header.Set("User-Agent", c.core.userAgent())
	if c.op.Family == rest.CommunityHost {
		// Secure Auth wants its host in a header of that name, too.
		header.Set("hostname", c.url.Host)
	}
	address := *c.url
	request := (&http.Request{
		Method: c.route.Method, URL: &address, Host: address.Host, Header: header,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}).WithContext(ctx)
	switch {
	case c.payload.open != nil:
		header.Set("Content-Type", c.payload.contentType)
		request.ContentLength = c.payload.length
		ended := func() error {
			if ctx.Err() == nil {
				return nil
			}
			return context.Cause(ctx)
		}
		open := func() (io.ReadCloser, error) {
			return &watchedBody{ReadCloser: c.payload.open(ctx.Done()), ended: ended, attempt: a, restart: restart, upload: c.payload.upload != nil}, nil
		}
		request.Body, _ = open() // never fails: sources open when they are read
		if !c.payload.once {
			request.GetBody = open
		}
	case !c.op.Idempotent:
		// net/http replays a GET without a body on a dead connection, although
		// it may have been acted upon. It does not replay one whose body it
		// cannot get again, be it empty.
		request.Body = io.NopCloser(strings.NewReader(""))
	}
	return request
}

// watchedBody keeps the error of the body's source, restarts the timeout of the
// attempt as an upload makes progress, and gives out nothing more once the
// attempt has ended.
type watchedBody struct {
	io.ReadCloser
	ended   func() error // why the attempt has ended, nil while it goes on
	attempt *attempt
	restart func()
	upload  bool
}

func (b *watchedBody) Read(buffer []byte) (int, error) {
	if err := b.ended(); err != nil {
		return 0, err
	}
	n, err := b.ReadCloser.Read(buffer)
	if b.upload && n > 0 {
		b.restart()
	}
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, rest.ErrUploadClosed) {
		b.attempt.bodyErr.CompareAndSwap(nil, &err)
	}
	return n, err
}

func (c *core) userAgent() string {
	own := "returningai-go/" + Version + " (" + runtime.Version() + ")"
	if c.settings.userAgent == "" {
		return own
	}
	return c.settings.userAgent + " " + own
}

// attempt performs one attempt.
func (c *call) attempt(ctx context.Context) {
	if err := c.core.takeTurn(ctx); err != nil {
		c.noTurn = true
		if c.last == nil { // else the outcome is that of the attempt before
			c.last = &attempt{call: c, err: err}
		}
		return
	}
	c.last = &attempt{call: c}
	c.number++
	began := time.Now()
	c.last.do(ctx)
	info := AttemptInfo{Number: c.number, Duration: time.Since(began), Err: c.last.err}
	if c.last.response != nil {
		info.StatusCode = c.last.response.Status
	}
	c.observer.attempt(ctx, info)
}

// takeTurn waits until the rate limit allows another attempt.
func (c *core) takeTurn(ctx context.Context) error {
	if c.settings.limiter == nil {
		return nil
	}
	err := c.settings.limiter.Wait(ctx)
	if err == nil || ctx.Err() != nil {
		return err
	}
	return retry.Final{Err: &attemptError{"the rate limit leaves no turn before the deadline", context.DeadlineExceeded}}
}

// next notes what the last attempt came to, and says whether there is another.
func (c *call) next(ctx context.Context) (again bool, wait time.Duration) {
	result := c.result()
	answered := result.Err == nil
	if result.Sent {
		c.lost = c.lost || !answered
		lost := !answered && !c.cutShort()
		c.maybe = c.maybe || !c.op.ReadsOnly() && (lost || doubtful(result.Status))
	}
	if ctx.Err() != nil || c.noTurn {
		return false, 0
	}
	if c.refresh() {
		c.observer.retry(ctx, RetryInfo{Attempt: c.number, Reason: "credential replaced"})
		return true, 0
	}
	settings := c.core.settings
	deadline, _ := ctx.Deadline()
	decision := settings.retry.internal().Decide(result, time.Now(), deadline, settings.budget)
	c.tooLong = decision.Reason == retry.ReasonRetryAfterTooLong
	if decision.Again {
		c.observer.retry(ctx, RetryInfo{Attempt: c.number, Wait: decision.Wait, Reason: string(decision.Reason)})
	}
	return decision.Again, decision.Wait
}

// doubtful reports whether a status leaves open what the server has done. A
// redirect does, but for those that ask to repeat the request elsewhere.
func doubtful(status int) bool {
	switch status {
	case http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return false
	case http.StatusRequestTimeout:
		return true
	}
	return status/100 == 3 || status >= http.StatusInternalServerError
}

// cutShort reports whether the request was an upload of which the server
// cannot have got the end.
func (c *call) cutShort() bool { return c.payload.upload != nil && !c.payload.upload.Complete() }

// result describes the last attempt to the retry policy.
func (c *call) result() retry.Attempt {
	result := retry.Attempt{
		Number: c.number, Idempotent: c.op.Idempotent, Repeatable: !c.payload.once,
		Sent: c.last.sent(), Err: c.last.err,
	}
	if response := c.last.response; response != nil {
		result.Status = response.Status
		result.RetryAfter = retry.ParseAfter(response.Header, time.Now())
	}
	return result
}

// refresh reports whether a refused credential was replaced, which earns the
// call one more attempt: a 401 means that nothing was done.
func (c *call) refresh() bool {
	refresher, can := c.authenticator.(Refresher)
	response := c.last.response
	if !can || c.refreshed || c.payload.once || response == nil || response.Status != http.StatusUnauthorized {
		return false
	}
	c.refreshed = true
	return refresher.Refused(response.Sent.Clone())
}
