package conformance

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
)

// Coverage notes which fields and parameters of the document were on the
// wire. A field is named after the schema that it stands in and the direction
// it went, as in "response Role.serverPermissions.ban_members".
type Coverage struct {
	mutex sync.Mutex
	seen  map[string]bool
}

// Directions of what is noted.
const (
	sent     = "request "
	returned = "response "
)

func (c *Coverage) note(name string) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.seen == nil {
		c.seen = map[string]bool{}
	}
	c.seen[name] = true
}

// Missing returns what of the given operations' requests and successful
// responses was never on the wire.
func (c *Coverage) Missing(operations []*Operation) []string {
	wanted := map[string]bool{}
	for _, operation := range operations {
		for _, parameter := range operation.Parameters {
			wanted[parameterName(operation, parameter.Value)] = true
		}
		if schema, name := requestSchema(operation); schema != nil {
			members(schema, sent+name, wanted)
		}
		if schema, name := responseSchema(operation); schema != nil {
			members(schema, returned+name, wanted)
		}
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	maps.DeleteFunc(wanted, func(name string, _ bool) bool { return c.seen[name] })
	return slices.Sorted(maps.Keys(wanted))
}

func parameterName(operation *Operation, parameter *openapi3.Parameter) string {
	return sent + operation.OperationID + " " + parameter.In + " " + parameter.Name
}

// requestSchema returns the schema of an operation's body, nil without one.
func requestSchema(operation *Operation) (*openapi3.SchemaRef, string) {
	if operation.RequestBody == nil {
		return nil, ""
	}
	for _, content := range operation.RequestBody.Value.Content {
		return content.Schema, operation.OperationID
	}
	return nil, ""
}

// responseSchema returns the schema of an operation's successful response.
func responseSchema(operation *Operation) (*openapi3.SchemaRef, string) {
	for status, response := range operation.Responses.Map() {
		if strings.HasPrefix(status, "2") {
			return response.Value.Content["application/json"].Schema, operation.OperationID
		}
	}
	return nil, ""
}

// members adds the names of all fields of a schema.
func members(ref *openapi3.SchemaRef, name string, into map[string]bool) {
	name = schemaName(ref, name)
	schema := ref.Value
	for _, branch := range slices.Concat(schema.AnyOf, schema.OneOf) {
		members(branch, name, into)
	}
	for property, child := range schema.Properties {
		path := name + "." + property
		if into[path] {
			continue
		}
		into[path] = true
		members(child, path, into)
	}
	if schema.Items != nil {
		members(schema.Items, name, into)
	}
}

// schemaName is the name of a shared schema where there is one, so that what
// several operations share counts once in each direction.
func schemaName(ref *openapi3.SchemaRef, name string) string {
	if shared, ok := strings.CutPrefix(ref.Ref, "#/components/schemas/"); ok {
		direction, _, _ := strings.Cut(name, " ")
		return direction + " " + shared
	}
	return name
}

// noteValue notes the fields of a schema that a value has.
func (c *Coverage) noteValue(ref *openapi3.SchemaRef, name string, value any) {
	name = schemaName(ref, name)
	schema := ref.Value
	for _, branch := range slices.Concat(schema.AnyOf, schema.OneOf) {
		if branch.Value.VisitJSON(value, openapi3.EnableJSONSchema2020()) == nil {
			c.noteValue(branch, name, value)
		}
	}
	switch value := value.(type) {
	case map[string]any:
		for property, child := range schema.Properties {
			if member, has := value[property]; has {
				c.note(name + "." + property)
				c.noteValue(child, name+"."+property, member)
			}
		}
	case []any:
		for _, item := range value {
			if schema.Items != nil {
				c.noteValue(schema.Items, name, item)
			}
		}
	}
}
