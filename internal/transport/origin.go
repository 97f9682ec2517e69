package transport

import (
	"net"
	"net/netip"
	"net/url"
	"strings"
)

// HostOf returns the host and port of an address, without the scheme's own
// port, so that two spellings of one host compare equal.
func HostOf(address *url.URL) string {
	host, port := strings.ToLower(address.Hostname()), address.Port()
	if address.Scheme == "https" && port == "443" || address.Scheme == "http" && port == "80" {
		port = ""
	}
	switch {
	case port != "":
		return net.JoinHostPort(host, port)
	case strings.Contains(host, ":"):
		return "[" + host + "]"
	}
	return host
}

// OriginOf returns the scheme, host and port of an address.
func OriginOf(address *url.URL) string { return address.Scheme + "://" + HostOf(address) }

// sameOrigin reports whether two addresses have the same scheme, host and port.
func sameOrigin(a, b *url.URL) bool {
	return a.Scheme == b.Scheme && (a.Host == b.Host || HostOf(a) == HostOf(b))
}

// Loopback reports whether a host name or address is this machine's own.
func Loopback(host string) bool {
	address, _ := netip.ParseAddr(host) // no address is not a loopback
	return strings.EqualFold(host, "localhost") || address.IsLoopback()
}
