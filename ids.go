package returningai

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/returningai/returningai-go/internal/rest"
	"github.com/returningai/returningai-go/internal/wire"
)

// idKind is a kind of id. The kinds have forms of their own, so that an id of
// the wrong kind can be told.
type idKind struct {
	form string // how such an id shows itself
	name string // what it is called
	want string // how the docs call it where one is taken
}

var (
	userNumber = &idKind{"has only digits", "a user number", `the user number, such as "1102"`}
	objectID   = &idKind{"has 24 hex digits", "an object id", "an object id of 24 hex digits"}
	badgeID    = &idKind{"is a UUID", "a badge id", "a badge id, which is a UUID"}
	email      = &idKind{"contains an @", "an email", "an email"}
	username   = &idKind{want: "the username"} // of any form
)

var idForms = []struct {
	kind *idKind
	form *regexp.Regexp
}{
	{objectID, regexp.MustCompile(`^[0-9a-fA-F]{24}$`)}, // before the digits: an object id may have no letter
	{userNumber, regexp.MustCompile(`^[0-9]+$`)},
	{badgeID, regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)},
	{email, regexp.MustCompile(`@`)},
}

// kindOf returns the kind that an id looks like, or nil.
func kindOf(id string) *idKind {
	for _, known := range idForms {
		if known.form.MatchString(id) {
			return known.kind
		}
	}
	return nil
}

// takenKind returns the kind of id that an operation takes under a name of the
// wire, or nil if it is not known.
func takenKind(op *rest.Operation, name string) *idKind {
	switch {
	case name == "idOrEmail", name == "userId" && op.Family == rest.System:
		return userNumber
	case name == "userId" && op.Family == rest.CommunityHost, name == "user":
		return username
	case name == "id" && strings.HasPrefix(op.ID, "system.badges."):
		return badgeID
	case name == "id", strings.HasSuffix(name, "Id"):
		return objectID
	}
	return nil
}

// idHelp names the id of a call that failed with 404 or 400 and looks like one of
// another kind. It never shows the id.
func (c *call) idHelp(status int) string {
	if status != http.StatusNotFound && status != http.StatusBadRequest || c.op.ID == "" {
		return ""
	}
	for _, given := range c.ids() {
		taken, looks := takenKind(c.op, given.name), kindOf(given.value)
		switch {
		case taken == nil, looks == nil, looks == taken, given.name == "idOrEmail" && looks == email:
			continue
		}
		return "the " + idName(c.op, given.name) + " " + looks.form + " and looks like " + looks.name +
			"; this operation takes " + taken.want
	}
	return ""
}

// givenID is an id that a call was given, under its name on the wire.
type givenID struct{ name, value string }

// ids returns the ids in the path, the query and the body of a call.
func (c *call) ids() []givenID {
	var ids []givenID
	for i, name := range rest.Placeholders(c.op.Path) {
		ids = append(ids, givenID{name, c.request.Path[i]})
	}
	if target, problems := c.request.Target(c.op, c.op); len(problems) == 0 {
		_, query, _ := strings.Cut(target, "?")
		values, _ := url.ParseQuery(query) // Target wrote it
		ids = append(ids, givenID{"userId", values.Get("userId")})
	}
	if c.request.Body == nil {
		return ids
	}
	var body map[string]json.RawMessage
	if data, err := wire.Encode(c.request.Body); err != nil || wire.Unmarshal(data, &body) != nil {
		return ids
	}
	for _, name := range []string{"userId", "idOrEmail", "user", "channelId", "serverId", "fieldId"} {
		var id string
		if wire.Unmarshal(body[name], &id) == nil {
			ids = append(ids, givenID{name, id})
		}
	}
	return ids
}

// idName returns the name of an id for people: "badge id", "user id".
func idName(op *rest.Operation, name string) string {
	switch name {
	case "idOrEmail", "user":
		return "user id"
	case "id": // of what the service is called after: system.badges.award
		return strings.TrimSuffix(strings.Split(op.ID, ".")[1], "s") + " id"
	}
	return strings.ToLower(strings.TrimSuffix(rest.GoName(name), "ID")) + " id"
}
