package webhooks

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/returningai/returningai-go/internal/transport"
	"github.com/returningai/returningai-go/secret"
)

// SenderOption configures [NewSender].
type SenderOption interface {
	applySender(config *senderConfig) error
}

const (
	defaultTimeout     = 30 * time.Second
	defaultMaxResponse = 1 << 20
	defaultUserAgent   = "returningai-go-webhooks"
)

// senderConfig holds the values of the options.
type senderConfig struct {
	headers     http.Header // secret: keys
	encrypter   *encrypter
	envelope    Envelope
	layOut      func(iv, ciphertext, tag []byte) (body []byte, contentType string, err error)
	sign        []signer
	signatures  []HMAC   // what sign makes
	secrets     []string // what server messages are scrubbed of
	newID       func() string
	ownID       bool
	clock       func() time.Time
	logger      *slog.Logger
	client      *http.Client
	timeout     time.Duration
	maxResponse int64
	policy      transport.Policy
	allowPlain  bool
	userAgent   string
}

// signer adds a signature of the body to the header of one attempt.
type signer func(header http.Header, id string, now time.Time, body []byte)

func defaultSenderConfig() *senderConfig {
	return &senderConfig{
		headers:     http.Header{},
		newID:       newMessageID,
		clock:       time.Now,
		logger:      slog.New(slog.DiscardHandler),
		timeout:     defaultTimeout,
		maxResponse: defaultMaxResponse,
		userAgent:   defaultUserAgent,
		policy: transport.Policy{
			MaxAttempts:   3,
			MinWait:       250 * time.Millisecond,
			MaxWait:       8 * time.Second,
			RetryAfterCap: time.Minute,
			RateLimitWait: 2 * time.Minute,
		},
	}
}

// senderOption is an option with the name that its errors start with.
type senderOption struct {
	name  string
	apply func(config *senderConfig) error
}

func (o senderOption) applySender(config *senderConfig) error {
	if err := o.apply(config); err != nil {
		return fmt.Errorf("%s: %w", o.name, err)
	}
	return nil
}

// WithAPIKey sends the key of the hook in the header x-api-key, as hooks whose
// API key is switched on demand.
func WithAPIKey(key string) SenderOption {
	return senderOption{"WithAPIKey", func(config *senderConfig) error {
		return config.addHeader(APIKeyHeader, key)
	}}
}

// WithHeader sends a further header whose value is kept secret, such as a key
// under another name than that of [WithAPIKey]. Headers that frame the message
// or mark it as encrypted are refused. A value of less than 6 bytes is not hidden in
// errors and logs: it cannot be a secret, and may be any word of a message.
func WithHeader(name, value string) SenderOption {
	return senderOption{"WithHeader", func(config *senderConfig) error {
		if err := checkHeaderName(name); err != nil {
			return err
		}
		if reservedHeaders[http.CanonicalHeaderKey(name)] {
			return errors.New("header: is set by the sender itself")
		}
		return config.addHeader(name, value)
	}}
}

// reservedHeaders frame the message, or would make net/http replay it by
// itself.
var reservedHeaders = map[string]bool{
	"Host": true, "Connection": true, "Content-Length": true, "Content-Type": true, "Content-Encoding": true,
	"Transfer-Encoding": true, "Trailer": true, "Upgrade": true, "Te": true, "Expect": true,
	"Idempotency-Key": true, "X-Idempotency-Key": true, "User-Agent": true,
	headerEncrypted: true, headerID: true, headerTimestamp: true, headerSignature: true,
}

func (c *senderConfig) addHeader(name, text string) error {
	switch {
	case text == "":
		return errors.New("is empty")
	case strings.ContainsFunc(text, func(letter rune) bool { return letter < ' ' && letter != '\t' || letter == 0x7f }):
		return errors.New("holds a line break or a control character (read from a file with its line end?)")
	case c.headers.Get(name) != "":
		return errors.New("given twice")
	}
	c.headers.Set(name, text)
	if len(text) >= shortestSecret {
		c.secrets = append(c.secrets, text)
	}
	return nil
}

// WithEncryption encrypts what is sent, under a fresh random IV for every
// message, and says so in the header x-encrypted. The key is exactly 32 bytes:
// that the bytes of the 32 characters which the community supplies are the key
// is assumed.
func WithEncryption(mode Cipher, key secret.Text) SenderOption {
	return senderOption{"WithEncryption", func(config *senderConfig) error {
		if config.encrypter != nil {
			return errors.New("given twice")
		}
		if mode != AES256CBC && mode != AES256GCM {
			return errors.New("mode: neither AES256CBC nor AES256GCM")
		}
		block, err := newBlock(key)
		if err != nil {
			return err
		}
		config.encrypter = &encrypter{mode: mode, block: block}
		config.secrets = append(config.secrets, key.Reveal())
		return nil
	}}
}

// WithEnvelope chooses how the parts that [WithEncryption] makes are laid out.
func WithEnvelope(envelope Envelope) SenderOption {
	return senderOption{"WithEnvelope", func(config *senderConfig) error {
		if config.envelope != (Envelope{}) {
			return errors.New("given twice")
		}
		config.envelope = envelope
		return nil
	}}
}

// WithEnvelopeFunc lays the parts out itself, where [WithEnvelope] has no layout
// that fits. It gets the IV, the ciphertext and, with AES-256-GCM, the tag, and
// returns the body and its content type. The SDK always encrypts.
func WithEnvelopeFunc(layOut func(iv, ciphertext, tag []byte) (body []byte, contentType string, err error)) SenderOption {
	return senderOption{"WithEnvelopeFunc", func(config *senderConfig) error {
		if layOut == nil || config.layOut != nil {
			return errors.New("is nil or given twice")
		}
		config.layOut = layOut
		return nil
	}}
}

// WithHMACSignature signs the body, after encryption, as [WithHMAC] verifies
// it. The key has at least 16 bytes. Given twice with a format that has a
// separator, it sends both signatures, so that you can rotate the key; without
// a separator, the second is refused.
func WithHMACSignature(format HMAC, key secret.Text) SenderOption {
	return senderOption{"WithHMACSignature", func(config *senderConfig) error {
		if err := errors.Join(format.check(), checkShared(key)); err != nil {
			return err
		}
		if slices.ContainsFunc(format.headers(), func(name string) bool { return reservedHeaders[name] }) {
			return errors.New("header: is set by the sender itself")
		}
		config.secrets = append(config.secrets, key.Reveal())
		return config.addSignature(format, []byte(key.Reveal()))
	}}
}

// WithStandardWebhooksSignature signs the body, after encryption, as
// [WithStandardWebhooks] verifies it. Every message has its own id, see
// [WithMessageID]; every attempt its own time. Given twice, it sends both
// signatures, so that you can rotate the key.
func WithStandardWebhooksSignature(key secret.Text) SenderOption {
	return senderOption{"WithStandardWebhooksSignature", func(config *senderConfig) error {
		signingKey, err := standardKey(key)
		if err != nil {
			return err
		}
		config.secrets = append(config.secrets, key.Reveal(), strings.TrimPrefix(key.Reveal(), standardPrefix))
		return config.addSignature(standardFormat("Webhook-"), signingKey)
	}}
}

// WithMessageID sets what makes the ids of signatures that cover one, such as
// [WithStandardWebhooksSignature]:
// printable ASCII without spaces, at most 256 bytes, the same for what a
// receiver is to treat as the same. The default makes random ones.
func WithMessageID(next func() string) SenderOption {
	return senderOption{"WithMessageID", func(config *senderConfig) error {
		if next == nil {
			return errors.New("is nil")
		}
		config.newID, config.ownID = next, true
		return nil
	}}
}

// WithHTTPClient sends through a copy of your client. Its redirect policy is
// replaced: redirects are never followed. The default is a client of this
// package's that honours the proxy variables.
func WithHTTPClient(client *http.Client) SenderOption {
	return senderOption{"WithHTTPClient", func(config *senderConfig) error {
		if client == nil {
			return errors.New("is nil")
		}
		config.client = client
		return nil
	}}
}

// WithAttemptTimeout bounds each attempt, its response included. The default is 30
// seconds. The context bounds all attempts and the waits between them.
func WithAttemptTimeout(timeout time.Duration) SenderOption {
	return senderOption{"WithAttemptTimeout", func(config *senderConfig) error {
		if timeout <= 0 {
			return errors.New("must be more than zero")
		}
		config.timeout = timeout
		return nil
	}}
}

// WithMaxAttempts sets how often a message is tried at most, the first time
// included. The default is 3. A message is sent again only if nothing of it was
// processed, or after 429, which counts apart: up to 8 times within 2 minutes.
// 1 turns all retries off.
func WithMaxAttempts(attempts int) SenderOption {
	return senderOption{"WithMaxAttempts", func(config *senderConfig) error {
		if attempts < 1 {
			return errors.New("must be at least 1")
		}
		config.policy.MaxAttempts = attempts
		return nil
	}}
}

// WithRetryAfterCap sets the longest Retry-After that is waited for; a longer
// one ends the call with [ErrRetryAfterTooLong]. The default is a minute.
func WithRetryAfterCap(limit time.Duration) SenderOption {
	return senderOption{"WithRetryAfterCap", func(config *senderConfig) error {
		if limit < 0 {
			return errors.New("must not be negative")
		}
		config.policy.RetryAfterCap = limit
		return nil
	}}
}

// WithMaxResponseBytes sets how many bytes of a response are read: at least 1, at most
// 1 GiB. The default is 1 MiB.
func WithMaxResponseBytes(bytes int64) SenderOption {
	return senderOption{"WithMaxResponseBytes", func(config *senderConfig) error {
		if bytes < 1 || bytes > maxMaxBody {
			return errors.New("must be at least 1 byte and at most 1 GiB")
		}
		config.maxResponse = bytes
		return nil
	}}
}

// WithUserAgent sets the User-Agent header.
func WithUserAgent(agent string) SenderOption {
	return senderOption{"WithUserAgent", func(config *senderConfig) error {
		if agent == "" || strings.ContainsFunc(agent, func(letter rune) bool { return letter < ' ' || letter == 0x7f }) {
			return errors.New("is empty or holds a control character")
		}
		config.userAgent = agent
		return nil
	}}
}

// WithInsecureHTTP permits an http:// URL whose host is not this machine. The
// key, the hook's URL and what is sent unencrypted can then be read on the way.
func WithInsecureHTTP() SenderOption {
	return senderOption{"WithInsecureHTTP", func(config *senderConfig) error {
		config.allowPlain = true
		return nil
	}}
}

// checkURL refuses what is no hook URL. It never quotes it.
func checkURL(hook secret.Text, allowPlain bool) (*url.URL, error) {
	parsed, err := url.Parse(hook.Reveal())
	switch {
	case hook.IsZero():
		return nil, errors.New("url: is empty")
	case err != nil:
		return nil, errors.New("url: is not a URL")
	case parsed.Scheme != "https" && parsed.Scheme != "http":
		return nil, errors.New("url: must start with https://")
	case parsed.Hostname() == "":
		return nil, errors.New("url: has no host")
	case parsed.User != nil:
		return nil, errors.New("url: holds a user or password")
	case strings.Contains(hook.Reveal(), "#"):
		return nil, errors.New("url: holds a fragment")
	case parsed.Scheme == "http" && !allowPlain && !transport.Loopback(parsed.Hostname()):
		return nil, errors.New("url: plain http is refused unless the host is this machine: use https, or WithInsecureHTTP")
	}
	return parsed, nil
}
