package peers

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/application"
	"github.com/returningai/returningai-go/integration"
	"github.com/returningai/returningai-go/system"
)

const objectID = "65f0c0ffee65f0c0ffee0001"

func returningAI(tb testing.TB, client *http.Client, base string) *returningai.Client {
	options := []returningai.Option{
		returningai.WithHTTPClient(client), returningai.WithAPIKey(token), returningai.WithBearer(token), returningai.WithCommunity(objectID),
	}
	for _, family := range []returningai.Family{returningai.FamilySystem, returningai.FamilyIntegration, returningai.FamilyApplication} {
		options = append(options, returningai.WithBaseURL(family, strings.TrimSuffix(base, "/")))
	}
	made, err := returningai.New(options...)
	require.NoError(tb, err)
	return made
}

type meta struct {
	Status     string `json:"status"`
	StatusCode int    `json:"statusCode"`
	Success    bool   `json:"success"`
	Total      int    `json:"total"`
	Message    string `json:"message"`
}

type user struct {
	ID          string    `json:"_id"`
	Number      int       `json:"id"`
	DisplayName string    `json:"displayName"`
	Username    string    `json:"username"`
	FirstName   string    `json:"firstName"`
	Email       string    `json:"email"`
	IsOnline    bool      `json:"isOnline"`
	LastLogin   time.Time `json:"lastLogin"`
	Avatar      string    `json:"avatar"`
	LastName    string    `json:"lastName"`
}

const userFields = `"_id":"65f0c0ffee65f0c0ffee0001","id":NUMBER,"displayName":"Player","username":"player","firstName":"Ada",` +
	`"email":"player@example.com","isOnline":true,"lastLogin":"2026-01-31T12:00:00.000Z","avatar":"https://cdn.example.com/PAD.png"`

var (
	userText = strings.Replace(userFields, "PAD", strings.Repeat("x", 250), 1)
	// unknownFields are eight that the SDK keeps in Extra.
	unknownFields = `,"createdAt":"2025-03-01T12:00:00.000Z","updatedAt":"2026-01-31T12:00:00.000Z","verified":true,"level":7,` +
		`"badges":["founder","raider"],"settings":{"theme":"dark"},"__v":3,"origin":"web"`
)

const listHead = `{"meta":{"status":"success","statusCode":200,"total":200},"data":[`

func returningAIGet() row {
	return row{
		sdk:      "returningai",
		response: filled(`{"meta":{"status":"success","statusCode":200},"message":"ok","data":{`+strings.Replace(userFields, "NUMBER", "1102", 1)+`,"lastName":"`+last+`"}}`, 1024),
		call: func(tb testing.TB, client *http.Client, base string) do {
			sdk := returningAI(tb, client, base)
			return func(ctx context.Context) (string, error) {
				found, err := sdk.Application.Users.Get(ctx, objectID, application.GetUserParams{})
				return found.LastName, err
			}
		},
		byHand: byHand("GET", "users/"+objectID, nil, func(response *struct {
			Meta meta `json:"meta"`
			Data user `json:"data"`
		},
		) string {
			return response.Data.LastName
		}),
	}
}

func returningAIPost() row {
	description, quantity := strings.Repeat("x", 170), 1
	params := system.BadgeParams{Title: "Raider", Action: "custom", Quantity: &quantity, Description: &description}
	return row{
		sdk: "returningai",
		response: filled(`{"meta":{"success":true,"message":"created"},"body":{"id":"4e1bfbc3","title":"Raider","action":"custom",`+
			`"quantity":1,"description":"PAD","awarded":false,"image":"`+last+`"}}`, 220),
		call: func(tb testing.TB, client *http.Client, base string) do {
			sdk := returningAI(tb, client, base)
			return func(ctx context.Context) (string, error) {
				made, err := sdk.System.Badges.Create(ctx, params)
				return made.Image, err
			}
		},
		byHand: byHand("POST", "badges", jsonBody(struct {
			Title       string  `json:"title"`
			Action      string  `json:"action"`
			Quantity    *int    `json:"quantity,omitempty"`
			Description *string `json:"description,omitempty"`
		}{"Raider", "custom", &quantity, &description}), func(response *struct {
			Meta meta `json:"meta"`
			Body struct {
				ID          string `json:"id"`
				Title       string `json:"title"`
				Action      string `json:"action"`
				Quantity    int    `json:"quantity"`
				Description string `json:"description"`
				Awarded     bool   `json:"awarded"`
				Image       string `json:"image"`
			} `json:"body"`
		},
		) string {
			return response.Body.Image
		}),
	}
}

func returningAIList(name, unknown string, count int) row {
	return row{
		sdk:      name,
		response: list(listHead, "{"+userText+unknown+`,"lastName":"LAST"}`, `]}`, count),
		call: func(tb testing.TB, client *http.Client, base string) do {
			sdk := returningAI(tb, client, base)
			return func(ctx context.Context) (string, error) {
				found, err := sdk.Application.CommunityUsers.List(ctx, application.ListCommunityUsersParams{Limit: count})
				if err != nil {
					return "", err
				}
				return found.Items[len(found.Items)-1].LastName, nil
			}
		},
		byHand: byHand("GET", "users", nil, func(response *struct {
			Meta meta `json:"meta"`
			Data []struct {
				user
				CreatedAt time.Time         `json:"createdAt"`
				UpdatedAt time.Time         `json:"updatedAt"`
				Verified  bool              `json:"verified"`
				Level     int               `json:"level"`
				Badges    []string          `json:"badges"`
				Settings  map[string]string `json:"settings"`
				Version   int               `json:"__v"`
				Origin    string            `json:"origin"`
			} `json:"data"`
		},
		) string {
			return response.Data[len(response.Data)-1].LastName
		}),
	}
}

type playerRow struct {
	ID    string  `json:"_id"`
	Email string  `json:"email"`
	XP    int     `json:"xp"`
	Coins int     `json:"coins"`
	Level int     `json:"level"`
	Bio   string  `json:"bio"`
	Score float64 `json:"score"`
	VIP   bool    `json:"vip"`
	Name  string  `json:"last_name"`
}

var columns = []integration.Column{"_id", "email", "xp", "coins", "level", "bio", "score", "vip", "last_name"}

func returningAIRows(name string, decode bool) row {
	const record = `{"_id":"65f0c0ffee65f0c0ffee0001","email":"p@example.com","xp":NUMBER,"coins":35,"level":7,"bio":"PAD","score":17.25,"vip":true,"last_name":"LAST"}`
	return row{
		sdk:      name,
		response: list(`{"status":"success","data":[`, strings.Replace(record, "PAD", strings.Repeat("x", 400), 1), `],"next_cursor":""}`, 200),
		call: func(tb testing.TB, client *http.Client, base string) do {
			sdk := returningAI(tb, client, base)
			return func(ctx context.Context) (string, error) {
				found, err := sdk.Integration.Users.List(ctx, integration.UserFilter{Fields: columns})
				if err != nil {
					return "", err
				}
				if !decode {
					return found.Items[len(found.Items)-1]["last_name"].String(), nil
				}
				players := make([]playerRow, len(found.Items))
				for i, one := range found.Items {
					if err := one.Decode(&players[i]); err != nil {
						return "", err
					}
				}
				return players[len(players)-1].Name, nil
			}
		},
		byHand: byHand("POST", "users/filter", jsonBody(map[string]any{"fields": columns, "filter": map[string]any{}}), func(response *struct {
			Status     string      `json:"status"`
			Data       []playerRow `json:"data"`
			NextCursor string      `json:"next_cursor"`
		},
		) string {
			return response.Data[len(response.Data)-1].Name
		}),
	}
}
