// Package wire is the fake's HTTP API: its routes, and what they read and
// write. Each route reads a [Call], asks the community, and returns a [Result].
// It describes the wire on its own: code that it shared with the SDK could not
// testify against the SDK.
package wire

import "fmt"

// Family is a group of operations that shares a host, a credential and an
// envelope.
type Family int

// The families. [CommunityHost] is the community's own domain, which serves
// Secure Auth only. [Webhooks] is the host of the incoming hooks; that it is a
// host of its own is assumed.
const (
	System Family = iota
	Integration
	Application
	CommunityHost
	Webhooks
)

// Families returns the families, in order.
func Families() []Family { return []Family{System, Integration, Application, CommunityHost, Webhooks} }

// String returns the name of the family, such as "Integration".
func (f Family) String() string {
	if !f.Known() {
		return fmt.Sprintf("Family(%d)", int(f))
	}
	return [...]string{"System", "Integration", "Application", "CommunityHost", "Webhooks"}[f]
}

// Known reports whether the family exists.
func (f Family) Known() bool { return f >= System && f <= Webhooks }

// BasePath precedes the path of every operation, as in production.
func (f Family) BasePath() string {
	return map[Family]string{System: "/api/v1", Integration: "/apis/v1", Application: "/apis/v1"}[f]
}

// Prefix tells the families apart where they share one origin.
func (f Family) Prefix() string {
	return map[Family]string{System: "/system", Integration: "/integration", Application: "/application", Webhooks: "/webhooks"}[f]
}

// CredentialHeader names the header with the family's credential.
func (f Family) CredentialHeader() string {
	switch f {
	case System, Webhooks:
		return "X-Api-Key"
	case CommunityHost:
		return "Apikey"
	}
	return "Authorization"
}
