package returningaitest

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"
)

// outbox holds what the server reports, and to whom.
type outbox struct {
	webhooks []*Webhook
	queues   map[string]chan *shipment // by URL
	faults   []*pendingDeliveryFault
	log      []*Delivery
	made     int64         // deliveries so far
	pending  int           // deliveries that are not settled
	settled  chan struct{} // closed when pending falls to 0
}

// queueSize is how many deliveries may wait for a URL.
const queueSize = 1000

// DeliveryState says what became of a delivery.
type DeliveryState string

// The states of a delivery.
const (
	DeliveryPending   DeliveryState = "pending"
	DeliveryDelivered DeliveryState = "delivered" // answered with 200 to 299
	DeliveryFailed    DeliveryState = "failed"    // refused, tried in vain, or cut short by Close
	DeliveryDropped   DeliveryState = "dropped"   // too many were waiting
)

// Delivery is one event on its way to one webhook. It holds credentials: every
// way of printing it shows a summary without URL, headers and bodies.
type Delivery struct {
	Number   int64  // 1 is the first that the server made
	ID       string // the same in every attempt; sent by [StandardWebhooks] as webhook-id
	Event    WebhookEvent
	URL      string
	Payload  json.RawMessage // the body before it was encrypted
	State    DeliveryState
	Attempts []DeliveryAttempt // repeats of a [DeliveryFault] included
}

// DeliveryAttempt is one request of a delivery. It does not print.
type DeliveryAttempt struct {
	unprintable

	Time   time.Time // by the server's clock
	Header http.Header
	Body   []byte // as it was sent
	Status int    // 0 when there was no answer
	Err    error  // why there was none
}

// String returns a summary without anything secret.
func (d Delivery) String() string {
	statuses := make([]int, len(d.Attempts))
	for i, attempt := range d.Attempts {
		statuses[i] = attempt.Status
	}
	return fmt.Sprintf("delivery %d: %s %s, answered %v", d.Number, d.Event, d.State, statuses)
}

// Format implements [fmt.Formatter] for every verb: they all write the
// summary.
func (d Delivery) Format(state fmt.State, _ rune) {
	_, _ = io.WriteString(state, d.String()) // a formatter cannot report failure
}

// MarshalText implements [encoding.TextMarshaler], for JSON and slog too, with
// the summary.
func (d Delivery) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// DeliveryFault makes deliveries go wrong that no receiver is to blame for.
// Give it to [Server.InjectDelivery].
//
// An event that a webhook reports meets at most one fault, at the moment it
// happens: the first that is not used up and matches. Repeats and retries of
// the delivery meet the same.
type DeliveryFault struct {
	Event WebhookEvent  // empty hits every event
	Times int           // how many deliveries it hits: 0 is one, [Always] all
	Delay time.Duration // waited, in real time, before the first attempt; those behind it wait too

	// Repeat delivers so many times more, each with the same id and body,
	// whether or not it was delivered before.
	Repeat int

	// Age dates the signature of [StandardWebhooks] so long ago, as if the
	// delivery had been held up or replayed; negative is in the future.
	Age time.Duration

	// Alter changes an attempt when it is encrypted and signed: it may change
	// the header and returns the body to send. Deliveries to several URLs call
	// it at a time. Nil changes nothing.
	Alter func(header http.Header, body []byte) []byte
}

type pendingDeliveryFault struct {
	DeliveryFault
	left int // < 0 is without end
}

// InjectDelivery adds faults behind those that wait already. It panics when a
// fault could never act: an unknown Event, a negative number, or nothing to
// do.
func (s *Server) InjectDelivery(faults ...DeliveryFault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, fault := range faults {
		switch {
		case fault.Event != "" && !slices.Contains(webhookEvents, fault.Event):
			panic(fmt.Sprintf("returningaitest: InjectDelivery: Event %q is unknown", fault.Event))
		case fault.Times < Always || fault.Repeat < 0 || fault.Delay < 0:
			panic("returningaitest: InjectDelivery: Times, Repeat or Delay is negative")
		case fault.Delay == 0 && fault.Repeat == 0 && fault.Age == 0 && fault.Alter == nil:
			panic("returningaitest: InjectDelivery: the fault has neither Delay, Repeat, Age nor Alter")
		}
		pending := &pendingDeliveryFault{DeliveryFault: fault, left: fault.Times}
		if pending.left == 0 {
			pending.left = 1
		}
		s.outbox.faults = append(s.outbox.faults, pending)
	}
}

// take returns the fault that an event meets; the zero value is none.
func (o *outbox) take(event WebhookEvent) DeliveryFault {
	for _, pending := range o.faults {
		if pending.left == 0 || pending.Event != "" && pending.Event != event {
			continue
		}
		if pending.left > 0 {
			pending.left--
		}
		return pending.DeliveryFault
	}
	return DeliveryFault{}
}

// Deliveries returns a copy of what the server reported to webhooks, in the
// order in which it happened. It keeps as many as [WithRequestLogLimit] says.
func (s *Server) Deliveries() []Delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	var copies []Delivery
	for _, delivery := range s.outbox.log {
		copied := *delivery
		copied.Payload, copied.Attempts = bytes.Clone(copied.Payload), slices.Clone(copied.Attempts)
		for i, attempt := range copied.Attempts {
			copied.Attempts[i].Header, copied.Attempts[i].Body = attempt.Header.Clone(), bytes.Clone(attempt.Body)
		}
		copies = append(copies, copied)
	}
	return copies[max(0, len(copies)-s.log.limit):]
}

// WaitForDeliveries waits until no delivery is pending. What a receiver sets
// off while it is called, such as a bot that answers a message, is waited for
// too. It fails when ctx ends first.
func (s *Server) WaitForDeliveries(ctx context.Context) error {
	for {
		s.mu.Lock()
		pending, settled := s.outbox.pending, s.outbox.settled
		s.mu.Unlock()
		if pending == 0 {
			return nil
		}
		select {
		case <-settled:
		case <-ctx.Done():
			return fmt.Errorf("returningaitest: WaitForDeliveries: %d pending: %w", pending, context.Cause(ctx))
		}
	}
}

// shipment is a delivery that waits or is under way.
type shipment struct {
	webhook     *Webhook
	fault       DeliveryFault
	entry       *Delivery // in the log
	body        []byte
	contentType string
}

// emit reports something to the webhooks that want it. The caller holds the
// lock.
func (s *Server) emit(happened occurrence) {
	if s.closed() {
		return
	}
	for _, webhook := range s.outbox.webhooks {
		if webhook.wants(happened) {
			s.enqueue(webhook, happened)
		}
	}
}

func (s *Server) enqueue(webhook *Webhook, happened occurrence) {
	box := &s.outbox
	box.made++
	entry := &Delivery{
		Number: box.made, ID: "msg_" + rand.Text(), Event: happened.event, URL: webhook.URL,
		Payload: webhook.payload(happened), State: DeliveryPending,
	}
	made := &shipment{
		webhook: webhook, fault: box.take(happened.event), entry: entry, body: entry.Payload, contentType: "application/json",
	}
	if webhook.Encryption.Mode != "" {
		made.body, made.contentType = webhook.Encryption.seal(entry.Payload)
	}
	box.log = append(box.log, entry)
	if len(box.log) > 2*s.log.limit { // twice, so that dropping costs little each
		box.log = slices.Clone(box.log[len(box.log)-s.log.limit:])
	}
	select {
	case box.queues[webhook.URL] <- made:
		if box.pending++; box.pending == 1 {
			box.settled = make(chan struct{})
		}
	default:
		entry.State = DeliveryDropped
	}
}

// settle notes what became of a delivery that was pending.
func (s *Server) settle(made *shipment, state DeliveryState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	made.entry.State = state
	if s.outbox.pending--; s.outbox.pending == 0 {
		close(s.outbox.settled)
	}
}

// openQueue starts delivering to a URL, until the server closes. The caller
// holds the lock.
func (s *Server) openQueue(address string) {
	if s.outbox.queues[address] != nil {
		return
	}
	if s.outbox.queues == nil {
		s.outbox.queues = map[string]chan *shipment{}
	}
	queue := make(chan *shipment, queueSize)
	s.outbox.queues[address] = queue
	ctx, cancel := context.WithCancel(context.Background())
	s.loops.Go(func() {
		<-s.closing
		cancel()
	})
	s.loops.Go(func() {
		for {
			select {
			case made := <-queue:
				s.settle(made, s.deliver(ctx, made))
				continue
			case <-ctx.Done():
			}
			break
		}
		for len(queue) > 0 { // nothing is added any more
			s.settle(<-queue, DeliveryFailed)
		}
	})
}

// deliver makes a delivery, as often as its fault says.
func (s *Server) deliver(ctx context.Context, made *shipment) DeliveryState {
	state := DeliveryFailed
	if !waitFor(ctx, made.fault.Delay) {
		return state
	}
	for range 1 + made.fault.Repeat {
		if ctx.Err() == nil && s.deliverOnce(ctx, made) {
			state = DeliveryDelivered
		}
	}
	return state
}

// deliverOnce tries until the receiver has answered for good.
func (s *Server) deliverOnce(ctx context.Context, made *shipment) (delivered bool) {
	wait := made.webhook.RetryWait
	for number := 1; ; number++ {
		attempt := s.attempt(ctx, made)
		s.mu.Lock()
		made.entry.Attempts = append(made.entry.Attempts, attempt)
		s.mu.Unlock()
		switch {
		case attempt.Status >= 200 && attempt.Status < 300:
			return true
		case number == made.webhook.Attempts || !isTemporary(attempt.Status) || !waitFor(ctx, wait):
			return false
		}
		wait *= 2
	}
}

// isTemporary reports whether to try again; 0 is no answer.
func isTemporary(status int) bool {
	switch status {
	case 0, http.StatusRequestTimeout, http.StatusConflict, http.StatusTooEarly, http.StatusTooManyRequests:
		return true
	}
	return status >= 500
}

// waitFor waits, and reports whether ctx did not end meanwhile.
func waitFor(ctx context.Context, length time.Duration) bool {
	timer := time.NewTimer(length)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}

// attempt sends one request and reads its answer.
func (s *Server) attempt(ctx context.Context, made *shipment) DeliveryAttempt {
	now, webhook := s.now(), made.webhook
	header := http.Header{"Content-Type": {made.contentType}, "User-Agent": {"returningaitest"}}
	if webhook.Key != "" {
		header.Set("X-Api-Key", webhook.Key)
	}
	if webhook.Encryption.Mode != "" {
		header.Set("X-Encrypted", "true")
	}
	webhook.Signature.sign(header, made.entry.ID, now.Add(-made.fault.Age), made.body)
	body := bytes.Clone(made.body)
	if made.fault.Alter != nil {
		body = made.fault.Alter(header, body)
	}
	attempt := DeliveryAttempt{Time: now, Header: header, Body: body}
	attempt.Status, attempt.Err = webhook.post(ctx, header.Clone(), body)
	return attempt
}

// deliveryTransport opens a connection for each attempt, so that none is left
// for anybody to close. Nothing goes through a proxy or follows a redirect.
var deliveryTransport = &http.Transport{DisableKeepAlives: true}

// post returns the status that a webhook answers.
func (w *Webhook) post(ctx context.Context, header http.Header, body []byte) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, w.Timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, w.URL, bytes.NewReader(body))
	if err != nil {
		return 0, errors.New("the URL cannot be used") // the error would quote it
	}
	request.Header = header
	response, err := deliveryTransport.RoundTrip(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, io.LimitReader(response.Body, 64<<10)); err != nil {
		return 0, err
	}
	return response.StatusCode, nil
}
