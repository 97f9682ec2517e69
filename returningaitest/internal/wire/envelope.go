package wire

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"net/http"
)

// Reply is a response before it is sent.
type Reply struct {
	Status int
	Header http.Header // replaces the usual headers of the same names
	Body   []byte
}

func (f Family) succeeded(out Result, renamed map[string]string) Reply {
	out.status = cmp.Or(out.status, http.StatusOK)
	return Reply{Status: out.status, Body: encode(f.envelope(true, out), renamed)}
}

// Refused is the reply to a request that was refused.
func (f Family) Refused(err error, renamed map[string]string) Reply {
	refusal := refusalOf(err)
	body := f.envelope(false, Result{status: refusal.Status, message: refusal.Message})
	return Reply{Status: refusal.Status, Header: refusal.Header, Body: encode(body, renamed)}
}

// Failure is the body of an error response, and of a 200 that reports a
// failure.
func (f Family) Failure(status int, message string) []byte {
	return encode(f.envelope(false, Result{status: status, message: message}), nil)
}

// envelope has the fields of the families' envelopes, in the usual order.
type envelope struct {
	Meta    map[string]any `json:"meta,omitempty"`
	Status  string         `json:"status,omitempty"`
	Message string         `json:"message,omitempty"`
	Body    any            `json:"body,omitempty"`
	Data    any            `json:"data,omitempty"`
}

// envelope wraps a result in the envelope of its family. Assumed: the envelope
// of a failure, and all of it for hooks.
func (f Family) envelope(success bool, out Result) any {
	status := map[bool]string{true: "success", false: "error"}[success]
	flat := map[string]any{}
	switch f {
	case System:
		meta := map[string]any{"success": success, "message": out.message, "devMessage": out.message}
		return envelope{Meta: meta, Body: out.data}
	case Application:
		meta := map[string]any{"status": status, "statusCode": out.status}
		maps.Copy(meta, out.meta)
		return envelope{Meta: meta, Message: out.message, Data: out.data}
	case Integration, Webhooks:
		if len(out.meta) == 0 {
			return envelope{Status: status, Message: out.message, Data: out.data}
		}
		flat = map[string]any{"status": status, "message": out.message, "data": out.data}
		maps.Copy(flat, out.meta)
	case CommunityHost:
		flat["error"] = !success
		fields, _ := out.data.(map[string]any)
		maps.Copy(flat, fields)
		if !success {
			flat["message"] = out.message
		}
	}
	return flat
}

// encode writes a body as JSON with renamed fields. A value that cannot be
// encoded is a mistake in the fake.
func encode(body any, renamed map[string]string) []byte {
	text := MustMarshal(body)
	if len(renamed) == 0 {
		return text
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber() // digits stay as they are
	var document any
	if err := decoder.Decode(&document); err != nil {
		panic("returningaitest: reading a response back: " + err.Error())
	}
	return MustMarshal(rename(document, renamed))
}

// MustMarshal writes JSON without HTML escapes, so that raw JSON stays as it
// was sent.
func MustMarshal(value any) []byte {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		panic("returningaitest: writing a response: " + err.Error())
	}
	return bytes.TrimSuffix(text.Bytes(), []byte("\n"))
}

// rename renames fields at every depth.
func rename(value any, names map[string]string) any {
	switch value := value.(type) {
	case map[string]any:
		object := make(map[string]any, len(value))
		for name, field := range value {
			if to, ok := names[name]; ok {
				name = to
			}
			object[name] = rename(field, names)
		}
		return object
	case []any:
		for i := range value {
			value[i] = rename(value[i], names)
		}
	}
	return value
}
