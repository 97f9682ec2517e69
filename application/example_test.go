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

// A game mirrors a player's level into a custom field of the community, and
// reads its history back. The server is a fake: leave it out, and give New the
// token and the id of a community, to do the same for real.
func Example() {
	srv, err := returningaitest.Start()
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	client := srv.Client(returningai.WithCommunity(srv.CommunityID()))
	player := srv.Users()[1].ID // as returned by the Integration family's user info
	ctx := context.Background()

	level, err := client.Application.UserFields.Create(ctx, application.CreateUserFieldParams{
		Field: "character level", Name: "Level", Type: application.UserFieldTypeNumerical,
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("made the field", level.Field)

	for _, reached := range []int{41, 42, 43} {
		_, err := client.Application.FieldHistories.Create(ctx, player, application.CreateHistoryParams{
			FieldID: level.ID, Value: value.Int(reached),
		})
		if err != nil {
			log.Fatal(err)
		}
	}

	histories := client.Application.FieldHistories
	for entry, err := range histories.AllByFieldAndUser(ctx, level.ID, player, application.ListHistoriesParams{}) {
		if err != nil {
			log.Fatal(err)
		}
		if reached, exact := entry.Value.Int(); exact {
			fmt.Println("reached level", reached)
		}
	}
	// Output:
	// made the field character-level
	// reached level 41
	// reached level 42
	// reached level 43
}

// Only what is asked for is returned.
func ExampleUsersService_Get() {
	srv, err := returningaitest.Start()
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	user, err := srv.Client().Application.Users.Get(context.Background(), srv.Users()[1].ID, application.GetUserParams{
		Attributes: []application.UserAttribute{application.UserAttributeUserID, application.UserAttributeDisplayName},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s %q %q\n", user.UserID, user.DisplayName, user.Email)
	// Output:
	// 1102 "Player One" ""
}
