package returningaitest

import (
	"context"
	"fmt"
	"strings"

	"github.com/returningai/returningai-go/returningaitest/internal/community"
	"github.com/returningai/returningai-go/returningaitest/internal/delivery"
	"github.com/returningai/returningai-go/returningaitest/internal/wire"
)

type (
	// Family is a group of operations that shares a host, a credential and an
	// envelope.
	Family = wire.Family
	// WebhookEvent names an event that webhooks report.
	WebhookEvent = community.EventName
	// Webhook is a receiver of events and the way to reach it. It does not print.
	Webhook = delivery.Webhook
	// Encryption is how the bodies of webhooks are encrypted. The zero value
	// does not encrypt. It does not print.
	Encryption = delivery.Encryption
	// EncryptionMode is a mode of AES-256.
	EncryptionMode = delivery.EncryptionMode
	// TextEncoding encodes bytes as a string. [encoding/base64.StdEncoding] is one.
	TextEncoding = delivery.TextEncoding
	// Signature is how the bodies of webhooks are signed, after encryption. The
	// zero value does not sign. It does not print.
	Signature = delivery.Signature
	// SignatureMethod is a way to sign the bodies of webhooks.
	SignatureMethod = delivery.SignatureMethod
	// Delivery is one event on its way to one webhook. It prints as a summary
	// without secrets.
	Delivery = delivery.Delivery
	// DeliveryAttempt is one request of a delivery. It does not print.
	DeliveryAttempt = delivery.Attempt
	// DeliveryState is the outcome of a delivery.
	DeliveryState = delivery.State
	// DeliveryFault simulates failures of the sender and the network.
	DeliveryFault = delivery.Fault
	// Hook is an incoming hook: a URL that changes the community when it is
	// called. The operations are "webhooks.incoming." and the hook.
	Hook = wire.Hook
	// HookProtection holds the proofs that a hook requires of its callers. The zero value
	// requires only its URL. It does not print.
	HookProtection = delivery.Protection
)

// The families. [CommunityHost] is the community's own domain, which serves
// Secure Auth only. [Webhooks] is the host of the incoming hooks; that it is a
// host of its own is assumed.
const (
	System        = wire.System
	Integration   = wire.Integration
	Application   = wire.Application
	CommunityHost = wire.CommunityHost
	Webhooks      = wire.Webhooks
)

// The events. A message is reported twice: Returning.AI has a webhook for
// messages anywhere and one for messages to a channel.
const (
	EventUserJoined             = community.EventUserJoined
	EventUserVisited            = community.EventUserVisited
	EventMessagePosted          = community.EventMessagePosted
	EventMessagePostedToChannel = community.EventMessagePostedToChannel
	EventItemPurchased          = community.EventItemPurchased
	EventAnalysisCreated        = community.EventAnalysisCreated
	EventAnalysisUpdated        = community.EventAnalysisUpdated
)

// How webhooks are encrypted and signed, the states of deliveries, and the
// incoming hooks.
const (
	AES256CBC = delivery.AES256CBC
	AES256GCM = delivery.AES256GCM

	HMACSHA256       = delivery.HMACSHA256
	StandardWebhooks = delivery.StandardWebhooks

	DeliveryPending   = delivery.Pending
	DeliveryDelivered = delivery.Delivered // the status is 200 to 299
	DeliveryFailed    = delivery.Failed    // refused, no attempt is left, or cut short by Close
	DeliveryDropped   = delivery.Dropped   // too many were waiting

	HookSendMessage      = wire.HookSendMessage
	HookUpdateUserFields = wire.HookUpdateUserFields
	HookUpdateCurrency   = wire.HookUpdateCurrency
)

// SendWebhooks reports events to webhooks from now on. Deliveries to one URL
// are made one after the other, in the order of the events, while the server
// goes on; see [Server.WaitForDeliveries] and [Server.Deliveries]. At most
// 100,000 wait for each URL; further ones are dropped.
//
// The API causes events, and so do the methods JoinUser, VisitServer,
// PurchaseItem, PublishAnalysis and UpdateAnalysis. Seeding with AddUser and
// the like sends no events.
//
// It panics if a webhook is invalid or the server is closed.
func (s *Server) SendWebhooks(webhooks ...Webhook) {
	must("SendWebhooks", s.outbox.Add(webhooks...))
}

// InjectDelivery adds faults behind those that wait already. It panics if a
// fault could never act: an unknown Event, a negative number, or nothing to do.
func (s *Server) InjectDelivery(faults ...DeliveryFault) {
	must("InjectDelivery", s.outbox.Inject(faults...))
}

// Deliveries returns copies of the deliveries to webhooks, in the order of the
// events. See [WithRequestLogLimit].
func (s *Server) Deliveries() []Delivery { return s.outbox.Deliveries() }

// WaitForDeliveries waits until no delivery is pending. It also waits for
// deliveries that a receiver causes during its call, such as a bot that replies
// to a message. It fails if ctx ends first.
func (s *Server) WaitForDeliveries(ctx context.Context) error {
	if err := s.outbox.Wait(ctx); err != nil {
		return fmt.Errorf("returningaitest: WaitForDeliveries: %w", err)
	}
	return nil
}

// HookURL returns the URL of an incoming hook. As in production it is a secret:
// it is enough to call the hook, unless [Server.ProtectHook] requires more. It panics if the hook is unknown.
func (s *Server) HookURL(hook Hook) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	route, err := s.router.Route(hook.Operation())
	must("HookURL", err)
	_, path, _ := strings.Cut(route.Pattern, " ")
	return s.URL(route.Family) + path
}

// ProtectHook sets what a hook requires from now on. It panics if the hook is
// unknown or the protection is invalid.
func (s *Server) ProtectHook(hook Hook, protection HookProtection) {
	completed, err := protection.Completed()
	s.mu.Lock()
	defer s.mu.Unlock()
	_, routeErr := s.router.Route(hook.Operation())
	must("ProtectHook", routeErr)
	must("ProtectHook", err)
	s.settings.Hooks[hook] = completed
}
