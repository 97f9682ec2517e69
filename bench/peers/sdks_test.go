package peers

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-github/v89/github"
	"github.com/slack-go/slack"
	"github.com/stretchr/testify/require"
	"github.com/stripe/stripe-go/v85"
)

func goGitHub(tb testing.TB, client *http.Client, base string) *github.Client {
	made, err := github.NewClient(github.WithHTTPClient(client), github.WithAuthToken(token), github.WithURLs(&base, nil))
	require.NoError(tb, err)
	return made
}

type gitHubUser struct {
	Login     string `json:"login"`
	ID        int64  `json:"id"`
	AvatarURL string `json:"avatar_url"`
	SiteAdmin bool   `json:"site_admin"`
	Name      string `json:"name"`
	Bio       string `json:"bio"`
	Email     string `json:"email"`
}

const gitHubFields = `{"login":"player","id":NUMBER,"avatar_url":"https://cdn.example.com/a.png","site_admin":false,"name":"Ada","bio":"PAD","email":"LAST"}`

func goGitHubGet() row {
	return row{
		"go-github", filled(strings.NewReplacer("NUMBER", "1102", "LAST", last).Replace(gitHubFields), 1024),
		func(tb testing.TB, client *http.Client, base string) do {
			sdk := goGitHub(tb, client, base)
			return func(ctx context.Context) (string, error) {
				found, _, err := sdk.Users.Get(ctx, "player")
				return found.GetEmail(), err
			}
		},
		byHand("GET", "users/player", nil, func(found *gitHubUser) string { return found.Email }),
	}
}

func goGitHubPost() row {
	title, text := "A bug", strings.Repeat("x", 240)
	type issue struct {
		Number int    `json:"number,omitempty"`
		Title  string `json:"title"`
		Body   string `json:"body"`
		State  string `json:"state,omitempty"`
	}
	return row{
		"go-github", filled(`{"number":7,"title":"A bug","body":"PAD","state":"`+last+`"}`, 220),
		func(tb testing.TB, client *http.Client, base string) do {
			sdk := goGitHub(tb, client, base)
			return func(ctx context.Context) (string, error) {
				made, _, err := sdk.Issues.Create(ctx, "owner", "repo", &github.IssueRequest{Title: &title, Body: &text})
				return made.GetState(), err
			}
		},
		byHand("POST", "repos/owner/repo/issues", jsonBody(issue{Title: title, Body: text}), func(made *issue) string { return made.State }),
	}
}

func goGitHubList() row {
	return row{
		"go-github", list("[", strings.Replace(gitHubFields, "PAD", strings.Repeat("x", 440), 1), "]", 200),
		func(tb testing.TB, client *http.Client, base string) do {
			sdk := goGitHub(tb, client, base)
			return func(ctx context.Context) (string, error) {
				found, _, err := sdk.Users.ListAll(ctx, nil)
				if err != nil {
					return "", err
				}
				return found[len(found)-1].GetEmail(), nil
			}
		},
		byHand("GET", "users", nil, func(found *[]gitHubUser) string { return (*found)[len(*found)-1].Email }),
	}
}

func stripeGo(client *http.Client, base string) *stripe.Client {
	return stripe.NewClient(token, stripe.WithBackends(stripe.NewBackendsWithConfig(&stripe.BackendConfig{
		HTTPClient: client, URL: stripe.String(strings.TrimSuffix(base, "/")), LeveledLogger: &stripe.LeveledLogger{Level: stripe.LevelNull},
	})))
}

type customer struct {
	ID          string `json:"id"`
	Object      string `json:"object"`
	Balance     int64  `json:"balance"`
	Created     int64  `json:"created"`
	Description string `json:"description"`
	Livemode    bool   `json:"livemode"`
	Name        string `json:"name"`
	Email       string `json:"email"`
}

const customerFields = `{"id":"cus_1","object":"customer","balance":0,"created":1760000000,"description":"PAD","livemode":false,"name":"Ada","email":"` + last + `"}`

func stripeGet() row {
	return row{
		"stripe-go", filled(customerFields, 1024),
		func(_ testing.TB, client *http.Client, base string) do {
			sdk := stripeGo(client, base)
			return func(ctx context.Context) (string, error) {
				found, err := sdk.V1Customers.Retrieve(ctx, "cus_1", nil)
				if err != nil {
					return "", err
				}
				return found.Email, nil
			}
		},
		byHand("GET", "v1/customers/cus_1", nil, func(found *customer) string { return found.Email }),
	}
}

func stripePost() row {
	text := strings.Repeat("x", 260)
	return row{
		"stripe-go", filled(customerFields, 220),
		func(_ testing.TB, client *http.Client, base string) do {
			sdk := stripeGo(client, base)
			return func(ctx context.Context) (string, error) {
				made, err := sdk.V1Customers.Create(ctx, &stripe.CustomerCreateParams{Name: stripe.String("Ada"), Description: &text})
				if err != nil {
					return "", err
				}
				return made.Email, nil
			}
		},
		byHand("POST", "v1/customers", func() (body, error) {
			form := url.Values{"name": {"Ada"}, "description": {text}}
			return body{"application/x-www-form-urlencoded", []byte(form.Encode())}, nil
		}, func(made *customer) string { return made.Email }),
	}
}

func slackGo(client *http.Client, base string) *slack.Client {
	return slack.New(token, slack.OptionHTTPClient(client), slack.OptionAPIURL(base))
}

type member struct {
	ID      string `json:"id"`
	TeamID  string `json:"team_id"`
	Deleted bool   `json:"deleted"`
	Color   string `json:"color"`
	TZ      string `json:"tz"`
	IsBot   bool   `json:"is_bot"`
	Name    string `json:"name"`
}

const memberFields = `{"id":"U1","team_id":"T1","deleted":false,"color":"9f69e7","tz":"PAD","is_bot":false,"name":"LAST"}`

func slackGet() row {
	return row{
		"slack-go", filled(`{"ok":true,"user":`+strings.Replace(memberFields, "LAST", last, 1)+`}`, 1024),
		func(_ testing.TB, client *http.Client, base string) do {
			sdk := slackGo(client, base)
			return func(ctx context.Context) (string, error) {
				found, err := sdk.GetUserInfoContext(ctx, "U1")
				if err != nil {
					return "", err
				}
				return found.Name, nil
			}
		},
		byHand("POST", "users.info", form(url.Values{"user": {"U1"}}), func(found *struct {
			OK   bool   `json:"ok"`
			User member `json:"user"`
		},
		) string {
			return found.User.Name
		}),
	}
}

func slackPost() row {
	text := strings.Repeat("x", 240)
	return row{
		"slack-go", filled(`{"ok":true,"channel":"C1","message":{"type":"message","text":"PAD"},"ts":"`+last+`"}`, 220),
		func(_ testing.TB, client *http.Client, base string) do {
			sdk := slackGo(client, base)
			return func(ctx context.Context) (string, error) {
				_, timestamp, err := sdk.PostMessageContext(ctx, "C1", slack.MsgOptionText(text, false))
				return timestamp, err
			}
		},
		byHand("POST", "chat.postMessage", form(url.Values{"channel": {"C1"}, "text": {text}}), func(sent *struct {
			OK      bool   `json:"ok"`
			Channel string `json:"channel"`
			TS      string `json:"ts"`
			Message struct {
				Type string `json:"type"`
				Text string `json:"text"`
			} `json:"message"`
		},
		) string {
			return sent.TS
		}),
	}
}

func form(values url.Values) func() (body, error) {
	return func() (body, error) {
		return body{"application/x-www-form-urlencoded", []byte(values.Encode())}, nil
	}
}
