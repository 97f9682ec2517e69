package delivery

import (
	"encoding/base64"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzOpenEnvelope opens anything without a panic, and whatever was sealed.
func FuzzOpenEnvelope(f *testing.F) {
	const key = "an-aes-key-of-32-bytes-for-tests"
	for _, body := range []string{``, `{}`, `{"iv":"00","data":"00"}`, `"00:00"`, `00:00:00`, `{"data":"AAAA"}`, `{"iv":1}`, "\xff", `:`, `[]`, `7`} {
		f.Add([]byte(body))
	}
	var encryptions []Encryption
	for _, encryption := range []Encryption{
		{Mode: AES256CBC},
		{Mode: AES256CBC, Envelope: "{iv+ciphertext}", Encoding: base64.RawURLEncoding},
		{Mode: AES256GCM},
		{Mode: AES256GCM, Envelope: `"{iv}:{ciphertext+tag}"`, IVSize: 16},
		{Mode: AES256GCM, Envelope: `{"payload":"{iv+ciphertext+tag}"}`, Encoding: base64.StdEncoding},
	} {
		encryption.Key = key
		completed, err := encryption.Completed()
		require.NoError(f, err)
		encryptions = append(encryptions, completed)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, encryption := range encryptions {
			_, opened := encryption.Open(data)
			require.False(t, opened && encryption.Mode == AES256GCM, "a tag cannot be forged")
			if len(data) == 0 {
				continue // GCM of nothing is a tag alone, which no layout of the contract has
			}
			sealed, _ := encryption.Seal(data)
			plaintext, ok := encryption.Open(sealed)
			require.True(t, ok, "%s", sealed)
			require.Equal(t, string(data), string(plaintext))
		}
	})
}
