package wire

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/returningai/returningai-go/returningaitest/internal/community"
	"github.com/returningai/returningai-go/returningaitest/internal/delivery"
)

// Call is one request as an operation sees it.
type Call struct {
	Community *community.Community
	Settings  *Settings
	Path      map[string]string // the placeholders' values, unescaped
	Query     url.Values
	Header    http.Header
	Host      string // the Host header
	Body      []byte

	upload *community.BulkUpload // of an operation that receives one
}

// Settings are what the operations depend on beside the community.
type Settings struct {
	SkipPaging    bool // Application lists count by skip
	WithoutTotals bool // Application lists omit the total
	UserCount     int  // length of UserSource
	UserSource    func(number int) community.User
	Hooks         map[Hook]delivery.Protection
}

// Result is what an operation returns on success.
type Result struct {
	status  int // 0 is 200
	message string
	data    any            // the envelope's data or body; on the community host a map[string]any
	meta    map[string]any // Application: more fields of meta; Integration: of the envelope
}

// Refusal is the error of an operation that refuses a request. Every other
// error is a mistake in the fake, and becomes 500.
type Refusal struct {
	Status  int
	Message string
	Header  http.Header // more headers of the response
}

func (r *Refusal) Error() string { return r.Message }

// Refuse returns a refusal. The client reads the message: it must not repeat
// the request.
func Refuse(status int, format string, arguments ...any) error {
	return &Refusal{Status: status, Message: fmt.Sprintf(format, arguments...)}
}

// refusalOf returns the refusal that an error becomes.
func refusalOf(err error) *Refusal {
	if refusal, ok := errors.AsType[*Refusal](err); ok {
		return refusal
	}
	status := http.StatusInternalServerError
	if problem, ok := errors.AsType[*community.Problem](err); ok {
		status = map[community.Kind]int{
			community.Invalid: http.StatusBadRequest, community.NotFound: http.StatusNotFound, community.Conflict: http.StatusConflict,
		}[problem.Kind]
	}
	return &Refusal{Status: status, Message: err.Error()}
}

// aborted is the panic of an operation that refuses a request. It stays inside
// this package: Serve and Receive turn it into a response.
type aborted struct{ err error }

// check returns the value of a call that worked, and ends the operation
// otherwise.
func check[T any](value T, err error) T {
	checkDone(err)
	return value
}

func checkDone(err error) {
	if err != nil {
		panic(aborted{err})
	}
}

// refused ends the operation.
func refused(status int, format string, arguments ...any) Result {
	panic(aborted{Refuse(status, format, arguments...)})
}

// recoverAborted returns the error that ended an operation.
func recoverAborted(err *error) {
	if value := recover(); value != nil {
		ended, ok := value.(aborted)
		if !ok {
			panic(value)
		}
		*err = ended.err
	}
}

// done is the result of an operation that returns only a message.
func done(message string, err error) Result {
	checkDone(err)
	return Result{message: message}
}

// showAll shows every item of a list.
func showAll[T, S any](items []T, show func(T) S) []S {
	shown := make([]S, 0, len(items))
	for _, item := range items {
		shown = append(shown, show(item))
	}
	return shown
}

// Authenticate checks the credential of a request and returns its token, which
// is nil for API keys. A route that is anonymous accepts a request without a
// credential, but not with a wrong one (assumed). A hook checks its own key.
func (r *Route) Authenticate(c *Call) (*community.Token, error) {
	if r.Family == Webhooks {
		return nil, nil
	}
	name, keys := r.Family.CredentialHeader(), &c.Community.Keys
	values := c.Header.Values(name)
	switch {
	case len(values) == 0 && r.permission == anonymous:
		return nil, nil
	case len(values) == 0:
		return nil, Refuse(http.StatusUnauthorized, "authentication is missing: header %s", name)
	case len(values) > 1:
		return nil, Refuse(http.StatusUnauthorized, "authentication is invalid: several %s headers", name)
	case name == "Authorization":
		return bearer(c, values[0])
	case !keys.HasAPIKey(values[0]):
		return nil, Refuse(http.StatusUnauthorized, "the API key is invalid")
	}
	return nil, nil
}

// bearer checks the value of an Authorization header.
func bearer(c *Call, value string) (*community.Token, error) {
	scheme, text, _ := strings.Cut(value, " ")
	token := c.Community.Keys.Token(text)
	switch {
	case !strings.EqualFold(scheme, "Bearer"):
		return nil, Refuse(http.StatusUnauthorized, "authentication is invalid: not a bearer token")
	case token == nil:
		return nil, Refuse(http.StatusUnauthorized, "the token is invalid")
	case token.Expired(c.Community.Now()):
		return nil, Refuse(http.StatusUnauthorized, "the token has expired")
	}
	return token, nil
}

// Authorize checks the permission of a token; nil has every permission.
func (r *Route) Authorize(token *community.Token) error {
	if token == nil || r.permission == anonymous || token.Allows(r.permission) {
		return nil
	}
	return Refuse(http.StatusForbidden, "the token lacks the permission %s", r.permission)
}

// Receives reports whether the route reads its own body, of any size.
func (r *Route) Receives() bool { return r.receive != nil }

// Receive reads an upload. It needs the community only inside locked.
func (r *Route) Receive(c *Call, body io.Reader, locked func(func())) (err error) {
	defer recoverAborted(&err)
	r.receive(c, body, locked)
	return nil
}

// Serve runs the operation and writes its envelope.
func (r *Route) Serve(c *Call) Reply {
	result, err := r.run(c)
	if err != nil {
		return r.Family.Refused(err, r.renamed)
	}
	return r.Family.succeeded(result, r.renamed)
}

func (r *Route) run(c *Call) (result Result, err error) {
	defer recoverAborted(&err)
	return r.serve(c), nil
}

// Refused is the reply of the route to a request that was refused before the
// operation ran.
func (r *Route) Refused(err error) Reply { return r.Family.Refused(err, r.renamed) }
