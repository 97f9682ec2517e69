package webhooks

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// The reasons to refuse a delivery. Match them with [errors.Is]; [StatusCode]
// gives the HTTP status of each.
var (
	// ErrVerification means that the origin of a delivery is not proven. It
	// matches [ErrMissingCredential], [ErrWrongCredential], [ErrTimestamp] and
	// [ErrDecryption]. Status 401.
	ErrVerification = errors.New("webhooks: not verified")
	// ErrMissingCredential means that a header or query parameter that a verifier
	// reads is missing, occurs twice, is too long or malformed.
	ErrMissingCredential = fmt.Errorf("%w: credential missing, duplicated or malformed", ErrVerification)
	// ErrWrongCredential means that none of the secrets matches.
	ErrWrongCredential = fmt.Errorf("%w: no secret matches", ErrVerification)
	// ErrTimestamp means that the signed time is unreadable, or further from
	// now than the tolerance, in the past or in the future.
	ErrTimestamp = fmt.Errorf("%w: timestamp unreadable or outside the tolerance", ErrVerification)
	// ErrDecryption is the only error of decryption. It does not tell whether the
	// envelope, the padding, the tag, the key or the JSON inside was wrong, since
	// that would make a padding oracle.
	ErrDecryption = fmt.Errorf("%w: decryption failed", ErrVerification)

	// ErrMethod means that the request is not a POST. Status 405.
	ErrMethod = errors.New("webhooks: method is not POST")
	// ErrMediaType means that the body is a form or is compressed. A body that is
	// only labelled as a form is read. Status 415.
	ErrMediaType = errors.New("webhooks: forms and content encodings are not accepted")
	// ErrTooLarge means that the body is longer than [WithMaxBodyBytes]. Status 413.
	ErrTooLarge = errors.New("webhooks: body too large")
	// ErrMalformed means that the body could not be read to its end, or that a
	// verified one is not an event: a JSON object or array. Status 400.
	ErrMalformed = errors.New("webhooks: body is not a JSON event")
	// ErrInFlight means that the same delivery is being handled. Status 409.
	ErrInFlight = errors.New("webhooks: the same delivery is in flight")
	// ErrUnavailable means that the dedupe store, the clock or your own verifier
	// failed, that the queue is full, or that the receiver shuts down.
	// Status 503.
	ErrUnavailable = errors.New("webhooks: cannot take the delivery now")
	// ErrCallback means that the callback failed or panicked; the callback's
	// own error stays reachable. Status 500.
	ErrCallback = errors.New("webhooks: callback failed")
)

// statuses is the fixed status of every sentinel.
var statuses = []struct {
	err    error
	status int
}{
	{ErrCallback, http.StatusInternalServerError},
	{ErrVerification, http.StatusUnauthorized},
	{ErrMalformed, http.StatusBadRequest},
	{ErrMethod, http.StatusMethodNotAllowed},
	{ErrInFlight, http.StatusConflict},
	{ErrTooLarge, http.StatusRequestEntityTooLarge},
	{ErrMediaType, http.StatusUnsupportedMediaType},
	{ErrUnavailable, http.StatusServiceUnavailable},
}

// failure is an error of somebody else's code. Its sentinel decides the status,
// whatever the cause wraps.
type failure struct {
	sentinel error
	where    string
	cause    error
}

func (f *failure) Error() string {
	text := f.sentinel.Error()
	if f.where != "" {
		text += ": " + f.where
	}
	return text + ": " + f.cause.Error()
}

func (f *failure) Unwrap() []error { return []error{f.sentinel, f.cause} }

func unavailable(where string, cause error) error { return &failure{ErrUnavailable, where, cause} }

// StatusCode returns the HTTP status for the outcome of [Receiver.Parse] or
// [Receiver.Dispatch]: 200 for nil, 500 for any error that is not of this
// package's.
func StatusCode(err error) int {
	if err == nil {
		return http.StatusOK
	}
	if outermost, ok := errors.AsType[*failure](err); ok {
		err = outermost.sentinel
	}
	for _, known := range statuses {
		if errors.Is(err, known.err) {
			return known.status
		}
	}
	return http.StatusInternalServerError
}

// retryAfter is when a sender should retry after 409 or 503, in seconds: by
// then the lease of a process that died has run out.
const retryAfter = "10"

// Respond writes the status of [StatusCode] and the fixed body that goes with
// it: the standard text of the status and a line end, nothing of the error.
// With 409 and 503 it asks the sender to retry after 10 seconds.
func Respond(w http.ResponseWriter, err error) {
	status := StatusCode(err)
	header := w.Header()
	switch status {
	case http.StatusMethodNotAllowed:
		header.Set("Allow", http.MethodPost)
	case http.StatusConflict, http.StatusServiceUnavailable:
		header.Set("Retry-After", retryAfter)
	}
	header.Set("Content-Type", "text/plain; charset=utf-8")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	// A sender that is gone needs no response.
	_, _ = io.WriteString(w, http.StatusText(status)+"\n")
}

// alternatives is the failure of every alternative of an AnyOf.
type alternatives []error

func (a alternatives) Error() string {
	texts := make([]string, len(a))
	for i, err := range a {
		texts[i] = err.Error()
	}
	return "none of the alternatives: " + strings.Join(texts, "; ")
}

func (a alternatives) Unwrap() []error { return a }
