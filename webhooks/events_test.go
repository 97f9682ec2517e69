package webhooks_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/returningai/returningai-go/webhooks"
	"github.com/returningai/returningai-go/webhooks/webhookstest"
)

// parse reads an event that comes with the right key.
func parse(t *testing.T, target, text string, options ...webhooks.ReceiverOption) webhooks.Event {
	t.Helper()
	receiver := newReceiver(t, append(options, acceptKey)...)
	request := webhookstest.Request(t, target, json.RawMessage(`{}`), sendKey)
	webhookstest.SetBody(request, []byte(text))
	delivery, err := receiver.Parse(request)
	require.NoError(t, err)
	require.Equal(t, text, string(delivery.Event.Base().Raw))
	return delivery.Event
}

var (
	at  = time.Date(2026, 3, 1, 12, 30, 0, 0, time.UTC)
	ada = webhooks.User{
		ID: "64b7f0c2a1d3e4f5a6b7c801", Username: "ada", DisplayName: "Ada", Email: "ada@example.com", FirstName: "Ada", LastName: "Byron",
	}
)

// TestEvents reads the events nested, flat and wrapped, under every spelling.
func TestEvents(t *testing.T) {
	t.Parallel()
	body := func(kind webhooks.Kind) string { return string(webhookstest.Body(kind)) }
	base := func(kind webhooks.Kind, text string) webhooks.EventBase {
		return webhooks.EventBase{Kind: kind, Name: string(kind), ServerID: "64b7f0c2a1d3e4f5a6b7c8d9", Time: at, Raw: json.RawMessage(text)}
	}
	const (
		userFlat = `"username":"ada","displayName":"Ada","email":"ada@example.com","firstName":"Ada","lastName":"Byron"`
		head     = `"serverId":"64b7f0c2a1d3e4f5a6b7c8d9","createdAt":"2026-03-01T12:30:00Z"`
		adaID    = "64b7f0c2a1d3e4f5a6b7c801"
	)
	message := func(kind webhooks.Kind, text, replyTo string) webhooks.MessagePosted {
		return webhooks.MessagePosted{
			EventBase: base(kind, text), MessageID: "64b7f0c2a1d3e4f5a6b7c802", Message: "good game",
			Channel: webhooks.Channel{ID: "64b7f0c2a1d3e4f5a6b7c803", Topic: "general", Type: "open"},
			Sender:  ada, ReplyTo: replyTo,
		}
	}
	purchase := func(text string) webhooks.StoreItemPurchased {
		return webhooks.StoreItemPurchased{
			EventBase: base(webhooks.KindStoreItemPurchased, text), OrderID: "ORD1001",
			Item:  webhooks.StoreItem{ID: "64b7f0c2a1d3e4f5a6b7c805", Name: "Golden frame", Price: "250", Quantity: 1},
			Buyer: ada, VoucherCode: "GG-2026",
		}
	}
	for _, one := range []struct {
		text string
		want func(text string) webhooks.Event
	}{
		{body(webhooks.KindUserJoinedServer), func(text string) webhooks.Event {
			return webhooks.UserJoinedServer{EventBase: base(webhooks.KindUserJoinedServer, text), User: ada}
		}},
		{body(webhooks.KindUserVisitedServer), func(text string) webhooks.Event {
			return webhooks.UserVisitedServer{EventBase: base(webhooks.KindUserVisitedServer, text), User: ada}
		}},
		{`{"eventType":"user_joins_server",` + head + `,"_id":"` + adaID + `",` + userFlat + `}`, func(text string) webhooks.Event {
			return webhooks.UserJoinedServer{EventBase: base(webhooks.KindUserJoinedServer, text), User: ada}
		}},
		{`{"type":"user_joins_server","communityId":"64b7f0c2a1d3e4f5a6b7c8d9","timestamp":1772368200,"id":"x","userId":"` + adaID + `",` + userFlat + `}`, func(text string) webhooks.Event {
			return webhooks.UserJoinedServer{EventBase: base(webhooks.KindUserJoinedServer, text), User: ada}
		}},
		{`{"webhookType":"user_visits_server","id":"evt_1","data":{` + head + `,"user":{"userId":"` + adaID + `",` + userFlat + `}}}`, func(text string) webhooks.Event {
			return webhooks.UserVisitedServer{EventBase: base(webhooks.KindUserVisitedServer, text), User: ada}
		}},
		{`{"event":"user_visits_server",` + head + `,"payload":{"id":"` + adaID + `",` + userFlat + `}}`, func(text string) webhooks.Event {
			return webhooks.UserVisitedServer{EventBase: base(webhooks.KindUserVisitedServer, text), User: ada}
		}},
		{body(webhooks.KindMessagePostedAnywhere), func(text string) webhooks.Event {
			return message(webhooks.KindMessagePostedAnywhere, text, "")
		}},
		{body(webhooks.KindMessagePostedToChannel), func(text string) webhooks.Event {
			return message(webhooks.KindMessagePostedToChannel, text, "64b7f0c2a1d3e4f5a6b7c804")
		}},
		{`{"event":"new_message_posted_to_channel",` + head + `,"_id":"64b7f0c2a1d3e4f5a6b7c802","content":"good game","channelId":"64b7f0c2a1d3e4f5a6b7c803","name":"general","channelType":"open","userId":"` + adaID + `",` + userFlat + `,"replyTo":{"_id":"r1"}}`, func(text string) webhooks.Event {
			return message(webhooks.KindMessagePostedToChannel, text, "r1")
		}},
		{`{"event":"new_message_posted_anywhere",` + head + `,"message":{"_id":"64b7f0c2a1d3e4f5a6b7c802","content":"good game"},"channel":{"channelId":"64b7f0c2a1d3e4f5a6b7c803","name":"general","channelType":"open"},"user":{"id":"` + adaID + `",` + userFlat + `}}`, func(text string) webhooks.Event {
			return message(webhooks.KindMessagePostedAnywhere, text, "")
		}},
		{body(webhooks.KindStoreItemPurchased), func(text string) webhooks.Event { return purchase(text) }},
		{`{"event":"purchased_store_item",` + head + `,"transactionId":"ORD1001","_id":"64b7f0c2a1d3e4f5a6b7c805","name":"Golden frame","price":"250","quantity":"1.0","voucherCode":"GG-2026","userId":"` + adaID + `",` + userFlat + `}`, func(text string) webhooks.Event { return purchase(text) }},
		{`{"event":"purchased_store_item",` + head + `,"orderId":"ORD1001","product":{"productId":"64b7f0c2a1d3e4f5a6b7c805","name":"Golden frame","price":250,"quantity":1},"voucherCode":"GG-2026","user":{"_id":"` + adaID + `",` + userFlat + `}}`, func(text string) webhooks.Event { return purchase(text) }},
		{`{"event":"create_analysis",` + head + `,"id":"a1"}`, func(text string) webhooks.Event {
			return webhooks.AnalysisCreated{EventBase: base(webhooks.KindAnalysisCreated, text)}
		}},
		{`{"event":"update_analysis",` + head + `,"id":"a1"}`, func(text string) webhooks.Event {
			return webhooks.AnalysisUpdated{EventBase: base(webhooks.KindAnalysisUpdated, text)}
		}},
		{`{"event":"dragon_slain",` + head + `}`, func(text string) webhooks.Event {
			return webhooks.Unknown{EventBase: base("dragon_slain", text)}
		}},
	} {
		t.Run(one.text, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, one.want(one.text), parse(t, path, one.text))
		})
	}
}

// TestMessageScope tells the two message hooks apart.
func TestMessageScope(t *testing.T) {
	t.Parallel()
	anywhere, ok := parse(t, path, `{"event":"New Message Posted Anywhere"}`).(webhooks.MessagePosted)
	require.True(t, ok)
	require.False(t, anywhere.ToChannel())
	channel, ok := parse(t, path, `{"event":"New Message Posted To channel"}`).(webhooks.MessagePosted)
	require.True(t, ok)
	require.True(t, channel.ToChannel())
}

// TestSenderAsText reads a sender given as the REST API takes one.
func TestSenderAsText(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]webhooks.User{
		`{"event":"new_message_posted_anywhere","sender":"bot@example.com"}`: {Email: "bot@example.com"},
		`{"event":"new_message_posted_anywhere","sender":"bot"}`:             {Username: "bot"},
		`{"event":"new_message_posted_anywhere","sender":7}`:                 {},
	} {
		require.Equal(t, want, parse(t, path, text).(webhooks.MessagePosted).Sender)
	}
}

// TestKinds decides the kind by any spelling, the first known field, or the
// path.
func TestKinds(t *testing.T) {
	t.Parallel()
	joined := webhooks.KindUserJoinedServer
	for text, want := range map[string]webhooks.Kind{
		`{"event":"user_joins_server"}`:                             joined,
		`{"event":"userJoinsServer"}`:                               joined,
		`{"event":"User Joins Server"}`:                             joined,
		`{"event":"USER-JOINS-SERVER"}`:                             joined,
		`{"event":"user.joins.server"}`:                             joined,
		`{"event":"","type":"user_joins_server"}`:                   joined,
		`{"event":{"name":"x"},"webhookType":"user_joins_server"}`:  joined,
		`{"event":"ping","type":"user_joins_server"}`:               joined,
		`{"event":"user_joins_server","type":"user_visits_server"}`: joined,
		`{"event":"Purchased Store Item"}`:                          webhooks.KindStoreItemPurchased,
		`{"event":"createAnalysis"}`:                                webhooks.KindAnalysisCreated,
		`{"event":"update analysis"}`:                               webhooks.KindAnalysisUpdated,
		`{"event":"ping","type":"pong"}`:                            "ping",
		`{"event":"user_joins_server_not"}`:                         "user_joins_server_not",
		`{"event":7}`:                                               "",
		`{}`:                                                        "",
		`[{"event":"user_joins_server"}]`:                           "",
		`{"data":{"event":"user_joins_server"}}`:                    "",
		`{"event":"ユーザー参加","eventType":"user_joins_server\u0000"}`:  joined,
	} {
		require.Equal(t, want, parse(t, path, text).Base().Kind, text)
	}

	edges := webhooks.WithEventName("AZaz09", joined)
	for name, want := range map[string]webhooks.Kind{
		"az-AZ_09": joined, "az/AZ:0@9[`{é~": joined, "azaz": "azaz", "azaz0": "azaz0", "azaz9": "azaz9", "zaz09": "zaz09", "aaz09": "aaz09",
	} {
		require.Equal(t, want, parse(t, path, `{"event":"`+name+`"}`, edges).Base().Kind, name)
	}

	bound := webhooks.WithEventKind("/visits", webhooks.KindUserVisitedServer)
	require.IsType(t, webhooks.UserVisitedServer{}, parse(t, "/visits", `{"username":"ada"}`, bound))
	require.IsType(t, webhooks.UserVisitedServer{}, parse(t, "/visits", `[]`, bound))
	require.IsType(t, webhooks.UserJoinedServer{}, parse(t, "/visits", `{"event":"user_joins_server"}`, bound))
	event := parse(t, "/visits", `{"event":"member_seen"}`, bound)
	require.IsType(t, webhooks.UserVisitedServer{}, event)
	require.Equal(t, "member_seen", event.Base().Name)
	require.IsType(t, webhooks.Unknown{}, parse(t, "/visits/", `{}`, bound))

	named := webhooks.WithEventName("member.added", joined)
	require.Equal(t, joined, parse(t, path, `{"event":"member_added"}`, named).Base().Kind)
	fields := webhooks.WithKindFields("what")
	require.Equal(t, joined, parse(t, path, `{"event":"user_visits_server","what":"user_joins_server"}`, fields).Base().Kind)
}

// TestOddFields skips fields that do not fit, and keeps the event.
func TestOddFields(t *testing.T) {
	t.Parallel()
	event := parse(t, path, `{"event":"purchased_store_item","orderId":1001,"item":{"name":["x"],"price":"a lot","quantity":1.5},"user":"ada","createdAt":"soon","serverId":null,"server":{"_id":"s1"}}`)
	require.Equal(t, webhooks.StoreItemPurchased{
		EventBase: webhooks.EventBase{Kind: webhooks.KindStoreItemPurchased, Name: "purchased_store_item", ServerID: "s1", Raw: event.Base().Raw},
		OrderID:   "1001",
	}, event)
	for quantity, want := range map[string]int64{"3": 3, `"4"`: 4, "1e2": 100, "1e300": 0, "-2": -2,
		"9007199254740991": 1<<53 - 1, "9007199254740992": 0, "9007199254740993": 0, "-9007199254740991": 1 - 1<<53, "-9007199254740992": 0,
		"true": 0, `""`: 0, `"0x10"`: 0} {
		event := parse(t, path, `{"event":"purchased_store_item","item":{"quantity":`+quantity+`}}`).(webhooks.StoreItemPurchased)
		require.Equal(t, want, int64(event.Item.Quantity), quantity)
	}
	for price, want := range map[string]json.Number{
		"12345678901234567890.10": "12345678901234567890.10", `" 12.5\n"`: "12.5", `"12 USD"`: "", `"12x"`: "", `"true"`: "", "true": "", `""`: "",
	} {
		event := parse(t, path, `{"event":"purchased_store_item","item":{"price":`+price+`}}`).(webhooks.StoreItemPurchased)
		require.Equal(t, want, event.Item.Price, price)
	}
}

// TestTimes reads the time in every form of the REST API.
func TestTimes(t *testing.T) {
	t.Parallel()
	day := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Time{
		`"createdAt":"2026-03-01T12:30:00.000Z"`:     at,
		`"timestamp":"2026-03-01T14:30:00+02:00"`:    at,
		`"time":1772368200`:                          at,
		`"occurredAt":1772368200000`:                 at,
		`"time":"1772368200"`:                        at,
		`"date":"2026-03-01"`:                        day,
		`"date":"01/03/2026"`:                        day,
		`"createdAt":"","timestamp":"2026-03-01"`:    day,
		`"data":{"time":"2026-03-01"}`:               day,
		`"timestamp":"2026-03-01","data":{"id":"x"}`: day,
		`"createdAt":0,"timestamp":"2026-03-01"`:     day,
		`"time":1`:                                   time.Unix(1, 0),
		`"time":99999999999`:                         time.Unix(99999999999, 0),
		`"time":100000000000`:                        time.UnixMilli(100000000000),
		`"time":99999999999999`:                      time.UnixMilli(99999999999999),
		`"time":100000000000000`:                     {},
		`"time":0`:                                   {},
		`"time":-1`:                                  {},
		`"time":99999999999999999999`:                {},
		`"time":999999999999999`:                     {},
		`"time":1.5`:                                 {},
		`"time":"yesterday"`:                         {},
	} {
		got := parse(t, path, `{"event":"user_joins_server",`+text+`}`).Base().Time
		require.True(t, want.Equal(got), "%s: %v", text, got)
	}
}

// TestBodies makes sure that the test kit has a body for every kind that is
// read as such.
func TestBodies(t *testing.T) {
	t.Parallel()
	for _, kind := range []webhooks.Kind{
		webhooks.KindUserJoinedServer, webhooks.KindUserVisitedServer, webhooks.KindMessagePostedAnywhere,
		webhooks.KindMessagePostedToChannel, webhooks.KindStoreItemPurchased, webhooks.KindAnalysisCreated, webhooks.KindAnalysisUpdated,
	} {
		require.Equal(t, kind, parse(t, path, string(webhookstest.Body(kind))).Base().Kind)
	}
	require.Nil(t, webhookstest.Body("dragon_slain"))
}
