// Package returningaitest is an in-memory Returning.AI for tests and for
// programs that run offline. It listens on loopback, keeps state, checks
// credentials and requests, records what it receives, and misbehaves on
// demand:
//
//	srv := returningaitest.NewServer(t)
//	srv.Inject(returningaitest.Fault{
//		Operation: "integration.messages.send",
//		Answer:    returningaitest.RetryAfter(http.StatusTooManyRequests, "1"),
//	})
//	// … point a client at srv.URL(returningaitest.Integration), use it …
//	require.Len(t, srv.RequestsTo("integration.messages.send"), 2)
//
// [NewServer] is for tests and closes by itself; [Start] is for programs.
// Every [Family] is an origin (a port) of its own, as in production. A new
// server knows one API key and one bearer token with every permission, and holds a
// server with a few channels, users, roles and a badge; [WithoutSeed] leaves
// out all but the credentials.
//
// # Webhooks
//
// [Server.SendWebhooks] registers URLs that the server reports events to:
// users who join, messages, and what a test makes happen with
// [Server.PurchaseItem], [Server.VisitServer] or [Server.PublishAnalysis].
// [Server.HookURL] is an incoming hook, which takes messages, custom fields and
// currency. Both can be encrypted and signed in every way that the live service
// plausibly uses, by code that is not the SDK's.
//
// # What it is written from
//
// The fake follows what is publicly known of the API, and where that ends it
// assumes. Assumed throughout: the shape of error bodies (the success envelope
// of the family, saying that it failed, with a message), the order in which a
// request is checked, 405 for a known path with another method, 413 for a body
// above [WithMaxBody], 429 and its Retry-After, and the X-Request-Id header of
// answers. Assumed facts of one operation stand at that operation. Passing
// against the fake is no proof of passing against the live service.
//
// # Mistakes in the test itself
//
// Arguments that can never work, such as a [Fault] for an operation that does
// not exist, panic with a text that names the argument: a test that goes on
// with a fault that never acts would prove nothing.
package returningaitest
