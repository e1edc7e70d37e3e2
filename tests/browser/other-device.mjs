// Another device of somebody's account: the package in Node, which keeps its ledger as the page does.
import { Identity, newId, Vault } from '../../pkg/dist/index.js';

const b64 = (bytes) => Buffer.from(bytes).toString('base64');
const bytes = (text) => new Uint8Array(Buffer.from(text, 'base64'));

export class OtherDevice {
  #cookie = '';

  constructor(url) {
    this.url = url;
  }

  static async unlock({ url, handle, passphrase, secret }) {
    const device = new OtherDevice(url);
    const stored = await device.call('GET', `/accounts/${handle}/unlock`);
    device.vault = await Vault.unlock({ passphrase, accountSecret: secret, sealedVault: bytes(stored.vault), slots: stored.slots.map(bytes) });
    device.device = newId();
    const { challenge } = await device.call('POST', '/login/challenge', { account: device.vault.account });
    const login = await device.vault.login({ challenge: bytes(challenge), origin: url });
    await device.call('POST', '/login', { login: b64(login) });
    return device;
  }

  async call(method, path, body) {
    const response = await fetch(`${this.url}/api${path}`, {
      method,
      headers: { 'content-type': 'application/json', ...(this.#cookie ? { cookie: this.#cookie } : {}) },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    this.#cookie = response.headers.getSetCookie()[0]?.split(';')[0] ?? this.#cookie;
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text ? JSON.parse(text) : undefined;
  }

  /** Everything in the ledger, followed from where this device is. */
  async follow() {
    this.entries ??= [];
    for (let after = this.entries.length; after !== null;) {
      const page = await this.call('GET', `/ledger?after=${after}`);
      const fresh = page.entries.map(bytes);
      await this.vault.ledger.follow(fresh, { all: page.next === null });
      this.entries.push(...fresh);
      after = page.next;
    }
    return this.vault.ledger.read(this.entries);
  }

  async events() {
    return (await this.follow()).flatMap(({ events, ...entry }) => events.map((event) => ({ ...event, entry })));
  }

  /** Shares a chart record as a program without a ledger would. */
  async share({ record, version, colleague, fingerprint }) {
    const { account, keyLog } = await this.call('GET', `/accounts/${colleague}/keys`);
    const { verified } = await this.vault.confirm(await Identity.fromKeyLog(account, keyLog.map(bytes)), fingerprint);
    const { sealed } = await this.call('GET', `/chart/records/${record}/versions/${version}`);
    const [grant] = await this.vault.chart.share(bytes(sealed), [{ to: verified, purpose: 'treatment' }]);
    await this.call('POST', `/chart/records/${record}/versions/${version}/grants`, { grants: [b64(grant.bytes)] });
  }

  /** Stores what waits. */
  async put() {
    await this.follow();
    const entry = await this.vault.ledger.seal({ device: this.device });
    await this.call('POST', '/ledger', { entry: b64(entry) });
    await this.vault.ledger.stored(entry);
    this.entries.push(entry);
  }

  /** Stores a private note as the page would; `withEntry: false` as a program without a ledger would. */
  async putPrivate({ client, session, text, record = session, previous }, { withEntry = true } = {}) {
    await this.follow();
    const body = JSON.stringify({ date: '2026-01-15', text });
    const note = previous
      ? await this.vault.private.edit(previous, { text: body })
      : await this.vault.private.seal({ client, session, record, text: body });
    const entry = withEntry && await this.vault.ledger.seal({ versions: [note.bytes], device: this.device });
    await this.call('PUT', `/private/notes/${note.record}/versions/${note.version}`, { sealed: b64(note.bytes), ...(entry ? { ledger: b64(entry) } : {}) });
    if (entry) {
      await this.vault.ledger.stored(entry);
      this.entries.push(entry);
    }
    return note;
  }
}
