package returningai_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"os"
	"time"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/integration"
	"github.com/returningai/returningai-go/returningaitest"
	"github.com/returningai/returningai-go/system"
)

// Hooks count failed calls and retries.
func ExampleWithHooks() {
	srv, err := returningaitest.Start()
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	srv.Inject(returningaitest.Fault{Response: returningaitest.RetryAfter(http.StatusTooManyRequests, "0")})

	client := srv.Client(returningai.WithHooks(returningai.Hooks{
		Retry: func(_ context.Context, retry returningai.RetryInfo) {
			fmt.Println("retry:", retry.Call.Operation, retry.Reason)
		},
		Done: func(_ context.Context, done returningai.DoneInfo) {
			fmt.Println("done:", done.StatusCode, done.Attempts, done.Err)
		},
	}))
	if _, err := client.Integration.Channels.List(context.Background()); err != nil {
		log.Fatal(err)
	}
	// Output:
	// retry: integration.channels.list status
	// done: 200 2 <nil>
}

// Middleware sees each attempt, without its credential. It sends a request at most
// once, and changes a copy.
func ExampleWithMiddleware() {
	srv, err := returningaitest.Start()
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	tagged := func(next http.RoundTripper) http.RoundTripper {
		return wireTap(func(request *http.Request) (*http.Response, error) {
			request = request.Clone(request.Context())
			request.Header.Set("X-Shard", "eu-1")
			fmt.Println(request.Method, "credential:", request.Header.Get("Authorization") != "")
			return next.RoundTrip(request)
		})
	}
	_, err = srv.Client(returningai.WithMiddleware(tagged)).Integration.Channels.List(context.Background())
	fmt.Println(srv.Requests()[0].Header.Get("X-Shard"), err)
	// Output:
	// GET credential: false
	// eu-1 <nil>
}

// A call that would wait for its turn beyond its deadline fails at once.
func ExampleWithRateLimit() {
	srv, err := returningaitest.Start()
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	client := srv.Client(returningai.WithRateLimit(0.1, 1)) // one attempt in ten seconds
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	for range 2 {
		_, err := client.Integration.Channels.List(ctx)
		fmt.Println(errors.Is(err, context.DeadlineExceeded))
	}
	// Output:
	// false
	// true
}

// User API keys turn out to be served by the Application family.
func ExampleWithOperationFamily() {
	srv, err := returningaitest.Start()
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	srv.MoveFamily(returningai.OperationIntegrationAPIKeysList, returningaitest.Application)
	client := srv.Client(returningai.WithOperationFamily(returningai.OperationIntegrationAPIKeysList, returningai.FamilyApplication))
	keys, err := client.Integration.APIKeys.List(context.Background(), srv.Users()[0].ID)
	fmt.Println(len(keys), err)
	// Output: 0 <nil>
}

// gateway authenticates by the header of a gateway.
type gateway struct{ key string }

func (g gateway) Authenticate(_ context.Context, header http.Header) error {
	header.Set("X-Gateway-Key", g.key)
	return nil
}

// A gateway wants another credential, and adds the bearer token itself.
func ExampleWithAuthenticator() {
	srv, err := returningaitest.Start()
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	client := srv.Client(returningai.WithAuthenticator(returningai.FamilyIntegration, gateway{"k3y"}))
	_, err = client.Integration.Channels.List(context.Background())
	fmt.Println(srv.Requests()[0].Header.Get("X-Gateway-Key"))
	fmt.Println(errors.Is(err, returningai.ErrUnauthorized)) // the fake is no gateway
	// Output:
	// k3y
	// true
}

// One client signs users in to several communities. A host that was not given is
// never reached.
func ExampleWithCommunityHost() {
	client, err := returningai.New(
		returningai.WithAPIKey("key"),
		returningai.WithCommunityHost("red.example.com", "blue.example.com"),
	)
	if err != nil {
		log.Fatal(err)
	}
	_, err = client.System.Auth.SecureLogin(context.Background(), system.SecureLoginParams{
		Host: "green.example.com", Username: "ada",
	})
	fmt.Println(errors.Is(err, returningai.ErrInvalid))
	// Output: true
}

// A staging environment of your own, with one family elsewhere.
func ExampleWithBaseURL() {
	client, err := returningai.New(
		returningai.WithEnvironment(returningai.PreStaging()),
		returningai.WithBaseURL(returningai.FamilyApplication, "https://application.staging.example.com/apis/v1"),
		returningai.WithBearer("token"),
	)
	fmt.Println(client, err)
	// Output: returningai.Client(0.1.0) <nil>
}

// A header that a gateway wants.
func ExampleWithHeader() {
	srv, err := returningaitest.Start()
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	client := srv.Client(returningai.WithHeader("X-Tenant", "red"), returningai.WithUserAgent("mybot/1.2"))
	_, err = client.Integration.Channels.List(context.Background())
	fmt.Println(srv.Requests()[0].Header.Get("X-Tenant"), err)
	// Output: red <nil>
}

// A client of your own brings proxies and certificates. It is copied.
func ExampleWithHTTPClient() {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 64
	client, err := returningai.New(
		returningai.WithBearer("token"),
		returningai.WithHTTPClient(&http.Client{Transport: transport}),
	)
	fmt.Println(client, err)
	// Output: returningai.Client(0.1.0) <nil>
}

// Calls and retries as log records.
func ExampleWithLogger() {
	srv, err := returningaitest.Start()
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	logger := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{
		Level: slog.LevelDebug,
		ReplaceAttr: func(_ []string, attribute slog.Attr) slog.Attr { // keeps the output of this example stable
			if attribute.Key == slog.LevelKey || attribute.Key == slog.MessageKey {
				return attribute
			}
			return slog.Attr{}
		},
	}))
	if _, err := srv.Client(returningai.WithLogger(logger)).Integration.Channels.List(context.Background()); err != nil {
		log.Fatal(err)
	}
	// Output: level=DEBUG msg="returningai: call done"
}

// The operations that need a permission which is assumed.
func ExampleOperations() {
	for _, op := range returningai.Operations() {
		if op.Family == returningai.FamilyIntegration && op.PermissionCertainty == returningai.CertaintyAssumed && !op.Idempotent {
			fmt.Println(op.GoMethod, op.Permission)
		}
	}
	// Output:
	// Integration.Messages.Reply replyMessage
	// Integration.Messages.Send sendMessage
	// Integration.Users.BulkUpdate bulkUpdateUser
	// Integration.Users.Manage manageUser
}

// A response is stored, with fields that this version does not know, and read
// again.
func ExampleMarshal() {
	var user integration.User
	if err := returningai.Unmarshal([]byte(`{"userId": 1102, "username": "ada", "guild": "red"}`), &user); err != nil {
		log.Fatal(err)
	}
	text, err := returningai.Marshal(user)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(user.UserID, string(user.Extra["guild"]))
	var again integration.User
	fmt.Println(returningai.Unmarshal(text, &again), again.Username, string(again.Extra["guild"]))
	// Output:
	// 1102 "red"
	// <nil> ada "red"
}

// The error of a call may be wrapped, or be one of several.
func ExampleMaybeApplied() {
	lost := returningaitest.NewError(returningaitest.ErrorParams{
		Operation: returningai.OperationSystemBadgesAward, MaybeApplied: true, Causes: []error{returningai.ErrTimeout},
	})
	wrapped := fmt.Errorf("reward: %w", errors.Join(errors.New("the match ended"), lost))
	fmt.Println(returningai.MaybeApplied(wrapped))
	// Output: true
}

// Each rule that the parameters break, before anything is sent.
func ExampleError_Problems() {
	client, err := returningai.New(returningai.WithBearer("token"))
	if err != nil {
		log.Fatal(err)
	}
	err = client.Integration.Messages.Send(context.Background(), integration.SendMessageParams{Message: "gg"})
	if failure, ok := errors.AsType[*returningai.Error](err); ok {
		for _, problem := range failure.Problems() {
			fmt.Println(problem.Field, problem.Rule)
		}
	}
	// Output:
	// ChannelID must not be empty
	// Sender must not be empty
}
