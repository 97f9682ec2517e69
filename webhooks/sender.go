package webhooks

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/returningai/returningai-go/internal/scrub"
	"github.com/returningai/returningai-go/internal/transport"
	"github.com/returningai/returningai-go/internal/wire"
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

// sender stands behind a second pointer, so that fmt cannot reach the secrets:
// it dereferences one when a verb does not match.
type sender struct {
	*senderConfig
	url       *url.URL
	header    http.Header // of every message, without the credentials
	transport *transport.Transport
}

// NewSender makes a sender for the hook at url, which the admin interface
// issues and which is a secret: anyone who knows it may call the hook. It must be
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
	problems = append(problems, err, config.checkEnvelope(), config.checkSignatures())
	if err := errors.Join(problems...); err != nil {
		return nil, fmt.Errorf("webhooks: new sender: %w", err)
	}
	made := &sender{senderConfig: config, url: hook, header: config.header()}
	made.transport, err = transport.New(transport.Config{
		Client: config.client, AttemptTimeout: config.timeout, MaxResponseBytes: config.maxResponse,
		Policy: config.policy, Budget: transport.NewBudget(10, 0.1), Gates: transport.NewGates(), Describe: wire.Message,
	})
	if err != nil {
		return nil, fmt.Errorf("webhooks: new sender: %w", err)
	}
	return &Sender{made}, nil
}

// checkEnvelope gives the envelope to the encrypter.
func (c *senderConfig) checkEnvelope() error {
	switch {
	case c.encrypter == nil && (c.envelope != (Envelope{}) || c.layOut != nil):
		return errors.New("WithEnvelope, WithEnvelopeFunc: there is no WithEncryption to lay out")
	case c.encrypter == nil:
		return nil
	case c.layOut != nil && c.envelope != (Envelope{IVSize: c.envelope.IVSize}):
		return errors.New("WithEnvelopeFunc: overrides all of WithEnvelope but its IVSize")
	}
	c.encrypter.custom = c.layOut
	return c.encrypter.complete(c.envelope)
}

// header returns what every message carries.
func (c *senderConfig) header() http.Header {
	header := http.Header{"Accept": {typeJSON}, "User-Agent": {c.userAgent}}
	if c.encrypter != nil {
		header.Set(headerEncrypted, "true")
	}
	for name := range c.headers { // what is in here is not taken for a credential
		if value := c.headers.Get(name); len(value) < shortestSecret {
			header.Set(name, value)
		}
	}
	return header
}

// CloseIdleConnections closes the connections that are kept for later
// messages. Senders and clients without an http.Client of their own share them.
func (s *Sender) CloseIdleConnections() { s.transport.CloseIdleConnections() }

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
		problems = append(problems, Problem{"Fields", "must have at least one field"})
	}
	if _, unnamed := params.Fields[""]; unnamed {
		problems = append(problems, Problem{"Fields", "must not have a field without a name"})
	}
	return s.sendChecked(ctx, "updateUserFields", params, problems)
}

// CurrencyOperation is the operation with an amount.
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
	if !isNumber(string(params.Amount)) {
		problems = append(problems, Problem{"Amount", "must be a JSON number"})
		params.Amount = "0" // the rest is still to be looked at
	}
	problems = required("Operation", string(params.Operation), problems)
	return s.sendChecked(ctx, "updateCurrency", params, problems)
}

// required adds a problem if a field is empty or not valid UTF-8.
func required(field, value string, problems []Problem) []Problem {
	switch {
	case value == "":
		return append(problems, Problem{field, "must not be empty"})
	case !utf8.ValidString(value):
		return append(problems, Problem{field, "must be valid UTF-8"})
	}
	return problems
}

// Send sends any value as JSON, encrypted and signed as the sender is set up,
// for hooks that map other names. The value is written as encoding/json writes
// it; use [json.RawMessage] for JSON that you have as text. The error is a
// [*SendError].
func (s *Sender) Send(ctx context.Context, body any) error {
	return s.sendChecked(ctx, "send", body, nil)
}

func (s *Sender) sendChecked(ctx context.Context, operation string, body any, problems []Problem) error {
	if ctx == nil {
		problems = append(problems, Problem{"ctx", "must not be nil"})
	}
	plaintext, err := wire.Encode(body)
	if err != nil {
		problems = append(problems, Problem{"body", "must be writable as JSON: " + err.Error()})
	}
	if len(problems) > 0 {
		return &SendError{Operation: operation, causes: []error{ErrInvalid}, problems: problems}
	}
	sending, err := s.prepare(operation, plaintext)
	if err != nil {
		return &SendError{Operation: operation, causes: []error{err}, Message: err.Error()}
	}
	if failure := s.run(ctx, sending); failure != nil {
		return failure
	}
	return nil // not a typed nil
}

// message is the state that all attempts at one message share. It signs and watches them.
type message struct {
	*sender
	operation   string
	id          string
	body        []byte
	contentType string
}

// prepare encrypts once, since retries send the same message.
func (s *sender) prepare(operation string, plaintext []byte) (*message, error) {
	made := &message{sender: s, operation: operation, id: s.newID(), body: plaintext, contentType: typeJSON}
	if !isDeliveryID(made.id) || made.id == "" {
		return nil, errors.New("WithMessageID: made an id that is empty, too long or not printable ASCII")
	}
	var err error
	if s.encrypter != nil {
		made.body, made.contentType, err = s.encrypter.seal(plaintext)
	}
	return made, err
}

// run sends a message, and returns nil if the hook took it.
func (s *sender) run(ctx context.Context, sending *message) *SendError {
	header := s.header.Clone()
	header.Set("Content-Type", sending.contentType)
	result := s.transport.Do(ctx, &transport.Call{
		Method: http.MethodPost, URL: s.url, Header: header, Body: transport.Body{Data: sending.body},
		Authenticator: sending, Observer: sending, Secrets: sending, Content: hookContent{},
	})
	failure := newSendError(sending.operation, result, s.maxResponse)
	sending.done(ctx, result, failure)
	return failure
}

// Authenticate sets the keys and signs the body, for each attempt again: a
// signature covers its time.
func (m *message) Authenticate(_ context.Context, header http.Header) error {
	maps.Copy(header, m.headers.Clone()) // a transport may change its values
	now := m.clock()
	for _, sign := range m.sign {
		sign(header, m.id, now, m.body)
	}
	return nil
}

// Attempted implements [transport.Observer].
func (m *message) Attempted(ctx context.Context, attempt transport.AttemptInfo) {
	m.logger.LogAttrs(ctx, slog.LevelDebug, "webhooks: attempt done",
		slog.String("webhook.operation", m.operation),
		slog.Int("http.response.status_code", attempt.Status),
		slog.Int("webhook.attempt", attempt.Number),
		slog.Duration("duration", attempt.Duration))
}

// Retrying implements [transport.Observer].
func (m *message) Retrying(ctx context.Context, retry transport.RetryInfo) {
	m.logger.LogAttrs(ctx, slog.LevelInfo, "webhooks: retrying",
		slog.String("webhook.operation", m.operation),
		slog.Int("http.request.resend_count", retry.Attempt),
		slog.Duration("wait", retry.Wait),
		slog.String("reason", string(retry.Reason)))
}

// done logs the outcome of a message.
func (m *message) done(ctx context.Context, result *transport.Result, failure *SendError) {
	level, text := slog.LevelDebug, ""
	if failure != nil {
		level, text = slog.LevelWarn, failure.Error()
	}
	m.logger.LogAttrs(ctx, level, "webhooks: message done",
		slog.String("webhook.operation", m.operation),
		slog.Int("http.response.status_code", result.Status()),
		slog.Int("http.request.resend_count", max(result.Attempts-1, 0)),
		slog.String("error.message", text))
}

// newMessageID makes a random message id.
func newMessageID() string { return "msg_" + rand.Text() }

// shortestSecret is the length in bytes of the shortest text that is scrubbed:
// shorter ones, such as /v1, say nothing and may be part of any word.
const shortestSecret = 6

// AddSecrets implements [transport.Secrets]: the keys, the URL, and the parts of the URL that may
// make it secret, both as they are and as the URL escapes them.
func (m *message) AddSecrets(scrubber *scrub.Scrubber) {
	for _, text := range m.secrets {
		scrubber.AddHeader(text)
	}
	for _, part := range urlParts(m.url) {
		if len(part) >= shortestSecret {
			scrubber.Add(part)
		}
	}
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
		plain, _ := url.QueryUnescape(value) // none if the escapes are malformed
		parts = append(parts, value, plain)
	}
	return parts
}
