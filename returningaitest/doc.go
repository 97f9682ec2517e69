// Package returningaitest is an in-memory Returning.AI for tests and for
// programs that run offline. It listens on loopback, keeps state, checks
// credentials and requests, records what it receives, and fails on demand:
//
//	srv := returningaitest.NewServer(t)
//	srv.Inject(returningaitest.Fault{
//		Operation: returningai.OperationIntegrationMessagesSend,
//		Response:  returningaitest.RetryAfter(http.StatusTooManyRequests, "1"),
//	})
//	// … point a client at srv.URL(returningaitest.Integration), use it …
//	require.Len(t, srv.RequestsTo(returningai.OperationIntegrationMessagesSend), 2)
//
// [NewServer] is for tests and closes by itself; [Start] is for programs. Every
// [Family] is an origin (a port) of its own, as in production, unless
// [WithAddress] is set. A new server accepts one API key and one bearer token
// with every permission, and has a few channels, users, roles and a badge; see
// [WithSeed]. [WithInMemoryNetwork] works inside testing/synctest.
//
// Package console adds an HTTP API that controls a server and a web page that
// shows it live. The program cmd/fakeserver offers both to any language.
//
// # Webhooks
//
// [Server.SendWebhooks] registers URLs for events: users who join, messages,
// and what a test causes with [Server.PurchaseItem], [Server.VisitServer] or
// [Server.PublishAnalysis]. [Server.HookURL] is an incoming hook, which takes
// messages, custom fields and currency. Both can be encrypted and signed in
// every way that the live service plausibly uses, by code that is not the SDK's.
//
// # Sources
//
// The fake follows what is publicly known of the API. Everything else is
// assumed: the error bodies (the success envelope of the family, reporting a
// failure, with a message), the order in which a request is checked, 405 for a
// known path with another method, 413 for a body above [WithMaxBody], 429 and
// its Retry-After, and the X-Request-Id header of responses. Assumptions about
// one operation are in its comment. Passing against the fake does not
// prove passing against the live service.
//
// # Mistakes in the test itself
//
// Arguments that can never work, such as a [Fault] for an unknown operation,
// panic with a text that names the argument: a test that goes on with a fault
// that never acts would prove nothing.
//
// # Layout
//
// This package has the server, faults, logs and locks. internal/community is the
// model, without HTTP and locks. internal/wire has the routes and their requests
// and responses, one file a service. internal/delivery sends webhooks.
package returningaitest
