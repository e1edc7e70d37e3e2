// Both foreign sides behind one shape, so that each test runs once per side and suite.
import { Identity, Vault } from 'sealed-notes';

import * as atOnce from './at-once.mjs';
import * as foreign from './foreign.mjs';
import { ask, hex, unhex } from './python.mjs';

export const TENANT = '000102030405060708090a0b0c0d0e0f';
export const SECTIONS = {
  assessment: 'Synthetic. F41.1, improving. „Besser als letzte Woche“, 夢, 🌊',
  plan: '',
  subjective: 'Synthetic. Sleep, appetite, the usual. '.repeat(60),
};

export const python = {
  name: 'Python',
  async makeAccount() {
    const { account, fingerprint, entry, created_at, secrets } = await ask('make_account');
    return { account: unhex(account), fingerprint, entry: unhex(entry), created_at, secrets };
  },
  open: async ({ created_at, secrets }, suite, bytes) => (await ask('open_export', { created_at, secrets, suite, export: bytes })).text,
  async sealRecord({ created_at, secrets }, entry, { tenant, sections, suite, expiresAt }) {
    const made = await ask('seal_record', { created_at, secrets, recipient: entry, tenant, sections, suite, expires_at: expiresAt });
    return { sealed: unhex(made.sealed), grant: unhex(made.grant) };
  },
  openShared: async ({ account, created_at, secrets }, _, { sealed, grant, entry }) =>
    (await ask('open_granted', { account, created_at, secrets, tenant: TENANT, author: entry, sealed, grant })).texts,
  async sealCaseload({ created_at, secrets }, recipients, { tenant, records, suite }) {
    const made = await ask('seal_caseload', { created_at, secrets, recipients, tenant, records, suite });
    return made.records.map(({ sealed, grants }) => ({ sealed: unhex(sealed), grants: grants.map(unhex) }));
  },
};

export const javascript = {
  name: 'JavaScript',
  makeAccount: foreign.makeAccount,
  open: (account, suite, bytes) => foreign.openEncrypt(bytes, suite, account),
  sealRecord: (account, entry, { tenant, ...rest }) => foreign.sealRecord(account, entry, { tenant: unhex(tenant), ...rest }),
  openShared: atOnce.openShared,
  sealCaseload: (account, entries, { tenant, ...rest }) => atOnce.sealCaseload(account, entries, { tenant: unhex(tenant), ...rest }),
};

export const combinations = [python, javascript].flatMap((side) => [1, 2].map((suite) => ({ side, suite, name: `${side.name}, suite ${suite}` })));

/** An account whose recovery code was confirmed. */
export async function createVault(passphrase = 'four synthetic words here') {
  const created = await Vault.create({ passphrase, tenant: TENANT });
  const { sealedVault } = await created.vault.confirmRecoveryCode({ code: created.recoveryCode, slots: created.slots });
  return { ...created, sealedVault };
}

/** A foreign account as our vault trusts it, after comparing the fingerprint that the other side computed. */
export async function confirm(vault, { account, entry, fingerprint }) {
  const identity = await Identity.fromKeyLog(hex(account), [entry]);
  return (await vault.confirm(identity, fingerprint)).verified;
}
