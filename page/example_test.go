package page_test

import (
	"context"
	"fmt"
	"log"

	"github.com/returningai/returningai-go/integration"
	"github.com/returningai/returningai-go/returningaitest"
)

// One page at a time, for a program that shows pages. All is simpler for others.
func ExamplePage() {
	srv, err := returningaitest.Start()
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	users, err := srv.Client().Integration.Users.List(context.Background(), integration.UserFilter{
		Fields: []integration.Column{integration.ColumnEmail}, Page: 1,
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(users.Items), "users on page", *users.Number, "of", *users.Pages)
	// Output: 3 users on page 1 of 1
}
