//! The passphrase slot: one way to the vault key (SPEC.md §8).

use sealed_notes_format::{
    Purpose,
    account::{Cost, Slot, SlotParameters},
    cose::Header,
    id::{AccountId, SlotId},
};
use zeroize::Zeroizing;

use super::account_secret::AccountSecret;
use crate::{
    Error,
    crypto::{aead, kdf, random, secret::Secret},
};

const SHORTEST_PASSPHRASE: usize = 12;

struct SlotKeys {
    key: Secret<32>,
    commitment: Secret<32>,
}

fn derive(passphrase: &str, account_secret: &AccountSecret, parameters: &SlotParameters) -> Result<SlotKeys, Error> {
    let stretched = kdf::stretch(passphrase, &parameters.salt, parameters.cost)?;
    Ok(SlotKeys {
        key: kdf::derive(stretched.expose(), account_secret.expose(), Purpose::SlotKey)?,
        commitment: kdf::derive(stretched.expose(), account_secret.expose(), Purpose::SlotCommitment)?,
    })
}

/// Seals the vault key under a passphrase.
pub(super) fn seal(
    vault_key: &Secret<32>,
    passphrase: &str,
    account_secret: &AccountSecret,
    account: AccountId,
    slot: SlotId,
    generation: u64,
) -> Result<Vec<u8>, Error> {
    if passphrase.chars().count() < SHORTEST_PASSPHRASE {
        return Err(Error::WeakPassphrase);
    }
    let parameters = SlotParameters { account, slot, generation, salt: random::make()?, cost: Cost::DEFAULT };
    let SlotKeys { key, commitment } = derive(passphrase, account_secret, &parameters)?;
    let header = Header::Committed { parameters: &parameters.encode(), commitment: *commitment.expose() };
    aead::seal(Purpose::Slot, header, &key, vault_key.expose(), aead::Padding::None)
}

/// The vault key in a slot. The commitment is compared before the cipher runs: a slot made to open under many
/// passphrases at once would let a server search them by watching which ones fail.
pub(super) fn open(slot: &Slot<'_>, passphrase: &str, account_secret: &AccountSecret) -> Result<Secret<32>, Error> {
    let SlotKeys { key, commitment } = derive(passphrase, account_secret, &slot.parameters)?;
    if !commitment.equals(&slot.commitment) {
        return Err(Error::WrongPassphrase);
    }
    let vault_key: Zeroizing<Vec<u8>> = aead::open(&slot.sealed, &key)?;
    vault_key.as_slice().try_into().map(Secret::copy_from).map_err(|_| Error::Tampered)
}
