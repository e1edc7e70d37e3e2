// One line of the table: what was tried, and whether all of it ended as it should.

/** What a server without keys, and the client beside it, may both know from the bytes alone (SPEC.md §10). */
export const STRUCTURAL = ['truncated', 'not_sealed', 'wrong_object', 'unsupported_version'];
export const REFUSED = ['tampered', ...STRUCTURAL];

/** Thrown at the first thing that is wrong, where one is enough. */
export class Enough extends Error {}

export class Bench {
  constructor(stage, number, about) {
    Object.assign(this, stage, { number, about, cases: 0, said: new Map(), wrong: [], start: Date.now() });
  }

  /** Calls the client; with `rules` in force, and only then. */
  async client(op, ...args) {
    return this.page.evaluate(([op, args]) => underTest.hostile.attempt(op, args), [op, args]);
  }

  #count(code, times = 1) {
    this.said.set(code, (this.said.get(code) ?? 0) + times);
    this.cases += times;
  }

  check(what, ok, said) {
    this.#count(said ?? (ok ? 'as it should be' : 'otherwise'));
    if (!ok) this.wrong.push(what);
    this.#goOn();
  }

  #goOn() {
    if (this.impatient && this.wrong.length) throw new Enough(this.wrong[0]);
  }

  /** What an honest answer gives; after one attempt and before the next of the same kind it is asked for once. */
  async honest(what, op, args, { again = true } = {}) {
    const asked = JSON.stringify([op, args]);
    if (!again && this.last?.asked === asked && this.last.at === this.wire.log.length) return this.last.found;
    const before = this.wire.log.length;
    const result = await this.client(op, ...args);
    if (result.code !== 'opened') this.wrong.push(`${what}: honestly served, ${op} says ${result.code}`);
    const found = { ...result, requests: this.wire.log.slice(before) };
    this.last = { asked, found, at: this.wire.log.length };
    return found;
  }

  /**
   * The honest answer opens; the changed one is refused with one of `codes` and without a text, and the client sends nothing
   * on top; the honest answer opens again, to the same. A rule that nothing met is a failure.
   */
  async refuses(what, [op, ...args], rules, codes = ['tampered']) {
    await this.client('hold', args[0]);
    const before = await this.honest(what, op, args, { again: false });
    const stop = typeof rules === 'function' ? await rules() : this.wire.tamper(...[rules].flat());
    const from = this.wire.log.length;
    const result = await this.client(op, ...args);
    const sent = this.wire.log.slice(from);
    const hits = await stop();
    const after = await this.honest(what, op, args);
    this.#count(result.code);
    this.all.push({ what, code: result.code, message: result.message, honest: before.requests, sent });
    const wrong = (why) => this.wrong.push(`${what}: ${why}`);
    if (![codes].flat().includes(result.code)) wrong(`says ${result.code}, not ${[codes].flat().join(' or ')}`);
    if (Array.isArray(hits) && hits.some((hit) => hit === 0)) wrong('the client never asked for what was changed');
    if (!isPrefix(sent, before.requests)) wrong(`sends ${sent.join(', ')} instead of ${before.requests.join(', ')}`);
    if (JSON.stringify(after.opened) !== JSON.stringify(before.opened)) wrong('does not open to the same afterwards');
    this.#goOn();
    return { ...result, honestly: before.ms };
  }

  /** The same call again and again, each time with another change. `changes` are functions of the bytes. */
  async sweeps(what, [op, ...args], rule, changes, codes = ['tampered']) {
    await this.client('hold', args[0]);
    const before = await this.honest(what, op, args);
    const stop = this.wire.tamper(rule((bytes, hit) => changes[hit - 1](bytes)));
    const found = await this.page.evaluate(([op, args, count]) => underTest.hostile.sweep(op, args, count), [op, args, changes.length]);
    const [hits] = stop();
    const after = await this.honest(what, op, args);
    found.forEach((code, at) => {
      this.#count(code);
      if (!codes.includes(code)) this.wrong.push(`${what}, change ${at}: says ${code}, not ${codes.join(' or ')}`);
    });
    if (hits !== changes.length) this.wrong.push(`${what}: ${hits} of ${changes.length} changes were met`);
    if (JSON.stringify(after.opened) !== JSON.stringify(before.opened)) this.wrong.push(`${what}: does not open to the same afterwards`);
  }

  get ok() {
    return this.wrong.length === 0 && this.cases > 0;
  }

  get row() {
    const said = [...this.said].map(([code, times]) => (times > 1 ? `${code} ×${times}` : code)).join(', ');
    return `${String(this.number).padStart(2)}  ${this.ok ? 'ok   ' : 'WRONG'}  ${String(this.cases).padStart(5)}  ${((Date.now() - this.start) / 1000).toFixed(1).padStart(5)} s  ${this.about.padEnd(67)}  ${said}`;
  }
}

// Whose keys are fetched is what the server says: the ids in an address may differ, what is asked for may not.
const form = (request) => request.replace(/[0-9a-f]{32,64}/g, 'id');
const isPrefix = (some, all) => some.length <= all.length && some.every((item, at) => form(item) === form(all[at]));
