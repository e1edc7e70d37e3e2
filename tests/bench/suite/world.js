// The package under test and its accounts, the same in a page and in Node.
let world;
export const ours = () => world;

/** `sealedNotes` is what `import 'sealed-notes'` gives; `fixture` what `fixture.mjs` made. */
export async function begin(sealedNotes, fixture) {
  const unlock = ({ prf, ...stored }) => sealedNotes.Vault.unlockWithPasskey({ ...stored, prf: prf.slice() });
  const [author, reader] = [await unlock(fixture.author.unlock), await unlock(fixture.reader.unlock)];
  const known = async (by, { account, keyLog }) => by.verified(await sealedNotes.Identity.fromKeyLog(account, keyLog));
  const recipients = [];
  for (const recipient of [fixture.reader, ...fixture.recipients]) recipients.push(await known(author, recipient));
  world = { sealedNotes, fixture, author, reader, recipients, authorAsKnown: await known(reader, fixture.author) };
}

/**
 * Opening writes itself down in the ledger, which a page stores now and then. Between two samples, so that the list of what
 * waits is never longer than a page's would be.
 */
export async function store({ ledger }) {
  if (ledger.pending === 0) return;
  const entry = await ledger.seal();
  if (entry) await ledger.stored(entry);
}
