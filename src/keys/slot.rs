//! Unlock slots: ways to the vault key, each added, replaced and removed alone (SPEC.md §8.3).

use sealed_notes_format::{
    FormatError, Purpose,
    cose::Header,
    id::AccountId,
    kept::kept,
    slot::{Cost, Slot, SlotKind, SlotParameters, Way},
};
use zeroize::Zeroizing;

use super::account_secret::AccountSecret;
use crate::{
    Error,
    crypto::{aead, kdf, random, secret::Secret},
};

const SHORTEST_PASSPHRASE: usize = 12;

/// A passphrase after Argon2id, for one salt. Made apart from its use because it takes a third of a second and
/// 64 MiB: the npm package makes it in a worker that is thrown away.
#[derive(Clone, Debug)]
pub struct Stretched {
    secret: Secret<32>,
    salt: [u8; 16],
    cost: Cost,
}

impl Stretched {
    /// For a new passphrase slot, with a fresh salt. At least 12 characters.
    pub fn make(passphrase: &str) -> Result<Self, Error> {
        check_length(passphrase)?;
        let (salt, cost) = fresh()?;
        Ok(Self { secret: kdf::stretch(passphrase, &salt, cost)?, salt, cost })
    }

    /// For the passphrase slot among an account's slots.
    pub fn for_slots<'s>(passphrase: &str, slots: impl IntoIterator<Item = &'s [u8]>) -> Result<Self, Error> {
        let (salt, cost) = passphrase_parameters(slots)?;
        Ok(Self { secret: kdf::stretch(passphrase, &salt, cost)?, salt, cost })
    }

    #[cfg_attr(not(target_arch = "wasm32"), allow(dead_code, reason = "natively nothing is stretched elsewhere"))]
    pub(crate) fn of(secret: Secret<32>, salt: [u8; 16], cost: Cost) -> Self {
        Self { secret, salt, cost }
    }

    pub(super) fn way(&self) -> Way<'static> {
        Way::Passphrase { salt: self.salt, cost: self.cost }
    }
}

pub(crate) fn check_length(passphrase: &str) -> Result<(), Error> {
    if passphrase.chars().count() < SHORTEST_PASSPHRASE { Err(Error::WeakPassphrase) } else { Ok(()) }
}

/// What a new passphrase is stretched with.
pub(crate) fn fresh() -> Result<([u8; 16], Cost), Error> {
    Ok((random::make()?, Cost::DEFAULT))
}

/// What the passphrase slot among `slots` was stretched with. A cost outside the bounds is refused before any work.
pub(crate) fn passphrase_parameters<'s>(slots: impl IntoIterator<Item = &'s [u8]>) -> Result<([u8; 16], Cost), Error> {
    match find(slots, SlotKind::Passphrase, None)?.parameters.way {
        Way::Passphrase { cost, .. } if kept("Argon2id bounds") && !cost.is_allowed() => Err(Error::WeakParameters),
        Way::Passphrase { salt, cost } => Ok((salt, cost)),
        _ => Err(Error::UnknownSlot),
    }
}

/// The first slot of a kind. Slots of kinds that a later release knows are passed over: an account that gained one
/// elsewhere must still unlock here.
pub(super) fn find<'s>(
    slots: impl IntoIterator<Item = &'s [u8]>,
    kind: SlotKind,
    account: Option<AccountId>,
) -> Result<Slot<'s>, Error> {
    let mut missing = Error::UnknownSlot;
    for bytes in slots {
        match Slot::decode(bytes) {
            Ok(slot) if account.is_some_and(|account| slot.parameters.account != account) => {
                return Err(Error::Tampered);
            }
            Ok(slot) if slot.parameters.way.kind() == kind => return Ok(slot),
            Ok(_) => {}
            Err(error @ (FormatError::UnsupportedVersion | FormatError::AnotherPurpose)) => missing = error.into(),
            Err(error) => return Err(error.into()),
        }
    }
    Err(missing)
}

/// What a slot is opened with.
#[derive(Clone, Copy)]
pub(super) enum Opener<'a> {
    Passphrase {
        stretched: &'a Stretched,
        account_secret: &'a AccountSecret,
    },
    /// A PRF output, a recovery code, the secret that trustees share.
    Secret(&'a [u8]),
}

struct SlotKeys {
    key: Secret<32>,
    commitment: Secret<32>,
}

fn derive(opener: Opener<'_>, parameters: &SlotParameters<'_>) -> Result<SlotKeys, Error> {
    let encoded;
    let (ikm, salt): (&[u8], &[u8]) = match opener {
        Opener::Passphrase { stretched, account_secret } => (stretched.secret.expose(), account_secret.expose()),
        Opener::Secret(secret) => {
            encoded = parameters.encode();
            (secret, &encoded)
        }
    };
    Ok(SlotKeys {
        key: kdf::derive(ikm, salt, Purpose::SlotKey)?,
        commitment: kdf::derive(ikm, salt, Purpose::SlotCommitment)?,
    })
}

/// Seals the vault key into a slot.
pub(super) fn seal(
    vault_key: &Secret<32>,
    parameters: &SlotParameters<'_>,
    opener: Opener<'_>,
) -> Result<Vec<u8>, Error> {
    let SlotKeys { key, commitment } = derive(opener, parameters)?;
    let header = Header::Committed { parameters: &parameters.encode(), commitment: *commitment.expose() };
    aead::seal(Purpose::Slot, header, &key, vault_key.expose(), aead::Padding::None)
}

/// The vault key in a slot. The commitment is compared before the cipher runs: a slot made to open under many
/// passphrases at once would let a server search them by watching which ones fail.
pub(super) fn open(slot: &Slot<'_>, opener: Opener<'_>) -> Result<Secret<32>, Error> {
    let kind = slot.parameters.way.kind();
    if let Opener::Passphrase { stretched, .. } = opener
        && stretched.way() != slot.parameters.way
    {
        return Err(Error::InvalidInput { reason: "the passphrase was stretched for another slot" });
    }
    let SlotKeys { key, commitment } = derive(opener, &slot.parameters)?;
    if kept("slot commitment") && !commitment.equals(&slot.commitment) {
        return Err(match kind {
            SlotKind::Passphrase => Error::WrongPassphrase,
            SlotKind::Passkey => Error::WrongPasskey,
            SlotKind::RecoveryCode => Error::WrongRecoveryCode,
            SlotKind::Trustees => Error::WrongShares,
        });
    }
    let vault_key: Zeroizing<Vec<u8>> = aead::open(&slot.sealed, &key)?;
    vault_key.as_slice().try_into().map(Secret::copy_from).map_err(|_| Error::Tampered)
}
