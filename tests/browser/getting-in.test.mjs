// Every way into an account and back into it: by kit, by another device, by trustees on paper; and out of it by itself.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PlaywrightTab } from './drivers/playwright.mjs';
import { Person, testid } from './person.mjs';
import { assertQuiet, pagesOfPaper, PASSPHRASE, stage } from './support.mjs';

const it = stage();
const NEXT = 'lantern orbit meadow plum 7';

const chooses = async ({ tab }, passphrase) => {
  await tab.fill(testid('passphrase'), passphrase);
  await tab.fill(testid('passphrase-again'), passphrase);
};

/** Opens the page anew on a device, as after closing the tab. */
const comesBack = async (person, hash = '/#/unlock') => {
  await person.tab.open('about:blank');
  await person.tab.open(`${it.server.url}${hash}`);
};

/** The browser has cleared what the page stored, as browsers do. */
const evicts = ({ tab }) => tab.evaluate(async () => {
  localStorage.clear();
  await new Promise((resolve, reject) => {
    const gone = indexedDB.deleteDatabase('sealed-notes');
    gone.onsuccess = resolve;
    gone.onerror = reject;
  });
});

test('the kit', async (t) => {
  const step = it.steps(t);
  const person = await it.arrive('demo-kit');
  const { tab } = person;

  await step('a passphrase that is easy to guess, or typed in two ways, makes no account', async () => {
    await tab.open(`${it.server.url}/#/create`);
    await person.view('create');
    await tab.fill(testid('handle'), person.handle);
    for (const [passphrase, why] of [['short', /7 more/], ['Password1234', /commonly used/], ['demo-kit demo-kit', /everybody can see/]]) {
      await chooses(person, passphrase);
      await tab.reads(testid('passphrase-strength'), why);
      await tab.click(testid('submit-create'));
      await tab.reads(testid('form-error'), why);
    }
    await chooses(person, PASSPHRASE);
    await tab.fill(testid('passphrase-again'), `${PASSPHRASE} `);
    await tab.click(testid('submit-create'));
    await tab.reads(testid('form-error'), /differ/);
  });

  await step('the kit is all on one sheet, and the sheet alone is printed', async () => {
    await chooses(person, PASSPHRASE);
    await tab.click(testid('submit-create'));
    await person.view('kit');
    const { kit, qr } = await tab.evaluate(() => ({
      kit: document.querySelector('[data-testid="kit-sheet"]').textContent,
      qr: document.querySelector('[data-testid="kit-qr"]').dataset.text,
    }));
    const secret = await tab.text(testid('account-secret'));
    const code = await tab.text(testid('recovery-code'));
    assert.match(secret, /^([0-9A-Z]{4}-){7}[0-9A-Z]{4}$/);
    assert.match(code, /^([0-9A-Z]{4}-){9}[0-9A-Z]{4}$/);
    for (const part of [secret, code, person.handle, it.server.url]) assert.ok(kit.includes(part) && qr.includes(part), part);
    await tab.page.emulateMedia({ media: 'print' });
    const seen = await tab.evaluate(() => document.body.innerText);
    assert.ok(seen.includes(code) && !/Put it on paper|For developers|I have a copy|Save your/.test(seen), seen);
    await tab.page.emulateMedia({ media: 'screen' });
    assert.deepEqual(await pagesOfPaper(tab), [1, 1]);
  });

  await step('whoever left before confirming it is asked again, with another code', async () => {
    const first = await tab.text(testid('recovery-code'));
    await comesBack(person);
    await tab.fill(testid('handle'), person.handle);
    await person.unlock();
    await person.view('renew');
    await tab.reads(testid('renew-why'), /no confirmed recovery kit/);
    assert.equal(await tab.evaluate(() => document.querySelector('[data-testid="passphrase"]')), null, 'the passphrase stays');
    await tab.click(testid('prepare-kit'));
    await person.view('kit');
    assert.notEqual(await tab.text(testid('recovery-code')), first);
  });

  await step('what is typed is compared with the copy, not with the screen', async () => {
    await person.copyKit();
    await tab.gone(testid('recovery-code'));
    await tab.fill(testid('kit-group-1'), '0000');
    await tab.fill(testid('kit-group-2'), '0000');
    await tab.click(testid('confirm-kit'));
    await tab.reads(testid('form-error'), /read differently/);
    await person.typeFromKit();
    await person.view('clients');
    await person.addClient('Demo Client');
    await person.newSession();
    await person.write('private', 'text', 'sealed at last');
    await person.save('private', 1);
  });

  await step('evicted storage: the page says what happened, and the pasted kit brings it back', async () => {
    await person.lock();
    await evicts(person);
    await comesBack(person);
    await person.view('unlock');
    const paste = `Sealed Notes recovery kit\nHandle: ${person.handle}\nAccount secret: ${person.secret}\nRecovery code: ${person.recoveryCode}\n`;
    await tab.fill(testid('handle'), person.handle);
    await tab.fill(testid('passphrase'), PASSPHRASE);
    await tab.reads(testid('secret-missing'), /Nothing is lost/);
    await tab.fill(testid('account-secret-input'), `${person.secret.slice(0, -1)}${person.secret.endsWith('0') ? '1' : '0'}`);
    await tab.reads(testid('secret-check'), /typing error/);
    await tab.fill(testid('account-secret-input'), paste);
    await tab.reads(testid('account-secret-input'), new RegExp(`^${person.secret}$`));
    await tab.reads(testid('secret-check'), 'No typing error');
    await tab.click(testid('submit-unlock'));
    await person.view('clients');
  });

  async function opensByCode() {
    await tab.click(testid('other-ways'));
    await person.view('help');
    await tab.click(testid('help-forgot-passphrase'));
    await tab.fill(testid('recovery-code-input'), person.recoveryCode.toLowerCase().replaceAll('-', ' '));
    await tab.reads(testid('code-check'), 'No typing error');
    await tab.click(testid('submit-recovery-code'));
    await person.view('renew');
  }

  await step('forgotten passphrase: the recovery code opens, and asks for a new passphrase and kit', async () => {
    await person.lock();
    await opensByCode();
    await tab.reads(testid('renew-why'), /works once/);
    await chooses(person, NEXT);
    await tab.click(testid('prepare-kit'));
    await person.view('kit');
  });

  await step('left before the new kit is confirmed, the old ways work as before', async () => {
    await comesBack(person);
    await person.view('unlock');
    await opensByCode();
    await tab.click(testid('renew-lock'));
    await person.view('unlock');
    await person.unlock({ passphrase: NEXT });
    await tab.reads(testid('form-error'), /passphrase/i);
    await opensByCode();
    await chooses(person, NEXT);
    await tab.click(testid('prepare-kit'));
    await person.confirmKit();
    await person.view('clients');
    await tab.click(testid('client-item'));
    await person.view('client');
    await tab.click(testid('session-item'));
    await person.reads('private', 'field-text', 'sealed at last');
  });

  await step('from then on the new passphrase opens it, and the old one does not', async () => {
    await person.lock();
    await person.unlock();
    await tab.reads(testid('form-error'), /passphrase/i);
    await person.unlock({ passphrase: NEXT });
    await person.view('session');
  });

  assertQuiet(tab);
});

test('another device, and trustees on paper', async (t) => {
  const step = it.steps(t);
  const person = await it.arrive('demo-back');
  const phone = await it.arrive('demo-back');
  let shares;

  await step('a new device asks; the code is compared; the other one hands over the secret', async () => {
    await person.createAccount();
    await phone.tab.open(`${it.server.url}/#/unlock`);
    await phone.tab.fill(testid('handle'), person.handle);
    await phone.tab.fill(testid('passphrase'), PASSPHRASE);
    await phone.tab.click(testid('ask-device'));
    const code = await phone.tab.text(testid('device-code'));
    const qr = await phone.tab.evaluate(() => document.querySelector('[data-testid="device-qr"]').dataset.text);
    assert.equal(qr, `${it.server.url}/#/approve/${code}`);
    await person.tab.open(qr); // what the camera of the other device reads
    await person.tab.click(testid('answer-request'));
    await phone.tab.visible(testid('device-answered'));
    await phone.tab.click(testid('submit-unlock'));
    await phone.view('clients');
    await phone.lock();
    await phone.unlock();
    await phone.view('clients');
    await phone.lock();
  });

  await step('an account without trustees has nobody to ask', async () => {
    await phone.tab.click(testid('other-ways'));
    await phone.view('help');
    await phone.tab.click(testid('help-lost-kit'));
    await chooses(phone, NEXT);
    await phone.tab.click(testid('ask-trustees'));
    await phone.tab.reads(testid('form-error'), /no trustees/);
  });

  await step('three trustees, on paper', async () => {
    const { tab } = person;
    await person.lock(); // the phone is in the account now: it was changed there
    await person.unlock();
    await person.go('account');
    await tab.click(testid('account-trustees'));
    await tab.click(testid('choose-trustees'));
    for (const number of [1, 2, 3]) {
      if (await tab.evaluate((css) => !document.querySelector(css), testid(`person-${number}`))) await tab.click(testid('add-person'));
      await tab.click(testid(`person-${number}-paper`));
      await tab.fill(testid(`person-${number}-name`), `Demo Trustee ${number}`);
    }
    await tab.click(testid('submit-deal'));
    await tab.visible(testid('share-text-3'));
    assert.deepEqual(await pagesOfPaper(tab), [3, 3], 'a page for each');
    shares = [];
    for (const number of [1, 2, 3]) {
      shares.push((await tab.text(testid(`share-text-${number}`))).replace(/\s+/g, ' '));
      await tab.click(testid(`printed-${number}`));
    }
    await tab.click(testid('shares-done'));
    await tab.gone(testid('shares-done'));
    await person.lock();
  });

  const adds = async (text) => {
    await phone.tab.fill(testid('printed-share'), text);
    await phone.tab.click(testid('add-printed-share'));
  };

  await step('a request is made, kept on the device, and taken up again after the page was closed', async () => {
    const { tab } = phone;
    await tab.click(testid('ask-trustees'));
    const code = await tab.text(testid('trustees-code'));
    assert.match(code, /^([0-9A-Z]{4}-){3}[0-9A-Z]{4}$/);
    await tab.reads(testid('share-count'), 'No share yet');
    await comesBack(phone, '/#/help');
    await tab.click(testid('help-lost-kit'));
    await tab.fill(testid('request-passphrase'), PASSPHRASE);
    await tab.click(testid('resume-request'));
    await tab.visible(testid('form-error'));
    await tab.fill(testid('request-passphrase'), NEXT);
    await tab.click(testid('resume-request'));
    assert.equal(await tab.text(testid('trustees-code')), code);
  });

  await step('one share is not enough, a misspelt or repeated one is told apart, the second opens', async () => {
    const { tab } = phone;
    await adds(shares[0].replace(/.$/, (last) => (last === '0' ? '1' : '0')));
    await tab.reads(testid('form-error'), /typing error/i);
    await adds(shares[0]);
    await tab.reads(testid('share-count'), '1 of 2 shares');
    await adds(shares[0].toLowerCase());
    await tab.reads(testid('printed-status'), /already/);
    await adds(shares[2]);
    await phone.view('renew');
    await tab.reads(testid('renew-why'), /Your trustees let you back/);
    await tab.click(testid('prepare-kit'));
    await phone.confirmKit();
    await phone.view('clients');
  });

  await step('the passphrase of the request is the account\'s, and nothing of the request is left', async () => {
    await phone.lock();
    await phone.unlock({ passphrase: NEXT });
    await phone.view('clients');
    await phone.lock();
    await comesBack(phone, '/#/help');
    await phone.tab.click(testid('help-lost-kit'));
    await phone.tab.visible(testid('ask-trustees'));
  });

  for (const { tab } of [person, phone]) assertQuiet(tab);
});

test('a browser that refuses to store anything', async () => {
  const person = await it.arrive('demo-no-store');
  const { tab } = person;
  await tab.page.addInitScript(() => {
    const refuse = () => { throw new DOMException('denied', 'SecurityError'); };
    Object.defineProperty(window, 'localStorage', { get: refuse });
    IDBFactory.prototype.open = refuse;
  });
  await person.createAccount();
  await person.addClient('Demo Client');
  await person.newSession();
  await person.write('private', 'text', 'typed, then locked at once');
  await person.lock();
  await tab.fill(testid('passphrase'), PASSPHRASE);
  await tab.click(testid('submit-unlock'));
  await tab.reads(testid('secret-missing'), /Nothing is lost/);
  await tab.fill(testid('account-secret-input'), person.secret);
  await tab.click(testid('submit-unlock'));
  await person.view('session');
  await person.reads('private', 'field-text', 'typed, then locked at once');
  assertQuiet(tab);
});

test('it locks by itself', async (t) => {
  const step = it.steps(t);
  const person = await it.arrive('demo-idle');
  const { tab } = person;
  const hide = (hidden) => tab.evaluate((hidden) => {
    Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  }, hidden);

  await step('a note with a draft', async () => {
    await person.createAccount();
    await person.addClient('Demo Client');
    await person.newSession();
    await person.write('private', 'text', 'first');
    await person.save('private', 1);
    await tab.page.clock.install();
    await tab.page.reload();
    await person.unlock();
    await person.view('session');
  });

  await step('a minute before, it says so; a key keeps it open and types nothing', async () => {
    await tab.page.clock.fastForward('08:50');
    await tab.gone(testid('idle-warning'));
    await person.write('private', 'text', 'first, and a draft');
    await person.draftSaved('private');
    await tab.page.clock.fastForward('09:10');
    await tab.reads(testid('idle-countdown'), /^\d\d?$/);
    await tab.page.keyboard.press('x');
    await tab.gone(testid('idle-warning'));
    await person.reads('private', 'field-text', /^first, and a draft$/);
    await tab.page.clock.fastForward('09:10');
    await tab.click(testid('stay-unlocked'));
    await tab.gone(testid('idle-warning'));
  });

  await step('nobody there: it locks, and the same page comes back with its draft', async () => {
    await tab.page.clock.fastForward('10:02');
    await tab.visible(testid('submit-unlock'));
    assert.doesNotMatch(await tab.evaluate(() => document.documentElement.outerHTML), /and a draft|Demo Client/);
    await person.unlock();
    await person.view('session');
    await person.reads('private', 'field-text', 'first, and a draft');
  });

  await step('a sleeping computer counts as well: waking it up unlocks nothing', async () => {
    await tab.page.clock.fastForward('03:00:00');
    await tab.visible(testid('submit-unlock'));
    await person.unlock();
    await person.view('session');
  });

  await step('out of sight, it stays open unless one chose otherwise', async () => {
    await hide(true);
    await tab.page.clock.fastForward('01:00');
    assert.equal(await tab.evaluate(() => document.documentElement.dataset.state), 'unlocked');
    await hide(false);
    await person.go('account');
    await tab.click(testid('lock-when-hidden'));
    await tab.choose(testid('idle-minutes'), '2');
    await tab.reads(testid('idle-status'), /Kept/);
    await hide(true);
    await tab.page.clock.fastForward('00:10');
    assert.equal(await tab.evaluate(() => document.documentElement.dataset.state), 'unlocked');
    await tab.page.clock.fastForward('00:12');
    await tab.visible(testid('submit-unlock'));
    await hide(false);
    await person.unlock();
    await person.view('account');
    await tab.page.clock.fastForward('01:10');
    await tab.visible(testid('idle-warning'));
    await tab.click(testid('idle-lock-now'));
    await tab.visible(testid('submit-unlock'));
  });

  await step('every tab of the account locks with it, and a hand on one of them keeps all open', async () => {
    const second = new PlaywrightTab('second tab', await tab.context.newPage());
    const other = new Person(second, it.server.url, person.handle, person.passphrase);
    await second.page.clock.install();
    await second.open(`${it.server.url}/#/unlock`);
    await other.unlock();
    await other.view('clients');
    await tab.page.bringToFront();
    await person.unlock();
    await person.view('account');
    await tab.page.clock.fastForward('01:10');
    await tab.visible(testid('idle-warning'));
    await second.page.bringToFront();
    await second.page.keyboard.press('Shift');
    await tab.gone(testid('idle-warning'));
    await other.lock();
    await tab.visible(testid('submit-unlock'));
  });

  // Two tabs whose time is up in the same moment both end the login that they share.
  assertQuiet(tab, { except: /status of 401 .*\/api\/login\)/ });
});
