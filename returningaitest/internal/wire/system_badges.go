package wire

import (
	"strconv"

	"github.com/returningai/returningai-go/returningaitest/internal/community"
)

// showBadge shows numbers and booleans as strings, as the API has been seen to
// do.
func showBadge(b *community.Badge) map[string]string {
	return map[string]string{
		"id": b.ID, "title": b.Title, "action": b.Action, "description": b.Description, "image": b.Image,
		"quantity": strconv.Itoa(b.Quantity), "attachRequired": strconv.FormatBool(b.AttachRequired),
		"awarded": strconv.FormatBool(b.Awarded),
	}
}

func showAwarded(b *community.Badge) map[string]string {
	shown := showBadge(b)
	shown["awarded"] = "true"
	return shown
}

func listBadges(c *Call) Result {
	return Result{message: "Badges fetched successfully", data: showAll(c.Community.Badges.All(), showBadge)}
}

func createBadge(c *Call) Result {
	badge := readBadge(c, community.Badge{})
	created := check(c.Community.AddBadge(badge))
	return Result{message: "Badge has been created successfully", data: showBadge(&created)}
}

// updateBadge changes a badge. Omitted fields are assumed to stay unchanged.
func updateBadge(c *Call) Result {
	badge := check(c.Community.Badges.Find(c.Path["id"]))
	changed := readBadge(c, *badge)
	*badge = changed
	return Result{message: "Badge has been updated successfully", data: showBadge(badge)}
}

// readBadge reads the body of create and update into a badge.
func readBadge(c *Call, badge community.Badge) community.Badge {
	f := c.fields()
	badge.Title = required[string](f, "title")
	badge.Action = required[string](f, "action")
	update(f, "quantity", &badge.Quantity)
	update(f, "description", &badge.Description)
	update(f, "image", &badge.Image)
	update(f, "darkImage", &badge.DarkImage)
	update(f, "lightImage", &badge.LightImage)
	update(f, "enabledDarkAndLight", &badge.EnabledDarkAndLight)
	update(f, "applied", &badge.Applied)
	update(f, "awarded", &badge.Awarded)
	update(f, "award", &badge.Award)
	update(f, "awardCurrency", &badge.AwardCurrency)
	update(f, "awardXpQuantity", &badge.AwardXPQuantity)
	update(f, "awardCurrencyQuantity", &badge.AwardCurrencyQuantity)
	update(f, "attachRequired", &badge.AttachRequired)
	f.check()
	return badge
}

func deleteBadge(c *Call) Result {
	c.Community.DeleteBadge(check(c.Community.Badges.Find(c.Path["id"])))
	return Result{message: "Badge has been deleted successfully"}
}

// awardBadge gives a badge. That each award counts is assumed.
func awardBadge(c *Call) Result {
	held := assign(c, &c.Community.Badges, c.Community.AwardBadge)
	return Result{message: "Badge has been rewarded successfully", data: showAll(held, showAwarded)}
}

// removeBadge takes a badge. Assumed: it takes one award, and a badge that the
// user does not have changes nothing.
func removeBadge(c *Call) Result {
	held := assign(c, &c.Community.Badges, c.Community.RemoveBadge)
	return Result{message: "Badge has been removed successfully", data: showAll(held, showAwarded)}
}

// assign gives the item in the path to the user in the body, or takes it, and
// returns what the user then has.
func assign[T any](c *Call, items *community.Collection[T], change func(*T, *community.User) []*T) []*T {
	f := c.fields()
	userID := required[string](f, "userId")
	f.check()
	return change(check(items.Find(c.Path["id"])), check(c.Community.Users.Numbered(userID)))
}
