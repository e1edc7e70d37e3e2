// Runs tests/vectors/*.json through this package's public functions. Nothing here needs Node: browsers run it too.
import { checkRecovery } from './recovery-vectors.mjs';

const bytes = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
const sorted = (value) => JSON.stringify(value, (_, item) => (item?.constructor === Object ? Object.fromEntries(Object.entries(item).sort()) : item));

function equal(found, expected, what) {
  if (sorted(found) !== sorted(expected)) throw new Error(`${what}: ${sorted(found)} instead of ${sorted(expected)}`);
}

/** The bytes that an input of failures.json stands for. */
function resolve(objects, value) {
  if (typeof value === 'string') return bytes(value);
  const base = objects[value.of];
  const parts = [];
  let end = 0;
  for (const [at, remove, insert, repeat = 1] of value.edits ?? []) {
    const piece = bytes(insert);
    const run = new Uint8Array(piece.length * repeat);
    for (let to = 0; to < run.length; to += piece.length) run.set(piece, to);
    parts.push(base.slice(end, at), run);
    end = at + remove;
  }
  parts.push(base.slice(end));
  const out = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/**
 * @param library the package's module namespace
 * @param files the parsed files: { accounts, 'private-notes', 'chart-records', drafts, padding, failures, recovery, 'recovery-failures' }
 * @returns {Promise<{ passed: number, failed: string[] }>}
 */
export async function runVectors(library, files) {
  const { Identity, Vault, checkAccountSecret, init } = library;
  const failed = [];
  let passed = 0;
  const check = async (name, run) => {
    try {
      await run();
      passed += 1;
    } catch (error) {
      failed.push(`${name}: ${error?.message ?? error}`);
    }
  };
  await init();

  // Accounts
  const account = {};
  for (const known of files.accounts.accounts) {
    account[known.name] = { ...known, entry: bytes(known.key_log.entry) };
  }
  const identityOf = (name) => Identity.fromKeyLog(account[name].account, [account[name].entry]);
  const verified = async (name, by) => {
    if (name === by) return account[name].unlocked.self;
    const found = await account[by].unlocked.verified(await identityOf(name));
    if (!found) throw new Error(`${name} is not pinned by ${by}`);
    return found;
  };
  for (const known of Object.values(account)) {
    await check(`key log of ${known.name}`, async () => equal((await identityOf(known.name)).fingerprint, known.fingerprint, 'fingerprint'));
    if (!known.passphrase) continue;
    await check(`unlock ${known.name}`, async () => {
      const { passphrase, account_secret_text: accountSecret, vault, slot } = known;
      const unlocked = await Vault.unlock({ passphrase, accountSecret, sealedVault: bytes(vault.sealed), slots: [bytes(slot.sealed)] });
      known.unlocked = unlocked;
      equal([unlocked.account, unlocked.fingerprint, unlocked.generation], [known.account, known.fingerprint, vault.generation], 'vault');
      equal(await unlocked.revealAccountSecret(), accountSecret, 'account secret');
    });
  }
  for (const { account: name, origin, challenge, login } of files.accounts.logins) {
    await check('login', async () => equal(hex(await account[name].unlocked.login({ challenge: bytes(challenge), origin })), login, 'login'));
  }
  for (const text of files.accounts.account_secrets.accepted) {
    await check(`account secret ${text}`, () => equal(checkAccountSecret(text), true, 'checked'));
  }

  // What must open
  const common = ({ manifest, author }, account) => ({
    record: manifest.record, version: manifest.version, client: manifest.client, ...(manifest.session && { session: manifest.session }),
    author: account[author].account, writtenAt: new Date(manifest.written_at * 1000), final: (manifest.flags & 1) === 1,
  });
  const purposes = ['treatment', 'supervision', 'payment', 'operations', 'client-access'];
  const openGood = async (notes, records, account, verified) => {
    for (const note of notes) {
      await check(note.name, async () =>
        equal(await account[note.author].unlocked.private.open(bytes(note.sealed)), { ...common(note, account), text: note.texts.note }, 'note'));
    }
    for (const record of records) {
      const { chart } = account[record.author].unlocked;
      await check(record.name, async () => equal(await chart.open(bytes(record.sealed)), { ...common(record, account), sections: record.texts }, 'record'));
      for (const grant of record.grants) {
        const { header, texts, recipient } = grant;
        await check(`${record.name} granted to ${recipient}, suite ${header.suite}`, async () => {
          const raw = bytes(grant.grant);
          const expires = header.expires_at && { expires: new Date(header.expires_at * 1000) };
          equal(await chart.readers(bytes(record.sealed), [raw]), [{
            account: account[recipient].account, version: header.version, purpose: purposes[header.purpose_of_use - 1], ...expires,
            sections: Object.keys(texts), grantedAt: new Date(header.granted_at * 1000), postQuantum: header.suite === 2,
          }], 'readers');
          const exported = await chart.exportSections(bytes(record.sealed), [raw]);
          equal(Object.fromEntries(Object.entries(exported).map(([name, body]) => [name, hex(body)])), grant.export, 'export');
          if (!account[recipient].unlocked) return;
          const shared = { bytes: bytes(grant.shared), grant: raw, author: await verified(record.author, recipient) };
          equal(await account[recipient].unlocked.chart.openShared(shared), { ...common(record, account), sections: texts }, 'shared record');
        });
      }
    }
  };
  await openGood(files['private-notes'].notes, files['chart-records'].records, account, verified);
  for (const { name, author, drawer, parameters, text, texts, sealed } of files.drafts.drafts) {
    await check(`${drawer} draft ${name}`, async () => {
      const { record, client, session, base_version: baseVersion } = parameters;
      const place = { record, client, ...(session && { session }), baseVersion };
      const opened = await account[author].unlocked[drawer].openDraft(bytes(sealed));
      equal(opened, drawer === 'private' ? { ...place, text } : { ...place, sections: texts }, 'draft');
    });
  }
  // Padding shows in the size alone: beyond 65535 bytes two CBOR lengths take two bytes more each.
  const own = account[files['private-notes'].notes[0].author].unlocked;
  // A vault of the first form has no recovery code, and seals nothing until it has.
  const kit = await own.prepareKit();
  await kit.confirm(kit.recoveryCode);
  await kit.change();
  await kit.commit();
  const client = files['private-notes'].notes[0].manifest.client;
  const sizeOf = async (length) => (await own.private.seal({ client, text: 'x'.repeat(length) })).bytes.length;
  const empty = await sizeOf(0);
  for (const { length, padded_length: padded } of files.padding.lengths.filter(({ floor }) => floor === 256)) {
    await check(`padding of ${length}`, async () => equal((await sizeOf(length)) - empty, padded - 256 + (padded > 65_000 ? 4 : 0), 'growth'));
  }

  // What must be refused
  const vault = (name) => account[name].unlocked;
  const operations = {
    unlock: (c) => Vault.unlock({ passphrase: c.passphrase, accountSecret: c.account_secret, sealedVault: c.vault, slots: [c.slot] }),
    readKeyLog: (c) => Identity.fromKeyLog(hex(c.id), [c.entry]),
    openPrivateNote: (c) => vault(c.account).private.open(c.sealed),
    openChartRecord: (c) => vault(c.account).chart.open(c.sealed),
    openSharedChartRecord: async (c) =>
      vault(c.account).chart.openShared({ bytes: c.sealed, grant: c.grant, author: await verified(c.author, c.account) }),
    openPrivateDraft: (c) => vault(c.account).private.openDraft(c.sealed),
    openChartDraft: (c) => vault(c.account).chart.openDraft(c.sealed),
    accountSecret: (c) => {
      if (!checkAccountSecret(c.text)) throw new library.SealedNotesError('invalid_account_secret', 'a typing mistake');
    },
  };
  const binary = ['vault', 'slot', 'id', 'entry', 'next', 'sealed', 'grant', 'prf', 'request', 'answer', 'will', 'deal'];
  const refused = (operations, c, name = c.name) => check(name, async () => {
    let code = 'opened';
    try {
      await operations[c.operation](c);
    } catch (error) {
      if (!(error instanceof library.SealedNotesError)) throw error;
      code = error.code;
    }
    if (!c.errors.includes(code)) throw new Error(`${code} instead of ${c.errors.join(' or ')}`);
  });
  const refuseAll = async (file, operations) => {
    const objects = Object.fromEntries(Object.entries(file.objects).map(([name, value]) => [name, bytes(value)]));
    const input = (c) => ({ ...c, ...Object.fromEntries(binary.filter((name) => name in c).map((name) => [name, resolve(objects, c[name])])) });
    // Padding alone is no public function; bodies with wrong padding are among the other cases. Nor is a share in bytes.
    for (const c of file.cases.filter(({ operation, shares }) => operation !== 'unpad' && !shares)) await refused(operations, input(c));
    for (const sweep of file.sweeps) {
      const whole = input(sweep);
      const good = whole[sweep.field];
      for (let at = 0; at < good.length; at += sweep.step) {
        const altered = sweep.kind === 'truncate' ? good.slice(0, at) : good.map((byte, i) => (i === at ? byte ^ (1 << at % 8) : byte));
        await refused(operations, { ...whole, [sweep.field]: altered }, `${sweep.name} at ${at}`);
      }
    }
  };
  await refuseAll(files.failures, operations);
  const recovery = await checkRecovery(library, files.recovery, { bytes, hex, equal, check, openGood });
  await refuseAll(files['recovery-failures'], { ...operations, ...recovery });
  return { passed, failed };
}
