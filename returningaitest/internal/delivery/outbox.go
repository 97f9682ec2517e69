package delivery

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/returningai/returningai-go/returningaitest/internal/community"
)

// Outbox delivers events to webhooks. It is safe for concurrent use.
type Outbox struct {
	now      func() time.Time
	logLimit int
	most     int             // how many deliveries may wait for a URL
	changed  func()          // told when the log changes
	closing  context.Context //nolint:containedctx // it ends with the outbox, not with a call
	close    context.CancelFunc
	loops    sync.WaitGroup

	mu       sync.Mutex // guards everything below
	webhooks []*Webhook
	queues   map[string]*queue // by URL
	faults   []*pendingFault
	log      []*Delivery
	made     int64         // deliveries so far
	pending  int           // deliveries that are not settled
	settled  chan struct{} // closed when pending falls to 0
}

// queue holds the deliveries that wait for a URL, whose loop runs while there
// are any.
type queue struct{ waiting []*shipment }

// shipment is a delivery that waits or is under way.
type shipment struct {
	webhook     *Webhook
	fault       Fault
	entry       *Delivery // in the log
	body        []byte
	contentType string
}

// NewOutbox returns an outbox without webhooks. It keeps as many deliveries in
// its log as logLimit says, and calls changed when the log changes.
func NewOutbox(now func() time.Time, logLimit int, changed func()) *Outbox {
	o := &Outbox{now: now, logLimit: logLimit, most: 100_000, changed: changed, queues: map[string]*queue{}}
	o.closing, o.close = context.WithCancel(context.Background())
	return o
}

// Close ends all deliveries and waits for them.
func (o *Outbox) Close() {
	o.mu.Lock() // nothing is enqueued afterwards
	o.close()
	o.mu.Unlock()
	o.loops.Wait()
}

// Add reports events to webhooks from now on.
func (o *Outbox) Add(webhooks ...Webhook) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closing.Err() != nil {
		return fmt.Errorf("the server is closed")
	}
	for _, webhook := range webhooks {
		completed, err := webhook.completed()
		if err != nil {
			return err
		}
		o.webhooks = append(o.webhooks, &completed)
	}
	return nil
}

// Inject adds faults behind those that wait already.
func (o *Outbox) Inject(faults ...Fault) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, fault := range faults {
		if err := fault.check(); err != nil {
			return err
		}
		pending := &pendingFault{Fault: fault, left: fault.Times}
		if pending.left == 0 {
			pending.left = 1
		}
		o.faults = append(o.faults, pending)
	}
	return nil
}

// ClearFaults removes the faults that wait.
func (o *Outbox) ClearFaults() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.faults = nil
}

// takeFault returns the fault that an event meets; the zero value is no fault.
func (o *Outbox) takeFault(event community.EventName) Fault {
	for _, pending := range o.faults {
		if pending.left == 0 || pending.Event != "" && pending.Event != event {
			continue
		}
		if pending.left > 0 {
			pending.left--
		}
		return pending.Fault
	}
	return Fault{}
}

// Deliveries returns copies of the latest deliveries, oldest first.
func (o *Outbox) Deliveries() []Delivery {
	o.mu.Lock()
	defer o.mu.Unlock()
	var copies []Delivery
	for _, entry := range o.latest() {
		copies = append(copies, entry.clone())
	}
	return copies
}

func (o *Outbox) latest() []*Delivery { return o.log[max(0, len(o.log)-o.logLimit):] }

// ClearLog empties the log.
func (o *Outbox) ClearLog() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.log = nil
}

// Wait waits until no delivery is pending.
func (o *Outbox) Wait(ctx context.Context) error {
	for {
		o.mu.Lock()
		pending, settled := o.pending, o.settled
		o.mu.Unlock()
		if pending == 0 {
			return nil
		}
		select {
		case <-settled:
		case <-ctx.Done():
			return fmt.Errorf("%d pending: %w", pending, context.Cause(ctx))
		}
	}
}

// Report enqueues an event for the webhooks that want it.
func (o *Outbox) Report(event community.Event) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closing.Err() != nil {
		return
	}
	for _, webhook := range o.webhooks {
		if webhook.wants(event) {
			o.enqueue(webhook, event)
		}
	}
}

func (o *Outbox) enqueue(webhook *Webhook, event community.Event) {
	o.made++
	entry := &Delivery{
		Number: o.made, ID: "msg_" + rand.Text(), Event: event.Name, URL: webhook.URL,
		Payload: webhook.payload(event), State: Pending,
	}
	if o.log = append(o.log, entry); len(o.log) > 2*o.logLimit { // twice, so that dropping costs little each
		o.log = slices.Clone(o.latest())
	}
	q := o.queues[webhook.URL]
	if q == nil {
		q = &queue{}
		o.queues[webhook.URL] = q
		o.loops.Go(func() { o.run(webhook.URL, q) })
	}
	if len(q.waiting) >= o.most {
		entry.State = Dropped
		return
	}
	made := &shipment{webhook: webhook, fault: o.takeFault(event.Name), entry: entry, body: entry.Payload, contentType: "application/json"}
	if webhook.Encryption.Mode != "" {
		made.body, made.contentType = webhook.Encryption.Seal(entry.Payload)
	}
	q.waiting = append(q.waiting, made)
	if o.pending++; o.pending == 1 {
		o.settled = make(chan struct{})
	}
}

// run delivers to one URL, in order, until nothing waits.
func (o *Outbox) run(url string, q *queue) {
	for {
		o.mu.Lock()
		if len(q.waiting) == 0 {
			delete(o.queues, url)
			o.mu.Unlock()
			return
		}
		made := q.waiting[0]
		q.waiting[0], q.waiting = nil, q.waiting[1:]
		o.mu.Unlock()
		o.settle(made, o.deliver(made))
	}
}

// settle notes the outcome of a delivery.
func (o *Outbox) settle(made *shipment, state State) {
	o.mu.Lock()
	made.entry.State = state
	if o.pending--; o.pending == 0 {
		close(o.settled)
	}
	o.mu.Unlock()
	o.changed()
}
