package conformance

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httputil"
	"net/url"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"

	returningai "github.com/returningai/returningai-go"
)

// Proxy stands between the SDK and one host of the fake, and checks all that
// passes with the document.
type Proxy struct {
	Document *Document
	Coverage *Coverage
	Family   returningai.Family
	Target   *url.URL // the host of the fake

	mutex     sync.Mutex
	exchanges []*Exchange
}

// Exchange is a request that passed and how it and its response break the
// document.
type Exchange struct {
	Operation *Operation // nil when the document has none for it
	Request   *http.Request
	Body      []byte
	Status    int
	Problems  []error

	values map[string]string // of the placeholders
}

// Exchanges returns what passed.
func (p *Proxy) Exchanges() []*Exchange {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.exchanges
}

// ServeHTTP passes a request on, and its response back.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	exchange, err := p.arrive(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	reverse := &httputil.ReverseProxy{
		Rewrite: func(request *httputil.ProxyRequest) {
			request.SetURL(&url.URL{Scheme: p.Target.Scheme, Host: p.Target.Host})
			request.Out.Host = request.In.Host // Secure Auth repeats it in a header
		},
		ModifyResponse: func(response *http.Response) error { return p.leave(exchange, response) },
	}
	reverse.ServeHTTP(w, r)
}

// arrive checks a request.
func (p *Proxy) arrive(r *http.Request) (*Exchange, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	restore := func() { r.Body = io.NopCloser(bytes.NewReader(body)) }
	restore()
	exchange := &Exchange{Request: r.Clone(r.Context()), Body: body}
	operation, values, err := p.Document.Find(p.Family, r)
	if err != nil {
		exchange.Problems = append(exchange.Problems, err)
	} else {
		exchange.Operation, exchange.values = operation, values
		if err := p.Document.CheckRequest(r.Context(), operation, r, values); err != nil {
			exchange.Problems = append(exchange.Problems, fmt.Errorf("request of %s: %w", operation.OperationID, err))
		}
		p.noteRequest(exchange)
	}
	restore()
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.exchanges = append(p.exchanges, exchange)
	return exchange, nil
}

// leave checks a response.
func (p *Proxy) leave(exchange *Exchange, response *http.Response) error {
	body, err := io.ReadAll(response.Body)
	if err := errors.Join(err, response.Body.Close()); err != nil {
		return err
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	p.mutex.Lock()
	defer p.mutex.Unlock()
	exchange.Status = response.StatusCode
	if exchange.Operation == nil {
		return nil
	}
	if err := p.Check(exchange.Operation, exchange.Request, response, body); err != nil {
		exchange.Problems = append(exchange.Problems, fmt.Errorf("response %d of %s: %w", response.StatusCode, exchange.Operation.OperationID, err))
	}
	return nil
}

// Check reports how a response breaks the document, and notes what of a
// successful one's schema it has.
func (p *Proxy) Check(operation *Operation, request *http.Request, response *http.Response, body []byte) error {
	var value any
	if schema, name := responseSchema(operation); response.StatusCode/100 == 2 && json.Unmarshal(body, &value) == nil {
		p.Coverage.noteValue(schema, returned+name, value)
	}
	return p.Document.CheckResponse(request.Context(), operation, request, response, body)
}

// noteRequest notes the parameters and fields of a request.
func (p *Proxy) noteRequest(exchange *Exchange) {
	operation, request := exchange.Operation, exchange.Request
	for _, ref := range operation.Parameters {
		parameter := ref.Value
		there := map[string]bool{
			openapi3.ParameterInPath:   exchange.values[parameter.Name] != "",
			openapi3.ParameterInQuery:  request.URL.Query().Has(parameter.Name),
			openapi3.ParameterInHeader: request.Header.Get(parameter.Name) != "",
		}
		if there[parameter.In] {
			p.Coverage.note(parameterName(operation, parameter))
		}
	}
	schema, name := requestSchema(operation)
	if schema == nil {
		return
	}
	if value, err := bodyValue(request.Header.Get("Content-Type"), exchange.Body); err == nil {
		p.Coverage.noteValue(schema, sent+name, value)
	}
}

// bodyValue reads a body as a JSON value; of a multipart one the names of its
// parts matter.
func bodyValue(contentType string, body []byte) (any, error) {
	mediaType, parameters, err := mime.ParseMediaType(contentType)
	if err != nil {
		return nil, err
	}
	if mediaType != "multipart/form-data" {
		var value any
		err := json.Unmarshal(body, &value)
		return value, err
	}
	form, err := multipart.NewReader(bytes.NewReader(body), parameters["boundary"]).ReadForm(int64(len(body)))
	if err != nil {
		return nil, err
	}
	value := map[string]any{}
	for name := range form.Value {
		value[name] = ""
	}
	for name := range form.File {
		value[name] = ""
	}
	return value, nil
}
