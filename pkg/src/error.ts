/** Every way a call can fail. Stable across releases; new ones may be added. */
export type ErrorCode =
  | 'locked'
  | 'wrong_passphrase'
  | 'weak_passphrase'
  | 'invalid_account_secret'
  | 'weak_parameters'
  | 'wrong_recovery_code'
  | 'invalid_recovery_code'
  | 'wrong_passkey'
  | 'wrong_shares'
  | 'too_few_shares'
  | 'wrong_share'
  | 'invalid_share'
  | 'wrong_code'
  | 'out_of_scope'
  | 'no_recovery'
  | 'last_way_back'
  | 'rotated'
  | 'unknown_slot'
  | 'stale_slot'
  | 'truncated'
  | 'not_sealed'
  | 'wrong_object'
  | 'unsupported_version'
  | 'tampered'
  | 'not_the_author'
  | 'not_a_recipient'
  | 'grant_expired'
  | 'unknown_recipient'
  | 'duplicate_recipient'
  | 'invalid_key'
  | 'keys_changed'
  | 'key_revoked'
  | 'fingerprint_mismatch'
  | 'section_too_large'
  | 'invalid_section'
  | 'no_sections'
  | 'invalid_id'
  | 'invalid_input'
  | 'rolled_back'
  | 'forked'
  | 'random_unavailable'
  | 'passkey_unavailable'
  | 'passkey_cancelled'
  | 'not_initialized'
  | 'wasm_unavailable'
  | 'wasm_not_found'
  | 'wasm_blocked'
  | 'internal';

/**
 * The one error class of this package. `code` says what happened, `message` also how to cure it; neither ever
 * holds text of a note or key material.
 */
export class SealedNotesError extends Error {
  override readonly name = 'SealedNotesError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** @internal Runs a call across the boundary and turns what it throws into a {@link SealedNotesError}. */
export function call<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof SealedNotesError) throw error;
    const { code, message } = error as { code?: ErrorCode; message?: string };
    if (typeof code === 'string') throw new SealedNotesError(code, message ?? code);
    // A TypeError is a wrong argument, seen by the glue before the library was reached; anything else is a defect.
    if (error instanceof TypeError) {
      throw new SealedNotesError('invalid_input', 'An argument is missing or of the wrong type; see the types of the package.', { cause: error });
    }
    throw new SealedNotesError('internal', 'Something failed inside the library. Nothing was changed; please report it.', { cause: error });
  }
}
