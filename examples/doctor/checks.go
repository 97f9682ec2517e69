package main

import (
	"context"
	"reflect"
	"time"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/application"
	"github.com/returningai/returningai-go/integration"
	"github.com/returningai/returningai-go/system"
)

// What the examination knows about the community, by name: given as flags, or
// found on the way.
const (
	email      = "email"
	userNumber = "user number"
	userID     = "_id"
	community  = "community"
	server     = "server"
	field      = "field"
	key        = "key"
)

// source says where what is lacking comes from.
var source = map[string]string{
	email:      "give -email",
	userNumber: "give -user, or -email so that integration.users.info finds it",
	userID:     "give -email, so that integration.users.info finds it",
	community:  "give -community",
	server:     "system.servers.list must find one",
	field:      "application.userFields.list must find one",
	key:        "integration.apiKeys.list must find one",
}

// A check performs one operation that changes nothing.
type check struct {
	operation string
	needs     []string // what must be known
	data      reflect.Type
	call      func(ctx context.Context, client *returningai.Client, known map[string]string) error
}

// checking makes a check of a call. What its answer is good for, later checks
// may know.
func checking[T any](operation string, call func(context.Context, *returningai.Client, map[string]string) (T, error), needs ...string) check {
	return check{operation, needs, reflect.TypeFor[T](), func(ctx context.Context, client *returningai.Client, known map[string]string) error {
		_, err := call(ctx, client, known)
		return err
	}}
}

// earningsOfADay is the documented data of the history, which the client returns
// as a page.
type earningsOfADay struct {
	Date       string `json:"date"`
	Pagination struct {
		Page       int `json:"page"`
		Limit      int `json:"limit"`
		Total      int `json:"total"`
		TotalPages int `json:"total_pages"`
		Found      int `json:"found"`
	} `json:"pagination"`
	Results []integration.Earnings `json:"results"`
}

// checks are in such an order that later ones know what earlier ones found.
var checks = []check{
	checking("integration.channels.list", func(ctx context.Context, client *returningai.Client, _ map[string]string) ([]integration.Channel, error) {
		return client.Integration.Channels.List(ctx)
	}),
	checking("integration.users.info", func(ctx context.Context, client *returningai.Client, known map[string]string) (integration.User, error) {
		user, err := client.Integration.Users.Get(ctx, known[email])
		find(known, userID, user.ID)
		find(known, userNumber, user.UserID)
		return user, err
	}, email),
	checking("integration.users.filter", func(ctx context.Context, client *returningai.Client, _ map[string]string) ([]integration.UserRow, error) {
		users, err := client.Integration.Users.List(ctx, integration.UserFilter{Fields: []integration.Column{integration.ColumnXP}, Page: 1})
		return users.Items, err
	}),
	checking("integration.users.gamificationHistory", func(ctx context.Context, client *returningai.Client, known map[string]string) (earningsOfADay, error) {
		_, err := client.Integration.Users.GamificationHistory(ctx, integration.GamificationHistoryParams{
			Identifiers: []string{known[email]}, IdentifierType: integration.IdentifierTypeEmail,
			Date: integration.DateOf(time.Now().UTC()), Page: 1, Limit: 1,
		})
		return earningsOfADay{}, err
	}, email),
	checking("integration.users.gamificationHistoryOfUser", func(ctx context.Context, client *returningai.Client, known map[string]string) (integration.LegacyGamificationHistory, error) {
		return client.Integration.Users.LegacyGamificationHistory(ctx, week(known))
	}, email),
	checking("integration.users.gamificationStats", func(ctx context.Context, client *returningai.Client, known map[string]string) (integration.GamificationStats, error) {
		return client.Integration.Users.GamificationStats(ctx, week(known))
	}, email),
	checking("integration.apiKeys.list", func(ctx context.Context, client *returningai.Client, known map[string]string) ([]integration.APIKey, error) {
		keys, err := client.Integration.APIKeys.List(ctx, known[userID])
		if len(keys) > 0 {
			find(known, key, keys[0].ID)
		}
		return keys, err
	}, userID),
	checking("integration.apiKeys.info", func(ctx context.Context, client *returningai.Client, known map[string]string) (integration.APIKey, error) {
		return client.Integration.APIKeys.Get(ctx, known[userID], known[key])
	}, userID, key),

	checking("system.servers.list", func(ctx context.Context, client *returningai.Client, known map[string]string) ([]system.Server, error) {
		servers, err := client.System.Servers.List(ctx)
		if len(servers) > 0 {
			find(known, server, servers[0].ID)
		}
		return servers, err
	}),
	checking("system.servers.listRoles", func(ctx context.Context, client *returningai.Client, known map[string]string) ([]system.Role, error) {
		return client.System.Servers.ListRoles(ctx, known[server])
	}, server),
	checking("system.servers.listChannels", func(ctx context.Context, client *returningai.Client, known map[string]string) ([]system.Channel, error) {
		return client.System.Servers.ListChannels(ctx, known[server])
	}, server),
	checking("system.channels.list", func(ctx context.Context, client *returningai.Client, _ map[string]string) ([]system.Channel, error) {
		return client.System.Channels.List(ctx)
	}),
	checking("system.roles.listOfUser", func(ctx context.Context, client *returningai.Client, known map[string]string) ([]system.Role, error) {
		return client.System.Roles.ListByUser(ctx, known[userNumber])
	}, userNumber),
	checking("system.badges.list", func(ctx context.Context, client *returningai.Client, _ map[string]string) ([]system.Badge, error) {
		return client.System.Badges.List(ctx)
	}),

	checking("application.users.get", func(ctx context.Context, client *returningai.Client, known map[string]string) (application.User, error) {
		return client.Application.Users.Get(ctx, known[userID], application.GetUserParams{})
	}, userID),
	checking("application.communityUsers.list", func(ctx context.Context, client *returningai.Client, known map[string]string) ([]application.User, error) {
		page, err := client.Application.CommunityUsers.List(ctx, application.ListCommunityUsersParams{CommunityID: known[community], Limit: 1})
		return page.Items, err
	}, community),
	checking("application.communityUsers.get", func(ctx context.Context, client *returningai.Client, known map[string]string) (application.User, error) {
		return client.Application.CommunityUsers.Get(ctx, known[userID], application.GetCommunityUserParams{CommunityID: known[community]})
	}, community, userID),
	checking("application.userFields.list", func(ctx context.Context, client *returningai.Client, known map[string]string) ([]application.UserField, error) {
		fields, err := client.Application.UserFields.List(ctx, application.CommunityParams{CommunityID: known[community]})
		if len(fields) > 0 {
			find(known, field, fields[0].ID)
		}
		return fields, err
	}, community),
	checking("application.userFields.get", func(ctx context.Context, client *returningai.Client, known map[string]string) (application.UserField, error) {
		return client.Application.UserFields.Get(ctx, known[field], application.CommunityParams{CommunityID: known[community]})
	}, community, field),
	checking("application.fieldHistories.list", func(ctx context.Context, client *returningai.Client, known map[string]string) ([]application.FieldHistory, error) {
		page, err := client.Application.FieldHistories.List(ctx, histories(known))
		return page.Items, err
	}, community),
	checking("application.fieldHistories.listByField", func(ctx context.Context, client *returningai.Client, known map[string]string) ([]application.FieldHistory, error) {
		page, err := client.Application.FieldHistories.ListByField(ctx, known[field], histories(known))
		return page.Items, err
	}, community, field),
	checking("application.fieldHistories.listByUser", func(ctx context.Context, client *returningai.Client, known map[string]string) ([]application.FieldHistory, error) {
		page, err := client.Application.FieldHistories.ListByUser(ctx, known[userID], histories(known))
		return page.Items, err
	}, community, userID),
	checking("application.fieldHistories.listByFieldAndUser", func(ctx context.Context, client *returningai.Client, known map[string]string) ([]application.FieldHistory, error) {
		page, err := client.Application.FieldHistories.ListByFieldAndUser(ctx, known[field], known[userID], histories(known))
		return page.Items, err
	}, community, field, userID),
}

// find notes what an answer showed, unless it is known already.
func find(known map[string]string, name, value string) {
	if known[name] == "" {
		known[name] = value
	}
}

func week(known map[string]string) integration.UserActivityParams {
	return integration.UserActivityParams{Identifier: known[email], IdentifierType: integration.IdentifierTypeEmail, Days: 7}
}

func histories(known map[string]string) application.ListHistoriesParams {
	return application.ListHistoriesParams{CommunityID: known[community], Limit: 1}
}
