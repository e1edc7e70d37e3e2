//! Signatures: a payload that was signed alone, or at once with others (SPEC.md §2.2).

use std::collections::BTreeSet;

use ed25519_dalek::{Signature, VerifyingKey};
use sha2::{Digest, Sha256};

use crate::{
    FormatError, Purpose,
    cbor::{Decoder, Encoder},
    cose::{ALG, KEY_ID, TYP, alg, typ},
    id::{Hash, KeyId},
    receipt::{Proof, Tree},
};

/// Verifiable data structure, and proofs of it (RFC 9942 §2).
const VDS: i64 = 395;
const VDP: i64 = 396;
const RFC9162_SHA256: i64 = 1;
const INCLUSION: i64 = -1;

const ED25519: i64 = -19;
const SIGN1_TAG: u64 = 18;

/// A COSE_Sign1 (RFC 9052 §4.2) by an Ed25519 key, or a payload with a receipt (RFC 9942) from such a one.
#[derive(Clone, Copy, Debug)]
pub struct Sign1<'a> {
    /// The complete object, over which its hash is taken.
    pub raw: &'a [u8],
    purpose: Purpose,
    /// Names the signing key. A hint for finding it, never a reason to trust it.
    pub key_id: KeyId,
    pub payload: &'a [u8],
    /// Where the payload was not signed alone: root of the tree that was signed, and the encoded proof.
    receipt: Option<(Hash, &'a [u8])>,
    signature: &'a [u8; 64],
}

/// Signatures that were found good, each checked once.
#[derive(Debug, Default)]
pub struct Verified(BTreeSet<[u8; 32]>);

impl<'a> Sign1<'a> {
    pub fn decode(raw: &'a [u8], purpose: Purpose) -> Result<Self, FormatError> {
        Decoder::all(raw, |input| {
            input.tag(SIGN1_TAG)?;
            input.array_of(4)?;
            let key_id = Decoder::all(input.bytes()?, |header| {
                header.map_of(3)?;
                alg(header, ED25519)?;
                header.key(KEY_ID)?;
                let key_id = KeyId::decode(header)?;
                typ(header, purpose)?;
                Ok(key_id)
            })?;
            input.map_of(0)?;
            Ok(Self { raw, purpose, key_id, payload: input.bytes()?, receipt: None, signature: input.byte_array()? })
        })
    }

    /// As [`Sign1::decode`] for `alone`, or a payload with a receipt for `together`.
    pub fn decode_any(raw: &'a [u8], alone: Purpose, together: Purpose) -> Result<Self, FormatError> {
        if raw.first() != Some(&0x82) {
            return Self::decode(raw, alone);
        }
        Decoder::all(raw, |input| {
            input.array_of(2)?;
            let payload = input.bytes()?;
            input.tag(SIGN1_TAG)?;
            input.array_of(4)?;
            let key_id = Decoder::all(input.bytes()?, |header| {
                header.map_of(4)?;
                alg(header, ED25519)?;
                header.key(KEY_ID)?;
                let key_id = KeyId::decode(header)?;
                typ(header, together)?;
                header.key(VDS)?;
                if header.int()? != RFC9162_SHA256 {
                    return Err(FormatError::NotSealed("another kind of tree"));
                }
                Ok(key_id)
            })?;
            input.map_of(1)?;
            input.key(VDP)?;
            input.map_of(1)?;
            input.key(INCLUSION)?;
            input.array_of(1)?;
            let proof = input.bytes()?;
            let receipt = Some((Proof::decode(proof)?.root(payload), proof));
            input.null()?;
            Ok(Self { raw, purpose: together, key_id, payload, receipt, signature: input.byte_array()? })
        })
    }

    /// Payloads that are signed at once, each with its receipt; `sign` is called with what is signed.
    pub fn encode_together(
        purpose: Purpose,
        key_id: KeyId,
        payloads: &[impl AsRef<[u8]>],
        sign: impl FnOnce(&[u8]) -> [u8; 64],
    ) -> Vec<Vec<u8>> {
        let tree = Tree::over(payloads);
        let Some(root) = tree.root().filter(|_| !payloads.is_empty()) else { return Vec::new() };
        let signature = sign(&sig_structure(&tree_header(purpose, key_id), &root.0));
        let encode = |(index, payload): (usize, &_)| {
            Self::encode_with_receipt(purpose, key_id, AsRef::as_ref(payload), &tree.proof(index).encode(), &signature)
        };
        payloads.iter().enumerate().map(encode).collect()
    }

    /// A payload with its receipt; `proof` is an encoded [`Proof`].
    pub fn encode_with_receipt(
        purpose: Purpose,
        key_id: KeyId,
        payload: &[u8],
        proof: &[u8],
        signature: &[u8; 64],
    ) -> Vec<u8> {
        let mut out = Encoder::with_capacity(payload.len() + proof.len() + 200);
        out.array(2).bytes(payload).tag(SIGN1_TAG).array(4).bytes(&tree_header(purpose, key_id));
        out.map(1).int(VDP).map(1).int(INCLUSION).array(1).bytes(proof).null().bytes(signature);
        out.finish()
    }

    pub fn hash(&self) -> Hash {
        Hash::of(self.raw)
    }

    pub fn signature(&self) -> &'a [u8; 64] {
        self.signature
    }

    /// The encoded proof, where the payload was not signed alone.
    pub fn proof(&self) -> Option<&'a [u8]> {
        self.receipt.map(|(_, proof)| proof)
    }

    /// That the key it names is `key`, and that `key` signed it.
    pub fn verify(&self, key: &VerifyingKey) -> Result<(), FormatError> {
        if self.key_id != KeyId::of_ed25519(key) {
            return Err(FormatError::BadSignature);
        }
        verify_bytes(key, &self.message(), self.signature)
    }

    /// As [`Sign1::verify`]; what is among `verified` is not checked again.
    pub fn verify_once(&self, key: &VerifyingKey, verified: &mut Verified) -> Result<(), FormatError> {
        let seen = Sha256::new().chain_update(key.as_bytes()).chain_update(self.signature).chain_update(self.message());
        let seen = seen.finalize().into();
        if !verified.0.contains(&seen) {
            self.verify(key)?;
            verified.0.insert(seen);
        }
        Ok(())
    }

    fn message(&self) -> Vec<u8> {
        match self.receipt {
            None => to_be_signed(self.purpose, self.key_id, self.payload),
            Some((root, _)) => sig_structure(&tree_header(self.purpose, self.key_id), &root.0),
        }
    }

    pub fn encode(purpose: Purpose, key_id: KeyId, payload: &[u8], signature: &[u8; 64]) -> Vec<u8> {
        let mut out = Encoder::with_capacity(payload.len() + 160);
        out.tag(SIGN1_TAG).array(4).bytes(&sign1_header(purpose, key_id)).map(0).bytes(payload).bytes(signature);
        out.finish()
    }
}

/// Ed25519 by RFC 8032 with canonical S, refusing small-order keys and points, so that one signature verifies
/// for one key and message alone.
pub fn verify_bytes(key: &VerifyingKey, message: &[u8], signature: &[u8; 64]) -> Result<(), FormatError> {
    key.verify_strict(message, &Signature::from_bytes(signature)).map_err(|_| FormatError::BadSignature)
}

fn sign1_header(purpose: Purpose, key_id: KeyId) -> Vec<u8> {
    let mut out = Encoder::new();
    out.map(3).int(ALG).int(ED25519).int(KEY_ID).bytes(&key_id.0).int(TYP).text(purpose.label());
    out.finish()
}

fn tree_header(purpose: Purpose, key_id: KeyId) -> Vec<u8> {
    let mut out = Encoder::new();
    out.map(4).int(ALG).int(ED25519).int(KEY_ID).bytes(&key_id.0).int(TYP).text(purpose.label());
    out.int(VDS).int(RFC9162_SHA256);
    out.finish()
}

/// `Sig_structure` (RFC 9052 §4.4) with empty external data.
fn sig_structure(header: &[u8], payload: &[u8]) -> Vec<u8> {
    let mut out = Encoder::with_capacity(payload.len() + 128);
    out.array(4).text("Signature1").bytes(header).bytes(&[]).bytes(payload);
    out.finish()
}

/// What a COSE_Sign1 of `purpose` over `payload` alone signs.
pub fn to_be_signed(purpose: Purpose, key_id: KeyId, payload: &[u8]) -> Vec<u8> {
    sig_structure(&sign1_header(purpose, key_id), payload)
}
