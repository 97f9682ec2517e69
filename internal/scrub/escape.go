package scrub

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// escape undoes the escape that a text begins with. It returns a length of 0
// when the text does not begin with one.
type escape func(text string) (plain []byte, length int)

// everyEscape lists the ways in which a text may be written. Each is undone by
// itself: what looks like an escape of one kind may be plain in another.
var everyEscape = []escape{
	func(string) ([]byte, int) { return nil, 0 }, // as it is
	unescapeJSON, unescapePath, unescapeQuery, unescapeHTML,
}

// unescape undoes the escapes of one kind in a text, once. It returns the
// result with the offset that each of its bytes has in the text, and that of
// the end.
func unescape(text string, escaped escape) (plain []byte, offsets []int) {
	plain, offsets = make([]byte, 0, len(text)), make([]int, 0, len(text)+1)
	for at := 0; at < len(text); {
		unescaped, length := escaped(text[at:])
		if length == 0 {
			unescaped, length = []byte{text[at]}, 1
		}
		for range unescaped {
			offsets = append(offsets, at)
		}
		plain = append(plain, unescaped...)
		at += length
	}
	return plain, append(offsets, len(text))
}

var jsonEscapes = map[byte]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

func unescapeJSON(text string) (plain []byte, length int) {
	if len(text) < 2 || text[0] != '\\' {
		return nil, 0
	}
	if character, ok := jsonEscapes[text[1]]; ok {
		return []byte{character}, 2
	}
	code, ok := jsonUnit(text)
	if !ok {
		return nil, 0
	}
	if low, ok := jsonUnit(text[6:]); ok && utf16.IsSurrogate(code) {
		return utf8.AppendRune(nil, utf16.DecodeRune(code, low)), 12
	}
	return utf8.AppendRune(nil, code), 6
}

// jsonUnit reads the \u escape that a text begins with.
func jsonUnit(text string) (rune, bool) {
	if len(text) < 6 || text[:2] != `\u` {
		return 0, false
	}
	code, err := strconv.ParseUint(text[2:6], 16, 16)
	return rune(code), err == nil
}

func unescapePath(text string) (plain []byte, length int) {
	if text[0] != '%' || len(text) < 3 {
		return nil, 0
	}
	code, err := strconv.ParseUint(text[1:3], 16, 8)
	if err != nil {
		return nil, 0
	}
	return []byte{byte(code)}, 3
}

// unescapeQuery is unescapePath where a plus sign is a space.
func unescapeQuery(text string) (plain []byte, length int) {
	if text[0] == '+' {
		return []byte{' '}, 1
	}
	return unescapePath(text)
}

var entities = map[string]byte{"amp": '&', "lt": '<', "gt": '>', "quot": '"', "apos": '\''}

func unescapeHTML(text string) (plain []byte, length int) {
	const longest = 10
	name, _, found := strings.Cut(text[1:min(len(text), longest)], ";")
	if text[0] != '&' || !found {
		return nil, 0
	}
	if character, ok := entities[name]; ok {
		return []byte{character}, len(name) + 2
	}
	digits, isNumber := strings.CutPrefix(strings.ToLower(name), "#")
	base := 10
	if hexadecimal, ok := strings.CutPrefix(digits, "x"); ok {
		digits, base = hexadecimal, 16
	}
	code, err := strconv.ParseUint(digits, base, 21)
	if !isNumber || err != nil {
		return nil, 0
	}
	return utf8.AppendRune(nil, rune(code)), len(name) + 2
}
