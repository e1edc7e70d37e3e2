// Two accounts that know each other, through the package as it is imported by name.
import assert from 'node:assert/strict';
import { Identity, newId, Vault } from 'sealed-notes';

export const PASSPHRASE = 'correct horse battery staple';

/** An account whose recovery code was confirmed. */
export async function account() {
  const created = await Vault.create({ passphrase: PASSPHRASE });
  const { sealedVault } = await created.vault.confirmRecoveryCode({ code: created.recoveryCode, slots: created.slots });
  created.sealedVault = sealedVault;
  const identity = await Identity.fromKeyLog(created.vault.account, [created.keyLogEntry]);
  return { ...created, identity };
}

/** `whose` identity, verified by `by`. */
export async function verify(by, whose) {
  const { verified } = await by.vault.confirm(whose.identity, whose.vault.fingerprint);
  return verified;
}

export const place = () => ({ client: newId(), session: newId() });

/** Asserts that `run` fails with `code` and a message that could be shown to a person. */
export async function refuses(code, run) {
  await assert.rejects(run, (error) => {
    assert.equal(error.name, 'SealedNotesError');
    assert.equal(error.code, code);
    assert.ok(error.message.length > 20 && error.message.endsWith('.'), error.message);
    return true;
  });
}
