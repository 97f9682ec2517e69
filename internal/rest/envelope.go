package rest

import (
	"bytes"
	"context"
	stdjson "encoding/json"
	"net/http"
	"reflect"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Meta is the paging that a list answers with. A member that the answer does
// not carry is nil.
type Meta struct {
	Page  *int `json:"page"`
	Skip  *int `json:"skip"`
	Limit *int `json:"limit"`
	Total *int `json:"total"`
}

// Answer is what an operation answered, freed from its family's envelope.
type Answer[T any] struct {
	Data      T
	Message   string
	Meta      Meta
	MetaExtra map[string]stdjson.RawMessage // unknown members of meta
	Extra     map[string]stdjson.RawMessage // unknown members of the envelope
	Sent      http.Header                   // the request's, see Response.Sent
	Host      string                        // that was asked, see Response.Host
}

// envelope is the union of the families' envelopes: Integration has status,
// message and data; System meta and body; Application meta, message and data;
// Secure Auth a flat object with a boolean error.
type envelope[T any] struct {
	Status  *string                       `json:"status"`
	Message stdjson.RawMessage            `json:"message"`
	Error   stdjson.RawMessage            `json:"error"`
	Meta    *envelopeMeta                 `json:"meta"`
	Data    *T                            `json:"data"`
	Body    *T                            `json:"body"`
	Extra   map[string]stdjson.RawMessage `json:",embed"`
}

type envelopeMeta struct {
	Success    *bool  `json:"success"`
	Status     string `json:"status"`
	StatusCode int    `json:"statusCode"`
	Message    string `json:"message"`
	DevMessage string `json:"devMessage"`
	Meta
	Extra map[string]stdjson.RawMessage `json:",embed"`
}

// Do performs op and returns the data that it answers.
func Do[T any](ctx context.Context, caller Caller, op *Op, request Request) (T, error) {
	answer, err := DoAnswer[T](ctx, caller, op, request)
	return answer.Data, err
}

// Exec performs an operation whose answer carries nothing but a message.
func Exec(ctx context.Context, caller Caller, op *Op, request Request) error {
	_, err := DoAnswer[None](ctx, caller, op, request)
	return err
}

// DoInto is Do for data whose type only the caller of the SDK knows: it is
// read into out, or passed over when out is nil.
func DoInto(ctx context.Context, caller Caller, op *Op, request Request, out any) error {
	request.accept = func(response *Response) *Failure {
		var answer Answer[stdjson.RawMessage]
		if failure := open(op, response, &answer); failure != nil || out == nil {
			return failure
		}
		if len(answer.Data) == 0 {
			if op.ReadsOnly() && op.Method != http.MethodHead && response.Status != http.StatusNoContent {
				return &Failure{Unreadable: true, Message: "the answer carries no data"}
			}
			return nil
		}
		if raw, ok := out.(*stdjson.RawMessage); ok {
			*raw = answer.Data
			return nil
		}
		if err := UnmarshalAnswer(answer.Data, out); err != nil {
			return &Failure{Unreadable: true, Message: "the data does not fit the value that it is read into", Cause: err}
		}
		return nil
	}
	return caller.Call(ctx, op, &request)
}

// None is the data of an operation that answers none: whatever arrives in its
// place is passed over.
type None struct{}

// UnmarshalJSON accepts any value.
func (*None) UnmarshalJSON([]byte) error { return nil }

// DoAnswer is Do for the methods that need more of the envelope than its data.
func DoAnswer[T any](ctx context.Context, caller Caller, op *Op, request Request) (Answer[T], error) {
	return DoChecked(ctx, caller, op, request, func(*Answer[T]) *Failure { return nil })
}

// DoChecked is DoAnswer for answers that can be read and may be wrong all the
// same: check looks at one before the call counts as a success, and may change
// it. The failure that it returns becomes the call's.
func DoChecked[T any](ctx context.Context, caller Caller, op *Op, request Request, check func(*Answer[T]) *Failure) (Answer[T], error) {
	var answer Answer[T]
	request.accept = func(response *Response) *Failure {
		// An attempt that is repeated starts from nothing.
		answer = Answer[T]{Sent: response.Sent, Host: response.Host}
		if failure := open(op, response, &answer); failure != nil {
			return failure
		}
		return check(&answer)
	}
	if err := caller.Call(ctx, op, &request); err != nil {
		return Answer[T]{}, err
	}
	return answer, nil
}

// open reads the envelope of a 2xx answer.
func open[T any](op *Op, response *Response, answer *Answer[T]) *Failure {
	body := bytes.TrimSpace(bytes.TrimPrefix(response.Body, []byte("\xef\xbb\xbf")))
	if len(body) == 0 {
		if response.Status != http.StatusNoContent && promisesData[T](op) {
			return &Failure{Unreadable: true, Message: "the answer is empty"}
		}
		return nil
	}
	if body[0] != '{' {
		return &Failure{Unreadable: true, Message: "the answer is " + shape(body) + ", not a JSON object"}
	}
	if op.Family == CommunityHost {
		return openFlat(body, &answer.Data)
	}
	var read envelope[T]
	if err := UnmarshalAnswer(body, &read); err != nil {
		// A failure that is clearly said must not hide behind data that
		// cannot be read.
		var outline envelope[None]
		if UnmarshalAnswer(body, &outline) == nil {
			if failure := outline.failure(); failure != nil {
				return failure
			}
		}
		return &Failure{Unreadable: true, Message: "the answer is not what the operation answers", Cause: err}
	}
	if failure := read.failure(); failure != nil {
		return failure
	}
	return read.into(op, answer)
}

// failure returns why an answer with HTTP status 200 is a failure all the same.
func (e *envelope[T]) failure() *Failure {
	failed := e.Status != nil && !strings.EqualFold(*e.Status, "success")
	failure := &Failure{Message: e.text()}
	if meta := e.Meta; meta != nil {
		failed = failed || meta.Success != nil && !*meta.Success ||
			meta.Status != "" && !strings.EqualFold(meta.Status, "success")
		if meta.StatusCode >= http.StatusBadRequest {
			failed, failure.Status = true, meta.StatusCode
		}
	}
	if !failed && truthy(e.Error) {
		failed = true
	}
	if !failed {
		return nil
	}
	return failure
}

// into hands the contents of the envelope over.
func (e *envelope[T]) into(op *Op, answer *Answer[T]) *Failure {
	data := e.Data
	if data == nil {
		data = e.Body
	}
	switch {
	case data != nil:
		answer.Data = *data
	case e.Status == nil && e.Meta == nil && e.Message == nil:
		return &Failure{Unreadable: true, Message: "the answer has none of the members of the envelope"}
	case needsData[T](op):
		return &Failure{Unreadable: true, Message: "the answer carries no data"}
	}
	answer.Message, answer.Extra = e.text(), e.Extra
	if e.Meta != nil {
		answer.Meta, answer.MetaExtra = e.Meta.Meta, e.Meta.Extra
	}
	return nil
}

func (e *envelope[T]) text() string {
	if text := plainText(e.Message); text != "" {
		return text
	}
	if e.Meta != nil && e.Meta.Message != "" {
		return e.Meta.Message
	}
	if e.Meta != nil && e.Meta.DevMessage != "" {
		return e.Meta.DevMessage
	}
	return errorText(e.Error)
}

// openFlat reads an answer without an envelope, whose boolean error says
// whether it is a failure.
func openFlat(body []byte, data any) *Failure {
	var outline struct {
		Error   stdjson.RawMessage `json:"error"`
		Message string             `json:"message"`
	}
	if err := UnmarshalAnswer(body, &outline); err != nil {
		return &Failure{Unreadable: true, Message: "the answer is not what the operation answers", Cause: err}
	}
	if truthy(outline.Error) {
		return &Failure{Message: Message(body)}
	}
	if err := UnmarshalAnswer(body, data); err != nil {
		return &Failure{Unreadable: true, Message: "the answer is not what the operation answers", Cause: err}
	}
	return nil
}

// promisesData reports whether an answer without any body is none: reading
// what is not there. A write that the server calls a success does not turn
// into a failure for want of an echo.
func promisesData[T any](op *Op) bool {
	switch reflect.TypeFor[T]() {
	case reflect.TypeFor[None](), reflect.TypeFor[stdjson.RawMessage]():
		return false
	}
	return op.ReadsOnly()
}

// needsData reports whether an envelope without data is no answer. A list that
// is not there is an empty one.
func needsData[T any](op *Op) bool {
	return promisesData[T](op) && reflect.TypeFor[T]().Kind() != reflect.Slice
}

// truthy reports whether a member named error says that there is one. It may
// be a boolean, a text, an object, or a boolean as a text.
func truthy(raw stdjson.RawMessage) bool {
	switch strings.ToLower(strings.Trim(string(raw), `"`)) {
	case "", "null", "false", "0", "{}", "[]":
		return false
	}
	return true
}

// shape names what a body is that is not a JSON object.
func shape(body []byte) string {
	switch {
	case body[0] == '<':
		return "an HTML page"
	case jsontext.Value(body).IsValid():
		return "another JSON value"
	}
	return "text"
}
