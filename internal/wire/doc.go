// Package wire reads and writes JSON for the client and for webhooks.
//
//   - [Encode] writes what is sent: as encoding/json does, but strictly.
//   - [Unmarshal] reads responses and stored values: strictly first, then
//     leniently. [UnmarshalForeign] does the same for types of the user.
//   - [Marshal] writes response values, unknown fields included.
//   - [Message] finds what a server says in the body of an error response.
//
// A response type is a plain struct with two conventions. A field named Extra
// of type map[string]json.RawMessage, tagged `json:",embed"`, collects unknown
// fields. A tag such as `alias:"_id"` names another spelling of a field.
package wire
