// The audit view: who opened, changed, shared, revoked, exported what and when.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { sql } from './database.mjs';
import { count, EXPECTED, kinds, settle } from './ledger-steps.mjs';
import { testid } from './person.mjs';
import { root } from './server.mjs';
import { assertQuiet, stage } from './support.mjs';

const it = stage();

test('ten thousand events are read, filtered and paged', async () => {
  const { person, other, tab } = await settle(it, 'ledger-many');
  for (let entries = 0; entries < 20; entries += 1) {
    for (let events = 0; events < 500; events += 1) await other.vault.ledger.note({ kind: 'printed', detail: 'session' });
    await other.put();
  }
  await person.go('account');
  await tab.click(testid('account-audit'));
  await tab.reads(testid('audit-count'), /10,\d\d\d events/);
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
  const { person, other, tab } = await settle(it, 'ledger-audit');
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
