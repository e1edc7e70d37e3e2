// Somebody with an account and a program of her own, verified by her colleagues, who works together with the server.
import { hkdfSync } from 'node:crypto';
import { hashFor, keyId, keyLogPayload, label, makeAccount, makeKeys, now, random, readEntry, sealBody, sha256, sign1, signerHeader, unwrapKey, wrapKey } from '../../interop/javascript/foreign.mjs';
import { cose, encode, GRANT, hex, parse } from './objects.mjs';

export { hashFor, keyId, keyLogPayload, label, makeAccount, makeKeys, now, random, sha256, sign1, signerHeader };

/** An account that the server has put into its tables by itself. */
export async function settle(database, handle) {
  const made = await makeAccount();
  const at = now();
  await database.run(['INSERT INTO accounts (account, handle, created_at) VALUES (?, ?, ?)', made.account, handle, at],
    ['INSERT INTO key_log (account, sequence, entry, stored_at, epoch) VALUES (?, 0, ?, ?, 1)', made.account, made.entry, at]);
  return { ...made, handle, id: hex(made.account) };
}

/** A version of hers, honest but for what is asked otherwise. */
export function write(author, { tenant, sections, as = author.account, change = (manifest) => manifest, signer = author, header, body = () => ({}), client = random(16), record = random(16) }) {
  const place = [tenant, record, 1, client, 1, as];
  const bodies = Object.keys(sections).sort().map((name) => sealBody(place, name, sections[name], body(name)));
  const listed = bodies.map(({ section, body, commitment }) => [section, sha256(body), commitment]);
  const manifest = [tenant, record, 1, client, null, 1, null, as, 1, 0, now(), [1, 2], listed, new Map()];
  const signed = (manifest) => sign1('version', encode(manifest), signer, header);
  const version = signed(change(manifest) ?? manifest);
  return { manifest, version, bodies, signed };
}

export const served = ({ version, bodies }) => encode([label('chart-record'), version, null, bodies.map(({ body }) => body)]);

/** What a version says of a content key. */
export const commit = (contentKey, context) => new Uint8Array(hkdfSync('sha256', contentKey, context, label('commitment'), 32));

/** A grant of hers on it to the account of `entry`; `keysOf`: whose keys it is wrapped to, if not that account's. */
export async function grant(granter, { manifest, version, bodies }, entry, { suite = 2, as = granter.account, change = () => {}, signer = granter, header, wrap = (keys) => keys, expiresAt = null, keysOf = entry } = {}) {
  const reader = readEntry(entry);
  const fields = [manifest[0], manifest[1], manifest[5], sha256(version), as, reader.account, suite, 1, now(), expiresAt];
  change(fields);
  const keys = [];
  for (const { section, contentKey } of bodies) keys.push([section, await wrapKey(fields, section, contentKey, readEntry(keysOf))]);
  return sign1('grant', encode([fields, wrap(keys)]), signer, header);
}

/** What she was granted: the content keys by section. */
export async function contentKeys(grantBytes, me) {
  const [header, keys] = parse(cose(grantBytes).content);
  return Promise.all(keys.map(async ([section, recipient]) => ({ section, contentKey: await unwrapKey(recipient, header[GRANT.suite], me) })));
}
