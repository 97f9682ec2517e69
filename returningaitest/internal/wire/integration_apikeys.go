package wire

import (
	"time"

	"github.com/returningai/returningai-go/returningaitest/internal/community"
)

// showUserAPIKey shows a key, masked except for the last characters. Assumed: the
// fields that are documented for a community's keys, and isActive.
func showUserAPIKey(k *community.UserAPIKey) map[string]any {
	shown := map[string]any{
		"_id": k.ID, "name": k.Name, "key": "********" + k.Text[max(0, len(k.Text)-4):],
		"permissions": append([]community.Permission{}, k.Permissions...), "expirePeriod": k.ExpirePeriod, "expireDate": "",
		"isActive": !k.Inactive, "createdAt": k.CreatedAt.Format(time.RFC3339), "updatedAt": k.UpdatedAt.Format(time.RFC3339),
	}
	if !k.ExpiresAt.IsZero() {
		shown["expireDate"] = k.ExpiresAt.Format(time.RFC3339)
	}
	return shown
}

func listUserAPIKeys(c *Call) Result {
	user := check(c.Community.Users.WithAnyID(c.Path["userId"]))
	listed := []map[string]any{}
	for _, key := range c.Community.UserKeys.All() {
		if key.UserObjectID == user.ID {
			listed = append(listed, showUserAPIKey(key))
		}
	}
	return Result{data: listed}
}

// createUserAPIKey creates a key. Only this response holds its text.
func createUserAPIKey(c *Call) Result {
	f := c.fields()
	communityID := required[string](f, "communityId")
	key := readUserAPIKey(f, c.Community.Now())
	f.check()
	user := check(c.Community.Users.WithAnyID(c.Query.Get("userId")))
	key.CommunityID, key.UserObjectID = communityID, user.ID
	created := check(c.Community.AddUserAPIKey(key))
	shown := showUserAPIKey(&created)
	shown["key"] = created.Text
	return Result{message: "Api key has been created successfully", data: shown}
}

// updateUserAPIKey replaces the changeable fields of a key.
func updateUserAPIKey(c *Call) Result {
	f := c.fields()
	changed := readUserAPIKey(f, c.Community.Now())
	changed.Inactive = !required[bool](f, "isActive")
	f.check()
	key := check(c.Community.UserAPIKey(c.Path["userId"], c.Path["apiKeyId"]))
	c.Community.UpdateUserAPIKey(key, changed)
	return Result{message: "Api key has been updated successfully", data: showUserAPIKey(key)}
}

func deleteUserAPIKey(c *Call) Result {
	key := check(c.Community.UserAPIKey(c.Path["userId"], c.Path["apiKeyId"]))
	c.Community.DeleteUserAPIKey(key)
	return Result{message: "Api key has been deleted successfully", data: showUserAPIKey(key)}
}

func userAPIKeyInfo(c *Call) Result {
	key := check(c.Community.UserAPIKey(c.Path["userId"], c.Path["apiKeyId"]))
	return Result{data: showUserAPIKey(key)}
}

// readUserAPIKey reads the changeable fields of a key. Assumed: a date
// overrides a period; a date in the past is refused, and so is one beside a
// period of 0, which means never.
func readUserAPIKey(f *fields, now time.Time) community.UserAPIKey {
	k := community.UserAPIKey{Name: required[string](f, "name"), Permissions: required[[]community.Permission](f, "permissions")}
	k.ExpirePeriod = required[int](f, "expirePeriod")
	date, _ := optional[string](f, "expireDate")
	switch {
	case k.ExpirePeriod < 0:
		f.note("expirePeriod must not be negative")
	case date == "" && k.ExpirePeriod > 0:
		k.ExpiresAt = now.AddDate(0, 0, k.ExpirePeriod)
	case date != "":
		at, err := time.Parse(time.RFC3339, date)
		if err != nil || !at.After(now) {
			f.note("expireDate must be a date of ISO 8601 in the future")
		} else if k.ExpirePeriod == 0 {
			f.note("expirePeriod and expireDate contradict each other")
		}
		k.ExpiresAt = at.UTC()
	}
	return k
}
