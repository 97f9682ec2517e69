package returningaitest

import (
	"bytes"
	"encoding/json"
	"maps"
)

// The envelopes are the fake's own description of the wire; they share nothing
// with the SDK on purpose.

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

// envelope wraps what an operation answers in the envelope of its family.
func (f Family) envelope(status int, out result) any {
	switch f {
	case System:
		return systemEnvelope{Meta: systemMeta{Success: true, Message: out.message, DevMessage: out.message}, Body: out.data}
	case Integration, Webhooks: // what hooks answer is assumed
		return integrationAnswer(out)
	case Application:
		return applicationEnvelope{Meta: applicationMeta("success", status, out.meta), Message: out.message, Data: out.data}
	}
	flat := map[string]any{"error": false}
	if members, ok := out.data.(map[string]any); ok {
		maps.Copy(flat, members)
	}
	return flat
}

// integrationAnswer puts the members that an operation answers beside its data
// into the envelope itself.
func integrationAnswer(out result) any {
	if len(out.meta) == 0 {
		return integrationEnvelope{Status: "success", Message: out.message, Data: out.data}
	}
	envelope := map[string]any{"status": "success", "message": out.message, "data": out.data}
	maps.Copy(envelope, out.meta)
	return envelope
}

// failure is the body of an error answer, and of an answer that says it failed
// although its status is 200. Its shape is assumed: the family's envelope.
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

// encode writes a body as JSON with the answer fields renamed. Everything the
// fake answers can be encoded: a value that cannot is a mistake in the fake.
func encode(body any, renamed map[string]string) []byte {
	text := mustMarshal(body)
	if len(renamed) == 0 {
		return text
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber() // digits stay as they are
	var document any
	if err := decoder.Decode(&document); err != nil {
		panic("returningaitest: reading an answer back: " + err.Error())
	}
	return mustMarshal(rename(document, renamed))
}

// mustMarshal writes JSON that was handed in as such the way it came, which
// escaping for HTML would change.
func mustMarshal(value any) []byte {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		panic("returningaitest: writing an answer: " + err.Error())
	}
	return bytes.TrimSuffix(text.Bytes(), []byte("\n"))
}

// rename gives members their new names at every depth.
func rename(value any, names map[string]string) any {
	switch value := value.(type) {
	case map[string]any:
		object := make(map[string]any, len(value))
		for name, member := range value {
			if to, ok := names[name]; ok {
				name = to
			}
			object[name] = rename(member, names)
		}
		return object
	case []any:
		for i := range value {
			value[i] = rename(value[i], names)
		}
	}
	return value
}
