package console

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/returningai/returningai-go/returningaitest"
)

// call serves one request to /_control: it returns what becomes the JSON body,
// or an error, which becomes 400 unless it is a failure of its own.
type call func(r *http.Request) (any, error)

// failure is an error with a status.
type failure struct {
	status int
	text   string
}

func (f *failure) Error() string { return f.text }

// calls are the operations of /_control by pattern.
func (c *console) calls() map[string]call {
	return map[string]call{
		"GET /_control":                    c.index,
		"GET /_control/environment":        c.environment,
		"GET /_control/operations":         func(*http.Request) (any, error) { return c.srv.Operations(), nil },
		"GET /_control/state":              func(*http.Request) (any, error) { return c.state(), nil },
		"GET /_control/requests":           c.requests,
		"DELETE /_control/requests":        c.act(c.srv.ResetRequests),
		"GET /_control/faults":             func(*http.Request) (any, error) { return showFaults(c.srv.Faults()), nil },
		"POST /_control/faults":            c.inject,
		"DELETE /_control/faults":          c.act(c.srv.ClearFaults),
		"DELETE /_control/faults/{number}": c.removeFault,
		"GET /_control/deliveries":         func(*http.Request) (any, error) { return showDeliveries(c.srv.Deliveries()), nil },
		"POST /_control/deliveries/faults": c.injectDelivery,
		"POST /_control/webhooks":          c.addWebhook,
		"POST /_control/seed":              c.seed,
		"POST /_control/reset":             c.act(c.srv.Reset),
		"POST /_control/users/join":        c.join,
		"POST /_control/users/visit":       c.visit,
		"POST /_control/users/purchase":    c.purchase,
		"POST /_control/bulk-jobs/run":     func(*http.Request) (any, error) { return map[string]int{"run": c.srv.RunBulkJobs()}, nil },
		"GET /_control/verification-code":  c.verificationCode,
		"GET /_control/hooks/{hook}":       c.hook,
	}
}

// maxBody is the most that a body of /_control may hold.
const maxBody = 16 << 20

// serve runs a call. A call to the server that panics because of an argument
// becomes an error.
func (c *console) serve(w http.ResponseWriter, r *http.Request, run call) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	result, err := guarded(r, run)
	if failed, ok := errors.AsType[*failure](err); ok {
		writeError(w, failed.status, failed.text)
	} else if err != nil {
		writeError(w, http.StatusBadRequest, err.Error())
	} else {
		writeJSON(w, http.StatusOK, result)
	}
}

const panicPrefix = "returningaitest: "

func guarded(r *http.Request, run call) (result any, err error) {
	defer func() {
		switch value := recover().(type) {
		case nil:
		case string:
			if !strings.HasPrefix(value, panicPrefix) {
				panic(value)
			}
			err = errors.New(strings.TrimPrefix(value, panicPrefix))
		default:
			panic(value)
		}
	}()
	return run(r)
}

func writeJSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value) // the client may be gone
}

func writeError(w http.ResponseWriter, status int, text string) {
	writeJSON(w, status, map[string]string{"error": text})
}

// read reads the body, which must be one JSON object without unknown fields.
func read[T any](r *http.Request) (T, error) {
	var value T
	decoder := json.NewDecoder(r.Body)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&value); err != nil {
		return value, fmt.Errorf("the body is not valid: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return value, errors.New("something follows the JSON in the body")
	}
	return value, nil
}

// done is the body of calls that return nothing else.
var done = map[string]bool{"ok": true}

// act makes a call of a method without arguments.
func (c *console) act(method func()) call {
	return func(*http.Request) (any, error) {
		method()
		return done, nil
	}
}

func (c *console) index(*http.Request) (any, error) {
	patterns := []string{"GET /_control/events", "GET /_ui"}
	for pattern := range c.calls() {
		patterns = append(patterns, pattern)
	}
	return map[string]any{"calls": sorted(patterns)}, nil
}

// environment returns what a client of the server needs. The first five are
// the variables that the SDK reads.
func (c *console) environment(*http.Request) (any, error) {
	return map[string]string{
		"RETURNINGAI_API_KEY":         c.srv.APIKey(),
		"RETURNINGAI_TOKEN":           c.srv.Token(),
		"RETURNINGAI_SYSTEM_URL":      c.srv.URL(returningaitest.System),
		"RETURNINGAI_INTEGRATION_URL": c.srv.URL(returningaitest.Integration),
		"RETURNINGAI_APPLICATION_URL": c.srv.URL(returningaitest.Application),
		"communityHost":               c.srv.URL(returningaitest.CommunityHost),
		"communityId":                 c.srv.CommunityID(),
	}, nil
}

// requests returns the request log, with bodies: those after a number, and
// those to an operation.
func (c *console) requests(r *http.Request) (any, error) {
	after, err := strconv.ParseInt("0"+r.URL.Query().Get("after"), 10, 64)
	if err != nil {
		return nil, errors.New("after must be a number")
	}
	operation, listed := r.URL.Query().Get("operation"), []loggedRequest{}
	for _, request := range c.srv.RequestsAfter(after) {
		if operation == "" || request.Operation == operation {
			shown := showRequest(request)
			shown.Query, shown.Body = request.RawQuery, string(request.Body)
			listed = append(listed, shown)
		}
	}
	return listed, nil
}

func (c *console) removeFault(r *http.Request) (any, error) {
	number, err := strconv.ParseInt(r.PathValue("number"), 10, 64)
	if err != nil || !c.srv.RemoveFault(number) {
		return nil, &failure{http.StatusNotFound, "there is no fault with this number"}
	}
	return done, nil
}

func (c *console) seed(r *http.Request) (any, error) {
	text, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	seed, err := returningaitest.ParseSeed(text)
	if err != nil {
		return nil, err
	}
	if len(seed.HookPaths) > 0 {
		return nil, errors.New("hookPaths can only be set when the server starts")
	}
	return done, c.srv.AddSeed(seed)
}

// join adds a user and lets the user join, which webhooks report.
func (c *console) join(r *http.Request) (any, error) {
	user, err := read[returningaitest.User](r)
	if err != nil {
		return nil, err
	}
	user.Outside = true
	added := c.srv.AddUser(user)
	c.srv.JoinUser(added.Username)
	added.Outside = false
	return added, nil
}

func (c *console) visit(r *http.Request) (any, error) {
	visit, err := read[struct {
		User string `json:"user"`
	}](r)
	if err != nil {
		return nil, err
	}
	c.srv.VisitServer(visit.User)
	return done, nil
}

func (c *console) purchase(r *http.Request) (any, error) {
	purchase, err := read[returningaitest.Purchase](r)
	if err != nil {
		return nil, err
	}
	return c.srv.PurchaseItem(purchase.Username, purchase), nil
}

func (c *console) verificationCode(r *http.Request) (any, error) {
	code := c.srv.VerificationCode(r.URL.Query().Get("email"))
	if code == "" {
		return nil, &failure{http.StatusNotFound, "no code was mailed to this email, or it is used"}
	}
	return map[string]string{"code": code}, nil
}

func (c *console) hook(r *http.Request) (any, error) {
	return map[string]string{"url": c.srv.HookURL(returningaitest.Hook(r.PathValue("hook")))}, nil
}

// duration is a [time.Duration] as a string such as "1.5s".
type duration time.Duration

// UnmarshalText implements [encoding.TextUnmarshaler].
func (d *duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	*d = duration(parsed)
	return err
}
