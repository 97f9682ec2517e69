// Reads a JSON array of {mode, key, body, envelope} from standard input, where
// envelope says how body is laid out, decrypts each with Node's crypto module
// and prints a JSON array of the plaintexts. It fails on the first that does
// not decrypt.
import { createDecipheriv } from 'node:crypto';
import { readFileSync } from 'node:fs';

const tagSize = 16;

// parts returns IV, ciphertext and tag, which is empty for CBC.
function parts({ mode, body, envelope }) {
  const encoding = envelope.encoding.startsWith('base64') ? envelope.encoding : 'hex';
  const decode = (text) => Buffer.from(text, encoding);
  let fields;
  if (envelope.layout === 'fields') {
    const object = JSON.parse(body);
    const expected = [envelope.iv, envelope.data, envelope.tag].filter((name) => name !== '');
    if (Object.keys(object).sort().join() !== expected.sort().join()) {
      throw new Error(`members ${Object.keys(object)} where ${expected} are due`);
    }
    fields = [object[envelope.iv], object[envelope.data], object[envelope.tag]].filter((text) => text !== undefined).map(decode);
  } else {
    const text = { bare: () => body, string: () => JSON.parse(body), member: () => JSON.parse(body)[envelope.data] }[envelope.carrier]();
    const whole = envelope.layout === 'blob' ? decode(text) : undefined;
    fields = whole ? [whole.subarray(0, envelope.ivSize), whole.subarray(envelope.ivSize)] : text.split(':').map(decode);
  }
  if (mode === 'aes-256-gcm' && fields.length === 2) {
    const split = fields[1].length - tagSize;
    fields = [fields[0], fields[1].subarray(0, split), fields[1].subarray(split)];
  }
  return fields;
}

const plaintexts = JSON.parse(readFileSync(0, 'utf8')).map((vector) => {
  const [iv, data, tag] = parts(vector);
  const decipher = createDecipheriv(vector.mode, Buffer.from(vector.key, 'utf8'), iv);
  if (vector.mode === 'aes-256-gcm') decipher.setAuthTag(tag);
  return Buffer.concat([decipher.update(data), decipher.final()]).toString('utf8');
});
process.stdout.write(JSON.stringify(plaintexts));
