package rest

import (
	"bytes"
	"cmp"
	stdjson "encoding/json"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/returningai/returningai-go/internal/wire"
	"github.com/returningai/returningai-go/page"
)

// paging is what a response says about a page: in the envelope, in its meta, in
// the data beside the items, or there in pagination or meta. Where the API says
// it differs between operations, and is not documented for all of them.
type paging struct {
	NextCursor  cursor `json:"nextCursor,case:ignore"` // next_cursor, too
	Page        number `json:"page"`
	CurrentPage number `json:"currentPage,case:ignore"`
	TotalPages  number `json:"totalPages,case:ignore"`
	Skip        number `json:"skip"`
	Limit       number `json:"limit"`
	Total       number `json:"total"`
}

// number is an integer, or a string that holds one. Any other value is ignored.
type number struct {
	value int
	ok    bool
}

// UnmarshalJSONFrom never fails.
func (n *number) UnmarshalJSONFrom(decoder *jsontext.Decoder) error {
	value, err := decoder.ReadValue()
	*n = number{}
	if n.value, n.ok = parseNumber(string(bytes.Trim(value, `" `))); !n.ok {
		n.value = 0
	}
	return err
}

func parseNumber(text string) (int, bool) {
	if integer, err := strconv.Atoi(text); err == nil {
		return integer, true
	}
	float, err := strconv.ParseFloat(text, 64) // 1.0
	return int(float), err == nil && float == float64(int(float))
}

// setIn sets a field of a page that no earlier place has set.
func (n number) setIn(field **int) {
	if *field == nil && n.ok {
		*field = &n.value
	}
}

// cursor is a string, or a number as a string.
type cursor struct {
	text string
	odd  bool // it is something else: the list cannot be continued
}

// UnmarshalJSONFrom never fails.
func (c *cursor) UnmarshalJSONFrom(decoder *jsontext.Decoder) error {
	value, err := decoder.ReadValue()
	*c = cursor{}
	switch value.Kind() {
	case jsontext.KindNull, jsontext.KindFalse:
	case jsontext.KindString, jsontext.KindNumber:
		_ = wire.Unmarshal(value, &c.text) // it cannot fail for these
	default:
		c.odd = true
	}
	return err
}

// addTo completes a page. Places that are read first win.
func addTo[T any](to *page.Page[T], from *paging) {
	to.NextCursor = cmp.Or(to.NextCursor, from.NextCursor.text)
	from.Page.setIn(&to.Number)
	from.CurrentPage.setIn(&to.Number)
	from.TotalPages.setIn(&to.Pages)
	from.Skip.setIn(&to.Skip)
	from.Limit.setIn(&to.Limit)
	from.Total.setIn(&to.Total)
}

// rows are the items of a page.
type rows[T any] struct {
	Items   []T
	present bool
	place   span
}

// UnmarshalJSONFrom reads a list. Null is an empty one.
func (r *rows[T]) UnmarshalJSONFrom(decoder *jsontext.Decoder) error {
	*r = rows[T]{present: true}
	r.place.start = int(decoder.InputOffset())
	err := json.UnmarshalDecode(decoder, &r.Items)
	r.place.end = int(decoder.InputOffset())
	return err
}

// pageData is the data of a page: a list, or an object that holds one.
type pageData[T any] struct {
	rows[T]
	paging

	Extra map[string]stdjson.RawMessage
	some  bool // the response has data, and it is not null
}

func (*pageData[T]) isPage() {}

type pageObject[T any] struct {
	paging

	Data    rows[T]                       `json:"data"`
	Results rows[T]                       `json:"results"`
	Extra   map[string]stdjson.RawMessage `json:",embed"`
}

// UnmarshalJSONFrom reads a list or an object.
func (p *pageData[T]) UnmarshalJSONFrom(decoder *jsontext.Decoder) error {
	*p = pageData[T]{some: true}
	if decoder.PeekKind() != jsontext.KindBeginObject {
		return p.rows.UnmarshalJSONFrom(decoder)
	}
	var object pageObject[T]
	if err := json.UnmarshalDecode(decoder, &object); err != nil {
		return err
	}
	p.rows, p.paging, p.Extra = object.Data, object.paging, object.Extra
	if !p.present {
		p.rows = object.Results
	}
	return nil
}

// page makes the page of a response. It fails where the response does not show
// which list holds the items: no items would be a wrong result.
func (p *pageData[T]) page(outline *outline) (page.Page[T], *Failure) {
	made := page.Page[T]{Extra: p.Extra}
	places := []*paging{&p.paging, &outline.paging, &outline.Meta.paging, &outline.Pagination.paging}
	for _, name := range []string{"pagination", "meta"} {
		if found := p.take(name); found != nil {
			places = append(places, found)
		}
	}
	for _, place := range places {
		addTo(&made, place)
		if place.NextCursor.odd {
			return page.Page[T]{}, unreadable("the response has a cursor that is not a string")
		}
	}
	if p.some && !p.present {
		if failure := p.findRows(); failure != nil {
			return page.Page[T]{}, failure
		}
	}
	made.Items = p.Items
	return made, nil
}

// take reads an unknown field as the description of the page. Unknown fields
// inside it become unknown fields of the list.
func (p *pageData[T]) take(name string) *paging {
	var found struct {
		paging

		Extra map[string]stdjson.RawMessage `json:",embed"`
	}
	if raw, ok := p.Extra[name]; !ok || isAbsent(raw) || wire.Unmarshal(raw, &found) != nil {
		return nil
	}
	delete(p.Extra, name)
	for name, raw := range found.Extra {
		if _, taken := p.Extra[name]; !taken {
			p.Extra[name] = raw
		}
	}
	return &found.paging
}

// findRows takes the only list of objects among the unknown fields.
func (p *pageData[T]) findRows() *Failure {
	var found []string
	for name, raw := range p.Extra {
		list, isList := bytes.CutPrefix(raw, []byte("["))
		if list = bytes.TrimSpace(list); isList && (list[0] == '{' || list[0] == ']') {
			found = append(found, name)
		}
	}
	if len(found) != 1 {
		return unreadable("the response does not show where its items are")
	}
	if err := wire.Unmarshal(p.Extra[found[0]], &p.Items); err != nil {
		return &Failure{Unreadable: true, Message: notAsExpected, Cause: err}
	}
	delete(p.Extra, found[0])
	return nil
}
