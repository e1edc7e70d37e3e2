//! X25519 (RFC 7748 §5).

use curve25519_dalek::scalar::{Scalar, clamp_integer};
use zeroize::Zeroizing;

use crate::base;

#[cfg(any(test, not(all(target_arch = "wasm32", target_feature = "simd128"))))]
mod dalek;
#[cfg(any(test, all(target_arch = "wasm32", target_feature = "simd128")))]
mod f64x2;
#[cfg(any(test, all(target_arch = "wasm32", target_feature = "simd128")))]
mod field;
#[cfg(any(test, all(target_arch = "wasm32", target_feature = "simd128")))]
mod ladder;
#[cfg(test)]
pub(crate) mod tests;

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
use dalek as chosen;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
use ladder as chosen;

/// A shared secret, wiped when dropped.
pub type SharedSecret = Zeroizing<[u8; 32]>;

/// The public key of a secret one.
pub fn public_key(secret: &[u8; 32]) -> [u8; 32] {
    let clamped = Zeroizing::new(clamp_integer(*secret));
    base::multiply(&Zeroizing::new(Scalar::from_bytes_mod_order(*clamped))).to_montgomery().to_bytes()
}

/// The secret shared with the owner of `public`. `None` for a point of small order, which shares nothing (RFC 7748 §6.1).
pub fn shared_secret(secret: &[u8; 32], public: &[u8; 32]) -> Option<SharedSecret> {
    chosen::shared_secret(secret, public)
}

/// As [`shared_secret`] for each of `publics`: quicker than one at a time.
pub fn shared_secrets(secret: &[u8; 32], publics: &[[u8; 32]]) -> Vec<Option<SharedSecret>> {
    chosen::shared_secrets(secret, publics)
}
