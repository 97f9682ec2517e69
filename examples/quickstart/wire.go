package main

import (
	"context"
	"fmt"

	returningai "github.com/returningai/returningai-go"
)

// wire prints every attempt as it happens: hooks see no id, body or secret.
func (d *demo) wire() returningai.Option {
	return returningai.WithHooks(returningai.Hooks{
		Attempt: func(_ context.Context, attempt returningai.AttemptInfo) {
			outcome := fmt.Sprint(attempt.StatusCode)
			if attempt.Err != nil {
				outcome = attempt.Err.Error()
			}
			d.say("  %-4s %-18s attempt %d -> %s", attempt.Call.Method, attempt.Call.Route, attempt.Number, outcome)
		},
		Retry: func(_ context.Context, retry returningai.RetryInfo) {
			d.say("  waiting %v before trying again", retry.Wait)
		},
	})
}
