//! Every way in alone, every loss, and what is refused: unlock slots, the recovery kit, rotation.
#![allow(clippy::unwrap_used, reason = "what must succeed here has its own error otherwise")]

mod common;

use common::{AUTHOR, Account, COLLEAGUE, LATER, NOW, PASSPHRASE, code, confirm, grant, note, record, slices, unlock};
use sealed_notes::{CreatedVault, DeviceId, Identity, SlotKind, Stretched, TenantId, UnlockWith, Vault, VaultChange};

const NEXT: &str = "another good passphrase";
const PRF: [u8; 32] = [0x42; 32];
const SALT: [u8; 32] = [0x17; 32];

/// What a server holds of an account: the newest vault, and the newest of each slot.
struct Server {
    vault: Vec<u8>,
    slots: Vec<Vec<u8>>,
    key_log: Vec<Vec<u8>>,
}

impl Server {
    fn of(created: &CreatedVault) -> Self {
        let CreatedVault { sealed_vault, slots, key_log_entry, .. } = created;
        Self { vault: sealed_vault.clone(), slots: slots.clone(), key_log: vec![key_log_entry.clone()] }
    }

    fn store(&mut self, change: &VaultChange) {
        let id = |slot: &[u8]| sealed_notes::format::slot::Slot::decode(slot).unwrap().parameters.slot;
        self.vault.clone_from(&change.sealed_vault);
        let gone: Vec<_> = change.slots.iter().map(|slot| id(slot)).chain(change.removed.iter().copied()).collect();
        self.slots.retain(|slot| !gone.contains(&id(slot)));
        self.slots.extend(change.slots.iter().cloned());
        self.key_log.extend(change.key_log_entries.clone());
    }

    fn slots(&self) -> impl Iterator<Item = &[u8]> + Clone {
        slices(&self.slots)
    }

    fn unlock(&self, with: UnlockWith<'_>) -> Result<Vault, sealed_notes::Error> {
        Vault::unlock(&self.vault, self.slots(), with)
    }

    fn unlock_by_passphrase(&self, passphrase: &str, secret: &str) -> Result<Vault, sealed_notes::Error> {
        unlock(&self.vault, self.slots(), passphrase, secret)
    }
}

fn stretched(passphrase: &str) -> Stretched {
    Stretched::make(passphrase).unwrap()
}

#[test]
fn nothing_is_sealed_before_the_recovery_code_was_confirmed() {
    let mut created = Vault::create(TenantId([1; 16]), &stretched(PASSPHRASE), NOW).unwrap();
    let vault = &mut created.vault;
    assert_eq!(code(vault.private().seal(note("x"), NOW)), "no_recovery");
    assert_eq!(code(vault.chart().seal(&record(&[("plan", "x")]), &[], NOW)), "no_recovery");
    let record_id = sealed_notes::make_record_id().unwrap();
    let draft = sealed_notes::PrivateDraft {
        record: record_id,
        client: common::CLIENT,
        session: None,
        base_version: 0,
        text: "typed",
    };
    let draft = vault.private().seal_draft(draft).unwrap();
    assert_eq!(vault.private().open_draft(&draft).unwrap().text.as_str(), "typed", "what is typed is never lost");

    let confirm = |vault: &mut Vault, typed: &str| vault.confirm_recovery_code(slices(&created.slots), typed, NOW);
    assert_eq!(code(confirm(vault, &created.account_secret)), "invalid_recovery_code");
    assert_eq!(code(confirm(vault, &COLLEAGUE.created.recovery_code)), "wrong_recovery_code");
    assert_eq!(code(confirm(vault, &created.recovery_code.replace(|c: char| c != '-', "0"))), "invalid_recovery_code");
    assert_eq!(code(vault.private().seal(note("x"), NOW)), "no_recovery");
    let sloppy = created.recovery_code.to_lowercase().replace('-', " ");
    let change = confirm(vault, &sloppy).unwrap();
    assert!(change.slots.is_empty() && change.removed.is_empty(), "nothing but the vault is replaced");
    assert_eq!(code(vault.private().seal(note("x"), NOW)), "no error");
    let elsewhere = unlock(&change.sealed_vault, slices(&created.slots), PASSPHRASE, &created.account_secret).unwrap();
    assert!(elsewhere.has_confirmed_recovery());
}

#[test]
fn the_drill_proves_the_kit_and_changes_nothing_but_the_day() {
    let mut vault = AUTHOR.unlock();
    let before = vault.unlock_slots().to_vec();
    vault.check_account_secret(&AUTHOR.created.account_secret).unwrap();
    assert_eq!(code(vault.check_account_secret(&COLLEAGUE.created.account_secret)), "wrong_passphrase");
    let change = vault.confirm_recovery_code(AUTHOR.slots(), &AUTHOR.created.recovery_code, LATER).unwrap();
    assert!(change.slots.is_empty() && change.removed.is_empty() && change.key_log_entries.is_empty());
    for (before, after) in before.iter().zip(vault.unlock_slots()) {
        let is_code = after.kind == SlotKind::RecoveryCode;
        assert_eq!(after.checked_at, if is_code { Some(LATER) } else { before.checked_at });
        assert_eq!((before.slot, before.generation), (after.slot, after.generation));
    }
}

#[test]
fn a_recovery_code_works_once_and_is_then_replaced() {
    let account = Account::make();
    let mut server = Server::of(&account.created);
    let kept = account.vault().private().seal(note("kept"), NOW).unwrap();
    let with = UnlockWith::RecoveryCode(&account.created.recovery_code);
    let vault = server.unlock(with).unwrap();
    assert_eq!(vault.private().open(&kept.bytes).unwrap().text.as_str(), "kept");
    assert_eq!(code(vault.private().seal(note("x"), NOW)), "no_recovery", "reads everything, seals nothing");

    let mut same = server.unlock(with).unwrap();
    same.confirm_recovery_code(server.slots(), &account.created.recovery_code, LATER).unwrap();
    assert!(!same.has_confirmed_recovery(), "typing the used code again makes it no new one");
    let mut server_then = Server::of(&account.created);
    server_then.store(&same.set_passphrase(&stretched(NEXT), LATER).unwrap());
    let later = server_then.unlock_by_passphrase(NEXT, &account.created.account_secret).unwrap();
    assert!(!later.has_confirmed_recovery(), "nor does another passphrase");
    let mut elsewhere = account.unlock();
    let saved = elsewhere.add_device(DeviceId([3; 16]), "Desk", LATER).unwrap().sealed_vault;
    same.refresh(&account.created.sealed_vault).unwrap();
    let mut behind = server.unlock(with).unwrap();
    assert!(behind.refresh(&saved).unwrap() && !behind.has_confirmed_recovery(), "nor does a newer save");

    let mut kit = vault.prepare_kit(Some(&stretched(NEXT)), LATER).unwrap();
    assert_eq!(code(kit.change()), "no_recovery", "not before it was confirmed");
    assert_eq!(code(kit.confirm(&account.created.recovery_code, LATER)), "wrong_recovery_code");
    // Until the new kit is stored, the old one works; a tab that is closed here changes nothing.
    assert_eq!(code(server.unlock(with)), "no error");
    let typed = kit.recovery_code.to_string();
    kit.confirm(&typed, LATER).unwrap();
    let change = kit.change().unwrap();
    assert_eq!(
        change.sealed_vault,
        kit.change().unwrap().sealed_vault,
        "a lost answer is asked for with the same bytes"
    );
    server.store(&change);
    let vault = kit.commit().unwrap();
    assert_eq!(code(vault.private().seal(note("x"), NOW)), "no error");

    assert_eq!(code(server.unlock(with)), "wrong_recovery_code");
    assert_eq!(code(server.unlock(UnlockWith::RecoveryCode(&typed))), "no error");
    let secret = &account.created.account_secret;
    assert_eq!(code(server.unlock_by_passphrase(NEXT, secret)), "no error");
    assert_eq!(code(server.unlock_by_passphrase(PASSPHRASE, secret)), "wrong_passphrase");
    // A server that brings the old slots back: the vault no longer lists them.
    let old = Vault::unlock(&server.vault, slices(&account.created.slots), with);
    assert_eq!(code(old), "stale_slot");
}

/// A server that keeps what was replaced and serves it again: what opens it no longer counts.
#[test]
fn the_drill_and_the_passphrase_change_refuse_what_was_replaced() {
    let account = Account::make();
    let mut vault = account.unlock();
    let (old_slots, old_code) = (&account.created.slots, &account.created.recovery_code);
    // A rotation that the server took, said it had not, and kept: its slots hold another vault key.
    let mut dropped = vault.prepare_rotation(&stretched(NEXT), &[], None, LATER).unwrap();
    confirm(&mut dropped);
    let kept = dropped.change().unwrap().slots;

    let mut kit = vault.prepare_kit(Some(&stretched(NEXT)), LATER).unwrap();
    confirm(&mut kit);
    let change = kit.change().unwrap();
    vault = kit.commit().unwrap();
    let generation = vault.generation();
    assert_eq!(code(vault.confirm_recovery_code(slices(old_slots), old_code, LATER)), "stale_slot");
    assert_eq!(code(vault.confirm_recovery_code(slices(&kept), &dropped.recovery_code, LATER)), "stale_slot");
    let mut replace = |slots: &[Vec<u8>], passphrase: &str| {
        let current = Stretched::for_slots(passphrase, slices(slots)).unwrap();
        code(vault.change_passphrase(slices(slots), &current, &stretched(PASSPHRASE), LATER))
    };
    assert_eq!(replace(old_slots, PASSPHRASE), "stale_slot");
    assert_eq!(replace(&kept, NEXT), "wrong_passphrase");
    assert_eq!(replace(&change.slots, PASSPHRASE), "wrong_passphrase");
    assert_eq!(replace(&change.slots, NEXT), "no error");
    assert_eq!(vault.generation(), generation + 1);
}

#[test]
fn a_passkey_opens_alone_and_is_never_the_only_way() {
    let account = Account::make();
    let mut server = Server::of(&account.created);
    let mut vault = account.unlock();
    assert_eq!(code(server.unlock(UnlockWith::Passkey { prf: &PRF })), "unknown_slot");
    assert_eq!(code(vault.add_passkey("Key", b"credential", SALT, &[0; 32], NOW)), "invalid_input");
    assert_eq!(code(vault.add_passkey("Key", b"", SALT, &PRF, NOW)), "invalid_input");
    assert_eq!(code(vault.add_passkey(" ", b"credential", SALT, &PRF, NOW)), "invalid_input");
    server.store(&vault.add_passkey("Key", b"credential", SALT, &PRF, NOW).unwrap());
    server.store(&vault.add_passkey("Other key", b"other credential", SALT, &[7; 32], NOW).unwrap());
    for prf in [&PRF, &[7; 32]] {
        let opened = server.unlock(UnlockWith::Passkey { prf }).unwrap();
        assert!(opened.has_confirmed_recovery(), "a passkey is an everyday way: nothing has to be replaced");
    }
    assert_eq!(code(server.unlock(UnlockWith::Passkey { prf: &[8; 32] })), "wrong_passkey");

    let of = |vault: &Vault, kind| vault.unlock_slots().iter().find(|slot| slot.kind == kind).unwrap().slot;
    assert_eq!(code(vault.remove_slot(of(&vault, SlotKind::RecoveryCode))), "last_way_back");
    let passphrase = of(&vault, SlotKind::Passphrase);
    server.store(&vault.remove_slot(passphrase).unwrap());
    assert_eq!(code(vault.remove_slot(passphrase)), "unknown_slot");
    assert_eq!(code(server.unlock_by_passphrase(PASSPHRASE, &account.created.account_secret)), "unknown_slot");
    let passkey = of(&vault, SlotKind::Passkey);
    server.store(&vault.remove_slot(passkey).unwrap());
    assert_eq!(code(server.unlock(UnlockWith::Passkey { prf: &PRF })), "wrong_passkey");
    assert_eq!(code(server.unlock(UnlockWith::Passkey { prf: &[7; 32] })), "no error");
    server.store(&vault.set_passphrase(&stretched(NEXT), LATER).unwrap());
    assert_eq!(code(server.unlock_by_passphrase(NEXT, &account.created.account_secret)), "no error");
}

#[test]
fn an_altered_slot_opens_nothing() {
    let account = Account::make();
    let mut vault = account.unlock();
    let change = vault.add_passkey("Key", b"credential", SALT, &PRF, NOW).unwrap();
    let slot = change.slots.first().unwrap();
    for changed in common::flips(slot).step_by(7) {
        let unlocked = Vault::unlock(&change.sealed_vault, [changed.as_slice()], UnlockWith::Passkey { prf: &PRF });
        assert_ne!(code(unlocked), "no error");
    }
}

#[test]
fn rotation_renews_everything_and_loses_nothing() {
    let account = Account::make();
    let mut server = Server::of(&account.created);
    let mut vault = account.unlock();
    let (gone, here) = (DeviceId([1; 16]), DeviceId([2; 16]));
    server.store(&vault.add_passkey("Key", b"credential", SALT, &PRF, NOW).unwrap());
    server.store(&vault.add_device(gone, "Old laptop", NOW).unwrap());
    server.store(&vault.add_device(here, "Desk", NOW).unwrap());
    let old_note = vault.private().seal(note("before"), NOW).unwrap();
    let to_colleague = account.trusts(&COLLEAGUE);
    let old_record = vault.chart().seal(&record(&[("plan", "before")]), &[grant(&to_colleague)], NOW).unwrap();
    let before = Server { vault: server.vault.clone(), slots: server.slots.clone(), key_log: server.key_log.clone() };

    let mut kit = vault.prepare_rotation(&stretched(NEXT), &[gone], None, LATER).unwrap();
    let typed = kit.recovery_code.to_string();
    let secret = kit.account_secret.to_string();
    kit.confirm(&typed, LATER).unwrap();
    let change = kit.change().unwrap();
    // Nothing has happened yet: the old vault, kit and keys work.
    let old_secret = &account.created.account_secret;
    assert_eq!(code(server.unlock_by_passphrase(PASSPHRASE, old_secret)), "no error");
    server.store(&change);
    let rotated = kit.commit().unwrap();

    assert_eq!(rotated.epoch_number(), 2);
    assert_eq!(rotated.devices().iter().map(|device| device.device).collect::<Vec<_>>(), [here]);
    let again = server.unlock_by_passphrase(NEXT, &secret).unwrap();
    assert_eq!(code(server.unlock(UnlockWith::RecoveryCode(&typed))), "no error");
    for vault in [&rotated, &again] {
        assert_eq!(vault.private().open(&old_note.bytes).unwrap().text.as_str(), "before");
        assert!(vault.chart().open(&old_record.bytes).unwrap().sections.contains_key("plan"));
        let grants = old_record.grants.iter().map(|grant| grant.bytes.as_slice());
        assert_eq!(vault.chart().readers(&old_record.bytes, grants).unwrap().len(), 1, "old signatures stay one's own");
        let next = vault.private().edit(&old_note.bytes, "after", false, LATER).unwrap();
        assert_eq!(vault.private().open(&next.bytes).unwrap().text.as_str(), "after");
        assert_eq!(code(account.vault().private().open(&next.bytes)), "tampered", "the old keyring opens nothing new");
    }

    // Whoever kept the old secrets, or the old vault key, opens nothing that is stored now.
    for refused in [
        server.unlock_by_passphrase(PASSPHRASE, old_secret),
        server.unlock_by_passphrase(NEXT, old_secret),
        server.unlock(UnlockWith::RecoveryCode(&account.created.recovery_code)),
        server.unlock(UnlockWith::Passkey { prf: &PRF }),
        Vault::unlock(&server.vault, before.slots(), UnlockWith::Passkey { prf: &PRF }),
    ] {
        assert_ne!(code(refused), "no error");
    }
}

#[test]
fn a_key_log_is_a_chain() {
    let account = Account::make();
    let id = account.vault().account();
    let rotate = |vault: &Vault| {
        let mut kit = vault.prepare_rotation(&stretched(NEXT), &[], None, LATER).unwrap();
        confirm(&mut kit);
        let entry = kit.change().unwrap().key_log_entries.remove(0);
        (entry, kit.commit().unwrap())
    };
    let first = account.created.key_log_entry.clone();
    let (second, rotated) = rotate(account.vault());
    let (third, _) = rotate(&rotated);
    let (other_second, _) = rotate(account.vault());
    let (stranger, _) = rotate(COLLEAGUE.vault());
    let read = |entries: &[&Vec<u8>]| code(Identity::from_key_log(id, entries.iter().map(|entry| entry.as_slice())));
    assert_eq!(read(&[&first, &second, &third]), "no error");
    for wrong in [
        &[&first, &third][..],
        &[&first, &other_second, &third],
        &[&first, &stranger],
        &[&first, &first],
        &[&second],
        &[&first, &second, &second],
    ] {
        assert_ne!(read(wrong), "no error");
    }
    for changed in common::flips(&second).step_by(53) {
        assert_ne!(read(&[&first, &changed]), "no error");
    }
}

#[test]
fn a_vault_goes_on_with_newer_saves_of_its_own_alone() {
    let account = Account::make();
    let (mut vault, mut elsewhere) = (account.unlock(), account.unlock());
    let older = account.created.sealed_vault.clone();
    let newer = elsewhere.add_device(DeviceId([1; 16]), "Desk", NOW).unwrap().sealed_vault;
    assert_eq!(code(vault.refresh(&COLLEAGUE.created.sealed_vault)), "tampered");
    assert!(vault.refresh(&newer).unwrap() && !vault.refresh(&newer).unwrap());
    assert!(!vault.refresh(&older).unwrap(), "never back");
    assert_eq!((vault.generation(), vault.devices().len()), (elsewhere.generation(), 1));
    // A passphrase is stretched for one slot: with another's salt it is not wrong, it was not asked.
    let CreatedVault { account_secret, .. } = &account.created;
    let with = UnlockWith::Passphrase { stretched: &stretched(PASSPHRASE), account_secret };
    assert_eq!(code(Vault::unlock(&newer, account.slots(), with)), "invalid_input");
}

/// The vault counts its room before it writes keys into it (asserted where it does).
#[test]
fn the_longest_names_fit() {
    let mut vault = AUTHOR.unlock();
    let name = "x".repeat(200);
    let people = [sealed_notes::ShareFor { name: &name, to: None }; 16];
    vault.deal_trustees(2, &people, NOW).unwrap();
    for id in 0..16 {
        vault.add_device(DeviceId([id; 16]), &name, NOW).unwrap();
        vault.add_passkey(&name, b"credential", SALT, &PRF, NOW).unwrap();
    }
}

#[test]
fn a_change_that_fails_changes_nothing() {
    let account = Account::make();
    let mut vault = account.unlock();
    let (generation, slots) = (vault.generation(), vault.unlock_slots().to_vec());
    let name = "x".repeat(201);
    assert_eq!(code(vault.add_device(DeviceId([1; 16]), &name, NOW)), "invalid_input");
    assert_eq!(code(vault.remove_slot(slots.last().unwrap().slot)), "last_way_back");
    assert_eq!((vault.generation(), vault.unlock_slots()), (generation, slots.as_slice()));
    let kit = vault.prepare_kit(None, NOW).unwrap();
    assert_eq!(code(kit.commit()), "no_recovery");
    assert_eq!((vault.generation(), vault.unlock_slots()), (generation, slots.as_slice()));
}
