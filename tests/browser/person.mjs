// What a person does on the page, in any of the browsers. Names are the page's test ids.
export const testid = (name) => `[data-testid="${name}"]`;
const inside = (drawer, name) => `${testid(`drawer-${drawer}`)} ${testid(name)}`;

export class Person {
  constructor(tab, url, handle, passphrase) {
    Object.assign(this, { tab, url, handle, passphrase });
  }

  view(name) {
    return this.tab.until(`view ${name}`, (name) => document.querySelector(`main[data-view="${name}"]:not([aria-busy="true"])`) !== null, name);
  }

  async createAccount() {
    const { tab } = this;
    await tab.open(`${this.url}/#/create`);
    await this.view('create');
    await tab.fill(testid('handle'), this.handle);
    await tab.fill(testid('passphrase'), this.passphrase);
    await tab.fill(testid('passphrase-again'), this.passphrase);
    await tab.click(testid('submit-create'));
    await this.confirmKit();
    await this.view('clients');
    await this.go('account');
    this.fingerprint = await tab.text(testid('own-fingerprint'));
  }

  /** Where a recovery kit is shown: copies it down, and types two groups of the code from the copy. */
  async confirmKit() {
    await this.copyKit();
    await this.typeFromKit();
  }

  async copyKit() {
    this.secret = await this.tab.text(testid('account-secret'));
    this.recoveryCode = await this.tab.text(testid('recovery-code'));
    await this.tab.click(testid('kit-copied'));
  }

  async typeFromKit() {
    const { tab } = this;
    const groups = this.recoveryCode.split(/[\s-]+/);
    for (const field of ['kit-group-1', 'kit-group-2']) {
      await tab.visible(testid(field));
      const name = await tab.evaluate((css) => document.querySelector(css).name, testid(field));
      await tab.fill(testid(field), groups[Number(name.match(/\d+/)[0]) - 1]);
    }
    await tab.click(testid('confirm-kit'));
  }

  /** Rotates: as if a device were stolen, the first other one on the list if `gone`; `since` when somebody may have had the keys. */
  async makeNewKeys(passphrase, { gone = false, since } = {}) {
    const { tab } = this;
    await this.go('account');
    await tab.click(testid('account-devices'));
    await tab.click(testid('stolen'));
    if (gone) await tab.click(testid('gone-device'));
    await tab.click(testid('stolen-next'));
    await tab.visible(`${testid('stolen-flow')}[data-step="seen"]`);
    if (since) await tab.fill(testid('stolen-since'), since);
    await tab.click(testid('stolen-next'));
    await tab.fill(testid('passphrase'), passphrase);
    await tab.fill(testid('passphrase-again'), passphrase);
    await tab.click(testid('stolen-prepare'));
    await this.confirmKit();
    await tab.visible(testid('rotation-done'));
    this.passphrase = passphrase;
  }

  async go(view) {
    await this.tab.click(testid(`nav-${view}`));
    await this.view(view);
  }

  async lock() {
    await this.tab.click(testid('lock'));
    await this.tab.until('the page to be locked', () => document.documentElement.dataset.state === 'out');
  }

  /** Fills in the unlock screen. On a device that does not know the account, `handle` and `secret` too. */
  async unlock({ passphrase = this.passphrase, handle, secret } = {}) {
    const { tab } = this;
    if (handle) await tab.fill(testid('handle'), handle);
    await tab.fill(testid('passphrase'), passphrase);
    if (secret) await tab.fill(testid('account-secret-input'), secret);
    await tab.click(testid('submit-unlock'));
  }

  unlocked() {
    return this.tab.until('the page to be unlocked', () => document.documentElement.dataset.state === 'unlocked');
  }

  async addClient(name) {
    await this.go('clients');
    await this.tab.fill(testid('new-client-name'), name);
    await this.tab.click(testid('add-client'));
    await this.view('client');
    await this.tab.reads(testid('client-name'), name);
  }

  async newSession() {
    await this.tab.click(testid('new-session'));
    await this.view('session');
  }

  write(drawer, field, text) {
    return this.tab.fill(inside(drawer, `field-${field}`), text);
  }

  reads(drawer, name, pattern) {
    return this.tab.reads(inside(drawer, name), pattern);
  }

  click(drawer, name) {
    return this.tab.click(inside(drawer, name));
  }

  async save(drawer, version) {
    await this.click(drawer, 'save');
    await this.reads(drawer, 'status', `Saved as version ${version}`);
  }

  async draftSaved(drawer) {
    await this.tab.until(`the ${drawer} draft to be put away`, (css) => document.querySelector(css).dataset.pending !== 'true', inside(drawer, 'status'));
    await this.reads(drawer, 'status', 'Draft saved');
  }

  /** From the session screen: shares the chart after comparing the digits the colleague reads out. */
  async share(colleague, { purpose = 'treatment', known = false } = {}) {
    const { tab } = this;
    await this.click('chart', 'share');
    await tab.fill(testid('share-handle'), colleague.handle);
    await tab.click(testid('share-find'));
    if (!known) {
      await tab.fill(testid('fingerprint-input'), colleague.fingerprint);
      await tab.click(testid('confirm-fingerprint'));
    }
    await tab.visible(testid('grant'));
    await tab.choose(testid('purpose'), purpose);
    await tab.click(testid('grant'));
    await tab.gone(testid('share-dialog'));
    await this.reads('chart', 'readers', colleague.handle);
  }

  /** From anywhere: writes a progress note for a new client, and shares it. Resolves with the record's id. */
  async shareNew(text, colleague, options) {
    await this.addClient('Demo Client');
    await this.newSession();
    await this.write('chart', 'plan', text);
    await this.save('chart', 1);
    await this.share(colleague, options);
    return (await this.tab.evaluate(() => location.hash)).split('/').at(-1);
  }

  async openRecord(record) {
    await this.go('shared');
    await this.tab.click(`${testid('open-shared')}[href="#/shared/${record}"]`);
    await this.view('shared-record');
  }

  /** From anywhere: opens what `author` shared, comparing the fingerprint the first time. */
  async openShared(author) {
    const { tab } = this;
    await this.go('shared');
    await this.sharedItem(author, 'verify-author,open-shared');
    const verified = await tab.evaluate(() => !document.querySelector('[data-e2e] [data-testid="verify-author"]'));
    if (!verified) {
      await tab.click(`[data-e2e] ${testid('verify-author')}`);
      await tab.fill(testid('fingerprint-input'), author.fingerprint);
      await tab.click(testid('confirm-fingerprint'));
      await tab.gone(testid('verify-dialog'));
      await this.sharedItem(author, 'open-shared');
    }
    await tab.click(`[data-e2e] ${testid('open-shared')}`);
    await this.view('shared-record');
  }

  /** Marks the list's item of this author that has one of the named controls. */
  sharedItem(author, names) {
    return this.tab.until(`an item shared by ${author.handle}`, (handle, names) => {
      document.querySelectorAll('[data-e2e]').forEach((marked) => marked.removeAttribute('data-e2e'));
      const item = [...document.querySelectorAll('[data-testid="shared-item"]')].find((item) =>
        item.textContent.includes(handle) && names.split(',').some((name) => item.querySelector(`[data-testid="${name}"]`)));
      item?.setAttribute('data-e2e', '');
      return Boolean(item);
    }, author.handle, names);
  }

  sharedText(section) {
    return this.tab.text(testid(`shared-section-${section}`));
  }
}
