package wire

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/returningai/returningai-go/returningaitest/internal/community"
)

// Route is one operation of a router.
type Route struct {
	Operation string
	Family    Family
	Pattern   string

	permission community.Permission
	serve      func(*Call) Result
	receive    func(c *Call, body io.Reader, locked func(func())) // of uploads
	renamed    map[string]string                                  // fields of the response
}

// Router finds the route of a request.
type Router struct {
	routes []*Route
	muxes  map[Family]*http.ServeMux
}

// NewRouter returns a router for all operations.
func NewRouter() *Router {
	r := &Router{}
	for _, line := range slices.Concat(operations, incomingRoutes()) {
		r.add(line)
	}
	if err := r.register(); err != nil {
		panic("returningaitest: " + err.Error()) // a mistake in the table
	}
	return r
}

func (r *Router) add(line route) {
	added := &Route{Operation: line.operation, Family: line.family, Pattern: line.pattern, permission: line.permission, serve: line.serve}
	if line.operation == bulkImport || line.operation == bulkUpdate {
		added.receive = receivesUpload(line.operation)
	}
	r.routes = append(r.routes, added)
}

// Operations returns the ids of the operations.
func (r *Router) Operations() []string {
	return showAll(r.routes, func(route *Route) string { return route.Operation })
}

// Route returns the route of an operation.
func (r *Router) Route(operation string) (*Route, error) {
	for _, route := range r.routes {
		if route.Operation == operation {
			return route, nil
		}
	}
	return nil, fmt.Errorf("operation %q is unknown", operation)
}

// Move changes the path of an operation. It keeps the old path if the new one
// does not work.
func (r *Router) Move(operation, path string) error {
	route, err := r.Route(operation)
	if err != nil {
		return err
	}
	method, before, _ := strings.Cut(route.Pattern, " ")
	if !isClean(path) || strings.ContainsAny(path, "?#") {
		return fmt.Errorf("path %q is not clean: it has one slash before each segment", path)
	}
	if had, has := placeholders(before), placeholders(path); !slices.Equal(had, has) {
		return fmt.Errorf("path %q has the placeholders %q, operation %s needs %q", path, has, operation, had)
	}
	return r.change(route, route.Family, method+" "+path)
}

// MoveFamily moves an operation to the host of another family.
func (r *Router) MoveFamily(operation string, family Family) error {
	route, err := r.Route(operation)
	if err != nil {
		return err
	}
	return r.change(route, family, route.Pattern)
}

// change changes a route, unless it conflicts with another one then.
func (r *Router) change(route *Route, family Family, pattern string) error {
	before := *route
	route.Family, route.Pattern = family, pattern
	err := r.register()
	if err != nil {
		route.Family, route.Pattern = before.Family, before.Pattern
		_ = r.register() // worked before
	}
	return err
}

// Rename gives a field of an operation's responses another name.
func (r *Router) Rename(operation, from, to string) error {
	route, err := r.Route(operation)
	if err != nil {
		return err
	}
	if route.renamed == nil {
		route.renamed = map[string]string{}
	}
	route.renamed[from] = to
	return nil
}

// register builds the muxes. [http.ServeMux] panics on a pattern that is
// invalid or conflicts with another.
func (r *Router) register() (err error) {
	defer func() {
		if conflict := recover(); conflict != nil {
			err = fmt.Errorf("the path does not work: %v", conflict)
		}
	}()
	muxes := map[Family]*http.ServeMux{}
	for _, family := range Families() {
		muxes[family] = http.NewServeMux()
	}
	for _, route := range r.routes {
		names := placeholders(route.Pattern)
		muxes[route.Family].HandleFunc(route.Pattern, func(w http.ResponseWriter, request *http.Request) {
			found := w.(*match)
			found.route, found.values = route, map[string]string{}
			for _, name := range names {
				found.values[name] = request.PathValue(name)
			}
		})
	}
	r.muxes = muxes
	return nil
}

// match is the response writer that a mux writes its verdict to.
type match struct {
	route  *Route
	values map[string]string
	header http.Header
	status int
}

func (m *match) Header() http.Header            { return m.header }
func (m *match) Write(text []byte) (int, error) { return len(text), nil }
func (m *match) WriteHeader(status int)         { m.status = status }

var errNoRoute = Refuse(http.StatusNotFound, "route not found")

// Match finds the route of a request by its escaped path, and the values of
// its placeholders. The error is the response if nothing matches.
func (r *Router) Match(family Family, method, escapedPath string) (*Route, map[string]string, error) {
	path, inside := strings.CutPrefix(escapedPath, family.BasePath())
	if !inside || !isClean(path) { // the mux would redirect an unclean path
		return nil, nil, errNoRoute
	}
	unescaped, _ := url.PathUnescape(path) // isClean has tried it
	found := &match{header: http.Header{}}
	r.muxes[family].ServeHTTP(found, &http.Request{Method: method, URL: &url.URL{Path: unescaped, RawPath: path}})
	switch {
	case found.route != nil:
		return found.route, found.values, nil
	case found.status == http.StatusMethodNotAllowed:
		return nil, nil, &Refusal{
			Status: found.status, Message: "method not allowed", Header: http.Header{"Allow": found.header["Allow"]},
		}
	}
	return nil, nil, errNoRoute
}

// isClean reports whether every segment of an escaped path can be unescaped
// and is neither empty nor a dot segment.
func isClean(path string) bool {
	segments, rooted := strings.CutPrefix(path, "/")
	for segment := range strings.SplitSeq(segments, "/") {
		value, err := url.PathUnescape(segment)
		if err != nil || value == "" || value == "." || value == ".." {
			return false
		}
	}
	return rooted
}

var placeholderPattern = regexp.MustCompile(`\{(\w+)\}`)

// placeholders returns the names in a pattern, sorted.
func placeholders(pattern string) []string {
	names := showAll(placeholderPattern.FindAllStringSubmatch(pattern, -1), func(found []string) string { return found[1] })
	slices.Sort(names)
	return names
}
