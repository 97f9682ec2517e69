package conformance_test

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/returningaitest"
	"github.com/returningai/returningai-go/testkit/calls"
	"github.com/returningai/returningai-go/testkit/conformance"
)

const documentFile = "../../api/openapi.yaml"

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func readDocument(t *testing.T) *conformance.Document {
	t.Helper()
	document, err := conformance.ReadDocument(documentFile)
	require.NoError(t, err)
	return document
}

// TestOperationsConform compares what the SDK declares of each
// operation with the document, performs the operation and checks what went over
// the wire. Then it sends the same request with mistakes, and checks how
// the fake responds to those.
func TestOperationsConform(t *testing.T) {
	t.Parallel()
	document := readDocument(t)
	var coverage conformance.Coverage
	operations := map[string]returningai.Operation{}
	for _, op := range returningai.Operations() {
		operations[op.ID] = op
	}
	require.ElementsMatch(t, document.IDs(), slices.Collect(maps.Keys(operations)))
	variants := map[string][]calls.Call{}
	for _, call := range calls.All() {
		variants[call.Operation] = append(variants[call.Operation], call)
	}
	t.Run("operations", func(t *testing.T) {
		t.Parallel()
		for _, id := range document.IDs() {
			t.Run(id, func(t *testing.T) {
				t.Parallel()
				requireDeclared(t, document.Operation(id), operations[id])
				for _, options := range ways(document.Operation(id)) {
					for _, call := range variants[id] {
						perform(t, newCommunity(t, document, &coverage, options...), call)
					}
				}
			})
		}
		for method, do := range conveniences {
			t.Run(method, func(t *testing.T) {
				t.Parallel()
				c := newCommunity(t, document, &coverage)
				require.NoError(t, do(t.Context(), c, c.furnish()))
				require.NoError(t, c.problems())
				require.NotEmpty(t, c.fake.Requests())
			})
		}
	})
	t.Cleanup(func() { // when the subtests are done
		var operations []*conformance.Operation
		for _, id := range document.IDs() {
			operations = append(operations, document.Operation(id))
		}
		if t.Failed() {
			return // what failed is not on the wire
		}
		for _, name := range coverage.Missing(operations) {
			if neverOnTheWire[name] == "" && !envelopeMessage.MatchString(name) {
				t.Errorf("%s is in the document and was never on the wire", name)
			}
		}
	})
}

// perform performs a call and checks what went over the wire.
func perform(t *testing.T, c *community, call calls.Call) {
	t.Helper()
	result, err := call.Do(t.Context(), c.Client, c.furnish())
	require.NoError(t, err, call.Name())
	require.NoError(t, c.problems(), call.Name())
	exchanges := c.exchanges(call.Operation)
	require.NotEmpty(t, exchanges, "%s did not perform its operation", call.Name())
	for _, field := range conformance.Unread(result) {
		require.NotEmpty(t, unreadOnPurpose[field], "the SDK does not read %s, which the fake returns", field)
	}
	if call.Variant == "" {
		checkRefusals(t, c, exchanges[0])
	}
}

// neverOnTheWire has the reason why a part of the document is not performed.
var neverOnTheWire = map[string]string{
	"response Channel.title":      "the vendor's schema says it where its sample, like the fake, says topic",
	"response Channel.userId":     "the fake's API key is nobody, so nobody made its channels",
	"response UserManaged.action": "the vendor's sample repeats the request, which the fake takes for a mistake of the page",
	"response UserManaged.user":   "the same",
}

// envelopeMessage is the message of an operation's response, which is optional.
var envelopeMessage = regexp.MustCompile(`^response \w+\.\w+\.\w+\.message$`)

// unreadOnPurpose has the reason why the SDK leaves a field of a response among those
// that it does not know.
var unreadOnPurpose = map[string]string{
	"SecureLogin.error":                 "it says that the response is not a failure, which the caller knows by then",
	"Page.found":                        "one type serves all pages, and only this one counts what it found",
	"APIKey.expireDate":                 "an empty date cannot be parsed and is kept",
	"RoleServerPermissions.brew_coffee": "the call invents it",
	"RoleChannelPermissions.whisper":    "the call invents it",
}

// checkRefusals sends the request of an exchange again, in ways that fail.
func checkRefusals(t *testing.T, c *community, exchange *conformance.Exchange) {
	t.Helper()
	id := exchange.Operation.OperationID
	// A success that says it failed, then failures that say so.
	for _, status := range []int{exchange.Status, 400, 401, 403, 404, 409, 429, 500, 502, 503} {
		if status == http.StatusConflict && exchange.Operation.Responses.Status(status) == nil {
			continue // nothing to conflict with
		}
		if status == http.StatusBadRequest && exchange.Operation.Responses.Status(status) == nil {
			continue // nothing to be wrong
		}
		c.fake.Inject(returningaitest.Fault{Operation: id, Response: returningaitest.Status(status)})
		require.Equal(t, status, c.repeat(t, exchange, nil, exchange.Body), id)
	}
	c.fake.Inject(returningaitest.Fault{Operation: id, Response: returningaitest.HTML(http.StatusBadGateway)})
	require.Equal(t, http.StatusBadGateway, c.repeat(t, exchange, nil, exchange.Body), id)

	wrong := http.Header{"X-Api-Key": {"wrong"}, "Apikey": {"wrong"}, "Authorization": {"Bearer wrong"}}
	require.Equal(t, http.StatusUnauthorized, c.repeat(t, exchange, wrong, exchange.Body), id)
	if exchange.Operation.Extension("x-permission") != "" {
		powerless := http.Header{"Authorization": {"Bearer " + c.fake.AddToken(returningaitest.Token{})}}
		require.Equal(t, http.StatusForbidden, c.repeat(t, exchange, powerless, exchange.Body), id)
	}
	if len(exchange.Body) > 0 {
		require.Equal(t, http.StatusBadRequest, c.repeat(t, exchange, nil, []byte("[]")), id)
	}
}

// repeat sends the request of an exchange to the fake, with other headers and
// another body, checks the response with the document and returns its status.
func (c *community) repeat(t *testing.T, exchange *conformance.Exchange, header http.Header, body []byte) int {
	t.Helper()
	for _, proxy := range c.proxies {
		if proxy.Family != exchange.Operation.Family {
			continue
		}
		target := &url.URL{Scheme: proxy.Target.Scheme, Host: proxy.Target.Host}
		address := target.String() + exchange.Request.URL.RequestURI()
		request, err := http.NewRequestWithContext(t.Context(), exchange.Request.Method, address, bytes.NewReader(body))
		require.NoError(t, err)
		request.Header, request.Host = exchange.Request.Header.Clone(), exchange.Request.Host
		for name, values := range header {
			if request.Header.Get(name) != "" {
				request.Header[name] = values
			}
		}
		response, err := http.DefaultTransport.RoundTrip(request)
		require.NoError(t, err)
		text, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.NoError(t, proxy.Check(exchange.Operation, request, response, text))
		return response.StatusCode
	}
	require.Fail(t, "no proxy for the family")
	return 0
}

// requireDeclared compares what the SDK declares of an operation with the
// document. What the generator writes into the document is not compared again.
func requireDeclared(t *testing.T, described *conformance.Operation, op returningai.Operation) {
	t.Helper()
	path, query, _ := strings.Cut(op.Path, "?")
	route := op.Method + " " + conformance.BasePath(op.Family) + path
	if want := described.HTTPMethod + " " + described.Path; withoutNames(route) != withoutNames(want) {
		t.Fatalf("%s is %s, the document says %s", op.ID, route, want)
	}
	require.Equal(t, described.Family, op.Family)
	for _, parameter := range strings.FieldsFunc(query, func(r rune) bool { return r == '&' }) {
		name, _, _ := strings.Cut(parameter, "=")
		require.NotNil(t, described.Parameters.GetByInAndName("query", name), name)
	}
}

// withoutNames replaces placeholders: OpenAPI wants one name where two
// operations share a path, and the vendor has two.
func withoutNames(path string) string {
	segments := strings.Split(path, "/")
	for i, segment := range segments {
		if strings.HasPrefix(segment, "{") {
			segments[i] = "{}"
		}
	}
	return strings.Join(segments, "/")
}
