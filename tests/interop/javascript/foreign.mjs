// A second JavaScript implementation of what two platforms exchange, from SPEC.md alone: COSE by hand on cborg,
// HPKE by `hpke` with noble's primitives, Ed25519, ChaCha20-Poly1305, HKDF and SHA-256 by Node's OpenSSL.
import { createCipheriv, createDecipheriv, createHash, createPrivateKey, createPublicKey, generateKeyPairSync, hkdfSync, randomBytes, sign, verify } from 'node:crypto';
import * as noble from '@panva/hpke-noble';
import { decode as decodeCbor, encode, Tagged } from 'cborg';
import { CipherSuite } from 'hpke';

export const label = (purpose) => `application/vnd.sealed-notes.v1.${purpose}`;
export const sha256 = (...parts) => new Uint8Array(parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest());
export const hashFor = (purpose, bytes) => sha256(label(purpose), bytes);
export const keyId = (kind, key) => hashFor(`key-id-${kind}`, key).slice(0, 16);
export const decode = (bytes) => decodeCbor(bytes, { useMaps: true, strict: true, rejectDuplicateMapKeys: true, tags: Tagged.preserve(18, 96) });
export const now = () => Math.floor(Date.now() / 1000);
export const random = (length) => new Uint8Array(randomBytes(length));

function suite(alg, kind, kem, kdf = noble.KDF_HKDF_SHA256, aead = noble.AEAD_ChaCha20Poly1305) {
  return { alg, kind, kem, kdf, aead, hpke: new CipherSuite(kem, kdf, aead) };
}

export const SUITES = {
  1: suite(50, 'x25519', noble.KEM_DHKEM_X25519_HKDF_SHA256),
  2: suite(-65537, 'xwing', noble.KEM_MLKEM768_X25519),
};

// --- Accounts

export async function makeAccount() {
  const made = await makeKeys();
  const entry = sign1('key-log', keyLogPayload(made), made);
  const account = sha256(entry);
  return { ...made, entry, account, fingerprint: fingerprint(account) };
}

/** Payload of a first entry, or of a rotation behind the entry whose hash is `previous`. */
export const keyLogPayload = ({ ed25519, public: { x25519, xwing } }, epoch = 1, previous = null) =>
  encode([epoch - 1, previous, previous === null ? 0 : 1, epoch, now(), ed25519, x25519, xwing]);

export async function makeKeys() {
  const { privateKey } = generateKeyPairSync('ed25519');
  const ed25519 = new Uint8Array(Buffer.from(privateKey.export({ format: 'jwk' }).x, 'base64url'));
  const receiving = {};
  const secret = {};
  for (const { kind, hpke } of Object.values(SUITES)) {
    const pair = await hpke.GenerateKeyPair(true);
    receiving[kind] = await hpke.SerializePublicKey(pair.publicKey);
    secret[kind] = pair.privateKey;
  }
  return { privateKey, ed25519, secret, public: receiving };
}

export function fingerprint(account) {
  const digest = Buffer.from(hashFor('fingerprint', account));
  return Array.from({ length: 8 }, (_, at) => String(digest.readUInt32BE(4 * at) % 100_000).padStart(5, '0')).join(' ');
}

/** Someone's public keys from her key log entry, its signature checked. */
export function readEntry(entry) {
  const [, , , , , ed25519, x25519, xwing] = decode(decode(entry).value[2]);
  verifySign1(entry, 'key-log', ed25519);
  return { account: sha256(entry), ed25519, public: { x25519, xwing } };
}

// --- COSE

export const signerHeader = (purpose, ed25519) => encode(new Map([[1, -19], [4, keyId('ed25519', ed25519)], [16, label(purpose)]]));
export const sigStructure = (header, payload) => encode(['Signature1', header, new Uint8Array(), payload]);

export const signBytes = (message, { privateKey }) =>
  new Uint8Array(sign(null, message, createPrivateKey(privateKey.export({ format: 'pem', type: 'pkcs8' }))));

export const verifyBytes = (message, signature, ed25519) =>
  verify(null, message, createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(ed25519).toString('base64url') } }), signature);

export const sign1 = (purpose, payload, signer, header = signerHeader(purpose, signer.ed25519)) =>
  encode(new Tagged(18, [header, new Map(), payload, signBytes(sigStructure(header, payload), signer)]));

/** The payload, if the signature is `ed25519`'s. */
export function verifySign1(bytes, purpose, ed25519) {
  const [header, , payload, signature] = decode(bytes).value;
  const fields = decode(header);
  if (fields.get(1) !== -19 || fields.get(16) !== label(purpose) || !verifyBytes(sigStructure(header, payload), signature, ed25519)) {
    throw new Error('the signature does not verify');
  }
  return decode(payload);
}

const encStructure = (header) => encode(['Encrypt', header, new Uint8Array()]);
const recipientStructure = (header) => encode(['HPKE Recipient', 24, header, new Uint8Array()]);
const aead = { authTagLength: 16 };

/** Opens a COSE_Encrypt as any holder of a recipient's private key would. */
export async function openEncrypt(bytes, suite, { secret, public: receiving }) {
  const [, , , recipients] = decode(bytes).value;
  const { alg, kind, hpke } = SUITES[suite];
  const mine = recipients.find(([protectedHeader]) => Buffer.compare(decode(protectedHeader).get(4), keyId(kind, receiving[kind])) === 0);
  if (decode(mine[0]).get(1) !== alg) throw new Error('another algorithm');
  return openBody(bytes, await hpke.Open(secret[kind], mine[1].get(-4), mine[2], { info: recipientStructure(mine[0]) }));
}

/** The text of a body, whoever its recipients are. */
export function openBody(bytes, contentKey) {
  const [header, unprotected, sealed] = decode(bytes).value;
  const cipher = createDecipheriv('chacha20-poly1305', contentKey, unprotected.get(5), aead);
  cipher.setAAD(encStructure(header));
  cipher.setAuthTag(sealed.slice(-16));
  const padded = Buffer.concat([cipher.update(sealed.slice(0, -16)), cipher.final()]);
  return padded.subarray(0, padded.lastIndexOf(0x80)).toString('utf8');
}

// --- A chart record

function pad(text) {
  const bytes = Buffer.from(text, 'utf8');
  const length = Math.max(256, bytes.length + 1);
  const exponent = Math.floor(Math.log2(length));
  const step = 2 ** (exponent - Math.floor(Math.log2(exponent)) - 1);
  const padded = new Uint8Array(Math.ceil(length / step) * step);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  return padded;
}

/** `typ`, `alg` and `context` are those of the specification unless something wrong is wanted. */
export function sealBody(place, section, text, { typ = label('chart-body'), alg = 24, context = hashFor('context', encode([...place, section])) } = {}) {
  const contentKey = random(32);
  const header = encode(new Map([[1, alg], [16, typ], [-65537, context]]));
  const iv = random(12);
  const cipher = createCipheriv('chacha20-poly1305', contentKey, iv, aead);
  cipher.setAAD(encStructure(header));
  const sealed = Buffer.concat([cipher.update(pad(text)), cipher.final(), cipher.getAuthTag()]);
  const body = encode(new Tagged(96, [header, new Map([[5, iv]]), new Uint8Array(sealed), []]));
  const commitment = new Uint8Array(hkdfSync('sha256', contentKey, context, label('commitment'), 32));
  return { section, contentKey, body, commitment };
}

/** A content key wrapped to a reader, for a grant with this header. */
export async function wrapKey(header, section, contentKey, reader, { alg, kind, hpke } = SUITES[header[6]]) {
  const context = hashFor('context', encode([header, section]));
  const protectedHeader = encode(new Map([[1, alg], [4, keyId(kind, reader.public[kind])], [-65537, context]]));
  const key = await hpke.DeserializePublicKey(reader.public[kind]);
  const { encapsulatedSecret, ciphertext } = await hpke.Seal(key, contentKey, { info: recipientStructure(protectedHeader) });
  return [protectedHeader, new Map([[-4, encapsulatedSecret]]), ciphertext];
}

/** The content key in a COSE_recipient, as its recipient gets it. */
export async function unwrapKey([protectedHeader, unprotected, ciphertext], suite, { secret }) {
  const { kind, hpke } = SUITES[suite];
  return new Uint8Array(await hpke.Open(secret[kind], unprotected.get(-4), ciphertext, { info: recipientStructure(protectedHeader) }));
}

/** A record by `author`, granted to the account of `entry`: what a server would hand that recipient. */
export async function sealRecord(author, entry, { tenant, sections, suite, expiresAt = null }) {
  const reader = readEntry(entry);
  const [record, client] = [random(16), random(16)];
  const place = [tenant, record, 1, client, 1, author.account];
  const names = Object.keys(sections).sort();
  const bodies = names.map((name) => sealBody(place, name, sections[name]));
  const listed = bodies.map(({ section, body, commitment }) => [section, sha256(body), commitment]);
  const manifest = [tenant, record, 1, client, null, 1, null, author.account, 1, 0, now(), [1, 2], listed, new Map()];
  const version = sign1('version', encode(manifest), author);
  const header = [tenant, record, 1, sha256(version), author.account, reader.account, suite, 2, now(), expiresAt];
  const keys = [];
  for (const { section, contentKey } of bodies) keys.push([section, await wrapKey(header, section, contentKey, reader)]);
  const sealed = encode([label('chart-record'), version, null, bodies.map(({ body }) => body)]);
  return { sealed, grant: sign1('grant', encode([header, keys]), author) };
}
