package returningaitest

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/internal/testerror"
)

// ErrorParams describes an error for [NewError].
type ErrorParams struct {
	// Operation is the id of an operation, such as
	// returningai.OperationSystemBadgesAward. Required.
	Operation string
	// StatusCode is the HTTP status, 0 for an error without a response.
	StatusCode int
	Message    string
	RequestID  string
	RetryAfter time.Duration
	// Attempts defaults to 1, and to 0 with Problems.
	Attempts int
	// MaybeApplied makes an error after which the operation may have been
	// applied, such as a lost response.
	MaybeApplied bool
	// Problems make the error of a call that was refused before it was sent.
	Problems []returningai.Problem
	// Causes match with errors.Is, such as [returningai.ErrTimeout] or
	// [context.Canceled]. The category of the status always does.
	Causes []error
}

// NewError returns an error as a client returns it, for your mocks:
//
//	lost := returningaitest.NewError(returningaitest.ErrorParams{
//		Operation: returningai.OperationSystemBadgesAward, MaybeApplied: true, Causes: []error{returningai.ErrTimeout},
//	})
//
// It panics if there is no such operation, and if no client could return the
// error: MaybeApplied with Problems or with a status that rules it out.
func NewError(params ErrorParams) *returningai.Error {
	must("NewError", params.check())
	if params.Attempts == 0 && len(params.Problems) == 0 {
		params.Attempts = 1
	}
	problems := make([]testerror.Problem, len(params.Problems))
	for i, problem := range params.Problems {
		problems[i] = testerror.Problem(problem)
	}
	made, ok := errors.AsType[*returningai.Error](testerror.New(testerror.Params{
		Operation: params.Operation, StatusCode: params.StatusCode, Message: params.Message, RequestID: params.RequestID,
		RetryAfter: params.RetryAfter, Attempts: params.Attempts, MaybeApplied: params.MaybeApplied,
		Problems: problems, Causes: params.Causes,
	}))
	if !ok {
		must("NewError", fmt.Errorf("there is no operation %q", params.Operation))
	}
	return made
}

func (p ErrorParams) check() error {
	refused := p.StatusCode/100 == 4 && p.StatusCode != http.StatusRequestTimeout ||
		p.StatusCode == http.StatusTemporaryRedirect || p.StatusCode == http.StatusPermanentRedirect
	switch {
	case p.MaybeApplied && len(p.Problems) > 0:
		return errors.New("a call with Problems was not sent, so it is not MaybeApplied")
	case p.MaybeApplied && refused:
		return fmt.Errorf("after status %d nothing was applied", p.StatusCode)
	case p.StatusCode != 0 && len(p.Problems) > 0:
		return errors.New("a call with Problems was not sent, so it has no StatusCode")
	}
	return nil
}
