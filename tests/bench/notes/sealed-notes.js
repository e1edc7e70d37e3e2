// The package under test: a chart note with a grant for each recipient. Signed record and signed grants, padded, committing,
// keys for each section, and bound to account, record and version. X25519 unless `postQuantum`.
import { ours, store } from '../suite/world.js';

const start = (postQuantum) => async () => {
  const { sealedNotes, author, reader, recipients, authorAsKnown } = ours();
  const client = sealedNotes.newId();
  return {
    seal(text, readers) {
      const grantTo = recipients.slice(0, readers).map((to) => ({ to, purpose: 'treatment', postQuantum }));
      return author.chart.seal({ client, sections: { note: text }, grantTo });
    },
    /** As the first recipient; the others' keys are elsewhere. */
    async open({ record, bytes, grants }) {
      const { sections } = await reader.chart.openShared({ record, bytes, grant: grants[0].bytes, author: authorAsKnown, access: 'listing' });
      return sections.note;
    },
    openMany: reader.chart.openSharedMany && ((records) => reader.chart.openSharedMany(records.map(({ record, bytes, grants }) => ({ record, bytes, grant: grants[0].bytes, author: authorAsKnown })))),
    rest: () => store(reader),
  };
};

export default start(false);
export const hybrid = start(true);

/** Her own notes, in the private drawer. */
export async function own() {
  const { sealedNotes, author } = ours();
  const client = sealedNotes.newId();
  return {
    seal: (text) => author.private.seal({ client, text }),
    open: async ({ bytes, record }) => (await author.private.open(bytes, { record, access: 'listing' })).text,
    openMany: author.private.openMany && ((notes) => author.private.openMany(notes)),
    rest: () => store(author),
  };
}
