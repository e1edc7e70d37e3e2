//! HKDF-SHA256 (RFC 5869) and Argon2id (RFC 9106).

use argon2::{Algorithm, Argon2, Params, Version};
use hkdf::Hkdf;
use sealed_notes_format::{Purpose, slot::Cost};
use sha2::Sha256;

use super::secret::Secret;
use crate::Error;

/// 32 bytes derived from `ikm` for `purpose` alone.
pub(crate) fn derive(ikm: &[u8], salt: &[u8], purpose: Purpose) -> Result<Secret<32>, Error> {
    Secret::filled(|out| hkdf(ikm, salt, purpose.label().as_bytes(), out))
}

pub(super) fn hkdf(ikm: &[u8], salt: &[u8], info: &[u8], out: &mut [u8]) -> Result<(), Error> {
    Hkdf::<Sha256>::new(Some(salt), ikm)
        .expand(info, out)
        .map_err(|_| Error::InvalidInput { reason: "a derived key is 32 bytes" })
}

/// Stretches a passphrase. Refuses a cost outside the allowed range before doing any work: below it a server
/// could guess, above it a server could kill the tab.
pub(crate) fn stretch(passphrase: &str, salt: &[u8; 16], cost: Cost) -> Result<Secret<32>, Error> {
    if !cost.is_allowed() {
        return Err(Error::WeakParameters);
    }
    let params = Params::new(cost.memory, cost.passes, cost.lanes, Some(32)).map_err(|_| Error::WeakParameters)?;
    Secret::filled(|out| {
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(passphrase.as_bytes(), salt, out)
            .map_err(|_| Error::InvalidInput { reason: "the passphrase is too long" })
    })
}
