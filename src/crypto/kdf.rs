//! HKDF-SHA256 (RFC 5869) and Argon2id (RFC 9106).

use sealed_notes_format::{Purpose, slot::Cost};
use sealed_notes_primitives::{argon2id, hkdf};

use super::{secret::Secret, sign::SigningKey};
use crate::Error;

/// 32 bytes derived from `ikm` for `purpose` alone.
pub(crate) fn derive(ikm: &[u8], salt: &[u8], purpose: Purpose) -> Result<Secret<32>, Error> {
    Secret::filled(|out| hkdf(ikm, salt, purpose.label().as_bytes(), out))
}

/// A tag that only who holds the signing key can make or check: for its owner as good as her signature, at a hundredth of
/// the time.
pub(crate) fn tag(key: &SigningKey, of: &[u8; 32], purpose: Purpose) -> Result<Secret<32>, Error> {
    derive(key.seed(), of, purpose)
}

pub(super) fn hkdf(ikm: &[u8], salt: &[u8], info: &[u8], out: &mut [u8]) -> Result<(), Error> {
    let (_, prk) = hkdf::extract(salt, &[ikm]);
    prk.expand(&[info], out).map_err(|_| Error::InvalidInput { reason: "a derived key is 32 bytes" })
}

/// Stretches a passphrase. Refuses a cost outside the allowed range before doing any work: below it a server
/// could guess, above it a server could kill the tab.
pub(crate) fn stretch(passphrase: &str, salt: &[u8; 16], cost: Cost) -> Result<Secret<32>, Error> {
    if !cost.is_allowed() {
        return Err(Error::WeakParameters);
    }
    let Cost { memory, passes, lanes } = cost;
    Secret::filled(|out| {
        argon2id::hash(passphrase.as_bytes(), salt, argon2id::Cost { memory, passes, lanes }, out)
            .map_err(|_| Error::InvalidInput { reason: "the passphrase is too long" })
    })
}
