package wire

import (
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// jsonError says where in a JSON document something is wrong, and what. It
// never shows a value.
type jsonError struct{ where, what string }

func (e *jsonError) Error() string {
	if e.where == "" {
		return e.what
	}
	return e.what + " (at " + e.where + ")"
}

// describe turns an error of the JSON library into a jsonError.
func describe(err error) error {
	if semantic, ok := errors.AsType[*json.SemanticError](err); ok {
		where := string(semantic.JSONPointer)
		if inner, ok := errors.AsType[*jsonError](semantic.Err); ok {
			return &jsonError{where + inner.where, inner.what}
		}
		return &jsonError{where, fmt.Sprintf("JSON %s does not fit a Go %v", kindName(semantic.JSONKind), semantic.GoType)}
	}
	if syntactic, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		return &jsonError{string(syntactic.JSONPointer), fmt.Sprintf("invalid JSON at byte %d", syntactic.ByteOffset)}
	}
	return err
}

func kindName(kind jsontext.Kind) string {
	switch kind {
	case jsontext.KindInvalid:
		return "value"
	case jsontext.KindBeginObject:
		return "object"
	case jsontext.KindBeginArray:
		return "array"
	}
	return kind.String()
}
