package returningaiotel

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"go.opentelemetry.io/otel/attribute"

	"github.com/returningai/returningai-go"
)

// errorType is one of a small set of words: a status, or what went wrong without
// one.
func errorType(status int, err error) attribute.KeyValue {
	return attribute.String("error.type", errorWord(status, err))
}

func errorWord(status int, err error) string {
	if status >= http.StatusBadRequest {
		return strconv.Itoa(status)
	}
	for _, known := range []struct {
		err  error
		word string
	}{
		{returningai.ErrNoCredential, "no_credential"},
		{returningai.ErrInvalid, "invalid"},
		{returningai.ErrRateLimited, "rate_limited"},
		{returningai.ErrRedirect, "redirect"},
		{returningai.ErrUnexpectedResponse, "unexpected_response"},
		{returningai.ErrTimeout, "timeout"},
		{context.DeadlineExceeded, "deadline_exceeded"},
		{context.Canceled, "canceled"},
	} {
		if errors.Is(err, known.err) {
			return known.word
		}
	}
	return "_OTHER"
}
