package webhooks

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/returningai/returningai-go/secret"
)

// ReceiverOption configures [NewReceiver]. A [Verifier] is one too.
type ReceiverOption interface {
	applyReceiver(config *receiverConfig) error
}

// Option configures both [NewReceiver] and [NewSender].
type Option interface {
	ReceiverOption
	SenderOption
}

const (
	defaultTolerance = 5 * time.Minute
	maxTolerance     = 24 * time.Hour
	defaultMaxBody   = 1 << 20
	maxMaxBody       = 1 << 30
	defaultLease     = 10 * time.Second
	defaultCallback  = time.Minute
)

// receiverConfig holds the values of the options.
type receiverConfig struct {
	verifiers       allOf
	decrypter       *decrypter
	names           EnvelopeNames
	ownNames        bool
	blobIV          int
	allowPlaintext  bool
	allowBareCBC    bool
	kinds           kindReader
	clock           func() time.Time
	logger          *slog.Logger
	tolerance       time.Duration
	maxBody         int64
	deduper         Deduper
	bodyDigest      bool
	lease           time.Duration
	callbackTimeout time.Duration
	onInDoubt       func(ctx context.Context, delivery *Delivery, err error) error
	async           *Async
}

func defaultReceiverConfig() *receiverConfig {
	return &receiverConfig{
		names:           defaultEnvelopeNames,
		kinds:           kindReader{fields: defaultKindFields, paths: map[string]Kind{}, names: map[string]Kind{}},
		clock:           time.Now,
		logger:          slog.New(slog.DiscardHandler),
		tolerance:       defaultTolerance,
		maxBody:         defaultMaxBody,
		lease:           defaultLease,
		callbackTimeout: defaultCallback,
	}
}

// newReceiverConfig applies the options and fills in the defaults.
func newReceiverConfig(options []ReceiverOption) (*receiverConfig, error) {
	config := defaultReceiverConfig()
	var problems []error
	for _, option := range options {
		if option == nil {
			problems = append(problems, errors.New("an option is nil"))
			continue
		}
		problems = append(problems, option.applyReceiver(config))
	}
	// An option that failed leaves gaps that are not the user's combination.
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	if config.deduper == nil {
		config.deduper, _ = NewMemoryDeduper(defaultDedupeCapacity, max(defaultDedupeRetention, 2*config.tolerance))
	}
	if err := config.check(); err != nil {
		return nil, err
	}
	config.logger = guardLogger(config.logger)
	if !config.verifiers.proves().id && !config.bodyDigest {
		config.logger.Warn("webhook deliveries carry no authenticated id: duplicates are not recognised; see WithBodyDigestDedupe") //nolint:sloglint // there is no context yet
	}
	return config, nil
}

// check refuses combinations that are weak or that contradict each other.
func (c *receiverConfig) check() error {
	var problems []error
	refuse := func(wrong bool, text string) {
		if wrong {
			problems = append(problems, errors.New(text))
		}
	}
	encrypted, verified := c.decrypter != nil, len(c.verifiers) > 0
	cbc := encrypted && c.decrypter.mode == AES256CBC
	refuse(!encrypted && !verified,
		"nothing authenticates what arrives: add WithStandardWebhooks, WithHMAC, WithKeyHeader, WithURLSecret or AES-256-GCM")
	refuse(cbc && !c.verifiers.proves().body && !c.allowBareCBC,
		"WithDecryption: AES-256-CBC authenticates nothing, and a key in a header or URL does not prove the body: "+
			"add WithStandardWebhooks, WithHMAC or VerifierBodyFunc outside an AnyOf with weaker verifiers, or AllowUnauthenticatedCBC if you must")
	refuse(c.allowBareCBC && !cbc, "AllowUnauthenticatedCBC: there is no AES-256-CBC to allow it for")
	refuse(c.allowPlaintext && !encrypted, "AllowPlaintext: there is no WithDecryption to make exceptions from")
	refuse(c.allowPlaintext && !verified, "AllowPlaintext: needs a verifier, since decryption no longer authenticates")
	refuse(c.ownNames && !encrypted, "WithEnvelopeNames: there is no WithDecryption to look for them")
	refuse(c.blobIV != 0 && (!encrypted || cbc), "WithIVSize: is for WithDecryption with AES-256-GCM")
	if encrypted {
		if err := c.decrypter.complete(c.names, c.blobIV); err != nil {
			problems = append(problems, fmt.Errorf("WithIVSize: %w", err))
		}
	}
	if remembers, ok := c.deduper.(interface{ Retention() time.Duration }); ok {
		// A delivery may be signed ahead of time, and arrive again after it.
		refuse(remembers.Retention() < 2*c.tolerance, "WithDeduper: its retention is below twice the tolerance: replays would pass")
	}
	return errors.Join(problems...)
}

// receiverOption is an option with the name that its errors start with.
type receiverOption struct {
	name  string
	apply func(config *receiverConfig) error
}

func (o receiverOption) applyReceiver(config *receiverConfig) error {
	if err := o.apply(config); err != nil {
		return fmt.Errorf("%s: %w", o.name, err)
	}
	return nil
}

// WithDecryption decrypts what arrives, with any of several keys. A body that
// is no envelope is then refused, whatever its X-Encrypted header says: see
// [AllowPlaintext]. AES-256-CBC needs a proof of the body beside it:
// [WithHMAC], [WithStandardWebhooks] or [VerifierBodyFunc]. AES-256-GCM alone
// proves the body, but lets replays pass.
//
// Every layout is read that a sender may plausibly use (assumed, since none is
// documented): a JSON object of IV, ciphertext and tag; iv:ciphertext or
// iv:ciphertext:tag; or one blob, IV first and tag last; the latter two bare,
// as a JSON string, or as a field; each part in hex or in any base64. See
// [WithEnvelopeNames] and [WithIVSize].
func WithDecryption(mode Cipher, keys ...Secret) ReceiverOption {
	return receiverOption{"WithDecryption", func(config *receiverConfig) error {
		if config.decrypter != nil {
			return errors.New("given twice: several keys go into one")
		}
		if mode != AES256CBC && mode != AES256GCM {
			return errors.New("mode: neither AES256CBC nor AES256GCM")
		}
		made := &decrypter{mode: mode}
		accepted, err := named(keys, func(text secret.Text) error {
			key, err := newBlockKey(text)
			made.keys = append(made.keys, key)
			return err
		})
		if err != nil {
			return err
		}
		for i, key := range accepted {
			made.keys[i].id = key.ID
		}
		config.decrypter = made
		return nil
	}}
}

// WithIVSize sets the length in bytes, 12 or 16, of the IV that leads a blob
// in AES-256-GCM. The default is 12. Where an envelope keeps the IV apart,
// either length is read.
func WithIVSize(size int) ReceiverOption {
	return receiverOption{"WithIVSize", func(config *receiverConfig) error {
		if size != 12 && size != 16 {
			return errors.New("neither 12 nor 16 bytes")
		}
		config.blobIV = size
		return nil
	}}
}

// WithEnvelopeNames replaces the field names that the parts of an envelope
// are looked for under.
func WithEnvelopeNames(names EnvelopeNames) ReceiverOption {
	return receiverOption{"WithEnvelopeNames", func(config *receiverConfig) error {
		if len(names.IV) > 0 {
			config.names.IV = slices.Clone(names.IV)
		}
		if len(names.Ciphertext) > 0 {
			config.names.Ciphertext = slices.Clone(names.Ciphertext)
		}
		if len(names.Tag) > 0 {
			config.names.Tag = slices.Clone(names.Tag)
		}
		config.ownNames = true
		seen := map[string]bool{}
		for _, list := range [][]string{config.names.IV, config.names.Ciphertext, config.names.Tag} {
			for _, name := range list {
				if name == "" || seen[name] {
					return errors.New("a name is empty or stands for two parts")
				}
				seen[name] = true
			}
		}
		return nil
	}}
}

// AllowPlaintext also accepts bodies that are not encrypted, beside
// [WithDecryption]. It needs a verifier: anybody can leave encryption out.
//
// A body counts as encrypted when X-Encrypted is true, or when it is an
// envelope and nothing else: then it has to decrypt.
func AllowPlaintext() ReceiverOption {
	return receiverOption{"AllowPlaintext", func(config *receiverConfig) error {
		config.allowPlaintext = true
		return nil
	}}
}

// AllowUnauthenticatedCBC accepts AES-256-CBC with no proof of the body beside
// it.
//
// It is dangerous. CBC hides what is sent but does not show who sent it:
// anybody can alter deliveries and replay them, and by watching how long
// refusals take may even learn what they say. Use it only where the sender can
// do nothing else and the events have no value.
func AllowUnauthenticatedCBC() ReceiverOption {
	return receiverOption{"AllowUnauthenticatedCBC", func(config *receiverConfig) error {
		config.allowBareCBC = true
		return nil
	}}
}

// WithTolerance sets how far a signed time may be from now, in both
// directions: more than zero, at most 24 hours. The default is 5 minutes.
func WithTolerance(tolerance time.Duration) ReceiverOption {
	return receiverOption{"WithTolerance", func(config *receiverConfig) error {
		if tolerance <= 0 || tolerance > maxTolerance {
			return errors.New("must be more than zero and at most 24 hours")
		}
		config.tolerance = tolerance
		return nil
	}}
}

// WithMaxBodyBytes sets how many bytes of body are read: at least 1, at most 1 GiB.
// The default is 1 MiB.
func WithMaxBodyBytes(bytes int64) ReceiverOption {
	return receiverOption{"WithMaxBodyBytes", func(config *receiverConfig) error {
		if bytes < 1 || bytes > maxMaxBody {
			return errors.New("must be at least 1 byte and at most 1 GiB")
		}
		config.maxBody = bytes
		return nil
	}}
}

// WithEventKind binds a URL path, compared exactly, to a kind of event: for
// hooks whose bodies name no event. It is the path that the sender
// called, also behind [http.StripPrefix]. Nothing proves the path, so a kind
// that the body names overrides it; an unknown kind only does if the body is
// proven, as by a signature.
func WithEventKind(path string, kind Kind) ReceiverOption {
	return receiverOption{"WithEventKind", func(config *receiverConfig) error {
		if !strings.HasPrefix(path, "/") {
			return errors.New("path: must start with a slash")
		}
		if _, taken := config.kinds.paths[path]; taken {
			return errors.New("path: bound twice")
		}
		config.kinds.paths[path] = kind
		return checkKind(kind)
	}}
}

// WithEventName reads a further event name as one of the known kinds. Case,
// spaces and punctuation of the name do not matter.
func WithEventName(name string, kind Kind) ReceiverOption {
	return receiverOption{"WithEventName", func(config *receiverConfig) error {
		normalised := normalise(name)
		if normalised == "" {
			return errors.New("name: holds no letter or digit")
		}
		if _, taken := config.kinds.names[normalised]; taken {
			return errors.New("name: given twice")
		}
		config.kinds.names[normalised] = kind
		return checkKind(kind)
	}}
}

// WithKindFields replaces the fields that name the kind of an event, in the
// order in which they are looked at: event, eventType, type and webhookType by
// default (assumed).
func WithKindFields(names ...string) ReceiverOption {
	return receiverOption{"WithKindFields", func(config *receiverConfig) error {
		if len(names) == 0 || slices.Contains(names, "") {
			return errors.New("needs at least one name, none of them empty")
		}
		config.kinds.fields = slices.Clone(names)
		return nil
	}}
}

func checkKind(kind Kind) error {
	if known, ok := kinds[normalise(string(kind))]; !ok || known.kind != kind {
		return errors.New("kind: not one of the constants")
	}
	return nil
}

// WithDeduper remembers deliveries in your own store, which several
// processes can share. The default is a [MemoryDeduper] of this receiver.
//
// A store with a method Retention() time.Duration is refused when that is below
// twice the tolerance.
func WithDeduper(deduper Deduper) ReceiverOption {
	return receiverOption{"WithDeduper", func(config *receiverConfig) error {
		value := reflect.ValueOf(deduper)
		if deduper == nil || value.Kind() == reflect.Pointer && value.IsNil() {
			return errors.New("is nil")
		}
		if memory, ok := deduper.(*MemoryDeduper); ok && memory.entries == nil {
			return errors.New("is zero: use NewMemoryDeduper")
		}
		if config.deduper != nil {
			return errors.New("given twice")
		}
		config.deduper = deduper
		return nil
	}}
}

// WithBodyDigestDedupe recognises duplicates of deliveries without an
// authenticated id by a digest of the decrypted body, the kind and the path.
//
// Think before you use it: two genuine events can be equal to the byte, such as
// the same user visiting twice when the body has no time in it, and the second
// is then dropped.
func WithBodyDigestDedupe() ReceiverOption {
	return receiverOption{"WithBodyDigestDedupe", func(config *receiverConfig) error {
		config.bodyDigest = true
		return nil
	}}
}

// WithLease sets for how long a delivery is claimed at a time: at least a
// second. The default is 10 seconds. The claim is renewed while the callback
// runs, so a lease only shows when a process dies: for that long, its
// deliveries are held back.
func WithLease(lease time.Duration) ReceiverOption {
	return receiverOption{"WithLease", func(config *receiverConfig) error {
		if lease < time.Second {
			return errors.New("must be at least a second")
		}
		config.lease = lease
		return nil
	}}
}

// WithCallbackTimeout sets when the context of a callback ends. The default is
// a minute.
func WithCallbackTimeout(timeout time.Duration) ReceiverOption {
	return receiverOption{"WithCallbackTimeout", func(config *receiverConfig) error {
		if timeout <= 0 {
			return errors.New("must be more than zero")
		}
		config.callbackTimeout = timeout
		return nil
	}}
}

// WithInDoubt sets what decides about deliveries in doubt: those whose callback
// failed with an operation that may have been applied and is not idempotent,
// such as a message whose response was lost; see [On]. It gets the callback's
// error, and a context of its own that lasts as long as a callback's.
//
// If it returns nil, the delivery counts as done: it is recorded and
// acknowledged. If it returns an error or panics, the delivery is released and
// the response is 500, so that the sender retries. Without WithInDoubt, such a
// delivery is acknowledged and logged at error level: nothing is done twice.
func WithInDoubt(decide func(ctx context.Context, delivery *Delivery, err error) error) ReceiverOption {
	return receiverOption{"WithInDoubt", func(config *receiverConfig) error {
		if decide == nil {
			return errors.New("is nil")
		}
		config.onInDoubt = decide
		return nil
	}}
}

// commonOption is an option of receivers and senders.
type commonOption struct {
	receiverOption
	sender senderOption
}

func (o commonOption) applySender(config *senderConfig) error { return o.sender.applySender(config) }

// WithClock sets the clock for signatures. The default is [time.Now]. Leases, the
// retention of deliveries, deadlines and waits always use the system's clock.
func WithClock(clock func() time.Time) Option {
	check := func() error {
		if clock == nil {
			return errors.New("is nil")
		}
		return nil
	}
	const name = "WithClock"
	return commonOption{
		receiverOption{name, func(config *receiverConfig) error { config.clock = clock; return check() }},
		senderOption{name, func(config *senderConfig) error { config.clock = clock; return check() }},
	}
}

// WithLogger logs the outcome of deliveries, or of what is sent: kinds, statuses, delivery ids and ids of secrets; no URLs, no header values, no
// bodies, but the text of the errors that callbacks return. The default is no
// logging.
func WithLogger(logger *slog.Logger) Option {
	check := func() error {
		if logger == nil {
			return errors.New("is nil")
		}
		return nil
	}
	const name = "WithLogger"
	return commonOption{
		receiverOption{name, func(config *receiverConfig) error { config.logger = logger; return check() }},
		senderOption{name, func(config *senderConfig) error { config.logger = logger; return check() }},
	}
}
