package rest

import (
	"net"
	"net/netip"
	"net/url"
	"strings"
)

// HostOf returns host and port of an address, the port only where it is not
// the scheme's own, so that two spellings of one host compare equal.
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

// Loopback reports whether a host name or address is this machine's own.
func Loopback(host string) bool {
	address, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && address.IsLoopback()
}
