package webhooks

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// NewRequest makes the request that [Receiver.Parse] and the handler take from
// its parts: for serverless functions and queues, which have no [http.Request].
// The keys of header may be in any case; its values are strings or lists of
// strings. rawQuery is the query as it was received, still escaped, and body is
// the raw body: decode it first if your platform passes it in base64.
func NewRequest[Value string | []string](method, path, rawQuery string, header map[string]Value, body []byte) *http.Request {
	request := &http.Request{
		Method:        method,
		URL:           &url.URL{Path: path, RawQuery: rawQuery},
		Header:        http.Header{},
		Body:          io.NopCloser(bytes.NewReader(body)),
		ContentLength: int64(len(body)),
	}
	for name, value := range header {
		switch value := any(value).(type) {
		case string:
			request.Header.Add(name, value)
		case []string:
			for _, one := range value {
				request.Header.Add(name, one)
			}
		}
	}
	return request
}

// hookPath returns the path that the sender called, also where
// [http.StripPrefix] has changed that of the URL.
func hookPath(request *http.Request) string {
	if request.URL == nil {
		return ""
	}
	original, err := url.ParseRequestURI(request.RequestURI)
	if err != nil {
		return request.URL.Path
	}
	return original.Path
}

// isMultipart reports whether the body is a multipart form.
func isMultipart(header http.Header) bool {
	return hasMediaType(header, func(media string) bool { return strings.HasPrefix(media, "multipart/") })
}

// isForm reports whether a body is a form, such as payload=…: it is labelled as
// one, and looks like one. Many senders label everything so that has no label.
func isForm(header http.Header, body []byte) bool {
	if !hasMediaType(header, func(media string) bool { return media == "application/x-www-form-urlencoded" }) {
		return false
	}
	body = bytes.Trim(trimBOM(body), jsonSpace)
	if len(body) == 0 || bytes.IndexByte([]byte(`{["`), body[0]) >= 0 {
		return false
	}
	// The padding of base64 is at the end.
	return bytes.IndexByte(bytes.TrimRight(body, "="), '=') >= 0
}

func hasMediaType(header http.Header, is func(media string) bool) bool {
	return slices.ContainsFunc(header["Content-Type"], func(value string) bool {
		media, _, _ := strings.Cut(value, ";")
		return is(strings.ToLower(strings.TrimSpace(media)))
	})
}

// isCompressed reports whether the body is compressed: that would be undone
// before anything is verified.
func isCompressed(header http.Header) bool {
	return slices.ContainsFunc(header["Content-Encoding"], func(value string) bool {
		value = strings.TrimSpace(value)
		return value != "" && !strings.EqualFold(value, "identity")
	})
}

// isMarkedEncrypted reports whether the header says that the body is encrypted.
func isMarkedEncrypted(header http.Header) bool {
	return slices.ContainsFunc(header[headerEncrypted], func(value string) bool {
		return strings.EqualFold(strings.TrimSpace(value), "true")
	})
}
