// The screens of trust, practices and teams: light and dark, wide and narrow, and by keyboard alone.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from './database.mjs';
import { add, create, groups, inGroup, inMember } from './groups.mjs';
import { lookAt } from './look.mjs';
import { testid } from './person.mjs';
import { assertQuiet, stage } from './support.mjs';

const it = stage();
const NEXT = 'lantern orbit meadow plum 7';

test('screens of trust', async (t) => {
  const step = it.steps(t);
  const [person, colleague, other] = await Promise.all(['', '-colleague', '-other'].map((name) => it.arrive(`demo-trust${name}`, { reducedMotion: 'reduce' })));
  const { tab } = person;
  const problems = [];
  const lookIn = lookAt(problems, (name) => /page$/.test(name));
  const look = (name, where = tab) => lookIn(`trust-${name}`, where);
  const close = (where = tab) => where.click(testid('close-dialog'));

  await step('a practice and a team', async () => {
    for (const one of [person, colleague, other]) await one.createAccount();
    await look('fingerprint');
    await groups(person);
    await look('groups-empty');
    await tab.click(testid('create-practice'));
    await look('group-form');
    await tab.click(testid('cancel-group'));
    person.practice = await create(person, 'practice', 'Elm Street practice', 'demo-trust-practice');
    await tab.click(inGroup('demo-trust-practice', 'add-member'));
    await look('member-find');
    await tab.fill(testid('member-handle'), colleague.handle);
    await tab.click(testid('find-member'));
    await tab.visible(testid('fingerprint-input'));
    await look('member-compare-page');
    await tab.fill(testid('fingerprint-input'), colleague.fingerprint);
    await tab.click(testid('confirm-fingerprint'));
    await tab.visible(testid('member-role'));
    await look('member-terms-page');
    await tab.choose(testid('member-role'), 'supervisor');
    await tab.fill(testid('member-until'), '2099-12-31');
    await tab.click(testid('submit-member'));
    await tab.visible(inGroup('demo-trust-practice', 'member'));
    person.team = await create(person, 'team', 'Care team', 'demo-trust-team');
    await add(person, 'demo-trust-team', colleague, { known: true });
    await add(person, 'demo-trust-team', person, { known: true });
    await look('groups-page');
    await tab.click(inMember('demo-trust-team', colleague.handle, 'remove-member'));
    await look('member-remove');
    await close();
    await tab.click(inGroup('demo-trust-team', 'renew-group'));
    await look('group-keys');
    await close();
  });

  await step('trusting a practice; sharing with a team', async () => {
    await groups(other);
    await other.tab.click(testid('trust-practice'));
    await other.tab.fill(testid('practice-handle'), 'demo-trust-practice');
    await other.tab.click(testid('find-practice'));
    await other.tab.visible(testid('fingerprint-input'));
    await look('practice-compare-page', other.tab);
    await other.tab.fill(testid('fingerprint-input'), person.practice.fingerprint);
    await other.tab.click(testid('confirm-fingerprint'));
    await other.tab.visible(testid('trusted-practice'));
    await look('practices', other.tab);
    await other.addClient('Demo Client');
    await other.newSession();
    await other.write('chart', 'plan', 'Sleep diary.');
    await other.save('chart', 1);
    await other.click('chart', 'share');
    await other.tab.fill(testid('share-handle'), 'demo-trust-team');
    await other.tab.click(testid('share-find'));
    await other.tab.visible(testid('compare-as-team'));
    await look('share-compare', other.tab);
    await other.tab.fill(testid('fingerprint-input'), person.team.fingerprint);
    await other.tab.click(testid('confirm-fingerprint'));
    await other.tab.reads(testid('team-members'), 'can read it');
    await look('share-team', other.tab);
    await other.tab.click(testid('grant'));
    await other.tab.gone(testid('share-dialog'));
    await other.share(colleague, { known: true });
    await look('readers-page', other.tab);
  });

  await step('what comes through a team, and the member\'s side', async () => {
    await person.go('shared');
    await tab.visible(testid('through-team'));
    await look('shared-team-page');
    await person.openShared(other);
    await look('shared-record');
    await groups(colleague);
    await look('membership-page', colleague.tab);
  });

  await step('a scanned fingerprint', async () => {
    const link = `${it.server.url}/#/verify/demo-trust/${person.fingerprint.replace(/\D/g, '')}`;
    await colleague.tab.open(link.replace(/\d$/, (last) => (Number(last) + 1) % 10));
    await colleague.tab.visible(testid('verify-mismatch'));
    await look('scan-wrong', colleague.tab);
    await colleague.tab.open(link);
    await colleague.tab.visible(testid('confirm-scanned'));
    await look('scan', colleague.tab);
    await colleague.tab.click(testid('confirm-scanned'));
    await colleague.tab.visible(testid('verify-done'));
    await look('scan-done', colleague.tab);
    await colleague.lock();
    await colleague.tab.open(link);
    await colleague.tab.visible(testid('verify-waits'));
    await look('scan-locked', colleague.tab);
    await colleague.unlock();
    await colleague.unlocked();
  });

  await step('new keys', async () => {
    await colleague.go('account');
    await colleague.tab.click(testid('account-devices'));
    await colleague.tab.click(testid('stolen'));
    await colleague.tab.click(testid('stolen-next'));
    await colleague.tab.visible(testid('stolen-since'));
    await look('stolen-since-page', colleague.tab);
    await colleague.tab.click(testid('stolen-cancel'));
    await colleague.makeNewKeys(NEXT);
    await groups(person);
    await tab.click(inMember('demo-trust-practice', colleague.handle, 'decide-member'));
    await tab.visible(testid('keys-changed'));
    await look('keys-changed');
    await tab.click(testid('accept-keys'));
    await tab.visible(testid('member-outdated'));
    await look('member-outdated-page');
    await other.go('clients');
    await other.tab.click(testid('client-item'));
    await other.view('client');
    await other.tab.click(testid('session-item'));
    await other.view('session');
    await other.tab.visible(testid('why-keys'));
    await look('readers-changed-page', other.tab);
    await other.click('chart', 'why-keys');
    await other.tab.visible(testid('keys-changed'));
    await look('keys-not-vouched', other.tab);
    await close(other.tab);
  });

  await step('by keyboard alone: a member is vouched for again', async () => {
    const focusOn = async (css) => {
      await tab.visible(css);
      for (let presses = 0; presses < 80; presses += 1) {
        if (await tab.evaluate((css) => document.activeElement?.matches(css), css)) return;
        await tab.press('Tab');
      }
      assert.fail(`80 × Tab does not reach ${css}`);
    };
    await groups(person);
    await focusOn(inMember('demo-trust-practice', colleague.handle, 'renew-member'));
    await tab.press('Enter');
    await tab.gone(inMember('demo-trust-practice', colleague.handle, 'member-outdated'));
    await focusOn(inGroup('demo-trust-practice', 'add-member'));
    await tab.press('Enter');
    await focusOn(testid('member-handle'));
    await tab.page.keyboard.type(other.handle);
    await tab.press('Enter');
    await focusOn(testid('submit-member'));
    await tab.press('Enter');
    await tab.visible(`${inGroup('demo-trust-practice', 'member')}[data-handle="${other.handle}"]`);
    await focusOn(inMember('demo-trust-practice', other.handle, 'remove-member'));
    await tab.press('Enter');
    await focusOn(testid('confirm-remove-member'));
    await tab.press('Escape');
    await tab.gone(testid('remove-member-dialog'));
    assert.ok(await tab.evaluate((css) => document.activeElement?.matches(css), inMember('demo-trust-practice', other.handle, 'remove-member')));
  });

  await step('key logs that are not as they were', async () => {
    sql(it.server, 'DELETE FROM key_log WHERE sequence = 1 AND account IN (SELECT account FROM accounts WHERE handle = \'demo-trust-colleague\')');
    await groups(person);
    await tab.click(inMember('demo-trust-practice', colleague.handle, 'decide-member'));
    await tab.visible(testid('keys-refused'));
    await look('keys-refused');
    await close();
    await colleague.go('clients');
    await tab.page.route(/\/api\/accounts\/[^/]+\/unlock$/, async (route) => {
      const response = await route.fetch();
      const stored = await response.json();
      await route.fulfill({ response, json: { ...stored, keyLog: (await colleague.tab.evaluate(() => fetch('/api/accounts/demo-trust-other/keys').then((it) => it.json()))).keyLog } });
    });
    await person.lock();
    await person.unlock();
    await tab.visible(testid('key-log-banner'));
    await look('key-log-banner');
  });

  if (problems.length) assert.fail(JSON.stringify(problems, undefined, 1));
  assertQuiet(tab, { except: /status of 404/ });
});
