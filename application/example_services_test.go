package application_test

import (
	"context"
	"fmt"
	"log"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/application"
	"github.com/returningai/returningai-go/returningaitest"
	"github.com/returningai/returningai-go/value"
)

// All users of the community, page after page.
func ExampleCommunityUsersService_All() {
	srv, err := returningaitest.Start() // returningai.New(returningai.WithBearer(token)) in production
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	client := srv.Client(returningai.WithCommunity(srv.CommunityID()))

	for user, err := range client.Application.CommunityUsers.All(context.Background(), application.ListCommunityUsersParams{Limit: 2}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(user.UserID, user.Username)
	}
	// Output:
	// 1101 bot
	// 1102 player-one
	// 1103 player-two
}

// A custom field is created, renamed and deleted.
func ExampleUserFieldsService() {
	srv, err := returningaitest.Start()
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	client, ctx := srv.Client(returningai.WithCommunity(srv.CommunityID())), context.Background()
	fields := client.Application.UserFields

	field, err := fields.Create(ctx, application.CreateUserFieldParams{
		Field: "favourite game", Name: "Favourite game", Type: application.UserFieldTypeSingleLineText,
	})
	if err != nil {
		log.Fatal(err)
	}
	field, err = fields.Update(ctx, field.ID, application.UpdateUserFieldParams{Name: "Best game", Type: field.Type})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(field.Name)
	if err := fields.Delete(ctx, field.ID, application.CommunityParams{}); err != nil {
		log.Fatal(err)
	}
	// Output: Best game
}

// What a user's fields have been.
func ExampleFieldHistoriesService_AllByUser() {
	srv, err := returningaitest.Start()
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	client, ctx := srv.Client(returningai.WithCommunity(srv.CommunityID())), context.Background()
	field := srv.AddUserField(returningaitest.UserField{Field: "rank"})
	user := srv.Users()[1].ID // the object id

	for _, rank := range []string{"silver", "gold"} {
		_, err := client.Application.FieldHistories.Create(ctx, user, application.CreateHistoryParams{
			FieldID: field.ID, Value: value.String(rank),
		})
		if err != nil {
			log.Fatal(err)
		}
	}
	for entry, err := range client.Application.FieldHistories.AllByUser(ctx, user, application.ListHistoriesParams{}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(entry.Value)
	}
	// Output:
	// silver
	// gold
}
