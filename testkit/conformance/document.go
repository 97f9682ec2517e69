// Package conformance holds the SDK, the fake server and api/openapi.yaml
// against each other. Its tests perform every operation of the SDK against the
// fake, through a proxy that checks every request and every response with the
// document, and compare the SDK's table of operations with it.
//
// It is a module of its own, so that users of the SDK never download the
// validator.
package conformance

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"go.yaml.in/yaml/v3"

	returningai "github.com/returningai/returningai-go"
)

// Document is the contract, read for checking: its objects are closed, which
// means that an unknown field is an error. The published document
// leaves them open, since the API adds fields without notice; but what the
// SDK sends and the fake sends must be in it.
type Document struct {
	spec       *openapi3.T
	operations map[string]*Operation
	hooks      map[string]*Operation // of both directions
}

// Operation is one operation of the document.
type Operation struct {
	*openapi3.Operation

	Family     returningai.Family
	HTTPMethod string
	Path       string // in full, with placeholders
	item       *openapi3.PathItem
}

// decodeHTML teaches the validator, whose decoders are global, the pages that
// gateways send.
var decodeHTML = sync.OnceFunc(func() {
	openapi3filter.RegisterBodyDecoder("text/html", openapi3filter.PlainBodyDecoder)
})

// ReadDocument reads and checks the document in a file.
func ReadDocument(file string) (*Document, error) {
	decodeHTML()
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var tree map[string]any
	if err := yaml.Unmarshal(text, &tree); err != nil {
		return nil, err
	}
	hooksAsWebhooks(tree)
	closeSchemas(tree)
	closed, err := json.Marshal(tree)
	if err != nil {
		return nil, err
	}
	loader := openapi3.NewLoader()
	spec, err := loader.LoadFromData(closed)
	if err != nil {
		return nil, err
	}
	if err := spec.Validate(context.Background()); err != nil {
		return nil, err
	}
	if err := checkExamples(spec); err != nil {
		return nil, err
	}
	document := &Document{spec: spec, operations: map[string]*Operation{}, hooks: map[string]*Operation{}}
	return document, document.index()
}

// hooksAsWebhooks moves the incoming hooks to where the library reads them: it
// does not know path items among the components yet.
func hooksAsWebhooks(tree map[string]any) {
	components, _ := tree["components"].(map[string]any)
	hooks, _ := components["pathItems"].(map[string]any)
	webhooks, _ := tree["webhooks"].(map[string]any)
	maps.Copy(webhooks, hooks)
	delete(components, "pathItems")
}

// checkExamples reports an example of a shared schema that breaks it.
func checkExamples(spec *openapi3.T) error {
	for name, schema := range spec.Components.Schemas {
		for _, example := range schema.Value.Examples {
			if err := schema.Value.VisitJSON(example, openapi3.EnableJSONSchema2020()); err != nil {
				return fmt.Errorf("the example of %s: %w", name, err)
			}
		}
	}
	return nil
}

// closeSchemas gives every object schema that names its fields, and does not
// say otherwise, no others. What stands under a condition is left alone, since
// it describes a part of an object.
func closeSchemas(node any) {
	switch node := node.(type) {
	case map[string]any:
		_, named := node["properties"].(map[string]any)
		if _, said := node["additionalProperties"]; named && !said && isObject(node["type"]) {
			node["additionalProperties"] = false
		}
		for name, child := range node {
			if name != "examples" && name != "dependentSchemas" && name != "not" {
				closeSchemas(child)
			}
		}
	case []any:
		for _, child := range node {
			closeSchemas(child)
		}
	}
}

func isObject(schemaType any) bool {
	types, several := schemaType.([]any)
	return schemaType == "object" || several && slices.Contains(types, any("object"))
}

// index finds the operations of the document and their families.
func (d *Document) index() error {
	for path, item := range d.spec.Paths.Map() {
		family, err := familyOf(item.Servers)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		for method, operation := range item.Operations() {
			id := operation.OperationID
			if _, twice := d.operations[id]; twice || id == "" {
				return fmt.Errorf("%s %s: the operationId %q is missing or not unique", method, path, id)
			}
			d.operations[id] = &Operation{Operation: operation, Family: family, HTTPMethod: method, Path: path, item: item}
		}
	}
	for _, item := range d.spec.Webhooks {
		for method, operation := range item.Operations() {
			d.hooks[operation.OperationID] = &Operation{Operation: operation, HTTPMethod: method, item: item}
		}
	}
	return nil
}

// Hook returns the webhook or incoming hook with an id, or nil.
func (d *Document) Hook(id string) *Operation { return d.hooks[id] }

// Hooks returns the ids of all webhooks and incoming hooks, sorted.
func (d *Document) Hooks() []string { return slices.Sorted(maps.Keys(d.hooks)) }

// origins are the production hosts, by which a path tells its family.
func origins() map[string]returningai.Family {
	production := returningai.Production()
	families := map[string]returningai.Family{"https://{communityHost}": returningai.FamilyCommunityHost}
	for family, base := range map[returningai.Family]string{
		returningai.FamilySystem:      production.System,
		returningai.FamilyIntegration: production.Integration,
		returningai.FamilyApplication: production.Application,
	} {
		families[strings.TrimSuffix(base, BasePath(family))] = family
	}
	return families
}

func familyOf(servers openapi3.Servers) (returningai.Family, error) {
	if len(servers) == 0 {
		return "", fmt.Errorf("the path names no servers")
	}
	family, known := origins()[servers[0].URL]
	if !known {
		return "", fmt.Errorf("the first server, %s, is not the production host of a family", servers[0].URL)
	}
	return family, nil
}

// BasePath is what the base URL of a family has behind its host.
func BasePath(family returningai.Family) string {
	production := returningai.Production()
	base := map[returningai.Family]string{
		returningai.FamilySystem:      production.System,
		returningai.FamilyIntegration: production.Integration,
		returningai.FamilyApplication: production.Application,
	}[family]
	address, err := url.Parse(base)
	if err != nil {
		panic(err) // a constant of the SDK
	}
	return address.Path
}

// IDs returns the ids of all operations, sorted.
func (d *Document) IDs() []string { return slices.Sorted(maps.Keys(d.operations)) }

// Operation returns the operation with an id, or nil.
func (d *Document) Operation(id string) *Operation { return d.operations[id] }

// Find returns the operation that a request on a family's host is for, and
// the values of its placeholders.
func (d *Document) Find(family returningai.Family, request *http.Request) (*Operation, map[string]string, error) {
	var found *Operation
	var values map[string]string
	for _, operation := range d.operations {
		if operation.Family != family || operation.HTTPMethod != request.Method {
			continue
		}
		matched, ok := matchPath(operation.Path, request.URL.EscapedPath())
		if ok && (found == nil || len(matched) < len(values)) { // the one with more literal segments
			found, values = operation, matched
		}
	}
	if found == nil {
		return nil, nil, fmt.Errorf("the document has no %s %s on the hosts of the family %s", request.Method, request.URL.EscapedPath(), family)
	}
	return found, values, nil
}

// matchPath matches an escaped path segment by segment.
func matchPath(template, escaped string) (map[string]string, bool) {
	want, got := strings.Split(template, "/"), strings.Split(escaped, "/")
	if len(want) != len(got) {
		return nil, false
	}
	values := map[string]string{}
	for i, segment := range got {
		value, err := url.PathUnescape(segment)
		if err != nil {
			return nil, false
		}
		if strings.HasPrefix(want[i], "{") {
			values[strings.Trim(want[i], "{}")] = value
		} else if want[i] != value {
			return nil, false
		}
	}
	return values, true
}

// Extension returns an extension of the operation as text, "" without it.
func (o *Operation) Extension(name string) string {
	value, has := o.Extensions[name]
	if !has {
		return ""
	}
	return fmt.Sprint(value)
}
