//! What an account's keys live in.

use sealed_notes_format::{
    Purpose,
    account::{self, Login, VaultParameters},
    cose::Header,
    grant::Suite,
    id::{AccountId, DealId, DeviceId, KeyId, SlotId, TenantId},
    kept::kept,
    keylog::{KeyLog, KeyLogEntry, Statement},
    pad::Floor,
    recovery::DealKind,
    slot::{SlotKind, SlotParameters},
};
use zeroize::Zeroizing;

use super::{
    account_secret::{self, AccountSecret},
    group::{Group, Teams},
    identity::Identity,
    keyring::Epoch,
    shares::{Deal, combine},
    slot::{self, Opener, Stretched},
    trust::Pin,
};
use crate::{
    Error, Timestamp,
    crypto::{aead, kdf, random, secret::Secret},
    ledger,
    records::{chart::Chart, private::PrivateDrawer},
};

/// An unlocked vault. Dropping it is locking it: every key is wiped.
#[derive(Clone)]
pub struct Vault {
    pub(crate) tenant: TenantId,
    pub(crate) identity: Identity,
    pub(super) generation: u64,
    pub(super) vault_key: Secret<32>,
    pub(super) account_secret: AccountSecret,
    /// In ascending order; never empty.
    pub(super) epochs: Vec<Epoch>,
    pub(super) slots: Vec<UnlockSlot>,
    pub(super) pins: Vec<Pin>,
    pub(super) devices: Vec<Device>,
    pub(super) deals: Vec<Deal>,
    pub(super) groups: Vec<Group>,
    /// Receiving keys of teams that this session entered.
    pub(super) teams: Teams,
    /// The recovery code that this vault was unlocked with: it no longer counts as a way back.
    pub(super) used_code: Option<(SlotId, u64)>,
    pub(crate) ledger: ledger::SharedState,
}

/// One way to unlock, as the vault remembers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnlockSlot {
    pub slot: SlotId,
    pub generation: u64,
    pub kind: SlotKind,
    /// What its owner calls it, such as which passkey.
    pub name: String,
    pub added_at: Timestamp,
    /// When it was last shown to work: a recovery code that was never typed back protects nobody.
    pub checked_at: Option<Timestamp>,
}

/// A device that unlocked this vault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    pub device: DeviceId,
    pub name: String,
    pub added_at: Timestamp,
}

/// A new account: keep account secret and recovery code with the person, send the rest to the server.
pub struct CreatedVault {
    pub vault: Vault,
    /// Needed with the passphrase on every new device. 8 groups of 4 letters and digits.
    pub account_secret: Zeroizing<String>,
    /// Opens the account alone, once. 10 groups of 4. Nothing is sealed before it was confirmed.
    pub recovery_code: Zeroizing<String>,
    /// Public keys; its hash is the account's id.
    pub key_log_entry: Vec<u8>,
    pub sealed_vault: Vec<u8>,
    /// Passphrase and recovery code.
    pub slots: Vec<Vec<u8>>,
}

/// What a vault is unlocked with.
#[derive(Clone, Copy)]
pub enum UnlockWith<'a> {
    Passphrase {
        stretched: &'a Stretched,
        account_secret: &'a str,
    },
    /// A PRF output: 32 bytes.
    Passkey {
        prf: &'a [u8; 32],
    },
    RecoveryCode(&'a str),
    /// Shares of the account's trustees; `owner` is the account's key log, as the server handed it out.
    Shares {
        owner: &'a Identity,
        shares: &'a [&'a [u8]],
    },
}

impl Vault {
    /// Makes an account's first keys, a passphrase slot and a recovery code.
    pub fn create(tenant: TenantId, passphrase: &Stretched, now: Timestamp) -> Result<CreatedVault, Error> {
        let (epoch, key_log_entry, identity) = first_epoch(now)?;
        let mut vault = Self {
            tenant,
            identity,
            generation: 0,
            vault_key: Secret::make()?,
            account_secret: AccountSecret::make()?,
            epochs: vec![epoch],
            slots: Vec::new(),
            pins: Vec::new(),
            devices: Vec::new(),
            deals: Vec::new(),
            groups: Vec::new(),
            teams: Teams::default(),
            used_code: None,
            ledger: ledger::SharedState::default(),
        };
        let passphrase_slot = vault.put_passphrase(passphrase, now)?;
        let (code, code_slot) = vault.put_recovery_code(now)?;
        let sealed_vault = vault.seal()?;
        Ok(CreatedVault {
            account_secret: account_secret::to_text(&vault.account_secret),
            recovery_code: account_secret::code_to_text(&code),
            key_log_entry,
            sealed_vault,
            slots: vec![passphrase_slot, code_slot],
            vault,
        })
    }

    /// Opens a sealed vault through one of its slots. A recovery code works once: until it was replaced and the new
    /// one confirmed, the vault opens everything and seals nothing.
    pub fn unlock<'s>(
        sealed_vault: &[u8],
        slots: impl IntoIterator<Item = &'s [u8], IntoIter: Clone>,
        with: UnlockWith<'_>,
    ) -> Result<Self, Error> {
        let sealed = account::Vault::decode(sealed_vault)?;
        let account = sealed.parameters.account;
        let slots = slots.into_iter();
        let find = |kind| slot::find(slots.clone(), kind, Some(account));
        let (slot, vault_key) = match with {
            UnlockWith::Passphrase { stretched, account_secret } => {
                let account_secret = &account_secret::from_text(account_secret)?;
                let slot = find(SlotKind::Passphrase)?;
                let vault_key = slot::open(&slot, Opener::Passphrase { stretched, account_secret })?;
                (slot, vault_key)
            }
            // An account may have several passkeys; the PRF output tells which.
            UnlockWith::Passkey { prf } => open_any(slots.clone(), account, prf)?,
            UnlockWith::RecoveryCode(text) => {
                let code = account_secret::code_from_text(text)?;
                let slot = find(SlotKind::RecoveryCode)?;
                let vault_key = slot::open(&slot, Opener::Secret(code.expose()))?;
                (slot, vault_key)
            }
            UnlockWith::Shares { owner, shares } => {
                if owner.account() != account {
                    return Err(Error::Tampered);
                }
                let slot = find(SlotKind::Trustees)?;
                let secret = combine(owner, shares, DealKind::Trustees, DealId(slot.parameters.slot.0))?;
                let vault_key = slot::open(&slot, Opener::Secret(secret.expose()))?;
                (slot, vault_key)
            }
        };
        let key = vault_encryption_key(&vault_key, account)?;
        let contents = aead::open_padded(&sealed.sealed, &key, Floor::Vault)?;
        let mut vault = Self::decode_contents(&contents, sealed.parameters, vault_key)?;
        let SlotParameters { slot: id, generation, way, .. } = slot.parameters;
        if kept("stale slot") && !vault.lists(&slot.parameters) {
            return Err(Error::StaleSlot);
        }
        vault.used_code = (way.kind() == SlotKind::RecoveryCode).then_some((id, generation));
        Ok(vault)
    }

    /// Goes on with a newer save of this vault that another device made; whether it was newer.
    pub fn refresh(&mut self, sealed_vault: &[u8]) -> Result<bool, Error> {
        let sealed = account::Vault::decode(sealed_vault)?;
        if sealed.parameters.account != self.account() {
            return Err(Error::Tampered);
        }
        if sealed.parameters.generation <= self.generation {
            return Ok(false);
        }
        let key = vault_encryption_key(&self.vault_key, self.account())?;
        // After a rotation there is another vault key, and only unlocking gets to it.
        let contents = aead::open_padded(&sealed.sealed, &key, Floor::Vault).map_err(|_| Error::Rotated)?;
        let newer = Self::decode_contents(&contents, sealed.parameters, self.vault_key.clone())?;
        if let Some(seen) = newer.ledger().seen() {
            self.ledger().expect(seen)?;
        }
        let (teams, ledger) = (core::mem::take(&mut self.teams), self.ledger.clone());
        *self = Self { used_code: self.used_code, teams, ledger, ..newer };
        Ok(true)
    }

    /// Seals the vault's next generation.
    pub(super) fn seal(&mut self) -> Result<Vec<u8>, Error> {
        let parameters = VaultParameters {
            account: self.account(),
            generation: self.generation.checked_add(1).ok_or(Error::Tampered)?,
        };
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

    pub fn account(&self) -> AccountId {
        self.identity.account()
    }

    /// Number of the newest save of the vault.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// The newest epoch of the keyring.
    pub fn epoch_number(&self) -> u64 {
        self.identity.keys().epoch
    }

    /// The digits that others compare.
    pub fn fingerprint(&self) -> String {
        self.identity.fingerprint()
    }

    /// The account secret, to print it again.
    pub fn reveal_account_secret(&self) -> Zeroizing<String> {
        account_secret::to_text(&self.account_secret)
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

    /// In ascending order.
    pub(crate) fn epoch_numbers(&self) -> impl Iterator<Item = u64> {
        self.epochs.iter().map(|epoch| epoch.number)
    }

    pub(crate) fn epoch(&self, number: u64) -> Result<&Epoch, Error> {
        self.epochs.iter().find(|epoch| epoch.number == number).ok_or(Error::Tampered)
    }

    /// The secret of a receiving key of any epoch: what was sealed to an earlier one stays readable.
    pub(crate) fn receiving_secret(&self, suite: Suite, key_id: KeyId) -> Result<&Secret<32>, Error> {
        Ok(self.receiving_epoch(suite, key_id)?.receiving_key(suite))
    }

    pub(crate) fn receiving_epoch(&self, suite: Suite, key_id: KeyId) -> Result<&Epoch, Error> {
        for epoch in self.epochs.iter().rev() {
            if epoch.receives(suite, key_id)? {
                return Ok(epoch);
            }
        }
        Err(Error::Tampered)
    }
}

impl core::fmt::Debug for Vault {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Vault({}, {})", self.account(), self.generation)
    }
}

impl core::fmt::Debug for CreatedVault {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "CreatedVault({:?})", self.vault)
    }
}

/// An account's first keys, and the key log entry that they sign, whose hash is the account.
pub(super) fn first_epoch(now: Timestamp) -> Result<(Epoch, Vec<u8>, Identity), Error> {
    let epoch = Epoch::make(1, now)?;
    let statement = Statement::Keys(epoch.public()?.clone());
    let entry = epoch.signing.sign(Purpose::KeyLog, &KeyLogEntry::encode_payload(0, None, now.0, &statement));
    let log = KeyLog::begin(&entry)?;
    Ok((epoch, entry, Identity { log }))
}

fn open_any<'s>(
    slots: impl Iterator<Item = &'s [u8]> + Clone,
    account: AccountId,
    prf: &[u8; 32],
) -> Result<(sealed_notes_format::slot::Slot<'s>, Secret<32>), Error> {
    let mut failed = slot::find(slots.clone(), SlotKind::Passkey, Some(account)).err();
    for bytes in slots {
        let Ok(slot) = slot::find([bytes], SlotKind::Passkey, Some(account)) else { continue };
        match slot::open(&slot, Opener::Secret(prf)) {
            Ok(vault_key) => return Ok((slot, vault_key)),
            Err(error) => failed = Some(error),
        }
    }
    Err(failed.unwrap_or(Error::WrongPasskey))
}

pub(super) fn vault_encryption_key(vault_key: &Secret<32>, account: AccountId) -> Result<Secret<32>, Error> {
    kdf::derive(vault_key.expose(), &account.0, Purpose::Vault)
}

/// A new slot's id.
pub(super) fn make_slot_id() -> Result<SlotId, Error> {
    random::make().map(SlotId)
}
