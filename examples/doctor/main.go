// Doctor reports where the service differs from this module, for someone who
// holds real keys:
//
//	export RETURNINGAI_API_KEY=… RETURNINGAI_TOKEN=…
//	go run ./examples/doctor -email you@example.com -community 65f0…
//
// It performs the operations that change nothing, and no others. For each it
// says one of these, and what to do:
//
//   - works
//   - works, with unknown fields: the names of the fields that this module does
//     not know
//   - needs another key or permission
//   - not found at this route
//   - other shape: the names of the fields that cannot be read
//   - failed, or not checked, and why
//
// A corrected route can be tried at once:
//
//	go run ./examples/doctor -route 'system.servers.list=GET /v2/servers'
//
// The report names operations, routes of this module and fields of responses.
// It never shows a key, an id, a value or a text of the server's, so it can be
// pasted into a bug report.
//
// With -offline it examines the built-in fake server.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/returningaitest"
	"github.com/returningai/returningai-go/testkit/calls"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		stop()
		os.Exit(1)
	}
}

// run examines the service that the arguments and the environment name.
func run(ctx context.Context, arguments []string, out io.Writer) error {
	known := calls.Known{}
	var options []returningai.Option
	flags := flag.NewFlagSet("doctor", flag.ContinueOnError)
	flags.Func("email", "email of a user to read", remember(known, calls.Email))
	flags.Func("user", "user number, such as 1102; found by -email otherwise", remember(known, calls.UserID))
	flags.Func("community", "id of the community", remember(known, calls.CommunityID))
	flags.Func("route", "a corrected route, as in 'system.servers.list=GET /v2/servers'; can be repeated", func(text string) error {
		option, err := parseRoute(text)
		options = append(options, option)
		return err
	})
	offline := flags.Bool("offline", false, "examine the built-in fake server")
	if err := flags.Parse(arguments); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil
		}
		return err
	}
	if *offline {
		return examineFake(ctx, out, options...)
	}
	return examine(ctx, out, known, append(options, returningai.FromEnv())...)
}

func remember(known calls.Known, fact calls.Fact) func(string) error {
	return func(value string) error {
		known[fact] = value
		return nil
	}
}

// parseRoute reads "operation=METHOD /path".
func parseRoute(text string) (returningai.Option, error) {
	operation, route, hasRoute := strings.Cut(text, "=")
	method, path, hasPath := strings.Cut(route, " ")
	if !hasRoute || !hasPath {
		return nil, errors.New("want operation=METHOD /path")
	}
	return returningai.WithRoute(operation, method, strings.TrimSpace(path)), nil
}

// examineFake examines a fake server with one of everything.
func examineFake(ctx context.Context, out io.Writer, options ...returningai.Option) error {
	fake, err := returningaitest.Start()
	if err != nil {
		return err
	}
	defer fake.Close()
	return examine(ctx, out, populate(fake), append(credentials(fake), options...)...)
}

// populate puts into a fake server what the examination looks for, and returns
// what it has to be told.
func populate(fake *returningaitest.Server) calls.Known {
	user := fake.Users()[1]
	fake.AddServer(returningaitest.CommunityServer{Name: "Main"})
	fake.AddRole(returningaitest.Role{Title: "Member", Class: "red"})
	fake.AddBadge(returningaitest.Badge{Title: "Early bird"})
	field := fake.AddUserField(returningaitest.UserField{Field: "city"})
	fake.AddUserAPIKey(returningaitest.UserAPIKey{UserObjectID: user.ID, CommunityID: fake.CommunityID(), Name: "Bot"})
	fake.AddFieldHistory(field.ID, user.ID, []byte(`"Oslo"`))
	return calls.Known{calls.Email: user.Email, calls.CommunityID: fake.CommunityID()}
}

// credentials are the options that reach a fake server.
func credentials(fake *returningaitest.Server) []returningai.Option {
	return []returningai.Option{
		returningai.WithBaseURL(returningai.FamilySystem, fake.URL(returningaitest.System)),
		returningai.WithBaseURL(returningai.FamilyIntegration, fake.URL(returningaitest.Integration)),
		returningai.WithBaseURL(returningai.FamilyApplication, fake.URL(returningaitest.Application)),
		returningai.WithAPIKey(fake.APIKey()),
		returningai.WithBearer(fake.Token()),
	}
}
