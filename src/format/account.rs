//! Key log entry, vault, unlock slot, login (SPEC.md §8).

use curve25519_dalek::MontgomeryPoint;
use ed25519_dalek::VerifyingKey;

use crate::{
    FormatError, Purpose,
    cbor::{Decoder, Encoder},
    cose::{Encrypted, Header, Sign1, TAG_LEN},
    id::{AccountId, Hash, KeyId, SlotId},
    pad::{Floor, padded_len},
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
        let mut out = Encoder::with_capacity(1350);
        out.array(8).uint(0).null().uint(0).uint(self.epoch).uint(self.created_at);
        out.bytes(self.ed25519.as_bytes()).bytes(&self.x25519).bytes(self.xwing.as_slice());
        out.finish()
    }
}

/// The first entry of an account's key log: it names the keys, they sign it, its hash is the account.
#[derive(Clone, Debug)]
pub struct KeyLogEntry<'a> {
    pub signed: Sign1<'a>,
    pub keys: PublicKeys,
}

impl<'a> KeyLogEntry<'a> {
    /// Decodes and checks the entry's signature by the key inside it.
    pub fn decode(raw: &'a [u8]) -> Result<Self, FormatError> {
        let signed = Sign1::decode(raw, Purpose::KeyLog)?;
        let keys = Decoder::all(signed.payload, |input| {
            input.array_of(8)?;
            let sequence = input.uint()?;
            let previous = input.optional(Hash::decode)?;
            let kind = input.uint()?;
            let epoch = input.uint()?;
            if (sequence, previous, kind, epoch) != (0, None, 0, 1) {
                return Err(FormatError::UnsupportedVersion);
            }
            let created_at = input.uint()?;
            let ed25519 = VerifyingKey::from_bytes(input.byte_array()?)
                .ok()
                .filter(|key| !key.is_weak())
                .ok_or(FormatError::NotSealed("a signing key that is no key"))?;
            let x25519 = *input.byte_array()?;
            if is_low_order(&x25519) || &x25519 == ed25519.as_bytes() {
                return Err(FormatError::NotSealed("a receiving key that is no key"));
            }
            let xwing = Box::new(*input.byte_array::<1216>()?);
            // X-Wing's public key ends with an X25519 key of its own.
            if xwing.last_chunk().is_none_or(is_low_order) {
                return Err(FormatError::NotSealed("a receiving key that is no key"));
            }
            Ok(PublicKeys { epoch, created_at, ed25519, x25519, xwing })
        })?;
        signed.verify(&keys.ed25519)?;
        Ok(Self { signed, keys })
    }

    pub fn account(&self) -> AccountId {
        let Hash(hash) = self.signed.hash();
        AccountId(hash)
    }

    /// The id of the receiving key that a grant of this suite names.
    pub fn receiving_key_id(&self, suite: crate::grant::Suite) -> KeyId {
        match suite {
            crate::grant::Suite::X25519 => KeyId::of_x25519(&self.keys.x25519),
            crate::grant::Suite::XWing => KeyId::of_xwing(&self.keys.xwing),
        }
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
        let padded = sealed.ciphertext.len() - TAG_LEN;
        if padded == 0 || padded_len(padded - 1, Floor::Vault) != padded {
            return Err(FormatError::NotSealed("a ciphertext's length is not one that padding gives"));
        }
        let parameters = Decoder::all(sealed.parameters()?, |input| {
            input.array_of(2)?;
            Ok(VaultParameters { account: AccountId::decode(input)?, generation: input.uint()? })
        })?;
        Ok(Self { sealed, parameters })
    }
}

/// Argon2id's cost (RFC 9106 §3.1), within bounds that neither a guesser nor a tab can be hurt by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// KiB.
    pub memory: u32,
    pub passes: u32,
    pub lanes: u32,
}

impl Cost {
    /// What new slots get.
    pub const DEFAULT: Self = Self { memory: 65_536, passes: 3, lanes: 4 };

    /// Whether the parameters lie between floor and ceiling.
    pub fn is_allowed(&self) -> bool {
        (65_536..=262_144).contains(&self.memory) && (3..=10).contains(&self.passes) && (1..=8).contains(&self.lanes)
    }
}

/// A passphrase slot's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlotParameters {
    pub account: AccountId,
    pub slot: SlotId,
    /// Grows when the slot's passphrase changes.
    pub generation: u64,
    pub salt: [u8; 16],
    pub cost: Cost,
}

impl SlotParameters {
    const PASSPHRASE: u64 = 1;

    pub fn encode(&self) -> Vec<u8> {
        let mut out = Encoder::with_capacity(96);
        out.array(8).bytes(&self.account.0).bytes(&self.slot.0).uint(Self::PASSPHRASE).uint(self.generation);
        out.bytes(&self.salt).uint(self.cost.memory.into()).uint(self.cost.passes.into()).uint(self.cost.lanes.into());
        out.finish()
    }

    fn decode(bytes: &[u8]) -> Result<Self, FormatError> {
        Decoder::all(bytes, |input| {
            input.array_of(8)?;
            let account = AccountId::decode(input)?;
            let slot = SlotId::decode(input)?;
            if input.uint()? != Self::PASSPHRASE {
                return Err(FormatError::UnsupportedVersion);
            }
            let generation = input.uint()?;
            let salt = *input.byte_array()?;
            let mut cost = || {
                let value = input.uint()?;
                u32::try_from(value).map_err(|_| FormatError::NotSealed("Argon2id cost out of range"))
            };
            let cost = Cost { memory: cost()?, passes: cost()?, lanes: cost()? };
            Ok(Self { account, slot, generation, salt, cost })
        })
    }
}

/// An unlock slot.
#[derive(Clone, Debug)]
pub struct Slot<'a> {
    pub sealed: Encrypted<'a>,
    pub parameters: SlotParameters,
    pub commitment: [u8; 32],
}

impl<'a> Slot<'a> {
    pub fn decode(raw: &'a [u8]) -> Result<Self, FormatError> {
        let sealed = Encrypted::decode(raw, Purpose::Slot)?;
        let Header::Committed { parameters, commitment } = sealed.header else {
            return Err(FormatError::NotSealed("an unlock slot without commitment"));
        };
        if sealed.ciphertext.len() != 32 + TAG_LEN {
            return Err(FormatError::NotSealed("an unlock slot that holds no vault key"));
        }
        Ok(Self { parameters: SlotParameters::decode(parameters)?, sealed, commitment })
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
