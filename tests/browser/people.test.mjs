// Trustees and the professional will: shares dealt, handed on against a code, and opened together; never by fewer.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testid } from './person.mjs';
import { assertQuiet, stage } from './support.mjs';

const it = stage();
const PLAN = 'Sleep diary, four nights a week.';
const OWN = 'Countertransference: my own impatience.';

const section = async (person, name) => {
  await person.go('account');
  await person.tab.click(testid(`account-${name}`));
};

/** Fills in a row of the form; the fingerprint is compared where it never was. */
async function choose(owner, number, { person, paper }) {
  const { tab } = owner;
  const field = (part) => testid(`person-${number}-${part}`);
  if (paper) {
    await tab.click(field('paper'));
    await tab.fill(field('name'), paper);
    return;
  }
  await tab.fill(field('handle'), person.handle);
  await tab.click(field('find'));
  const inRow = (name) => `${testid(`person-${number}`)} ${testid(name)}`;
  await tab.until('the keys to be looked up', (...css) => css.some((one) => document.querySelector(one)), field('verified'), inRow('fingerprint-input'));
  if (await tab.evaluate((css) => document.querySelector(css) !== null, inRow('fingerprint-input'))) {
    await tab.fill(inRow('fingerprint-input'), person.fingerprint);
    await tab.click(inRow('confirm-fingerprint'));
  }
  await tab.visible(field('verified'));
}

const focused = (tab, name) => tab.until(`the focus on ${name}`, (css) => document.activeElement?.matches(css), testid(name));

/** What is printed on the sheets, once they are confirmed. */
async function printed(owner, count) {
  const { tab } = owner;
  const texts = [];
  for (let number = 1; number <= count; number++) {
    texts.push((await tab.text(testid(`share-text-${number}`))).replace(/\s+/g, ' '));
    await tab.click(testid(`printed-${number}`));
  }
  await tab.click(testid('shares-done'));
  await tab.gone(testid('shares-done'));
  return texts;
}

const written = async (owner) => {
  await owner.addClient('Demo Client');
  await owner.newSession();
  await owner.write('private', 'text', OWN);
  await owner.save('private', 1);
  await owner.write('chart', 'plan', PLAN);
  await owner.save('chart', 1);
};

/** The holder was called, and types the code that was read out. */
async function handOn(holder, code) {
  const { tab } = holder;
  await section(holder, 'others');
  await tab.fill(testid('request-code'), code);
  await tab.click(testid('answer-request'));
}

test('the professional will', async (t) => {
  const step = it.steps(t);
  const [owner, ann, bea] = [await it.arrive('demo-will'), await it.arrive('demo-will-ann'), await it.arrive('demo-will-bea')];
  const executors = [{ person: ann }, { person: bea }, { paper: 'Cousin Demo' }];
  let formerPaper;

  await step('accounts and a note in each drawer', async () => {
    for (const person of [owner, ann, bea]) await person.createAccount();
    await written(owner);
  });

  await step('whoever cannot be an executor is refused, and why is said', async () => {
    const { tab } = owner;
    await section(owner, 'will');
    await tab.visible(testid('will-none'));
    await tab.click(testid('issue-will'));
    await choose(owner, 1, executors[0]);
    await tab.fill(testid('person-2-handle'), owner.handle);
    await tab.click(testid('submit-deal'));
    await tab.reads(`${testid('person-2')} ${testid('form-error')}`, /That is you/);
    await focused(tab, 'person-2-handle');
    await tab.fill(testid('person-2-handle'), ann.handle);
    await tab.click(testid('submit-deal'));
    await tab.reads(`${testid('person-2')} ${testid('form-error')}`, /is executor 1 already/);
    for (const number of [1, 2, 3]) await choose(owner, number, { paper: `Paper ${number}` });
    await tab.click(testid('submit-deal'));
    await tab.reads(`main > section > .stack > ${testid('form-error')}`, /needs an account here/);
    await tab.click(testid('add-person'));
    await focused(tab, 'person-4-name');
    await tab.reads(testid('threshold-meaning'), /^Any 3 of these 4 .*; 2 together cannot\.$/);
    await tab.click(testid('person-4-remove'));
    await focused(tab, 'person-3-name');
    await tab.reads(testid('threshold-meaning'), /^Any 2 of these 3 .*; one alone cannot\.$/);
    await tab.click(testid('cancel-deal'));
  });

  const issue = async ({ days }) => {
    const { tab } = owner;
    await section(owner, 'will');
    await tab.click(testid('issue-will'));
    for (const [at, executor] of executors.entries()) await choose(owner, at + 1, executor);
    await tab.fill(testid('waiting-days'), String(days));
    await tab.click(testid('submit-deal'));
    const [paper] = await printed(owner, 1);
    await tab.reads(testid('will-wait'), `${days} days`);
    await tab.reads(testid('will-scope'), 'Client list and chart');
    return paper;
  };

  const claim = async () => {
    await section(ann, 'others');
    await ann.tab.click(testid('claim-will'));
    await ann.tab.click(testid('confirm-claim-will'));
    await ann.view('executor');
    return ann.tab.text(testid('claim-code'));
  };

  await step('issued to two with accounts and one on paper; leaving before printing asks first', async () => {
    const { tab } = owner;
    await tab.click(testid('issue-will'));
    for (const [at, executor] of executors.entries()) await choose(owner, at + 1, executor);
    await tab.click(testid('submit-deal'));
    await tab.visible(testid('share-text-1'));
    await tab.click(testid('nav-clients'));
    await tab.click(testid('stay'));
    await tab.gone(testid('leave-dialog'));
    [formerPaper] = await printed(owner, 1);
    assert.equal(formerPaper.split(' ').length, 48);
    await tab.reads(testid('holders'), /demo-will-ann.*demo-will-bea.*Cousin Demo/s);
    await tab.gone(testid('unprinted'));
  });

  await step('claimed; before the wait is over the server opens nothing; the owner is told and cancels', async () => {
    await claim();
    await ann.tab.fill(testid('paper-share'), formerPaper);
    await ann.tab.click(testid('add-paper-share'));
    await ann.tab.reads(testid('shares-count'), 'Shares: 2 of 2');
    await ann.tab.click(testid('open-will'));
    await ann.tab.reads(testid('form-error'), /waiting period/);
    await owner.go('clients');
    await owner.tab.reads(testid('claim-banner'), /demo-will-ann has claimed your professional will/);
    await section(owner, 'will');
    await owner.tab.click(testid('cancel-claim'));
    await owner.tab.reads(testid('claim-state'), /You cancelled it/);
    await owner.tab.reads(testid('will-record'), /cancelled.*claimed.*issued/s);
    await ann.tab.click(testid('executor-reload'));
    await ann.tab.reads(testid('executor-state'), /cancelled your claim/);
    await ann.tab.gone(testid('open-will'));
  });

  await step('issued again without a wait; one share is too few, and one of the former will is none', async () => {
    await issue({ days: 0 });
    await claim();
    await ann.tab.click(testid('open-will'));
    await ann.tab.reads(testid('form-error'), '1 of the 2 shares');
    await ann.tab.fill(testid('paper-share'), formerPaper);
    await ann.tab.click(testid('add-paper-share'));
    await ann.tab.reads(testid('form-error'), /belongs to an earlier professional will/);
    await ann.tab.fill(testid('paper-share'), formerPaper.replace(/^..../, 'ABCD'));
    await ann.tab.click(testid('add-paper-share'));
    await ann.tab.reads(testid('form-error'), /typing error/);
  });

  await step('a share is handed on against the right code alone', async () => {
    const code = await ann.tab.text(testid('claim-code'));
    await bea.go('clients');
    await bea.tab.reads(testid('asked-banner'), owner.handle);
    await handOn(bea, code.replace(/^./, (first) => (first === '2' ? '3' : '2')));
    await bea.tab.reads(testid('form-error'), /not that of this request/);
    await handOn(bea, code.toLowerCase().replaceAll('-', ' '));
    await bea.tab.visible(testid('request-answered'));
    await ann.tab.click(testid('executor-reload'));
    await ann.tab.reads(testid('shares-count'), 'Shares: 2 of 2');
  });

  await step('the chart opens, and the private drawer does not', async () => {
    await ann.tab.click(testid('open-will'));
    await ann.tab.reads(testid('will-covers'), /private drawer is not included/);
    await ann.tab.click(testid('will-client'));
    await ann.tab.reads(testid('will-note-chart'), PLAN);
    assert.ok(!(await ann.tab.seen()).includes(OWN));
    const refused = await ann.tab.evaluate(async () => {
      const account = location.hash.split('/').at(-1);
      const response = await fetch(`/api/wills/${account}/private`);
      return [response.status, (await response.json()).error.code];
    });
    assert.deepEqual(refused, [403, 'out_of_scope']);
    await section(owner, 'will');
    await owner.tab.reads(testid('will-record'), /opened your professional will/);
  });

  await step('locking closes it; revoked, it is gone for the executors', async () => {
    await ann.lock();
    assert.ok(!(await ann.tab.seen()).includes(PLAN));
    await owner.tab.click(testid('revoke-will'));
    await owner.tab.click(testid('confirm-revoke-will'));
    await owner.tab.visible(testid('will-none'));
    await ann.unlock();
    await ann.unlocked();
    await section(ann, 'others');
    await ann.tab.visible(testid('shares-none'));
  });

  assertQuiet(owner.tab);
  for (const { tab } of [ann, bea]) assertQuiet(tab, { except: /status of 403/ });
});

test('a professional will with the private drawer, and new keys after it', async (t) => {
  const step = it.steps(t);
  const [owner, ann] = [await it.arrive('demo-keys-will'), await it.arrive('demo-keys-will-ann')];

  await step('issued: the private drawer is in it if the author ticks that', async () => {
    for (const person of [owner, ann]) await person.createAccount();
    await written(owner);
    const { tab } = owner;
    await section(owner, 'will');
    await tab.click(testid('issue-will'));
    await tab.click(testid('person-3-remove'));
    await choose(owner, 1, { person: ann });
    await choose(owner, 2, { paper: 'Cousin Demo' });
    await tab.reads(testid('threshold-meaning'), /^Both together/);
    await tab.click(testid('include-private'));
    await tab.fill(testid('waiting-days'), '366');
    await tab.click(testid('submit-deal'));
    await tab.reads(`main > section > .stack > ${testid('form-error')}`, /0 to 365/);
    await tab.fill(testid('waiting-days'), '0');
    await tab.click(testid('submit-deal'));
    [owner.paper] = await printed(owner, 1);
    await tab.reads(testid('will-scope'), 'Client list, chart and private drawer');
  });

  await step('new keys: the author is told that what she writes now is not covered', async () => {
    const { tab } = owner;
    await section(owner, 'devices');
    await tab.click(testid('stolen'));
    await tab.click(testid('stolen-next'));
    await tab.visible(`${testid('stolen-flow')}[data-step="seen"]`);
    await tab.click(testid('stolen-next'));
    await tab.fill(testid('passphrase'), owner.passphrase);
    await tab.fill(testid('passphrase-again'), owner.passphrase);
    await tab.click(testid('stolen-prepare'));
    await owner.confirmKit();
    await tab.visible(testid('rotation-done'));
    await section(owner, 'will');
    await tab.visible(testid('will-outdated'));
    await owner.addClient('Later Client');
  });

  await step('both drawers open up to the change of keys', async () => {
    const { tab } = ann;
    await section(ann, 'others');
    await tab.click(testid('claim-will'));
    await tab.click(testid('confirm-claim-will'));
    await ann.view('executor');
    await tab.fill(testid('paper-share'), owner.paper);
    await tab.click(testid('add-paper-share'));
    await tab.reads(testid('shares-count'), 'Shares: 2 of 2');
    await tab.click(testid('open-will'));
    await tab.reads(testid('will-later'), /^1 note is not covered/);
    assert.equal(await tab.evaluate(() => document.querySelector('[data-testid="will-clients"]').textContent.includes('Later')), false);
    await tab.click(testid('will-client'));
    await tab.reads(testid('will-note-chart'), PLAN);
    await tab.reads(testid('will-note-private'), OWN);
  });

  for (const { tab } of [owner, ann]) assertQuiet(tab);
});

test('trustees', async (t) => {
  const step = it.steps(t);
  const [owner, ann, bea] = [await it.arrive('demo-lost'), await it.arrive('demo-lost-ann'), await it.arrive('demo-lost-bea')];
  let paper;

  await step('dealt to two with accounts and one on paper', async () => {
    for (const person of [owner, ann, bea]) await person.createAccount();
    await written(owner);
    const { tab } = owner;
    await section(owner, 'trustees');
    await tab.visible(testid('trustees-none'));
    await tab.click(testid('choose-trustees'));
    await choose(owner, 1, { person: ann });
    await choose(owner, 2, { person: bea });
    await choose(owner, 3, { paper: 'Cousin Demo' });
    await tab.reads(testid('threshold-meaning'), 'Any 2 of these 3 together can open your account; one alone cannot.');
    await tab.click(testid('submit-deal'));
    [paper] = await printed(owner, 1);
    await tab.reads(testid('holders'), /demo-lost-ann.*demo-lost-bea.*Cousin Demo/s);
  });

  /** On a new device, with nothing but the handle. */
  async function ask() {
    const lost = await it.arrive(owner.handle);
    const { tab } = lost;
    await tab.open(`${it.server.url}/#/help`);
    await lost.view('help');
    await tab.fill(testid('help-handle'), owner.handle);
    await tab.click(testid('help-lost-kit'));
    await tab.fill(testid('passphrase'), 'another battery, another staple 9');
    await tab.fill(testid('passphrase-again'), 'another battery, another staple 9');
    await tab.click(testid('ask-trustees'));
    return { lost, code: await tab.text(testid('trustees-code')) };
  }

  /** Makes the kit that comes before all else, and reads both drawers. */
  async function back(lost) {
    await lost.view('renew');
    await lost.tab.click(testid('prepare-kit'));
    await lost.confirmKit();
    await lost.view('clients');
    await lost.tab.click(testid('client-item'));
    await lost.view('client');
    await lost.tab.click(testid('session-item'));
    await lost.view('session');
    await lost.reads('private', 'field-text', OWN);
    await lost.reads('chart', 'field-plan', PLAN);
  }

  await step('somebody else asks: whoever is in sees it, and stops it', async () => {
    const { lost } = await ask();
    await owner.go('clients');
    await owner.tab.reads(testid('trustees-banner'), /Somebody asks your trustees/);
    await section(owner, 'others');
    await owner.tab.click(testid('stop-request'));
    await owner.tab.gone(testid('own-request'));
    await lost.tab.reads(testid('request-ends'), /has ended/);
    await lost.tab.close();
  });

  await step('everything lost: two trustees hand on their shares against the code; a wrong one is refused', async () => {
    await owner.lock();
    const { lost, code } = await ask();
    await handOn(ann, code.replace(/^./, (first) => (first === '2' ? '3' : '2')));
    await ann.tab.reads(testid('form-error'), /not that of this request/);
    await handOn(ann, code);
    await ann.tab.visible(testid('request-answered'));
    await lost.tab.reads(testid('share-count'), '1 of 2');
    await handOn(bea, code);
    await bea.tab.visible(testid('request-answered'));
    await back(lost);
    await lost.tab.close();
  });

  await step('their shares stay good: one of them and the paper do it as well', async () => {
    const { lost, code } = await ask();
    await lost.tab.fill(testid('printed-share'), paper);
    await lost.tab.click(testid('add-printed-share'));
    await lost.tab.reads(testid('share-count'), '1 of 2');
    await handOn(ann, code);
    await back(lost);
    owner.lost = lost;
  });

  await step('removed, they can do nothing any more', async () => {
    const { lost } = owner;
    await section(lost, 'trustees');
    await lost.tab.click(testid('remove-trustees'));
    await lost.tab.click(testid('confirm-remove-trustees'));
    await lost.tab.visible(testid('trustees-none'));
    await section(ann, 'others');
    await ann.tab.visible(testid('shares-none'));
  });

  for (const { tab } of [owner, ann, bea]) assertQuiet(tab);
});
