// Many at once: opened, granted, stopped; in order, each with its own error, and never at the page's expense.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import vm from 'node:vm';
import { newId, SealedNotesError } from 'sealed-notes';
import { account, place, refuses, verify } from './support.mjs';

const [author, colleague, supervisor] = await Promise.all([account(), account(), account()]);
const [toColleague, toSupervisor, byAuthor] = [await verify(author, colleague), await verify(author, supervisor), await verify(colleague, author)];
const bySupervisor = await verify(supervisor, author);
const texts = Array.from({ length: 100 }, (_, index) => `Session ${index}: grüße 🌿 ${'x'.repeat(index * 30)}`);
const notes = await Promise.all(texts.map((text) => author.vault.private.seal({ ...place(), text })));
const records = await Promise.all(texts.map((note) => author.vault.chart.seal({ ...place(), sections: { billing: '90834', note } })));
const flipped = (bytes) => bytes.with(bytes.length - 20, bytes.at(-20) ^ 1);
const isRefused = (code) => (result) => result instanceof SealedNotesError && result.code === code;

suite('many records', () => {
  test('open in order, as they do one by one', async () => {
    const progress = [];
    const opened = await author.vault.private.openMany(notes, { onProgress: (done, total) => progress.push([done, total]) });
    assert.deepEqual(opened.map(({ text }) => text), texts);
    assert.deepEqual(opened[7], await author.vault.private.open(notes[7].bytes));
    assert.deepEqual(progress.at(-1), [100, 100]);
    assert.ok(progress.length > 1, 'progress comes while it goes on');
    const chart = await author.vault.chart.openMany(records);
    assert.deepEqual(chart.map(({ sections }) => sections.note), texts);
    assert.deepEqual(chart[99], await author.vault.chart.open(records[99].bytes));
    assert.deepEqual(await author.vault.private.openMany([]), []);
  });

  test('that do not open leave their error in their place', async () => {
    const mixed = [notes[0], { bytes: flipped(notes[1].bytes) }, { ...notes[2], record: newId() }, records[3], notes[4]];
    const [first, altered, another, chart, last] = await author.vault.private.openMany(mixed);
    assert.deepEqual([first.text, last.text], [texts[0], texts[4]]);
    assert.ok([altered, another].every(isRefused('tampered')) && isRefused('wrong_object')(chart));
    await refuses('invalid_input', () => author.vault.private.openMany([{ bytes: 'text' }]));
    for (const record of [5, {}, 'Mrs Jones']) await refuses('invalid_id', () => author.vault.private.openMany([notes[0], { ...notes[1], record }]));
    await refuses('invalid_input', () => author.vault.private.openMany([notes[0]], { access: 'sometimes' }));
  });

  test('come one after the other, no faster than they are taken', async () => {
    let asked = 0;
    async function* stored() {
      for (const note of notes) {
        asked++;
        yield note;
      }
    }
    const seen = [];
    for await (const note of author.vault.private.openEach(stored())) {
      seen.push(note.text);
      if (seen.length === 3) break;
    }
    assert.deepEqual(seen, texts.slice(0, 3));
    assert.ok(asked < 20, `${asked} notes were fetched for three`);
  });

  test('come from another realm, or from what only resembles a promise', async () => {
    const foreign = vm.runInNewContext('(bytes) => new Uint8Array(bytes)')([...records[0].bytes]);
    assert.ok(!(foreign instanceof Uint8Array));
    assert.deepEqual((await author.vault.chart.open(foreign)).sections.note, texts[0]);
    assert.equal((await author.vault.chart.share(foreign, [{ to: toColleague, purpose: 'treatment' }])).length, 1);
    const left = notes.slice(0, 3);
    const thenable = { [Symbol.asyncIterator]: () => ({ next: () => ({ then: (resolve) => resolve(left.length ? { value: left.shift(), done: false } : { done: true }) }) }) };
    const seen = [];
    for await (const { text } of author.vault.private.openEach(thenable)) seen.push(text);
    assert.deepEqual(seen, texts.slice(0, 3));
  });

  test('stop when they are told to', async () => {
    const abort = new AbortController();
    const opened = [];
    const run = async () => {
      for await (const record of author.vault.chart.openEach(records, { signal: abort.signal })) {
        opened.push(record);
        if (opened.length === 4) abort.abort(new Error('the page was left'));
      }
    };
    await assert.rejects(run, /the page was left/);
    assert.ok(opened.length < 100);
    await assert.rejects(author.vault.private.openMany(notes, { signal: AbortSignal.abort() }), { name: 'AbortError' });
  });
});

suite('many grants', () => {
  const grantTo = [
    { to: toColleague, purpose: 'treatment', sections: ['note'] },
    { to: toSupervisor, purpose: 'supervision', postQuantum: false },
  ];

  test('of many versions to several people open for each of them', async () => {
    const versions = records.map(({ bytes }) => bytes);
    const granted = await author.vault.chart.shareMany(versions, grantTo);
    assert.deepEqual(granted.map((grants) => grants.map(({ recipient }) => recipient)), records.map(() => [colleague.vault.account, supervisor.vault.account]));
    const shared = (number, by) => records.map(({ bytes, record }, index) => ({ bytes, record, grant: granted[index][number].bytes, author: by }));
    const read = await colleague.vault.chart.openSharedMany(shared(0, byAuthor));
    assert.deepEqual(read.map(({ sections }) => sections), texts.map((note) => ({ note })));
    const supervised = await supervisor.vault.chart.openSharedMany(shared(1, bySupervisor));
    assert.deepEqual(supervised.map(({ sections }) => sections.billing), texts.map(() => '90834'));
    assert.deepEqual(supervised[5], await supervisor.vault.chart.openShared(shared(1, bySupervisor)[5]));

    const exchanged = shared(0, byAuthor).map((version, index) => ({ ...version, grant: granted[(index + 1) % 100][0].bytes }));
    assert.ok((await colleague.vault.chart.openSharedMany(exchanged)).every(isRefused('tampered')));
    assert.ok((await colleague.vault.chart.openSharedMany(shared(1, byAuthor))).every(isRefused('not_a_recipient')));
    const altered = shared(0, byAuthor).map((version) => ({ ...version, grant: flipped(version.grant) }));
    assert.ok((await colleague.vault.chart.openSharedMany(altered)).every(isRefused('tampered')));
  });

  test('skip a version that does not open, and say so', async () => {
    const versions = [records[0].bytes, notes[0].bytes, records[2].bytes];
    const [first, note, last] = await author.vault.chart.shareMany(versions, grantTo);
    assert.equal(first.length + last.length, 4);
    assert.ok(isRefused('wrong_object')(note));
    await refuses('duplicate_recipient', () => author.vault.chart.shareMany(versions, [grantTo[0], grantTo[0]]));
  });

  test('of one seal go to more people than fit into a slice', async () => {
    const people = await Promise.all(Array.from({ length: 20 }, account));
    const grants = await Promise.all(people.map(async (person) => ({ to: await verify(author, person), purpose: 'treatment', postQuantum: false })));
    const sealed = await author.vault.chart.seal({ ...place(), sections: { note: 'for all' }, grantTo: grants });
    assert.deepEqual(sealed.grants.map(({ recipient }) => recipient), people.map(({ vault }) => vault.account));
    const last = people.at(-1);
    const opened = await last.vault.chart.openShared({ bytes: sealed.bytes, grant: sealed.grants.at(-1).bytes, author: await verify(last, author) });
    assert.equal(opened.sections.note, 'for all');
    await refuses('duplicate_recipient', () => author.vault.chart.seal({ ...place(), sections: { note: '' }, grantTo: [...grants, grants[0]] }));
  });
});
