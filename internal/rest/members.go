package rest

import (
	stdjson "encoding/json"

	"github.com/returningai/returningai-go/secret"
)

// SecretMembers hides the unknown members of an answer that holds secrets: a
// secret under another name would be among them.
func SecretMembers(members map[string]stdjson.RawMessage) map[string]secret.Text {
	if len(members) == 0 {
		return nil
	}
	hidden := make(map[string]secret.Text, len(members))
	for name, raw := range members {
		hidden[name] = secret.New(string(raw))
	}
	return hidden
}
