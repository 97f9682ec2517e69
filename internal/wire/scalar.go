package wire

import (
	"math"
	"reflect"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// setScalar sets target to a JSON scalar of any kind, given as text, and
// reports whether it fits.
func setScalar(target reflect.Value, from jsontext.Kind, text string) bool {
	if target.Kind() == reflect.String {
		target.SetString(text)
		return true
	}
	text = strings.TrimSpace(text)
	isBool := from == jsontext.KindTrue || from == jsontext.KindFalse
	switch {
	case target.Kind() == reflect.Bool:
		return setBool(target, text)
	case isBool:
		return false
	case target.CanInt():
		integer, ok := wholeNumber(text)
		if !ok || target.OverflowInt(integer) {
			return false
		}
		target.SetInt(integer)
		return true
	case target.CanUint():
		integer, ok := wholeNumber(text)
		if !ok || integer < 0 || target.OverflowUint(uint64(integer)) {
			return false
		}
		target.SetUint(uint64(integer))
		return true
	case target.CanFloat():
		return setFloat(target, text)
	}
	return false
}

// wholeNumber reads an integer, also one written as 1.0 or 1e3. An empty text
// is 0.
func wholeNumber(text string) (int64, bool) {
	integer, err := strconv.ParseInt(text, 10, 64)
	if text == "" || err == nil {
		return integer, true
	}
	// From 2^53 on a float no longer tells which integer was meant.
	float, err := strconv.ParseFloat(text, 64)
	return int64(float), err == nil && float == math.Trunc(float) && math.Abs(float) < 1<<53
}

func setFloat(target reflect.Value, text string) bool {
	if text == "" {
		text = "0"
	}
	float, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(float) || math.IsInf(float, 0) || target.OverflowFloat(float) {
		return false
	}
	target.SetFloat(float)
	return true
}

func setBool(target reflect.Value, text string) bool {
	switch strings.ToLower(text) {
	case "true", "1":
		target.SetBool(true)
	case "false", "0", "":
		target.SetBool(false)
	default:
		return false
	}
	return true
}
