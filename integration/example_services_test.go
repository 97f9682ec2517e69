package integration_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"slices"
	"strings"
	"time"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/integration"
	"github.com/returningai/returningai-go/returningaitest"
)

// A message goes to a channel. A forum also needs the topic.
func ExampleMessagesService_Send() {
	srv, err := returningaitest.Start() // returningai.New(returningai.WithBearer(token)) in production
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	client, ctx := srv.Client(), context.Background()

	channels, err := client.Integration.Channels.List(ctx)
	if err != nil {
		log.Fatal(err)
	}
	err = client.Integration.Messages.Send(ctx, integration.SendMessageParams{
		ChannelID: channels[0].ID, Message: "gg", Sender: "bot",
	})
	switch {
	case err == nil:
		fmt.Println("posted in", channels[0].Topic)
	case returningai.MaybeApplied(err):
		fmt.Println("it may be posted: do not send it again blindly")
	default:
		fmt.Println("not posted:", err)
	}
	// Output: posted in general
}

// A bot replies to a message and reacts to it. The id of a message comes from
// its webhook.
func ExampleMessagesService_Reply() {
	srv, err := returningaitest.Start()
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	messages, ctx := srv.Client().Integration.Messages, context.Background()
	posted := srv.AddMessage(returningaitest.Message{ChannelID: srv.Channels()[0].ID, Text: "won!", Sender: "player-one"})

	if err := messages.Reply(ctx, integration.ReplyParams{MessageID: posted.ID, Message: "gg", Sender: "bot"}); err != nil {
		log.Fatal(err)
	}
	if err := messages.React(ctx, integration.ReactParams{MessageID: posted.ID, Emoji: ":tada:", Sender: "bot"}); err != nil {
		log.Fatal(err)
	}
	fmt.Println(srv.Messages()[1].Text, srv.Messages()[0].Reactions[0].Emoji)
	// Output: gg :tada:
}

// The channels that are forums.
func ExampleChannelsService_List() {
	srv, err := returningaitest.Start()
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	channels, err := srv.Client().Integration.Channels.List(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	for _, channel := range channels {
		if channel.Type == integration.ChannelTypeForum {
			fmt.Println(channel.Topic)
		}
	}
	// Output: questions
}

// One user has all kinds of ids.
func ExampleUsersService_Get() {
	srv, err := returningaitest.Start()
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	user, err := srv.Client().Integration.Users.Get(context.Background(), "player-one@example.com")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(user.Username, user.UserID)
	// Output: player-one 1102
}

// What users earned on one day.
func ExampleUsersService_AllGamificationHistory() {
	srv, err := returningaitest.Start()
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	day := integration.NewDate(2026, 1, 31)
	srv.AddActivity("player-one", returningaitest.Activity{Day: time.Date(2026, time.January, 31, 0, 0, 0, 0, time.UTC), XP: 40, Coins: 3})

	history := srv.Client().Integration.Users.AllGamificationHistory(context.Background(), integration.GamificationHistoryParams{
		Identifiers: []string{"player-one@example.com"}, IdentifierType: integration.IdentifierTypeEmail, Date: day,
	})
	for earned, err := range history {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(earned.Identifier, earned.XP, earned.Coins)
	}
	// Output: player-one@example.com 40 3
}

// Delete and restore a user.
func ExampleUsersService_Delete() {
	srv, err := returningaitest.Start()
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	users, ctx := srv.Client().Integration.Users, context.Background()
	fmt.Println(users.Delete(ctx, "player-one"), users.Restore(ctx, "player-one"))
	// Output: <nil> <nil>
}

// New users from a CSV file. The headings are those of the community's template.
func ExampleUsersService_BulkImport() {
	srv, err := returningaitest.Start()
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	job, err := srv.Client().Integration.Users.BulkImport(context.Background(), integration.BulkImportParams{
		CommunityID: srv.CommunityID(),
		CSV:         strings.NewReader("username,email\nada,ada@example.com\n"), // or an *os.File
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(job.Message)
	fmt.Println(len(srv.Users()), "users")
	srv.RunBulkJobs() // the real service does so in its own time
	fmt.Println(len(srv.Users()), "users")
	// Output:
	// Bulk import user process is queued
	// 3 users
	// 4 users
}

// Rows of a struct become a CSV file. A NumberChange gets a second
// column with its operation.
func ExampleEncodeRows() {
	type row struct {
		Email string                   `csv:"email"`
		Coins integration.NumberChange `csv:"coins"`
	}
	file := integration.EncodeRows(slices.Values([]row{
		{"ada@example.com", integration.Overwrite(1250)},
		{"bob@example.com", integration.Add(5)},
	}))
	if _, err := io.Copy(os.Stdout, file); err != nil { // BulkUpdateParams.CSV in a program
		log.Fatal(err)
	}
	// Output:
	// email,coins_op,coins
	// ada@example.com,overwrite,1250
	// bob@example.com,add,5
}

// Conditions of a filter, for numbers, dates and exact values.
func ExampleCondition() {
	filter := integration.UserFilter{
		Fields: []integration.Column{integration.ColumnEmail},
		Filter: []integration.Condition{
			integration.Between(integration.ColumnXP, 100, 200),
			integration.AtLeast(integration.ColumnJoinDate, integration.NewDate(2026, 1, 1)),
			integration.Equal("favourite_game", "chess"), // a custom field
		},
	}
	fmt.Println(len(filter.Filter))
	// Output: 3
}
