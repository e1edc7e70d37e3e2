// A clinician with a passkey: her vault and a colleague's public keys are in the page, as a server that knows her would put them.
import { Identity, newId, Vault } from 'sealed-notes';
import { cold } from '../page/cold.js';
import { fromJson } from '../suite/text.js';

cold(async () => {
  const { author, reader } = fromJson(document.querySelector('#fixture').textContent);
  const vault = await Vault.unlockWithPasskey(author.unlock);
  const to = await vault.verified(await Identity.fromKeyLog(reader.account, reader.keyLog));
  return {
    seal: (text) => vault.chart.seal({ client: newId(), sections: { note: text }, grantTo: [{ to, purpose: 'treatment', postQuantum: false }] }),
    open: async ({ record, bytes }) => (await vault.chart.open(bytes, { record })).sections.note,
  };
});
