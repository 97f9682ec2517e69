// Package value holds a JSON value whose type is known only when it arrives: a
// column of a user row, a custom field, or an entry of a field's history.
package value

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/returningai/returningai-go/internal/wire"
)

// Value is any JSON value. It keeps the JSON text as it arrived, so that no
// digit of a number is lost and what was read is written again unchanged. Only
// white space between tokens is removed.
//
// Its methods convert it, and report whether the result is exactly what the
// text says. Two values are equal (==) if their texts are. The zero Value is
// no value at all, which differs from null.
type Value struct{ text string }

// Kind is the JSON type of a [Value].
type Kind string

// The JSON types. The zero Value has none.
const (
	KindNone    Kind = ""
	KindNull    Kind = "null"
	KindBoolean Kind = "boolean"
	KindNumber  Kind = "number"
	KindString  Kind = "string"
	KindArray   Kind = "array"
	KindObject  Kind = "object"
)

// Null returns the JSON value null.
func Null() Value { return Value{"null"} }

// Bool returns a JSON boolean.
func Bool(value bool) Value { return Value{strconv.FormatBool(value)} }

// Int returns a JSON number, from any integer type. A time.Duration, which says
// no unit, gives the zero Value, which is refused when it is sent.
func Int[T ~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~uintptr](value T) Value {
	if _, isDuration := any(value).(time.Duration); isDuration {
		return Value{}
	}
	if value < 0 {
		return Value{strconv.FormatInt(int64(value), 10)}
	}
	return Value{strconv.FormatUint(uint64(value), 10)}
}

// Float returns a JSON number, with as many digits as distinguish it from every
// other float64. Infinities and NaN give the zero Value, which is refused when
// it is sent.
func Float(value float64) Value { return of(value) }

// String returns a JSON string. A string that is not UTF-8 gives the zero
// Value, which is refused when it is sent.
func String(value string) Value { return of(value) }

// Time returns a time as a JSON string: RFC 3339, in UTC, with nanoseconds if
// there are any. A year outside of 0 to 9999 gives the zero Value, which is
// refused when it is sent.
func Time(value time.Time) Value { return of(value.UTC()) }

// Date returns the day of a time, in its own time zone, as a JSON string of the
// form 2006-01-02 (assumed). A year outside of 0 to 9999 gives the zero Value,
// which is refused when it is sent.
func Date(value time.Time) Value {
	if year := value.Year(); year < 0 || year > 9999 {
		return Value{}
	}
	return of(value.Format(time.DateOnly))
}

// Parse returns any JSON value by its text. The text must be one value of
// strict JSON: in UTF-8, without duplicate names in an object.
func Parse(text []byte) (Value, error) {
	if len(bytes.TrimSpace(text)) == 0 {
		return Value{}, errors.New("value: the text is empty")
	}
	compact, err := wire.Encode(json.RawMessage(text))
	if err != nil {
		return Value{}, errors.New("value: the text is not strict JSON: " + err.Error())
	}
	return Value{string(compact)}, nil
}

// of returns the JSON of a Go value, or the zero Value if it has none.
func of(value any) Value {
	text, err := wire.Encode(value)
	if err != nil {
		return Value{}
	}
	return Value{string(text)}
}

// Kind returns the JSON type of the value.
func (v Value) Kind() Kind {
	if v.text == "" {
		return KindNone
	}
	switch v.text[0] {
	case 'n':
		return KindNull
	case 't', 'f':
		return KindBoolean
	case '"':
		return KindString
	case '[':
		return KindArray
	case '{':
		return KindObject
	}
	return KindNumber
}

// IsZero reports whether there is no value, not even null.
func (v Value) IsZero() bool { return v.text == "" }

// AppendTo appends the JSON text of the value, nothing for the zero Value.
func (v Value) AppendTo(text []byte) []byte { return append(text, v.text...) }

// JSON returns the JSON text of the value, nil for the zero Value.
func (v Value) JSON() json.RawMessage {
	if v.text == "" {
		return nil
	}
	return json.RawMessage(v.text)
}

// String returns the content of a JSON string, and any other value as its JSON
// text, so that no digit is lost. It is for showing: see [Value.Text].
func (v Value) String() string {
	if text, _ := v.Text(); v.Kind() == KindString {
		return text
	}
	return v.text
}

// Text returns the content of a JSON string, and whether it is exact. It is
// empty and not exact if the value is not a string. It is not exact either if
// the string is not valid Unicode, such as half of a surrogate pair: that
// becomes U+FFFD.
func (v Value) Text() (text string, exact bool) {
	if v.Kind() != KindString {
		return "", false
	}
	if isSimple(v.text) {
		return v.text[1 : len(v.text)-1], true
	}
	unquoted, err := jsontext.AppendUnquote(nil, v.text)
	return string(unquoted), err == nil
}

// Int returns a number as an int64, and whether it is exact. A fraction is cut
// off, and a number outside the range of int64 gives the nearest end of it;
// neither is exact. A string that holds a number counts as one, since some
// responses write numbers so. Anything else is 0 and not exact.
func (v Value) Int() (number int64, exact bool) {
	text, ok := v.number()
	if !ok {
		return 0, false
	}
	return parseDecimal(text).int64()
}

// Float returns a number as the nearest float64, and whether it is exact: the
// float, written with [Float], is the same number again. Most numbers of
// more than 15 digits are not; those beyond the range of float64 are infinite.
// A string that holds a number counts as one, since some responses write numbers
// so. Anything else is 0 and not exact.
func (v Value) Float() (number float64, exact bool) {
	text, ok := v.number()
	if !ok {
		return 0, false
	}
	number, err := strconv.ParseFloat(text, 64)
	if err != nil { // out of range
		return number, false
	}
	return number, parseDecimal(strconv.FormatFloat(number, 'e', -1, 64)) == parseDecimal(text)
}

// number returns the text of a number, which may stand in a string.
func (v Value) number() (text string, ok bool) {
	if v.Kind() == KindNumber {
		return v.text, true
	}
	text, _ = v.Text()
	if text == "" || strings.TrimSpace(text) != text || !jsontext.Value(text).IsValid() {
		return "", false
	}
	return text, Value{text}.Kind() == KindNumber
}

// Bool returns a boolean, and whether it is exact. The numbers 1 and 0 count as
// booleans, and so do these four in a string, since some responses write them
// so. Anything else is false and not exact.
func (v Value) Bool() (value, exact bool) {
	switch v.String() {
	case "true", "1":
		return true, true
	case "false", "0":
		return false, true
	}
	return false, false
}

// Time returns a time, and whether it is exact. A string counts that holds a
// time as RFC 3339 has it, or a date of the form 2006-01-02 or 02/01/2006,
// which is taken as its midnight in UTC. It is not exact when it had a finer
// fraction than nanoseconds, which was cut off. Anything else is the zero time
// and not exact.
func (v Value) Time() (value time.Time, exact bool) {
	text, _ := v.Text()
	for _, layout := range []string{time.RFC3339Nano, time.DateOnly, "02/01/2006"} {
		if value, err := time.Parse(layout, text); err == nil {
			return value, !finerThanNanoseconds(text)
		}
	}
	return time.Time{}, false
}

func finerThanNanoseconds(text string) bool {
	_, fraction, _ := strings.Cut(text, ".")
	digits := len(fraction) - len(strings.TrimLeft(fraction, "0123456789"))
	return len(strings.TrimRight(fraction[:digits], "0")) > 9
}

// MarshalJSON writes the value as it came. The zero Value is written as null.
func (v Value) MarshalJSON() ([]byte, error) {
	if v.text == "" {
		return []byte("null"), nil
	}
	return []byte(v.text), nil
}

// UnmarshalJSON keeps any JSON value.
func (v *Value) UnmarshalJSON(data []byte) error {
	if isSimple(data) {
		v.text = string(data)
		return nil
	}
	compact := jsontext.Value(bytes.Clone(data))
	if err := compact.Compact(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)); err != nil {
		return errors.New("value: not JSON")
	}
	v.text = string(compact)
	return nil
}

// isSimple reports whether text is certainly a JSON scalar: a plain number, a
// literal or a string in ASCII without escapes. Nearly all values are, and checking
// them as any JSON takes a quarter of the time of reading a list of user rows.
func isSimple[Text string | []byte](text Text) bool {
	last := len(text) - 1
	switch {
	case last < 0:
		return false
	case last > 0 && text[0] == '"' && text[last] == '"':
		return isPlain(text[1:last])
	case text[0] >= '1' && text[0] <= '9':
		return isPlainNumber(text)
	}
	return string(text) == "0" || string(text) == "null" || string(text) == "true" || string(text) == "false"
}

func isPlain[Text string | []byte](text Text) bool {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// isPlainNumber reports whether text, which begins with a digit, is made of digits,
// with or without a fraction.
func isPlainNumber[Text string | []byte](text Text) bool {
	points := 0
	for i := range len(text) {
		if text[i] == '.' {
			points++
		} else if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return points <= 1 && text[len(text)-1] != '.'
}

// decimal is a number of any size: ±0.digits × 10^exponent, without zeros at
// either end of its digits, so that equal numbers are equal decimals. Zero is
// the zero decimal, whatever its sign.
type decimal struct {
	negative bool
	digits   string
	exponent int
}

// parseDecimal reads a number in JSON's spelling.
func parseDecimal(text string) decimal {
	mantissa, power, _ := strings.Cut(strings.ToLower(text), "e")
	mantissa, negative := strings.CutPrefix(mantissa, "-")
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := strings.TrimLeft(whole+fraction, "0")
	if digits == "" {
		return decimal{}
	}
	const limit = 1 << 29                        // far beyond every type, and safe to calculate with
	parsed, _ := strconv.ParseInt(power, 10, 32) // 0 without one, the end of the range beyond it
	exponent := int(min(max(parsed, -limit), limit)) + len(digits) - len(fraction)
	return decimal{negative, strings.TrimRight(digits, "0"), exponent}
}

// int64 cuts the number to an int64, and reports whether that changed it.
func (d decimal) int64() (number int64, exact bool) {
	if d.exponent <= 0 {
		return 0, d.digits == ""
	}
	const most = 19 // digits of an int64
	text := "-"
	if !d.negative {
		text = ""
	}
	switch {
	case d.exponent > most:
		text += strings.Repeat("9", most+1)
	case len(d.digits) > d.exponent:
		text += d.digits[:d.exponent]
	default:
		text += d.digits + strings.Repeat("0", d.exponent-len(d.digits))
	}
	number, err := strconv.ParseInt(text, 10, 64) // the nearest end of the range, with an error
	return number, err == nil && len(d.digits) <= d.exponent
}
