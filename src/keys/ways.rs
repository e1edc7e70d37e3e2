//! Adding, replacing, removing and trying ways to unlock. None touches a note.

use sealed_notes_format::{
    id::{DeviceId, SlotId},
    ledger::{Event, EventKind},
    slot::{MAX_CREDENTIAL, Slot, SlotKind, SlotParameters, Way},
};

use super::{
    account_secret::{self, RecoveryCode},
    group::GroupChange,
    shares::Deal,
    slot::{self, Opener, Stretched},
    vault::{Device, UnlockSlot, Vault, make_slot_id},
};
use crate::{Error, Timestamp};

/// What a change of the vault replaces. Nothing is in effect until all of it is stored, in one step.
#[derive(Clone, Debug, Default)]
pub struct VaultChange {
    pub sealed_vault: Vec<u8>,
    /// New or replaced.
    pub slots: Vec<Vec<u8>>,
    pub removed: Vec<SlotId>,
    /// The next entries of the key log, where the change is a rotation.
    pub key_log_entries: Vec<Vec<u8>>,
    /// Where the change is of a practice or team that the vault keeps.
    pub group: Option<GroupChange>,
}

/// Names of slots, devices and people, in bytes of UTF-8.
const LONGEST_NAME: usize = 200;

pub(super) fn check_name(name: &str) -> Result<String, Error> {
    if name.trim().is_empty() || name.len() > LONGEST_NAME {
        return Err(Error::InvalidInput { reason: "a name has 1 to 200 bytes" });
    }
    Ok(name.trim().to_owned())
}

impl Vault {
    /// Makes a change on a copy, so that what fails half-way changes nothing.
    pub(super) fn change(
        &mut self,
        change: impl FnOnce(&mut Self, &mut VaultChange) -> Result<(), Error>,
    ) -> Result<VaultChange, Error> {
        let (mut next, mut made) = (self.clone(), VaultChange::default());
        change(&mut next, &mut made)?;
        self.changed_to(next, made)
    }

    /// Apart, so that it is not there once for every change that there is.
    fn changed_to(&mut self, mut next: Self, mut made: VaultChange) -> Result<VaultChange, Error> {
        // What is saved says so too: whoever comes in otherwise later must not count on a code that was used up.
        for slot in &mut next.slots {
            if next.used_code == Some((slot.slot, slot.generation)) {
                slot.checked_at = None;
            }
        }
        made.sealed_vault = next.seal()?;
        *self = next;
        Ok(made)
    }

    /// Seals the vault anew as it is: with how far its ledger and those of colleagues go by now. After a rolled-back ledger was
    /// accepted, no other device expects what was given up.
    pub fn reseal(&mut self) -> Result<VaultChange, Error> {
        self.change(|_, _| Ok(()))
    }

    /// Every way to unlock.
    pub fn unlock_slots(&self) -> &[UnlockSlot] {
        &self.slots
    }

    /// Every device that unlocked this vault.
    pub fn devices(&self) -> &[Device] {
        &self.devices
    }

    /// Whom shares were dealt to.
    pub fn deals(&self) -> &[Deal] {
        &self.deals
    }

    /// Nothing is sealed while losing the passphrase would lose it.
    pub(crate) fn check_recovery(&self) -> Result<(), Error> {
        if self.has_confirmed_recovery() { Ok(()) } else { Err(Error::NoRecovery) }
    }

    /// Whether a recovery code exists that was typed back once and has not been used since.
    pub fn has_confirmed_recovery(&self) -> bool {
        let mut codes = self.slots.iter().filter(|slot| slot.kind == SlotKind::RecoveryCode);
        codes.any(|slot| slot.checked_at.is_some() && self.used_code != Some((slot.slot, slot.generation)))
    }

    /// Seals the vault key into a slot of this id, which is new or replaces its former generation.
    pub(super) fn put_slot(
        &mut self,
        id: SlotId,
        way: Way<'_>,
        opener: Opener<'_>,
        name: String,
        now: Timestamp,
    ) -> Result<Vec<u8>, Error> {
        let former = self.slots.iter().find(|slot| slot.slot == id).map_or(0, |slot| slot.generation);
        let generation = former.checked_add(1).ok_or(Error::Tampered)?;
        let parameters = SlotParameters { account: self.account(), slot: id, generation, way };
        let sealed = slot::seal(&self.vault_key, &parameters, opener)?;
        let known = UnlockSlot { slot: id, generation, kind: way.kind(), name, added_at: now, checked_at: None };
        self.slots.retain(|slot| slot.slot != id);
        self.slots.push(known);
        Ok(sealed)
    }

    fn slot_of(&self, kind: SlotKind) -> Result<SlotId, Error> {
        self.slots.iter().find(|slot| slot.kind == kind).map_or_else(make_slot_id, |slot| Ok(slot.slot))
    }

    pub(super) fn put_passphrase(&mut self, passphrase: &Stretched, now: Timestamp) -> Result<Vec<u8>, Error> {
        let account_secret = self.account_secret.clone();
        let opener = Opener::Passphrase { stretched: passphrase, account_secret: &account_secret };
        self.put_slot(self.slot_of(SlotKind::Passphrase)?, passphrase.way(), opener, String::new(), now)
    }

    pub(super) fn put_recovery_code(&mut self, now: Timestamp) -> Result<(RecoveryCode, Vec<u8>), Error> {
        let (code, id) = (RecoveryCode::make()?, self.slot_of(SlotKind::RecoveryCode)?);
        let slot = self.put_slot(id, Way::RecoveryCode, Opener::Secret(code.expose()), String::new(), now)?;
        Ok((code, slot))
    }

    /// Replaces the passphrase, given the present one.
    pub fn change_passphrase<'s>(
        &mut self,
        slots: impl IntoIterator<Item = &'s [u8]>,
        current: &Stretched,
        next: &Stretched,
        now: Timestamp,
    ) -> Result<VaultChange, Error> {
        let slot = slot::find(slots, SlotKind::Passphrase, Some(self.account()))?;
        self.try_slot(&slot, Opener::Passphrase { stretched: current, account_secret: &self.account_secret })?;
        self.set_passphrase(next, now)
    }

    /// Replaces the passphrase of whoever forgot it and came in another way.
    pub fn set_passphrase(&mut self, next: &Stretched, now: Timestamp) -> Result<VaultChange, Error> {
        self.change(|vault, made| {
            made.slots.push(vault.put_passphrase(next, now)?);
            Ok(())
        })
    }

    /// Adds a passkey. `salt` is what its PRF was evaluated at, `prf` what came out.
    pub fn add_passkey(
        &mut self,
        name: &str,
        credential: &[u8],
        salt: [u8; 32],
        prf: &[u8; 32],
        now: Timestamp,
    ) -> Result<VaultChange, Error> {
        if credential.is_empty() || credential.len() > MAX_CREDENTIAL || prf.iter().all(|byte| *byte == 0) {
            return Err(Error::InvalidInput {
                reason: "a passkey has a credential id and a PRF output that is not empty",
            });
        }
        let name = check_name(name)?;
        self.change(|vault, made| {
            let way = Way::Passkey { salt, credential };
            made.slots.push(vault.put_slot(make_slot_id()?, way, Opener::Secret(prf), name, now)?);
            Ok(())
        })
    }

    /// Removes a way to unlock. A recovery code stays, and an everyday way: a passphrase or a passkey.
    pub fn remove_slot(&mut self, id: SlotId) -> Result<VaultChange, Error> {
        if self.slots.iter().all(|slot| slot.slot != id) {
            return Err(Error::UnknownSlot);
        }
        let keeps = |kind| self.slots.iter().any(|slot| slot.slot != id && slot.kind == kind);
        if !keeps(SlotKind::RecoveryCode) || !(keeps(SlotKind::Passphrase) || keeps(SlotKind::Passkey)) {
            return Err(Error::LastWayBack);
        }
        self.change(|vault, made| {
            vault.slots.retain(|slot| slot.slot != id);
            vault.deals.retain(|deal| deal.deal.0 != id.0);
            made.removed.push(id);
            Ok(())
        })
    }

    /// Shows that a recovery code opens this vault, and notes the day. First it is what lets the vault seal; later
    /// the drill, which proves that the kit works and changes nothing else.
    pub fn confirm_recovery_code<'s>(
        &mut self,
        slots: impl IntoIterator<Item = &'s [u8]>,
        code: &str,
        now: Timestamp,
    ) -> Result<VaultChange, Error> {
        let id = self.check_recovery_code(slots, code)?;
        self.change(|vault, _| {
            let slot = vault.slots.iter_mut().find(|slot| slot.slot == id).ok_or(Error::UnknownSlot)?;
            slot.checked_at = Some(now);
            Ok(())
        })
    }

    /// The slot that `code` opens.
    pub(super) fn check_recovery_code<'s>(
        &self,
        slots: impl IntoIterator<Item = &'s [u8]>,
        code: &str,
    ) -> Result<SlotId, Error> {
        let code = account_secret::code_from_text(code)?;
        let slot = slot::find(slots, SlotKind::RecoveryCode, Some(self.account()))?;
        self.try_slot(&slot, Opener::Secret(code.expose()))?;
        Ok(slot.parameters.slot)
    }

    /// That `opener` opens this slot, and that the slot opens this vault and was not replaced.
    fn try_slot(&self, slot: &Slot<'_>, opener: Opener<'_>) -> Result<(), Error> {
        let opened = slot::open(slot, opener)?;
        if self.lists(&slot.parameters) && opened.equals(self.vault_key.expose()) {
            Ok(())
        } else {
            Err(Error::StaleSlot)
        }
    }

    /// Whether a slot is one of this vault's ways to unlock, and the newest of its id.
    pub(super) fn lists(&self, slot: &SlotParameters<'_>) -> bool {
        let found = (slot.slot, slot.generation, slot.way.kind());
        self.slots.iter().any(|known| (known.slot, known.generation, known.kind) == found)
    }

    /// Whether an account secret, as typed from the kit, is this account's.
    pub fn check_account_secret(&self, typed: &str) -> Result<(), Error> {
        let typed = account_secret::from_text(typed)?;
        if self.account_secret.equals(typed.expose()) { Ok(()) } else { Err(Error::WrongPassphrase) }
    }

    /// Remembers a device by the name that its owner knows it by, or renames it.
    pub fn add_device(&mut self, device: DeviceId, name: &str, now: Timestamp) -> Result<VaultChange, Error> {
        let (name, is_new) = (check_name(name)?, self.devices.iter().all(|known| known.device != device));
        let change = self.change(|vault, _| {
            match vault.devices.iter_mut().find(|known| known.device == device) {
                Some(known) => known.name = name,
                None => vault.devices.push(Device { device, name, added_at: now }),
            }
            Ok(())
        })?;
        if is_new {
            self.write_down_device(EventKind::DeviceAdded, device, now);
        }
        Ok(change)
    }

    /// Forgets a device. Its keys are worthless only after a rotation.
    pub fn forget_device(&mut self, device: DeviceId, now: Timestamp) -> Result<VaultChange, Error> {
        let change = self.change(|vault, _| {
            vault.devices.retain(|known| known.device != device);
            Ok(())
        })?;
        self.write_down_device(EventKind::DeviceRemoved, device, now);
        Ok(change)
    }

    /// In the ledger and not in the key log: devices have no keys of their own, and whoever looks up a handle need not
    /// learn how many there are.
    pub(super) fn write_down_device(&self, kind: EventKind, device: DeviceId, now: Timestamp) {
        self.write_down(Event { detail: Some(device.to_string()), ..Event::new(kind, now.0) });
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failure fails the test")]
mod tests {
    use sealed_notes_format::{id::TenantId, slot::Cost};

    use super::*;
    use crate::crypto::secret::Secret;

    #[test]
    fn a_slot_is_known_by_id_generation_and_kind() {
        let passphrase = Stretched::of(Secret::make().unwrap(), [1; 16], Cost::DEFAULT);
        let vault = Vault::create(TenantId([1; 16]), &passphrase, Timestamp(0)).unwrap().vault;
        let slot = vault.slot_of(SlotKind::Passphrase).unwrap();
        let known = SlotParameters { account: vault.account(), slot, generation: 1, way: passphrase.way() };
        assert!(vault.lists(&known));
        assert!(!vault.lists(&SlotParameters { slot: SlotId([0; 16]), ..known }));
        assert!(!vault.lists(&SlotParameters { generation: 2, ..known }));
        assert!(!vault.lists(&SlotParameters { way: Way::Trustees, ..known }));
    }
}
