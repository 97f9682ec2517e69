package returningaitest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/returningaitest"
)

// call sends a request as any HTTP client would.
func call(method, url, token, body string) string {
	request, err := http.NewRequestWithContext(context.Background(), method, url, strings.NewReader(body))
	if err != nil {
		log.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Content-Type", "application/json")
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		return err.Error()
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprint(response.StatusCode, " ", string(answer))
}

func ExampleStart() {
	srv, err := returningaitest.Start(returningaitest.WithoutSeed())
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	srv.AddChannel(returningaitest.Channel{ID: "65a000000000000000000001", Topic: "arena"})
	srv.AddUser(returningaitest.User{Username: "bot", Email: "bot@example.com"})

	base := srv.URL(returningaitest.Integration)
	fmt.Println(call("GET", base+"/channels", srv.Token(), ""))
	fmt.Println(call("POST", base+"/messages/send", srv.Token(),
		`{"channelId": "65a000000000000000000001", "message": "gg", "sender": "bot@example.com"}`))
	for _, message := range srv.Messages() {
		fmt.Println(message.Sender, "says", message.Text)
	}
	// Output:
	// 200 {"status":"success","data":[{"_id":"65a000000000000000000001","channelType":"open","topic":"arena"}]}
	// 200 {"status":"success","message":"Message has been sent successfully"}
	// bot says gg
}

func ExampleServer_Inject() {
	srv, err := returningaitest.Start(returningaitest.WithoutSeed())
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	srv.Inject(
		returningaitest.Fault{
			Operation: returningai.OperationIntegrationChannelsList,
			Response:  returningaitest.RetryAfter(http.StatusTooManyRequests, "1"),
		},
		returningaitest.Fault{
			Operation: returningai.OperationIntegrationChannelsList,
			Times:     2,
			Response:  returningaitest.Failure(http.StatusOK, "not today"),
		},
	)
	for range 4 {
		fmt.Println(call("GET", srv.URL(returningaitest.Integration)+"/channels", srv.Token(), ""))
	}
	// Output:
	// 429 {"status":"error","message":"Too Many Requests"}
	// 200 {"status":"error","message":"not today"}
	// 200 {"status":"error","message":"not today"}
	// 200 {"status":"success","data":[]}
}

func ExampleServer_AddToken() {
	srv, err := returningaitest.Start()
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	reader := srv.AddToken(returningaitest.Token{
		Permissions: []returningaitest.Permission{returningaitest.PermissionReplyMessage},
	})
	fmt.Println(call("POST", srv.URL(returningaitest.Integration)+"/messages/send", reader, `{}`))
	fmt.Println(call("POST", srv.URL(returningaitest.Integration)+"/messages/reply", reader, `{}`))
	srv.Revoke(reader)
	fmt.Println(call("POST", srv.URL(returningaitest.Integration)+"/messages/reply", reader, `{}`))
	// Output:
	// 403 {"status":"error","message":"the token lacks the permission sendMessage"}
	// 400 {"status":"error","message":"messageId is required; message is required; sender is required"}
	// 401 {"status":"error","message":"the token is invalid"}
}

func ExampleServer_RequestsTo() {
	srv, err := returningaitest.Start()
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	call("POST", srv.URL(returningaitest.Integration)+"/messages/send?trace=1", srv.Token(), `{"message": "gg"}`)
	for _, request := range srv.RequestsTo(returningai.OperationIntegrationMessagesSend) {
		fmt.Println(request.Method, request.Path, request.Query, string(request.Body), request.Status)
		fmt.Println(strings.Contains(fmt.Sprintf("%+v", request), srv.Token()))
	}
	// Output:
	// POST /apis/v1/messages/send map[trace:[1]] {"message": "gg"} 400
	// false
}

func ExampleServer_SendWebhooks() {
	srv, err := returningaitest.Start()
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var event struct {
			Event string
			Buyer struct{ DisplayName string }
			Item  struct{ Name string }
		}
		if err := json.NewDecoder(r.Body).Decode(&event); err != nil {
			log.Print(err)
		}
		fmt.Println(event.Event+":", event.Buyer.DisplayName, "bought a", event.Item.Name)
	}))
	defer receiver.Close()
	srv.SendWebhooks(returningaitest.Webhook{
		URL:    receiver.URL,
		Events: []returningaitest.WebhookEvent{returningaitest.EventItemPurchased},
		Key:    "a-key-to-look-for",
	})

	srv.PurchaseItem("player-one", returningaitest.Purchase{Item: "golden frame", Price: 250})
	if err := srv.WaitForDeliveries(context.Background()); err != nil {
		log.Fatal(err)
	}
	fmt.Println(srv.Deliveries())
	// Output:
	// purchased_store_item: Player One bought a golden frame
	// [delivery 1: purchased_store_item delivered, statuses [200]]
}

func ExampleServer_HookURL() {
	srv, err := returningaitest.Start()
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	hook := srv.HookURL(returningaitest.HookUpdateCurrency)
	fmt.Println(call("POST", hook, "", `{"user": "player-one", "amount": 25, "operation": "add"}`))

	srv.ProtectHook(returningaitest.HookUpdateCurrency, returningaitest.HookProtection{Key: "a-key-to-send"})
	fmt.Println(call("POST", hook, "", `{"user": "player-one", "amount": 25, "operation": "add"}`))
	fmt.Println(srv.Users()[1].Coins, "coins")
	// Output:
	// 200 {"status":"success","message":"Currency has been updated successfully"}
	// 401 {"status":"error","message":"the API key of the hook is missing or invalid"}
	// 25 coins
}

// A community with known users, ids and credentials.
func ExampleWithSeed() {
	srv, err := returningaitest.Start(returningaitest.WithSeed(returningaitest.Seed{
		Users: []returningaitest.User{{UserID: "7", Username: "zoe", Email: "zoe@example.com"}},
	}))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	user, err := srv.Client().Integration.Users.Get(context.Background(), "zoe@example.com")
	fmt.Println(user.UserID, user.Username, err)
	// Output: 7 zoe <nil>
}

// An error as the client returns it, for a mock.
func ExampleNewError() {
	lost := returningaitest.NewError(returningaitest.ErrorParams{
		Operation: returningai.OperationSystemBadgesAward, MaybeApplied: true, Causes: []error{returningai.ErrTimeout},
	})
	fmt.Println(returningai.MaybeApplied(lost), errors.Is(lost, returningai.ErrTimeout))
	// Output: true true
}

// A service that is down, and comes back.
func ExampleServer_RefuseConnections() {
	srv, err := returningaitest.Start()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	client, ctx := srv.Client(), context.Background()

	accept := srv.RefuseConnections(returningaitest.Integration)
	_, err = client.Integration.Channels.List(ctx)
	fmt.Println("down:", err != nil)
	accept()
	_, err = client.Integration.Channels.List(ctx)
	fmt.Println("up:", err)
	// Output:
	// down: true
	// up: <nil>
}

// A route that was moved without notice.
func ExampleServer_MoveRoute() {
	srv, err := returningaitest.Start()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	srv.MoveRoute(returningai.OperationIntegrationChannelsList, "/v2/channels")
	_, err = srv.Client().Integration.Channels.List(context.Background())
	fmt.Println(errors.Is(err, returningai.ErrNotFound))
	client := srv.Client(returningai.WithRoute(returningai.OperationIntegrationChannelsList, "GET", "/v2/channels"))
	_, err = client.Integration.Channels.List(context.Background())
	fmt.Println(err)
	// Output:
	// true
	// <nil>
}
