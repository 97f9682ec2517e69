package webhooks

import (
	"cmp"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"

	"github.com/returningai/returningai-go/internal/wire"
)

// Layout is how the parts of an encrypted envelope are put together.
type Layout uint8

const (
	// LayoutFields is a JSON object with a field for each part. The default.
	LayoutFields Layout = iota
	// LayoutColons is the text iv:ciphertext, with :tag for AES-256-GCM.
	LayoutColons
	// LayoutBlob is one text: IV, ciphertext and tag one after the other.
	LayoutBlob
)

// Carrier is the form in which [LayoutColons] and [LayoutBlob] travel.
type Carrier uint8

const (
	// CarrierBare sends the text as it is, as text/plain. The default.
	CarrierBare Carrier = iota
	// CarrierString sends the text as a JSON string.
	CarrierString
	// CarrierField sends the text as a field of a JSON object, under
	// CiphertextName.
	CarrierField
)

// Envelope is how a [Sender] lays out what it encrypts. The zero value is
// {"iv":"…","data":"…"} for AES-256-CBC, with "tag":"…" for AES-256-GCM, in
// hex. That Returning.AI reads it is assumed, since its layout is not
// documented; hence all the others, which a [Receiver] reads too.
type Envelope struct {
	Layout   Layout
	Carrier  Carrier  // of LayoutColons and LayoutBlob only
	Encoding Encoding // of every part; Hex by default

	IVName         string // default iv
	CiphertextName string // default data
	TagName        string // default tag

	// AppendTag puts the tag of AES-256-GCM behind the ciphertext instead of
	// in a part of its own. A blob always has it there.
	AppendTag bool
	// IVSize is the length of the IV of AES-256-GCM: 12 bytes, the default,
	// or 16.
	IVSize int
}

// check fills in the defaults and refuses contradictions.
func (e *Envelope) check(mode Cipher) error {
	var problems []error
	refuse := func(wrong bool, text string) {
		if wrong {
			problems = append(problems, errors.New("envelope: "+text))
		}
	}
	refuse(e.Layout != LayoutFields && (e.IVName != "" || e.TagName != ""), "IVName, TagName: are for LayoutFields")
	refuse(e.Layout != LayoutFields && e.Carrier != CarrierField && e.CiphertextName != "", "CiphertextName: nothing carries it")
	refuse(e.TagName != "" && (mode == AES256CBC || e.AppendTag), "TagName: the tag has no field of its own")
	e.IVName = cmp.Or(e.IVName, "iv")
	e.CiphertextName = cmp.Or(e.CiphertextName, "data")
	e.TagName = cmp.Or(e.TagName, "tag")
	refuse(e.Layout > LayoutBlob, "Layout: not one of the constants")
	refuse(e.Carrier > CarrierField, "Carrier: not one of the constants")
	refuse(!e.Encoding.known(), "Encoding: not one of the constants")
	refuse(e.Layout == LayoutFields && e.Carrier != CarrierBare, "Carrier: LayoutFields is an object of its own")
	refuse(e.IVName == e.CiphertextName || e.IVName == e.TagName || e.CiphertextName == e.TagName,
		"two parts have the same name")
	switch {
	case mode == AES256CBC:
		refuse(e.IVSize != 0 && e.IVSize != aes.BlockSize, "IVSize: AES-256-CBC takes 16 bytes")
		refuse(e.AppendTag, "AppendTag: AES-256-CBC has no tag")
		e.IVSize = aes.BlockSize
	case e.IVSize == 0:
		e.IVSize = 12
	default:
		refuse(e.IVSize != 12 && e.IVSize != 16, "IVSize: neither 12 nor 16 bytes")
	}
	return errors.Join(problems...)
}

// encrypter encrypts messages with one key.
type encrypter struct {
	mode     Cipher
	block    cipher.Block
	gcm      cipher.AEAD
	envelope Envelope
	// custom lays the parts out instead of the envelope, unless it is nil.
	custom func(iv, ciphertext, tag []byte) (body []byte, contentType string, err error)
}

// complete sets the values of other options.
func (e *encrypter) complete(envelope Envelope) error {
	if err := envelope.check(e.mode); err != nil {
		return err
	}
	e.envelope = envelope
	if e.mode == AES256CBC {
		return nil
	}
	var err error
	if e.gcm, err = newGCM(e.block, envelope.IVSize); err != nil {
		return fmt.Errorf("envelope: IVSize: %w", err)
	}
	return nil
}

// seal encrypts under a fresh IV, and returns the body and its content type.
func (e *encrypter) seal(plaintext []byte) (body []byte, contentType string, err error) {
	iv, ciphertext, tag := e.encrypt(plaintext)
	if e.custom == nil {
		return e.envelope.format(iv, ciphertext, tag)
	}
	if panicked := guard(func() { body, contentType, err = e.custom(iv, ciphertext, tag) }); panicked != nil {
		err = fmt.Errorf("WithEnvelopeFunc: %w", panicked)
	}
	return body, contentType, err
}

// encrypt returns a fresh random IV, the ciphertext, and the tag of GCM.
func (e *encrypter) encrypt(plaintext []byte) (iv, ciphertext, tag []byte) {
	iv = make([]byte, e.envelope.IVSize)
	// It never fails: the runtime ends the program first.
	_, _ = rand.Read(iv)
	if e.mode == AES256CBC {
		return iv, sealCBC(e.block, iv, plaintext), nil
	}
	var sealed []byte
	if e.gcm.NonceSize() == 0 { // it makes the IV itself
		sealed = e.gcm.Seal(nil, nil, plaintext, nil)
	} else {
		sealed = e.gcm.Seal(slices.Clone(iv), iv, plaintext, nil)
	}
	end := len(sealed) - tagSize
	return sealed[:len(iv)], sealed[len(iv):end], sealed[end:]
}

// sealCBC pads as PKCS#7 says and encrypts.
func sealCBC(block cipher.Block, iv, plaintext []byte) []byte {
	padding := aes.BlockSize - len(plaintext)%aes.BlockSize
	padded := append(slices.Clone(plaintext), slices.Repeat([]byte{byte(padding)}, padding)...)
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(padded, padded)
	return padded
}

const (
	typeJSON = "application/json"
	typeText = "text/plain; charset=utf-8"
)

// format lays the parts out.
func (e Envelope) format(iv, ciphertext, tag []byte) (body []byte, contentType string, err error) {
	if e.AppendTag || e.Layout == LayoutBlob {
		ciphertext, tag = slices.Concat(ciphertext, tag), nil
	}
	encode := e.Encoding.encode
	if e.Layout == LayoutFields {
		parts := map[string]string{e.IVName: encode(iv), e.CiphertextName: encode(ciphertext)}
		if tag != nil {
			parts[e.TagName] = encode(tag)
		}
		return marshalAs(parts)
	}
	text := encode(slices.Concat(iv, ciphertext))
	if e.Layout == LayoutColons {
		text = encode(iv) + ":" + encode(ciphertext)
		if tag != nil {
			text += ":" + encode(tag)
		}
	}
	switch e.Carrier {
	case CarrierString:
		return marshalAs(text)
	case CarrierField:
		return marshalAs(map[string]string{e.CiphertextName: text})
	}
	return []byte(text), typeText, nil
}

// marshalAs writes JSON with its content type.
func marshalAs(value any) ([]byte, string, error) {
	body, err := wire.Encode(value)
	return body, typeJSON, err
}
