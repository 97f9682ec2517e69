package wire

import (
	stdjson "encoding/json"
	"reflect"
	"strconv"
	"strings"
	"sync"
)

// FillAliases fills the empty fields of a response value, or of values inside
// slices, maps and structs, from the unknown fields that their alias tags name.
// The unknown fields stay. A tag may have a condition, since a user's "id" is
// an object id in some responses and the user number in others:
// `alias:"id,objectid"` or `alias:"id,number"`.
func FillAliases(out any) { fill(reflect.ValueOf(out)) }

func fill(value reflect.Value) {
	plan := planOf(value.Type())
	if plan == nil {
		return
	}
	switch value.Kind() {
	case reflect.Pointer:
		if !value.IsNil() {
			fill(value.Elem())
		}
	case reflect.Slice, reflect.Array:
		for i := range value.Len() {
			fill(value.Index(i))
		}
	case reflect.Map:
		for key, content := range value.Seq2() {
			changed := reflect.New(content.Type()).Elem() // the content cannot be changed in place
			changed.Set(content)
			fill(changed)
			value.SetMapIndex(key, changed)
		}
	case reflect.Struct:
		plan.fill(value)
	}
}

// plan is what there is to fill in values of a type.
type plan struct {
	extra   []int // where the unknown fields are
	aliases []alias
	inner   [][]int // fields with aliases inside
}

var plans sync.Map // reflect.Type -> *plan, nil where no field has an alias

func planOf(of reflect.Type) *plan {
	if known, ok := plans.Load(of); ok {
		found, _ := known.(*plan)
		return found
	}
	var made *plan
	if hasAliases(of) {
		made = newPlan(of)
	}
	plans.Store(of, made)
	return made
}

func newPlan(of reflect.Type) *plan {
	made := &plan{extra: extraIndex(of)}
	if of.Kind() != reflect.Struct {
		return made
	}
	for _, field := range reflect.VisibleFields(of) {
		if tag, ok := field.Tag.Lookup("alias"); ok {
			name, condition, _ := strings.Cut(tag, ",")
			made.aliases = append(made.aliases, alias{field.Index, name, condition})
		} else if field.IsExported() && !field.Anonymous && hasAliases(field.Type) {
			made.inner = append(made.inner, field.Index)
		}
	}
	return made
}

// hasAliases reports whether a type, or one that it consists of, has a field
// with an alias. A type with an UnmarshalJSON method fills its own.
func hasAliases(of reflect.Type) bool {
	return reaches(of, func(part reflect.Type) (found, ended bool) {
		if part.Kind() != reflect.Struct {
			return false, false
		}
		for field := range part.Fields() {
			found = found || field.Tag.Get("alias") != ""
		}
		ended = reflect.PointerTo(part).Implements(reflect.TypeFor[stdjson.Unmarshaler]())
		return found && !ended, ended
	})
}

func (p *plan) fill(value reflect.Value) {
	if p.extra != nil {
		var extra map[string]stdjson.RawMessage
		if field, err := value.FieldByIndexErr(p.extra); err == nil {
			extra, _ = reflect.TypeAssert[map[string]stdjson.RawMessage](field)
		}
		for i := 0; len(extra) > 0 && i < len(p.aliases); i++ {
			p.aliases[i].fill(value, extra)
		}
	}
	for _, index := range p.inner {
		if content, err := value.FieldByIndexErr(index); err == nil {
			fill(content)
		}
	}
}

// alias is another spelling of a field.
type alias struct {
	field     []int
	name      string
	condition string
}

func (a alias) fill(value reflect.Value, extra map[string]stdjson.RawMessage) {
	raw, ok := extra[a.name]
	if !ok {
		return
	}
	field, err := value.FieldByIndexErr(a.field)
	if err != nil || !field.IsZero() || a.condition != "" && (a.condition == "number") != isNumber(raw) {
		return
	}
	_ = Unmarshal(raw, field.Addr().Interface()) // one that does not fit stays unknown
}

// isNumber reports whether an id is a user number, in quotes or not. 24 digits
// are an object id.
func isNumber(raw []byte) bool {
	_, err := strconv.Atoi(strings.Trim(string(raw), `"`))
	return err == nil
}
