package wire

import (
	"net/http"
	"strings"

	"github.com/returningai/returningai-go/returningaitest/internal/community"
)

// bearer checks the value of an Authorization header.
func bearer(c *Call, value string) (*community.Token, error) {
	scheme, text, _ := strings.Cut(value, " ")
	token := c.Community.Keys.Token(text)
	switch {
	case !strings.EqualFold(scheme, "Bearer"):
		return nil, Refuse(http.StatusUnauthorized, "authentication is invalid: not a bearer token")
	case token == nil:
		return nil, Refuse(http.StatusUnauthorized, "the token is invalid")
	case token.Expired(c.Community.Now()):
		return nil, Refuse(http.StatusUnauthorized, "the token has expired")
	}
	return token, nil
}
