package main

import (
	"reflect"
	"slices"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/application"
	"github.com/returningai/returningai-go/integration"
	"github.com/returningai/returningai-go/system"
	"github.com/returningai/returningai-go/testkit/calls"
)

// source says where a missing fact comes from: a flag, or an earlier check.
var source = map[calls.Fact]string{
	calls.Email:        "give -email",
	calls.UserID:       "give -user, or -email so that integration.users.info finds it",
	calls.UserObjectID: "give -email, so that integration.users.info finds it",
	calls.CommunityID:  "give -community",
	calls.ServerID:     "system.servers.list must find one",
	calls.ChannelID:    "integration.channels.list must find one",
	calls.RoleID:       "system.servers.listRoles must find one",
	calls.BadgeID:      "system.badges.list must find one",
	calls.FieldID:      "application.userFields.list must find one",
	calls.APIKeyID:     "integration.apiKeys.list must find one",
}

// A check performs one operation that changes nothing.
type check struct {
	calls.Call

	operation returningai.Operation
}

// checks returns a check for each operation that changes nothing, in the order
// of the list of calls: later ones need what earlier ones find.
func checks() []check {
	var all []check
	operations := returningai.Operations()
	for _, call := range calls.Plain() {
		i := slices.IndexFunc(operations, func(op returningai.Operation) bool { return op.ID == call.Operation })
		if operations[i].ReadsOnly {
			all = append(all, check{call, operations[i]})
		}
	}
	return all
}

// learn keeps what a result shows that later checks need.
func learn(known calls.Known, result any) {
	switch result := result.(type) {
	case integration.User:
		find(known, calls.UserObjectID, result.ID)
		find(known, calls.UserID, result.UserID)
	case []integration.APIKey:
		findFirst(known, calls.APIKeyID, result, func(key integration.APIKey) string { return key.ID })
	case []integration.Channel:
		findFirst(known, calls.ChannelID, result, func(channel integration.Channel) string { return channel.ID })
	case []system.Server:
		findFirst(known, calls.ServerID, result, func(server system.Server) string { return server.ID })
	case []system.Role:
		findFirst(known, calls.RoleID, result, func(role system.Role) string { return role.ID })
	case []system.Badge:
		findFirst(known, calls.BadgeID, result, func(badge system.Badge) string { return badge.ID })
	case []application.UserField:
		findFirst(known, calls.FieldID, result, func(field application.UserField) string { return field.ID })
	}
}

func findFirst[T any](known calls.Known, fact calls.Fact, list []T, id func(T) string) {
	if len(list) > 0 {
		find(known, fact, id(list[0]))
	}
}

func find(known calls.Known, fact calls.Fact, value string) {
	if known[fact] == "" {
		known[fact] = value
	}
}

// dataOf returns the type of the data in the response to a check.
func (c check) dataOf() reflect.Type {
	if c.operation.ID == returningai.OperationIntegrationUsersGamificationHistory {
		return reflect.TypeFor[earningsOfADay]()
	}
	return c.Data
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
