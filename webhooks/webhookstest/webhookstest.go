// Package webhookstest makes the requests that a webhook receiver gets: signed,
// encrypted and laid out in every shape that the webhooks package reads. It is
// for the tests of your receivers.
package webhookstest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/returningai/returningai-go/secret"
	"github.com/returningai/returningai-go/webhooks"
)

// Secrets for tests, of the length and form that each use demands. They are
// public: never accept them in production.
const (
	APIKey         = "webhookstest-api-key"
	AESKey         = "webhookstest-key-of-32-bytes-xyz"
	StandardSecret = "whsec_d2ViaG9va3N0ZXN0LXNlY3JldC1vZi0zMi1ieXRlcy0="
)

// origin is where requests for a bare path go. Nothing listens there: they are
// handed to a handler.
const origin = "http://localhost"

// NewRequest returns the request that a sender with these options makes for
// event: any value that can be JSON, or [json.RawMessage]. The target is a URL
// of this machine, or a path with or without a query.
//
// The request can be given to a handler, or to an [http.Client].
func NewRequest(target string, event any, options ...webhooks.SenderOption) (*http.Request, error) {
	if strings.HasPrefix(target, "/") {
		target = origin + target
	}
	captured := &capture{}
	options = append([]webhooks.SenderOption{}, options...)
	options = append(options, webhooks.WithHTTPClient(&http.Client{Transport: captured}))
	sender, err := webhooks.NewSender(secret.New(target), options...)
	if err != nil {
		return nil, fmt.Errorf("webhookstest: %w", err)
	}
	if err := sender.Send(context.Background(), event); err != nil {
		return nil, fmt.Errorf("webhookstest: %w", err)
	}
	return Again(captured.request)
}

// TB is the part of a [testing.TB] that [Request] needs. The package does without
// testing itself, so that programs can use it for demonstrations.
type TB interface {
	Helper()
	Fatal(args ...any)
}

// Request is [NewRequest] for tests: it ends the test when that fails.
func Request(t TB, target string, event any, options ...webhooks.SenderOption) *http.Request {
	t.Helper()
	request, err := NewRequest(target, event, options...)
	if err != nil {
		t.Fatal(err)
	}
	return request
}

// Again returns the same delivery once more, whether or not the request has
// been used: the same id, signature, IV and body.
func Again(request *http.Request) (*http.Request, error) {
	if request.GetBody == nil {
		return nil, errors.New("webhookstest: Again: not a request of this package's")
	}
	body, err := request.GetBody()
	if err != nil {
		return nil, fmt.Errorf("webhookstest: Again: %w", err)
	}
	again := request.Clone(context.Background())
	again.Body = body
	return again, nil
}

// SetBody replaces the body of a request, and nothing else: for the tests of
// what was tampered with.
func SetBody(request *http.Request, body []byte) {
	request.ContentLength = int64(len(body))
	request.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	request.Body, _ = request.GetBody()
}

// capture is a transport that keeps the request instead of sending it.
type capture struct{ request *http.Request }

func (c *capture) RoundTrip(request *http.Request) (*http.Response, error) {
	c.request = request
	return &http.Response{
		StatusCode: http.StatusOK,
		Header:     http.Header{},
		Body:       http.NoBody,
		Request:    request,
	}, nil
}

// Envelopes returns every layout that the webhooks package reads in a mode, in
// every encoding.
func Envelopes(mode webhooks.Cipher) []webhooks.Envelope {
	var all []webhooks.Envelope
	for encoding := webhooks.Hex; encoding <= webhooks.RawBase64URL; encoding++ {
		for _, layout := range layouts(mode) {
			layout.Encoding = encoding
			all = append(all, layout)
		}
	}
	return all
}

// layouts are the envelopes of a mode, in hex.
func layouts(mode webhooks.Cipher) []webhooks.Envelope {
	var all []webhooks.Envelope
	for _, iv := range []string{"iv", "nonce"} {
		for _, ciphertext := range []string{"data", "encryptedData", "encrypted", "ciphertext", "content", "payload"} {
			all = append(all, webhooks.Envelope{IVName: iv, CiphertextName: ciphertext})
		}
	}
	for _, layout := range []webhooks.Layout{webhooks.LayoutColons, webhooks.LayoutBlob} {
		for _, carrier := range []webhooks.Carrier{webhooks.CarrierBare, webhooks.CarrierString, webhooks.CarrierField} {
			all = append(all, webhooks.Envelope{Layout: layout, Carrier: carrier})
		}
	}
	if mode != webhooks.AES256GCM {
		return all
	}
	for _, tag := range []string{"authTag", "auth_tag"} {
		all = append(all, webhooks.Envelope{TagName: tag})
	}
	return append(all,
		webhooks.Envelope{AppendTag: true},
		webhooks.Envelope{Layout: webhooks.LayoutColons, AppendTag: true},
		webhooks.Envelope{IVSize: 16},
		webhooks.Envelope{Layout: webhooks.LayoutColons, IVSize: 16},
	)
}

// Body returns a body for an event of a known kind, with every field that the
// webhooks package reads. It returns nil for other kinds. What Returning.AI
// really sends is not documented: the body is what the package assumes.
func Body(kind webhooks.Kind) json.RawMessage {
	content, ok := bodies[kind]
	if !ok {
		return nil
	}
	return json.RawMessage(`{"event":"` + string(kind) + `","serverId":"64b7f0c2a1d3e4f5a6b7c8d9","createdAt":"2026-03-01T12:30:00.000Z",` + content + `}`)
}

const (
	bodyUser    = `{"_id":"64b7f0c2a1d3e4f5a6b7c801","username":"ada","displayName":"Ada","email":"ada@example.com","firstName":"Ada","lastName":"Byron"}`
	bodyMessage = `"messageId":"64b7f0c2a1d3e4f5a6b7c802","message":"good game","channel":{"_id":"64b7f0c2a1d3e4f5a6b7c803","topic":"general","channelType":"open"},"sender":` + bodyUser
)

var bodies = map[webhooks.Kind]string{
	webhooks.KindUserJoinedServer:       `"user":` + bodyUser,
	webhooks.KindUserVisitedServer:      `"user":` + bodyUser,
	webhooks.KindMessagePostedAnywhere:  bodyMessage,
	webhooks.KindMessagePostedToChannel: bodyMessage + `,"replyTo":"64b7f0c2a1d3e4f5a6b7c804"`,
	webhooks.KindStoreItemPurchased: `"orderId":"ORD1001","item":{"_id":"64b7f0c2a1d3e4f5a6b7c805","name":"Golden frame","price":250,"quantity":1},` +
		`"buyer":` + bodyUser + `,"voucherCode":"GG-2026"`,
	webhooks.KindAnalysisCreated: `"analysis":{"_id":"64b7f0c2a1d3e4f5a6b7c806","title":"EURUSD"}`,
	webhooks.KindAnalysisUpdated: `"analysis":{"_id":"64b7f0c2a1d3e4f5a6b7c806","title":"EURUSD, revised"}`,
}
