package system_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/returningaitest"
	"github.com/returningai/returningai-go/secret"
	"github.com/returningai/returningai-go/system"
)

// A channel is created, renamed and deleted.
func ExampleChannelsService() {
	srv, err := returningaitest.Start() // returningai.New(returningai.WithAPIKey(key)) in production
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	channels, ctx := srv.Client().System.Channels, context.Background()

	channel, err := channels.Create(ctx, system.ChannelParams{Topic: "raids", Type: system.ChannelTypeOpen})
	if err != nil {
		log.Fatal(err)
	}
	channel, err = channels.Update(ctx, channel.ID, system.ChannelParams{Topic: "raids-2026", Type: channel.Type})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(channel.Topic, channel.Type)
	if err := channels.Delete(ctx, channel.ID); err != nil {
		log.Fatal(err)
	}
	// Output: raids-2026 open
}

// A server holds channels and roles.
func ExampleServersService() {
	srv, err := returningaitest.Start()
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	servers, ctx := srv.Client().System.Servers, context.Background()

	all, err := servers.List(ctx)
	if err != nil {
		log.Fatal(err)
	}
	renamed, err := servers.Update(ctx, all[0].ID, system.UpdateServerParams{Name: new("The Arena")})
	if err != nil {
		log.Fatal(err)
	}
	channels, err := servers.ListChannels(ctx, renamed.ID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(renamed.Name)
	for _, channel := range channels {
		fmt.Println("-", channel.Topic)
	}
	// Output:
	// The Arena
	// - general
	// - announcements
	// - questions
}

// A new user registers, verifies the email and logs in. The token does not print.
func ExampleAuthService_Register() {
	srv, err := returningaitest.Start()
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	auth, ctx := srv.Client().System.Auth, context.Background()

	params := system.RegisterParams{Email: "ada@example.com", Password: secret.New("p4ssword!"), Username: "ada"}
	if _, err := auth.Register(ctx, params); err != nil {
		log.Fatal(err)
	}
	code := srv.VerificationCode("ada@example.com") // the user finds it in the mail
	if err := auth.VerifyEmail(ctx, system.VerifyEmailParams{Email: params.Email, Code: secret.New(code)}); err != nil {
		log.Fatal(err)
	}
	login, err := auth.Login(ctx, system.LoginParams{Email: params.Email, Password: params.Password})
	fmt.Println(login.User.Username, login.Token, err)

	_, err = auth.Register(ctx, params)
	fmt.Println("taken:", errors.Is(err, returningai.ErrConflict))
	// Output:
	// ada [redacted] <nil>
	// taken: true
}
