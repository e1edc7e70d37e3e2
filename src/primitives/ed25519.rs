//! Signing with Ed25519 (RFC 8032 §5.1.6). Written out, because dalek's takes its table from what is downloaded.

use curve25519_dalek::{
    digest::Digest,
    scalar::{Scalar, clamp_integer},
};
use sha2::Sha512;
use zeroize::Zeroizing;

use crate::base;

/// `public` has to be the public key of `seed`: two signatures of one message under two public keys give the secret away.
pub fn sign(seed: &[u8; 32], public: &[u8; 32], message: &[u8]) -> [u8; 64] {
    let expanded = Zeroizing::new(<[u8; 64]>::from(Sha512::digest(seed)));
    let (scalar, prefix) = expanded.split_at(32);
    let mut clamped = Zeroizing::new([0; 32]);
    clamped.copy_from_slice(scalar);
    let secret = Zeroizing::new(Scalar::from_bytes_mod_order(clamp_integer(*clamped)));
    let nonce = Zeroizing::new(hash(&[prefix, message]));
    let commitment = base::multiply(&nonce).compress();
    let challenge = hash(&[commitment.as_bytes(), public, message]);
    let response = challenge * *secret + *nonce;
    let mut signature = [0; 64];
    let (left, right) = signature.split_at_mut(32);
    left.copy_from_slice(commitment.as_bytes());
    right.copy_from_slice(response.as_bytes());
    signature
}

fn hash(parts: &[&[u8]]) -> Scalar {
    let mut hash = Sha512::new();
    parts.iter().for_each(|part| hash.update(part));
    let wide = Zeroizing::new(<[u8; 64]>::from(hash.finalize()));
    Scalar::from_bytes_mod_order_wide(&wide)
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::{Signer, SigningKey};

    #[test]
    fn signatures_are_those_that_dalek_makes() {
        let mut seed = [7; 32];
        for length in 0..1000 {
            let key = SigningKey::from_bytes(&seed);
            let message: Vec<u8> = (0..length).map(|n| (n % 251) as u8).collect();
            let signature = super::sign(&seed, key.verifying_key().as_bytes(), &message);
            assert_eq!(signature, key.sign(&message).to_bytes(), "{length} bytes");
            seed.copy_from_slice(&signature[16..48]);
        }
    }
}
