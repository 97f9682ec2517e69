package wire_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/returningai/returningai-go/internal/wire"
)

func TestMessage(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"message":"a","meta":{"message":"b"},"error":"c"}`:    "a",
		`{"meta":{"message":"b","devMessage":"d"},"error":"c"}`: "b",
		`{"meta":{"devMessage":"d"},"error":"c"}`:               "d",
		`{"message":"","error":"c"}`:                            "c",
		`{"message":" ","error":"c"}`:                           "c",
		`{"error":{"message":"e"}}`:                             "e",
		`{"error":{"msg":"e"}}`:                                 "e",
		`{"error":true,"message":"a"}`:                          "a",
		`{"error":true}`:                                        "",
		`{"message":["first","second"]}`:                        "first",
		`{"message":[{},"second"]}`:                             "second",
		`{"message":404}`:                                       "404",
		`{"message":{"deep":1}}`:                                "",
		`{"Message":"upper"}`:                                   "upper",
		`{"MESSAGE":"all","message":"usual"}`:                   "usual",
		`{"type":"about:blank","title":"Forbidden","status":403,"detail":"no such right"}`: "no such right",
		`{"type":"about:blank","title":"Forbidden"}`:                                       "Forbidden",
		`{"error":"invalid_token","error_description":"it expired"}`:                       "it expired",
		`{"errors":[{"msg":"title is taken","path":"title"}]}`:                             "title is taken",
		`{"errors":[{"message":"title is taken"},{"message":"b"}]}`:                        "title is taken",
		`{"title":"One or more errors","errors":{"email":["is taken"],"age":["is odd"]}}`:  "is odd",
		`{"detail":[{"loc":["body","age"],"msg":"field required"}]}`:                       "field required",
		`{"error":{"errors":[{"message":"deep"}],"code":403}}`:                             "deep",
		`{"errorMessage":"a"}`:               "a",
		`{"errors":{"message":"a"}}`:         "a",
		`{"meta":{"title":"b"},"error":"c"}`: "b",
		`{"errors":["title is taken"]}`:      "title is taken",
		`{"errors":[],"message":"a"}`:        "a",
		`{"message":"a","message":"b"}`:      "b",
		"{\"message\":\"a\xff\"}":            "a\ufffd",
		"\ufeff{\"message\":\"marked\"}":     "marked",
		`{}`:                                 "",
		``:                                   "",
		`<html>s`:                            "the response is an HTML page, not a JSON object",
		`Bad Gateway`:                        "the response is text, not a JSON object",
		`"text"`:                             "the response is another JSON value, not a JSON object",
		`{"message":`:                        "the response is malformed JSON",
	} {
		require.Equal(t, want, wire.Message([]byte(body)), body)
	}
	deep := strings.Repeat(`{"error":`, 5000) + `"x"` + strings.Repeat(`}`, 5000)
	require.Empty(t, wire.Message([]byte(deep)))
}

func FuzzMessage(f *testing.F) {
	for _, seed := range []string{
		`{"message":"a"}`, `{"errors":{"a":["b"]}}`, `{"errors":[{"msg":1}]}`, `{"meta":[]}`, `{"error":{"error":{"error":{}}}}`, "\ufeff", `<`, `{`, `{"MESSAGE":"\ud800"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		message := wire.Message(body)
		require.True(t, utf8.ValidString(message))
		require.Equal(t, strings.TrimSpace(message), message)
	})
}
