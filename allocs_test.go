//go:build !race

package returningai_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/application"
	"github.com/returningai/returningai-go/integration"
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
			func(client *returningai.Client) error { return send(t.Context(), client) }, 47,
		},
		"Badges.Award": {
			badgeBody,
			func(client *returningai.Client) error {
				_, err := client.System.Badges.Award(t.Context(), "badge", "1102")
				return err
			}, 55,
		},
		"Users.Get": {
			`{"status":"success","data":{"_id":"65f0c0ffee65f0c0ffee0001","id":1102,"username":"player","email":"p@example.com","displayName":"P"}}`,
			func(client *returningai.Client) error {
				_, err := client.Integration.Users.Get(t.Context(), "1102")
				return err
			}, 61,
		},
		"Application.Users.Get of 1 KB": {
			`{"meta":{"status":"success","statusCode":200},"message":"ok","data":{"_id":"65f0c0ffee65f0c0ffee0001","id":1102,"username":"player","email":"p@example.com",` +
				`"firstName":"First","lastName":"Last","about":"` + strings.Repeat("x", 850) + `"}}`,
			func(client *returningai.Client) error {
				_, err := client.Application.Users.Get(t.Context(), "65f0c0ffee65f0c0ffee0001", application.GetUserParams{})
				return err
			}, 49,
		},
		"Application.CommunityUsers.List of 200": {
			`{"data":[` + strings.Repeat(`{"_id":"65f0c0ffee65f0c0ffee0001","id":1102,"username":"player","email":"p@example.com","isOnline":true},`, 199) +
				`{"_id":"65f0c0ffee65f0c0ffee0001"}],"meta":{"total":200}}`,
			func(client *returningai.Client) error {
				_, err := client.Application.CommunityUsers.List(t.Context(), application.ListCommunityUsersParams{CommunityID: "65f0c0ffee65f0c0ffee0002"})
				return err
			}, 295,
		},
		"Integration.Users.List of 200": {
			`{"status":"success","data":[` + strings.Repeat(`{"email":"p@example.com","first_name":"Ada","xp":7,"coins":1.5},`, 199) + `{}],"next_cursor":""}`,
			func(client *returningai.Client) error {
				_, err := client.Integration.Users.List(t.Context(), integration.UserFilter{Fields: []integration.Column{"email", "first_name", "xp", "coins"}})
				return err
			}, 1515,
		},
	} {
		client := inMemory(t, &canned{body: test.body, header: tenHeaders()})
		require.NoError(t, test.call(client), name)
		allocated := testing.AllocsPerRun(100, func() { _ = test.call(client) })
		t.Logf("%s: %v allocations", name, allocated)
		require.LessOrEqual(t, allocated, test.ceiling, name)
	}
}
