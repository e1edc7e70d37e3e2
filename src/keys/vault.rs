//! What an account's keys live in.

use sealed_notes_format::{
    FormatError, Purpose,
    account::{self, Login, Slot, VaultParameters},
    cbor::{Decoder, Encoder},
    cose::Header,
    id::{AccountId, Hash, SlotId, TenantId},
    pad::{Floor, padded_len},
};
use zeroize::Zeroizing;

use super::{
    account_secret::{self, AccountSecret},
    identity::{Identity, VerifiedIdentity},
    keyring::Epoch,
    slot,
};
use crate::{
    Error, Timestamp,
    crypto::{aead, kdf, random, secret::Secret},
    records::{chart::Chart, private::PrivateDrawer},
};

/// An unlocked vault. Dropping it is locking it: every key is wiped.
#[derive(Debug)]
pub struct Vault {
    pub(crate) tenant: TenantId,
    pub(crate) identity: Identity,
    generation: u64,
    vault_key: Secret<32>,
    account_secret: AccountSecret,
    /// In ascending order; never empty.
    epochs: Vec<Epoch>,
    slots: Vec<(SlotId, u64)>,
    pins: Vec<Pin>,
}

/// An identity whose fingerprint was compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Pin {
    account: AccountId,
    head: Hash,
    at: u64,
}

/// A new account: keep the account secret, send the rest to the server.
#[derive(Debug)]
pub struct CreatedVault {
    pub vault: Vault,
    /// Needed with the passphrase on every new device. 8 groups of 4 letters and digits.
    pub account_secret: Zeroizing<String>,
    /// Public keys; its hash is the account's id.
    pub key_log_entry: Vec<u8>,
    pub sealed_vault: Vec<u8>,
    pub slot: Vec<u8>,
}

/// What a change of passphrase replaces; store both at once.
#[derive(Debug)]
pub struct ChangedPassphrase {
    pub sealed_vault: Vec<u8>,
    pub slot: Vec<u8>,
}

impl Vault {
    /// Makes an account's first keys and one passphrase slot. Passphrases are UTF-8 in NFKC, here and below: the
    /// caller normalises them (the npm package does), so that one passphrase is one string on every keyboard.
    pub fn create(tenant: TenantId, passphrase: &str, now: Timestamp) -> Result<CreatedVault, Error> {
        let epoch = Epoch::make(1, now)?;
        let keys = epoch.public()?;
        let key_log_entry = epoch.signing.sign(Purpose::KeyLog, &keys.encode_first_entry());
        let Hash(hash) = Hash::of(&key_log_entry);
        let (account, slot_id) = (AccountId(hash), SlotId(random::make()?));
        let mut vault = Self {
            tenant,
            identity: Identity::own(account, Hash(hash), keys),
            generation: 0,
            vault_key: Secret::make()?,
            account_secret: AccountSecret::make()?,
            epochs: vec![epoch],
            slots: vec![(slot_id, 1)],
            pins: Vec::new(),
        };
        let slot = slot::seal(&vault.vault_key, passphrase, &vault.account_secret, account, slot_id, 1)?;
        let sealed_vault = vault.seal()?;
        let account_secret = account_secret::to_text(&vault.account_secret);
        Ok(CreatedVault { vault, account_secret, key_log_entry, sealed_vault, slot })
    }

    /// Opens a sealed vault through its passphrase slot.
    pub fn unlock<'a>(
        sealed_vault: &[u8],
        slots: impl IntoIterator<Item = &'a [u8]>,
        passphrase: &str,
        account_secret: &str,
    ) -> Result<Self, Error> {
        let account_secret = account_secret::from_text(account_secret)?;
        let sealed = account::Vault::decode(sealed_vault)?;
        let slot = passphrase_slot(slots, sealed.parameters.account)?;
        let vault_key = slot::open(&slot, passphrase, &account_secret)?;
        let key = vault_encryption_key(&vault_key, sealed.parameters.account)?;
        let contents = aead::open_padded(&sealed.sealed, &key, Floor::Vault)?;
        let vault = Self::decode_contents(&contents, sealed.parameters, vault_key)?;
        if !vault.slots.contains(&(slot.parameters.slot, slot.parameters.generation)) {
            return Err(Error::StaleSlot);
        }
        Ok(vault)
    }

    fn seal(&mut self) -> Result<Vec<u8>, Error> {
        let parameters = VaultParameters { account: self.account(), generation: self.generation + 1 };
        let key = vault_encryption_key(&self.vault_key, parameters.account)?;
        let contents = self.encode_contents();
        let header = parameters.encode();
        let sealed = aead::seal(
            Purpose::Vault,
            Header::Parameters(&header),
            &key,
            &contents,
            aead::Padding::Padme(Floor::Vault),
        )?;
        self.generation = parameters.generation;
        Ok(sealed)
    }

    fn encode_contents(&self) -> Zeroizing<Vec<u8>> {
        let mut out =
            Encoder::with_capacity(padded_len(128 + 256 * self.epochs.len() + 96 * self.pins.len(), Floor::Vault));
        out.array(5).bytes(&self.tenant.0).bytes(self.account_secret.expose());
        out.array(self.epochs.len());
        self.epochs.iter().for_each(|epoch| epoch.encode(&mut out));
        out.array(self.slots.len());
        for (slot, generation) in &self.slots {
            out.array(2).bytes(&slot.0).uint(*generation);
        }
        out.array(self.pins.len());
        for pin in &self.pins {
            out.array(3).bytes(&pin.account.0).bytes(&pin.head.0).uint(pin.at);
        }
        Zeroizing::new(out.finish())
    }

    fn decode_contents(contents: &[u8], parameters: VaultParameters, vault_key: Secret<32>) -> Result<Self, Error> {
        let VaultParameters { account, generation } = parameters;
        let (tenant, account_secret, epochs, slots, pins) = Decoder::all(contents, |input| {
            input.array_of(5)?;
            Ok((
                TenantId::decode(input)?,
                Secret::copy_from(input.byte_array()?),
                list(input, Epoch::decode)?,
                list(input, |input| {
                    input.array_of(2)?;
                    Ok((SlotId::decode(input)?, input.uint()?))
                })?,
                list(input, |input| {
                    input.array_of(3)?;
                    Ok(Pin { account: AccountId::decode(input)?, head: Hash::decode(input)?, at: input.uint()? })
                })?,
            ))
        })?;
        let first = epochs.first().ok_or(Error::NotSealed { reason: "a vault without keys" })?;
        let identity = Identity::own(account, Hash(account.0), first.public()?);
        Ok(Self { tenant, identity, generation, vault_key, account_secret, epochs, slots, pins })
    }

    /// Replaces the passphrase. No note is touched. Not in effect until both results are stored.
    pub fn change_passphrase<'a>(
        &mut self,
        slots: impl IntoIterator<Item = &'a [u8]>,
        current: &str,
        next: &str,
    ) -> Result<ChangedPassphrase, Error> {
        let account = self.account();
        let slot = passphrase_slot(slots, account)?;
        slot::open(&slot, current, &self.account_secret)?;
        let (id, generation) = (slot.parameters.slot, slot.parameters.generation + 1);
        let replaced = slot::seal(&self.vault_key, next, &self.account_secret, account, id, generation)?;
        self.slots.retain(|(other, _)| *other != id);
        self.slots.push((id, generation));
        Ok(ChangedPassphrase { sealed_vault: self.seal()?, slot: replaced })
    }

    pub fn account(&self) -> AccountId {
        self.identity.account()
    }

    /// Number of the newest save of the vault.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// The digits that others compare.
    pub fn fingerprint(&self) -> String {
        self.identity.fingerprint()
    }

    /// The account secret, to print it again.
    pub fn reveal_account_secret(&self) -> Zeroizing<String> {
        account_secret::to_text(&self.account_secret)
    }

    /// Oneself, as a recipient's library wants the author.
    pub fn own_identity(&self) -> VerifiedIdentity {
        VerifiedIdentity::trust(self.identity.clone())
    }

    /// Trusts `identity` if `fingerprint` is what its owner read out, and remembers it in the vault. Not in
    /// effect on other devices until the sealed vault is stored.
    pub fn confirm(
        &mut self,
        identity: &Identity,
        fingerprint: &str,
        now: Timestamp,
    ) -> Result<(VerifiedIdentity, Vec<u8>), Error> {
        identity.check_fingerprint(fingerprint)?;
        let account = identity.account();
        self.pins.retain(|pin| pin.account != account);
        self.pins.push(Pin { account, head: identity.head(), at: now.0 });
        Ok((VerifiedIdentity::trust(identity.clone()), self.seal()?))
    }

    /// The identity, if its fingerprint was compared before and its keys are still those.
    pub fn verified(&self, identity: &Identity) -> Option<VerifiedIdentity> {
        let pinned = |pin: &Pin| pin.account == identity.account() && pin.head == identity.head();
        let known = *identity == self.identity || self.pins.iter().any(pinned);
        known.then(|| VerifiedIdentity::trust(identity.clone()))
    }

    /// Signs a server's challenge. `origin` is where it is used, so that one server cannot log in at another.
    pub fn login(&self, challenge: &[u8; 32], origin: &str) -> Result<Vec<u8>, Error> {
        let payload = Login::encode_payload(self.account(), origin, challenge);
        Ok(self.newest_epoch()?.signing.sign(Purpose::Login, &payload))
    }

    pub fn private(&self) -> PrivateDrawer<'_> {
        PrivateDrawer::new(self)
    }

    pub fn chart(&self) -> Chart<'_> {
        Chart::new(self)
    }

    pub(crate) fn newest_epoch(&self) -> Result<&Epoch, Error> {
        self.epochs.last().ok_or(Error::Locked)
    }

    pub(crate) fn epoch(&self, number: u64) -> Result<&Epoch, Error> {
        self.epochs.iter().find(|epoch| epoch.number == number).ok_or(Error::Tampered)
    }
}

fn vault_encryption_key(vault_key: &Secret<32>, account: AccountId) -> Result<Secret<32>, Error> {
    kdf::derive(vault_key.expose(), &account.0, Purpose::Vault)
}

/// The first slot of a kind this release knows. Others are passed over: an account that gained a passkey elsewhere
/// must still unlock here.
fn passphrase_slot<'a>(slots: impl IntoIterator<Item = &'a [u8]>, account: AccountId) -> Result<Slot<'a>, Error> {
    let mut unknown = Error::NotSealed { reason: "no unlock slot was passed" };
    for bytes in slots {
        match Slot::decode(bytes) {
            Ok(slot) if slot.parameters.account == account => return Ok(slot),
            Ok(_) => return Err(Error::Tampered),
            Err(error @ (FormatError::UnsupportedVersion | FormatError::AnotherPurpose)) => unknown = error.into(),
            Err(error) => return Err(error.into()),
        }
    }
    Err(unknown)
}

fn list<T>(
    input: &mut Decoder<'_>,
    mut decode: impl FnMut(&mut Decoder<'_>) -> Result<T, FormatError>,
) -> Result<Vec<T>, FormatError> {
    // Room for all at once: growing would leave copies of keys in freed memory.
    let count = input.array()?;
    let mut items = Vec::with_capacity(count.min(1024));
    for _ in 0..count {
        items.push(decode(input)?);
    }
    Ok(items)
}
