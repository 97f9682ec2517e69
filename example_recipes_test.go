package returningai_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httputil"
	"strings"
	"time"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/integration"
	"github.com/returningai/returningai-go/returningaitest"
	"github.com/returningai/returningai-go/secret"
	"github.com/returningai/returningai-go/system"
	"github.com/returningai/returningai-go/webhooks"
)

// awarder is all that a match needs of the client. A *system.BadgesService is one.
type awarder interface {
	Award(ctx context.Context, badgeID, userID string) ([]system.Badge, error)
}

// reward tells what to do about an award that failed.
func reward(ctx context.Context, badges awarder, userID string) string {
	_, err := badges.Award(ctx, "65f0c0ff-ee00-4000-8000-000000000001", userID)
	switch {
	case err == nil:
		return "done"
	case returningai.MaybeApplied(err):
		return "in doubt"
	default:
		return "try again"
	}
}

// failing is a mock.
type failing struct{ err error }

func (f failing) Award(context.Context, string, string) ([]system.Badge, error) { return nil, f.err }

// Declare the interface on your side, with the methods that you use, and let a
// mock return what the client would.
func Example_narrowInterface() {
	ctx := context.Background()
	lost := returningaitest.NewError(returningaitest.ErrorParams{
		Operation: returningai.OperationSystemBadgesAward, MaybeApplied: true, Causes: []error{returningai.ErrTimeout},
	})
	fmt.Println(reward(ctx, failing{lost}, "1102"))
	fmt.Println(reward(ctx, failing{&returningai.Error{StatusCode: http.StatusTooManyRequests}}, "1102"))

	srv, err := returningaitest.Start()
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	fmt.Println(reward(ctx, srv.Client().System.Badges, "1102"))
	// Output:
	// in doubt
	// try again
	// try again
}

// With derives a client for one call, or for one kind of call. It is cheap: both
// share their connections.
func ExampleClient_With() {
	srv, err := returningaitest.Start()
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	client := srv.Client()
	srv.Inject(returningaitest.Fault{Response: returningaitest.Status(http.StatusServiceUnavailable), Times: returningaitest.Always})

	once := returningai.DefaultRetryPolicy()
	once.MaxAttempts = 1
	impatient, err := client.With(returningai.WithRetryPolicy(once), returningai.WithAttemptTimeout(time.Second))
	if err != nil {
		log.Fatal(err)
	}
	_, err = impatient.Integration.Channels.List(context.Background())
	fmt.Println(errors.Is(err, returningai.ErrServer), len(srv.Requests()))
	// Output: true 1
}

// A client for each tenant, with its own credentials. Derived clients share the
// connections, the retry budget and the rate limit: an outage is one for all. A
// 429 holds back the calls with the same credential only. Give a tenant a
// WithRateLimit or a WithRetryPolicy, and it has a limit or budget of its own.
func ExampleClient_With_tenants() {
	srv, err := returningaitest.Start()
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	base := srv.Client()
	tenants := map[string]*returningai.Client{}
	for name, token := range map[string]string{
		"red":  srv.AddToken(returningaitest.Token{Permissions: []returningaitest.Permission{returningaitest.EveryPermission}}),
		"blue": srv.AddToken(returningaitest.Token{Permissions: []returningaitest.Permission{returningaitest.PermissionGetUserData}}),
	} {
		if tenants[name], err = base.With(returningai.WithBearer(token), returningai.WithRateLimit(10, 10)); err != nil {
			log.Fatal(err)
		}
	}
	message := integration.SendMessageParams{ChannelID: srv.Channels()[0].ID, Message: "gg", Sender: "bot"}
	fmt.Println(tenants["red"].Integration.Messages.Send(context.Background(), message))
	err = tenants["blue"].Integration.Messages.Send(context.Background(), message)
	fmt.Println(errors.Is(err, returningai.ErrForbidden))
	// Output:
	// <nil>
	// true
}

// Begin with the default policy and change what differs.
func ExampleWithRetryPolicy() {
	patient := returningai.DefaultRetryPolicy()
	patient.MaxAttempts = 6                  // a nightly job
	patient.MaxWait = 30 * time.Second       // between two attempts
	patient.RetryAfterCap = 10 * time.Minute // wait that long if the server asks for it
	client, err := returningai.New(returningai.WithBearer("token"), returningai.WithRetryPolicy(patient))
	fmt.Println(client, err)
	// Output: returningai.Client(0.1.0) <nil>
}

// wireTap is a function that is an http.RoundTripper.
type wireTap func(*http.Request) (*http.Response, error)

func (tap wireTap) RoundTrip(request *http.Request) (*http.Response, error) { return tap(request) }

// Middleware sees each attempt as it is sent, without the credential, which is
// added later.
func Example_seeingTheWire() {
	tap := func(next http.RoundTripper) http.RoundTripper {
		return wireTap(func(request *http.Request) (*http.Response, error) {
			dump, err := httputil.DumpRequestOut(request, true)
			if err != nil {
				return nil, err
			}
			lines := strings.Split(string(dump), "\r\n")
			fmt.Println(lines[0])
			fmt.Println(lines[len(lines)-1])
			return next.RoundTrip(request)
		})
	}
	srv, err := returningaitest.Start()
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	user, err := srv.Client(returningai.WithMiddleware(tap)).Integration.Users.Get(context.Background(), "player-one@example.com")
	fmt.Println(user.Username, err)
	// Output:
	// POST /apis/v1/users/info HTTP/1.1
	// {"idOrEmail":"player-one@example.com"}
	// player-one <nil>
}

// Webhooks name a user by an id of unknown kind. The email leads to the user
// number, which Award takes.
func Example_fromEmailToUserNumber() {
	srv, err := returningaitest.Start()
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	client, ctx := srv.Client(), context.Background()

	user, err := client.Integration.Users.Get(ctx, "player-one@example.com") // event.Sender.Email
	if err != nil {
		log.Fatal(err)
	}
	badges, err := client.System.Badges.Award(ctx, srv.Badges()[0].ID, user.UserID)
	fmt.Println(len(badges), err)
	// Output: 1 <nil>
}

// Publish totals instead of changes: a total that is published twice is the same
// total, so after any failure publish again.
func Example_absoluteTotals() {
	srv, err := returningaitest.Start()
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	client, ctx := srv.Client(), context.Background()
	// The first response is lost, after the job was queued.
	srv.Inject(returningaitest.Fault{Applied: true, Response: returningaitest.CutBeforeResponse()})

	type total struct {
		Email string                   `csv:"email"`
		Coins integration.NumberChange `csv:"coins"`
	}
	publish := func() error {
		_, err := client.Integration.Users.BulkUpdate(ctx, integration.BulkUpdateParams{
			CSV: integration.EncodeRows(func(yield func(total) bool) {
				yield(total{"player-one@example.com", integration.Overwrite(1250)})
			}),
		})
		return err
	}
	err = publish()
	fmt.Println("in doubt:", returningai.MaybeApplied(err))
	fmt.Println("again:", publish())
	fmt.Println(srv.RunBulkJobs(), "jobs ran")
	user, err := client.Integration.Users.Get(ctx, "player-one@example.com")
	fmt.Println(user.Coins, err)
	// Output:
	// in doubt: true
	// again: <nil>
	// 2 jobs ran
	// 1250 <nil>
}

// An incoming hook sets the total of one user at once, with the same guarantee.
func Example_absoluteTotalsByHook() {
	srv, err := returningaitest.Start()
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	hook, err := webhooks.NewSender(secret.New(srv.HookURL(returningaitest.HookUpdateCurrency)))
	if err != nil {
		log.Fatal(err)
	}
	// The first response is lost, after the coins were set.
	srv.Inject(returningaitest.Fault{Applied: true, Response: returningaitest.CutBeforeResponse()})

	total := webhooks.UpdateCurrencyParams{User: "player-one", Amount: "1250", Operation: webhooks.CurrencyOverwrite}
	err = hook.UpdateCurrency(context.Background(), total)
	fmt.Println("in doubt:", returningai.MaybeApplied(err))
	fmt.Println("again:", hook.UpdateCurrency(context.Background(), total))
	for _, user := range srv.Users() {
		if user.Username == total.User {
			fmt.Println(user.Coins)
		}
	}
	// Output:
	// in doubt: true
	// again: <nil>
	// 1250
}
