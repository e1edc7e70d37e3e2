//! Ed25519 (RFC 8032) over COSE_Sign1. Verification needs no secret and lives in the format crate.

use ed25519_dalek::VerifyingKey;
use sealed_notes_format::{
    Purpose,
    cose::{Sign1, to_be_signed},
    id::KeyId,
};
use sealed_notes_primitives::ed25519;
use zeroize::Zeroizing;

use super::secret::Secret;

#[derive(Clone)]
pub(crate) struct SigningKey {
    key: Box<ed25519_dalek::SigningKey>, // boxed: a move leaves no copy on the stack
    key_id: KeyId,
}

impl SigningKey {
    pub(crate) fn from_seed(seed: &Secret<32>) -> Self {
        let key = Box::new(ed25519_dalek::SigningKey::from_bytes(seed.expose()));
        Self { key_id: KeyId::of_ed25519(&key.verifying_key()), key }
    }

    pub(crate) fn seed(&self) -> &[u8; 32] {
        self.key.as_bytes()
    }

    pub(crate) fn public(&self) -> VerifyingKey {
        self.key.verifying_key()
    }

    /// A COSE_Sign1 of `purpose` over `payload`.
    pub(crate) fn sign(&self, purpose: Purpose, payload: &[u8]) -> Vec<u8> {
        let message = Zeroizing::new(to_be_signed(purpose, self.key_id, payload)); // of a share: it is in there
        Sign1::encode(purpose, self.key_id, payload, &self.sign_bytes(&message))
    }

    /// Payloads of one purpose, under one signature where there are several: each with its receipt.
    pub(crate) fn sign_all(&self, alone: Purpose, together: Purpose, payloads: &[Vec<u8>]) -> Vec<Vec<u8>> {
        match payloads {
            [one] => vec![self.sign(alone, one)],
            _ => Sign1::encode_together(together, self.key_id, payloads, |message| self.sign_bytes(message)),
        }
    }

    pub(super) fn sign_bytes(&self, message: &[u8]) -> [u8; 64] {
        ed25519::sign(self.seed(), self.key.verifying_key().as_bytes(), message)
    }
}

impl core::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "SigningKey({})", self.key_id)
    }
}
