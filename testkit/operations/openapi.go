package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/internal/rest"
)

// document is api/openapi.yaml as lines. What an operation's value says is
// written into it: the servers of a path, and of an operation everything from
// tags to security and its error responses. The rest is written by hand.
type document struct {
	operations map[string]*rest.Operation
	lines      []string
	problems   []string
	path       string
	pathLine   int
}

var (
	pathKey      = regexp.MustCompile(`^  (/\S*):$`)
	methodKey    = regexp.MustCompile(`^    (get|put|post|delete|patch):$`)
	generatedKey = regexp.MustCompile(`^      (tags|externalDocs|security|x-[a-z-]+): |^        '[45]..': \{\$ref: `)
)

// withOperations returns the text of the document with what the operations'
// values say, and the routes that differ from theirs.
func withOperations(text string, operations map[string]*rest.Operation) (string, []string) {
	d := &document{operations: operations}
	before, paths, _ := strings.Cut(text, "\npaths:\n")
	paths, after, _ := strings.Cut(paths, "\nwebhooks:\n")
	lines := strings.Split(paths, "\n")
	for len(lines) > 0 {
		line := lines[0]
		switch {
		case pathKey.MatchString(line):
			d.path, d.pathLine = pathKey.FindStringSubmatch(line)[1], len(d.lines)
			d.lines = append(d.lines, line, "") // the servers, when an operation names them
		case strings.HasPrefix(line, "    servers: "):
		case methodKey.MatchString(line):
			end := 1 + slices.IndexFunc(append(lines[1:], "  "), func(line string) bool { return !strings.HasPrefix(line, "     ") })
			d.operation(strings.ToUpper(methodKey.FindStringSubmatch(line)[1]), lines[:end])
			lines = lines[end:]
			continue
		default:
			d.lines = append(d.lines, line)
		}
		lines = lines[1:]
	}
	return before + "\npaths:\n" + strings.Join(d.lines, "\n") + "\nwebhooks:\n" + after, d.problems
}

// operation writes one operation.
func (d *document) operation(method string, lines []string) {
	lines = slices.DeleteFunc(slices.Clone(lines), generatedKey.MatchString)
	id := strings.TrimPrefix(lines[1], "      operationId: ")
	op := d.operations[id]
	if op == nil {
		d.problems = append(d.problems, fmt.Sprintf("%s %s: there is no operation %q", method, d.path, id))
		d.lines = append(d.lines, lines...)
		return
	}
	if route := op.Method + " " + basePath(op.Family) + op.RoutePath(); nameless(route) != nameless(method+" "+d.path) {
		d.problems = append(d.problems, fmt.Sprintf("%s is %s, api/openapi.yaml has %s %s", id, route, method, d.path))
	}
	d.lines[d.pathLine+1] = "    servers: *" + string(op.Family)
	written := func(prefixes ...string) int {
		return slices.IndexFunc(lines, func(line string) bool {
			return slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(line, prefix) })
		})
	}
	takes := written("      parameters:", "      requestBody:") > 0
	begin := written("      parameters:", "      requestBody:", "      responses:")
	d.lines = slices.Concat(d.lines, lines[:begin], marks(op), lines[begin:], failures(op, takes))
}

// marks returns the lines from tags to security.
func marks(op *rest.Operation) []string {
	lines := []string{"tags: [" + tag(op) + "] # to security: generated"}
	if op.Docs != "" {
		lines = append(lines, "externalDocs: {url: "+op.Docs+"}")
	}
	lines = append(lines,
		"x-contract: "+string(certainty(returningai.Operation{
			RouteCertainty: returningai.Certainty(op.RouteCertainty), BodyCertainty: returningai.Certainty(op.BodyCertainty),
		})),
		"x-contract-route: "+string(op.RouteCertainty), "x-contract-body: "+string(op.BodyCertainty))
	if op.Permission != "" {
		lines = append(lines, "x-permission: "+op.Permission, "x-permission-contract: "+string(op.PermissionCertainty))
	}
	lines = append(lines, fmt.Sprint("x-idempotent: ", op.Idempotent), fmt.Sprint("x-reads-only: ", op.ReadsOnly()), "security: "+security(op))
	for i := range lines {
		lines[i] = "      " + lines[i]
	}
	return lines
}

func security(op *rest.Operation) string {
	switch {
	case op.Family == rest.CommunityHost:
		return "[{secureAuthKey: []}, {communityKey: []}]"
	case op.Family == rest.System:
		return "[{communityKey: []}]"
	case op.Anonymous:
		return "[{}, {bearer: []}]"
	}
	return "[{bearer: []}]"
}

// failures returns the responses to what fails. An operation that takes nothing
// cannot be invalid, and one that changes nothing meets no conflict.
func failures(op *rest.Operation, takes bool) []string {
	var lines []string
	for _, failure := range []struct {
		status, name string
		possible     bool
	}{
		{"400", "BadRequest", takes}, {"401", "Unauthorized", true}, {"403", "Forbidden", true}, {"404", "NotFound", true},
		{"409", "Conflict", !op.ReadsOnly()}, {"429", "TooManyRequests", true}, {"5XX", "ServerError", true},
	} {
		if failure.possible {
			lines = append(lines, fmt.Sprintf("        '%s': {$ref: '#/components/responses/%s'}", failure.status, failure.name))
		}
	}
	return lines
}

// tag returns the tag of an operation's service: "System auth".
func tag(op *rest.Operation) string {
	family, service, _ := strings.Cut(op.ID, ".")
	service, _, _ = strings.Cut(service, ".")
	name := map[string]string{"apiKeys": "API keys", "communityUsers": "users"}[service]
	if name == "" {
		name = regexp.MustCompile(`[A-Z]`).ReplaceAllStringFunc(service, func(letter string) string { return " " + strings.ToLower(letter) })
	}
	return string(unicode.ToUpper(rune(family[0]))) + family[1:] + " " + name
}

// basePath is what the base URL of a family has behind its host.
func basePath(family rest.Family) string {
	switch family {
	case rest.System:
		return "/api/v1"
	case rest.CommunityHost:
		return ""
	}
	return "/apis/v1"
}

var placeholder = regexp.MustCompile(`\{[^}]*\}`)

// nameless replaces the names of placeholders: OpenAPI wants one name where two
// operations share a path, and the vendor has two.
func nameless(route string) string { return placeholder.ReplaceAllString(route, "{}") }
