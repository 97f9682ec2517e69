package console_test

import (
	"context"
	"fmt"
	"net/http"

	"github.com/returningai/returningai-go/returningaitest"
	"github.com/returningai/returningai-go/returningaitest/console"
)

// A fake service with its page and control API on one port.
func ExampleNew() {
	srv, err := returningaitest.Start(
		returningaitest.WithAddress("127.0.0.1:0"), // such as 127.0.0.1:12111 in a program
		returningaitest.WithPages(console.New),
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	url := srv.URL(returningaitest.CommunityHost) + "/_control/operations"
	request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, url, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = response.Body.Close() }()
	fmt.Println(response.Status)
	// Output: 200 OK
}
