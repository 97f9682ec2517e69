package integration_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/integration"
	"github.com/returningai/returningai-go/returningaitest"
	"github.com/returningai/returningai-go/value"
)

// A user of single sign-on needs no password.
func ExampleUsersService_Create() {
	srv, err := returningaitest.Start()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	client := srv.Client() // returningai.New(returningai.WithBearer(token)) in production

	params := integration.CreateUserParams{
		FirstName: "Ada", LastName: "Lovelace", Username: "ada", DisplayName: "Ada", Email: "ada@example.com",
		AccessLevel: 1, JoinServer: true,
		CustomFields: []integration.CustomFieldValue{{Field: "favourite_game", Value: value.String("chess")}},
	}
	user, err := client.Integration.Users.Create(context.Background(), params)
	fmt.Println(user.Username, user.UserID, err)

	_, err = client.Integration.Users.Create(context.Background(), params)
	fmt.Println(errors.Is(err, returningai.ErrConflict))
	// Output:
	// ada 1104 <nil>
	// true
}

// Users who joined long ago and hardly earned anything are inactive.
func ExampleUsersService_All() {
	srv, err := returningaitest.Start(returningaitest.WithoutSeed())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	for i, xp := range []float64{3, 900, 7} {
		srv.AddUser(returningaitest.User{
			Username: fmt.Sprintf("player-%d", i), Email: fmt.Sprintf("player-%d@example.com", i), XP: xp,
			JoinedAt: time.Date(2025, time.June, 1+i, 9, 30, 0, 0, time.UTC),
		})
	}
	client := srv.Client() // returningai.New(returningai.WithBearer(token)) in production

	inactive := integration.UserFilter{
		Fields: []integration.Column{integration.ColumnEmail, integration.ColumnXP, integration.ColumnJoinDate},
		Filter: []integration.Condition{
			integration.AtMost(integration.ColumnXP, 10),
			integration.AtMost(integration.ColumnJoinDate, integration.NewDate(2025, time.December, 31)),
		},
	}
	for row, err := range client.Integration.Users.All(context.Background(), inactive) {
		if err != nil {
			fmt.Println(err)
			return
		}
		var player struct {
			Email  string           `json:"email"`
			XP     float64          `json:"xp"`
			Joined integration.Date `json:"join_date"`
		}
		if err := row.Decode(&player); err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(player.Email, player.XP, player.Joined)
	}
	// Output:
	// player-0@example.com 3 2025-06-01
	// player-2@example.com 7 2025-06-03
}
