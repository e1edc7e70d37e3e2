/**
 * Psychotherapy notes and chart records, sealed in the clinician's browser. Start with {@link Vault}.
 *
 * @packageDocumentation
 */
export { Chart } from './chart.js';
export { type ErrorCode, SealedNotesError } from './error.js';
export { Groups, type GroupVaultChange } from './groups.js';
export { checkAccountSecret, checkRecoveryCode, Identity, inspect, KnownAuthor, newId, VerifiedIdentity } from './identity.js';
export { type InitOptions, init } from './init.js';
export { PreparedKit } from './kit.js';
export { Ledger } from './ledger.js';
export { type CreatedPasskey, createPasskey, evaluatePasskey, hasPasskey } from './passkey.js';
export { OwnData } from './own-data.js';
export { PrivateDrawer } from './private.js';
export { inspectRequest, ProfessionalWill, Share, UnlockRequest } from './share.js';
export { hasSimd } from './simd.js';
export { Trust } from './trust.js';
export type * from './types.js';
export { type CreatedVault, type StoredVault, Vault } from './vault.js';
