// Grants that are made at once, a second time: receipts of a Merkle tree (RFC 9162, RFC 9942), and one encapsulation for
// whoever is granted several versions, which `hpke` knows by itself as one Encap with several key schedules.
import { encode, Tagged } from 'cborg';
import { CipherSuite } from 'hpke';

import { decode, keyId, label, now, openBody, random, readEntry, sealBody, sha256, sigStructure, sign1, signBytes, SUITES, unwrapKey, verifyBytes, wrapKey } from './foreign.mjs';

const leafHash = (payload) => sha256(Uint8Array.of(0), payload);
const nodeHash = (left, right) => sha256(Uint8Array.of(1), left, right);
const halfOf = (count) => 2 ** (Math.ceil(Math.log2(count)) - 1);

/** RFC 9162 §2.1.1. */
const treeHash = (payloads) =>
  payloads.length === 1 ? leafHash(payloads[0]) : nodeHash(treeHash(payloads.slice(0, halfOf(payloads.length))), treeHash(payloads.slice(halfOf(payloads.length))));

/** RFC 9162 §2.1.3.1. */
function inclusionPath(index, payloads) {
  if (payloads.length === 1) return [];
  const half = halfOf(payloads.length);
  const [left, right] = [payloads.slice(0, half), payloads.slice(half)];
  return index < half ? [...inclusionPath(index, left), treeHash(right)] : [...inclusionPath(index - half, right), treeHash(left)];
}

/** RFC 9162 §2.1.3.2, for trees of any size. */
function rootOf(leaf, size, index, path) {
  let [fn, sn, found] = [index, size - 1, leaf];
  for (const hash of path) {
    if (fn > sn || sn === 0) throw new Error('the path leads to no root');
    if (fn & 1 || fn === sn) {
      found = nodeHash(hash, found);
      while (fn !== 0 && !(fn & 1)) [fn, sn] = [fn >> 1, sn >> 1];
    } else {
      found = nodeHash(found, hash);
    }
    [fn, sn] = [fn >> 1, sn >> 1];
  }
  if (sn !== 0) throw new Error('the path ends below the root');
  return found;
}

const treeHeader = ({ ed25519 }) => encode(new Map([[1, -19], [4, keyId('ed25519', ed25519)], [16, label('grants')], [395, 1]]));

/** Grants from their payloads. */
export function signGrants(payloads, author) {
  if (payloads.length === 1) return [sign1('grant', payloads[0], author)];
  const leaves = [...payloads];
  while (Math.log2(leaves.length) % 1) leaves.push(new Uint8Array());
  const header = treeHeader(author);
  const signature = signBytes(sigStructure(header, treeHash(leaves)), author);
  return payloads.map((payload, index) => {
    const proof = encode([leaves.length, index, inclusionPath(index, leaves)]);
    return encode([payload, new Tagged(18, [header, new Map([[396, new Map([[-1, [proof]]])]]), null, signature])]);
  });
}

/** The payload, if `ed25519` signed the root that the receipt's path leads to. */
export function verifyReceipt(bytes, ed25519) {
  const [payload, { value: [header, unprotected, detached, signature] }] = decode(bytes);
  const [size, index, path] = decode(unprotected.get(396).get(-1)[0]);
  const root = rootOf(leafHash(payload), size, index, path);
  const isOf = Buffer.compare(header, treeHeader({ ed25519 })) === 0;
  if (!isOf || detached !== null || !verifyBytes(sigStructure(header, root), signature, ed25519)) throw new Error('the receipt does not verify');
  return decode(payload);
}

/** The texts that a recipient reads by a grant that was made at once with others. */
export async function openShared(me, suite, { sealed, grant, ed25519 }) {
  const [, keys] = verifyReceipt(grant, ed25519);
  const [, version, , bodies] = decode(sealed);
  const sections = decode(decode(version).value[2])[12];
  const texts = {};
  for (const [section, recipient] of keys) {
    const [, hash] = sections.find(([name]) => name === section);
    const body = bodies.find((body) => Buffer.compare(sha256(body), hash) === 0);
    texts[section] = openBody(body, await unwrapKey(recipient, suite, me));
  }
  return texts;
}

/** The suite, with one encapsulation per public key: the key schedule is still that of the library. */
function sharing(suite) {
  const { alg, kind, hpke, kem, kdf, aead } = SUITES[suite];
  const made = new Map();
  const once = () => {
    const stock = kem();
    const Encap = async (key) => {
      const name = Buffer.from(await hpke.SerializePublicKey(key)).toString('hex');
      if (!made.has(name)) made.set(name, await stock.Encap(key));
      const { shared_secret: secret, enc } = made.get(name);
      return { shared_secret: secret.slice(), enc: enc.slice() };
    };
    return Object.create(stock, { Encap: { value: Encap } });
  };
  return { alg, kind, hpke: new CipherSuite(once, kdf, aead) };
}

/** Records by `author`, each granted to the accounts of all `entries`: `{ sealed, grants }` by record. */
export async function sealCaseload(author, entries, { tenant, records, suite }) {
  const shared = sharing(suite);
  const readers = entries.map(readEntry);
  const [payloads, made] = [[], []];
  for (const sections of records) {
    const [record, client] = [random(16), random(16)];
    const place = [tenant, record, 1, client, 1, author.account];
    const bodies = Object.keys(sections).sort().map((name) => sealBody(place, name, sections[name]));
    const listed = bodies.map(({ section, body, commitment }) => [section, sha256(body), commitment]);
    const version = sign1('version', encode([tenant, record, 1, client, null, 1, null, author.account, 1, 0, now(), [1, 2], listed, new Map()]), author);
    for (const reader of readers) {
      const header = [tenant, record, 1, sha256(version), author.account, reader.account, suite, 2, now(), null];
      const keys = [];
      for (const { section, contentKey } of bodies) keys.push([section, await wrapKey(header, section, contentKey, reader, shared)]);
      payloads.push(encode([header, keys]));
    }
    made.push(encode([label('chart-record'), version, null, bodies.map(({ body }) => body)]));
  }
  const grants = signGrants(payloads, author);
  return made.map((sealed, at) => ({ sealed, grants: grants.slice(at * readers.length, (at + 1) * readers.length) }));
}
