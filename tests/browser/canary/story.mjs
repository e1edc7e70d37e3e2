// What the accounts do while everything is being recorded: every way in which the page takes in a secret.
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { PlaywrightTab, chromiumOptions } from '../drivers/playwright.mjs';
import { Person, testid } from '../person.mjs';
import { storage, watch } from './places.mjs';

export async function story({ url, wire, profiles, canary, accountSecret, recoveryCode, printedShare }) {
  const contexts = [];
  const left = [];

  async function arrive(name) {
    const context = await chromium.launchPersistentContext(join(profiles, name), chromiumOptions());
    const report = watch(context);
    const person = new Person(new PlaywrightTab(name, await context.newPage()), url, `demo-${name}`, canary(`${name}'s passphrase`, { stored: false }));
    contexts.push(context);
    await person.createAccount();
    accountSecret(`${name}'s account secret`, person.secret);
    recoveryCode(`${name}'s recovery code`, person.recoveryCode);
    person.leave = async () => {
      left.push(...await remembered(name, person), ...report(name));
      await context.close();
    };
    return person;
  }

  async function remembered(label, person) {
    const dump = await storage(label, person.tab.page);
    return dump.map((it) => ({ ...it, device: it.place.endsWith('account secret') }));
  }

  async function writes(person, name) {
    const clientName = canary(`${name}'s client's name`);
    await person.addClient(clientName);
    await person.go('clients');
    await person.tab.fill(testid('filter-clients'), clientName);
    await person.tab.click(testid('client-item'));
    await person.view('client');
    await person.newSession();
    for (const version of [1, 2]) {
      await person.write('private', 'text', canary(`${name}'s psychotherapy note ${version}`));
      await person.save('private', version);
      await person.write('chart', 'goals', canary(`${name}'s goals ${version}`));
      person.plan = canary(`${name}'s plan ${version}`);
      await person.write('chart', 'plan', person.plan);
      await person.save('chart', version);
    }
  }

  async function drafts(person, name) {
    await person.write('private', 'text', canary(`${name}'s psychotherapy draft`));
    await person.draftSaved('private');
    await person.write('chart', 'response', canary(`${name}'s progress draft`));
    await person.draftSaved('chart');
  }

  try {
    const author = await arrive('author');
    const colleague = await arrive('colleague');
    const third = await arrive('third');
    await writes(author, 'author');
    await writes(colleague, 'colleague');
    await writes(third, 'third');

    await author.share(colleague, { purpose: 'supervision' });
    await colleague.openShared(author);
    await colleague.tab.reads(testid('shared-section-plan'), author.plan); // it was typed, stored and handed on
    await author.click('chart', 'revoke');
    await author.tab.click(testid('confirm-revoke'));
    await author.tab.visible(testid('receipt'));
    await author.tab.click(testid('close-dialog'));

    await author.click('private', 'server-sees');
    await author.tab.visible(testid('hexdump'));
    await author.tab.click(testid('close-dialog'));
    await drafts(author, 'author');
    await drafts(third, 'third');

    // The server is away: what cannot be stored waits on the device.
    wire.cut(true);
    await third.write('private', 'text', canary('third\'s draft while offline', { stored: null }));
    await third.reads('private', 'status', 'Offline');
    const screen = 'third, while offline: the page itself'; // still unlocked: it shows what was typed
    left.push(...(await remembered('third, while offline', third)).filter(({ place }) => place !== screen));
    wire.cut(false);

    await author.lock();
    await author.unlock({ passphrase: canary('a wrong passphrase', { stored: false }) });
    await author.tab.visible(testid('form-error'));
    await author.unlock();
    await author.unlocked();
    await author.go('account');
    await author.tab.click(testid('account-ways'));
    await author.tab.click(testid('change-passphrase'));
    const next = canary('author\'s next passphrase', { stored: false });
    await author.tab.fill(testid('current-passphrase'), author.passphrase);
    await author.tab.fill(testid('next-passphrase'), next);
    await author.tab.fill(testid('next-passphrase-again'), next);
    await author.tab.click(testid('submit-passphrase'));
    await author.tab.reads(testid('passphrase-status'), /\S/);

    // Names of a device and of trustees, and the shares that are printed for them.
    await author.tab.click(testid('account-devices'));
    await author.tab.click(testid('rename-device'));
    await author.tab.fill(testid('device-name-input'), canary('author\'s name for a device'));
    await author.tab.click(testid('submit-device-name'));
    await author.tab.gone(testid('device-name-input'));
    await author.tab.click(testid('account-trustees'));
    await author.tab.click(testid('choose-trustees'));
    for (const number of [1, 2, 3]) {
      await author.tab.fill(testid(`person-${number}-name`), canary(`author's trustee ${number}`));
      await author.tab.click(testid(`person-${number}-paper`));
    }
    await author.tab.click(testid('submit-deal'));
    for (const number of [1, 2, 3]) {
      printedShare(`author's share ${number}`, await author.tab.text(testid(`share-text-${number}`)));
      await author.tab.click(testid(`printed-${number}`));
    }
    await author.tab.click(testid('shares-done'));
    await author.tab.visible(testid('holders'));

    // Third's device is made to forget, and is told the account secret again.
    await third.go('account');
    await third.tab.click(testid('forget-device'));
    await third.view('unlock');
    await third.unlock({ secret: third.secret });
    await third.unlocked();

    // Third forgot hers: in by the recovery code, out with another passphrase and another kit.
    await third.lock();
    await third.tab.click(testid('other-ways'));
    await third.view('help');
    await third.tab.click(testid('help-forgot-passphrase'));
    await third.tab.fill(testid('recovery-code-input'), third.recoveryCode);
    await third.tab.click(testid('submit-recovery-code'));
    await third.view('renew');
    third.passphrase = canary('third\'s next passphrase', { stored: false });
    await third.tab.fill(testid('passphrase'), third.passphrase);
    await third.tab.fill(testid('passphrase-again'), third.passphrase);
    await third.tab.click(testid('prepare-kit'));
    await third.view('kit');
    await third.confirmKit();
    await third.view('clients');
    recoveryCode('third\'s next recovery code', third.recoveryCode);

    for (const person of [author, colleague, third]) {
      await person.lock();
      await person.leave();
    }
    return { handles: [author.handle, colleague.handle, third.handle], left };
  } finally {
    await Promise.all(contexts.map((context) => context.close()));
  }
}
