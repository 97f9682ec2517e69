package integration

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"iter"
	"slices"

	"github.com/returningai/returningai-go/internal/rest"
)

// UserFilter says which users are wanted, and what of them.
type UserFilter struct {
	// Fields are the columns that the rows are to have. At least one is
	// required.
	Fields []Column
	// Filter holds the conditions that the users must meet; none finds all. A
	// column may have one condition, or two that are the ends of one range.
	Filter []Condition
	// Cursor is where the page begins, from [UserPage.NextCursor]. Neither a
	// cursor nor a page begins at the first user, which is assumed.
	Cursor string
	// Page is the number of the page, from 1 on. It excludes Cursor.
	Page int
}

// userFilterBody is a [UserFilter] on the wire.
type userFilterBody struct {
	Fields []Column       `json:"fields"`
	Filter map[Column]any `json:"filter"`
	Cursor string         `json:"cursor,omitzero"`
	Page   int            `json:"page,omitzero"`
}

func (f UserFilter) request() rest.Request {
	filter, problems := combine(f.Filter)
	if len(f.Fields) == 0 {
		problems.Add("Fields", "must name at least one column")
	}
	if f.Cursor != "" && f.Page != 0 {
		problems.Add("Cursor", "must not be given together with Page")
		problems.Add("Page", "must not be given together with Cursor")
	}
	return rest.Request{Body: userFilterBody{f.Fields, filter, f.Cursor, f.Page}, Problems: problems}
}

// UserPage is a page of the user list, of up to 200 users.
type UserPage struct {
	Rows []UserRow `json:"data"`
	// NextCursor is the cursor of the next page, "" when no users follow or
	// when a page was asked for by its number.
	NextCursor string `json:"next_cursor,omitzero"`
	// CurrentPage and TotalPages are 0 unless a page was asked for by its
	// number.
	CurrentPage int `json:"current_page,omitzero"`
	TotalPages  int `json:"total_pages,omitzero"`
	// Extra holds the members that this package does not know.
	Extra map[string]json.RawMessage `json:",embed"`
}

type userPageJSON UserPage

// MarshalJSON writes the page with all members, the unknown ones included.
func (p UserPage) MarshalJSON() ([]byte, error) { return rest.MarshalAnswer(userPageJSON(p)) }

// UnmarshalJSON reads a page leniently, and keeps unknown members. The page
// may be a list of rows, or an object that holds one.
func (p *UserPage) UnmarshalJSON(data []byte) error {
	if bytes.HasPrefix(data, []byte("[")) {
		*p = UserPage{}
		return rest.UnmarshalAnswer(data, &p.Rows)
	}
	if err := rest.UnmarshalAnswer(data, (*userPageJSON)(p)); err != nil || string(data) == "null" {
		return err
	}
	if p.Rows == nil && !namesRows(data) {
		if err := p.findRows(); err != nil {
			return err
		}
	}
	return p.findPaging(p.Extra)
}

// namesRows reports whether a page has the member of its rows, which then is
// null: an empty page.
func namesRows(data []byte) bool {
	var page struct {
		Rows json.RawMessage `json:"data"`
	}
	return rest.UnmarshalAnswer(data, &page) == nil && len(page.Rows) > 0
}

// findRows takes the only list of objects among the unknown members for the
// rows: under which name they come is not known. No such list, or several, is
// an error, since no users would be a wrong answer.
func (p *UserPage) findRows() error {
	var found []string
	for name, raw := range p.Extra {
		list, isList := bytes.CutPrefix(raw, []byte("["))
		if list = bytes.TrimSpace(list); isList && (list[0] == '{' || list[0] == ']') {
			found = append(found, name)
		}
	}
	if len(found) != 1 {
		return errors.New("it does not say where its rows are")
	}
	err := rest.UnmarshalAnswer(p.Extra[found[0]], &p.Rows)
	delete(p.Extra, found[0])
	return err
}

// userPaging is what says which page follows, in the spellings that are looked
// for.
type userPaging struct {
	NextCursor  string `json:"next_cursor"`
	CurrentPage int    `json:"current_page"`
	TotalPages  int    `json:"total_pages"`

	NextCursorCamel  string `json:"nextCursor"`
	CurrentPageCamel int    `json:"currentPage"`
	TotalPagesCamel  int    `json:"totalPages"`
}

// findPaging fills in what the page does not know yet of what follows it, from
// these members or the objects among them that are known to hold such things:
// where the API says it is not known.
func (p *UserPage) findPaging(members map[string]json.RawMessage) error {
	own, err := rest.MarshalAnswer(members)
	if err != nil {
		return err
	}
	for _, place := range []json.RawMessage{own, members["pagination"], members["meta"]} {
		var found userPaging
		if !bytes.HasPrefix(place, []byte("{")) {
			continue
		}
		if err := rest.UnmarshalAnswer(place, &found); err != nil {
			return err
		}
		p.NextCursor = cmp.Or(p.NextCursor, found.NextCursor, found.NextCursorCamel)
		p.CurrentPage = cmp.Or(p.CurrentPage, found.CurrentPage, found.CurrentPageCamel)
		p.TotalPages = cmp.Or(p.TotalPages, found.TotalPages, found.TotalPagesCamel)
	}
	return nil
}

// readUserPage reads a page from the data of an answer and from what stands
// beside it in the envelope.
func readUserPage(answer *rest.Answer[json.RawMessage]) (page UserPage, failure *rest.Failure) {
	err := page.read(answer)
	if err != nil {
		return UserPage{}, &rest.Failure{Unreadable: true, Message: "the answer is no page of users", Cause: err}
	}
	return page, nil
}

func (p *UserPage) read(answer *rest.Answer[json.RawMessage]) error {
	if len(answer.Data) > 0 {
		if err := p.UnmarshalJSON(answer.Data); err != nil {
			return err
		}
	}
	for name, raw := range answer.Extra {
		if name == "next_cursor" || name == "current_page" || name == "total_pages" {
			continue // these are known
		}
		if p.Extra == nil {
			p.Extra = map[string]json.RawMessage{}
		}
		p.Extra[name] = raw
	}
	return errors.Join(p.findPaging(answer.Extra), p.findPaging(answer.MetaExtra))
}

// usersPerPage is how many users a page holds that is not the last.
const usersPerPage = 200

// walked returns the page as an iteration sees it that asked for it at a
// position. A first page that is full and says nothing of what follows is not
// taken for the last: the next one is asked for by its number.
func (p UserPage) walked(at rest.Position) rest.Page[UserRow] {
	page := rest.Page[UserRow]{Items: p.Rows, Cursor: p.NextCursor, Pages: p.TotalPages}
	if p.CurrentPage != 0 {
		page.Page = &p.CurrentPage
	}
	page.Last = at == rest.Position{} && page.Page == nil && page.Pages == 0 && len(p.Rows) < usersPerPage
	return page
}

var usersFilter = rest.Define(rest.Operation{
	ID: "integration.users.filter", GoMethod: "Integration.Users.Filter",
	Family: rest.Integration, Method: "POST", Path: "/users/filter",
	Permission: "getUserData", Docs: rest.DocsPage("get-users-with-filter"),
	Idempotent: true, Reads: true,
	RouteCertainty: rest.Assumed, BodyCertainty: rest.Assumed, PermissionCertainty: rest.Assumed,
})

// Filter returns one page of the users that meet the conditions, of up to 200
// users. Ask for a page by its number, or for the one that a cursor of the page
// before names; [UsersService.All] does the latter. Both at once is refused.
//
// Columns, conditions and the two ways of paging are documented. Assumed are
// the path, that conditions must all be met, that a row is an object whose
// members are named after the columns, where in the answer rows and cursor
// stand (several places are looked at), and the permission getUserData.
//
// Operation: integration.users.filter
//
// API docs: https://dev.returning.ai/get-users-with-filter
func (s *UsersService) Filter(ctx context.Context, filter UserFilter) (UserPage, error) {
	var page UserPage
	_, err := rest.DoChecked(ctx, s.caller, usersFilter, filter.request(), func(answer *rest.Answer[json.RawMessage]) (failure *rest.Failure) {
		page, failure = readUserPage(answer)
		return failure
	})
	if err != nil {
		return UserPage{}, err
	}
	return page, nil
}

// All iterates over the users that meet the conditions, from the filter's
// cursor or page on. It asks for 200 users at a time and holds no more:
//
//	for row, err := range client.Integration.Users.All(ctx, filter) {
//		if err != nil {
//			return err // the iteration has ended
//		}
//		…
//	}
//
// Leaving the loop early asks for nothing more. A cursor or a page that the API
// answers a second time is an error, which matches ErrUnexpectedResponse of the
// root package, and so are several pages in a row without users. What is
// returned can be ranged over again, which begins anew; it does not see later
// changes to the filter.
//
// Where an answer counts pages and does not say how many there are, the
// iteration ends after an empty one. When a first page of 200 users says
// nothing of what follows, the second one is asked for by its number.
//
// See [UsersService.Filter] for what is assumed.
func (s *UsersService) All(ctx context.Context, filter UserFilter) iter.Seq2[UserRow, error] {
	filter.Fields, filter.Filter = slices.Clone(filter.Fields), slices.Clone(filter.Filter)
	return rest.Walk(ctx, s.caller, usersFilter, rest.Position{Cursor: filter.Cursor, Page: filter.Page}, func(at rest.Position) rest.Request {
		asked := filter
		asked.Cursor, asked.Page = at.Cursor, at.Page
		return asked.request()
	}, func(at rest.Position, answer *rest.Answer[json.RawMessage]) (rest.Page[UserRow], *rest.Failure) {
		page, failure := readUserPage(answer)
		return page.walked(at), failure
	})
}
