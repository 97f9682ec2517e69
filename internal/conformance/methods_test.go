package conformance_test

import (
	"context"
	"iter"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/application"
	"github.com/returningai/returningai-go/integration"
	"github.com/returningai/returningai-go/internal/conformance"
)

// conveniences are the methods beside those of the table, which perform the
// same operations in other ways.
var conveniences = map[string]driver{
	"Integration.Users.All": send(func(ctx context.Context, c *community) error {
		c.busy()
		return exhaust(c.Integration.Users.All(ctx, integration.UserFilter{Fields: []integration.Column{integration.ColumnEmail}}))
	}),
	"Integration.Users.AllGamificationHistory": send(func(ctx context.Context, c *community) error {
		return exhaust(c.Integration.Users.AllGamificationHistory(ctx, integration.GamificationHistoryParams{
			Identifiers: []string{c.busy().Email, c.player().Email}, IdentifierType: integration.IdentifierTypeEmail,
			Date: integration.DateOf(time.Now().UTC()), Limit: 1,
		}))
	}),
	"Integration.Users.Delete": send(func(ctx context.Context, c *community) error {
		return c.Integration.Users.Delete(ctx, c.player().Username)
	}),
	"Integration.Users.Restore": send(func(ctx context.Context, c *community) error {
		if err := c.Integration.Users.Delete(ctx, c.player().Username); err != nil {
			return err
		}
		return c.Integration.Users.Restore(ctx, c.player().Username)
	}),
	"Application.CommunityUsers.All": send(func(ctx context.Context, c *community) error {
		return exhaust(c.Application.CommunityUsers.All(ctx, application.ListCommunityUsersParams{CommunityID: c.fake.CommunityID(), Limit: 1}))
	}),
	"Application.FieldHistories.All": send(func(ctx context.Context, c *community) error {
		c.changed()
		return exhaust(c.Application.FieldHistories.All(ctx, c.historyPages()))
	}),
	"Application.FieldHistories.AllByField": send(func(ctx context.Context, c *community) error {
		return exhaust(c.Application.FieldHistories.AllByField(ctx, c.changed(), c.historyPages()))
	}),
	"Application.FieldHistories.AllByUser": send(func(ctx context.Context, c *community) error {
		c.changed()
		return exhaust(c.Application.FieldHistories.AllByUser(ctx, c.player().ID, c.historyPages()))
	}),
	"Application.FieldHistories.AllByFieldAndUser": send(func(ctx context.Context, c *community) error {
		return exhaust(c.Application.FieldHistories.AllByFieldAndUser(ctx, c.changed(), c.player().ID, c.historyPages()))
	}),
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

// TestConveniencesObeyTheDocument performs the methods that are not in the
// table.
func TestConveniencesObeyTheDocument(t *testing.T) {
	t.Parallel()
	document := readDocument(t)
	for method, drive := range conveniences {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			c := newCommunity(t, document, &conformance.Coverage{})
			drive(t, c)
			require.NoError(t, c.problems())
			require.NotEmpty(t, c.fake.Requests())
		})
	}
}

// TestEveryMethodIsPerformed finds the methods of all services of the client.
func TestEveryMethodIsPerformed(t *testing.T) {
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
