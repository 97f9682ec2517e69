// Package page holds the type of one page of a list. The List methods of the
// services return it:
//
//	users, err := client.Integration.Users.List(ctx, filter)
//	for _, user := range users.Items { … }
//
// The All methods of the services are simpler: they request the pages one after
// the other.
package page

import "encoding/json"

// Page is one page of a list. The API counts pages in different ways: a number
// that the response does not have is nil.
//
// Most programs iterate with the All methods of the services instead, which
// request the pages one after the other.
type Page[T any] struct {
	// Items are the items of this page.
	Items []T `json:"items"`
	// NextCursor is the cursor of the next page, empty on the last one.
	NextCursor string `json:"nextCursor,omitzero"`
	// Number is the number of this page. The first is 1.
	Number *int `json:"number,omitzero"`
	// Pages is the number of pages.
	Pages *int `json:"pages,omitzero"`
	// Skip is the number of items before this page.
	Skip *int `json:"skip,omitzero"`
	// Limit is the maximum number of items on a page.
	Limit *int `json:"limit,omitzero"`
	// Total is the number of items in the list.
	Total *int `json:"total,omitzero"`
	// Extra holds unknown fields of the list.
	Extra map[string]json.RawMessage `json:",embed"`
}
