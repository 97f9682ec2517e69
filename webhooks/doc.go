// Package webhooks receives the events that Returning.AI sends and calls the
// hooks it offers.
//
// # Receiving
//
// A [Receiver] is an [net/http.Handler]. It checks where a request comes from,
// decrypts it, skips duplicates, and calls your function with a typed event. If
// your function returns an error, the sender is asked to deliver the event
// again.
//
//	receiver, err := webhooks.NewReceiver(
//		webhooks.WithKeyHeader(webhooks.APIKeyHeader, webhooks.NewSecret("2026", key)),
//		webhooks.WithDecryption(webhooks.AES256GCM, webhooks.NewSecret("2026", aesKey)),
//	)
//	webhooks.On(receiver, func(ctx context.Context, event webhooks.UserJoinedServer) error {
//		return greet(ctx, event.User)
//	})
//	http.Handle("/hooks/returningai", receiver)
//
// How Returning.AI proves where its calls come from is not documented. So a
// receiver offers the usual ways ([WithStandardWebhooks], [WithHMAC],
// [WithKeyHeader], [WithURLSecret], AES-256-GCM itself, your own functions) and
// insists on at least one of them. All that are given must pass; [AnyOf] makes
// alternatives; several secrets in one make rotation possible.
//
// The shape of encrypted envelopes and of event bodies is assumed as well. The
// package is strict about proofs and lenient about layout. An
// event of an unknown kind is an [Unknown] with its JSON, not an error.
//
// # Responses
//
// Bodies are the fixed text of the status; see [StatusCode] and [Respond].
//
//	200  done, queued, a duplicate, or in doubt (see [On] and [WithInDoubt])
//	400  broken off, or verified but no JSON event
//	401  not verified, or not decrypted
//	405  not a POST
//	409  the same delivery is being handled; Retry-After
//	413  body too large
//	415  a form, or compressed
//	500  the callback failed
//	503  the dedupe store, the clock or your own verifier failed, the queue is
//	     full, or the receiver shuts down; Retry-After
//
// # Duplicates
//
// Senders retry what was not acknowledged. A delivery whose id is authenticated
// (Standard Webhooks) is handled once, as long as it is remembered: see
// [Deduper]. Its key is the id, the verifier and the URL path, so that one id
// for two hooks is two deliveries. Nothing proves the path: give a receiver the
// exact paths of its hooks, not a pattern that matches many, or a delivery can
// be replayed to another path. Across crashes, delivery is at least once.
// Without such an id every arrival counts as new, unless
// [WithBodyDigestDedupe] is chosen; the receiver says so in its log.
//
// # Sending
//
// A [Sender] calls one incoming hook, whose URL is a secret: with the API key,
// encryption and signature that the hook is set up for. It never sends a message
// again that may have arrived: see [SendError.MaybeApplied].
package webhooks
