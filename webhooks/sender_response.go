package webhooks

import (
	"bytes"
	"cmp"
	"net/http"
	"slices"
	"strings"

	"github.com/returningai/returningai-go/internal/transport"
)

// hookContent reads the responses of hooks.
type hookContent struct{}

// Accept implements [transport.Content]. A 2xx response is a success unless its body
// says otherwise. The body decides, not its media type: servers label a
// plain "ok" as HTML or JSON.
func (hookContent) Accept(response *transport.Response) *transport.Rejection {
	body := bytes.TrimSpace(response.Body)
	if bytes.HasPrefix(body, []byte("<")) {
		return &transport.Rejection{Unreadable: true, Message: "the response is an HTML page: something else than the hook responded"}
	}
	if !bytes.HasPrefix(body, []byte("{")) && !bytes.HasPrefix(body, []byte("[")) {
		return nil
	}
	if _, ok := jsonKind(body); !ok {
		return &transport.Rejection{Unreadable: true, Message: "the response is malformed JSON"}
	}
	content := readRecord(body)
	if !content.saysFailed() {
		return nil
	}
	return &transport.Rejection{Status: content.failedStatus(), Message: content.serverMessage()}
}

// describeResponse returns what the body of a failure says.
func describeResponse(body []byte) string { return readRecord(body).serverMessage() }

// serverMessage finds the server's words where the REST API puts them.
func (r record) serverMessage() string {
	meta, failure := r.object("meta"), r.object("error")
	return cmp.Or(r.text("message"), meta.text("message", "devMessage"), r.text("error"), failure.text("message"))
}

// failureWords are the values of status that report a failure.
var failureWords = []string{
	"error", "errored", "fail", "failed", "failure", "unsuccessful", "rejected", "refused",
	"denied", "forbidden", "unauthorized", "invalid", "not found", "not_found",
}

// saysFailed reports whether a 2xx response plainly reports a failure. Taking an
// unknown word for a failure would make callers send again what was done.
func (r record) saysFailed() bool {
	switch strings.ToLower(strings.Trim(string(r["error"]), `"`)) {
	case "", "null", "false", "0", "{}", "[]":
		return r.deniesSuccess() || r.object("meta").deniesSuccess()
	}
	return true
}

// deniesSuccess reports whether the fields that report success deny it.
func (r record) deniesSuccess() bool {
	status := strings.ToLower(strings.TrimSpace(r.text("status")))
	return slices.Contains(failureWords, status) ||
		toInt(r.number("statusCode")) >= http.StatusBadRequest ||
		strings.EqualFold(strings.Trim(string(r["success"]), `"`), "false")
}

// failedStatus returns the status that the response names, 0 if none.
func (r record) failedStatus() int {
	for _, fields := range []record{r, r.object("meta")} {
		if status := toInt(fields.number("statusCode")); status >= http.StatusBadRequest {
			return status
		}
	}
	return 0
}
