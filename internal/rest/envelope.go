package rest

import (
	"cmp"
	"context"
	stdjson "encoding/json"
	"net/http"
	"reflect"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Meta is the paging that a list answers with. A member that the answer does
// not carry, or carries as something else than a number, is nil.
type Meta struct {
	Page  *int
	Skip  *int
	Limit *int
	Total *int
}

// Answer is what an operation answered, freed from its family's envelope.
type Answer[T any] struct {
	Data      T
	Message   string
	Meta      Meta
	MetaExtra map[string]stdjson.RawMessage // all members of meta
	Extra     map[string]stdjson.RawMessage // unknown members of the envelope
	Sent      http.Header                   // the request's, see Response.Sent
	Host      string                        // that was asked, see Response.Host
}

// envelope is the union of the families' envelopes: Integration has status,
// message and data; System meta and body; Application meta, message and data;
// Secure Auth a flat object with a boolean error. Only the data has to be what
// the operation answers; the rest is read as far as it can be.
type envelope[T any] struct {
	Status  stdjson.RawMessage            `json:"status"`
	Message stdjson.RawMessage            `json:"message"`
	Error   stdjson.RawMessage            `json:"error"`
	Meta    stdjson.RawMessage            `json:"meta"`
	Data    member[T]                     `json:"data"`
	Body    member[T]                     `json:"body"`
	Extra   map[string]stdjson.RawMessage `json:",embed"`
}

// member is a member of an object that can tell null from not being there.
type member[T any] struct {
	value         T
	present, null bool
}

// UnmarshalJSONFrom reads the value with the options of the whole answer.
func (m *member[T]) UnmarshalJSONFrom(decoder *jsontext.Decoder) error {
	*m = member[T]{present: true}
	if m.null = decoder.PeekKind() == 'n'; m.null {
		return decoder.SkipValue()
	}
	return json.UnmarshalDecode(decoder, &m.value)
}

// meta is the object of that name in an envelope.
type meta map[string]stdjson.RawMessage

func readMeta(raw stdjson.RawMessage) meta {
	var members meta
	_ = UnmarshalAnswer(raw, &members) // anything else than an object has none
	return members
}

func (m meta) number(name string) *int {
	var number *int
	if UnmarshalAnswer(m[name], &number) != nil {
		return nil
	}
	return number
}

func (m meta) text() string {
	return cmp.Or(plainText(m["message"]), plainText(m["devMessage"]))
}

// Do performs op and returns the data that it answers.
func Do[T any](ctx context.Context, caller Caller, op *Operation, request Request) (T, error) {
	answer, err := DoAnswer[T](ctx, caller, op, request)
	return answer.Data, err
}

// Exec performs an operation whose answer carries nothing but a message.
func Exec(ctx context.Context, caller Caller, op *Operation, request Request) error {
	_, err := DoAnswer[None](ctx, caller, op, request)
	return err
}

// DoInto is Do for data whose type only the caller of the SDK knows: it is
// read into out as encoding/json does, and leniently, or passed over when out is
// nil. Null leaves out as it is.
func DoInto(ctx context.Context, caller Caller, op *Operation, request Request, out any) error {
	if out == nil {
		return Exec(ctx, caller, op, request)
	}
	_, err := DoChecked(ctx, caller, op, request, func(answer *Answer[stdjson.RawMessage]) *Failure {
		if raw, ok := out.(*stdjson.RawMessage); ok {
			*raw = answer.Data
			return nil
		}
		if absent(answer.Data) {
			return nil
		}
		if err := UnmarshalForeign(answer.Data, out); err != nil {
			return &Failure{Unreadable: true, Message: "the data does not fit the value that it is read into", Cause: err}
		}
		return nil
	})
	return err
}

// None is the data of an operation that answers none: whatever arrives in its
// place is passed over.
type None struct{}

// UnmarshalJSON accepts any value.
func (*None) UnmarshalJSON([]byte) error { return nil }

// DoAnswer is Do for the methods that need more of the envelope than its data.
func DoAnswer[T any](ctx context.Context, caller Caller, op *Operation, request Request) (Answer[T], error) {
	return DoChecked(ctx, caller, op, request, func(*Answer[T]) *Failure { return nil })
}

// DoChecked is DoAnswer for answers that can be read and may be wrong all the
// same: check looks at one before the call counts as a success, and may change
// it. The failure that it returns becomes the call's.
func DoChecked[T any](ctx context.Context, caller Caller, op *Operation, request Request, check func(*Answer[T]) *Failure) (Answer[T], error) {
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
func open[T any](op *Operation, response *Response, answer *Answer[T]) *Failure {
	body := trim(response.Body)
	if len(body) == 0 {
		if response.Status != http.StatusNoContent && op.Method != http.MethodHead && promisesData[T](op) {
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
	meta := readMeta(e.Meta)
	failed := saysOtherThan("success", e.Status) || saysOtherThan("success", meta["status"]) ||
		isFalse(meta["success"]) || truthy(e.Error)
	failure := &Failure{Message: cmp.Or(e.text(), "the answer says that it failed")}
	if status := meta.number("statusCode"); status != nil && *status >= http.StatusBadRequest {
		failed, failure.Status = true, *status
	}
	if !failed {
		return nil
	}
	return failure
}

// saysOtherThan reports whether a member is there and says something else
// than the text, whatever its JSON type.
func saysOtherThan(text string, raw stdjson.RawMessage) bool {
	return !absent(raw) && !strings.EqualFold(strings.Trim(string(raw), `"`), text)
}

// isFalse reports whether a member is there and is not true.
func isFalse(raw stdjson.RawMessage) bool {
	var value bool
	return !absent(raw) && (UnmarshalAnswer(raw, &value) != nil || !value)
}

func absent(raw stdjson.RawMessage) bool { return len(raw) == 0 || string(raw) == "null" }

// into hands the contents of the envelope over.
func (e *envelope[T]) into(op *Operation, answer *Answer[T]) *Failure {
	data := e.Data
	if !data.present {
		data = e.Body
	}
	if promisesData[T](op) && (!data.present || data.null && !isList[T]()) {
		return &Failure{Unreadable: true, Message: "the answer carries no data"}
	}
	meta := readMeta(e.Meta)
	answer.Data, answer.Message, answer.Extra, answer.MetaExtra = data.value, e.text(), e.Extra, meta
	answer.Meta = Meta{meta.number("page"), meta.number("skip"), meta.number("limit"), meta.number("total")}
	return nil
}

func (e *envelope[T]) text() string {
	return cmp.Or(plainText(e.Message), readMeta(e.Meta).text(), errorText(e.Error))
}

// openFlat reads an answer without an envelope, whose boolean error says
// whether it is a failure.
func openFlat(body []byte, data any) *Failure {
	var outline struct {
		Error stdjson.RawMessage `json:"error"`
	}
	if err := UnmarshalAnswer(body, &outline); err != nil {
		return &Failure{Unreadable: true, Message: "the answer is not what the operation answers", Cause: err}
	}
	if truthy(outline.Error) {
		return &Failure{Message: cmp.Or(Message(body), "the answer says that it failed")}
	}
	if err := UnmarshalAnswer(body, data); err != nil {
		return &Failure{Unreadable: true, Message: "the answer is not what the operation answers", Cause: err}
	}
	return nil
}

// promisesData reports whether an answer without data is none: reading what
// is not there. A write that the server calls a success does not turn into a
// failure for want of an echo, and an answer with data left out could be taken
// for an empty list.
func promisesData[T any](op *Operation) bool {
	return op.ReadsOnly() && reflect.TypeFor[T]() != reflect.TypeFor[None]()
}

// isList reports whether null stands for an empty list.
func isList[T any]() bool { return reflect.TypeFor[T]().Kind() == reflect.Slice }

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
