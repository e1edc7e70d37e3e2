//! Unlock slots: one way each to the vault key (SPEC.md §8.3).

use crate::{
    FormatError, Purpose,
    cbor::{Decoder, Encoder},
    cose::{Encrypted, Header, TAG_LEN},
    id::{AccountId, SlotId},
};

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

/// What opens a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlotKind {
    /// Passphrase and account secret.
    Passphrase = 1,
    /// A passkey's PRF output (WebAuthn Level 3 §10.1.4).
    Passkey = 2,
    /// The recovery code of the printed kit.
    RecoveryCode = 3,
    /// Shares of as many trustees as were agreed.
    Trustees = 4,
}

impl SlotKind {
    pub const ALL: [Self; 4] = [Self::Passphrase, Self::Passkey, Self::RecoveryCode, Self::Trustees];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Passphrase => "passphrase",
            Self::Passkey => "passkey",
            Self::RecoveryCode => "recovery-code",
            Self::Trustees => "trustees",
        }
    }

    pub fn decode(input: &mut Decoder<'_>) -> Result<Self, FormatError> {
        let kind = input.uint()?;
        Self::ALL.into_iter().find(|known| *known as u64 == kind).ok_or(FormatError::UnsupportedVersion)
    }
}

/// What each kind of slot adds to its header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way<'a> {
    Passphrase {
        salt: [u8; 16],
        cost: Cost,
    },
    /// `salt` is the PRF's first input, `credential` the passkey's id: which passkey to ask, and what.
    Passkey {
        salt: [u8; 32],
        credential: &'a [u8],
    },
    RecoveryCode,
    Trustees,
}

/// The longest credential id that WebAuthn allows (Level 3 §4), in bytes.
pub const MAX_CREDENTIAL: usize = 1023;

impl Way<'_> {
    pub const fn kind(&self) -> SlotKind {
        match self {
            Self::Passphrase { .. } => SlotKind::Passphrase,
            Self::Passkey { .. } => SlotKind::Passkey,
            Self::RecoveryCode => SlotKind::RecoveryCode,
            Self::Trustees => SlotKind::Trustees,
        }
    }
}

/// An unlock slot's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlotParameters<'a> {
    pub account: AccountId,
    pub slot: SlotId,
    /// Grows when the slot is replaced.
    pub generation: u64,
    pub way: Way<'a>,
}

impl<'a> SlotParameters<'a> {
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Encoder::with_capacity(160);
        out.array(match self.way {
            Way::Passphrase { .. } => 8,
            Way::Passkey { .. } => 6,
            Way::RecoveryCode | Way::Trustees => 4,
        });
        out.bytes(&self.account.0).bytes(&self.slot.0).uint(self.way.kind() as u64).uint(self.generation);
        match self.way {
            Way::Passphrase { salt, cost } => {
                out.bytes(&salt).uint(cost.memory.into()).uint(cost.passes.into()).uint(cost.lanes.into())
            }
            Way::Passkey { salt, credential } => out.bytes(&salt).bytes(credential),
            Way::RecoveryCode | Way::Trustees => &mut out,
        };
        out.finish()
    }

    fn decode(bytes: &'a [u8]) -> Result<Self, FormatError> {
        Decoder::all(bytes, |input| {
            let len = input.array()?;
            let (account, slot) = (AccountId::decode(input)?, SlotId::decode(input)?);
            let (kind, generation) = (SlotKind::decode(input)?, input.uint()?);
            let (expected, way) = match kind {
                SlotKind::Passphrase => {
                    let salt = *input.byte_array()?;
                    let mut cost = || {
                        let value = input.uint()?;
                        u32::try_from(value).map_err(|_| FormatError::NotSealed("Argon2id cost out of range"))
                    };
                    (8, Way::Passphrase { salt, cost: Cost { memory: cost()?, passes: cost()?, lanes: cost()? } })
                }
                SlotKind::Passkey => {
                    let (salt, credential) = (*input.byte_array()?, input.bytes()?);
                    if credential.is_empty() || credential.len() > MAX_CREDENTIAL {
                        return Err(FormatError::NotSealed("a passkey without a credential id"));
                    }
                    (6, Way::Passkey { salt, credential })
                }
                SlotKind::RecoveryCode => (4, Way::RecoveryCode),
                SlotKind::Trustees => (4, Way::Trustees),
            };
            if len != expected {
                return Err(FormatError::NotSealed("an unlock slot with missing or unknown parameters"));
            }
            Ok(Self { account, slot, generation, way })
        })
    }
}

/// An unlock slot.
#[derive(Clone, Debug)]
pub struct Slot<'a> {
    pub sealed: Encrypted<'a>,
    pub parameters: SlotParameters<'a>,
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
