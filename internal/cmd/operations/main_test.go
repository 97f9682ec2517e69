package main

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	returningai "github.com/returningai/returningai-go"
)

var update = flag.Bool("update", false, "write the table into the README instead of comparing with it")

const (
	readme = "../../../README.md"
	begin  = "<!-- operations:begin -->\n"
	end    = "<!-- operations:end -->"
)

func TestTheReadmeHasTheTable(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(readme)
	require.NoError(t, err)
	before, rest, found := strings.Cut(string(text), begin)
	require.True(t, found, "README.md lacks the line %s", begin)
	table, after, found := strings.Cut(rest, end)
	require.True(t, found, "README.md lacks the line %s", end)
	want := markdownTable(returningai.Operations())
	if *update {
		require.NoError(t, os.WriteFile(readme, []byte(before+begin+want+end+after), 0o600))
		return
	}
	require.Equal(t, want, table, "run: go test ./internal/cmd/operations -update")
}

// operations are one of each kind that the tables tell apart.
var operations = []returningai.Operation{{
	ID: "integration.messages.send", GoMethod: "Integration.Messages.Send", Family: returningai.FamilyIntegration,
	Method: "POST", Path: "/messages/send", Permission: "sendMessage", Docs: "https://docs.example/send",
	RouteCertainty: returningai.Documented, BodyCertainty: returningai.Documented, PermissionCertainty: returningai.Assumed,
}, {
	ID: "system.badges.list", GoMethod: "System.Badges.List", Family: returningai.FamilySystem,
	Method: "GET", Path: "/badges", Idempotent: true,
	RouteCertainty: returningai.Observed, BodyCertainty: returningai.Documented,
}, {
	ID: "application.userFields.delete", GoMethod: "Application.UserFields.Delete", Family: returningai.FamilyApplication,
	Method: "DELETE", Path: "/user-fields/{fieldId}", Permission: "userFields", Idempotent: true,
	RouteCertainty: returningai.Observed, BodyCertainty: returningai.Assumed, PermissionCertainty: returningai.Documented,
}}

func TestTables(t *testing.T) {
	t.Parallel()
	require.Equal(t, strings.Join([]string{
		"integration.messages.send\tIntegration.Messages.Send\tintegration\tPOST\t/messages/send\tsendMessage\tfalse\tdocumented\thttps://docs.example/send",
		"system.badges.list\tSystem.Badges.List\tsystem\tGET\t/badges\t\ttrue\tobserved\t",
		"application.userFields.delete\tApplication.UserFields.Delete\tapplication\tDELETE\t/user-fields/{fieldId}\tuserFields\ttrue\tassumed\t",
		"",
	}, "\n"), tabSeparated(operations))
	require.Equal(t, strings.Join([]string{
		"| operation | Go method | HTTP | permission | repeatable | certainty |",
		"| --- | --- | --- | --- | --- | --- |",
		"| [`integration.messages.send`](https://docs.example/send) | `Integration.Messages.Send` | POST `/messages/send` | `sendMessage`? |  | documented |",
		"| `system.badges.list` | `System.Badges.List` | GET `/badges` |  | yes | observed |",
		"| `application.userFields.delete` | `Application.UserFields.Delete` | DELETE `/user-fields/{fieldId}` | `userFields` | yes | assumed |",
		"",
	}, "\n"), markdownTable(operations))
}
