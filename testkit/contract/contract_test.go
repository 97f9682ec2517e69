// Package contract tests what every operation does, whatever its family: the
// request that it sends, the errors that it returns, and when it is retried.
package contract

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/internal/rest"
	"github.com/returningai/returningai-go/returningaitest"
	"github.com/returningai/returningai-go/testkit/calls"
	"github.com/returningai/returningai-go/testkit/golden"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newServer(t *testing.T) *returningaitest.Server {
	t.Helper()
	return returningaitest.NewServer(t, returningaitest.WithSeed(returningaitest.FullSeed()))
}

// quick is the default policy without noticeable waits and with a budget for
// all failures of one test.
func quick() returningai.Option {
	policy := returningai.DefaultRetryPolicy()
	policy.MinWait, policy.MaxWait, policy.BudgetBurst = time.Nanosecond, time.Nanosecond, 1000
	return returningai.WithRetryPolicy(policy)
}

func failed(t *testing.T, err error) *returningai.Error {
	t.Helper()
	failure, ok := errors.AsType[*returningai.Error](err)
	require.True(t, ok, "%T: %v", err, err)
	return failure
}

func TestEveryOperationHasOneCall(t *testing.T) {
	t.Parallel()
	var defined, called []string
	names := map[string]bool{}
	for _, op := range rest.Operations() {
		defined = append(defined, op.ID)
	}
	for _, call := range calls.All() {
		require.False(t, names[call.Name()], "%s is listed twice", call.Name())
		names[call.Name()] = true
	}
	for _, call := range calls.Plain() {
		called = append(called, call.Operation)
	}
	slices.Sort(called)
	require.Equal(t, defined, called)
}

// TestOperations checks the request first, so that a wrong route fails once.
func TestOperations(t *testing.T) {
	t.Parallel()
	operations := map[string]*rest.Operation{}
	for _, op := range rest.Operations() {
		operations[op.ID] = op
	}
	for _, call := range calls.All() {
		t.Run(call.Name(), func(t *testing.T) {
			t.Parallel()
			srv := newServer(t)
			_, err := call.Do(t.Context(), srv.Client(), calls.Example())
			requests := srv.Requests()
			require.Len(t, requests, 1, "%s: %v", call.Name(), err)
			golden.Request(t, call.Name(), requests[0])
			require.Equal(t, call.Operation, requests[0].Operation, "the fake routes the request elsewhere")
			require.NoError(t, err)
			if call.Variant == "" {
				requireErrors(t, call, operations[call.Operation])
				requireCredential(t, call, operations[call.Operation])
				requireRetry(t, call, operations[call.Operation])
				requireJSON(t, call, operations[call.Operation])
				requireNoSecret(t, call)
			}
		})
	}
}

var categories = map[int]error{
	http.StatusOK:                  nil, // a failure that only the body reports
	http.StatusBadRequest:          returningai.ErrInvalid,
	http.StatusUnauthorized:        returningai.ErrUnauthorized,
	http.StatusForbidden:           returningai.ErrForbidden,
	http.StatusNotFound:            returningai.ErrNotFound,
	http.StatusConflict:            returningai.ErrConflict,
	http.StatusInternalServerError: returningai.ErrServer,
	http.StatusBadGateway:          returningai.ErrServer,
}

// requireErrors checks the error for every status.
func requireErrors(t *testing.T, call calls.Call, op *rest.Operation) {
	t.Helper()
	srv := newServer(t)
	client := srv.Client(quick())
	for status, category := range categories {
		srv.ResetRequests()
		srv.Inject(returningaitest.Fault{
			Operation: op.ID, Times: returningaitest.Always, Response: returningaitest.Failure(status, "so it is"),
		})
		_, err := call.Do(t.Context(), client, calls.Example())
		srv.ClearFaults()
		failure := failed(t, err)
		if category != nil {
			require.ErrorIs(t, failure, category, status)
		}
		require.Equal(t, op.ID, failure.Operation)
		require.Equal(t, status, failure.StatusCode)
		require.Equal(t, "so it is", failure.Message)
		if status == http.StatusForbidden && op.Permission != "" {
			require.ErrorContains(t, failure, `"`+op.Permission+`"`)
		}
		attempts := 1
		if status >= http.StatusInternalServerError && op.Idempotent {
			attempts = returningai.DefaultRetryPolicy().MaxAttempts
		}
		require.Len(t, srv.RequestsTo(op.ID), attempts, status)
		unclear := status == http.StatusOK || status >= http.StatusInternalServerError
		require.Equal(t, unclear && !op.ReadsOnly(), failure.MaybeApplied(), status)
	}
}

// requireCredential performs a call with a wrong credential and without one.
func requireCredential(t *testing.T, call calls.Call, op *rest.Operation) {
	t.Helper()
	srv := newServer(t)
	wrong := srv.Client(returningai.WithAPIKey("not-the-key"), returningai.WithBearer("not-the-token"))
	_, err := call.Do(t.Context(), wrong, calls.Example())
	require.ErrorIs(t, err, returningai.ErrUnauthorized)
	require.NotContains(t, err.Error(), "not-the-")

	if op.Permission != "" {
		powerless := srv.Client(returningai.WithBearer(srv.AddToken(returningaitest.Token{})))
		_, err = call.Do(t.Context(), powerless, calls.Example())
		require.ErrorIs(t, err, returningai.ErrForbidden)
	}

	srv.ResetRequests()
	none, err := returningai.New(returningai.WithCommunityHost("community.example"))
	require.NoError(t, err)
	if !op.Anonymous {
		_, err = call.Do(t.Context(), none, calls.Example())
		require.ErrorIs(t, err, returningai.ErrNoCredential)
		require.False(t, failed(t, err).MaybeApplied())
	}
}

// requireRetry loses the response to a call that was applied.
func requireRetry(t *testing.T, call calls.Call, op *rest.Operation) {
	t.Helper()
	for _, cut := range []returningaitest.Response{returningaitest.CutMidBody(), returningaitest.CutBeforeResponse()} {
		srv := newServer(t)
		srv.Inject(returningaitest.Fault{Operation: op.ID, Applied: true, Response: cut})
		_, err := call.Do(t.Context(), srv.Client(quick()), calls.Example())
		if op.Idempotent {
			require.NoError(t, err)
			require.Len(t, srv.RequestsTo(op.ID), 2)
			continue
		}
		require.True(t, failed(t, err).MaybeApplied())
		require.Len(t, srv.RequestsTo(op.ID), 1)
	}
}

// requireJSON checks the error for a success whose body is not JSON.
func requireJSON(t *testing.T, call calls.Call, op *rest.Operation) {
	t.Helper()
	for _, nonsense := range []returningaitest.Response{
		returningaitest.HTML(http.StatusOK), returningaitest.TruncatedJSON(), returningaitest.MalformedJSON(),
	} {
		srv := newServer(t)
		srv.Inject(returningaitest.Fault{Operation: op.ID, Response: nonsense})
		_, err := call.Do(t.Context(), srv.Client(), calls.Example())
		require.ErrorIs(t, err, returningai.ErrUnexpectedResponse)
		require.Equal(t, !op.ReadsOnly(), failed(t, err).MaybeApplied())
	}
}

// requireNoSecret checks errors for a server that echoes the credential.
func requireNoSecret(t *testing.T, call calls.Call) {
	t.Helper()
	srv := newServer(t)
	client := srv.Client(quick())
	for _, response := range []returningaitest.Response{
		returningaitest.EchoCredential(http.StatusOK), returningaitest.EchoCredential(http.StatusBadRequest),
		returningaitest.EchoCredential(http.StatusInternalServerError),
		returningaitest.Redirect(http.StatusFound, "https://example.com/"+srv.APIKey()+"?token="+srv.Token()),
	} {
		srv.Inject(returningaitest.Fault{Operation: call.Operation, Times: returningaitest.Always, Response: response})
		_, err := call.Do(t.Context(), client, calls.Example())
		srv.ClearFaults()
		if err == nil { // a 200 that echoes may be a success
			continue
		}
		shown := fmt.Sprintf("%v %+v %#v %s", err, err, err, failed(t, err).Body())
		require.NotContains(t, shown, srv.APIKey())
		require.NotContains(t, shown, srv.Token())
	}
}
