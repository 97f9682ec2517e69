package recording_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/examples/recording"
	"github.com/returningai/returningai-go/returningaitest"
)

// Record once, replay without the service.
func Example() {
	directory, err := os.MkdirTemp("", "cassette")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(directory) }()
	cassette := filepath.Join(directory, "badges")

	srv, err := returningaitest.Start() // or the live service
	if err != nil {
		panic(err)
	}
	for range 2 {
		middleware, save, err := recording.Middleware(cassette)
		if err != nil {
			panic(err)
		}
		client, ctx := srv.Client(returningai.WithMiddleware(middleware)), context.Background()
		badges, err := client.System.Badges.List(ctx)
		if err != nil {
			panic(err)
		}
		user, err := client.Integration.Users.Get(ctx, "player-one@example.com")
		if err != nil {
			panic(err)
		}
		fmt.Println(len(badges), "badge,", user.Username)
		if err := save(); err != nil {
			panic(err)
		}
		srv.Close() // the second time nothing is there to respond
	}
	// Output:
	// 1 badge, player-one
	// 1 badge, player-one
}

func TestCredentialsNotRecorded(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	cassette := filepath.Join(t.TempDir(), "cassette")
	middleware, save, err := recording.Middleware(cassette)
	require.NoError(t, err)
	const header = "a header of a gateway"
	client := srv.Client(returningai.WithMiddleware(middleware), returningai.WithHeader("X-Gateway", header))
	srv.Inject(returningaitest.Fault{Response: returningaitest.Response{}.With("Set-Cookie", "id=a cookie")})
	_, err = client.System.Badges.List(t.Context())
	require.NoError(t, err)
	_, err = client.Integration.Channels.List(t.Context())
	require.NoError(t, err)
	require.NoError(t, save())

	text, err := os.ReadFile(cassette + ".yaml")
	require.NoError(t, err)
	require.Contains(t, string(text), srv.Badges()[0].ID, "it holds the response")
	require.Contains(t, string(text), "/channels")
	for _, secret := range []string{srv.APIKey(), srv.Token(), "Bearer", "X-Api-Key", header, "a cookie"} {
		require.NotContains(t, string(text), secret)
	}
	for _, request := range srv.Requests() {
		require.NotEmpty(t, request.Header.Get("Authorization")+request.Header.Get("X-Api-Key"), "they were sent all the same")
	}
}
