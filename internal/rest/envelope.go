package rest

import (
	"cmp"
	"context"
	"net/http"
	"reflect"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/returningai/returningai-go/internal/wire"
)

// Do calls an operation and returns the data of its response:
//
//	rest.Do[[]Badge](ctx, s.caller, badgesList, rest.Request{})
//	rest.Do[Badge](ctx, s.caller, badgesUpdate, rest.Request{Path: []string{badgeID}, Body: params})
//	_, err := rest.Do[rest.Empty](ctx, s.caller, badgesDelete, rest.Request{Path: []string{badgeID}})
func Do[T any](ctx context.Context, caller Caller, op *Operation, request Request) (T, error) {
	var result Result[T]
	request.accept = result.accept(op, nil)
	return result.data(caller.Call(ctx, op, &request))
}

// DoResponse is [Do] for an operation that needs more of the response than its
// data. Check sees a response before the call counts as a success. It may
// change the data, or return a failure, which becomes the call's.
func DoResponse[T any](ctx context.Context, caller Caller, op *Operation, request Request, check func(*Result[T]) *Failure) (T, error) {
	var result Result[T]
	request.accept = result.accept(op, check)
	return result.data(caller.Call(ctx, op, &request))
}

// accept returns what reads a response into the result.
func (r *Result[T]) accept(op *Operation, check func(*Result[T]) *Failure) func(*Response) *Failure {
	return func(response *Response) *Failure {
		*r = Result[T]{Response: response}
		r.Data = &r.envelope.Data.value
		if failure := r.open(op); failure != nil || check == nil {
			return failure
		}
		return check(r)
	}
}

// data returns the data of a call that succeeded.
func (r *Result[T]) data(err error) (T, error) {
	if err != nil || r.Data == nil {
		var none T
		return none, err
	}
	return *r.Data, nil
}

// Result is a response out of the envelope of its family.
type Result[T any] struct {
	Data     *T // into the envelope
	Response *Response

	envelope envelope[T]
	base     []byte // what the spans inside Data refer to
}

// Message returns the message of the response.
func (r *Result[T]) Message() string { return wire.Message(r.Response.Body) }

// Empty is the data of an operation that returns none. Whatever arrives in its
// place is ignored.
type Empty struct{}

// UnmarshalJSONFrom skips any value.
func (*Empty) UnmarshalJSONFrom(decoder *jsontext.Decoder) error { return decoder.SkipValue() }

// envelope is the union of the families' envelopes: Integration has status,
// message and data; System meta and body; Application meta, message and data.
type envelope[T any] struct {
	outline

	Data field[T] `json:"data"`
	Body field[T] `json:"body"`
}

// outline is an envelope without its data: whether the call succeeded, and the
// place of a page in its list. Its fields are parsed when they are needed.
type outline struct {
	paging

	Status     span `json:"status"`
	Error      span `json:"error"`
	Meta       meta `json:"meta"`
	Pagination meta `json:"pagination"`
}

type meta struct {
	paging

	Status     span   `json:"status"`
	Success    span   `json:"success"`
	StatusCode number `json:"statusCode"`
}

// UnmarshalJSONFrom ignores a meta that is not an object.
func (m *meta) UnmarshalJSONFrom(decoder *jsontext.Decoder) error {
	*m = meta{}
	if decoder.PeekKind() != jsontext.KindBeginObject {
		return decoder.SkipValue()
	}
	type plain meta
	return json.UnmarshalDecode(decoder, (*plain)(m))
}

// field distinguishes null from a field that is not there.
type field[T any] struct {
	value         T
	present, null bool
}

// UnmarshalJSONFrom reads the value with the options of the whole response.
func (f *field[T]) UnmarshalJSONFrom(decoder *jsontext.Decoder) error {
	*f = field[T]{present: true}
	if f.null = decoder.PeekKind() == jsontext.KindNull; f.null {
		return decoder.SkipValue()
	}
	return json.UnmarshalDecode(decoder, &f.value)
}

// open reads the envelope of a 2xx response.
func (r *Result[T]) open(op *Operation) *Failure {
	body := wire.Trim(r.Response.Body)
	if len(body) == 0 {
		return checkEmpty[T](op, r.Response.Status)
	}
	if body[0] != '{' {
		return unreadable("the response is " + wire.Shape(body) + ", not a JSON object")
	}
	if op.Family == CommunityHost {
		return openFlat(body, r.Data)
	}
	if json.Unmarshal(body, &r.envelope, wire.StrictOptions) != nil {
		return r.openLenient(op, body)
	}
	r.base = body
	if failure := r.envelope.failure(body); failure != nil {
		return failure
	}
	data := r.envelope.data()
	r.Data = &data.value
	wire.FillAliases(r.Data)
	return checkData[T](op, data.present, data.null)
}

// openLenient reads the data after the rest of the envelope: a failure that
// the server states clearly must not hide behind data that cannot be read.
func (r *Result[T]) openLenient(op *Operation, body []byte) *Failure {
	var read envelope[span]
	if err := wire.UnmarshalLenient(body, &read); err != nil {
		return &Failure{Unreadable: true, Message: notAsExpected, Cause: err}
	}
	r.envelope = envelope[T]{outline: read.outline}
	if failure := read.failure(body); failure != nil {
		return failure
	}
	data := read.data()
	if data.present && !data.null {
		r.base = data.value.in(body)
		if err := wire.UnmarshalLenient(r.base, r.Data); err != nil {
			return &Failure{Unreadable: true, Message: notAsExpected, Cause: err}
		}
		wire.FillAliases(r.Data)
	}
	return checkData[T](op, data.present, data.null)
}

const notAsExpected = "the response is not what the operation returns"

func (e *envelope[T]) data() *field[T] {
	if e.Data.present {
		return &e.Data
	}
	return &e.Body
}

// failure returns why a response with HTTP status 200 is a failure.
func (o *outline) failure(body []byte) *Failure {
	failed := statusIsNot("success", o.Status.in(body)) || statusIsNot("success", o.Meta.Status.in(body)) ||
		isFalse(o.Meta.Success.in(body)) || isTruthy(o.Error.in(body))
	status := 0
	if o.Meta.StatusCode.value >= http.StatusBadRequest {
		failed, status = true, o.Meta.StatusCode.value
	}
	if !failed {
		return nil
	}
	return &Failure{Status: status, Message: failureText(body)}
}

func failureText(body []byte) string {
	return cmp.Or(wire.Message(body), "the response says that it failed")
}

// openFlat reads a response without an envelope, whose boolean error says
// whether it is a failure.
func openFlat(body []byte, data any) *Failure {
	var read struct {
		Error span `json:"error"`
	}
	if err := wire.Unmarshal(body, &read); err != nil {
		return &Failure{Unreadable: true, Message: notAsExpected, Cause: err}
	}
	if isTruthy(read.Error.in(body)) {
		return &Failure{Message: failureText(body)}
	}
	if err := wire.Unmarshal(body, data); err != nil {
		return &Failure{Unreadable: true, Message: notAsExpected, Cause: err}
	}
	return nil
}

// checkEmpty judges a response without a body. A list without content is an
// empty list; an object without content was not read.
func checkEmpty[T any](op *Operation, status int) *Failure {
	missing := status != http.StatusNoContent || !isList[T]()
	if requiresData[T](op) && op.Method != http.MethodHead && missing {
		return unreadable("the response is empty")
	}
	return nil
}

func checkData[T any](op *Operation, present, null bool) *Failure {
	if requiresData[T](op) && (!present || null && !isList[T]()) {
		return unreadable("the response has no data")
	}
	return nil
}

// requiresData reports whether a response without data is a failure. A read
// needs it: without data it could be taken for an empty list. A write that the
// server calls a success does not fail because the server returns nothing.
func requiresData[T any](op *Operation) bool {
	return op.ReadsOnly() && reflect.TypeFor[T]() != reflect.TypeFor[Empty]()
}

// isList reports whether null means an empty list.
func isList[T any]() bool {
	var data T
	_, isPage := any(&data).(interface{ isPage() })
	return isPage || reflect.TypeFor[T]().Kind() == reflect.Slice
}

func unreadable(message string) *Failure { return &Failure{Unreadable: true, Message: message} }

// span is a JSON value, as its place in the body.
type span struct{ start, end int }

// UnmarshalJSONFrom notes the place of a value.
func (s *span) UnmarshalJSONFrom(decoder *jsontext.Decoder) error {
	value, err := decoder.ReadValue()
	s.end = int(decoder.InputOffset())
	s.start = s.end - len(value)
	return err
}

func (s span) in(body []byte) []byte { return body[s.start:s.end] }

func isAbsent(raw []byte) bool { return len(raw) == 0 || string(raw) == "null" }

// statusIsNot reports whether a field is there and says something else than
// want, whatever its JSON type.
func statusIsNot(want string, raw []byte) bool {
	return !isAbsent(raw) && !strings.EqualFold(strings.Trim(string(raw), `"`), want)
}

// isFalse reports whether a field is there and is not true.
func isFalse(raw []byte) bool {
	var value bool
	return !isAbsent(raw) && string(raw) != "true" && (wire.Unmarshal(raw, &value) != nil || !value)
}

// isTruthy reports whether a field named error says that there is one. It may
// be a boolean, a string, an object, or a boolean as a string.
func isTruthy(raw []byte) bool {
	switch strings.ToLower(strings.Trim(string(raw), `"`)) {
	case "", "null", "false", "0", "{}", "[]":
		return false
	}
	return true
}
