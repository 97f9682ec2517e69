package rest_test

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/returningai/returningai-go/internal/rest"
)

// answering is a caller whose server answers every request with the same body.
type answering string

func (a answering) Call(_ context.Context, _ *rest.Operation, request *rest.Request) error {
	failure := request.Accept(&rest.Response{Status: http.StatusOK, Body: []byte(a), Host: "example.com", Sent: http.Header{"Apikey": {"k"}}})
	if failure != nil {
		return failedWith{failure}
	}
	return nil
}

type failedWith struct{ *rest.Failure }

func (f failedWith) Error() string { return f.Message }

func TestDoCheckedJudgesAnswers(t *testing.T) {
	t.Parallel()
	cause := errors.New("cause")
	for name, test := range map[string]struct {
		body    string
		failure *rest.Failure // of check
		want    string        // message, "" for success
		checked bool
	}{
		"accepted":   {`{"meta":{"success":true},"body":"yes"}`, nil, "", true},
		"refused":    {`{"meta":{"success":true},"body":"no"}`, &rest.Failure{Message: "I say no", Cause: cause}, "I say no", true},
		"failed":     {`{"meta":{"success":false,"message":"not today"}}`, nil, "not today", false},
		"unreadable": {`<html>`, nil, "the answer is an HTML page, not a JSON object", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checked := false
			answer, err := rest.DoChecked(t.Context(), answering(test.body), &rest.Operation{Family: rest.System}, rest.Request{},
				func(answer *rest.Answer[string]) *rest.Failure {
					checked = true
					require.Equal(t, "example.com", answer.Host)
					require.Equal(t, "k", answer.Sent.Get("apiKey"))
					answer.Data += ", changed"
					return test.failure
				})
			require.Equal(t, test.checked, checked)
			if test.want == "" {
				require.NoError(t, err)
				require.Equal(t, "yes, changed", answer.Data)
				return
			}
			require.EqualError(t, err, test.want)
			require.Zero(t, answer)
			failed, ok := errors.AsType[failedWith](err)
			require.True(t, ok)
			if test.failure != nil {
				require.Same(t, test.failure, failed.Failure)
			}
		})
	}
}
