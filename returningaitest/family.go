package returningaitest

import "fmt"

// Family is a group of operations that shares a host, a way to authenticate
// and an answer envelope.
type Family int

// The families. [CommunityHost] is the community's own domain, which serves
// Secure Auth only. [Webhooks] is the host of the incoming hooks, see
// [Server.HookURL]: that it is one of its own is assumed.
const (
	System Family = iota
	Integration
	Application
	CommunityHost
	Webhooks
)

// families lists them all, in order.
var families = []Family{System, Integration, Application, CommunityHost, Webhooks}

// String returns the name of the family, such as "Integration".
func (f Family) String() string {
	switch f {
	case System:
		return "System"
	case Integration:
		return "Integration"
	case Application:
		return "Application"
	case CommunityHost:
		return "CommunityHost"
	case Webhooks:
		return "Webhooks"
	}
	return fmt.Sprintf("Family(%d)", int(f))
}

// basePath is what stands before the path of every operation, as in
// production.
func (f Family) basePath() string {
	switch f {
	case System:
		return "/api/v1"
	case Integration, Application:
		return "/apis/v1"
	}
	return ""
}

// credentialHeader names the header that carries the family's credential.
func (f Family) credentialHeader() string {
	switch f {
	case System, Webhooks:
		return "X-Api-Key"
	case CommunityHost:
		return "Apikey"
	}
	return "Authorization"
}
