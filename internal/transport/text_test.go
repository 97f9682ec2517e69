package transport

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestText(t *testing.T) {
	t.Parallel()
	for want, text := range map[string]Text{
		"op":                          {Subject: "op"},
		"op: 404 Not Found":           {Subject: "op", Status: 404},
		"op: 1":                       {Subject: "op", Status: 1},
		"op: 599":                     {Subject: "op", Status: 599},
		"op: no route: x: 1; y":       {Subject: "op: no route", Problems: []string{"x: 1", "y"}},
		"op: x: 1":                    {Subject: "op", Problems: []string{"x: 1"}},
		"op [after 2 attempts: late]": {Subject: "op", Attempts: 2, Reason: "late"},
		"op: gone":                    {Subject: "op", Message: "gone"},
		"op (try again)":              {Subject: "op", Help: "try again"},
		"op [after 2 attempts]":       {Subject: "op", Attempts: 2},
		"op: one":                     {Subject: "op", Message: "one", Attempts: 1},
		"op [not retried: it is]":     {Subject: "op", Attempts: 1, Reason: "it is"},
		"op [not retried: never]":     {Subject: "op", Reason: "never"},
		"op [request 7f9c]":           {Subject: "op", RequestID: "7f9c"},
		"op: the server responded 200 but reported a failure: no": {Subject: "op", Status: 200, Reported: true, Message: "no"},
		"op [the change may have been applied]":                   {Subject: "op", MaybeApplied: true},
		"op: 503 Service Unavailable: a; b: busy (wait) [after 3 attempts: attempts used up] [the change may have been applied] [request 7f9c]": {
			Subject: "op", Status: 503, Problems: []string{"a", "b"}, Message: "busy", Help: "wait", Attempts: 3,
			Reason: "attempts used up", MaybeApplied: true, RequestID: "7f9c",
		},
	} {
		require.Equal(t, want, text.String())
	}
}
