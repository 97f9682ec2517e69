// Package golden compares the requests that tests make the SDK send with files
// that were checked by hand against the contract.
package golden

import (
	"bytes"
	"flag"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/returningai/returningai-go/returningaitest"
)

var update = flag.Bool("update", false, "write the golden files instead of comparing with them")

// Request compares a request that the fake server received with the file
// testdata/requests/<name>.golden. The name is the operation's id, and a
// variant if it is sent in several ways.
//
// What differs from run to run is replaced: credentials and the host by their
// names, the boundary of a multipart body by BOUNDARY. Run the tests with
// -update to write the files, and read what changed in them.
func Request(t *testing.T, name string, request returningaitest.Request) {
	t.Helper()
	path := filepath.Join("testdata", "requests", name+".golden")
	got := render(request)
	if *update {
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o750))
		require.NoError(t, os.WriteFile(path, got, 0o600))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	if gotLine, wantLine := firstLine(got), firstLine(want); gotLine != wantLine {
		t.Fatalf("%s sends %s, want %s (%s)", name, gotLine, wantLine, path)
	}
	require.Equal(t, string(want), string(got), path)
}

func firstLine(text []byte) string {
	line, _, _ := strings.Cut(string(text), "\n")
	return line
}

// Run with a request's own header omitted: they are the transport's.
var unimportant = []string{"Accept-Encoding", "User-Agent", "Content-Length"}

func render(request returningaitest.Request) []byte {
	var text bytes.Buffer
	fmt.Fprintf(&text, "%s %s\n", request.Method, request.Path)
	for _, name := range slices.Sorted(maps.Keys(request.Query)) {
		for _, value := range request.Query[name] {
			fmt.Fprintf(&text, "? %s = %s\n", name, value)
		}
	}
	body := request.Body
	for _, name := range slices.Sorted(maps.Keys(request.Header)) {
		if slices.Contains(unimportant, name) {
			continue
		}
		value := request.Header.Get(name)
		if boundary := multipartBoundary(name, value); boundary != "" {
			value = strings.ReplaceAll(value, boundary, "BOUNDARY")
			body = bytes.ReplaceAll(body, []byte(boundary), []byte("BOUNDARY"))
		}
		fmt.Fprintf(&text, "%s: %s\n", name, hide(name, value, request.Host))
	}
	text.WriteString("\n")
	text.Write(bytes.ReplaceAll(body, []byte("\r\n"), []byte("\n")))
	return append(bytes.TrimRight(text.Bytes(), "\n"), '\n')
}

func hide(name, value, host string) string {
	switch http.CanonicalHeaderKey(name) {
	case "X-Api-Key", "Apikey":
		return "<api key>"
	case "Authorization":
		scheme, _, _ := strings.Cut(value, " ")
		return scheme + " <token>"
	}
	return strings.ReplaceAll(value, host, "<host>")
}

func multipartBoundary(name, value string) string {
	if name != "Content-Type" {
		return ""
	}
	_, parameters, err := mime.ParseMediaType(value)
	if err != nil {
		return ""
	}
	return parameters["boundary"]
}
