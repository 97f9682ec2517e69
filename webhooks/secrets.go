package webhooks

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/returningai/returningai-go/secret"
)

const (
	// minSecretSize is the length in bytes below which a shared secret is
	// refused as guessable.
	minSecretSize = 16
	// maxSecrets bounds the secrets of one verifier and the keys of a cipher,
	// since every one of them is tried on every delivery.
	maxSecrets = 16
)

// Secret is one of the secrets, or keys, that are accepted at a time. Several
// side by side let you rotate: accept the new one, change the sender, drop the
// old one.
type Secret struct {
	// ID names the secret in [Match], in logs and in errors. Empty means its
	// position, counted from 1. It is no secret: never put the text in it.
	ID string
	// Text is the secret itself. Shared secrets have at least 16 bytes and no
	// line breaks; encryption keys have exactly 32 bytes of any value (a key
	// that you hold as hex or base64 has to be decoded first).
	Text secret.Text
}

// NewSecret returns the secret text under an id.
func NewSecret(id, text string) Secret { return Secret{ID: id, Text: secret.New(text)} }

// named gives every secret an id and checks the list; check looks at one text.
func named(secrets []Secret, check func(secret.Text) error) ([]Secret, error) {
	var problems []error
	if len(secrets) == 0 {
		problems = append(problems, errors.New("needs at least one secret"))
	}
	if len(secrets) > maxSecrets {
		problems = append(problems, fmt.Errorf("takes at most %d secrets", maxSecrets))
	}
	result := make([]Secret, len(secrets))
	for i, given := range secrets {
		position := strconv.Itoa(i + 1)
		if given.ID == "" {
			given.ID = position
		}
		if err := check(given.Text); err != nil {
			problems = append(problems, fmt.Errorf("secret %s: %w", position, err))
		}
		if given.ID == given.Text.Reveal() {
			problems = append(problems, fmt.Errorf("secret %s: the id is the secret itself", position))
		}
		for _, earlier := range result[:i] {
			if earlier.ID == given.ID {
				problems = append(problems, fmt.Errorf("secret %s: its id is taken", position))
			}
			if earlier.Text.Equal(given.Text) {
				problems = append(problems, fmt.Errorf("secret %s: given twice", position))
			}
		}
		result[i] = given
	}
	return result, errors.Join(problems...)
}

// checkShared refuses a shared secret that is weak or cannot be in a header.
func checkShared(text secret.Text) error {
	switch revealed := text.Reveal(); {
	case revealed == "":
		return errors.New("is empty")
	case strings.ContainsAny(revealed, "\r\n\x00"):
		return errors.New("holds a line break or a NUL (read from a file with its line end?)")
	case strings.TrimSpace(revealed) != revealed:
		return errors.New("starts or ends with white space")
	case len(revealed) < minSecretSize:
		return fmt.Errorf("is shorter than %d bytes", minSecretSize)
	}
	return nil
}

// checkURLSecret refuses a secret that a query would change as well.
func checkURLSecret(text secret.Text) error {
	const changed = "+&%;#\"<>\\^`{|}"
	if strings.ContainsFunc(text.Reveal(), func(letter rune) bool {
		return letter <= ' ' || letter > '~' || strings.ContainsRune(changed, letter)
	}) {
		return errors.New("holds a character that URLs change: use letters, digits and -._~/=")
	}
	return checkShared(text)
}

// digests are the hashes of shared secrets: candidates of any length compare
// in the same time.
type digests []struct {
	id  string
	sum [sha256.Size]byte
}

func newDigests(secrets []Secret) digests {
	result := make(digests, len(secrets))
	for i, one := range secrets {
		result[i].id, result[i].sum = one.ID, sha256.Sum256([]byte(one.Text.Reveal()))
	}
	return result
}

// match returns the id of the secret that the candidate is. It compares with
// all of them.
func (d digests) match(candidate string) (string, bool) {
	sum := sha256.Sum256([]byte(candidate))
	found := -1
	for i := range d {
		same := subtle.ConstantTimeCompare(sum[:], d[i].sum[:])
		found = subtle.ConstantTimeSelect(same, i, found)
	}
	if found < 0 {
		return "", false
	}
	return d[found].id, true
}
