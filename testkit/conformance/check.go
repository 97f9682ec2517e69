package conformance

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
)

// CheckRequest reports how a request breaks the document. The request's body
// can be read again afterwards.
func (d *Document) CheckRequest(ctx context.Context, operation *Operation, request *http.Request, values map[string]string) error {
	var problems []error
	for name := range request.URL.Query() {
		if operation.Parameters.GetByInAndName(openapi3.ParameterInQuery, name) == nil {
			problems = append(problems, fmt.Errorf("the document has no query parameter %s", name))
		}
	}
	problems = append(problems,
		d.onlyCredential(operation, request),
		openapi3filter.ValidateRequest(ctx, d.input(operation, request, values)))
	return errors.Join(problems...)
}

// CheckResponse reports how the response to a request breaks the document.
func (d *Document) CheckResponse(ctx context.Context, operation *Operation, request *http.Request, response *http.Response, body []byte) error {
	return openapi3filter.ValidateResponse(ctx, &openapi3filter.ResponseValidationInput{
		RequestValidationInput: d.input(operation, request, nil),
		Status:                 response.StatusCode,
		Header:                 response.Header,
		Body:                   io.NopCloser(bytes.NewReader(body)),
		Options:                &openapi3filter.Options{IncludeResponseStatus: true, MultiError: true},
	})
}

func (d *Document) input(operation *Operation, request *http.Request, values map[string]string) *openapi3filter.RequestValidationInput {
	return &openapi3filter.RequestValidationInput{
		Request:    request,
		PathParams: values,
		Route: &routers.Route{
			Spec: d.spec, Path: operation.Path, PathItem: operation.item,
			Method: operation.HTTPMethod, Operation: operation.Operation,
		},
		Options: &openapi3filter.Options{
			MultiError:                        true,
			RejectWhenRequestBodyNotSpecified: true,
			SkipSettingDefaults:               true,
			AuthenticationFunc:                authenticate,
		},
	}
}

// authenticate looks whether a request carries the credential of a security
// scheme. Whether it is the right one is the fake's business.
func authenticate(_ context.Context, input *openapi3filter.AuthenticationInput) error {
	header := input.RequestValidationInput.Request.Header
	switch scheme := input.SecurityScheme; {
	case scheme.Type == "apiKey" && scheme.In == openapi3.ParameterInHeader && header.Get(scheme.Name) != "":
		return nil
	case scheme.Type == "http" && scheme.Scheme == "bearer" && strings.HasPrefix(header.Get("Authorization"), "Bearer "):
		return nil
	}
	return fmt.Errorf("the request lacks the credential %s", input.SecuritySchemeName)
}

// onlyCredential reports a request that carries the credential of another
// family as well.
func (d *Document) onlyCredential(operation *Operation, request *http.Request) error {
	own := map[string]bool{}
	for _, requirement := range *operation.Security {
		for name := range requirement {
			own[credentialHeader(d.spec.Components.SecuritySchemes[name].Value)] = true
		}
	}
	for name, scheme := range d.spec.Components.SecuritySchemes {
		header := credentialHeader(scheme.Value)
		if !own[header] && request.Header.Get(header) != "" {
			return fmt.Errorf("the request carries %s, which is not its credential", name)
		}
	}
	return nil
}

func credentialHeader(scheme *openapi3.SecurityScheme) string {
	if scheme.Type == "apiKey" {
		return http.CanonicalHeaderKey(scheme.Name)
	}
	return "Authorization"
}
