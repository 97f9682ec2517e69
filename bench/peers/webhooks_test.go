package peers

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-github/v89/github"
	"github.com/stretchr/testify/require"
	"github.com/stripe/stripe-go/v85/webhook"

	"github.com/returningai/returningai-go/webhooks"
)

var (
	hookKey = bytes.Repeat([]byte{0x2a, 0x91}, 16)
	// message is an event of 2 KB.
	message = filled(`{"event":"new_message_posted_to_channel","channel":{"_id":"65a0c0de0000000000000003","channelType":"open","topic":"general"},`+
		`"message":"PAD","messageId":"65a0c0de0000000000000002","sender":{"_id":"65a0c0de0000000000000001","displayName":"Player",`+
		`"email":"player@example.com","firstName":"Ada","username":"player","lastName":"`+last+`"},`+
		`"serverId":"65f0c0ffee65f0c0ffee0001","timestamp":"2026-01-31T12:00:00.000Z"}`, 2048)
)

type messageEvent struct {
	Event   string `json:"event"`
	Channel struct {
		ID    string `json:"_id"`
		Type  string `json:"channelType"`
		Topic string `json:"topic"`
	} `json:"channel"`
	Message   string `json:"message"`
	MessageID string `json:"messageId"`
	Sender    struct {
		ID          string `json:"_id"`
		DisplayName string `json:"displayName"`
		Email       string `json:"email"`
		FirstName   string `json:"firstName"`
		Username    string `json:"username"`
		LastName    string `json:"lastName"`
	} `json:"sender"`
	ServerID  string    `json:"serverId"`
	Timestamp time.Time `json:"timestamp"`
}

func signature(data []byte) string {
	mac := hmac.New(sha256.New, hookKey)
	mac.Write(data)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// envelope is an encrypted event: hex in a JSON object.
type envelope struct {
	IV   string `json:"iv"`
	Data string `json:"data"`
	Tag  string `json:"tag,omitempty"`
}

func gcm() cipher.AEAD {
	block, err := aes.NewCipher(hookKey)
	if err != nil {
		panic(err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic(err)
	}
	return aead
}

func encrypted(b *testing.B) []byte {
	iv := make([]byte, 12)
	sealed := gcm().Seal(nil, iv, message, nil)
	tag := len(sealed) - 16
	data, err := json.Marshal(envelope{hex.EncodeToString(iv), hex.EncodeToString(sealed[:tag]), hex.EncodeToString(sealed[tag:])})
	require.NoError(b, err)
	return data
}

// delivery makes a request of body. Making it costs all rows the same.
func delivery(body []byte, header http.Header) *http.Request {
	request := httptest.NewRequest(http.MethodPost, "/hook", nil)
	request.Header, request.Body, request.ContentLength = header, io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return request
}

// each makes a call of a function that takes a delivery of body.
func each(body []byte, header http.Header, handle func(*http.Request) (string, error)) do {
	header.Set("Content-Type", "application/json")
	request := delivery(body, header)
	return func(context.Context) (string, error) {
		request.Body = io.NopCloser(bytes.NewReader(body))
		return handle(request)
	}
}

// verified is verifying by hand.
func verified(request *http.Request, key []byte) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(request.Body, 1<<20))
	if err != nil {
		return nil, err
	}
	mac := hmac.New(sha256.New, key)
	mac.Write(data)
	want, err := hex.DecodeString(request.Header.Get("X-Hub-Signature-256")[len("sha256="):])
	if err != nil || !hmac.Equal(mac.Sum(nil), want) {
		return nil, errors.New("wrong signature")
	}
	return data, nil
}

func eventByHand(request *http.Request) (string, error) {
	data, err := verified(request, hookKey)
	if err != nil {
		return "", err
	}
	var event messageEvent
	err = json.Unmarshal(data, &event)
	return event.Sender.LastName, err
}

func encryptedByHand(aead cipher.AEAD) func(*http.Request) (string, error) {
	return func(request *http.Request) (string, error) {
		data, err := verified(request, hookKey)
		if err != nil {
			return "", err
		}
		var parts envelope
		if err := json.Unmarshal(data, &parts); err != nil {
			return "", err
		}
		iv, err := hex.DecodeString(parts.IV)
		if err != nil {
			return "", err
		}
		sealed, err := hex.DecodeString(parts.Data + parts.Tag)
		if err != nil {
			return "", err
		}
		plain, err := aead.Open(nil, iv, sealed, nil)
		if err != nil {
			return "", err
		}
		var event messageEvent
		err = json.Unmarshal(plain, &event)
		return event.Sender.LastName, err
	}
}

func receiver(b *testing.B, options ...webhooks.ReceiverOption) *webhooks.Receiver {
	made, err := webhooks.NewReceiver(append(options, webhooks.WithHMAC(
		webhooks.HMAC{Header: "X-Hub-Signature-256", Prefix: "sha256="}, webhooks.NewSecret("2026", string(hookKey))))...)
	require.NoError(b, err)
	return made
}

func parse(receiver *webhooks.Receiver) func(*http.Request) (string, error) {
	return func(request *http.Request) (string, error) {
		delivery, err := receiver.Parse(request)
		if err != nil {
			return "", err
		}
		event, _ := delivery.Event.(webhooks.MessagePosted)
		return event.Sender.LastName, nil
	}
}

// serve calls a handler, which leaves the field in got.
func serve(handler http.Handler, got *string) func(*http.Request) (string, error) {
	return func(request *http.Request) (string, error) {
		*got = ""
		response := httptest.NewRecorder()
		handler.ServeHTTP(response, request)
		if response.Code != http.StatusOK {
			return "", errors.New("status " + strconv.Itoa(response.Code))
		}
		return *got, nil
	}
}

// BenchmarkWebhookEvent verifies a delivery of 2 KB, and reads its event.
func BenchmarkWebhookEvent(b *testing.B) {
	signed := func(data []byte) http.Header { return http.Header{"X-Hub-Signature-256": {signature(data)}} }
	sealed := encrypted(b)
	b.Run("returningai", func(b *testing.B) { loop(b, each(message, signed(message), parse(receiver(b)))) })
	b.Run("returningai-by-hand", func(b *testing.B) { loop(b, each(message, signed(message), eventByHand)) })
	b.Run("returningai-encrypted", func(b *testing.B) {
		options := webhooks.WithDecryption(webhooks.AES256GCM, webhooks.NewSecret("2026", string(hookKey)))
		loop(b, each(sealed, signed(sealed), parse(receiver(b, options))))
	})
	b.Run("returningai-encrypted-by-hand", func(b *testing.B) { loop(b, each(sealed, signed(sealed), encryptedByHand(gcm()))) })

	issue := filled(`{"action":"opened","issue":{"number":7,"title":"A bug","body":"PAD"},"sender":{"login":"player","id":1,"email":"`+last+`"}}`, 2048)
	header := signed(issue)
	header.Set("X-GitHub-Event", "issues")
	b.Run("go-github", func(b *testing.B) { loop(b, each(issue, header, goGitHubEvent)) })
	b.Run("go-github-by-hand", func(b *testing.B) { loop(b, each(issue, header, issueByHand)) })

	paid := filled(`{"id":"evt_1","object":"event","api_version":"none","data":{"object":{"id":"pi_1","description":"PAD"}},"type":"`+last+`"}`, 2048)
	stamped := webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{Payload: paid, Secret: string(hookKey)})
	b.Run("stripe-go", func(b *testing.B) {
		loop(b, each(paid, http.Header{"Stripe-Signature": {stamped.Header}}, stripeEvent))
	})
	b.Run("stripe-go-by-hand", func(b *testing.B) { loop(b, each(paid, signed(paid), paidByHand)) })
}

// BenchmarkWebhookHandler is an event through an http.Handler, to its callback.
func BenchmarkWebhookHandler(b *testing.B) {
	header := http.Header{"X-Hub-Signature-256": {signature(message)}}
	var got string
	sdk := receiver(b)
	webhooks.On(sdk, func(_ context.Context, event webhooks.MessagePosted) error {
		got = event.Sender.LastName
		return nil
	})
	b.Run("returningai", func(b *testing.B) { loop(b, each(message, header, serve(sdk, &got))) })
	byHand := http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		var err error
		if got, err = eventByHand(request); err != nil {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.WriteHeader(http.StatusOK)
	})
	b.Run("returningai-by-hand", func(b *testing.B) { loop(b, each(message, header, serve(byHand, &got))) })
}

func goGitHubEvent(request *http.Request) (string, error) {
	data, err := github.ValidatePayload(request, hookKey)
	if err != nil {
		return "", err
	}
	event, err := github.ParseWebHook("issues", data)
	if err != nil {
		return "", err
	}
	issues, _ := event.(*github.IssuesEvent)
	return issues.GetSender().GetEmail(), nil
}

func issueByHand(request *http.Request) (string, error) {
	data, err := verified(request, hookKey)
	if err != nil {
		return "", err
	}
	var event struct {
		Action string `json:"action"`
		Issue  struct {
			Number int    `json:"number"`
			Title  string `json:"title"`
			Body   string `json:"body"`
		} `json:"issue"`
		Sender gitHubUser `json:"sender"`
	}
	err = json.Unmarshal(data, &event)
	return event.Sender.Email, err
}

func stripeEvent(request *http.Request) (string, error) {
	data, err := io.ReadAll(io.LimitReader(request.Body, 1<<20))
	if err != nil {
		return "", err
	}
	event, err := webhook.ConstructEventWithOptions(data, request.Header.Get("Stripe-Signature"), string(hookKey),
		webhook.ConstructEventOptions{IgnoreAPIVersionMismatch: true})
	return string(event.Type), err
}

func paidByHand(request *http.Request) (string, error) {
	data, err := verified(request, hookKey)
	if err != nil {
		return "", err
	}
	var event struct {
		ID     string `json:"id"`
		Object string `json:"object"`
		Type   string `json:"type"`
		Data   struct {
			Object json.RawMessage `json:"object"`
		} `json:"data"`
	}
	err = json.Unmarshal(data, &event)
	return event.Type, err
}

// BenchmarkWebhookVerify verifies a delivery of 2 KB without reading an event.
// This SDK has no function for that, so its row reads the event, too.
func BenchmarkWebhookVerify(b *testing.B) {
	header := http.Header{"X-Hub-Signature-256": {signature(message)}}
	only := func(verify func(*http.Request) ([]byte, error)) func(*http.Request) (string, error) {
		return func(request *http.Request) (string, error) {
			_, err := verify(request)
			return last, err
		}
	}
	byHand := only(func(request *http.Request) ([]byte, error) { return verified(request, hookKey) })
	b.Run("returningai", func(b *testing.B) { loop(b, each(message, header, parse(receiver(b)))) })
	b.Run("returningai-by-hand", func(b *testing.B) { loop(b, each(message, header, byHand)) })
	b.Run("go-github", func(b *testing.B) {
		loop(b, each(message, header, only(func(request *http.Request) ([]byte, error) { return github.ValidatePayload(request, hookKey) })))
	})
	b.Run("go-github-by-hand", func(b *testing.B) { loop(b, each(message, header, byHand)) })
}
