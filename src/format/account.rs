//! Vault and login (SPEC.md §8).

use crate::{
    FormatError, Purpose,
    cbor::{Decoder, Encoder},
    cose::{Encrypted, Sign1},
    id::AccountId,
    pad::Floor,
};

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
