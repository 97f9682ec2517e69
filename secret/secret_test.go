package secret_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"testing"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/stretchr/testify/require"

	"github.com/returningai/returningai-go/secret"
)

const hidden = "s3cr3t-0f-th3-gu1ld"

func TestTextNeverPrints(t *testing.T) {
	t.Parallel()
	text := secret.New(hidden)
	type open struct{ Key secret.Text }
	type closed struct{ key secret.Text }
	for _, value := range []any{
		text, &text, open{text}, &open{text}, closed{text}, &closed{text}, []secret.Text{text}, map[string]secret.Text{"k": text},
		[]any{closed{text}}, struct{ Inner closed }{closed{text}}, fmt.Errorf("wrapped: %v", text),
	} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%08v", "%-40s"} {
			shown := fmt.Sprintf(verb, value)
			require.NotContains(t, shown, hidden, verb)
			require.NotContains(t, shown, fmt.Sprintf("%x", hidden), verb)
		}
		encoded, err := json.Marshal(value)
		require.NoError(t, err)
		require.NotContains(t, string(encoded), hidden)
	}
	written, err := jsonv2.Marshal(open{text})
	require.NoError(t, err)
	require.JSONEq(t, `{"Key":"[redacted]"}`, string(written))
	asXML, err := xml.Marshal(open{text})
	require.NoError(t, err)
	require.NotContains(t, string(asXML), hidden)
	for _, log := range []func(*bytes.Buffer) slog.Handler{
		func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) },
		func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) },
	} {
		var buffer bytes.Buffer
		slog.New(log(&buffer)).Info("m", "text", text, "pointer", &text, "struct", open{text}, "closed", closed{text})
		require.NotContains(t, buffer.String(), hidden)
		require.Contains(t, buffer.String(), secret.Redacted)
	}
	require.PanicsWithValue(t, text, func() { panic(text) })
}

func TestTextEmptyPrintsNothing(t *testing.T) {
	t.Parallel()
	var empty secret.Text
	require.True(t, empty.IsZero())
	require.Equal(t, empty, secret.New(""))
	require.Empty(t, fmt.Sprint(empty))
	require.Equal(t, `secret.Text("")`, fmt.Sprintf("%#v", empty))
	require.Equal(t, `""`, fmt.Sprintf("%q", empty))
	require.Equal(t, `secret.Text("[redacted]")`, fmt.Sprintf("%#v", secret.New("x")))
	require.Equal(t, `"[redacted]"`, fmt.Sprintf("%q", secret.New("x")))
	require.Equal(t, hidden, secret.New(hidden).Reveal())
	require.Empty(t, empty.Reveal())
}

func TestTextEqual(t *testing.T) {
	t.Parallel()
	require.True(t, secret.New("a").Equal(secret.New("a")))
	require.False(t, secret.New("a").Equal(secret.New("b")))
	require.False(t, secret.New("a").Equal(secret.Text{}))
	require.True(t, secret.Text{}.Equal(secret.Text{}))
}

func TestTextUnmarshal(t *testing.T) {
	t.Parallel()
	var config struct{ Key secret.Text }
	require.NoError(t, json.Unmarshal([]byte(`{"Key":"`+hidden+`"}`), &config))
	require.Equal(t, hidden, config.Key.Reveal())
	again, err := json.Marshal(config)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(again, &config))
	require.True(t, config.Key.IsZero(), "the redacted form is no secret")
}
