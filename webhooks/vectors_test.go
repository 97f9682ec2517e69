package webhooks_test

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/returningai/returningai-go/webhooks"
	"github.com/returningai/returningai-go/webhooks/webhookstest"
)

// vector is a payload that Node's crypto module encrypted and signed; see
// testkit/interop.
type vector struct {
	Name, Mode, Key, Body, Signature, Plaintext string
	IVSize                                      int
}

// TestNodeVectors decrypts what another implementation encrypted, in every
// layout, encoding and mode, and verifies its signatures.
func TestNodeVectors(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/node_vectors.json")
	require.NoError(t, err)
	var vectors []vector
	require.NoError(t, json.Unmarshal(data, &vectors))
	require.GreaterOrEqual(t, len(vectors), 500)
	names := map[string]bool{}
	for _, one := range vectors {
		require.False(t, names[one.Name], "%s: twice", one.Name)
		names[one.Name] = true
		key := webhooks.NewSecret("node", one.Key)
		decryption := webhooks.WithDecryption(webhooks.AES256CBC, key)
		options := []webhooks.ReceiverOption{webhooks.WithHMAC(hmacFormat, webhooks.NewSecret("", "interop-signing-secret"))}
		if one.Mode == "aes-256-gcm" {
			decryption = webhooks.WithDecryption(webhooks.AES256GCM, key)
			options = append(options, webhooks.WithIVSize(one.IVSize))
		}
		request := plain(t, path, one.Body)
		request.Header.Set("X-Signature-256", "sha256="+one.Signature)
		delivery, err := newReceiver(t, append(options, decryption)...).Parse(request)
		require.NoError(t, err, one.Name)
		require.Equal(t, one.Plaintext, string(delivery.Event.Base().Raw), one.Name)

		webhookstest.SetBody(request, []byte(one.Body+" "))
		_, err = newReceiver(t, append(options, decryption)...).Parse(request)
		require.ErrorIs(t, err, webhooks.ErrWrongCredential, one.Name)
	}
}
