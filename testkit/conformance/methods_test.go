package conformance_test

import (
	"context"
	"fmt"
	"iter"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/application"
	"github.com/returningai/returningai-go/integration"
	"github.com/returningai/returningai-go/returningaitest"
	"github.com/returningai/returningai-go/testkit/calls"
	"github.com/returningai/returningai-go/testkit/conformance"
)

// conveniences are the methods beside those of the table, which perform the
// same operations in other ways.
var conveniences = map[string]func(context.Context, *community, calls.Known) error{
	"Integration.Users.All": func(ctx context.Context, c *community, _ calls.Known) error {
		for number := range 200 { // one more than a page holds
			c.fake.AddUser(returningaitest.User{Username: fmt.Sprint("extra-", number), XP: 500})
		}
		return exhaust(c.Integration.Users.All(ctx, integration.UserFilter{Fields: []integration.Column{integration.ColumnEmail}}))
	},
	"Integration.Users.AllGamificationHistory": func(ctx context.Context, c *community, known calls.Known) error {
		return exhaust(c.Integration.Users.AllGamificationHistory(ctx, integration.GamificationHistoryParams{
			Identifiers: []string{known[calls.Email], "bot@example.com"}, IdentifierType: integration.IdentifierTypeEmail,
			Date: integration.DateOf(time.Now().UTC()), Limit: 1,
		}))
	},
	"Integration.Users.Delete": func(ctx context.Context, c *community, known calls.Known) error {
		return c.Integration.Users.Delete(ctx, known[calls.Username])
	},
	"Integration.Users.Restore": func(ctx context.Context, c *community, known calls.Known) error {
		if err := c.Integration.Users.Delete(ctx, known[calls.Username]); err != nil {
			return err
		}
		return c.Integration.Users.Restore(ctx, known[calls.Username])
	},
	"Application.CommunityUsers.All": func(ctx context.Context, c *community, _ calls.Known) error {
		return exhaust(c.Application.CommunityUsers.All(ctx, application.ListCommunityUsersParams{CommunityID: c.fake.CommunityID(), Limit: 1}))
	},
	"Application.FieldHistories.All": func(ctx context.Context, c *community, _ calls.Known) error {
		return exhaust(c.Application.FieldHistories.All(ctx, c.historyPages()))
	},
	"Application.FieldHistories.AllByField": func(ctx context.Context, c *community, known calls.Known) error {
		return exhaust(c.Application.FieldHistories.AllByField(ctx, known[calls.FieldID], c.historyPages()))
	},
	"Application.FieldHistories.AllByUser": func(ctx context.Context, c *community, known calls.Known) error {
		return exhaust(c.Application.FieldHistories.AllByUser(ctx, known[calls.UserObjectID], c.historyPages()))
	},
	"Application.FieldHistories.AllByFieldAndUser": func(ctx context.Context, c *community, known calls.Known) error {
		return exhaust(c.Application.FieldHistories.AllByFieldAndUser(ctx, known[calls.FieldID], known[calls.UserObjectID], c.historyPages()))
	},
}

// exhaust reads a list to its end.
func exhaust[T any](list iter.Seq2[T, error]) error {
	for _, err := range list {
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *community) historyPages() application.ListHistoriesParams {
	return application.ListHistoriesParams{CommunityID: c.fake.CommunityID(), Limit: 1}
}

func TestBulkImportWithoutTokenConforms(t *testing.T) {
	t.Parallel()
	c := newCommunity(t, readDocument(t), &conformance.Coverage{})
	anonymous, err := returningai.New(returningai.WithBaseURL(returningai.FamilyIntegration, c.integration))
	require.NoError(t, err)
	t.Cleanup(anonymous.CloseIdleConnections)
	_, err = calls.Of("integration.users.bulkImport")[0].Do(t.Context(), anonymous, c.furnish())
	require.NoError(t, err)
	require.NoError(t, c.problems())
}

// TestAllMethodsPerformed finds the methods of all services of the client.
func TestAllMethodsPerformed(t *testing.T) {
	t.Parallel()
	var performed, methods []string
	for _, op := range returningai.Operations() {
		performed = append(performed, op.GoMethod)
	}
	for method := range conveniences {
		performed = append(performed, method)
	}
	for family := range reflect.TypeFor[returningai.Client]().Fields() {
		if !family.IsExported() {
			continue
		}
		for service := range family.Type.Elem().Fields() {
			for method := range service.Type.Methods() {
				methods = append(methods, strings.Join([]string{family.Name, service.Name, method.Name}, "."))
			}
		}
	}
	require.ElementsMatch(t, methods, performed)
}
