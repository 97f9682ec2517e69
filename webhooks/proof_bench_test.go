package webhooks

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"testing"

	"github.com/returningai/returningai-go/secret"
)

// BenchmarkProof checks a signature of 2 KB, beside the bare cryptography on the
// same bytes.
func BenchmarkProof(b *testing.B) {
	const key, name = "a-secret-of-the-benchmark", "X-Signature"
	body := []byte(strings.Repeat("x", 2<<10))
	hash := hmac.New(sha256.New, []byte(key))
	hash.Write(body)
	signature := hex.EncodeToString(hash.Sum(nil))

	b.Run("sdk", func(b *testing.B) {
		accepted, err := WithHMAC(HMAC{Header: name}, Secret{Text: secret.New(key)}).verifier()
		if err != nil {
			b.Fatal(err)
		}
		in := &inbound{header: http.Header{name: {signature}}}
		for b.Loop() {
			check, err := accepted.checkHead(in)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := check(body); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("bare", func(b *testing.B) {
		for b.Loop() {
			given, err := hex.DecodeString(signature)
			if err != nil {
				b.Fatal(err)
			}
			hash := hmac.New(sha256.New, []byte(key))
			hash.Write(body)
			if !hmac.Equal(hash.Sum(nil), given) {
				b.Fatal("the signature is wrong")
			}
		}
	})
}
