// Package testerror lets returningaitest make errors whose fields only the root
// package can set.
package testerror

import "time"

// Params are the values of an error.
type Params struct {
	Operation    string
	StatusCode   int
	Message      string
	RequestID    string
	RetryAfter   time.Duration
	Attempts     int
	MaybeApplied bool
	Problems     []Problem
	Causes       []error
}

// Problem is a rule that a parameter breaks.
type Problem struct{ Field, Rule string }

var newError func(Params) error

// Define sets how errors are made. The root calls it while it initialises.
func Define(function func(Params) error) struct{} {
	newError = function
	return struct{}{}
}

// New makes an error, or returns nil if there is no such operation.
func New(params Params) error { return newError(params) }
