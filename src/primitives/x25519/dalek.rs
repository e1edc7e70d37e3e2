//! X25519 of x25519-dalek.

use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::Zeroizing;

use super::SharedSecret;

pub(super) fn shared_secret(secret: &[u8; 32], public: &[u8; 32]) -> Option<SharedSecret> {
    let shared = StaticSecret::from(*secret).diffie_hellman(&PublicKey::from(*public));
    shared.was_contributory().then(|| Zeroizing::new(shared.to_bytes()))
}

pub(super) fn shared_secrets(secret: &[u8; 32], publics: &[[u8; 32]]) -> Vec<Option<SharedSecret>> {
    publics.iter().map(|public| shared_secret(secret, public)).collect()
}
