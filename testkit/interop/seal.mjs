// Encrypts as somebody would with Node's crypto module, in every layout that
// the webhooks package reads, and prints one JSON array of
//   {name, mode, key, ivSize, body, plaintext}
//
// With --fixed the IVs are derived from the names, so that the output is the
// same each time and can be checked in. Never do that outside of tests.
import { createCipheriv, createHash, createHmac, randomBytes } from 'node:crypto';

const fixed = process.argv.includes('--fixed');
const key = 'interop-key-of-exactly-32-bytes!';
const plaintexts = [
  '{"event":"user_joins_server","user":{"username":"ada"}}',
  '{"event":"new_message_posted_anywhere","message":"ça va? 🎲"}',
  '{"a":12345678}', // 14 bytes: two bytes of padding
  '{"a":1234567890}', // 16 bytes: a whole block of padding
];

const encodings = {
  hex: (bytes) => bytes.toString('hex'),
  HEX: (bytes) => bytes.toString('hex').toUpperCase(),
  base64: (bytes) => bytes.toString('base64'),
  base64raw: (bytes) => bytes.toString('base64').replace(/=+$/, ''),
  base64url: (bytes) => bytes.toString('base64url'),
  base64urlpadded: (bytes) => bytes.toString('base64').replaceAll('+', '-').replaceAll('/', '_'),
};

// Each layout makes a body of IV, ciphertext, tag (empty for CBC) and encoding.
const object = (ivName, dataName, tagName) => (iv, data, tag, encode) =>
  JSON.stringify({ [ivName]: encode(iv), [dataName]: encode(data), ...(tag.length ? { [tagName]: encode(tag) } : {}) });
const colons = (iv, data, tag, encode) => [iv, data, tag].filter((part) => part.length).map(encode).join(':');
const blob = (iv, data, tag, encode) => encode(Buffer.concat([iv, data, tag]));
const member = (name, layout) => (...parts) => JSON.stringify({ [name]: layout(...parts) });
const string = (layout) => (...parts) => JSON.stringify(layout(...parts));
const appended = (layout) => (iv, data, tag, encode) => layout(iv, Buffer.concat([data, tag]), Buffer.alloc(0), encode);

const layouts = { colons, blob, 'colons string': string(colons), 'blob string': string(blob) };
for (const name of ['data', 'encryptedData', 'encrypted', 'ciphertext', 'content', 'payload']) {
  layouts[`iv ${name} tag`] = object('iv', name, 'tag');
  layouts[`nonce ${name} authTag`] = object('nonce', name, 'authTag');
  layouts[`colons in ${name}`] = member(name, colons);
  layouts[`blob in ${name}`] = member(name, blob);
}
layouts['iv data auth_tag'] = object('iv', 'data', 'auth_tag');
const onlyGCM = { 'iv data, tag appended': appended(object('iv', 'data', '')), 'colons, tag appended': appended(colons) };

function seal(mode, ivSize, name, plaintext) {
  const iv = fixed ? createHash('sha256').update(name).digest().subarray(0, ivSize) : randomBytes(ivSize);
  const cipher = createCipheriv(mode, Buffer.from(key, 'utf8'), iv);
  const data = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final()]);
  return [iv, data, mode === 'aes-256-gcm' ? cipher.getAuthTag() : Buffer.alloc(0)];
}

const vectors = [];
for (const [mode, ivSize] of [['aes-256-cbc', 16], ['aes-256-gcm', 12], ['aes-256-gcm', 16]]) {
  for (const [layout, format] of Object.entries({ ...layouts, ...(mode === 'aes-256-gcm' ? onlyGCM : {}) })) {
    for (const [encoding, encode] of Object.entries(encodings)) {
      const plaintext = plaintexts[vectors.length % plaintexts.length];
      const name = `${mode} ${ivSize} ${layout} ${encoding}`;
      const body = format(...seal(mode, ivSize, name, plaintext), encode);
      const signature = createHmac('sha256', 'interop-signing-secret').update(body).digest('hex');
      vectors.push({ name, mode, key, ivSize, body, signature, plaintext });
    }
  }
}
process.stdout.write('[\n' + vectors.map((vector) => JSON.stringify(vector)).join(',\n') + '\n]\n');
