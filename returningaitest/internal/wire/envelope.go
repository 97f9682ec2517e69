package wire

import (
	"bytes"
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
	status := out.status
	if status == 0 {
		status = http.StatusOK
	}
	return Reply{Status: status, Body: encode(f.envelope(status, out), renamed)}
}

// Refused is the reply to a request that was refused.
func (f Family) Refused(err error, renamed map[string]string) Reply {
	refusal := refusalOf(err)
	return Reply{Status: refusal.Status, Header: refusal.Header, Body: encode(f.failure(refusal.Status, refusal.Message), renamed)}
}

// Failure is the body of an error response, and of a 200 that reports a
// failure.
func (f Family) Failure(status int, message string) []byte {
	return encode(f.failure(status, message), nil)
}

type systemEnvelope struct {
	Meta systemMeta `json:"meta"`
	Body any        `json:"body,omitempty"`
}

type systemMeta struct {
	Success    bool   `json:"success"`
	Message    string `json:"message"`
	DevMessage string `json:"devMessage"`
}

type integrationEnvelope struct {
	Status  string `json:"status"`
	Message string `json:"message,omitempty"`
	Data    any    `json:"data,omitempty"`
}

type applicationEnvelope struct {
	Meta    map[string]any `json:"meta"`
	Message string         `json:"message,omitempty"`
	Data    any            `json:"data,omitempty"`
}

// envelope wraps a result in the envelope of its family.
func (f Family) envelope(status int, out Result) any {
	switch f {
	case System:
		return systemEnvelope{Meta: systemMeta{Success: true, Message: out.message, DevMessage: out.message}, Body: out.data}
	case Integration, Webhooks: // the responses of hooks are assumed
		return integrationSuccess(out)
	case Application:
		return applicationEnvelope{Meta: applicationMeta("success", status, out.meta), Message: out.message, Data: out.data}
	}
	flat := map[string]any{"error": false}
	if fields, ok := out.data.(map[string]any); ok {
		maps.Copy(flat, fields)
	}
	return flat
}

// integrationSuccess puts the fields of meta into the envelope itself.
func integrationSuccess(out Result) any {
	if len(out.meta) == 0 {
		return integrationEnvelope{Status: "success", Message: out.message, Data: out.data}
	}
	envelope := map[string]any{"status": "success", "message": out.message, "data": out.data}
	maps.Copy(envelope, out.meta)
	return envelope
}

// failure is the envelope of an error response. Its shape is assumed.
func (f Family) failure(status int, message string) any {
	switch f {
	case System:
		return systemEnvelope{Meta: systemMeta{Message: message, DevMessage: message}}
	case Integration, Webhooks:
		return integrationEnvelope{Status: "error", Message: message}
	case Application:
		return applicationEnvelope{Meta: applicationMeta("error", status, nil), Message: message}
	}
	return map[string]any{"error": true, "message": message}
}

func applicationMeta(outcome string, status int, paging map[string]any) map[string]any {
	meta := map[string]any{"status": outcome, "statusCode": status}
	maps.Copy(meta, paging)
	return meta
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
