package returningaitest

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// # Adding a service
//
// A service of the API is one file here, named after its family and itself,
// such as integration_messages.go:
//
//  1. Write its routes: a method of Server that returns []route, and one
//     method of Server for each operation, func (s *Server) name(c *call)
//     (result, error). It runs after authentication, permission and body limit
//     were checked, with the server's lock held: it reads and changes s.state
//     freely, and calls no exported method of Server (those take the lock).
//     It refuses with refuse(status, message); the core writes the envelope.
//     Read the body's members with needed and given (see call.go).
//  2. Keep what the service stores in a type of the same file, with one line
//     for it in type state (server.go).
//  3. Name the routes method in services, below.
//
// State that several services share has a file of its own (channels.go,
// users.go). Everything else (faults, log, moved routes, renamed fields) works
// for the new operations without further ado.

// services lists the routes of every service.
func (s *Server) services() []*route {
	return slices.Concat(
		s.communityUsersRoutes(),
		s.fieldHistoriesRoutes(),
		s.userFieldsRoutes(),
		s.applicationUsersRoutes(),
		s.integrationChannelsRoutes(),
		s.messagesRoutes(),
		s.systemAuthRoutes(),
		s.systemServersRoutes(),
		s.systemChannelsRoutes(),
		s.systemRolesRoutes(),
		s.systemBadgesRoutes(),
		s.usersRoutes(),
		s.usersActivityRoutes(),
		s.usersBulkRoutes(),
		s.userAPIKeysRoutes(),
		s.incomingHooksRoutes(),
	)
}

// route is one operation of the API.
type route struct {
	operation  string // the contract's id, such as "integration.messages.send"
	family     Family
	method     string
	pattern    string     // after the base path, with {placeholders} of one segment each
	permission Permission // that a token needs; "" is none
	anonymous  bool       // works without a credential
	serve      func(*call) (result, error)

	// receive is set for operations that take an upload of any size. It reads
	// c.upload to its end, without the lock, and leaves in c.received what
	// serve then makes of it.
	receive func(c *call) error

	renamed map[string]string // members of the answer, see RenameField
}

// MoveRoute serves an operation at another path, as a service that was changed
// without notice would: the old path answers 404. The path starts after the
// family's base path with one slash and has the placeholders of the original,
// such as "/v2/users/{userId}".
//
// It panics when the operation is unknown or the path is not of that form.
func (s *Server) MoveRoute(operation, path string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	route := s.mustRoute("MoveRoute", operation)
	segments, rooted := strings.CutPrefix(path, "/")
	for segment := range strings.SplitSeq(segments, "/") {
		if !rooted || segment == "" || segment == "." || segment == ".." || strings.ContainsAny(segment, "?#") {
			panic(fmt.Sprintf("returningaitest: MoveRoute: path %q is not a slash before each of its segments", path))
		}
	}
	if had, has := placeholders(route.pattern), placeholders(path); !slices.Equal(had, has) {
		panic(fmt.Sprintf("returningaitest: MoveRoute: path %q has the placeholders %q, operation %s needs %q", path, has, operation, had))
	}
	route.pattern = path
}

// MoveFamily serves an operation on the host of another family, with that
// family's credential and envelope: a service that turns out to live
// elsewhere. The old host answers 404. It panics when the operation or the
// family is unknown.
func (s *Server) MoveFamily(operation string, family Family) {
	s.host(family) // panics when unknown
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mustRoute("MoveFamily", operation).family = family
}

// RenameField gives a member of an operation's answers another name, as a
// service that was changed without notice would: wherever it occurs, the
// envelope included. It panics when the operation is unknown.
func (s *Server) RenameField(operation, from, to string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	route := s.mustRoute("RenameField", operation)
	if route.renamed == nil {
		route.renamed = map[string]string{}
	}
	route.renamed[from] = to
}

// mustRoute returns the route of an operation; caller names who asks.
func (s *Server) mustRoute(caller, operation string) *route {
	for _, route := range s.routes {
		if route.operation == operation {
			return route
		}
	}
	panic(fmt.Sprintf("returningaitest: %s: operation %q is unknown", caller, operation))
}

// match finds the route of a request by its escaped path. When there is none
// it says why.
func (s *Server) match(family Family, method, escapedPath string) (*route, map[string]string, error) {
	path, inside := strings.CutPrefix(escapedPath, family.basePath())
	if !inside {
		return nil, nil, refuse(http.StatusNotFound, "route not found")
	}
	if method == http.MethodHead { // HTTP: answered as GET, without the body
		method = http.MethodGet
	}
	var best *route
	var values map[string]string
	var allowed []string
	for _, route := range s.routes {
		found, ok := matchPath(route.pattern, path)
		switch {
		case route.family != family || !ok:
		case route.method != method:
			allowed = append(allowed, route.method)
		case best == nil || len(found) < len(values): // the one with more literal segments
			best, values = route, found
		}
	}
	if best != nil {
		return best, values, nil
	}
	if len(allowed) > 0 {
		slices.Sort(allowed)
		allow := http.Header{"Allow": {strings.Join(slices.Compact(allowed), ", ")}}
		return nil, nil, &refusal{status: http.StatusMethodNotAllowed, message: "method not allowed", header: allow}
	}
	return nil, nil, refuse(http.StatusNotFound, "route not found")
}

// matchPath matches an escaped path segment by segment. Placeholders take one
// segment, unescaped: "a%2Fb" is the value "a/b". A value that is empty, "."
// or ".." matches nothing.
func matchPath(pattern, escapedPath string) (map[string]string, bool) {
	want, got := strings.Split(pattern, "/"), strings.Split(escapedPath, "/")
	if len(want) != len(got) {
		return nil, false
	}
	values := map[string]string{}
	for i, segment := range got {
		value, err := url.PathUnescape(segment)
		if err != nil {
			return nil, false
		}
		if name, ok := placeholder(want[i]); ok {
			if value == "" || value == "." || value == ".." {
				return nil, false
			}
			values[name] = value
		} else if value != want[i] {
			return nil, false
		}
	}
	return values, true
}

func placeholder(segment string) (string, bool) {
	if len(segment) > 2 && segment[0] == '{' && segment[len(segment)-1] == '}' {
		return segment[1 : len(segment)-1], true
	}
	return "", false
}

// placeholders returns the names in a pattern, sorted.
func placeholders(pattern string) []string {
	var names []string
	for segment := range strings.SplitSeq(pattern, "/") {
		if name, ok := placeholder(segment); ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
