// Package webhooks receives what Returning.AI sends, and calls the hooks that
// it offers.
//
// # Receiving
//
// A [Receiver] takes each delivery through the same steps: method and type, a
// bounded read, verification, decryption, JSON, deduplication, your callback.
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
// What Returning.AI adds to its calls for proving where they come from is not
// documented. So a receiver offers the usual ways ([WithStandardWebhooks],
// [WithHMAC], [WithKeyHeader], [WithURLSecret], AES-256-GCM itself) and insists
// on at least one of them. All that are given must pass; [AnyOf] makes
// alternatives; several secrets in one make rotation possible.
//
// The shape of encrypted envelopes and of event bodies is assumed as well:
// strict about what is proven, liberal about where it stands. An event of an
// unknown kind is an [Unknown] with its JSON, not an error.
//
// # What is answered
//
// Bodies are the fixed text of the status; see [StatusCode] and [Answer].
//
//	200  done, or queued, or done before
//	400  broken off, or verified but no JSON event
//	401  not verified, or not decrypted
//	405  not a POST
//	409  the same delivery is being worked on
//	413  body too large
//	415  a form, or compressed
//	500  the callback failed
//	503  the dedupe store refused, the queue is full, or the receiver shuts down
//
// # Repeats
//
// Senders repeat what was not acknowledged. A delivery whose id is
// authenticated (Standard Webhooks) is worked on once, as long as it is
// remembered: see [Deduper]. Across crashes delivery is at least once. Without
// such an id every arrival counts as new, unless [WithBodyDigestDedupe] is
// chosen.
//
// # Sending
//
// A [Sender] calls one incoming hook, whose URL is a secret: with the API key,
// encryption and signature that the hook is set up for. It never repeats a
// message that may have arrived: see [SendError.MaybeApplied].
package webhooks
