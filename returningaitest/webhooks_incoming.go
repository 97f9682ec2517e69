package returningaitest

import (
	"crypto/rand"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// Hook is an incoming hook: a URL that changes the community when it is called.
type Hook string

// The three hooks (documented). Their operations, for faults and the request
// log, are "webhooks.incoming." and this.
const (
	HookSendMessage      Hook = "sendMessage"
	HookUpdateUserFields Hook = "updateUserFields"
	HookUpdateCurrency   Hook = "updateCurrency"
)

// HookProtection is what a hook demands of its callers. The zero value demands
// that they know its URL. It does not print.
type HookProtection struct {
	unprintable

	// Key must come in the header x-api-key (documented).
	Key string

	// Encryption must be used, and the header x-encrypted: true be sent (both
	// documented). Every layout is read, whatever Envelope and Encoding say
	// (assumed).
	Encryption Encryption

	// Signature must verify. That hooks look at signatures is assumed.
	Signature Signature
}

func (s *Server) incomingHooksRoutes() []*route {
	return []*route{
		s.hookRoute(HookSendMessage, s.sendMessage),
		s.hookRoute(HookUpdateUserFields, s.hookUserFields),
		s.hookRoute(HookUpdateCurrency, s.hookCurrency),
	}
}

func (s *Server) hookRoute(name Hook, serve func(*call) (result, error)) *route {
	return &route{
		operation: name.operation(), family: Webhooks, method: http.MethodPost, pattern: "/incoming/" + rand.Text(),
		serve: func(c *call) (result, error) {
			opened, err := s.hooks[name].open(c)
			if err != nil {
				return result{}, err
			}
			return serve(opened)
		},
	}
}

func (h Hook) operation() string { return "webhooks.incoming." + string(h) }

// HookURL returns the URL of a hook. As in production it is a secret: whoever
// knows it may call the hook, unless [Server.ProtectHook] demands more. It
// panics when the hook is unknown.
func (s *Server) HookURL(hook Hook) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.URL(Webhooks) + s.mustRoute("HookURL", hook.operation()).pattern
}

// ProtectHook sets what a hook demands from now on. It panics when the hook is
// unknown or the protection cannot be used.
func (s *Server) ProtectHook(hook Hook, protection HookProtection) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mustRoute("ProtectHook", hook.operation())
	var err error
	if protection.Encryption, err = protection.Encryption.completed(); err == nil {
		protection.Signature, err = protection.Signature.completed()
	}
	if err != nil {
		panic("returningaitest: ProtectHook: " + err.Error())
	}
	if s.hooks == nil {
		s.hooks = map[Hook]HookProtection{}
	}
	s.hooks[hook] = protection
}

// open checks what the hook demands and returns the call decrypted. Assumed:
// 401 for a key or signature that is missing or wrong, 400 for a body that is
// not encrypted as it should be or encrypted although it should not.
func (p HookProtection) open(c *call) (*call, error) {
	if keys := c.header.Values("X-Api-Key"); p.Key != "" && (len(keys) != 1 || keys[0] != p.Key) {
		return nil, refuse(http.StatusUnauthorized, "the API key of the hook is missing or invalid")
	}
	if p.Signature.Method != "" && !p.Signature.verify(c.header, c.now, c.body) {
		return nil, refuse(http.StatusUnauthorized, "the signature is missing or invalid")
	}
	marked, encrypts := c.header.Get("X-Encrypted") == "true", p.Encryption.Mode != ""
	switch {
	case encrypts && !marked:
		return nil, refuse(http.StatusBadRequest, "the header x-encrypted: true is missing")
	case marked && !encrypts:
		return nil, refuse(http.StatusBadRequest, "the encryption of the hook is switched off")
	case !encrypts:
		return c, nil
	}
	plaintext, ok := p.Encryption.open(c.body)
	if !ok {
		return nil, refuse(http.StatusBadRequest, "the body could not be decrypted")
	}
	opened := *c
	opened.body, opened.header = plaintext, c.header.Clone()
	opened.header.Set("Content-Type", "application/json") // of what was encrypted
	return &opened, nil
}

// identified finds a user by username, email or either id.
func (s *Server) identified(identifier string) (*User, error) {
	user := s.state.users.named(identifier)
	for _, other := range s.state.users.all {
		if user == nil && (other.ID == identifier || other.ShortID == identifier) {
			user = other
		}
	}
	if user == nil || !user.active() {
		return nil, refuse(http.StatusNotFound, "user not found")
	}
	return user, nil
}

// hookUserFields sets custom fields of a user, and adds to their histories.
// Assumed, like the body: 404 for a user or a field that does not exist, 400
// for a value that is not of the field's type, and that nothing changes then.
func (s *Server) hookUserFields(c *call) (result, error) {
	body, err := c.members()
	if err != nil {
		return result{}, err
	}
	identifier := needed[string](body, "user")
	values := needed[map[string]json.RawMessage](body, "fields")
	if err := body.problem(); err != nil {
		return result{}, err
	}
	user, err := s.identified(identifier)
	if err != nil {
		return result{}, err
	}
	names, fields := slices.Sorted(maps.Keys(values)), map[string]*UserField{}
	for _, name := range names {
		field := s.state.fields.identified(name)
		switch {
		case field == nil:
			return result{}, refuse(http.StatusNotFound, "user field not found")
		case !field.takes(values[name]):
			return result{}, refuse(http.StatusBadRequest, "a value is not of its field's type %s", field.Type)
		}
		fields[name] = field
	}
	for _, name := range names {
		s.addHistory(fields[name].ID, user.ID, values[name], c.now)
		user.setField(fields[name].Field, values[name])
	}
	return result{message: "User fields have been updated successfully"}, nil
}

// identified finds a field by id or by either of its names.
func (f *fieldStore) identified(idOrName string) *UserField {
	for _, field := range f.all {
		if field.ID == idOrName || field.Field == idOrName || field.Name == idOrName {
			return field
		}
	}
	return nil
}

func (u *User) setField(name string, value json.RawMessage) {
	var read any
	_ = json.Unmarshal(value, &read) // was read before
	if u.CustomFields == nil {
		u.CustomFields = map[string]any{}
	}
	u.CustomFields[name] = read
}

// mostCurrency is the most that a user can have, and that one call can change.
const mostCurrency = 1 << 53

// hookCurrency changes what a user has of a currency: coins, also when none is
// named, or xp. Assumed, like the body: whole amounts of 0 and more, 404 for a
// user or a currency that does not exist, 400 for an amount that would leave
// less than nothing or too much.
func (s *Server) hookCurrency(c *call) (result, error) {
	body, err := c.members()
	if err != nil {
		return result{}, err
	}
	identifier := needed[string](body, "user")
	currency, _ := given[string](body, "currency")
	amount := needed[int](body, "amount")
	operation := needed[string](body, "operation")
	if amount < 0 || amount > mostCurrency {
		body.note("amount is negative or too large")
	}
	if err := body.problem(); err != nil {
		return result{}, err
	}
	user, err := s.identified(identifier)
	if err != nil {
		return result{}, err
	}
	balances := map[string]*float64{"": &user.Coins, "coins": &user.Coins, "xp": &user.XP}
	balance := balances[strings.ToLower(currency)]
	if balance == nil {
		return result{}, refuse(http.StatusNotFound, "currency not found")
	}
	changed := float64(amount)
	switch operation {
	case "add":
		changed = *balance + changed
	case "subtract":
		changed = *balance - changed
	case "overwrite":
	default:
		return result{}, refuse(http.StatusBadRequest, "operation must be add, subtract or overwrite")
	}
	if changed < 0 || changed > mostCurrency {
		return result{}, refuse(http.StatusBadRequest, "the user would have less than nothing, or too much")
	}
	*balance = changed
	return result{message: "Currency has been updated successfully"}, nil
}
