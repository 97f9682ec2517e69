package webhooks

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/returningai/returningai-go/internal/retry"
	"github.com/returningai/returningai-go/internal/scrub"
	"github.com/returningai/returningai-go/secret"
)

// headerEncrypted says that the body is encrypted. That incoming hooks demand
// it is documented; that outgoing calls carry it is assumed.
const headerEncrypted = "X-Encrypted"

// Sender calls one incoming hook of Returning.AI. Make one with [NewSender]. It
// is safe for concurrent use.
//
// It holds secrets, the URL of the hook among them, and shows none of them,
// however it is printed.
type Sender struct{ *sender }

// sender holds everything that is secret behind a second pointer: fmt follows
// one when a verb does not fit.
type sender struct {
	*senderConfig
	url    *url.URL
	budget *retry.Budget
	scrub  *scrub.Scrubber
}

// NewSender makes a sender for the hook at url, which the admin interface
// issues and which is a secret: whoever knows it may call the hook. It must be
// https, unless the host is this machine; see [WithInsecureHTTP].
//
// All problems are reported together, each with the name of its option.
func NewSender(url secret.Text, options ...SenderOption) (*Sender, error) {
	config := defaultSenderConfig()
	var problems []error
	for _, option := range options {
		if option == nil {
			problems = append(problems, errors.New("an option is nil"))
			continue
		}
		problems = append(problems, option.applySender(config))
	}
	hook, err := checkURL(url, config.allowPlain)
	problems = append(problems, err, config.checkEnvelope())
	if err := errors.Join(problems...); err != nil {
		return nil, fmt.Errorf("webhooks: new sender: %w", err)
	}
	config.client = ownClient(config.client)
	return &Sender{&sender{
		senderConfig: config,
		url:          hook,
		budget:       retry.NewBudget(10, 0.1),
		scrub:        scrubber(hook, config.secrets),
	}}, nil
}

// checkEnvelope gives the envelope to the encrypter.
func (c *senderConfig) checkEnvelope() error {
	if c.encrypter == nil {
		if c.envelope != (Envelope{}) {
			return errors.New("WithEnvelope: there is no WithEncryption to lay out")
		}
		return nil
	}
	c.encrypter.envelope = c.envelope
	return c.encrypter.envelope.check(c.encrypter.mode)
}

// defaultTransport is shared, so that senders share connections.
var defaultTransport = func() http.RoundTripper {
	if transport, ok := http.DefaultTransport.(*http.Transport); ok {
		clone := transport.Clone()
		clone.MaxIdleConnsPerHost = 32
		return clone
	}
	// Another package has replaced it.
	return &http.Transport{Proxy: http.ProxyFromEnvironment, IdleConnTimeout: 90 * time.Second, MaxIdleConnsPerHost: 32}
}()

// ownClient copies the user's client and makes it follow nothing.
func ownClient(given *http.Client) *http.Client {
	client := &http.Client{}
	if given != nil {
		*client = *given
	}
	if client.Transport == nil {
		client.Transport = defaultTransport
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return client
}

// CloseIdleConnections closes the connections that are kept for later
// messages. Senders without a client of their own share them.
func (s *Sender) CloseIdleConnections() { s.client.CloseIdleConnections() }

// Format implements [fmt.Formatter]: every verb shows that it is a sender, and
// neither URL nor secrets.
func (s Sender) Format(state fmt.State, _ rune) {
	// A formatter has no way to report a failed write.
	_, _ = io.WriteString(state, "webhooks.Sender("+secret.Redacted+")")
}

// SendMessageParams is a message to post into a channel.
type SendMessageParams struct {
	ChannelID    string `json:"channelId"`             // required
	Message      string `json:"message"`               // required
	Sender       string `json:"sender"`                // required: username or email
	ForumTopicID string `json:"forumTopicId,omitzero"` // needed in channels of the type forum
}

// SendMessage posts a message through a hook of the kind Send message into
// channels. The body is that of the REST call (assumed, since the hook's is not
// documented; see [Sender.Send] for another). The error is a [*SendError].
func (s *Sender) SendMessage(ctx context.Context, params SendMessageParams) error {
	problems := required("ChannelID", params.ChannelID, nil)
	problems = required("Message", params.Message, problems)
	problems = required("Sender", params.Sender, problems)
	return s.sendChecked(ctx, "sendMessage", params, problems)
}

// UpdateUserFieldsParams sets custom fields of one user.
type UpdateUserFieldsParams struct {
	User string `json:"user"` // required: username, email or id
	// Fields maps ids or names of fields to values, each as JSON can hold it;
	// at least one.
	Fields map[string]any `json:"fields"`
}

// UpdateUserFields sets fields through a hook of the kind Update Custom User
// Fields. The body is assumed; see [Sender.Send] for another. The error is a
// [*SendError].
func (s *Sender) UpdateUserFields(ctx context.Context, params UpdateUserFieldsParams) error {
	problems := required("User", params.User, nil)
	if len(params.Fields) == 0 {
		problems = append(problems, "Fields: needs at least one field")
	}
	if _, unnamed := params.Fields[""]; unnamed {
		problems = append(problems, "Fields: a field has no name")
	}
	return s.sendChecked(ctx, "updateUserFields", params, problems)
}

// CurrencyOperation is what to do with an amount.
type CurrencyOperation string

// The operations (assumed, after those of the bulk update).
const (
	CurrencyAdd       CurrencyOperation = "add"
	CurrencySubtract  CurrencyOperation = "subtract"
	CurrencyOverwrite CurrencyOperation = "overwrite"
)

// UpdateCurrencyParams changes the in-game currency of one user.
type UpdateCurrencyParams struct {
	User     string `json:"user"`              // required: username, email or id
	Currency string `json:"currency,omitzero"` // which one, where the community has several
	// Amount is a JSON number, such as "25" or "0.5"; required. It is text so
	// that no amount is rounded.
	Amount    json.Number       `json:"amount"`
	Operation CurrencyOperation `json:"operation"` // required
}

// UpdateCurrency changes an amount through a hook of the kind Update In-game
// currency. The body is assumed; see [Sender.Send] for another. The error is a
// [*SendError].
func (s *Sender) UpdateCurrency(ctx context.Context, params UpdateCurrencyParams) error {
	problems := required("User", params.User, nil)
	if kind, ok := jsonKind([]byte(params.Amount)); !ok || kind != jsontext.KindNumber {
		problems = append(problems, "Amount: must be a JSON number")
		params.Amount = "0" // the rest is still to be looked at
	}
	problems = required("Operation", string(params.Operation), problems)
	return s.sendChecked(ctx, "updateCurrency", params, problems)
}

// required adds a problem when a field is empty or no text.
func required(field, value string, problems []string) []string {
	switch {
	case value == "":
		return append(problems, field+": is required")
	case !utf8.ValidString(value):
		return append(problems, field+": is not valid UTF-8")
	}
	return problems
}

// Send sends any value as JSON, encrypted and signed as the sender is set up:
// for hooks that map other names. The value is written as version 2 of
// encoding/json writes it, so that omitempty leaves out what is empty in JSON,
// not zero; use [json.RawMessage] for JSON that you have as text. The error is
// a [*SendError].
func (s *Sender) Send(ctx context.Context, body any) error {
	return s.sendChecked(ctx, "send", body, nil)
}

func (s *Sender) sendChecked(ctx context.Context, operation string, body any, problems []string) error {
	if ctx == nil {
		problems = append(problems, "ctx: must not be nil")
	}
	plaintext, err := marshal(body)
	if err != nil {
		// The error could quote the value.
		problems = append(problems, "body: cannot be written as JSON")
	}
	if len(problems) > 0 {
		return &SendError{Operation: operation, reasons: []error{ErrInvalid}, problems: problems}
	}
	sending, err := s.prepare(operation, plaintext)
	if err != nil {
		return &SendError{Operation: operation, cause: err, scrub: s.scrub}
	}
	return s.run(ctx, sending)
}

// message is what all attempts at one message share.
type message struct {
	operation   string
	id          string
	body        []byte
	contentType string
}

// prepare encrypts: once, since repeats send the same message.
func (s *sender) prepare(operation string, plaintext []byte) (message, error) {
	made := message{operation: operation, id: s.newID(), body: plaintext, contentType: typeJSON}
	if !isDeliveryID(made.id) || made.id == "" {
		return message{}, errors.New("WithMessageID: made an id that is empty, too long or not printable ASCII")
	}
	var err error
	if s.encrypter != nil {
		made.body, made.contentType, err = s.encrypter.seal(plaintext)
	}
	return made, err
}

// run makes attempts until one settles the matter.
func (s *sender) run(ctx context.Context, sending message) error {
	s.budget.Earn()
	deadline, _ := ctx.Deadline()
	for number := 1; ; number++ {
		last := s.attempt(ctx, sending)
		if last.taken {
			s.log(ctx, sending, last, number, retry.ReasonFinal)
			return nil
		}
		now := time.Now() // what deadlines and waits go by
		after := retry.ParseAfter(last.header, now)
		decision := s.policy.Decide(retry.Attempt{
			Number:     number,
			Repeatable: true,
			Sent:       last.sent,
			Status:     last.status,
			Err:        last.err,
			RetryAfter: after,
		}, now, deadline, s.budget)
		s.log(ctx, sending, last, number, decision.Reason)
		failure := s.failure(sending, last, number)
		failure.RetryAfter, _ = after.Wait()
		if decision.Reason == retry.ReasonRetryAfterTooLong {
			failure.reasons = append(failure.reasons, ErrRetryAfterTooLong)
		}
		if !decision.Again || ctx.Err() != nil {
			return failure
		}
		if err := wait(ctx, decision.Wait); err != nil {
			failure.cause = err
			return failure
		}
	}
}

// wait waits unless the context ends first.
func wait(ctx context.Context, length time.Duration) error {
	timer := time.NewTimer(length)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return contextError(ctx)
	}
}

// failure is the error of the last attempt. Whether the message may have been
// applied is up to that one: an attempt that may have had an effect is not
// followed by another.
func (s *sender) failure(sending message, last outcome, attempts int) *SendError {
	made := &SendError{
		Operation:    sending.operation,
		Status:       last.status,
		Attempts:     attempts,
		cause:        last.err,
		maybeApplied: last.maybeApplied(),
		scrub:        s.scrub,
	}
	if last.reason != nil {
		made.reasons = []error{last.reason}
	}
	if body := string(last.body); last.cut {
		made.body = []byte(s.scrub.ScrubCut(body))
	} else {
		made.body = []byte(s.scrub.Scrub(body))
	}
	made.Message = shorten(s.scrub.Scrub(last.message))
	return made
}

// log says what an attempt came to.
func (s *sender) log(ctx context.Context, sending message, last outcome, number int, reason retry.Reason) {
	level := slog.LevelDebug
	if !last.taken {
		level = slog.LevelWarn
	}
	s.logger.Log(ctx, level, "webhook sent",
		slog.String("webhook.operation", sending.operation),
		slog.Int("http.response.status_code", last.status),
		slog.Int("webhook.attempt", number),
		slog.String("webhook.decision", string(reason)))
}

// newMessageID makes a random message id.
func newMessageID() string { return "msg_" + rand.Text() }

// maxMessage bounds the server's words in an error, in bytes.
const maxMessage = 500

// shorten makes a server's message one line of bounded length.
func shorten(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > maxMessage {
		text = strings.ToValidUTF8(text[:maxMessage], "") + "…"
	}
	return text
}

// scrubber returns what takes the sender's secrets out of text: the keys, the
// URL, and the parts of it that may be what makes it secret, both as they are
// and as the URL escapes them.
func scrubber(hook *url.URL, secrets []string) *scrub.Scrubber {
	made := &scrub.Scrubber{}
	for _, text := range secrets {
		made.AddHeader(text)
	}
	const shortest = 6 // shorter parts, such as /v1, say nothing
	for _, part := range urlParts(hook) {
		if len(part) >= shortest {
			made.Add(part)
		}
	}
	return made
}

// urlParts lists the whole of a URL, its path and query, their parts, and what
// those stand for.
func urlParts(hook *url.URL) []string {
	parts := []string{hook.String(), hook.RequestURI(), hook.Path, hook.EscapedPath(), hook.RawQuery}
	parts = append(parts, strings.Split(hook.Path, "/")...)
	parts = append(parts, strings.Split(hook.EscapedPath(), "/")...)
	for pair := range strings.SplitSeq(hook.RawQuery, "&") {
		name, value, found := strings.Cut(pair, "=")
		if !found {
			value = name
		}
		parts = append(parts, value)
		if plain, err := url.QueryUnescape(value); err == nil {
			parts = append(parts, plain)
		}
	}
	return parts
}

// request makes the request of one attempt.
func (s *sender) request(ctx context.Context, sending message) *http.Request {
	target := *s.url
	header := s.headers.Clone()
	header.Set("Content-Type", sending.contentType)
	header.Set("Accept", typeJSON)
	header.Set("User-Agent", s.userAgent)
	if s.encrypter != nil {
		header.Set(headerEncrypted, "true")
	}
	now := s.clock()
	for _, sign := range s.sign {
		sign(header, sending.id, now, sending.body)
	}
	request := (&http.Request{
		Method:        http.MethodPost,
		URL:           &target,
		Host:          target.Host,
		Header:        header,
		ContentLength: int64(len(sending.body)),
	}).WithContext(ctx)
	// With GetBody the transport can move to another connection when the one
	// it kept is found closed before anything was written; a POST it repeats
	// in no other case.
	request.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(sending.body)), nil }
	request.Body, _ = request.GetBody()
	return request
}
