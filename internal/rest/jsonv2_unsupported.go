//go:build goexperiment.jsonv2 && !go1.27

package rest

// On Go 1.26 the jsonv2 experiment has older tag names than the released
// library and would silently drop unknown fields of responses. Build without
// GOEXPERIMENT=jsonv2, or with Go 1.27.
var _ = returningai_needs_go1_27_for_GOEXPERIMENT_jsonv2
