package console

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/returningai/returningai-go/returningaitest"
)

// faultRequest is the body of POST /_control/faults. Set one of status, cut,
// body and refuse, or only a delay.
type faultRequest struct {
	Operation string   `json:"operation"` // "" is every request
	After     int      `json:"after"`     // skips so many requests first
	Times     int      `json:"times"`     // 0 is one, -1 all
	For       duration `json:"for"`       // limits it to a period
	Delay     duration `json:"delay"`
	Applied   bool     `json:"applied"` // the operation takes effect first

	Status     int    `json:"status"`
	Message    string `json:"message"`
	RetryAfter string `json:"retryAfter"`

	Cut   string `json:"cut"` // "reading", "response" or "body"
	Reset bool   `json:"reset"`
	Body  string `json:"body"` // "html", "malformed", "truncated", "garbage" or "empty"

	Refuse duration `json:"refuse"` // refuses connections for so long
}

func (c *console) inject(r *http.Request) (any, error) {
	request, err := read[faultRequest](r)
	if err != nil {
		return nil, err
	}
	if request.Refuse > 0 {
		accept := c.srv.RefuseConnections(returningaitest.CommunityHost)
		time.AfterFunc(time.Duration(request.Refuse), accept)
		return done, nil
	}
	response, err := request.response()
	if err != nil {
		return nil, err
	}
	fault := returningaitest.Fault{
		Operation: request.Operation, After: request.After, Times: request.Times,
		Delay: time.Duration(request.Delay), Applied: request.Applied, Response: response,
	}
	if request.For != 0 {
		fault = fault.For(time.Duration(request.For))
	}
	c.srv.Inject(fault)
	all := c.srv.Faults()
	if len(all) == 0 {
		return nil, errors.New("the fault does nothing: set status, cut, body, delay or refuse")
	}
	return showFault(all[len(all)-1]), nil
}

func (f faultRequest) response() (returningaitest.Response, error) {
	var response returningaitest.Response
	set := 0
	for _, given := range []bool{f.Status != 0 && f.Body != "html" && f.Body != "empty", f.Cut != "", f.Body != ""} {
		if given {
			set++
		}
	}
	if set > 1 {
		return response, errors.New("set one of status, cut and body")
	}
	switch {
	case f.Cut != "":
		cuts := map[string]func() returningaitest.Response{
			"reading": returningaitest.CutBeforeReading, "response": returningaitest.CutBeforeResponse, "body": returningaitest.CutMidBody,
		}
		if cuts[f.Cut] == nil {
			return response, errors.New("cut must be reading, response or body")
		}
		response = cuts[f.Cut]()
	case f.Body != "":
		bodies := map[string]func() returningaitest.Response{
			"malformed": returningaitest.MalformedJSON, "truncated": returningaitest.TruncatedJSON, "garbage": returningaitest.TrailingGarbage,
			"html":  func() returningaitest.Response { return returningaitest.HTML(cmp.Or(f.Status, http.StatusBadGateway)) },
			"empty": func() returningaitest.Response { return returningaitest.Empty(cmp.Or(f.Status, http.StatusOK)) },
		}
		if bodies[f.Body] == nil {
			return response, errors.New("body must be html, malformed, truncated, garbage or empty")
		}
		response = bodies[f.Body]()
	case f.Status != 0:
		response = returningaitest.Failure(f.Status, cmp.Or(f.Message, http.StatusText(f.Status)))
	}
	if f.RetryAfter != "" {
		response = response.With("Retry-After", f.RetryAfter)
	}
	if f.Reset {
		response = response.Reset()
	}
	return response, nil
}

type pendingFault struct {
	Number    int64  `json:"number"`
	Operation string `json:"operation"`
	Fault     string `json:"fault"`
	Left      int    `json:"left"`            // -1 is all
	Until     string `json:"until,omitempty"` // RFC 3339
}

func showFault(f returningaitest.PendingFault) pendingFault {
	shown := pendingFault{Number: f.Number, Operation: f.Operation, Fault: f.Fault.String(), Left: f.Left}
	if !f.Until.IsZero() {
		shown.Until = f.Until.Format(time.RFC3339)
	}
	return shown
}

func showFaults(faults []returningaitest.PendingFault) []pendingFault {
	return showAll(faults, showFault)
}

// deliveryFault is the body of POST /_control/deliveries/faults.
type deliveryFault struct {
	Event  returningaitest.WebhookEvent `json:"event"`
	Times  int                          `json:"times"`
	Delay  duration                     `json:"delay"`
	Repeat int                          `json:"repeat"`
	Age    duration                     `json:"age"`
}

func (c *console) injectDelivery(r *http.Request) (any, error) {
	fault, err := read[deliveryFault](r)
	if err != nil {
		return nil, err
	}
	c.srv.InjectDelivery(returningaitest.DeliveryFault{
		Event: fault.Event, Times: fault.Times, Delay: time.Duration(fault.Delay), Repeat: fault.Repeat, Age: time.Duration(fault.Age),
	})
	return done, nil
}

// webhook is the body of POST /_control/webhooks.
type webhook struct {
	URL     string                         `json:"url"`
	Events  []returningaitest.WebhookEvent `json:"events"`  // none is all
	Key     string                         `json:"key"`     // sent as x-api-key
	Encrypt string                         `json:"encrypt"` // "gcm" or "cbc"
	// EncryptionKey has 32 bytes.
	EncryptionKey string `json:"encryptionKey"`
	Sign          string `json:"sign"` // "standard" or "hmac"
	Secret        string `json:"secret"`
}

func (c *console) addWebhook(r *http.Request) (any, error) {
	request, err := read[webhook](r)
	if err != nil {
		return nil, err
	}
	added := returningaitest.Webhook{URL: request.URL, Events: request.Events, Key: request.Key}
	if len(added.Events) == 0 {
		added.Events = AllEvents()
	}
	if added.Encryption, err = Encryption(request.Encrypt, request.EncryptionKey); err != nil {
		return nil, err
	}
	if added.Signature, err = Signature(request.Sign, request.Secret); err != nil {
		return nil, err
	}
	c.srv.SendWebhooks(added)
	return done, nil
}

// AllEvents lists the events that webhooks report.
func AllEvents() []returningaitest.WebhookEvent {
	return []returningaitest.WebhookEvent{
		returningaitest.EventUserJoined, returningaitest.EventUserVisited, returningaitest.EventMessagePosted,
		returningaitest.EventMessagePostedToChannel, returningaitest.EventItemPurchased,
		returningaitest.EventAnalysisCreated, returningaitest.EventAnalysisUpdated,
	}
}

// Encryption returns the encryption with a short name: gcm, cbc, or "" for
// none.
func Encryption(name, key string) (returningaitest.Encryption, error) {
	modes := map[string]returningaitest.EncryptionMode{"": "", "gcm": returningaitest.AES256GCM, "cbc": returningaitest.AES256CBC}
	mode, known := modes[name]
	if !known {
		return returningaitest.Encryption{}, errors.New("the encryption must be gcm or cbc")
	}
	return returningaitest.Encryption{Mode: mode, Key: key}, nil
}

// Signature returns the signature with a short name: standard, hmac, or "" for
// none.
func Signature(name, secret string) (returningaitest.Signature, error) {
	methods := map[string]returningaitest.SignatureMethod{"": "", "standard": returningaitest.StandardWebhooks, "hmac": returningaitest.HMACSHA256}
	method, known := methods[name]
	if !known {
		return returningaitest.Signature{}, errors.New("the signature must be standard or hmac")
	}
	return returningaitest.Signature{Method: method, Secret: secret}, nil
}

func sorted(texts []string) []string {
	slices.Sort(texts)
	return texts
}
