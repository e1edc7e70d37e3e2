//! Key log entry, vault, login (SPEC.md §8).

use curve25519_dalek::MontgomeryPoint;
use ed25519_dalek::VerifyingKey;

use crate::{
    FormatError, Purpose,
    cbor::{Decoder, Encoder},
    cose::{Encrypted, Sign1},
    grant::Suite,
    id::{AccountId, Hash, KeyId},
    pad::Floor,
};

/// An account's public keys of one epoch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKeys {
    pub epoch: u64,
    pub created_at: u64,
    pub ed25519: VerifyingKey,
    pub x25519: [u8; 32],
    pub xwing: Box<[u8; 1216]>,
}

impl PublicKeys {
    /// The payload of a first key log entry.
    pub fn encode_first_entry(&self) -> Vec<u8> {
        self.encode_entry(0, None)
    }

    /// The payload of the entry that appends these keys behind the entry whose hash is `previous`.
    pub fn encode_rotation(&self, previous: Hash) -> Vec<u8> {
        self.encode_entry(1, Some(previous))
    }

    fn encode_entry(&self, kind: u64, previous: Option<Hash>) -> Vec<u8> {
        let mut out = Encoder::with_capacity(1390);
        out.array(8).uint(self.epoch - 1).optional(previous, |out, hash| hash.encode(out)).uint(kind);
        out.uint(self.epoch).uint(self.created_at);
        out.bytes(self.ed25519.as_bytes()).bytes(&self.x25519).bytes(self.xwing.as_slice());
        out.finish()
    }

    fn decode(epoch: u64, input: &mut Decoder<'_>) -> Result<Self, FormatError> {
        let created_at = input.uint()?;
        let ed25519 = VerifyingKey::from_bytes(input.byte_array()?)
            .ok()
            .filter(|key| !key.is_weak())
            .ok_or(FormatError::NotSealed("a signing key that is no key"))?;
        let x25519 = *input.byte_array()?;
        if is_low_order(&x25519) || &x25519 == ed25519.as_bytes() {
            return Err(FormatError::NotSealed("a receiving key that is no key"));
        }
        let xwing = Box::new(decode_xwing(input)?);
        Ok(Self { epoch, created_at, ed25519, x25519, xwing })
    }

    /// The id of the receiving key of a suite.
    pub fn receiving_key_id(&self, suite: Suite) -> KeyId {
        match suite {
            Suite::X25519 => KeyId::of_x25519(&self.x25519),
            Suite::XWing => KeyId::of_xwing(&self.xwing),
        }
    }
}

/// An X-Wing public key. It ends with an X25519 key of its own, which must be one.
pub(crate) fn decode_xwing(input: &mut Decoder<'_>) -> Result<[u8; 1216], FormatError> {
    let xwing = *input.byte_array::<1216>()?;
    if xwing.last_chunk().is_none_or(is_low_order) {
        return Err(FormatError::NotSealed("a receiving key that is no key"));
    }
    Ok(xwing)
}

/// An entry of an account's key log. The first names the keys, they sign it, and its hash is the account; each later
/// one appends an epoch and is signed by the key before it.
#[derive(Clone, Debug)]
pub struct KeyLogEntry<'a> {
    pub signed: Sign1<'a>,
    /// Hash of the entry before; none for the first.
    pub previous: Option<Hash>,
    pub keys: PublicKeys,
}

impl<'a> KeyLogEntry<'a> {
    /// Decodes the first entry and checks its signature by the key inside it.
    pub fn decode(raw: &'a [u8]) -> Result<Self, FormatError> {
        let entry = Self::decode_unverified(raw)?;
        if entry.previous.is_some() {
            return Err(FormatError::NotSealed("not the first entry of a key log"));
        }
        entry.signed.verify(&entry.keys.ed25519)?;
        Ok(entry)
    }

    /// Decodes the entry after `before`, and checks that it is that, under the signature of the key before it.
    pub fn decode_after(raw: &'a [u8], before: &KeyLogEntry<'_>) -> Result<Self, FormatError> {
        let entry = Self::decode_unverified(raw)?;
        if entry.previous != Some(before.signed.hash()) || Some(entry.keys.epoch) != before.keys.epoch.checked_add(1) {
            return Err(FormatError::NotSealed("not the next entry of this key log"));
        }
        entry.signed.verify(&before.keys.ed25519)?;
        Ok(entry)
    }

    /// Decodes an entry that was checked before it was stored.
    pub fn decode_unverified(raw: &'a [u8]) -> Result<Self, FormatError> {
        let signed = Sign1::decode(raw, Purpose::KeyLog)?;
        let (previous, keys) = Decoder::all(signed.payload, |input| {
            input.array_of(8)?;
            let sequence = input.uint()?;
            let previous = input.optional(Hash::decode)?;
            let kind = input.uint()?;
            let epoch = input.uint()?;
            if kind > 1 {
                return Err(FormatError::UnsupportedVersion);
            }
            if (kind == 0) != previous.is_none()
                || (kind == 0) != (sequence == 0)
                || sequence.checked_add(1) != Some(epoch)
            {
                return Err(FormatError::NotSealed("sequence, epoch and previous hash of a key log entry disagree"));
            }
            Ok((previous, PublicKeys::decode(epoch, input)?))
        })?;
        Ok(Self { signed, previous, keys })
    }

    /// The account of a first entry.
    pub fn account(&self) -> AccountId {
        let Hash(hash) = self.signed.hash();
        AccountId(hash)
    }
}

/// Whether every shared secret with this key would be zero (RFC 7748 §6.1), whatever the other side's. A
/// clamped scalar is a multiple of 8, so one multiplication tells.
fn is_low_order(key: &[u8; 32]) -> bool {
    MontgomeryPoint(*key).mul_clamped([0; 32]).0 == [0; 32]
}

/// A sealed vault's header: whose it is, and which save of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VaultParameters {
    pub account: AccountId,
    /// 1, 2, …: grows with every change.
    pub generation: u64,
}

impl VaultParameters {
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Encoder::with_capacity(48);
        out.array(2).bytes(&self.account.0).uint(self.generation);
        out.finish()
    }
}

/// A sealed vault.
#[derive(Clone, Debug)]
pub struct Vault<'a> {
    pub sealed: Encrypted<'a>,
    pub parameters: VaultParameters,
}

impl<'a> Vault<'a> {
    /// More than a vault with thousands of pins takes.
    pub const MAX_LEN: usize = 1 << 20;

    pub fn decode(raw: &'a [u8]) -> Result<Self, FormatError> {
        if raw.len() > Self::MAX_LEN {
            return Err(FormatError::NotSealed("a vault over 1 MiB"));
        }
        let sealed = Encrypted::decode(raw, Purpose::Vault)?;
        sealed.check_padding(Floor::Vault)?;
        let parameters = Decoder::all(sealed.parameters()?, |input| {
            input.array_of(2)?;
            Ok(VaultParameters { account: AccountId::decode(input)?, generation: input.uint()? })
        })?;
        Ok(Self { sealed, parameters })
    }
}

/// A signed answer to a server's challenge.
#[derive(Clone, Debug)]
pub struct Login<'a> {
    pub signed: Sign1<'a>,
    pub account: AccountId,
    pub origin: &'a str,
    pub challenge: &'a [u8; 32],
}

impl<'a> Login<'a> {
    pub fn encode_payload(account: AccountId, origin: &str, challenge: &[u8; 32]) -> Vec<u8> {
        let mut out = Encoder::with_capacity(128);
        out.array(3).bytes(&account.0).text(origin).bytes(challenge);
        out.finish()
    }

    pub fn decode(raw: &'a [u8]) -> Result<Self, FormatError> {
        let signed = Sign1::decode(raw, Purpose::Login)?;
        Decoder::all(signed.payload, |input| {
            input.array_of(3)?;
            let account = AccountId::decode(input)?;
            Ok(Self { signed, account, origin: input.text()?, challenge: input.byte_array()? })
        })
    }
}
