package scrub_test

import (
	"encoding/json"
	"html"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/returningai/returningai-go/internal/scrub"
)

func TestScrub(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		secrets    []string
		text, want string
	}{
		"plain":             {[]string{"s3cr3t"}, "a s3cr3t b s3cr3t", "a [redacted] b [redacted]"},
		"nothing":           {nil, "a s3cr3t", "a s3cr3t"},
		"empty":             {[]string{""}, "a", "a"},
		"all of it":         {[]string{"x"}, "x", "[redacted]"},
		"side by side":      {[]string{"ab"}, "ababa", "[redacted][redacted]a"},
		"one in another":    {[]string{"pre", "prefix"}, "prefix pre", "[redacted] [redacted]"},
		"overlapping":       {[]string{"abc", "cde"}, "abcde", "[redacted]"},
		"escaped for PHP":   {[]string{"a/b+c="}, `a\/b+c=`, "[redacted]"},
		"escaped for a URL": {[]string{"a/b+c="}, "x=a%2Fb%2bc%3D&y", "x=[redacted]&y"},
		"plus for a space":  {[]string{"a b"}, "a+b a%20b a b", "[redacted] [redacted] [redacted]"},
		"surrogates":        {[]string{"p😀w"}, `p\ud83d\ude00w`, "[redacted]"},
		"control escapes":   {[]string{"a\tb\nc"}, `a\tb\u000ac`, "[redacted]"},
		"HTML":              {[]string{`<"'&>`}, "&lt;&quot;&#39;&amp;&#x3E;", "[redacted]"},
		"itself escaped":    {[]string{"a%41"}, "a%41 a%2541 aA", "[redacted] [redacted] aA"},
		"escapes of others": {[]string{`0\b\"`}, `0\b\&#34; 0\\b\\\" 0%5Cb%5C%22`, "[redacted] [redacted] [redacted]"},
		"half an escape":    {[]string{"abc"}, `\u00 %4 &amp \`, `\u00 %4 &amp \`},
		"lone surrogate":    {[]string{"abc"}, `\ud83dabc`, `\ud83d[redacted]`},
		"surrogate, escape": {[]string{`a"c`}, `\ud83da\"c`, `\ud83d[redacted]`},
		"JSON at the end":   {[]string{`s3cr3t"`}, `s3cr3t\"`, "[redacted]"},
		"\\u at the end":    {[]string{"s3cr3tA"}, `s3cr3t\u0041`, "[redacted]"},
		"stray percent":     {[]string{"a/b"}, "5%a%2Fb", "5%[redacted]"},
		"stray ampersand":   {[]string{"a<b"}, "&a&lt;b; &#a&lt;b;", "&[redacted]; &#[redacted];"},
		"no JSON escape":    {[]string{"azb", "aAb"}, `a\zb a\z0041b`, `a\zb a\z0041b`},
		"no URL escape":     {[]string{"azb", "aAb"}, "a%zb ax41b", "a%zb ax41b"},
		"no HTML escape":    {[]string{"azb;", "a&b", "aAb", "a<"}, "a&zb; axamp;b a&65;b a&lt", "a&zb; axamp;b a&65;b a&lt"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var scrubber scrub.Scrubber
			for _, text := range test.secrets {
				scrubber.Add(text)
			}
			require.Equal(t, test.want, scrubber.Scrub(test.text))
		})
	}
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	for value, texts := range map[string]map[string]string{
		"Bearer t0k":             {"Bearer t0k": "[redacted]", "t0k": "[redacted]"},
		"ApiKey very-secret-one": {"unknown key very-secret-one": "unknown key [redacted]", "ApiKey very-secret-one": "[redacted]"},
		"ApiKey 12345678":        {"12345678": "[redacted]"},
		"ApiKey 1234567":         {"1234567": "1234567"},
		"Bearer  t1k ":           {"t1k": "[redacted]"},
		"basic dTpw":             {"dTpw": "[redacted]"},
		"two words":              {"two words": "[redacted]", "words": "words"},
		"alone":                  {"alone": "[redacted]"},
	} {
		var scrubber scrub.Scrubber
		scrubber.AddHeader(value)
		for text, want := range texts {
			require.Equal(t, want, scrubber.Scrub(text), value)
		}
	}
}

func TestCutInSecret(t *testing.T) {
	t.Parallel()
	token := strings.Repeat("0123456789", 10)
	var scrubber scrub.Scrubber
	scrubber.Add(token)
	echoed := strings.Repeat(token, 3)
	for length := range len(echoed) + 1 {
		shown := scrubber.ScrubCut(echoed[:length])
		require.Less(t, len(strings.ReplaceAll(shown, "[redacted]", "")), 4, length)
	}
	require.Equal(t, "a 01", scrubber.ScrubCut("a 01"), "too little to tell")
	require.Equal(t, "a 0123", scrubber.Scrub("a 0123"))
}

// TestCutInEscape replaces the beginning of a secret also where the cut goes
// through an escape.
func TestCutInEscape(t *testing.T) {
	t.Parallel()
	var scrubber scrub.Scrubber
	scrubber.Add("c2VjcmV0/a2V5+w==")
	for _, text := range []string{`a c2VjcmV0\`, `a c2VjcmV0\u00`, "a c2VjcmV0%", "a c2VjcmV0%2", "a c2VjcmV0&#4", "a c2VjcmV0&am"} {
		require.Equal(t, "a [redacted]", scrubber.ScrubCut(text), text)
	}
	require.Equal(t, "50%", scrubber.ScrubCut("50%"))
	for _, text := range []string{"a c2VjcmV0 and more", `a c2VjcmV0\` + strings.Repeat("0", 12)} {
		require.Equal(t, text, scrubber.ScrubCut(text), "the cut is not in the secret")
	}

	var longest scrub.Scrubber
	longest.Add("16 bytes: 😀!!")
	require.Equal(t, "a longer text [redacted]", longest.ScrubCut(`a longer text 16 bytes: \ud83d\ude0`))
}

func FuzzScrub(f *testing.F) {
	f.Add("s3cr3t", "before", "after")
	f.Add("a/b+c=&<%41>", "%", "\\")
	f.Add("p😀w\n", "&amp", "u0041")
	f.Fuzz(func(t *testing.T, secret, before, after string) {
		if len(secret) < 4 || strings.ContainsRune(secret, '\ufffd') {
			return
		}
		quoted, err := json.Marshal(secret)
		require.NoError(t, err)
		var scrubber scrub.Scrubber
		scrubber.Add(secret)
		for _, form := range []string{secret, url.QueryEscape(secret), url.PathEscape(secret), html.EscapeString(secret), string(quoted[1 : len(quoted)-1])} {
			// Set apart, so that no escape spans the seam.
			shown := scrubber.Scrub(before + " - " + form + " - " + after)
			if !strings.Contains(before, "[redacted]") && !strings.Contains(after, "[redacted]") {
				require.Contains(t, shown, "[redacted]", form)
			}
		}
		_ = scrubber.ScrubCut(before)
	})
}
