package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	returningai "github.com/returningai/returningai-go"
)

const root = "../.."

// TestChecksNamed holds the operations that are not retried against the
// doc comments.
func TestChecksNamed(t *testing.T) {
	t.Parallel()
	checks, err := checks(root)
	require.NoError(t, err)
	for _, op := range returningai.Operations() {
		require.Equal(t, !op.Idempotent, checks[op.ID] != "", op.ID)
	}
}

// operations are one of each kind that the tables tell apart.
var operations = []returningai.Operation{{
	ID: "integration.messages.send", GoMethod: "Integration.Messages.Send", Family: returningai.FamilyIntegration,
	Method: "POST", Path: "/messages/send", Permission: "sendMessage", Docs: "https://docs.example/send",
	RouteCertainty: returningai.CertaintyDocumented, BodyCertainty: returningai.CertaintyDocumented, PermissionCertainty: returningai.CertaintyAssumed,
}, {
	ID: "system.badges.list", GoMethod: "System.Badges.List", Family: returningai.FamilySystem,
	Method: "GET", Path: "/badges", Idempotent: true, ReadsOnly: true,
	RouteCertainty: returningai.CertaintyObserved, BodyCertainty: returningai.CertaintyDocumented,
}, {
	ID: "application.userFields.delete", GoMethod: "Application.UserFields.Delete", Family: returningai.FamilyApplication,
	Method: "DELETE", Path: "/user-fields/{fieldId}", Permission: "userFields", Idempotent: true,
	RouteCertainty: returningai.CertaintyObserved, BodyCertainty: returningai.CertaintyAssumed, PermissionCertainty: returningai.CertaintyDocumented,
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
		"| operation | Go method | HTTP | permission | retried | certainty |",
		"| --- | --- | --- | --- | --- | --- |",
		"| [`integration.messages.send`](https://docs.example/send) | `Integration.Messages.Send` | POST `/messages/send` | `sendMessage`? |  | documented |",
		"| `system.badges.list` | `System.Badges.List` | GET `/badges` |  | yes | observed |",
		"| `application.userFields.delete` | `Application.UserFields.Delete` | DELETE `/user-fields/{fieldId}` | `userFields` | yes | assumed |",
		"",
	}, "\n"), markdownTable(operations))
	const page = "https://pkg.go.dev/github.com/returningai/returningai-go/"
	require.Equal(t, strings.Join([]string{
		"| family | request | Go method |",
		"| --- | --- | --- |",
		"| application | DELETE `/user-fields/{fieldId}` | [`Application.UserFields.Delete`](" + page + "application#UserFieldsService.Delete) |",
		"| integration | POST `/messages/send` | [`Integration.Messages.Send`](" + page + "integration#MessagesService.Send) |",
		"| system | GET `/badges` | [`System.Badges.List`](" + page + "system#BadgesService.List) |",
		"",
	}, "\n"), requestTable(operations))
	require.Equal(t, strings.Join([]string{
		"| method | retried | after MaybeApplied |",
		"| --- | --- | --- |",
		"| `Integration.Messages.Send` | no | Ask somebody. |",
		"| `Application.UserFields.Delete` | yes | Call it again. |",
		"",
	}, "\n"), afterTable(operations, map[string]string{"integration.messages.send": "Ask somebody."}))
}
