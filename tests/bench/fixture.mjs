// The accounts that the bench works with, made through the package's public API: an author, a reader who knows her, and as many
// recipients whom the author knows. A recipient is a team: an account with all the keys of a person's, made without Argon2id.
export async function fixture({ Identity, Vault }, recipients) {
  const account = async () => {
    const passphrase = 'four quiet random words';
    const { vault, keyLogEntry, recoveryCode, accountSecret, sealedVault, slots } = await Vault.create({ passphrase });
    await vault.confirmRecoveryCode({ code: recoveryCode, slots });
    const identity = await Identity.fromKeyLog(vault.account, [keyLogEntry]);
    return { vault, identity, keyLog: [keyLogEntry], unlock: { passphrase, accountSecret, sealedVault, slots } };
  };
  const [author, reader, registrar] = [await account(), await account(), await account()];
  const know = (by, identity) => by.vault.confirm(identity, identity.fingerprint);

  const teams = [];
  for (let at = 0; at < recipients - 1; at++) {
    const { group } = await registrar.vault.groups.create({ kind: 'team', name: `recipient ${at}` });
    teams.push({ account: group.account, keyLog: group.keyLogEntries });
    await know(author, await Identity.fromKeyLog(group.account, group.keyLogEntries));
  }
  await know(author, reader.identity);
  await know(reader, author.identity);

  // A passkey lets a page in without stretching a passphrase: what is timed is sealing, and unlocking has its own row.
  const stored = async ({ vault, keyLog }) => {
    const prf = crypto.getRandomValues(new Uint8Array(32));
    const kept = prf.slice(); // addPasskey wipes what it is given
    const { sealedVault, slots } = await vault.addPasskey({ name: 'bench', credential: new Uint8Array(16), salt: new Uint8Array(32), prf });
    return { account: vault.account, keyLog, unlock: { sealedVault, slots, prf: kept } };
  };
  return { author: await stored(author), reader: await stored(reader), recipients: teams, passphrase: author.unlock };
}

// Uint8Arrays in JSON, for the page.
export const toJson = (value) => JSON.stringify(value, (_, item) => (item instanceof Uint8Array ? { base64: Buffer.from(item).toString('base64') } : item));
