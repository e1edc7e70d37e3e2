/**
 * Psychotherapy notes and chart records, sealed in the clinician's browser. Start with {@link Vault}.
 *
 * @packageDocumentation
 */
export { Chart } from './chart.js';
export { type ErrorCode, SealedNotesError } from './error.js';
export { checkAccountSecret, Identity, inspect, newId, VerifiedIdentity } from './identity.js';
export { type InitOptions, init } from './init.js';
export { PrivateDrawer } from './private.js';
export type * from './types.js';
export { type CreatedVault, Vault } from './vault.js';
