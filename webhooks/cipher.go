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
	// bytes, or 16 where the envelope keeps it apart. It proves that the body is
	// from somebody with the key, but not when it was made: alone, it lets
	// replays pass.
	AES256GCM
)

const (
	keySize       = 32
	tagSize       = 16
	nonceSize     = 12 // the usual IV of AES-256-GCM
	longNonceSize = 16 // the other one
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

// fits reports whether a ciphertext, its tag included, can be of this mode.
func (c Cipher) fits(size int) bool {
	if c == AES256CBC {
		return size >= aes.BlockSize && size%aes.BlockSize == 0
	}
	return size > tagSize
}

// fitsIV reports whether an IV can be of this mode.
func (c Cipher) fitsIV(size int) bool {
	if c == AES256CBC {
		return size == aes.BlockSize
	}
	return size == nonceSize || size == longNonceSize
}

// newBlock makes the block cipher of a key.
func newBlock(key secret.Text) (cipher.Block, error) {
	if len(key.Reveal()) != keySize {
		return nil, errors.New("an AES-256 key is exactly 32 bytes")
	}
	return aes.NewCipher([]byte(key.Reveal()))
}

// newGCM makes the AEAD of a key for an IV of 12 or 16 bytes, which stands
// before the ciphertext. In a strict FIPS 140 mode the longer IV is refused,
// and of the shorter one this is the only form that is not.
func newGCM(block cipher.Block, ivSize int) (cipher.AEAD, error) {
	if ivSize == nonceSize {
		return cipher.NewGCMWithRandomNonce(block)
	}
	return cipher.NewGCMWithNonceSize(block, ivSize)
}

// decrypter opens envelopes with any of several keys.
type decrypter struct {
	mode   Cipher
	keys   []blockKey
	blobIV int // length of the IV that leads a blob
	names  EnvelopeNames
}

// blockKey is a key, ready for use. long is nil where it is not allowed.
type blockKey struct {
	id    string
	block cipher.Block
	gcm   cipher.AEAD // IV of 12 bytes
	long  cipher.AEAD // IV of 16 bytes
}

func newBlockKey(text secret.Text) (made blockKey, err error) {
	if made.block, err = newBlock(text); err != nil {
		return blockKey{}, err
	}
	made.long, _ = newGCM(made.block, longNonceSize) // none where it is not allowed
	made.gcm, err = newGCM(made.block, nonceSize)
	return made, err
}

// complete sets the values of other options, or the defaults of the mode.
func (d *decrypter) complete(names EnvelopeNames, gcmBlobIV int) error {
	d.names = names
	d.blobIV = cmp.Or(gcmBlobIV, nonceSize)
	if d.mode == AES256CBC {
		d.blobIV = aes.BlockSize
		return nil
	}
	_, err := newGCM(d.keys[0].block, d.blobIV)
	return err
}

// open decrypts the envelope in body. It tries every key, also after one has
// worked, and takes the one whose plaintext is a JSON event.
func (d *decrypter) open(body []byte) (event content, keyID string, err error) {
	envelope, ok := d.decode(d.names.find(body))
	if !ok {
		return content{}, "", ErrDecryption
	}
	err = ErrDecryption
	for _, key := range d.keys {
		if opened, ok := key.open(d.mode, envelope); ok {
			event, keyID, err = opened, key.id, nil
		}
	}
	return event, keyID, err
}

// looksSealed reports whether body is an envelope and nothing but one.
func (d *decrypter) looksSealed(body []byte) bool {
	text := d.names.find(body)
	_, ok := d.decode(text)
	return ok && !text.foreign
}

// open decrypts with one key, and reports whether the result is a JSON event.
func (k blockKey) open(mode Cipher, envelope sealed) (content, bool) {
	if mode == AES256CBC {
		return openCBC(k.block, envelope)
	}
	var plaintext []byte
	var err error
	if envelope.ivSize == nonceSize || k.long == nil { // a longer IV then fails as a wrong one does
		plaintext, err = k.gcm.Open(nil, nil, envelope.data, nil)
	} else {
		plaintext, err = k.long.Open(nil, envelope.iv(), envelope.ciphertext(), nil)
	}
	if err != nil {
		return content{}, false
	}
	return readContent(plaintext)
}

// openCBC looks at the JSON whether or not the padding was right, so that
// refusing bad padding takes no less time than refusing what it hides.
func openCBC(block cipher.Block, envelope sealed) (content, bool) {
	padded := make([]byte, len(envelope.ciphertext()))
	cipher.NewCBCDecrypter(block, envelope.iv()).CryptBlocks(padded, envelope.ciphertext())
	length, good := unpad(padded)
	event, isEvent := readContent(padded[:length])
	return event, good && isEvent
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
