// Package calls lists one call of every operation, with a plausible set of
// arguments. The contract tests, the conformance tests and the doctor perform
// the calls of this list. It comes without any promise of compatibility.
package calls

import (
	"context"
	"reflect"
	"slices"
	"strings"

	returningai "github.com/returningai/returningai-go"
)

// Fact names something that is known of a community, such as the id of a role.
type Fact string

// The facts that calls need.
const (
	CommunityID   Fact = "community id"
	ServerID      Fact = "server id"
	ChannelID     Fact = "channel id"
	MessageID     Fact = "message id"
	RoleID        Fact = "role id"
	BadgeID       Fact = "badge id"
	FieldID       Fact = "user field id"
	UnusedFieldID Fact = "id of a user field without values"
	APIKeyID      Fact = "id of a user's API key"
	UserID        Fact = "user number"
	UserObjectID  Fact = "object id of a user"
	Username      Fact = "username"
	Email         Fact = "email"
	Password      Fact = "password"
	Code          Fact = "verification code"
	Day           Fact = "day" // 2006-01-02
)

// Known holds what is known of a community.
type Known map[Fact]string

// Call performs one operation.
type Call struct {
	Operation string // its id
	Variant   string // "" for the plain call; others set other parameters
	Needs     []Fact // what must be known
	// Data is the type that the data of the response is read into, or nil.
	Data reflect.Type
	// Do performs the operation and returns its result, or nil.
	Do func(ctx context.Context, client *returningai.Client, known Known) (any, error)
}

// Name returns the operation, and the variant if there is one.
func (c Call) Name() string { return strings.TrimSuffix(c.Operation+"."+c.Variant, ".") }

// All returns the calls of every family: a plain one for each operation, which
// comes first, and its variants.
func All() []Call { return slices.Concat(integrationCalls(), systemCalls(), applicationCalls()) }

// Plain returns the call of each operation that is no variant.
func Plain() []Call {
	return slices.DeleteFunc(All(), func(call Call) bool { return call.Variant != "" })
}

// Of returns the plain call of an operation, or those of all operations whose
// ids begin with a prefix that ends in a dot, such as "system.badges.".
func Of(id string) []Call {
	return slices.DeleteFunc(Plain(), func(call Call) bool {
		return call.Operation != id && !(strings.HasSuffix(id, ".") && strings.HasPrefix(call.Operation, id))
	})
}

// Example returns what is known of the community of returningaitest.FullSeed.
func Example() Known {
	return Known{
		CommunityID: "65a0c0dec0ffee0000000001", ServerID: "65a0c0de0000000000a00001", ChannelID: "65a0c0de0000000000e00003",
		MessageID: "65a0c0de0000000000f00001", RoleID: "65a0c0de0000000000b00001", BadgeID: "65a0c0de-0000-4000-8000-000000c00001",
		FieldID: "65a0c0de0000000000f10001", UnusedFieldID: "65a0c0de0000000000f10002", APIKeyID: "65a0c0de0000000000f20001",
		UserID: "1102", UserObjectID: "65a0c0de0000000000d00002", Username: "player-one", Email: "player-one@example.com",
		Password: "correct horse battery", Code: "123456", Day: "2026-02-03",
	}
}

// read returns a call of an operation that returns something.
func read[T any](name string, do func(context.Context, *returningai.Client, Known) (T, error), needs ...Fact) Call {
	call := send(name, nil, needs...)
	call.Data = dataType(reflect.TypeFor[T]())
	call.Do = func(ctx context.Context, client *returningai.Client, known Known) (any, error) {
		return do(ctx, client, known)
	}
	return call
}

// send returns a call of an operation that returns only an error. A variant
// stands behind the operation's id and a space.
func send(name string, do func(context.Context, *returningai.Client, Known) error, needs ...Fact) Call {
	operation, variant, _ := strings.Cut(name, " ")
	return Call{Operation: operation, Variant: variant, Needs: needs,
		Do: func(ctx context.Context, client *returningai.Client, known Known) (any, error) {
			return nil, do(ctx, client, known)
		}}
}

// dataType returns the type of the data behind a result: a page holds a list.
func dataType(result reflect.Type) reflect.Type {
	if strings.HasPrefix(result.Name(), "Page[") {
		items, _ := result.FieldByName("Items")
		return items.Type
	}
	return result
}
