package returningaitest

import (
	"net/http"
	"slices"
	"strconv"
)

// communityID is the id of the server's one community.
const communityID = "65a0c0dec0ffee0000000001"

// CommunityID returns the id of the server's community, which every key and
// token belongs to. It is the same on every server.
func (s *Server) CommunityID() string { return communityID }

// checkCommunity refuses a path that names another community.
func (c *call) checkCommunity() error {
	if c.path["communityId"] != communityID {
		return refuse(http.StatusNotFound, "community not found")
	}
	return nil
}

// The page sizes of lists. Both are assumed.
const (
	usualLimit = 20
	mostLimit  = 100
)

// page answers the part of a list, kept oldest first, that the query asks for,
// each item as answer makes it.
// Assumed: the order createdAt:asc unless sort says createdAt:desc, pages
// counted from 1, limits as above, 400 for a number beyond them, and an empty
// page behind the last.
func page[T, A any](s *Server, c *call, list []T, answer func(T) A) (result, error) {
	descending, err := c.descending()
	if err != nil {
		return result{}, err
	}
	limit, err := c.number("limit", usualLimit, 1, mostLimit)
	if err != nil {
		return result{}, err
	}
	meta := map[string]any{"limit": limit}
	var skip int
	if s.settings.skipPaging {
		skip, err = c.number("skip", 0, 0, 1<<30)
		meta["skip"] = skip
	} else {
		var number int
		number, err = c.number("page", 1, 1, 1<<20)
		meta["page"], skip = number, (number-1)*limit
	}
	if err != nil {
		return result{}, err
	}
	if !s.settings.totalless {
		meta["total"] = len(list)
	}
	if descending {
		list = slices.Clone(list)
		slices.Reverse(list)
	}
	first := min(skip, len(list))
	items := []A{}
	for _, item := range list[first:min(first+limit, len(list))] {
		items = append(items, answer(item))
	}
	return result{data: items, meta: meta}, nil
}

func (c *call) descending() (bool, error) {
	switch c.query.Get("sort") {
	case "", "createdAt:asc":
		return false, nil
	case "createdAt:desc":
		return true, nil
	}
	return false, refuse(http.StatusBadRequest, "sort must be createdAt:asc or createdAt:desc")
}

// number reads a number of the query.
func (c *call) number(name string, otherwise, least, most int) (int, error) {
	if !c.query.Has(name) {
		return otherwise, nil
	}
	number, err := strconv.Atoi(c.query.Get(name))
	if err != nil || number < least || number > most {
		return 0, refuse(http.StatusBadRequest, "%s must be a number from %d to %d", name, least, most)
	}
	return number, nil
}
