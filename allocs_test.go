//go:build !race

package returningai_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/application"
)

// TestAllocationCeilings keeps calls cheap: in memory, ten response headers, the
// default retry policy, budget and timeout. It cannot run in parallel.
func TestAllocationCeilings(t *testing.T) { //nolint:paralleltest // others would be counted, too
	for name, test := range map[string]struct {
		body    string
		call    func(*returningai.Client) error
		ceiling float64
	}{
		"Messages.Send": {
			`{"status":"success","message":"sent"}`,
			func(client *returningai.Client) error { return send(t.Context(), client) }, 75,
		},
		"Badges.Award": {
			badgeBody,
			func(client *returningai.Client) error {
				_, err := client.System.Badges.Award(t.Context(), "badge", "1102")
				return err
			}, 90,
		},
		"Integration.Users.Get": {
			`{"status":"success","data":{"_id":"65f0c0ffee65f0c0ffee0001","id":1102,"username":"player","email":"p@example.com","displayName":"P"}}`,
			func(client *returningai.Client) error {
				_, err := client.Integration.Users.Get(t.Context(), "1102")
				return err
			}, 85,
		},
		"Application.Users.Get": {
			`{"meta":{"status":"success","statusCode":200},"message":"user fetched","data":{"_id":"65a0c0de0000000000000001","id":1102,` +
				`"displayName":"Player One","username":"player-one","firstName":"Player","email":"player-one@example.com","isOnline":true,` +
				`"lastLogin":"2026-01-31T12:00:00.000Z","avatar":"https://cdn.example.com/` + strings.Repeat("x", 600) + `","lastName":"One"}}`,
			func(client *returningai.Client) error {
				_, err := client.Application.Users.Get(t.Context(), "65a0c0de0000000000000001", application.GetUserParams{})
				return err
			}, 65,
		},
	} {
		client := inMemory(t, &canned{body: test.body, header: tenHeaders()})
		require.NoError(t, test.call(client), name)
		allocated := testing.AllocsPerRun(100, func() { _ = test.call(client) })
		t.Logf("%s: %v allocations", name, allocated)
		require.LessOrEqual(t, allocated, test.ceiling, name)
	}
}
