package returningaitest_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/returningai/returningai-go/returningaitest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// request is the request of a test; omitted fields get a working default.
type request struct {
	method string
	url    string
	header http.Header
	body   string
}

// answer is a response that was read whole.
type answer struct {
	status int
	header http.Header
	body   string
	fields map[string]any // of a body that is a JSON object; else nil
}

// send sends a request on its own connection and reads the whole response.
func send(t *testing.T, r request) (answer, error) {
	t.Helper()
	transport := &http.Transport{DisableKeepAlives: true}
	client := &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}
	return sendWith(t, client, r)
}

func sendWith(t *testing.T, client *http.Client, r request) (answer, error) {
	t.Helper()
	outgoing, err := http.NewRequestWithContext(t.Context(), r.method, r.url, strings.NewReader(r.body))
	if err != nil {
		return answer{}, err
	}
	if r.header != nil {
		outgoing.Header = r.header.Clone()
	}
	response, err := client.Do(outgoing)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	got := answer{status: response.StatusCode, header: response.Header}
	text, err := io.ReadAll(response.Body)
	got.body = string(text)
	_ = json.Unmarshal(text, &got.fields) // what is no object has no fields
	return got, err
}

// mustSend is send for a request that must get a response.
func mustSend(t *testing.T, r request) answer {
	t.Helper()
	got, err := send(t, r)
	require.NoError(t, err)
	return got
}

func bearer(token string) http.Header {
	return http.Header{"Authorization": {"Bearer " + token}, "Content-Type": {"application/json"}}
}

// post is a POST to an operation of the Integration family with the server's
// own token.
func post(srv *returningaitest.Server, path, body string) request {
	return request{
		method: http.MethodPost, url: srv.URL(returningaitest.Integration) + path,
		header: bearer(srv.Token()), body: body,
	}
}

// listChannels is a request that works.
func listChannels(srv *returningaitest.Server) request {
	return request{
		method: http.MethodGet, url: srv.URL(returningaitest.Integration) + "/channels", header: bearer(srv.Token()),
	}
}

// sendMessage is a request that works, on a server with its seed.
func sendMessage(srv *returningaitest.Server) request {
	return post(srv, "/messages/send", toJSON(map[string]any{
		"channelId": srv.Channels()[0].ID, "message": "gg", "sender": "bot@example.com",
	}))
}

// hostOf is the host and port of a family.
func hostOf(srv *returningaitest.Server, family returningaitest.Family) string {
	host, _, _ := strings.Cut(strings.TrimPrefix(srv.URL(family), "http://"), "/")
	return host
}

func toJSON(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return string(text)
}
