package returningai

import (
	"net/http"

	"github.com/returningai/returningai-go/internal/testerror"
	"github.com/returningai/returningai-go/internal/transport"
)

// The errors of returningaitest.NewError are made here, as real ones are.
var _ = testerror.Define(newTestError)

func newTestError(params testerror.Params) error {
	op := findOperation(params.Operation)
	if op == nil {
		return nil
	}
	category := transport.StatusCategory(params.StatusCode)
	if len(params.Problems) > 0 {
		category = ErrInvalid
	}
	call := &call{op: op}
	failure := call.fail(params.Message, append(params.Causes, category)...)
	failure.StatusCode, failure.RequestID, failure.RetryAfter = params.StatusCode, params.RequestID, params.RetryAfter
	failure.Attempts, failure.maybeApplied = params.Attempts, params.MaybeApplied
	if params.StatusCode == http.StatusUnauthorized || params.StatusCode == http.StatusForbidden {
		failure.help = call.help(params.StatusCode)
	}
	for _, problem := range params.Problems {
		failure.problems = append(failure.problems, Problem(problem))
	}
	return failure
}
