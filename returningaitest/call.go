package returningaitest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// call is one request as an operation sees it.
type call struct {
	path   map[string]string // the placeholders' values, unescaped
	query  url.Values
	header http.Header
	host   string // the Host header
	body   []byte
	token  *Token // nil for families that use API keys
	now    time.Time

	upload   io.Reader // for a route's receive, instead of body
	received any       // what receive left for serve
}

// result is what an operation answers when it worked.
type result struct {
	status  int // 0 is 200
	message string
	data    any            // the envelope's data or body; on the community host a map[string]any
	meta    map[string]any // Application: more members of meta, such as page and total; Integration: of the envelope
}

// refusal is the error of an operation that the caller is to blame for. Any
// other error is answered with 500.
type refusal struct {
	status  int
	message string
	header  http.Header // more headers of the answer
}

func (r *refusal) Error() string { return r.message }

// refuse makes a refusal. The message goes to the client: it must not repeat
// what the request held.
func refuse(status int, format string, arguments ...any) error {
	return &refusal{status: status, message: fmt.Sprintf(format, arguments...)}
}

// members are those of a JSON body. They are read with needed and given, which
// note what is wrong, and problem, which says all of it at once.
type members struct {
	values map[string]json.RawMessage
	wrong  []string
}

// members reads the body, which must be one JSON object. Names are matched
// exactly, unlike encoding/json does with structs.
func (c *call) members() (*members, error) {
	mediaType, _, err := mime.ParseMediaType(c.header.Get("Content-Type"))
	if err != nil || mediaType != "application/json" {
		return nil, refuse(http.StatusBadRequest, "the content type is not application/json")
	}
	decoder := json.NewDecoder(bytes.NewReader(c.body))
	body := &members{}
	if err := decoder.Decode(&body.values); err != nil || body.values == nil {
		return nil, refuse(http.StatusBadRequest, "the body is not a JSON object")
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, refuse(http.StatusBadRequest, "something follows the JSON object in the body")
	}
	return body, nil
}

// needed reads a member that the contract requires. An empty text counts as
// missing (assumed).
func needed[T any](body *members, name string) T {
	if body.lacks(name) || string(body.values[name]) == `""` {
		body.note(name + " is required")
		var none T
		return none
	}
	value, _ := given[T](body, name)
	return value
}

// given reads a member that may be left out; null counts as left out. Read
// nested objects as maps: encoding/json matches the names of struct fields
// whatever their case.
func given[T any](body *members, name string) (value T, ok bool) {
	if body.lacks(name) {
		return value, false
	}
	if err := json.Unmarshal(body.values[name], &value); err != nil {
		body.note(fmt.Sprintf("%s must be of type %T", name, value))
		return value, false
	}
	return value, true
}

func (m *members) lacks(name string) bool {
	raw := m.values[name]
	return len(raw) == 0 || string(raw) == "null"
}

func (m *members) note(problem string) { m.wrong = append(m.wrong, problem) }

// problem is nil when every member was as it must be.
func (m *members) problem() error {
	if len(m.wrong) == 0 {
		return nil
	}
	return refuse(http.StatusBadRequest, "%s", strings.Join(m.wrong, "; "))
}
