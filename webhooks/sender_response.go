package webhooks

import (
	"bytes"
	"net/http"
	"slices"
	"strings"

	"github.com/returningai/returningai-go/internal/transport"
	"github.com/returningai/returningai-go/internal/wire"
)

// hookContent reads the responses of hooks.
type hookContent struct{}

// Accept implements [transport.Content]. A 2xx response is a success unless its body
// says otherwise. The body decides, not its media type: servers label a
// plain "ok" as HTML or JSON.
func (hookContent) Accept(response *transport.Response) *transport.Rejection {
	body := bytes.TrimSpace(trimBOM(response.Body))
	if bytes.HasPrefix(body, []byte("<")) {
		return &transport.Rejection{Unreadable: true, Message: "the response is an HTML page: something else than the hook responded"}
	}
	if !bytes.HasPrefix(body, []byte("{")) && !bytes.HasPrefix(body, []byte("[")) {
		return nil
	}
	read, ok := readContent(body)
	switch {
	case !ok:
		return &transport.Rejection{Unreadable: true, Message: "the response is malformed JSON"}
	case !read.fields.saysFailed():
		return nil
	}
	return &transport.Rejection{Status: read.fields.failedStatus(), Message: wire.Message(body)}
}

// failureWords are the values of status that report a failure.
var failureWords = []string{
	"error", "errored", "fail", "failed", "failure", "unsuccessful", "rejected", "refused",
	"denied", "forbidden", "unauthorized", "invalid", "not found", "not_found",
}

// saysFailed reports whether a 2xx response plainly reports a failure. Taking an
// unknown word for a failure would make callers send again what was done.
func (o object) saysFailed() bool {
	switch strings.ToLower(strings.Trim(string(o.get("error")), `"`)) {
	case "", "null", "false", "0", "{}", "[]":
		return o.deniesSuccess() || o.object("meta").deniesSuccess()
	}
	return true
}

// deniesSuccess reports whether the fields that report success deny it.
func (o object) deniesSuccess() bool {
	status := strings.ToLower(strings.TrimSpace(o.text("status")))
	return slices.Contains(failureWords, status) ||
		toInt(o.number("statusCode")) >= http.StatusBadRequest ||
		strings.EqualFold(strings.Trim(string(o.get("success")), `"`), "false")
}

// failedStatus returns the status that the response names, 0 if none.
func (o object) failedStatus() int {
	for _, fields := range []object{o, o.object("meta")} {
		if status := toInt(fields.number("statusCode")); status >= http.StatusBadRequest {
			return status
		}
	}
	return 0
}
