// Package replay shows on real connections that net/http never sends a request
// a second time that the server may have processed, whatever breaks. It is a
// module of its own, so that the SDK does not depend on golang.org/x/net.
package replay
