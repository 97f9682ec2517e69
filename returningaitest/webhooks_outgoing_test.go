package returningaitest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/returningai/returningai-go/returningaitest"
	"github.com/returningai/returningai-go/webhooks"
)

// What webhooks of the tests are protected with.
const (
	hookKey        = "a-key-of-the-tests-1234"
	aesKey         = "an-aes-key-of-32-bytes-for-tests"
	signingSecret  = "a-secret-that-signs-1234"
	standardSecret = "whsec_YSBzZWNyZXQgdGhhdCBzaWducyBpbiB0aGUgdGVzdHM="
)

var (
	everyEvent = []returningaitest.WebhookEvent{
		returningaitest.EventUserJoined, returningaitest.EventUserVisited, returningaitest.EventMessagePosted,
		returningaitest.EventMessagePostedToChannel, returningaitest.EventItemPurchased,
		returningaitest.EventAnalysisCreated, returningaitest.EventAnalysisUpdated,
	}
	acceptKey      = webhooks.WithKeyHeader(webhooks.APIKeyHeader, webhooks.NewSecret("key", hookKey))
	acceptStandard = webhooks.WithStandardWebhooks(webhooks.NewSecret("standard", standardSecret))
	standard       = returningaitest.Signature{Method: returningaitest.StandardWebhooks, Secret: standardSecret}
)

// inbox is a receiver of the SDK that keeps what it is called with.
type inbox struct {
	url string

	mu     sync.Mutex
	events []webhooks.Event
}

// newInbox starts a receiver. It is called at the time of the tests.
func newInbox(t *testing.T, options ...webhooks.ReceiverOption) *inbox {
	t.Helper()
	receiver, err := webhooks.NewReceiver(append([]webhooks.ReceiverOption{
		webhooks.WithClock(func() time.Time { return march }),
	}, options...)...)
	require.NoError(t, err)
	kept := &inbox{}
	webhooks.On(receiver, func(_ context.Context, event webhooks.Event) error {
		kept.mu.Lock()
		defer kept.mu.Unlock()
		kept.events = append(kept.events, event)
		return nil
	})
	kept.url = listen(t, receiver)
	return kept
}

// listen serves a handler until the test ends, and returns its URL.
func listen(t *testing.T, handler http.Handler) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

func (i *inbox) received() []webhooks.Event {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.events
}

// newReporter starts a server with its seed at the time of the tests.
func newReporter(t *testing.T, webhook ...returningaitest.Webhook) *returningaitest.Server {
	t.Helper()
	srv := returningaitest.NewServer(t, returningaitest.WithClock(func() time.Time { return march }))
	srv.SendWebhooks(webhook...)
	return srv
}

// settle waits for the deliveries of a server and returns them.
func settle(t *testing.T, srv *returningaitest.Server) []returningaitest.Delivery {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	require.NoError(t, srv.WaitForDeliveries(ctx))
	return srv.Deliveries()
}

// TestEventsReadByReceiver lets everything happen, and the SDK read it, in every
// shape of body.
func TestEventsReadByReceiver(t *testing.T) {
	t.Parallel()
	titles := map[returningaitest.WebhookEvent]string{
		returningaitest.EventUserJoined: "User Joins Server", returningaitest.EventUserVisited: "User Visits server",
		returningaitest.EventMessagePosted: "New Message Posted Anywhere", returningaitest.EventMessagePostedToChannel: "New Message Posted To channel",
		returningaitest.EventItemPurchased: "Purchased Store Item", returningaitest.EventAnalysisCreated: "createAnalysis",
		returningaitest.EventAnalysisUpdated: "UPDATE_ANALYSIS",
	}
	for name, shape := range map[string]returningaitest.Webhook{
		"nested":          {},
		"flat":            {Flat: true},
		"nested, titles":  {EventField: "eventType", EventName: func(event returningaitest.WebhookEvent) string { return titles[event] }},
		"flat, type":      {Flat: true, EventField: "type"},
		"nested, webhook": {EventField: "webhookType"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inbox := newInbox(t, acceptKey)
			shape.URL, shape.Key, shape.Events = inbox.url, hookKey, everyEvent
			srv := newReporter(t, shape)
			channel := srv.AddChannel(returningaitest.Channel{Topic: "help", Type: returningaitest.ChannelForum})
			zoe := srv.AddUser(returningaitest.User{
				Username: "zoe", Email: "zoe@example.com", DisplayName: "Zoe", FirstName: "Zoë", LastName: "<Z>", Outside: true,
			})
			srv.JoinUser("zoe")
			srv.VisitServer("zoe@example.com")
			mustSend(t, post(srv, "/messages/send", toJSON(map[string]any{"channelId": channel.ID, "message": "gg", "sender": "zoe", "forumTopicId": "t1"})))
			question := srv.Messages()[0]
			mustSend(t, post(srv, "/messages/reply", toJSON(map[string]any{"messageId": question.ID, "message": "so", "sender": "zoe@example.com"})))
			reply := srv.Messages()[1]
			bought := srv.PurchaseItem("zoe", returningaitest.Purchase{Item: "Golden frame", Price: 250, VoucherCode: "GG"})
			analysis := srv.PublishAnalysis(map[string]any{"title": "EURUSD", "price": json.Number("1.10")})
			srv.UpdateAnalysis(analysis, map[string]any{"title": "EURUSD, revised"})

			for _, delivery := range settle(t, srv) {
				require.Equal(t, returningaitest.DeliveryDelivered, delivery.State, delivery)
			}
			base := func(event returningaitest.WebhookEvent) webhooks.EventBase {
				named := string(event)
				if shape.EventName != nil {
					named = titles[event]
				}
				return webhooks.EventBase{Kind: webhooks.Kind(event), Name: named, Time: march}
			}
			onServer := func(event returningaitest.WebhookEvent) webhooks.EventBase {
				all := base(event)
				all.ServerID = "65a0c0de0000000000a00001" // of the seed
				return all
			}
			user := webhooks.User{ID: zoe.ID, Username: "zoe", DisplayName: "Zoe", Email: "zoe@example.com", FirstName: "Zoë", LastName: "<Z>"}
			message := func(event returningaitest.WebhookEvent, posted returningaitest.Message) webhooks.Event {
				return webhooks.MessagePosted{
					EventBase: base(event), MessageID: posted.ID, Message: posted.Text,
					Channel:      webhooks.Channel{ID: channel.ID, Topic: "help", Type: "forum"},
					ForumTopicID: "t1", Sender: user, ReplyTo: posted.ReplyTo,
				}
			}
			require.Equal(t, []webhooks.Event{
				webhooks.UserJoinedServer{EventBase: onServer(returningaitest.EventUserJoined), User: user},
				webhooks.UserVisitedServer{EventBase: onServer(returningaitest.EventUserVisited), User: user},
				message(returningaitest.EventMessagePosted, question),
				message(returningaitest.EventMessagePostedToChannel, question),
				message(returningaitest.EventMessagePosted, reply),
				message(returningaitest.EventMessagePostedToChannel, reply),
				webhooks.StoreItemPurchased{
					EventBase: base(returningaitest.EventItemPurchased), OrderID: "ORD1001", VoucherCode: "GG", Buyer: user,
					Item: webhooks.StoreItem{ID: bought.ItemID, Name: "Golden frame", Price: "250", Quantity: 1},
				},
				webhooks.AnalysisCreated{EventBase: base(returningaitest.EventAnalysisCreated)},
				webhooks.AnalysisUpdated{EventBase: base(returningaitest.EventAnalysisUpdated)},
			}, rawless(inbox.received()))
			require.NotEmpty(t, question.ID)
			require.Equal(t, question.ID, reply.ReplyTo)

			updated := inbox.received()[8].Base().Raw
			require.Contains(t, string(updated), `"title":"EURUSD, revised"`)
			require.Contains(t, string(updated), `"price":1.10`, "in full, to the digit")
			require.Contains(t, string(updated), `"_id":"`+analysis+`"`)
			require.Equal(t, shape.Flat, !strings.Contains(string(updated), `"analysis":{`))
		})
	}
}

// rawless takes the JSON away from events.
func rawless(events []webhooks.Event) []webhooks.Event {
	var bare []webhooks.Event
	for _, event := range events {
		switch event := event.(type) {
		case webhooks.UserJoinedServer:
			event.Raw = nil
			bare = append(bare, event)
		case webhooks.UserVisitedServer:
			event.Raw = nil
			bare = append(bare, event)
		case webhooks.MessagePosted:
			event.Raw = nil
			bare = append(bare, event)
		case webhooks.StoreItemPurchased:
			event.Raw = nil
			bare = append(bare, event)
		case webhooks.AnalysisCreated:
			event.Raw = nil
			bare = append(bare, event)
		case webhooks.AnalysisUpdated:
			event.Raw = nil
			bare = append(bare, event)
		default:
			bare = append(bare, event)
		}
	}
	return bare
}

// TestEventsWithoutName go to a receiver that knows them by the URL.
func TestEventsWithoutName(t *testing.T) {
	t.Parallel()
	inbox := newInbox(t, acceptKey, webhooks.WithEventKind("/joined", webhooks.KindUserJoinedServer))
	srv := newReporter(t, returningaitest.Webhook{
		URL: inbox.url + "/joined", Key: hookKey, EventField: "-", Events: []returningaitest.WebhookEvent{returningaitest.EventUserJoined},
	})
	srv.AddUser(returningaitest.User{Username: "zoe", Outside: true})
	srv.JoinUser("zoe")
	deliveries := settle(t, srv)
	require.NotContains(t, string(deliveries[0].Payload), "user_joins_server")
	require.IsType(t, webhooks.UserJoinedServer{}, inbox.received()[0])
}

// TestReportedEvents tells what happens from what is put there.
func TestReportedEvents(t *testing.T) {
	t.Parallel()
	inbox := newInbox(t, acceptKey)
	srv := newReporter(t)
	general, other := srv.Channels()[0].ID, srv.Channels()[1].ID
	srv.SendWebhooks(
		returningaitest.Webhook{URL: inbox.url, Key: hookKey, Events: []returningaitest.WebhookEvent{returningaitest.EventUserJoined}},
		returningaitest.Webhook{
			URL: inbox.url, Key: hookKey, ChannelID: general, Events: []returningaitest.WebhookEvent{returningaitest.EventMessagePostedToChannel},
		},
	)
	reported := func() []string {
		var told []string
		for _, delivery := range settle(t, srv) {
			var body struct {
				User    struct{ Username string }
				Message string
			}
			require.NoError(t, json.Unmarshal(delivery.Payload, &body))
			told = append(told, body.User.Username+body.Message)
		}
		return told
	}
	create := func(name string, joins bool) {
		created := mustSend(t, post(srv, "/users", toJSON(map[string]any{
			"firstname": "A", "lastname": "B", "username": name, "displayname": name, "email": name + "@example.com",
			"accessLevel": 1, "joinServer": joins, "emailPassword": false, "sendEmail": false,
		})))
		require.Equal(t, http.StatusOK, created.status, created.body)
	}
	srv.AddUser(returningaitest.User{Username: "put"})
	srv.JoinUser("put") // is there already
	srv.AddUser(returningaitest.User{Username: "gone", Outside: true, Deleted: true})
	srv.JoinUser("gone")
	create("outside", false)
	require.Empty(t, reported())

	create("joined", true)
	srv.JoinUser("outside")
	srv.JoinUser("outside")
	registered := mustSend(t, toSystem(srv, http.MethodPost, "/auth/register", `{"email":"r@example.com","username":"registered","password":"p"}`))
	require.Equal(t, http.StatusOK, registered.status)
	for range 2 {
		require.Equal(t, http.StatusOK, mustSend(t, signOn(srv, "action=login&userId=signed-on&email=s@example.com&firstname=S&lastname=O&displayname=SO")).status)
	}
	require.Equal(t, []string{"joined", "outside", "registered", "signed-on"}, reported())

	for _, channel := range []string{other, general} {
		mustSend(t, post(srv, "/messages/send", toJSON(map[string]any{"channelId": channel, "message": "to " + channel, "sender": "bot"})))
	}
	refused := mustSend(t, post(srv, "/messages/send", toJSON(map[string]any{"channelId": general, "message": "no", "sender": "nobody"})))
	require.Equal(t, http.StatusNotFound, refused.status)
	require.Equal(t, "to "+general, reported()[4])
	require.Len(t, reported(), 5)
	require.Len(t, inbox.received(), 5)
}

func TestStoreAndAnalyses(t *testing.T) {
	t.Parallel()
	srv := newReporter(t)
	coins := srv.Users()[0].Coins
	first := srv.PurchaseItem("bot@example.com", returningaitest.Purchase{Item: "Hat"})
	require.Regexp(t, "^[0-9a-f]{24}$", first.ItemID)
	first.ItemID = ""
	require.Equal(t, returningaitest.Purchase{OrderID: "ORD1001", Username: "bot", Item: "Hat", Quantity: 1, BoughtAt: march}, first)
	given := returningaitest.Purchase{
		OrderID: "ORD7", ItemID: "65a0c0de0000000000d00001", Item: "Cape", Price: 3, Quantity: 2, VoucherCode: "V", BoughtAt: march.Add(time.Hour),
	}
	second := srv.PurchaseItem("player-one", given)
	given.Username = "player-one"
	require.Equal(t, given, second)
	require.Equal(t, given, srv.Purchases()[1])
	srv.Purchases()[1].Item = "changed"
	require.Equal(t, given, srv.Purchases()[1])
	require.InDelta(t, coins, srv.Users()[0].Coins, 0)
	srv.VisitServer("bot")
	require.Equal(t, 1, srv.Users()[0].VisitCount)

	require.Equal(t, "a1", srv.PublishAnalysis(map[string]any{"_id": "a1"}))
	require.Regexp(t, "^[0-9a-f]{24}$", srv.PublishAnalysis(nil))
	srv.AddUser(returningaitest.User{Username: "outside", Outside: true})
	for problem, mistake := range map[string]func(){
		"PurchaseItem: Item is empty":                                    func() { srv.PurchaseItem("bot", returningaitest.Purchase{}) },
		`PurchaseItem: there is no user "nobody"`:                        func() { srv.PurchaseItem("nobody", returningaitest.Purchase{Item: "Hat"}) },
		`PurchaseItem: user "outside" is deleted or has not joined`:      func() { srv.PurchaseItem("outside", returningaitest.Purchase{Item: "Hat"}) },
		`VisitServer: user "outside" is deleted or has not joined`:       func() { srv.VisitServer("outside") },
		"PublishAnalysis: the field _id is not a string, empty or taken": func() { srv.PublishAnalysis(map[string]any{"_id": "a1"}) },
		`PublishAnalysis: the field "f" cannot be encoded as JSON`:       func() { srv.PublishAnalysis(map[string]any{"f": func() {}}) },
		`UpdateAnalysis: there is no analysis "a2"`:                      func() { srv.UpdateAnalysis("a2", nil) },
		"UpdateAnalysis: the field _id cannot be changed":                func() { srv.UpdateAnalysis("a1", map[string]any{"_id": "a2"}) },
		`HookURL: operation "webhooks.incoming.other" is unknown`:        func() { srv.HookURL("other") },
		`ProtectHook: operation "webhooks.incoming.other" is unknown`:    func() { srv.ProtectHook("other", returningaitest.HookProtection{}) },
		"ProtectHook: Signature: Secret is empty": func() {
			srv.ProtectHook(returningaitest.HookSendMessage, returningaitest.HookProtection{Signature: returningaitest.Signature{Method: returningaitest.HMACSHA256}})
		},
		"SendWebhooks: URL is not an absolute http or https URL": func() { srv.SendWebhooks(returningaitest.Webhook{URL: "ftp://secret", Events: everyEvent}) },
		"SendWebhooks: Events is empty":                          func() { srv.SendWebhooks(returningaitest.Webhook{URL: "http://localhost"}) },
		`SendWebhooks: Events: "other" is unknown`: func() {
			srv.SendWebhooks(returningaitest.Webhook{URL: "http://localhost", Events: []returningaitest.WebhookEvent{"other"}})
		},
		"SendWebhooks: Attempts, RetryWait or Timeout is negative": func() {
			srv.SendWebhooks(returningaitest.Webhook{URL: "http://localhost", Events: everyEvent, Attempts: -1})
		},
		`InjectDelivery: Event "other" is unknown`:                           func() { srv.InjectDelivery(returningaitest.DeliveryFault{Event: "other", Repeat: 1}) },
		"InjectDelivery: Times, Repeat or Delay is negative":                 func() { srv.InjectDelivery(returningaitest.DeliveryFault{Times: -2, Repeat: 1}) },
		"InjectDelivery: the fault has neither Delay, Repeat, Age nor Alter": func() { srv.InjectDelivery(returningaitest.DeliveryFault{}) },
	} {
		require.PanicsWithValue(t, "returningaitest: "+problem, mistake)
	}
}

// TestProtectHookInvalid refuses encryptions and signatures that cannot work.
func TestProtectHookInvalid(t *testing.T) {
	t.Parallel()
	srv := newReporter(t)
	const gcm = returningaitest.AES256GCM
	for problem, webhook := range map[string]returningaitest.Webhook{
		"Encryption: Mode is empty, and Key is not":                                              {Encryption: returningaitest.Encryption{Key: aesKey}},
		"Encryption: Mode is unknown":                                                            {Encryption: returningaitest.Encryption{Mode: "DES", Key: aesKey}},
		"Encryption: Key has 5 bytes, not 32":                                                    {Encryption: returningaitest.Encryption{Mode: gcm, Key: "short"}},
		"Encryption: IVSize 8 does not fit AES-256-GCM":                                          {Encryption: returningaitest.Encryption{Mode: gcm, Key: aesKey, IVSize: 8}},
		"Encryption: IVSize 12 does not fit AES-256-CBC":                                         {Encryption: returningaitest.Encryption{Mode: returningaitest.AES256CBC, Key: aesKey, IVSize: 12}},
		`Encryption: Envelope has the parts ["iv"], AES-256-GCM needs ["ciphertext" "iv" "tag"]`: {Encryption: returningaitest.Encryption{Mode: gcm, Key: aesKey, Envelope: "{iv}"}},
		"Signature: Method is empty, and Secret is not":                                          {Signature: returningaitest.Signature{Secret: signingSecret}},
		"Signature: Method is unknown":                                                           {Signature: returningaitest.Signature{Method: "RSA", Secret: signingSecret}},
		"Signature: Secret is empty":                                                             {Signature: returningaitest.Signature{Method: returningaitest.HMACSHA256}},
		"Signature: Secret is not whsec_ and padded base64":                                      {Signature: returningaitest.Signature{Method: returningaitest.StandardWebhooks, Secret: "whsec_?"}},
	} {
		webhook.URL, webhook.Events = "http://localhost", everyEvent
		require.PanicsWithValue(t, "returningaitest: SendWebhooks: "+problem, func() { srv.SendWebhooks(webhook) })
	}
	srv.Close()
	require.PanicsWithValue(t, "returningaitest: SendWebhooks: the server is closed", func() {
		srv.SendWebhooks(returningaitest.Webhook{URL: "http://localhost", Events: everyEvent})
	})
	srv.VisitServer("bot") // and nothing is reported
	require.Empty(t, srv.Deliveries())
}

func TestWebhooksRedacted(t *testing.T) {
	t.Parallel()
	const secret = "hush-hush-hush-hush-hush-hush-32"
	encryption := returningaitest.Encryption{Mode: returningaitest.AES256GCM, Key: secret}
	signature := returningaitest.Signature{Method: returningaitest.HMACSHA256, Secret: secret}
	webhook := returningaitest.Webhook{
		URL: listen(t, http.NotFoundHandler()) + "/" + secret, Events: everyEvent, Key: secret, Encryption: encryption, Signature: signature,
	}
	srv := newReporter(t, webhook)
	srv.ProtectHook(returningaitest.HookSendMessage, returningaitest.HookProtection{Key: secret})
	srv.VisitServer("bot")
	delivery := settle(t, srv)[0]
	require.Equal(t, secret, delivery.Attempts[0].Header.Get("x-api-key"))
	require.Equal(t, "delivery 1: user_visits_server failed, statuses [404]", fmt.Sprint(delivery))
	requirePrintsWithout(t, delivery, secret)
	requirePrintsWithout(t, delivery.Attempts[0], secret)
	requirePrintsWithout(t, webhook, secret)
	requirePrintsWithout(t, encryption, secret)
	requirePrintsWithout(t, signature, secret)
	requirePrintsWithout(t, returningaitest.HookProtection{Key: secret, Encryption: encryption}, secret)

	hook := srv.HookURL(returningaitest.HookSendMessage)
	mustSend(t, request{method: http.MethodPost, url: hook})
	_, path, _ := strings.Cut(hook, "/incoming/")
	logged := srv.RequestsTo("webhooks.incoming.sendMessage")[0]
	require.Equal(t, "/incoming/"+path, logged.Path)
	requirePrintsWithout(t, logged, path)
}
