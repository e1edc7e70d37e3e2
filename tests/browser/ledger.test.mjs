// The page keeps the ledger: what is done is in it, however the page is left; what the server withholds is said.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { newId } from '../../pkg/dist/index.js';
import { sql } from './database.mjs';
import { count, EXPECTED, lock, openSession, settle } from './ledger-steps.mjs';
import { OtherDevice } from './other-device.mjs';
import { testid } from './person.mjs';
import { assertQuiet, stage } from './support.mjs';

const it = stage();

test('a hundred opens cost a few requests, and none is lost', async () => {
  const { person, other, tab } = await settle(it, 'ledger-hundred');
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
  const { person, other, tab } = await settle(it, 'ledger-offline');
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
  const { person, other, tab } = await settle(it, 'ledger-lost');
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
  const { person, other, tab } = await settle(it, 'ledger-two');
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
  const { person, other, tab } = await settle(it, 'ledger-back');
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
  const { person, other, tab } = await settle(it, 'ledger-readers');
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
  const { person, other } = await settle(it, 'ledger-late');
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
