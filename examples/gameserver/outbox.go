package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/returningai/returningai-go"
)

// Award is a badge that a player earned. It is not sent twice.
type Award struct {
	UserID  string `json:"userId"` // user number, such as "1102"
	BadgeID string `json:"badgeId"`
	Problem string `json:"problem,omitempty"` // why it is parked
}

// An award is in exactly one of these buckets, and moves in a transaction.
var (
	pending = []byte("pending") // to be sent, certainly not applied
	sending = []byte("sending") // may be on its way
	parked  = []byte("parked")  // in doubt or refused, a human decides
)

// Outbox sends awards that are kept on disk. Whatever ends the process, an award
// is sent again only if the first request was certainly not applied.
type Outbox struct {
	db   *bolt.DB
	send func(context.Context, Award) error
	// probe asks the service something harmless. After a failure no award is
	// sent until it succeeds: so an outage leaves few awards in doubt.
	probe func(context.Context) error

	pause atomic.Int64 // time.Duration before the next award, 0 while all is well
	turn  sync.Mutex   // held during the pause, so that one worker probes
}

// The pause doubles with each failure in a row, between these bounds.
const minPause, maxPause = 250 * time.Millisecond, 5 * time.Second

// OpenOutbox parks the awards that an earlier process was sending when it died.
func OpenOutbox(db *bolt.DB, send func(context.Context, Award) error, probe func(context.Context) error) (*Outbox, error) {
	return &Outbox{db: db, send: send, probe: probe}, db.Update(func(tx *bolt.Tx) error {
		for _, name := range [][]byte{pending, sending, parked} {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return err
			}
		}
		for {
			key, award, err := first(tx, sending)
			if key == nil || err != nil {
				return err
			}
			award.Problem = "in doubt: the process ended while it was sent"
			if err := move(tx, key, award, sending, parked); err != nil {
				return err
			}
		}
	})
}

// Put adds an award to the game's own transaction: both are kept, or neither.
func (o *Outbox) Put(tx *bolt.Tx, award Award) error {
	number, err := tx.Bucket(pending).NextSequence()
	if err != nil {
		return err
	}
	return put(tx, binary.BigEndian.AppendUint64(nil, number), award, pending)
}

// Run sends awards until ctx ends or, to drain the outbox, until none is pending.
func (o *Outbox) Run(ctx context.Context, workers int, drain bool) error {
	errs := make([]error, workers)
	var group sync.WaitGroup
	for i := range workers {
		group.Go(func() { errs[i] = o.work(ctx, drain) })
	}
	group.Wait()
	return errors.Join(errs...)
}

func (o *Outbox) work(ctx context.Context, drain bool) error {
	for o.waitUntilWell(ctx) {
		key, award, err := o.take()
		switch {
		case err != nil:
			return err
		case key == nil && drain:
			return nil
		case key == nil:
			sleep(ctx, 50*time.Millisecond)
			continue
		}
		// A shutdown does not cut off what is on its way.
		failure := o.send(context.WithoutCancel(ctx), award)
		if err := o.settle(key, award, failure); err != nil {
			return err
		}
	}
	return nil
}

// take moves the oldest pending award to sending. That is on disk before the
// request goes out, so a crash leaves the award in doubt, not pending.
func (o *Outbox) take() (key []byte, award Award, err error) {
	err = o.db.Batch(func(tx *bolt.Tx) error {
		key, award, err = first(tx, pending)
		if key == nil || err != nil {
			return err
		}
		return move(tx, key, award, pending, sending)
	})
	return key, award, err
}

// settle records the outcome of a request.
func (o *Outbox) settle(key []byte, award Award, failure error) error {
	to := parked
	switch {
	case failure == nil:
		to = nil
	case returningai.MaybeApplied(failure):
		award.Problem = "in doubt: " + failure.Error()
	case errors.Is(failure, returningai.ErrInvalid), errors.Is(failure, returningai.ErrNotFound):
		award.Problem = "refused: " + failure.Error() // as it would be the next time
	default:
		to = pending
	}
	pause := int64(0)
	if failure != nil {
		pause = int64(min(max(2*time.Duration(o.pause.Load()), minPause), maxPause))
	}
	o.pause.Store(pause)
	return o.db.Batch(func(tx *bolt.Tx) error { return move(tx, key, award, sending, to) })
}

// waitUntilWell returns at once while all is well, and false when ctx has ended.
func (o *Outbox) waitUntilWell(ctx context.Context) bool {
	o.turn.Lock()
	defer o.turn.Unlock()
	if pause := time.Duration(o.pause.Load()); pause > 0 {
		sleep(ctx, pause)
		for ctx.Err() == nil && o.probe(ctx) != nil {
			sleep(ctx, minPause)
		}
	}
	return ctx.Err() == nil
}

// Parked lists the awards that a human has to look at, oldest first.
func (o *Outbox) Parked() (awards []Award, err error) {
	err = o.db.View(func(tx *bolt.Tx) error {
		return tx.Bucket(parked).ForEach(func(_, value []byte) error {
			var award Award
			err := json.Unmarshal(value, &award)
			awards = append(awards, award)
			return err
		})
	})
	return awards, err
}

// first returns the oldest award of a bucket, or a nil key.
func first(tx *bolt.Tx, bucket []byte) (key []byte, award Award, err error) {
	key, value := tx.Bucket(bucket).Cursor().First()
	if key == nil {
		return nil, Award{}, nil
	}
	err = json.Unmarshal(value, &award)
	return bytes.Clone(key), award, err // bbolt's own key ends with the transaction
}

// move moves an award to another bucket, or deletes it if to is nil.
func move(tx *bolt.Tx, key []byte, award Award, from, to []byte) error {
	if err := tx.Bucket(from).Delete(key); err != nil || to == nil {
		return err
	}
	return put(tx, key, award, to)
}

func put(tx *bolt.Tx, key []byte, award Award, to []byte) error {
	value, err := json.Marshal(award)
	if err != nil {
		return err
	}
	return tx.Bucket(to).Put(key, value)
}

// sleep waits, but not beyond the end of ctx.
func sleep(ctx context.Context, duration time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(duration):
	}
}
