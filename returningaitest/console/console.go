// Package console controls a fake service over HTTP and shows it live on a web
// page:
//
//	srv, err := returningaitest.Start(
//		returningaitest.WithAddress("127.0.0.1:12111"),
//		returningaitest.WithPages(console.New),
//	)
//
// The page is at /_ui, the API at /_control: GET /_control lists it. Requests
// need the server's own Host and Origin, and JSON, so that other web pages
// cannot use them.
package console

import (
	"crypto/subtle"
	"embed"
	"io/fs"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/returningai/returningai-go/returningaitest"
)

//go:embed page
var files embed.FS

// New returns the handler for a server that only this machine reaches.
func New(srv *returningaitest.Server) http.Handler { return newConsole(srv, "") }

// WithToken returns a New for a server that other machines reach. Requests need
// the token: as a bearer token, or as the cookie that /_ui?token=… sets. Hosts
// are names that the Host header may hold beside localhost and IP addresses.
func WithToken(token string, hosts ...string) func(*returningaitest.Server) http.Handler {
	if token == "" {
		panic("console: WithToken: the token is empty")
	}
	return func(srv *returningaitest.Server) http.Handler { return newConsole(srv, token, hosts...) }
}

const cookieName = "fakeserver_token"

type console struct {
	srv   *returningaitest.Server
	token string // "" if it needs none
	hosts []string
	mux   *http.ServeMux
}

func newConsole(srv *returningaitest.Server, token string, hosts ...string) *console {
	c := &console{srv: srv, token: token, hosts: hosts, mux: http.NewServeMux()}
	page, _ := fs.Sub(files, "page") // it is embedded
	c.mux.Handle("GET /_ui/", http.StripPrefix("/_ui/", http.FileServerFS(page)))
	c.mux.HandleFunc("GET /_ui", c.showPage)
	c.mux.HandleFunc("GET /_control/events", c.stream)
	for pattern, call := range c.calls() {
		c.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { c.serve(w, r, call) })
	}
	return c
}

// ServeHTTP implements [http.Handler].
func (c *console) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; form-action 'none'; base-uri 'none'; frame-ancestors 'none'")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cache-Control", "no-store")
	if status, problem := c.check(r); problem != "" {
		writeError(w, status, problem)
		return
	}
	c.mux.ServeHTTP(w, r)
}

// check refuses requests of strangers and of other web pages: a page that lets
// its name point here sends its own Host (DNS rebinding), a page elsewhere sends
// its own Origin, and a form cannot send JSON.
func (c *console) check(r *http.Request) (status int, problem string) {
	switch {
	case !c.knowsHost(r.Host):
		return http.StatusForbidden, "the Host header is not this server's"
	case !isOwnOrigin(r):
		return http.StatusForbidden, "the Origin header is not this server's"
	case c.token == "" && !isLoopback(r.RemoteAddr):
		return http.StatusForbidden, "only this machine may use this server"
	case c.token != "" && !c.hasToken(r):
		return http.StatusUnauthorized, "the token is missing or wrong: send Authorization: Bearer, or open /_ui?token=…"
	case r.Method != http.MethodGet && r.Method != http.MethodHead && !isJSON(r):
		return http.StatusUnsupportedMediaType, "the Content-Type must be application/json"
	}
	return 0, ""
}

func (c *console) knowsHost(host string) bool {
	name := host
	if split, _, err := net.SplitHostPort(host); err == nil {
		name = split
	}
	_, err := netip.ParseAddr(strings.Trim(name, "[]"))
	return err == nil || strings.EqualFold(name, "localhost") ||
		slices.ContainsFunc(c.hosts, func(own string) bool { return strings.EqualFold(own, name) })
}

func isOwnOrigin(r *http.Request) bool {
	origins := r.Header.Values("Origin")
	return len(origins) == 0 || len(origins) == 1 && origins[0] == "http://"+r.Host
}

func isLoopback(remote string) bool {
	address, err := netip.ParseAddrPort(remote)
	return err == nil && address.Addr().Unmap().IsLoopback()
}

func isJSON(r *http.Request) bool {
	mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && mediaType == "application/json"
}

func (c *console) hasToken(r *http.Request) bool {
	bearer, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	candidates := []string{bearer}
	if cookie, err := r.Cookie(cookieName); err == nil {
		candidates = append(candidates, cookie.Value)
	}
	if r.URL.Path == "/_ui" {
		candidates = append(candidates, r.URL.Query().Get("token"))
	}
	return slices.ContainsFunc(candidates, func(candidate string) bool {
		return subtle.ConstantTimeCompare([]byte(candidate), []byte(c.token)) == 1
	})
}

// showPage serves the page. A token in the URL becomes a cookie, so that it
// leaves the address bar.
func (c *console) showPage(w http.ResponseWriter, r *http.Request) {
	if c.token != "" && r.URL.Query().Has("token") {
		http.SetCookie(w, &http.Cookie{Name: cookieName, Value: c.token, Path: "/_", HttpOnly: true, SameSite: http.SameSiteStrictMode}) //nolint:gosec // not Secure: the server has no TLS
		http.Redirect(w, r, "/_ui", http.StatusSeeOther)
		return
	}
	http.ServeFileFS(w, r, files, "page/page.html")
}
