package wire

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/returningai/returningai-go/returningaitest/internal/community"
)

// checkCommunity refuses a path that names another community.
func checkCommunity(c *Call) {
	if c.Path["communityId"] != community.ID {
		refused(http.StatusNotFound, "community not found")
	}
}

// The page sizes of lists (assumed).
const (
	defaultLimit = 20
	maxLimit     = 100
)

// page returns the part of a list, kept oldest first, that the query selects.
// Assumed: the order createdAt:asc by default, pages counted from 1, 400 for a
// number out of bounds, and an empty page behind the last.
func page[T, S any](c *Call, list []T, show func(T) S) Result {
	descending := isDescending(c)
	limit := queryNumber(c, "limit", defaultLimit, 1, maxLimit)
	meta := map[string]any{"limit": limit}
	var skip int
	if c.Settings.SkipPaging {
		skip = queryNumber(c, "skip", 0, 0, 1<<30)
		meta["skip"] = skip
	} else {
		number := queryNumber(c, "page", 1, 1, 1<<20)
		meta["page"], skip = number, (number-1)*limit
	}
	if !c.Settings.WithoutTotals {
		meta["total"] = len(list)
	}
	if descending {
		list = slices.Clone(list)
		slices.Reverse(list)
	}
	first := min(skip, len(list))
	return Result{data: showAll(list[first:min(first+limit, len(list))], show), meta: meta}
}

func isDescending(c *Call) bool {
	sort := c.Query.Get("sort")
	if sort != "" && sort != "createdAt:asc" && sort != "createdAt:desc" {
		refused(http.StatusBadRequest, "sort must be createdAt:asc or createdAt:desc")
	}
	return sort == "createdAt:desc"
}

// queryNumber reads a number of the query.
func queryNumber(c *Call, name string, byDefault, least, most int) int {
	if !c.Query.Has(name) {
		return byDefault
	}
	number, err := strconv.Atoi(c.Query.Get(name))
	if err != nil || number < least || number > most {
		refused(http.StatusBadRequest, "%s must be a number from %d to %d", name, least, most)
	}
	return number
}
