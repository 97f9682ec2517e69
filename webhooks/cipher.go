package webhooks

import (
	"cmp"
	"crypto/aes"
	"crypto/cipher"
	"crypto/subtle"
	"errors"

	"github.com/returningai/returningai-go/secret"
)

// Cipher is a mode of AES-256. Which one is in use is configured, never
// guessed from what arrives.
type Cipher uint8

// The two modes that Returning.AI documents.
const (
	// AES256CBC is AES-256 in CBC mode with a 16-byte IV and PKCS#7 padding.
	// It hides what is sent and authenticates nothing.
	AES256CBC Cipher = iota + 1
	// AES256GCM is AES-256 in GCM mode with a 16-byte tag, and an IV of 12
	// bytes, or 16 where the envelope keeps it apart. It authenticates too.
	AES256GCM
)

const (
	keySize = 32
	tagSize = 16
)

// String returns AES-256-CBC or AES-256-GCM.
func (c Cipher) String() string {
	switch c {
	case AES256CBC:
		return "AES-256-CBC"
	case AES256GCM:
		return "AES-256-GCM"
	}
	return "unknown cipher"
}

// fits reports whether an IV and a ciphertext, its tag included, can be of
// this mode.
func (c Cipher) fits(iv, ciphertext int) bool {
	if c == AES256CBC {
		return iv == aes.BlockSize && ciphertext > 0 && ciphertext%aes.BlockSize == 0
	}
	return (iv == 12 || iv == 16) && ciphertext > tagSize
}

// newBlock makes the block cipher of a key.
func newBlock(key secret.Text) (cipher.Block, error) {
	block, err := aes.NewCipher([]byte(key.Reveal()))
	if err != nil || len(key.Reveal()) != keySize {
		return nil, errors.New("an AES-256 key is exactly 32 bytes")
	}
	return block, nil
}

// decrypter opens envelopes with any of several keys.
type decrypter struct {
	mode   Cipher
	keys   []blockKey
	blobIV int // length of the IV that leads a blob
	names  EnvelopeNames
}

type blockKey struct {
	id    string
	block cipher.Block
}

// complete sets what other options say, or the defaults of the mode.
func (d *decrypter) complete(names EnvelopeNames, gcmBlobIV int) {
	d.names = names
	d.blobIV = cmp.Or(gcmBlobIV, 12)
	if d.mode == AES256CBC {
		d.blobIV = aes.BlockSize
	}
}

// open decrypts the envelope in body. It tries every key, also after one has
// worked, and takes the first whose plaintext is a JSON event.
func (d *decrypter) open(body []byte) (plaintext []byte, keyID string, err error) {
	text, ok := d.names.find(body)
	if !ok {
		return nil, "", ErrDecryption
	}
	envelope, ok := d.decode(text)
	if !ok {
		return nil, "", ErrDecryption
	}
	err = ErrDecryption
	for _, key := range d.keys {
		if opened, ok := d.mode.open(key.block, envelope); ok && err != nil {
			plaintext, keyID, err = opened, key.id, nil
		}
	}
	return plaintext, keyID, err
}

// looksSealed reports whether body is an envelope and nothing but one.
func (d *decrypter) looksSealed(body []byte) bool {
	text, ok := d.names.find(body)
	if !ok || text.foreign {
		return false
	}
	_, ok = d.decode(text)
	return ok
}

// open decrypts with one key, and reports whether the result is a JSON event.
func (c Cipher) open(block cipher.Block, envelope sealed) ([]byte, bool) {
	if c == AES256CBC {
		return openCBC(block, envelope)
	}
	aead, err := cipher.NewGCMWithNonceSize(block, len(envelope.iv))
	var plaintext []byte
	if err == nil {
		plaintext, err = aead.Open(nil, envelope.iv, envelope.ciphertext, nil)
	}
	return plaintext, err == nil && isEvent(plaintext)
}

// openCBC looks at the JSON whether or not the padding was right, so that
// refusing bad padding takes no less time than refusing what it hides.
func openCBC(block cipher.Block, envelope sealed) ([]byte, bool) {
	padded := make([]byte, len(envelope.ciphertext))
	cipher.NewCBCDecrypter(block, envelope.iv).CryptBlocks(padded, envelope.ciphertext)
	length, good := unpad(padded)
	event := isEvent(padded[:length])
	return padded[:length], good && event
}

// unpad checks PKCS#7 padding in a time that does not depend on the padding,
// and returns the length of what it pads, or of everything when it is wrong.
func unpad(padded []byte) (length int, good bool) {
	last := padded[len(padded)-1]
	valid := subtle.ConstantTimeLessOrEq(1, int(last)) & subtle.ConstantTimeLessOrEq(int(last), aes.BlockSize)
	for i := range aes.BlockSize {
		isPadding := subtle.ConstantTimeLessOrEq(i+1, int(last))
		same := subtle.ConstantTimeByteEq(padded[len(padded)-1-i], last)
		valid &= subtle.ConstantTimeSelect(isPadding, same, 1)
	}
	return len(padded) - subtle.ConstantTimeSelect(valid, int(last), 0), valid == 1
}
