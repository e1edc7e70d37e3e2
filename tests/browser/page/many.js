// Re-sharing a caseload, and reading it as the one it was shared with, for `workers.test.mjs`: what workers did, and what came of it.
import { Identity, newId, Vault } from 'sealed-notes';
import { equal, PASSPHRASE } from './world.js';

const RealWorker = window.Worker;

/** Counts workers and what they were sent. `breakAt`: the slice at which each is sent nonsense; `address`: loaded in its place. */
function watch({ none = false, breakAt = Infinity, address } = {}) {
  const seen = { made: 0, ready: 0, live: new Set(), share: 0, open: 0, slices: 0 };
  window.Worker = none ? undefined : class extends RealWorker {
    constructor(url, options) {
      const isOurs = options.name === 'sealed-notes-chart';
      super(isOurs && address ? address : url, options);
      if (!isOurs) return;
      seen.made++;
      seen.live.add(this);
      this.addEventListener('message', ({ data }) => { seen.ready += 'joined' in data; });
    }

    postMessage(message, transfer) {
      for (const { kind, lengths } of message.orders ?? []) seen[kind] += lengths.length / (kind === 'open' ? 2 : 1);
      if (message.orders && ++seen.slices >= breakAt) message.orders = 'nonsense';
      super.postMessage(message, transfer);
    }

    terminate() {
      seen.live.delete(this);
      super.terminate();
    }
  };
  return seen;
}

async function person() {
  const { accountSecret, recoveryCode, keyLogEntry, slots, vault } = await Vault.create({ passphrase: PASSPHRASE });
  const { sealedVault } = await vault.confirmRecoveryCode({ code: recoveryCode, slots });
  const identity = await Identity.fromKeyLog(vault.account, [keyLogEntry]);
  const again = () => Vault.unlock({ passphrase: PASSPHRASE, accountSecret, sealedVault, slots });
  return { vault, identity, again };
}

const trust = async (vault, { identity }) => (await vault.confirm(identity, identity.fingerprint)).verified;

/** Everything that waits for the ledger, without times. */
async function events({ ledger }) {
  const entries = [];
  for (let entry; (entry = await ledger.seal()); entries.push(entry)) await ledger.stored(entry);
  return (await ledger.read(entries)).flatMap(({ events }) => events.map(({ at, ...event }) => event));
}

let made;
/** An author, a supervisor, and `count` of the author's records: those that the first call made, or fewer. */
async function caseload(count) {
  made ??= (async () => {
    const [author, supervisor] = [await person(), await person()];
    const records = [];
    for (let index = 0; index < count; index++) {
      records.push(await author.vault.chart.seal({ client: newId(), sections: { note: `Session ${index}: grüße`, billing: '90834' } }));
    }
    const to = await trust(author.vault, supervisor);
    return { author, supervisor, records, grantTo: [{ to, purpose: 'supervision', sections: ['note'], postQuantum: true }] };
  })();
  const { author, records, ...others } = await made;
  author.vault.lock(); // the one of the test before, with its workers
  author.vault = await author.again();
  return { ...others, author, records: records.slice(0, count) };
}

/** The items, those after the first as soon as workers are there: on a busy machine, they would be done before. */
async function* oncePossible(items, seen) {
  const hasWorkers = () => seen.made > 0 && seen.ready >= seen.live.size;
  for (const [index, item] of items.entries()) {
    while (index >= 250 && !hasWorkers()) await new Promise((resolve) => setTimeout(resolve, 5));
    yield item;
  }
}

async function collect(results) {
  const all = [];
  for await (const result of results) all.push(result);
  return all;
}

/** Shares and opens all of them, and compares what the recipient read. */
async function shareAndOpen(count, seen) {
  const { author, supervisor, records, grantTo } = await caseload(count);
  await author.vault.ledger.note({ kind: 'printed', detail: 'so that there is an entry to tell of' });
  await events(author.vault);
  const granted = await collect(author.vault.chart.shareEach(oncePossible(records.map(({ bytes }) => bytes), seen), grantTo));
  const reader = await supervisor.again();
  const by = await trust(reader, author);
  const shared = records.map(({ bytes, record }, index) => ({ bytes, record, grant: granted[index][0].bytes, author: by }));
  const read = await collect(reader.chart.openSharedEach(oncePossible(shared, seen)));
  read.forEach(({ sections, record }, index) => equal([sections, record], [{ note: `Session ${index}: grüße` }, records[index].record], `record ${index}`));
  for (const { bytes } of records) equal(bytes.length > 0, true, 'the caller keeps her bytes');
  return { author, supervisor, reader, grantTo, versions: records.map(({ bytes }) => bytes) };
}

const mostly = (found, of, what) => equal(found > of - 300 && found <= of, true, `${what}: ${found} of ${of}`);

export const many = {
  async 'are shared and opened in workers'(count) {
    const seen = watch();
    const { author, supervisor, reader, grantTo, versions } = await shareAndOpen(count, seen);
    mostly(seen.share, count, 'shared in workers');
    mostly(seen.open, count, 'opened in workers');
    // What a worker's grants told of the author's ledger, and what a worker read there, comes back to the author.
    const back = await trust(reader, author);
    const { bytes, grants } = await reader.chart.seal({ client: newId(), sections: { answer: 'read' }, grantTo: [{ to: back, purpose: 'treatment' }] });
    await author.vault.chart.openShared({ bytes, grant: grants[0].bytes, author: grantTo[0].to });
    const told = await author.vault.ledger.crossReferences();
    equal(told.map(({ person, sequence }) => [person, sequence]), [[reader.account, 1]], 'cross-references');
    reader.lock();
    const workers = Math.min(navigator.hardwareConcurrency, 4);
    equal([seen.live.size, seen.made], [workers, 2 * workers], 'workers: the author\'s wait for more');
    seen.share = 0;
    const progress = [];
    await author.vault.chart.shareMany(versions, grantTo, { onProgress: (done) => progress.push(done) });
    equal([seen.share, seen.made, progress.at(-1)], [count, 2 * workers, count], 'the same workers, and progress');
    await author.vault.addDevice({ device: newId(), name: 'laptop' });
    await author.vault.chart.shareMany(versions, grantTo);
    equal([seen.made, seen.live.size], [3 * workers, workers], 'a changed vault has new workers');
  },

  async 'are written down as without workers, refusals included'(count) {
    const { author, supervisor, records, grantTo } = await caseload(count);
    watch({ none: true });
    const granted = await author.vault.chart.shareMany(records.map(({ bytes }) => bytes), grantTo);
    const results = [];
    for (const none of [true, false]) {
      const seen = watch({ none });
      const reader = await supervisor.again();
      const by = await trust(reader, author);
      await events(reader);
      const shared = records.map(({ bytes, record }, index) => ({ bytes, record, grant: granted[index][0].bytes, author: by }));
      shared[300].record = newId();
      shared[350].grant = shared[351].grant;
      shared[400].bytes = shared[400].bytes.with(-9, shared[400].bytes.at(-9) ^ 1);
      shared[450].grant = shared[450].grant.with(-9, shared[450].grant.at(-9) ^ 1);
      shared[500].bytes = new Uint8Array(9);
      const read = await collect(reader.chart.openSharedEach(none ? shared : oncePossible(shared, seen), { access: 'newest' }));
      equal(read.flatMap(({ code }, index) => (code ? [index] : [])), [300, 350, 400, 450, 500], 'refused');
      if (!none) mostly(seen.open, count, 'opened in workers');
      results.push([read.map(({ code, sections }) => code ?? sections), await events(reader)]);
      reader.lock();
    }
    equal(results[1], results[0], 'results and ledger');
  },

  async 'stop at once when they are told to'(count) {
    const seen = watch();
    const { author, records, grantTo } = await caseload(count);
    const abort = new AbortController();
    let taken = 0;
    const run = async () => {
      for await (const _ of author.vault.chart.shareEach(oncePossible(records.map(({ bytes }) => bytes), seen), grantTo, { signal: abort.signal })) {
        taken++;
        if (seen.share > 0) abort.abort(new Error('the page was left'));
      }
    };
    equal(await run().then(() => 'went on', ({ message }) => message), 'the page was left', 'stopped');
    equal([taken < count, seen.live.size], [true, 0], 'workers that are left');
  },

  async 'end with the vault, and say that it is locked'(count) {
    const { author, supervisor, records, grantTo } = await caseload(count);
    watch({ none: true });
    const granted = await author.vault.chart.shareMany(records.map(({ bytes }) => bytes), grantTo);
    const seen = watch();
    const reader = await supervisor.again();
    const by = await trust(reader, author);
    const shared = records.map(({ bytes, record }, index) => ({ bytes, record, grant: granted[index][0].bytes, author: by }));
    let taken = 0;
    const run = async () => {
      for await (const _ of reader.chart.openSharedEach(oncePossible(shared, seen))) {
        taken++;
        if (seen.open > 0 && !reader.locked) {
          equal(seen.live.size > 0, true, 'workers at work');
          reader.lock();
          equal(seen.live.size, 0, 'workers once it is locked');
        }
      }
    };
    equal(await run().then(() => 'went on', ({ code }) => code), 'locked', 'stopped');
    equal(taken < count, true, 'not all of them');
  },

  async 'are finished here when workers break, or do not start'(count) {
    for (const how of [{ breakAt: 3 }, { address: '/there-is-no-such-worker.js' }]) {
      const seen = watch(how);
      if (how.address) seen.ready = Infinity;
      const { reader } = await shareAndOpen(count, seen);
      equal(seen.live.size < seen.made, true, 'workers broke');
      reader.lock();
    }
  },
};
