package system_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/returningaitest"
	"github.com/returningai/returningai-go/system"
)

func ExampleBadgesService_Award() {
	srv, err := returningaitest.Start() // returningai.New(returningai.WithAPIKey(key)) in production
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	client, ctx := srv.Client(), context.Background()

	badge, err := client.System.Badges.Create(ctx, system.BadgeParams{
		Title: "Dragon Slayer", Action: "custom", Quantity: new(100),
	})
	if err != nil {
		log.Fatal(err)
	}
	held, err := client.System.Badges.Award(ctx, badge.ID, "1102")
	if err != nil {
		log.Fatal(err)
	}
	for _, badge := range held {
		fmt.Println(badge.Title, badge.Quantity, badge.Awarded)
	}

	_, err = client.System.Badges.Award(ctx, badge.ID, "7")
	fmt.Println("no such user:", errors.Is(err, returningai.ErrNotFound))
	// Output:
	// Dragon Slayer 100 true
	// no such user: true
}

func ExampleRolesService_AddToUser() {
	srv, err := returningaitest.Start()
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	client, ctx := srv.Client(), context.Background()

	role, err := client.System.Roles.Create(ctx, system.RoleParams{
		Class: "gold", Title: "Champion", Order: 3,
		ServerPermissions:  system.ServerPermissionParams{CreateInvite: true},
		ChannelPermissions: system.ChannelPermissionParams{PostMessages: true, ShareLinks: true},
	})
	if err != nil {
		log.Fatal(err)
	}
	roles, err := client.System.Roles.AddToUser(ctx, role.ID, "1102")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("after giving it:", roles[0].Title)
	roles, err = client.System.Roles.RemoveFromUser(ctx, role.ID, "1102")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("after taking it:", len(roles))
	// Output:
	// after giving it: Champion
	// after taking it: 0
}

func ExampleRole_UpdateParams() {
	srv, err := returningaitest.Start()
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	client, ctx := srv.Client(), context.Background()

	roles, err := client.System.Servers.ListRoles(ctx, srv.Servers()[0].ID)
	if err != nil {
		log.Fatal(err)
	}
	role := roles[0]
	_, err = role.UpdateParams()
	if missing, ok := errors.AsType[*system.MissingPermissionsError](err); ok {
		fmt.Println(strings.Join(missing.Fields, "\n"))
	}

	role.ChannelPermissions.Pinable = new(true)
	role.ChannelPermissions.ShareLinks = new(true)
	role.ChannelPermissions.ShareAttachments = new(false)
	params, err := role.UpdateParams()
	if err != nil {
		log.Fatal(err)
	}
	params.Title = "Warden"
	params.ServerPermissions.Extra = map[string]json.RawMessage{"new_permission": json.RawMessage("true")}
	role, err = client.System.Roles.Update(ctx, role.ID, params)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(role.Title, *role.ServerPermissions.WarnMembers, string(role.ServerPermissions.Extra["new_permission"]))
	// Output:
	// ChannelPermissions.Pinable
	// ChannelPermissions.ShareLinks
	// ChannelPermissions.ShareAttachments
	// Warden true true
}

// A handler that signs the visitor of your site in to the community. The
// login URL signs in anyone who opens it: it goes to the visitor's own browser and
// is not cached on the way.
func ExampleAuthService_SecureLogin() {
	srv, err := returningaitest.Start()
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	client := srv.Client() // with returningai.WithCommunityHost("community.example.com") in production

	signOn := func(w http.ResponseWriter, r *http.Request) {
		user, known := visitor(r)
		if !known {
			http.Error(w, "sign in first", http.StatusUnauthorized)
			return
		}
		login, err := client.System.Auth.SecureLogin(r.Context(), system.SecureLoginParams{Username: user})
		if err != nil {
			log.Print(err) // shows no secret
			http.Error(w, "the community is not available", http.StatusBadGateway)
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Referrer-Policy", "no-referrer")
		http.Redirect(w, r, login.LoginURL.Reveal(), http.StatusSeeOther)
	}

	recorder := httptest.NewRecorder()
	request := httptest.NewRequest(http.MethodGet, "/community", nil)
	request.AddCookie(&http.Cookie{Name: "session", Value: "of-player-one"})
	signOn(recorder, request)
	location, err := recorder.Result().Location()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(recorder.Code, recorder.Header().Get("Cache-Control"))
	fmt.Println("to the community:", "http://"+location.Host == srv.URL(returningaitest.CommunityHost))

	recorder = httptest.NewRecorder()
	signOn(recorder, httptest.NewRequest(http.MethodGet, "/community", nil))
	fmt.Println(recorder.Code)
	// Output:
	// 303 no-store
	// to the community: true
	// 401
}

// visitor returns who is signed in to your own site, and the username of the
// community that you stored for them.
func visitor(r *http.Request) (username string, known bool) {
	session, err := r.Cookie("session")
	if err != nil || session.Value != "of-player-one" {
		return "", false
	}
	return "player-one", true
}
