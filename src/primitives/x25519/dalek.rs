//! X25519 of x25519-dalek.

use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::Zeroizing;

use super::SharedSecret;

/// The public key of a secret one.
pub fn public_key(secret: &[u8; 32]) -> [u8; 32] {
    PublicKey::from(&StaticSecret::from(*secret)).to_bytes()
}

#[cfg(any(test, not(all(target_arch = "wasm32", target_feature = "simd128"))))]
pub(super) fn shared_secret(secret: &[u8; 32], public: &[u8; 32]) -> Option<SharedSecret> {
    let shared = StaticSecret::from(*secret).diffie_hellman(&PublicKey::from(*public));
    shared.was_contributory().then(|| Zeroizing::new(shared.to_bytes()))
}

#[cfg(any(test, not(all(target_arch = "wasm32", target_feature = "simd128"))))]
pub(super) fn shared_secrets(secret: &[u8; 32], publics: &[[u8; 32]]) -> Vec<Option<SharedSecret>> {
    publics.iter().map(|public| shared_secret(secret, public)).collect()
}
