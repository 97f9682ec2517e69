package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"time"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/testkit/calls"
)

// The verdicts on an operation.
const (
	works      = "works"
	unknown    = "works, with unknown fields"
	refused    = "needs another key or permission"
	notFound   = "not found at this route"
	otherShape = "other shape"
	failed     = "failed"
	notChecked = "not checked"
)

// finding describes the outcome of a check. It holds no value of a response.
type finding struct {
	operation returningai.Operation
	verdict   string
	status    int      // 0 without a response
	remarks   []string // one line each
}

// examine performs every check that it knows enough for and writes the report.
func examine(ctx context.Context, out io.Writer, known calls.Known, options ...returningai.Option) error {
	last := &recorder{}
	client, err := returningai.New(append(options, returningai.WithMiddleware(last.record))...)
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	known = maps.Clone(known)
	known[calls.Day] = time.Now().UTC().Format(time.DateOnly)
	var findings []finding
	for _, check := range checks() {
		last.reset()
		findings = append(findings, check.perform(ctx, client, known, last))
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return write(out, findings)
}

// perform performs one check and judges its outcome.
func (c check) perform(ctx context.Context, client *returningai.Client, known calls.Known, last *recorder) finding {
	found := finding{operation: c.operation, verdict: notChecked}
	for _, fact := range c.Needs {
		if known[fact] == "" {
			found.remarks = append(found.remarks, source[fact])
		}
	}
	if len(found.remarks) > 0 {
		return found
	}
	result, err := c.Do(ctx, client, known)
	failure, isResponse := errors.AsType[*returningai.Error](err)
	if isResponse {
		found.status = failure.StatusCode
	}
	switch {
	case err == nil:
		learn(known, result)
		found.judgeShape(works, last.body.Bytes(), c.dataOf())
	case errors.Is(err, returningai.ErrNoCredential):
		found.remarks = append(found.remarks, "give "+credential(c.operation.Family))
	case errors.Is(err, returningai.ErrUnauthorized), errors.Is(err, returningai.ErrForbidden):
		found.verdict, found.remarks = refused, []string{lacks(c.operation)}
	case found.status == http.StatusNotFound, found.status == http.StatusMethodNotAllowed:
		found.verdict, found.remarks = notFound, []string{correction(c.operation)}
	case errors.Is(err, returningai.ErrUnexpectedResponse):
		found.judgeShape(otherShape, last.body.Bytes(), c.dataOf())
	default:
		found.verdict, found.remarks = failed, []string{reason(err)}
	}
	return found
}

// judgeShape compares a response with what the client reads.
func (f *finding) judgeShape(verdict string, response []byte, data reflect.Type) {
	f.verdict = verdict
	differences, err := compareResponse(response, f.operation, data)
	switch {
	case err != nil:
		f.verdict, f.remarks = otherShape, append(f.remarks, err.Error())
		return
	case len(differences.retyped) > 0 || differences.noData != "":
		f.verdict = otherShape
	case len(differences.unknown) > 0 && verdict == works:
		f.verdict = unknown
	}
	f.remarks = append(f.remarks, differences.lines()...)
}

// lacks describes what a refused credential may lack. Both statuses are used for
// both causes.
func lacks(operation returningai.Operation) string {
	text := credential(operation.Family) + " may be wrong or expired, or lack a permission"
	switch {
	case operation.Permission == "":
		return text + " (which one is not known)"
	case operation.PermissionCertainty == returningai.CertaintyDocumented:
		return text + ": " + operation.Permission
	}
	return text + ": " + operation.Permission + ", as is assumed"
}

func credential(family returningai.Family) string {
	if family == returningai.FamilySystem {
		return "the API key (" + returningai.EnvAPIKey + ")"
	}
	return "the bearer token (" + returningai.EnvToken + ")"
}

// correction returns advice on a route that does not exist.
func correction(operation returningai.Operation) string {
	route := fmt.Sprintf("its route, %s %s, is %s", operation.Method, operation.Path, operation.RouteCertainty)
	if operation.RouteCertainty == returningai.CertaintyDocumented {
		return route + ": check the ids that were given, and the base URL"
	}
	return route + fmt.Sprintf(`; correct it with returningai.WithRoute(%q, %q, "/…"), and try that here with -route '%s=%s /…'`,
		operation.ID, operation.Method, operation.ID, operation.Method)
}

// reason names the category of a failure in words of our own: the server's
// might hold anything.
func reason(err error) string {
	switch {
	case errors.Is(err, returningai.ErrRateLimited):
		return "the service is limiting requests: try later"
	case errors.Is(err, returningai.ErrServer):
		return "the service failed"
	case errors.Is(err, returningai.ErrInvalid):
		return "the service finds the request invalid, or the parameters were refused"
	case errors.Is(err, returningai.ErrRedirect):
		return "the service redirects elsewhere: check the base URL"
	case errors.Is(err, returningai.ErrTimeout), errors.Is(err, context.DeadlineExceeded):
		return "no response in time"
	}
	if failure, ok := errors.AsType[*returningai.Error](err); ok && failure.StatusCode != 0 {
		return "the response says that it failed"
	}
	return "no connection: check the base URL and the network"
}

// write writes the report, in the order of the operations' ids.
func write(out io.Writer, findings []finding) error {
	slices.SortFunc(findings, func(a, b finding) int { return cmp.Compare(a.operation.ID, b.operation.ID) })
	var text strings.Builder
	fmt.Fprintf(&text, "returningai %s, %s %s/%s\n\n", returningai.Version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	for _, found := range findings {
		fmt.Fprintf(&text, "%-31s %s", found.verdict, found.operation.ID)
		if found.status != 0 {
			fmt.Fprintf(&text, " (HTTP %d)", found.status)
		}
		text.WriteString("\n")
		for _, remark := range found.remarks {
			fmt.Fprintf(&text, "%-31s   %s\n", "", remark)
		}
	}
	_, err := io.WriteString(out, text.String())
	return err
}

// recorder keeps the body of the latest response.
type recorder struct{ body bytes.Buffer }

func (r *recorder) reset() { r.body.Reset() }

// record is a middleware: it copies what the client reads.
func (r *recorder) record(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(request *http.Request) (*http.Response, error) {
		response, err := next.RoundTrip(request)
		if err != nil {
			return nil, err
		}
		r.reset()
		response.Body = struct {
			io.Reader
			io.Closer
		}{io.TeeReader(response.Body, &r.body), response.Body}
		return response, nil
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(request *http.Request) (*http.Response, error) { return f(request) }
