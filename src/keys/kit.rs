//! A new recovery kit: what is prepared, shown, confirmed, and only then in effect.

use sealed_notes_format::{
    Purpose,
    id::DeviceId,
    keylog::{KeyLogEntry, Statement},
    ledger::{Event, EventKind},
    recovery::DealKind,
    slot::SlotKind,
};
use zeroize::Zeroizing;

use super::{
    account_secret::{self, AccountSecret},
    keyring::Epoch,
    shares::Deal,
    slot::Stretched,
    vault::Vault,
    ways::VaultChange,
};
use crate::{
    Error, Timestamp,
    crypto::{secret::Secret, sign::SigningKey},
};

/// A vault's next state with its new recovery kit. The vault it was made from is as before until this is committed:
/// whatever stops in between leaves the old kit and the old keys as they were.
pub struct PreparedKit {
    vault: Vault,
    made: VaultChange,
    /// 8 groups of 4.
    pub account_secret: Zeroizing<String>,
    /// 10 groups of 4.
    pub recovery_code: Zeroizing<String>,
    /// Deals whose shares a rotation makes worthless for what comes after: deal anew.
    pub ended: Vec<Deal>,
    forgotten: Vec<DeviceId>,
}

impl Vault {
    /// Replaces the recovery code, and the passphrase of whoever forgot it.
    pub fn prepare_kit(&self, passphrase: Option<&Stretched>, now: Timestamp) -> Result<PreparedKit, Error> {
        let (mut vault, mut made) = (self.clone(), VaultChange::default());
        if let Some(passphrase) = passphrase {
            made.slots.push(vault.put_passphrase(passphrase, now)?);
        }
        let (code, slot) = vault.put_recovery_code(now)?;
        made.slots.push(slot);
        Ok(PreparedKit::of(vault, made, account_secret::code_to_text(&code), Vec::new()))
    }

    /// Rotation: a new epoch, vault key, account secret, passphrase slot and recovery code. Old epochs stay, to open
    /// what was sealed under them. Passkeys and trustees open the old vault key and are removed; `forget` are devices
    /// that are gone. `stolen_since`: from when on somebody else may have signed with the old keys; others refuse what
    /// they signed as of that time or later.
    pub fn prepare_rotation(
        &self,
        passphrase: &Stretched,
        forget: &[DeviceId],
        stolen_since: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<PreparedKit, Error> {
        let (mut vault, mut made) = (self.clone(), VaultChange::default());
        let before = self.newest_epoch()?;
        let epoch = Epoch::make(before.number.checked_add(1).ok_or(Error::Tampered)?, now)?;
        made.key_log_entries.push(vault.append_to_key_log(
            &Statement::Keys(epoch.public()?.clone()),
            &before.signing,
            now,
        )?);
        if let Some(since) = stolen_since {
            if since > now {
                return Err(Error::InvalidInput { reason: "keys cannot have been stolen later than now" });
            }
            let statement = Statement::KeysRevoked { epoch: before.number, since: since.0 };
            made.key_log_entries.push(vault.append_to_key_log(&statement, &epoch.signing, now)?);
        }
        vault.epochs.push(epoch);
        vault.vault_key = Secret::make()?;
        vault.account_secret = AccountSecret::make()?;
        for slot in &self.slots {
            if matches!(slot.kind, SlotKind::Passkey | SlotKind::Trustees) {
                made.removed.push(slot.slot);
            }
        }
        vault.slots.retain(|slot| matches!(slot.kind, SlotKind::Passphrase | SlotKind::RecoveryCode));
        vault.devices.retain(|device| !forget.contains(&device.device));
        // Wills stay with the executors who have them: they open what was written before.
        let (ended, kept) = vault.deals.into_iter().partition(|deal| deal.kind == DealKind::Trustees);
        vault.deals = kept;
        made.slots.push(vault.put_passphrase(passphrase, now)?);
        let (code, slot) = vault.put_recovery_code(now)?;
        made.slots.push(slot);
        let code = account_secret::code_to_text(&code);
        Ok(PreparedKit { forgotten: forget.to_vec(), ..PreparedKit::of(vault, made, code, ended) })
    }

    fn append_to_key_log(
        &mut self,
        statement: &Statement,
        signing: &SigningKey,
        now: Timestamp,
    ) -> Result<Vec<u8>, Error> {
        let log = &mut self.identity.log;
        let sequence = log.sequence().checked_add(1).ok_or(Error::Tampered)?;
        let payload = KeyLogEntry::encode_payload(sequence, Some(log.head()), now.0, statement);
        let entry = signing.sign(Purpose::KeyLog, &payload);
        log.append(&entry)?;
        Ok(entry)
    }
}

impl PreparedKit {
    fn of(vault: Vault, made: VaultChange, recovery_code: Zeroizing<String>, ended: Vec<Deal>) -> Self {
        let account_secret = account_secret::to_text(&vault.account_secret);
        Self { vault, made, account_secret, recovery_code, ended, forgotten: Vec::new() }
    }

    /// Takes the code as typed from the new kit.
    pub fn confirm(&mut self, typed: &str, now: Timestamp) -> Result<(), Error> {
        let slots = self.made.slots.iter().map(Vec::as_slice);
        let id = self.vault.check_recovery_code(slots, typed)?;
        if let Some(slot) = self.vault.slots.iter_mut().find(|slot| slot.slot == id) {
            slot.checked_at = Some(now);
        }
        Ok(())
    }

    /// The sealed change, to be stored in one step; only then [`PreparedKit::commit`].
    pub fn change(&mut self) -> Result<VaultChange, Error> {
        self.vault.check_recovery()?;
        if self.made.sealed_vault.is_empty() {
            self.made.sealed_vault = self.vault.seal()?;
        }
        Ok(self.made.clone())
    }

    /// The vault as it is once the change is stored.
    pub fn commit(self) -> Result<Vault, Error> {
        if self.made.sealed_vault.is_empty() {
            return Err(Error::NoRecovery);
        }
        if !self.made.key_log_entries.is_empty() {
            let keys = self.vault.identity.keys();
            let event = Event { version: Some(keys.epoch), ..Event::new(EventKind::KeysRotated, keys.created_at) };
            self.vault.write_down(event);
            for device in &self.forgotten {
                self.vault.write_down_device(EventKind::DeviceRemoved, *device, Timestamp(keys.created_at));
            }
        }
        Ok(self.vault)
    }
}

impl core::fmt::Debug for PreparedKit {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("PreparedKit(..)")
    }
}
