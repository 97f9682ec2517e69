package conformance_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/returningai/returningai-go/secret"
	"github.com/returningai/returningai-go/testkit/conformance"
	"github.com/returningai/returningai-go/webhooks"
	"github.com/returningai/returningai-go/webhooks/webhookstest"
)

// encryptions are the ways in which a body goes over the wire.
var encryptions = map[string][]webhooks.SenderOption{
	"plain": nil,
	"CBC":   {webhooks.WithEncryption(webhooks.AES256CBC, secret.New(webhookstest.AESKey))},
	"GCM":   {webhooks.WithEncryption(webhooks.AES256GCM, secret.New(webhookstest.AESKey))},
}

// outgoing are the webhooks of the document and the kinds of events that they
// carry.
var outgoing = map[string]webhooks.Kind{
	"webhooks.userJoinsServer":        webhooks.KindUserJoinedServer,
	"webhooks.userVisitsServer":       webhooks.KindUserVisitedServer,
	"webhooks.messagePostedAnywhere":  webhooks.KindMessagePostedAnywhere,
	"webhooks.messagePostedToChannel": webhooks.KindMessagePostedToChannel,
	"webhooks.storeItemPurchased":     webhooks.KindStoreItemPurchased,
	"webhooks.createAnalysis":         webhooks.KindAnalysisCreated,
	"webhooks.updateAnalysis":         webhooks.KindAnalysisUpdated,
}

// incoming are the hooks of the document and the calls of them.
var incoming = map[string]func(context.Context, *webhooks.Sender) error{
	"hooks.sendMessage": func(ctx context.Context, sender *webhooks.Sender) error {
		return sender.SendMessage(ctx, webhooks.SendMessageParams{ChannelID: "c", Message: "gg", Sender: "bot", ForumTopicID: "t"})
	},
	"hooks.updateUserFields": func(ctx context.Context, sender *webhooks.Sender) error {
		return sender.UpdateUserFields(ctx, webhooks.UpdateUserFieldsParams{User: "bot", Fields: map[string]any{"level": 7}})
	},
	"hooks.updateCurrency": func(ctx context.Context, sender *webhooks.Sender) error {
		return sender.UpdateCurrency(ctx, webhooks.UpdateCurrencyParams{
			User: "bot", Currency: "gold", Amount: json.Number("0.5"), Operation: webhooks.CurrencyAdd,
		})
	},
}

// TestHooksInDocument checks what the webhooks package sends, and what it
// takes for events, with the document.
func TestHooksInDocument(t *testing.T) {
	t.Parallel()
	document := readDocument(t)
	require.Len(t, document.Hooks(), len(outgoing)+len(incoming))
	for way, options := range encryptions {
		for id, kind := range outgoing {
			t.Run(id+" "+way, func(t *testing.T) {
				t.Parallel()
				request := webhookstest.Request(t, "/hook", webhookstest.Body(kind), options...)
				require.NoError(t, checkHook(document, id, request))
			})
		}
		for id, call := range incoming {
			t.Run(id+" "+way, func(t *testing.T) {
				t.Parallel()
				var problem error
				server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, request *http.Request) {
					problem = checkHook(document, id, request)
				}))
				t.Cleanup(server.Close)
				sender, err := webhooks.NewSender(secret.New(server.URL+"/hook"), append([]webhooks.SenderOption{
					webhooks.WithAPIKey("key"), webhooks.WithHTTPClient(server.Client()),
				}, options...)...)
				require.NoError(t, err)
				t.Cleanup(sender.CloseIdleConnections)
				require.NoError(t, call(t.Context(), sender))
				require.NoError(t, problem)
			})
		}
	}
}

func checkHook(document *conformance.Document, id string, request *http.Request) error {
	return document.CheckRequest(request.Context(), document.Hook(id), request, nil)
}
