package rest

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/google/go-querystring/query"

	"github.com/returningai/returningai-go/internal/transport"
	"github.com/returningai/returningai-go/secret"
)

// Caller performs operations. The root's client implements it.
type Caller interface {
	// Call performs op and passes the response to [Request.Accept]. Each error is
	// the root's own error type.
	Call(ctx context.Context, op *Operation, request *Request) error
}

// Request is what a service method asks of an operation.
type Request struct {
	Path     []string    // a value for each placeholder of Operation.Path, in its order
	Query    any         // url.Values, or a struct with `url` tags; nil for none
	Body     any         // sent as JSON; nil for none
	Upload   *Upload     // sent as multipart/form-data; excludes Body
	Header   http.Header // further headers; the credential is not among them
	Host     string      // CommunityHost only: which of the configured hosts
	Problems Problems    // what the method found wrong with its parameters
	// Secrets are what the body holds that must not be shown, should the
	// server repeat it.
	Secrets []secret.Text

	accept func(*Response) *Failure
}

// Response is a complete response: its body was read.
type Response = transport.Response

// Failure is the reason why a 2xx response is not a success.
type Failure = transport.Rejection

// Accept reads a complete response. It returns nil for a success.
func (r *Request) Accept(response *Response) *Failure {
	if r.accept == nil {
		return nil
	}
	return r.accept(response)
}

// Target returns path and query of the request under the given route of op,
// or the problems that forbid to send it.
func (r *Request) Target(op, route *Operation) (string, Problems) {
	names := op.split().names
	if len(names) != len(r.Path) {
		panic(fmt.Sprintf("rest: %s has %d placeholders and got %d values", op.ID, len(names), len(r.Path)))
	}
	problems := r.Problems
	for i, value := range r.Path {
		problems.segment(op.parameter(names[i]), value)
	}
	values, err := encodeQuery(r.Query)
	if err != nil {
		problems.Add("query", "must be encodable: "+err.Error())
	}
	if len(problems) > 0 {
		return "", problems
	}
	target := route.split().fill(names, r.Path)
	if encoded := values.Encode(); encoded != "" {
		separator := "?"
		if strings.Contains(target, "?") {
			separator = "&"
		}
		target += separator + encoded
	}
	return target, nil
}

// segment notes a path value that would name another resource than meant,
// unless the method noted something about it already: it knows more.
func (p *Problems) segment(field, value string) {
	if slices.ContainsFunc(*p, func(noted Problem) bool { return noted.Field == field }) {
		return
	}
	switch value {
	case "":
		p.Add(field, "must not be empty")
	case ".", "..":
		p.Add(field, "must not be a dot segment")
	}
}

// parameter returns the Go name of the parameter that fills a placeholder. Only the
// System family takes user numbers in its paths.
func (op *Operation) parameter(placeholder string) string {
	if placeholder == "userId" && op.Family != System {
		return "UserObjectID"
	}
	return GoName(placeholder)
}

// GoName turns a wire name such as channelId or apiKeyId into its Go spelling,
// ChannelID or APIKeyID.
func GoName(name string) string {
	name = strings.ToUpper(name[:1]) + name[1:]
	if rest, isAPI := strings.CutPrefix(name, "Api"); isAPI {
		name = "API" + rest
	}
	if stem, isID := strings.CutSuffix(name, "Id"); isID {
		return stem + "ID"
	}
	return name
}

func encodeQuery(parameters any) (url.Values, error) {
	switch parameters := parameters.(type) {
	case nil:
		return nil, nil
	case url.Values:
		return parameters, nil
	}
	return query.Values(parameters)
}
