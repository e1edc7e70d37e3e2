// Whom the server is hostile to: Anna writes, Ben and Carl are shown some of it, Dora is the server's accomplice.
import { answering, hex, MANIFEST, serving, toBase64, unhex } from './objects.mjs';
import * as insider from './insider.mjs';

export const TEXTS = {
  first: 'Synthetic. Own reflections, the first of two.', second: 'Synthetic. Own reflections, the second of two.', other: 'Synthetic. About somebody else.',
  plan: 'Synthetic. Weekly, exposure.', assessment: 'Synthetic. F41.1, improving.', subjective: 'Synthetic. Sleeps better.', otherPlan: 'Synthetic. Another plan.',
  draft: 'Synthetic. Not saved yet.', dora: 'Synthetic. By a colleague.',
};

/** Everything that is stored before the server turns hostile. */
export async function settleIn(stage) {
  const { page, database } = stage;
  const client = async (op, ...args) => {
    const result = await page.evaluate(([op, args]) => underTest.hostile.attempt(op, args), [op, args]);
    if (result.code !== 'opened') throw new Error(`${op}(${args.join()}): ${result.code} ${result.message ?? ''}`);
    return result.opened;
  };
  const world = { client, tenant: unhex((await (await fetch(`${stage.wire.url}/api/server`)).json()).tenant) };
  for (const who of ['anna', 'ben', 'carl']) world[who] = await page.evaluate((who) => underTest.hostile.arrive(who), who);
  world.dora = await insider.settle(database, `demo-dora-${hex(insider.random(4))}`);
  const { anna, ben, carl, dora } = world;
  for (const [who, whose] of [['anna', ben], ['anna', carl], ['anna', dora], ['ben', anna], ['ben', dora], ['carl', anna]]) {
    await client('verify', who, whose.handle, whose.fingerprint);
  }
  world.note = await client('writeNote', 'anna', TEXTS.first);
  await client('editNote', 'anna', world.note, TEXTS.second);
  world.otherNote = await client('writeNote', 'anna', TEXTS.other);
  const { plan, assessment, subjective } = TEXTS;
  const readers = [{ handle: ben.handle }, { handle: carl.handle, sections: ['plan'], postQuantum: false }, { handle: dora.handle }];
  world.record = (await client('writeRecord', 'anna', { plan, assessment, subjective }, readers)).record;
  world.otherRecord = (await client('writeRecord', 'anna', { plan: TEXTS.otherPlan, assessment, subjective }, [{ handle: ben.handle }])).record;
  world.ungranted = (await client('writeRecord', 'anna', { plan })).record;
  await client('writeDrafts', 'anna', world.note, TEXTS.draft);
  world.bensNote = await client('writeNote', 'ben', 'Synthetic. Ben\'s own.');
  world.annasAnswer = await (await fetch(`${stage.wire.url}/api/accounts/${anna.handle}/unlock`)).json();
  world.bensEntry = (await database.rows('SELECT entry FROM ledger WHERE account = ?', unhex(ben.account)))[0][0];
  world.doras = insider.write(dora, { tenant: world.tenant, sections: { plan: TEXTS.dora } });
  world.dorasId = hex(world.doras.manifest[MANIFEST.record]);
  world.benEntry = (await database.rows('SELECT entry FROM key_log WHERE account = ?', unhex(ben.account)))[0][0];
  world.carlEntry = (await database.rows('SELECT entry FROM key_log WHERE account = ?', unhex(carl.account)))[0][0];
  await publish(database, dora, world.doras, ben.account, await insider.grant(dora, world.doras, world.benEntry));
  return world;
}

/** Puts an accomplice's record into the tables, as if she had uploaded it. */
export async function publish(database, author, { manifest, version, bodies }, recipient, grant) {
  const [record, at] = [manifest[MANIFEST.record], insider.now()];
  await database.run(
    ['INSERT INTO chart_versions VALUES (?, 1, ?, ?, ?, ?, ?, ?)', record, author.account, manifest[MANIFEST.client], insider.sha256(version), version, new Uint8Array(), at],
    ...bodies.map(({ section, body }) => ['INSERT INTO chart_bodies VALUES (?, 1, ?, ?)', record, section, body]),
    ['INSERT INTO grants VALUES (?, 1, ?, ?, ?, NULL, ?, NULL)', record, unhex(recipient), insider.sha256(grant), grant, at],
  );
}

/** Reads what the server has stored, as its administrator would. */
export const reader = (database) => ({
  async note(record, version) {
    const [[signed, wrap, body]] = await database.rows('SELECT signed, wrap, body FROM private_versions WHERE record = ? AND version = ?', unhex(record), version);
    return { signed, wrap, body };
  },
  async chart(record, version = 1) {
    const [[signed, wrap]] = await database.rows('SELECT signed, wrap FROM chart_versions WHERE record = ? AND version = ?', unhex(record), version);
    const bodies = await database.rows('SELECT section, body FROM chart_bodies WHERE record = ? AND version = ? ORDER BY section', unhex(record), version);
    return { signed, wrap, bodies: Object.fromEntries(bodies) };
  },
  async grant(record, recipient, version = 1) {
    return (await database.rows('SELECT sealed FROM grants WHERE record = ? AND recipient = ? AND version = ?', unhex(record), unhex(recipient), version))[0][0];
  },
  async keyLog(account) {
    return (await database.rows('SELECT entry FROM key_log WHERE account = ? ORDER BY sequence', unhex(account))).map(([entry]) => entry);
  },
});

export const noteAt = (record) => `GET /api/private/notes/${record}`;
export const recordAt = (record) => `GET /api/chart/records/${record}`;
export const sharedAt = (record) => `GET /api/chart/shared/${record}`;
export const servingSealed = (path) => (change) => serving(path, 'sealed', change);

/** What the accomplice made, in the place of her honest record. */
export const doras = async (w, written, options) => {
  const grant = toBase64(await insider.grant(w.dora, written, w.benEntry, options));
  return answering(sharedAt(w.dorasId), (row) => ({ ...row, sealed: toBase64(insider.served(written)), grant }));
};
export const dorasWrites = (w, more) => insider.write(w.dora, { tenant: w.tenant, sections: { plan: 'Synthetic. Not to be read.' }, record: unhex(w.dorasId), ...more });

export { insider };
