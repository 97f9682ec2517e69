package wire

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/returningai/returningai-go/returningaitest/internal/community"
)

// checkCommunity refuses a path that names another community.
func checkCommunity(c *Call) error {
	if c.Path["communityId"] != community.ID {
		return Refuse(http.StatusNotFound, "community not found")
	}
	return nil
}

// The page sizes of lists (assumed).
const (
	defaultLimit = 20
	maxLimit     = 100
)

// page returns the part of a list, kept oldest first, that the query selects.
// Assumed: the order createdAt:asc by default, pages counted from 1, 400 for a
// number out of bounds, and an empty page behind the last.
func page[T, S any](c *Call, list []T, show func(T) S) (Result, error) {
	descending, err := descending(c)
	if err != nil {
		return Result{}, err
	}
	limit, err := queryNumber(c, "limit", defaultLimit, 1, maxLimit)
	if err != nil {
		return Result{}, err
	}
	meta := map[string]any{"limit": limit}
	var skip int
	if c.Settings.SkipPaging {
		skip, err = queryNumber(c, "skip", 0, 0, 1<<30)
		meta["skip"] = skip
	} else {
		var number int
		number, err = queryNumber(c, "page", 1, 1, 1<<20)
		meta["page"], skip = number, (number-1)*limit
	}
	if err != nil {
		return Result{}, err
	}
	if !c.Settings.WithoutTotals {
		meta["total"] = len(list)
	}
	if descending {
		list = slices.Clone(list)
		slices.Reverse(list)
	}
	first := min(skip, len(list))
	return Result{data: showAll(list[first:min(first+limit, len(list))], show), meta: meta}, nil
}

func descending(c *Call) (bool, error) {
	switch c.Query.Get("sort") {
	case "", "createdAt:asc":
		return false, nil
	case "createdAt:desc":
		return true, nil
	}
	return false, Refuse(http.StatusBadRequest, "sort must be createdAt:asc or createdAt:desc")
}

// queryNumber reads a number of the query.
func queryNumber(c *Call, name string, byDefault, least, most int) (int, error) {
	if !c.Query.Has(name) {
		return byDefault, nil
	}
	number, err := strconv.Atoi(c.Query.Get(name))
	if err != nil || number < least || number > most {
		return 0, Refuse(http.StatusBadRequest, "%s must be a number from %d to %d", name, least, most)
	}
	return number, nil
}
