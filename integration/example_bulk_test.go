package integration_test

import (
	"context"
	"errors"
	"fmt"
	"iter"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/integration"
	"github.com/returningai/returningai-go/returningaitest"
)

// player is a user as a game server knows one.
type player struct {
	Email string                   `csv:"email"`
	XP    integration.NumberChange `csv:"xp"`
	Rank  string                   `csv:"rank"`
}

// changedPlayers stands for the rows of a database query, fetched one by one.
func changedPlayers(context.Context) iter.Seq2[player, error] {
	return func(yield func(player, error) bool) {
		for number, name := range []string{"player-one", "player-two"} {
			row := player{Email: name + "@example.com", XP: integration.Add(50 * (number + 1)), Rank: "veteran"}
			if !yield(row, nil) {
				return
			}
		}
	}
}

// A game server tells the community what its players have earned: the rows go
// straight from the database cursor into the upload, however many there are.
func ExampleUsersService_BulkUpdate() {
	srv, err := returningaitest.Start() // instead of the real service
	if err != nil {
		panic(err)
	}
	defer srv.Close()
	client, ctx := srv.Client(), context.Background()

	job, err := client.Integration.Users.BulkUpdate(ctx, integration.BulkUpdateParams{
		CSV: integration.EncodeCursor(changedPlayers(ctx)),
		OnProgress: func(progress integration.BulkProgress) {
			fmt.Println("rows so far:", progress.Rows)
		},
	})
	switch {
	case errors.Is(err, integration.ErrNoRows):
		fmt.Println("nothing has changed")
		return
	case err != nil:
		fmt.Println(err)
		return
	}
	fmt.Println(job.Message)

	for _, user := range srv.Users()[1:] {
		fmt.Println(user.Username, "has", user.XP)
	}
	srv.RunBulkJobs() // the real service does so in its own time
	for _, user := range srv.Users()[1:] {
		fmt.Println(user.Username, "has", user.XP, user.CustomFields["rank"])
	}
	// Output:
	// rows so far: 2
	// rows so far: 2
	// Bulk update user process is queued
	// player-one has 0
	// player-two has 0
	// player-one has 50 veteran
	// player-two has 100 veteran
}

// A bot replaces its API key: it makes a new one, tries it, and deletes the
// old one only then, so that it is never without a key that works.
func ExampleAPIKeysService_Create_rotate() {
	srv, err := returningaitest.Start() // instead of the real service
	if err != nil {
		panic(err)
	}
	defer srv.Close()
	user := srv.Users()[0].ID
	old := srv.AddUserAPIKey(returningaitest.UserAPIKey{UserObjectID: user, Name: "bot"})
	client, ctx := srv.Client(returningai.WithBearer(old.Text)), context.Background()

	created, err := client.Integration.APIKeys.Create(ctx, user, integration.CreateAPIKeyParams{
		CommunityID: "65f0c0ffee65f0c0ffee0001",
		Name:        "bot",
		Permissions: []integration.Permission{integration.PermissionSendMessage},
		Expiry:      integration.ExpiresInDays(90),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("created, key", created.Key) // the secret text does not print

	renewed, err := client.With(returningai.WithBearer(created.Key.Reveal()))
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := renewed.Integration.Channels.List(ctx); err != nil {
		fmt.Println("the new key does not work, the old one stays:", err)
		return
	}
	if err := renewed.Integration.APIKeys.Delete(ctx, user, old.ID); err != nil {
		fmt.Println(err)
		return
	}
	_, err = client.Integration.Channels.List(ctx)
	fmt.Println("the old key is refused:", errors.Is(err, returningai.ErrUnauthorized))
	// Output:
	// created, key [redacted]
	// the old key is refused: true
}
