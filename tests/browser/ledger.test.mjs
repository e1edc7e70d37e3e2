// The page keeps the ledger: what is done is in it, however the page is left; what the server withholds is said.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { newId } from '../../pkg/dist/index.js';
import { sql } from './database.mjs';
import { OtherDevice } from './other-device.mjs';
import { testid } from './person.mjs';
import { root } from './server.mjs';
import { assertQuiet, stage } from './support.mjs';

const it = stage();
/** On purpose here: a write behind which another device was, and a server that was cut off. */
const EXPECTED = /status of (409|500)|ERR_FAILED|ERR_INTERNET_DISCONNECTED/;

const kinds = (events) => events.map(({ kind }) => kind);
const count = (events, kind) => kinds(events).filter((one) => one === kind).length;

/** An account with a client; and the same account on another device. */
async function settle(name) {
  const person = await it.arrive(name);
  await person.createAccount();
  await person.addClient('Demo Client');
  person.client = new URL(person.tab.page.url()).hash.split('/')[2];
  const other = await OtherDevice.unlock(person);
  await other.follow();
  return { person, other, tab: person.tab };
}

/** Locks, and waits for the last request: that it takes the text off the screen comes first. */
async function lock(person) {
  const ended = person.tab.page.waitForResponse((response) => response.request().method() === 'DELETE' && response.url().endsWith('/api/login'));
  await person.lock();
  await ended;
}

const openSession = async (person, session) => {
  await person.tab.evaluate((hash) => { location.hash = hash; }, `#/clients/${person.client}/${session}`);
  await person.tab.until('the session', (session) => location.hash.endsWith(session) && document.querySelector('main[data-view="session"]:not([aria-busy="true"])') !== null, session);
  await person.reads('private', 'field-text', /./);
};

test('a hundred opens cost a few requests, and none is lost', async () => {
  const { person, other, tab } = await settle('ledger-hundred');
  const sessions = [];
  for (let number = 1; number <= 100; number += 1) {
    const session = newId();
    await other.putPrivate({ client: person.client, session, text: `Note ${number}` });
    sessions.push(session);
  }
  let requests = 0;
  tab.page.on('request', (request) => { if (request.method() === 'POST' && request.url().endsWith('/api/ledger')) requests += 1; });
  for (const session of sessions) await openSession(person, session);
  await lock(person);
  const events = await other.events();
  const opened = events.filter(({ kind }) => kind === 'opened').map(({ record }) => record);
  assert.deepEqual(new Set(opened), new Set(sessions));
  assert.equal(opened.length, 100, 'each once');
  assert.ok(requests >= 2 && requests <= 10, `${requests} requests for a hundred opens`);
  const listed = events.filter(({ kind }) => kind === 'listed');
  assert.ok(listed.length < 40, `${listed.length} events for a hundred lists`);
  assertQuiet(tab, { except: EXPECTED });
});

test('what was opened while the server did not answer is there after coming back, also after a reload', async () => {
  const { person, other, tab } = await settle('ledger-offline');
  const [first, second] = [newId(), newId()];
  for (const session of [first, second]) await other.putPrivate({ client: person.client, session, text: 'A note' });
  const opened = async () => (await other.events()).filter(({ kind }) => kind === 'opened').map(({ record }) => record);

  // Not by the browser: what a page sends while it is being closed passes by whoever listens there.
  sql(it.server, "CREATE TRIGGER cut BEFORE INSERT ON ledger BEGIN SELECT RAISE(ABORT, 'cut'); END");
  await openSession(person, first);
  await sleep(1_000); // as long as it may take until the device keeps it
  await tab.page.reload();
  await person.unlock();
  await person.view('session');
  await person.reads('private', 'field-text', /./);
  assert.deepEqual(await opened(), [], 'still cut off');
  sql(it.server, 'DROP TRIGGER cut');
  await openSession(person, second);
  await lock(person);
  assert.deepEqual((await opened()).sort(), [first, first, second].sort(), 'before the reload, after it, and the other one');

  // Offline altogether: a print is all that can be done, and it waits.
  await person.unlock();
  await person.view('session');
  await tab.context.setOffline(true);
  await tab.evaluate(() => dispatchEvent(new Event('beforeprint')));
  await tab.context.setOffline(false);
  await tab.evaluate(() => dispatchEvent(new Event('online')));
  await tab.until('the print to arrive', async () => (await (await fetch('/api/ledger?after=0')).json()).entries.length > 0);
  await lock(person);
  assert.equal(count(await other.events(), 'printed'), 1);
  assertQuiet(tab, { except: EXPECTED });
});

test('a save whose answer was lost is in the ledger once', async () => {
  const { person, other, tab } = await settle('ledger-lost');
  await person.newSession();
  await person.write('private', 'text', 'Stored, and nobody said so.');
  await person.draftSaved('private');
  const loseAnswer = async (route) => {
    await route.fetch();
    await route.abort();
  };
  await tab.page.route('**/api/private/notes/*/versions/*', loseAnswer);
  await person.click('private', 'save');
  await person.reads('private', 'status', /Offline/);
  await tab.page.unroute('**/api/private/notes/*/versions/*', loseAnswer);
  await person.save('private', 1);
  const puts = (await other.events()).filter(({ kind, drawer }) => kind === 'put' && drawer === 'private');
  assert.deepEqual(puts.map(({ version }) => version), [1]);
  assertQuiet(tab, { except: EXPECTED });
});

test('two devices write at once, and neither waits for the other or loses anything', async () => {
  const { person, other, tab } = await settle('ledger-two');
  const second = await it.arrive('ledger-two');
  await second.tab.open(`${it.server.url}/#/unlock`);
  await second.view('unlock');
  await second.unlock({ handle: person.handle, secret: person.secret });
  await second.unlocked();
  const write = async (who) => {
    await who.go('clients');
    await who.tab.click(testid('client-item'));
    await who.view('client');
    await who.newSession();
    for (const version of [1, 2, 3, 4]) {
      await who.write('private', 'text', `Version ${version}`);
      await who.save('private', version);
    }
  };
  await Promise.all([write(person), write(second)]);
  const events = await other.events();
  const puts = events.filter(({ kind, drawer }) => kind === 'put' && drawer === 'private');
  assert.equal(puts.length, 8);
  assert.equal(new Set(puts.map(({ hash }) => hash)).size, 8);
  assert.equal(new Set(puts.map(({ entry }) => entry.device)).size, 2, 'each says on which device');
  for (const { tab } of [person, second]) assert.equal(await tab.evaluate((css) => document.querySelector(css) === null, testid('ledger-banner')), true);
  assertQuiet(tab, { except: EXPECTED });
});

test('a server that goes back is noticed, blocks no reading, and its owner decides', async (t) => {
  const step = it.steps(t);
  const { person, other, tab } = await settle('ledger-back');
  const note = {};
  const finding = (problem) => `${testid('finding')}[data-problem="${problem}"]`;

  await step('two notes, one of them with two versions', async () => {
    await person.newSession();
    note.kept = new URL(tab.page.url()).hash.split('/')[3];
    await person.write('private', 'text', 'This one stays.');
    await person.save('private', 1);
    await tab.click(testid('back-to-client'));
    await person.newSession();
    note.cut = new URL(tab.page.url()).hash.split('/')[3];
    await person.write('private', 'text', 'First text.');
    await person.save('private', 1);
    await person.write('private', 'text', 'Second text.');
    await person.save('private', 2);
    await tab.click(testid('back-to-client'));
    await person.view('client');
    assert.equal(await tab.evaluate((css) => document.querySelector(css) === null, testid('ledger-banner')), true, 'nothing to say yet');
  });

  await step('the newest version is deleted: said, and the other note opens', async () => {
    assert.equal(sql(it.server, 'DELETE FROM private_versions WHERE record = ? AND version = 2', note.cut).changed, 1);
    await openSession(person, note.kept);
    assert.match(await tab.text(`${testid('drawer-private')} ${testid('field-text')}`), /This one stays/);
    await tab.reads(`${testid('finding')} p`, /Psychotherapy note, Demo Client[^]*version 2[^]*shows version 1/);
    await tab.click(testid('read-older'));
    await tab.reads(testid('older-text'), /First text/);
    await tab.click(testid('close-dialog'));
  });

  await step('the owner goes on from there, and that is written down', async () => {
    await tab.click(testid('accept-finding'));
    await tab.click(testid('confirm-accept-finding'));
    await tab.gone(testid('ledger-banner'));
    await openSession(person, note.cut);
    assert.match(await tab.text(`${testid('drawer-private')} ${testid('field-text')}`), /First text/);
    await person.write('private', 'text', 'Second text, once more.');
    await person.save('private', 2);
    const accepted = (await other.events()).filter(({ kind }) => kind === 'rollback-accepted');
    assert.deepEqual(accepted.map(({ record, version, detail }) => [record, version, detail]), [[note.cut, 1, 'rolled-back']]);
  });

  await step('a note is deleted altogether', async () => {
    sql(it.server, 'DELETE FROM private_versions WHERE record = ?', note.kept);
    await tab.click(testid('back-to-client'));
    await tab.visible(finding('dropped'));
    await tab.click(testid('accept-finding'));
    await tab.click(testid('confirm-accept-finding'));
    await tab.gone(testid('ledger-banner'));
  });

  await step('one that another program wrote with the same keys stands out', async () => {
    await other.putPrivate({ client: person.client, session: newId(), text: 'Without an entry' }, { withEntry: false });
    await person.go('clients');
    await tab.click(testid('client-item'));
    await tab.visible(finding('unlisted'));
    await tab.click(testid('accept-finding'));
    await tab.click(testid('confirm-accept-finding'));
    await tab.gone(testid('ledger-banner'));
    assert.equal(count((await other.events()).slice(-1), 'put'), 1);
  });

  await step('the end of the ledger is deleted: nothing is saved, nothing is lost', async () => {
    await lock(person);
    const [[newest]] = sql(it.server, 'SELECT max(sequence) FROM ledger WHERE account = ?', other.vault.account).rows;
    assert.equal(sql(it.server, 'DELETE FROM ledger WHERE account = ? AND sequence > ?', other.vault.account, newest - 2).changed, 2);
    await person.unlock();
    await tab.visible(`${testid('ledger-banner')}[data-why="rolled_back"]`);
    await tab.reads(testid('last-entry'), new RegExp(`entry ${newest}\\b`));
    await openSession(person, note.cut);
    await person.write('private', 'text', 'Typed meanwhile.');
    await person.draftSaved('private');
    await person.click('private', 'save');
    await tab.reads(testid('save-error'), /Not stored: the ledger on the server ends before/);
    assert.match(await tab.text(`${testid('drawer-private')} ${testid('field-text')}`), /Typed meanwhile/);
    await tab.click(testid('look-again'));
    await tab.visible(`${testid('ledger-banner')}[data-why="rolled_back"]`);
  });

  await step('the owner goes on with it, the draft is there, and saving works', async () => {
    await tab.click(testid('accept-ledger'));
    await tab.click(testid('confirm-accept-ledger'));
    await tab.until('the ledger to be accepted', (css) => document.querySelector(css)?.dataset.why !== 'rolled_back', testid('ledger-banner'));
    await person.reads('private', 'field-text', /Typed meanwhile/);
    await person.save('private', 3);
    const fresh = await OtherDevice.unlock(person);
    const events = await fresh.events();
    assert.equal(events.filter(({ kind, record }) => kind === 'rollback-accepted' && !record).length, 1);
  });

  await step('a device that saw the old end is told, too', async () => {
    await assert.rejects(other.follow(), ({ code }) => code === 'forked');
  });
  assertQuiet(tab, { except: EXPECTED });
});

test('readers that the ledger does not name, or the server does not, are said', async (t) => {
  const step = it.steps(t);
  const { person, other, tab } = await settle('ledger-readers');
  const colleague = await it.arrive('ledger-readers-colleague');
  const unnamed = await it.arrive('ledger-readers-unnamed');
  for (const one of [colleague, unnamed]) await one.createAccount();
  let record;
  const openAgain = async () => {
    await tab.click(testid('back-to-client'));
    await tab.click(testid('session-item'));
    await person.view('session');
  };

  await step('a grant that no entry names stands out, until its owner says that it is hers', async () => {
    await person.newSession();
    record = new URL(tab.page.url()).hash.split('/')[3];
    await person.write('chart', 'plan', 'One');
    await person.save('chart', 1);
    await person.share(colleague);
    await other.share({ record, version: 1, colleague: unnamed.handle, fingerprint: unnamed.fingerprint });
    await openAgain();
    await tab.visible(testid('unexplained-reader'));
    const said = await tab.evaluate(() => [...document.querySelectorAll('[data-testid="reader"]')].map((row) => [row.querySelector('strong').textContent, row.querySelector('[data-testid="unexplained-reader"]') !== null]));
    assert.deepEqual(new Map(said), new Map([[colleague.handle, false], [unnamed.handle, true]]));
    await tab.click(testid('explain-reader'));
    await tab.click(testid('confirm-explain-reader'));
    await tab.gone(testid('unexplained-reader'));
    assert.equal(count(await other.events(), 'granted'), 2);
  });

  await step('a colleague who is given an older version than she has read is told, and may read it', async () => {
    await colleague.openShared(person);
    await person.write('chart', 'plan', 'Two');
    await person.save('chart', 2);
    await colleague.openShared(person);
    assert.equal(await colleague.sharedText('plan'), 'Two');
    await lock(colleague);
    sql(it.server, 'DELETE FROM grants WHERE version = 2 AND record = ?', record);
    await colleague.unlock();
    await colleague.tab.visible(testid('open-older'));
    await colleague.tab.click(testid('open-older'));
    assert.equal(await colleague.sharedText('plan'), 'One');
  });

  await step('a reader whom the server hides is named', async () => {
    sql(it.server, 'DELETE FROM grants WHERE record = ?', record);
    await openAgain();
    await tab.reads(testid('hidden-reader'), /the server does not list it/);
    await person.go('account');
    await tab.click(testid('account-audit'));
    await tab.click(testid('check-readers'));
    await tab.reads(testid('unexpected-readers'), new RegExp(`Your ledger says that ${colleague.handle} can read a note`));
  });
  for (const { tab } of [person, colleague]) assertQuiet(tab, { except: EXPECTED });
});

test('a ledger that begins after its notes names them, and misses them from then on', async () => {
  const { person, other } = await settle('ledger-late');
  const session = newId();
  await other.putPrivate({ client: person.client, session, text: 'From before' }, { withEntry: false });
  await lock(person);
  sql(it.server, 'DELETE FROM ledger WHERE account = ?', other.vault.account);
  const fresh = await it.arrive('ledger-late');
  await fresh.tab.open(`${it.server.url}/#/unlock`);
  await fresh.view('unlock');
  await fresh.unlock({ handle: person.handle, secret: person.secret });
  await fresh.unlocked();
  fresh.client = person.client;
  await openSession(fresh, session);
  assert.equal(await fresh.tab.evaluate((css) => document.querySelector(css) === null, testid('ledger-banner')), true);
  const puts = (await (await OtherDevice.unlock(person)).events()).filter(({ kind }) => kind === 'put').map(({ record }) => record);
  assert.deepEqual(puts.sort(), [session, person.client].sort());
  sql(it.server, 'DELETE FROM private_versions WHERE record = ?', session);
  await fresh.tab.click(testid('back-to-client'));
  await fresh.tab.visible(`${testid('finding')}[data-problem="dropped"]`);
  assertQuiet(fresh.tab, { except: EXPECTED });
});

test('ten thousand events are read, filtered and paged', async () => {
  const { person, other, tab } = await settle('ledger-many');
  for (let entries = 0; entries < 20; entries += 1) {
    for (let events = 0; events < 500; events += 1) await other.vault.ledger.note({ kind: 'printed', detail: 'session' });
    await other.put();
  }
  await person.go('account');
  const start = Date.now();
  await tab.click(testid('account-audit'));
  await tab.reads(testid('audit-count'), /10,\d\d\d events/);
  assert.ok(Date.now() - start < 5_000, `${Date.now() - start} ms`);
  const rows = () => tab.evaluate((css) => document.querySelectorAll(css).length, testid('audit-row'));
  assert.equal(await rows(), 200);
  await tab.click(testid('audit-more'));
  assert.equal(await rows(), 400);
  await tab.choose(testid('audit-kind'), 'changed');
  await tab.reads(testid('audit-count'), /^1 event of 10,/);
  assertQuiet(tab, { except: EXPECTED });
});

test('the audit view: filters, what stands out, CSV, and a bundle that an auditor can check', async (t) => {
  const step = it.steps(t);
  const { person, other, tab } = await settle('ledger-audit');
  const colleague = await it.arrive('ledger-audit-colleague');
  await colleague.createAccount();
  const formula = '=HYPERLINK("//x")';
  let session;
  const rows = () => tab.evaluate(() => [...document.querySelectorAll('[data-testid="audit-row"]')].map((row) => [row.dataset.kind, row.textContent]));
  const shown = async () => (await rows()).map(([kind]) => kind);

  await step('from a record', async () => {
    await person.newSession();
    session = new URL(tab.page.url()).hash.split('/')[3];
    await person.write('chart', 'plan', 'Sleep diary');
    await person.save('chart', 1);
    await person.share(colleague, { purpose: 'supervision' });
    await person.click('chart', 'revoke');
    await tab.click(testid('confirm-revoke'));
    await tab.visible(testid('receipt'));
    await tab.click(testid('close-dialog'));
    await person.addClient(formula);
    await person.go('clients');
    await tab.click(testid('client-item'));
    await person.view('client');
    await tab.evaluate((hash) => { location.hash = hash; }, `#/clients/${person.client}/${session}`);
    await tab.click(testid('audit-of-record'));
    await tab.visible(testid('audit-row'));
    assert.equal(await tab.evaluate((css) => document.querySelector(css).value, testid('audit-record')), session);
    const kinds = await shown();
    for (const kind of ['put', 'granted', 'revoked', 'opened']) assert.ok(kinds.includes(kind), `${kind} in ${kinds}`);
    assert.ok(!kinds.includes('verified') && !kinds.includes('listed'), 'nothing but this record');
    const said = (await rows()).map(([, text]) => text).join('\n');
    assert.match(said, /Shared version 1 with ledger-audit-colleague \(supervision\)/);
    assert.match(said, /Took ledger-audit-colleague off, from version 2 on/);
    await tab.choose(testid('audit-record'), '');
    await tab.choose(testid('audit-client'), person.client);
    const ofClient = await shown();
    for (const kind of ['put', 'granted', 'revoked']) assert.ok(ofClient.includes(kind), `${kind} in ${ofClient}`);
    assert.doesNotMatch(said, /Sleep diary/, 'no text of a note');
  });

  await step('filters', async () => {
    await tab.click(testid('audit-clear'));
    const all = (await shown()).length;
    await tab.choose(testid('audit-kind'), 'verified');
    assert.deepEqual(await shown(), ['verified']);
    await tab.choose(testid('audit-kind'), '');
    const account = await colleague.tab.evaluate(() => document.querySelector('[data-testid="own-account"]').textContent);
    await tab.choose(testid('audit-person'), account);
    assert.deepEqual(new Set(await shown()), new Set(['granted', 'revoked', 'verified']));
    await tab.choose(testid('audit-person'), '');
    await tab.choose(testid('audit-client'), person.client);
    assert.ok((await shown()).length < all);
    await tab.fill(testid('audit-to'), '2020-01-01');
    await tab.visible(testid('audit-nothing'));
    await tab.click(testid('audit-clear-empty'));
    await tab.fill(testid('audit-from'), await tab.evaluate(() => new Date(Date.now() - 864e5).toISOString().slice(0, 10)));
    assert.equal((await shown()).length, all, 'everything is of today');
    await tab.click(testid('audit-clear'));
    await tab.click(testid('check-readers'));
    await tab.visible(testid('readers-fine'));
    await tab.visible(testid('stands-out-none'));
  });

  await step('a new device and a note that does not open stand out in words', async () => {
    await other.putPrivate({ client: person.client, session, text: 'From elsewhere' });
    const [[wrap]] = sql(it.server, 'SELECT wrap FROM private_versions WHERE record = ?', session).rows;
    const broken = wrap.slice(0, -2) + (wrap.endsWith('00') ? '01' : '00');
    sql(it.server, 'UPDATE private_versions SET wrap = ? WHERE record = ?', broken, session);
    await person.go('clients');
    await tab.evaluate((hash) => { location.hash = hash; }, `#/clients/${person.client}/${session}`);
    await tab.until('it to be refused', () => /refused/.test(document.querySelector('main[data-view="session"]')?.textContent));
    await person.go('account');
    await tab.click(testid('account-audit'));
    await tab.click(testid('show-failed'));
    await tab.reads(testid('audit-list'), /Did not open version 1: it was changed on the server/);
    await tab.reads(`${testid('audit-row')} .mark-tag`, 'Did not open');
    await tab.click(testid('show-device'));
    await tab.reads(testid('audit-list'), /A device that is not on your list/);
    await tab.reads(`${testid('audit-row')} .mark-tag`, 'New device');
    await tab.click(testid('audit-clear'));
  });

  const save = async (button) => {
    await tab.click(testid('audit-export'));
    const [file] = await Promise.all([tab.page.waitForEvent('download'), tab.click(testid(button))]);
    await tab.click(testid('close-dialog'));
    return file.path();
  };

  await step('CSV of what is filtered, which no spreadsheet computes', async () => {
    await tab.choose(testid('audit-kind'), 'changed');
    const csv = readFileSync(await save('export-csv'), 'utf8');
    const [head, ...lines] = csv.replace(/^\uFEFF/, '').trimEnd().split('\r\n');
    assert.match(head, /^time \(UTC\),event,kind,/);
    assert.equal(lines.length, (await shown()).length);
    assert.ok(lines.every((line) => line.split(',')[2] === 'put'), 'what is filtered, and nothing else');
    assert.ok(lines.some((line) => line.includes(`"'=HYPERLINK(""//x"")"`)), csv);
    assert.doesNotMatch(csv, /(^|,|")=HYPERLINK/m);
    assert.doesNotMatch(csv, /Sleep diary/);
    await tab.click(testid('audit-clear'));
  });

  await step('the bundle, checked by the command that the page names', async () => {
    await tab.click(testid('audit-export'));
    const command = await tab.text(testid('verify-command'));
    assert.match(command, /^cargo run -p verify-ledger -- \S+$/);
    await tab.click(testid('close-dialog'));
    const file = await save('export-bundle');
    const verify = (...more) => spawnSync('cargo', ['run', '--quiet', '-p', 'verify-ledger', '--', file, ...more], { cwd: root, encoding: 'utf8' });
    const { status, stdout, stderr } = verify();
    assert.equal(status, 0, stderr);
    assert.match(stdout.replaceAll(' ', ''), new RegExp(person.fingerprint.replaceAll(/\s/g, '')));
    const entries = (await other.follow()).length;
    assert.match(stdout, new RegExp(`entries +${entries},`));
    assert.match(verify('--csv').stdout, /exported/, 'its own export is in it');
  });

  await step('exports are in the ledger themselves', async () => {
    const details = (await other.events()).filter(({ kind }) => kind === 'exported').map(({ detail }) => detail);
    assert.deepEqual(details, ['audit-csv', 'audit-bundle']);
  });
  assertQuiet(tab, { except: EXPECTED });
});
