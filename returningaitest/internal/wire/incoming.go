package wire

import (
	"crypto/rand"
	"encoding/json"
	"net/http"

	"github.com/returningai/returningai-go/returningaitest/internal/delivery"
)

// Hook is an incoming hook: a URL that changes the community when it is called.
type Hook string

// The three hooks (documented). Their operations are "webhooks.incoming." and
// the name.
const (
	HookSendMessage      Hook = "sendMessage"
	HookUpdateUserFields Hook = "updateUserFields"
	HookUpdateCurrency   Hook = "updateCurrency"
)

// Operation returns the id of the hook's operation.
func (h Hook) Operation() string { return "webhooks.incoming." + string(h) }

// incomingRoutes are those of the hooks. The paths are secrets.
func incomingRoutes() []route {
	return []route{
		incoming(HookSendMessage, sendMessage), incoming(HookUpdateUserFields, updateUserFields), incoming(HookUpdateCurrency, updateCurrency),
	}
}

func incoming(hook Hook, serve func(*Call) Result) route {
	return route{hook.Operation(), Webhooks, "POST /incoming/" + rand.Text(), noPermission, func(c *Call) Result {
		return serve(open(c, c.Settings.Hooks[hook]))
	}}
}

// open checks the hook's protection and returns the decrypted call. Assumed:
// 401 for a key or signature that is missing or wrong, 400 for a body that is
// not encrypted as it should be, or is encrypted although it should not be.
func open(c *Call, p delivery.Protection) *Call {
	if keys := c.Header.Values("X-Api-Key"); p.Key != "" && (len(keys) != 1 || keys[0] != p.Key) {
		refused(http.StatusUnauthorized, "the API key of the hook is missing or invalid")
	}
	if p.Signature.Method != "" && !p.Signature.Verify(c.Header, c.Community.Now(), c.Body) {
		refused(http.StatusUnauthorized, "the signature is missing or invalid")
	}
	marked, encrypts := c.Header.Get("X-Encrypted") == "true", p.Encryption.Mode != ""
	switch {
	case encrypts && !marked:
		refused(http.StatusBadRequest, "the header x-encrypted: true is missing")
	case marked && !encrypts:
		refused(http.StatusBadRequest, "the encryption of the hook is switched off")
	case !encrypts:
		return c
	}
	plaintext, ok := p.Encryption.Open(c.Body)
	if !ok {
		refused(http.StatusBadRequest, "the body could not be decrypted")
	}
	opened := *c
	opened.Body, opened.Header = plaintext, c.Header.Clone()
	opened.Header.Set("Content-Type", "application/json") // of the plaintext
	return &opened
}

// updateUserFields sets custom fields of a user. Assumed, like the body: 404
// for a user or a field that does not exist, 400 for a value that is not of the
// field's type, and that nothing changes then.
func updateUserFields(c *Call) Result {
	f := c.fields()
	identifier := required[string](f, "user")
	values := required[map[string]json.RawMessage](f, "fields")
	f.check()
	return done("User fields have been updated successfully", c.Community.SetFields(identifier, values))
}

// updateCurrency changes a user's coins, which are the default, or xp. Assumed,
// like the body: whole amounts from 0, 404 for a user or a currency that does
// not exist, 400 for an amount that would leave less than nothing or too much.
func updateCurrency(c *Call) Result {
	f := c.fields()
	identifier := required[string](f, "user")
	currency, _ := optional[string](f, "currency")
	amount := required[int64](f, "amount")
	operation := required[string](f, "operation")
	f.check()
	return done("Currency has been updated successfully", c.Community.ChangeCurrency(identifier, currency, operation, amount))
}
