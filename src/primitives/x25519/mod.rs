//! X25519 (RFC 7748 §5).

use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::Zeroizing;

#[cfg(any(not(target_arch = "wasm32"), target_feature = "simd128"))]
mod f64x2;
#[cfg(any(not(target_arch = "wasm32"), target_feature = "simd128"))]
mod field;
#[cfg(any(not(target_arch = "wasm32"), target_feature = "simd128"))]
mod ladder;

/// A shared secret, wiped when dropped.
pub type SharedSecret = Zeroizing<[u8; 32]>;

/// The public key of a secret one.
pub fn public_key(secret: &[u8; 32]) -> [u8; 32] {
    PublicKey::from(&StaticSecret::from(*secret)).to_bytes()
}

/// The secret shared with the owner of `public`. `None` for a point of small order, which shares nothing (RFC 7748 §6.1).
pub fn shared_secret(secret: &[u8; 32], public: &[u8; 32]) -> Option<SharedSecret> {
    ladder::shared_secret(secret, public)
}

/// As [`shared_secret`] for each of `publics`: quicker than one at a time.
pub fn shared_secrets(secret: &[u8; 32], publics: &[[u8; 32]]) -> Vec<Option<SharedSecret>> {
    ladder::shared_secrets(secret, publics)
}

pub fn dalek(secret: &[u8; 32], public: &[u8; 32]) -> Option<SharedSecret> {
    let shared = StaticSecret::from(*secret).diffie_hellman(&PublicKey::from(*public));
    shared.was_contributory().then(|| Zeroizing::new(shared.to_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    #[test]
    fn quick() {
        let mut s = [0u8; 32];
        let mut ps = vec![];
        for i in 0..32u8 { s[i as usize] = i.wrapping_mul(37) ^ 0x55; }
        ps.push([0;32]); 
        let mut p = [0u8; 32]; p[0] = 9;
        for _ in 0..70 { ps.push(p); p = *dalek(&s, &p).unwrap(); }
        ps.insert(5, [0; 32]);
        let want: Vec<_> = ps.iter().map(|p| dalek(&s, p)).collect();
        let one: Vec<_> = ps.iter().map(|p| ladder::shared_secret(&s, p)).collect();
        assert_eq!(want, one);
        assert_eq!(want, ladder::shared_secrets(&s, &ps));
    }
}
