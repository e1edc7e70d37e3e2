// Compiled, never run: what must not compile does not, and what the README shows does.
import { Identity, newId, type PrivateDrawer, SealedNotesError, Vault, VerifiedIdentity } from 'sealed-notes';

export async function misuse(vault: Vault, identity: Identity, verified: VerifiedIdentity, bytes: Uint8Array) {
  const place = { client: newId() };
  const note = await vault.private.seal({ ...place, text: '' });
  await fetch(`/notes/${note.record}/${note.version}`, { method: 'PUT', body: note.bytes });
  await vault.private.open(new Uint8Array(await (await fetch('/notes')).arrayBuffer()));
  await vault.chart.share(bytes, [{ to: verified, purpose: 'treatment' }]);
  // @ts-expect-error keys that a server handed out are not an identity that was compared
  await vault.chart.share(bytes, [{ to: identity, purpose: 'treatment' }]);
  // @ts-expect-error not even when they look the same
  await vault.chart.share(bytes, [{ to: { account: '', fingerprint: '' }, purpose: 'treatment' }]);
  // @ts-expect-error a purpose of use is one of a closed list
  await vault.chart.share(bytes, [{ to: verified, purpose: 'curiosity' }]);
  // @ts-expect-error a private note has no readers
  await vault.private.share(bytes, [{ to: verified, purpose: 'treatment' }]);
  // @ts-expect-error nor does sealing one take any
  await vault.private.seal({ ...place, text: '', grantTo: [] });
  // @ts-expect-error the drawers are two types
  const drawer: PrivateDrawer = vault.chart;
  // @ts-expect-error nobody makes a verified identity but a vault
  new VerifiedIdentity();
  // @ts-expect-error keys cannot be had
  vault.keys;
  // @ts-expect-error a trustee with an account is one whose fingerprint was compared
  await vault.dealTrustees({ threshold: 2, people: [{ name: '', to: identity }] });
  // @ts-expect-error a will has one of two scopes
  await vault.issueWill({ scope: 'everything', waitingDays: 7, threshold: 2, executors: [] });
  // @ts-expect-error nobody makes a share but a dealing
  await Vault.unlockWithShares({ owner: identity, shares: [bytes], sealedVault: bytes, slots: [] });
  return drawer;
}

export const code = (error: unknown): string => (error instanceof SealedNotesError && error.code === 'locked' ? error.message : '');

export async function disposes() {
  using vault = (await Vault.create({ passphrase: 'four quiet random words' })).vault;
  return vault.account;
}
