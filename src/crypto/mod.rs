//! The only place that names crypto crates. Every function that makes a ciphertext, signature or key takes a
//! [`Purpose`](sealed_notes_format::Purpose); there is no default.

pub(crate) mod aead;
pub(crate) mod hpke;
pub(crate) mod kdf;
pub(crate) mod random;
pub(crate) mod secret;
pub(crate) mod shamir;
pub(crate) mod sign;
#[cfg(any(test, feature = "vectors"))]
pub(crate) mod vectors;
