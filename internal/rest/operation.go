// Package rest holds what the three families of services share: the table of
// operations, the building of requests, the envelopes of responses, paging and
// uploads. It sends nothing by itself: the root implements [Caller], which owns
// authentication, retries, errors and hooks.
package rest

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// Family is one of the service families of the API. Each has a base URL, a
// credential and an envelope of its own.
type Family string

// The families.
const (
	System        Family = "system"
	Integration   Family = "integration"
	Application   Family = "application"
	CommunityHost Family = "community"
)

// Certainty is how sure the SDK is of a part of the contract.
type Certainty string

// The three certainties, from the surest down.
const (
	Documented Certainty = "documented" // on the vendor's public docs
	Observed   Certainty = "observed"   // seen in a public client of the API
	Assumed    Certainty = "assumed"    // derived from documented siblings
)

// Operation declares one operation of the API. It is declared once, beside its
// method; retries, error text, telemetry, docs and tests read this value.
type Operation struct {
	ID         string // the contract's stable operation id
	GoMethod   string // the method that performs it, from the client: "Integration.Channels.List"
	Family     Family
	Method     string
	Path       string // template under the family's base URL; may hold a query
	Permission string // permission of a bearer key, "" where none is known
	Idempotent bool   // may be sent again after a response was lost
	Reads      bool   // a POST that changes nothing; idempotent GETs need not say so
	Anonymous  bool   // works without a credential; one that is configured is sent
	Secret     bool   // its response holds a secret: errors do not keep its body
	Docs       string // address of the vendor's page, "" where none is known

	RouteCertainty      Certainty // of method and path
	BodyCertainty       Certainty // of parameters, request body and response
	PermissionCertainty Certainty // that the permission guards this operation; "" without one

	template template // Path, split
}

// split returns the path, split at its placeholders.
func (op *Operation) split() template {
	if op.template.literals == nil { // not defined, but made for one call
		return split(op.Path)
	}
	return op.template
}

// DocsPage returns the address of a page of the vendor's docs, for Operation.Docs.
func DocsPage(page string) string { return "https://dev.returning.ai/" + page }

// ReadsOnly reports whether the operation changes nothing on the server.
func (op *Operation) ReadsOnly() bool {
	get := op.Method == http.MethodGet || op.Method == http.MethodHead
	return op.Idempotent && (get || op.Reads)
}

// RoutePath returns the path template without its query, for texts: a query
// that was configured could hold anything.
func (op *Operation) RoutePath() string {
	path, _, _ := strings.Cut(op.Path, "?")
	return path
}

var table struct {
	sync.Mutex
	operations map[string]*Operation
}

// Define enters op into the table of operations and returns it. It is called
// while packages initialise, and panics on a declaration that is wrong in
// itself, which the first test run shows.
func Define(op Operation) *Operation {
	table.Lock()
	defer table.Unlock()
	if _, twice := table.operations[op.ID]; twice {
		panic("rest: operation defined twice: " + op.ID)
	}
	if err := CheckRoute(op.Path); err != nil {
		panic(fmt.Sprintf("rest: operation %s: %v", op.ID, err))
	}
	if table.operations == nil {
		table.operations = make(map[string]*Operation)
	}
	op.template = split(op.Path)
	table.operations[op.ID] = &op
	return &op
}

// Operations returns every operation defined, in the order of their ids.
func Operations() []*Operation {
	table.Lock()
	defer table.Unlock()
	operations := make([]*Operation, 0, len(table.operations))
	for _, op := range table.operations {
		operations = append(operations, op)
	}
	slices.SortFunc(operations, func(a, b *Operation) int { return cmp.Compare(a.ID, b.ID) })
	return operations
}
