// Practices vouch for people, teams read together: made, joined, left, and shared with, on the page.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { add, create, groups, inGroup, inMember, remove } from './groups.mjs';
import { testid } from './person.mjs';
import { assertQuiet, stage } from './support.mjs';

const it = stage();
const PLAN = 'Sleep diary, four nights a week.';
const NEXT = 'lantern orbit meadow plum 7';

test('a practice', async (t) => {
  const step = it.steps(t);
  const [ann, bert, carl] = [await it.arrive('demo-pr-ann'), await it.arrive('demo-pr-bert'), await it.arrive('demo-pr-carl')];
  let practice, record;

  await step('made, with a member for a year', async () => {
    for (const person of [ann, bert, carl]) await person.createAccount();
    await groups(ann);
    await ann.tab.visible(testid('groups-empty'));
    await ann.tab.click(testid('create-practice'));
    await ann.tab.fill(testid('group-name'), 'Elm Street practice');
    await ann.tab.fill(testid('group-handle'), bert.handle);
    await ann.tab.click(testid('submit-group'));
    await ann.tab.reads(testid('form-error'), /taken/);
    await ann.tab.click(testid('cancel-group'));
    practice = await create(ann, 'practice', 'Elm Street practice', 'demo-elm-street');
    await add(ann, practice.handle, bert, { role: 'supervisor', until: '2099-12-31' });
    await ann.tab.reads(inGroup(practice.handle, 'members'), /demo-pr-bert Supervisor.*until December 31, 2099/s);
    await ann.tab.click(inGroup(practice.handle, 'add-member'));
    await ann.tab.fill(testid('member-handle'), bert.handle);
    await ann.tab.click(testid('find-member'));
    await ann.tab.reads(`${testid('group')} ${testid('form-error')}`, /member already/);
  });

  await step('whoever trusts it shares with its members, and is told who vouches', async () => {
    const { tab } = carl;
    await groups(carl);
    await tab.click(testid('trust-practice'));
    await tab.fill(testid('practice-handle'), practice.handle);
    await tab.click(testid('find-practice'));
    await tab.fill(testid('fingerprint-input'), practice.fingerprint);
    await tab.click(testid('confirm-fingerprint'));
    await tab.reads(`${testid('trusted-practice')} > div`, /demo-elm-street.*Vouches for 1 person/s);
    await carl.addClient('Demo Client');
    await carl.newSession();
    await carl.write('chart', 'plan', PLAN);
    await carl.save('chart', 1);
    await carl.click('chart', 'share');
    await tab.fill(testid('share-handle'), bert.handle);
    await tab.click(testid('share-find'));
    await tab.reads(testid('share-dialog'), /demo-pr-bert is verified by demo-elm-street, until December 31, 2099/);
    await tab.click(testid('grant'));
    await tab.gone(testid('share-dialog'));
    await carl.reads('chart', 'readers', /Verified by demo-elm-street, until December 31, 2099/);
    record = (await tab.evaluate(() => location.hash)).split('/').at(-1);
  });

  await step('the practice is fetched once for all of this', async () => {
    const asked = [];
    const on = (request) => asked.push(request.url());
    carl.tab.page.on('request', on);
    await carl.go('shared');
    await carl.go('clients');
    await carl.tab.click(testid('client-item'));
    await carl.view('client');
    await carl.tab.click(testid('session-item'));
    await carl.view('session');
    await carl.reads('chart', 'readers', /Verified by demo-elm-street/);
    carl.tab.page.off('request', on);
    const account = await ann.tab.evaluate(() => fetch('/api/groups').then((it) => it.json()).then(({ groups }) => groups[0].account));
    assert.ok(asked.length > 3);
    assert.deepEqual(asked.filter((url) => url.includes(account)), []);
  });

  await step('a member reads, sees who vouches, and knows the practice', async () => {
    await bert.go('shared');
    await bert.openShared(carl);
    assert.equal(await bert.sharedText('plan'), PLAN);
    await groups(bert);
    await bert.tab.reads(`${testid('membership')} > div`, /demo-elm-street practice.*Supervisor since .*until December 31, 2099.*vouches for you/s);
  });

  await step('new keys of a member: blocked until the practice vouches for them again', async () => {
    await bert.makeNewKeys(NEXT);
    await carl.go('shared');
    await carl.go('clients');
    await carl.tab.click(testid('client-item'));
    await carl.view('client');
    await carl.tab.click(testid('session-item'));
    await carl.view('session');
    await carl.tab.visible(`${testid('reader')} ${testid('standing')}[data-state="keys-changed"]`);
    await carl.click('chart', 'why-keys');
    await carl.tab.reads(testid('keys-changed'), /has made new keys.*has not vouched for these/s);
    assert.equal(await carl.tab.evaluate(() => document.querySelector('[data-testid="accept-keys"]') !== null), false);
    await carl.tab.click(testid('close-dialog'));

    await groups(ann);
    await ann.tab.click(inMember(practice.handle, bert.handle, 'decide-member'));
    await ann.tab.click(testid('accept-keys'));
    await ann.tab.reads(inMember(practice.handle, bert.handle, 'member-outdated'), /made new keys/);
    await ann.tab.click(inMember(practice.handle, bert.handle, 'renew-member'));
    await ann.tab.gone(testid('member-outdated'));
    await ann.tab.reads(inGroup(practice.handle, 'members'), /Supervisor.*until December 31, 2099/s);

    await carl.lock();
    await carl.unlock();
    await carl.view('session');
    await carl.reads('chart', 'readers', /Verified by demo-elm-street/);
  });

  await step('removed: whom it no longer vouches for is not verified any more', async () => {
    assert.match(await remove(ann, practice.handle, bert.handle), /vouches for demo-pr-bert no longer/);
    await ann.tab.gone(inMember(practice.handle, bert.handle, 'remove-member'));
    await ann.tab.click(testid('former-toggle'));
    await ann.tab.reads(testid('former-members'), /demo-pr-bert Supervisor/);
    await carl.lock();
    await carl.unlock();
    await carl.view('session');
    await carl.tab.visible(`${testid('reader')} ${testid('standing')}[data-state="unverified"]`);
    await groups(carl);
    await carl.tab.click(testid('distrust-practice'));
    await carl.tab.click(testid('confirm-distrust-practice'));
    await carl.tab.gone(testid('trusted-practice'));
  });

  for (const { tab } of [ann, bert, carl]) assertQuiet(tab, { except: /status of 404/ }); // a handle that is free
});

test('a team', async (t) => {
  const step = it.steps(t);
  const [ann, bert, carl, dora] = await Promise.all(['ann', 'bert', 'carl', 'dora'].map((name) => it.arrive(`demo-tm-${name}`)));
  let team, first, second;

  await step('made with two members, one of them its manager', async () => {
    for (const person of [ann, bert, carl, dora]) await person.createAccount();
    team = await create(ann, 'team', 'Care team', 'demo-care-team');
    await add(ann, team.handle, ann, { known: true });
    await add(ann, team.handle, bert);
    await ann.tab.reads(inGroup(team.handle, 'members'), /demo-tm-ann \(you\) Clinician.*demo-tm-bert Clinician/s);
  });

  await step('shared with as a team, by whoever compared its fingerprint; the readers are its members', async () => {
    const { tab } = dora;
    await dora.addClient('Demo Client');
    await dora.newSession();
    await dora.write('chart', 'plan', PLAN);
    await dora.save('chart', 1);
    await dora.click('chart', 'share');
    await tab.fill(testid('share-handle'), team.handle);
    await tab.click(testid('share-find'));
    await tab.click(testid('compare-as-team'));
    await tab.fill(testid('fingerprint-input'), team.fingerprint);
    await tab.click(testid('confirm-fingerprint'));
    await tab.reads(testid('team-members'), /demo-tm-ann, demo-tm-bert can read it/);
    await tab.click(testid('grant'));
    await tab.gone(testid('share-dialog'));
    first = await tab.evaluate(() => location.hash);
    await dora.reads('chart', 'team-readers', /demo-tm-ann \(Clinician\) since .*demo-tm-bert \(Clinician\) since/s);
  });

  await step('a member is asked for the team\'s fingerprint first, then reads through it', async () => {
    const { tab } = bert;
    await bert.go('shared');
    await tab.reads(testid('through-team'), 'through demo-care-team');
    await tab.click(testid('verify-author'));
    await tab.fill(testid('fingerprint-input'), dora.fingerprint);
    await tab.click(testid('confirm-fingerprint'));
    await tab.gone(testid('verify-dialog'));
    assert.equal(await tab.evaluate(() => document.querySelector('[data-testid="open-shared"]') !== null), false);
    await tab.evaluate((record) => { location.hash = `/shared/${record}`; }, first.split('/').at(-1));
    await tab.reads(testid('team-waits'), 'shared with a team');
    await bert.go('shared');
    await tab.click(testid('verify-team'));
    await tab.fill(testid('fingerprint-input'), team.fingerprint);
    await tab.click(testid('confirm-fingerprint'));
    await bert.openRecord(first.split('/').at(-1));
    assert.equal(await bert.sharedText('plan'), PLAN);
    await tab.reads(testid('through-team'), 'through demo-care-team');
    await groups(bert);
    await tab.reads(testid('reads-team'), 'opens for you');
  });

  await step('its manager reads as a member, without comparing what is in the vault', async () => {
    await ann.openShared(dora);
    assert.equal(await ann.sharedText('plan'), PLAN);
  });

  await step('joining later opens what was shared before', async () => {
    await groups(ann);
    await add(ann, team.handle, carl);
    const { tab } = carl;
    await groups(carl);
    await tab.reads(testid('reads-team-not'), /after you compared its fingerprint/);
    await tab.click(testid('verify-group'));
    await tab.fill(testid('fingerprint-input'), team.fingerprint);
    await tab.click(testid('confirm-fingerprint'));
    await tab.reads(testid('reads-team'), 'opens for you');
    await carl.openShared(dora);
    assert.equal(await carl.sharedText('plan'), PLAN);
  });

  await step('after unlocking, the team is entered again', async () => {
    await carl.lock();
    await carl.unlock();
    await carl.view('shared-record');
    assert.equal(await carl.sharedText('plan'), PLAN);
  });

  await step('leaving: the team gets new keys, sharing goes on without a question, and the one who left reads nothing new', async () => {
    await groups(ann);
    assert.match(await remove(ann, team.handle, bert.handle), /new keys.*from now on.*cannot read.*before stays readable/s);
    await ann.tab.gone(inMember(team.handle, bert.handle, 'remove-member'));
    second = await dora.shareNew('Not for whoever left.', team, { known: true });
    await dora.reads('chart', 'team-readers', /demo-tm-carl/);
    assert.doesNotMatch(await dora.tab.text(testid('team-readers')), /demo-tm-bert/);
    await carl.go('clients');
    await carl.openRecord(second);
    assert.equal(await carl.sharedText('plan'), 'Not for whoever left.');
    await bert.go('clients');
    await bert.go('shared');
    await bert.tab.visible(testid('shared-empty'));
  });

  await step('the author sees until when the one who left could read', async () => {
    await dora.tab.evaluate((page) => { location.hash = page; }, first);
    await dora.reads('chart', 'team-readers', /demo-tm-bert \(Clinician\) .* to .*, has left/);
    await dora.reads('chart', 'team-readers', /demo-tm-carl \(Clinician\) since/);
  });

  await step('new keys without anybody leaving: its members read on, and sharing asks nothing', async () => {
    const keysOf = () => ann.tab.evaluate(() => fetch('/api/groups').then((it) => it.json()).then(({ groups }) => groups[0].keyLog.length));
    const before = await keysOf();
    await groups(ann);
    await ann.tab.click(inGroup(team.handle, 'renew-group'));
    await ann.tab.click(testid('confirm-renew-group'));
    await ann.tab.gone(testid('renew-group-dialog'));
    assert.equal(await keysOf(), before + 1);
    const third = await dora.shareNew('With the newest keys.', team, { known: true });
    await carl.go('clients');
    await carl.openRecord(third);
    assert.equal(await carl.sharedText('plan'), 'With the newest keys.');
  });

  for (const { tab } of [ann, bert, carl, dora]) assertQuiet(tab, { except: /status of 404/ });
});
