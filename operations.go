package returningai

import (
	"github.com/returningai/returningai-go/internal/rest"
)

// Certainty is how sure this package is of a part of the contract.
type Certainty string

// The certainties, from the surest down.
const (
	// CertaintyDocumented is a fact on the vendor's public docs.
	CertaintyDocumented Certainty = Certainty(rest.Documented)
	// CertaintyObserved is a fact seen in a public client of the API.
	CertaintyObserved Certainty = Certainty(rest.Observed)
	// CertaintyAssumed is derived from documented siblings. It may be wrong: see
	// [WithRoute] for a route that is.
	CertaintyAssumed Certainty = Certainty(rest.Assumed)
)

// Operation describes one operation of the API as this package knows it.
type Operation struct {
	// ID is the stable id of the operation, as in [OperationIntegrationMessagesSend].
	// Errors, logs and [WithRoute] use it.
	ID string
	// GoMethod is the method that performs it, from the client on, as in
	// "Integration.Messages.Send".
	GoMethod string
	Family   Family
	// Method is the HTTP method.
	Method string
	// Path is the template under the family's base URL.
	Path string
	// Permission is the permission that the bearer token needs, "" where none is known.
	Permission string
	// Idempotent operations are retried after a response was lost.
	Idempotent bool
	// ReadsOnly operations change nothing on the server.
	ReadsOnly bool
	// RouteCertainty is that of method and path.
	RouteCertainty Certainty
	// BodyCertainty is that of parameters, body and response.
	BodyCertainty Certainty
	// PermissionCertainty is that of Permission, "" without one.
	PermissionCertainty Certainty
	// Docs is the address of the vendor's page, "" where none is known.
	Docs string
}

// Operations lists every operation that this package knows, in the order of
// their ids.
func Operations() []Operation {
	defined := rest.Operations()
	operations := make([]Operation, len(defined))
	for i, op := range defined {
		operations[i] = Operation{
			ID: op.ID, GoMethod: op.GoMethod, Family: Family(op.Family),
			Method: op.Method, Path: op.Path, Permission: op.Permission,
			Idempotent: op.Idempotent, ReadsOnly: op.ReadsOnly(),
			RouteCertainty:      Certainty(op.RouteCertainty),
			BodyCertainty:       Certainty(op.BodyCertainty),
			PermissionCertainty: Certainty(op.PermissionCertainty),
			Docs:                op.Docs,
		}
	}
	return operations
}

// findOperation returns the operation of the given id, or nil.
func findOperation(id string) *rest.Operation {
	for _, op := range rest.Operations() {
		if op.ID == id {
			return op
		}
	}
	return nil
}
