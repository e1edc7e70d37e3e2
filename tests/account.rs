//! Vault, passphrase slot, fingerprint.
#![allow(clippy::unwrap_used, reason = "what must succeed here has its own error otherwise")]

mod common;

use common::{AUTHOR, COLLEAGUE, LATER, NOW, PASSPHRASE, code, flips, note, slices, unlock};
use sealed_notes::{CreatedVault, Identity, Stretched, TenantId, TrustedAs, Vault};

#[test]
fn unlocks_with_passphrase_and_account_secret() {
    let CreatedVault { sealed_vault, account_secret, vault, .. } = &AUTHOR.created;
    let sealed = vault.private().seal(note("before"), NOW).unwrap();
    let unlocked = unlock(sealed_vault, AUTHOR.slots(), PASSPHRASE, account_secret).unwrap();
    assert_eq!(unlocked.account(), vault.account());
    assert_eq!(unlocked.private().open(&sealed.bytes).unwrap().text.as_str(), "before");
    assert_eq!(unlocked.reveal_account_secret(), *account_secret);
}

#[test]
fn wrong_passphrase_and_wrong_account_secret_look_alike() {
    let CreatedVault { sealed_vault, account_secret, .. } = &AUTHOR.created;
    let unlock = |passphrase, secret| code(unlock(sealed_vault, AUTHOR.slots(), passphrase, secret));
    assert_eq!(unlock("correct horse battery stable", account_secret), "wrong_passphrase");
    assert_eq!(unlock(PASSPHRASE, &COLLEAGUE.created.account_secret), "wrong_passphrase");
    assert_eq!(unlock(PASSPHRASE, "ABCD"), "invalid_account_secret");
    assert_eq!(code(Stretched::make("eleven char")), "weak_passphrase");
    assert_eq!(code(Stretched::for_slots(PASSPHRASE, [])), "unknown_slot");
}

#[test]
fn slots_of_other_kinds_are_passed_over() {
    let CreatedVault { sealed_vault, slots, account_secret, .. } = &AUTHOR.created;
    let slot = slots.first().unwrap();
    let label = |from: &[u8], to: &[u8]| {
        let at = slot.windows(from.len()).position(|window| window == from).unwrap();
        [slot.get(..at).unwrap(), to, slot.get(at + from.len()..).unwrap()].concat()
    };
    let (later, other) = (label(b"v1.slot", b"v2.slot"), label(b"v1.slot", b"v1.talk"));
    let unlock = |slots: &[&[u8]]| code(unlock(sealed_vault, slots.iter().copied(), PASSPHRASE, account_secret));
    assert_eq!(unlock(&[&later, &other, slot]), "no error");
    assert_eq!(unlock(&[&later]), "unsupported_version");
    assert_eq!(unlock(&[&other]), "wrong_object");
}

#[test]
fn a_slot_or_vault_of_another_account_is_refused() {
    let (ours, theirs) = (&AUTHOR.created, &COLLEAGUE.created);
    let unlock =
        |vault: &[u8], slots: &[&[u8]]| code(unlock(vault, slots.iter().copied(), PASSPHRASE, &ours.account_secret));
    let slot = |of: &'static CreatedVault| of.slots.first().unwrap().as_slice();
    assert_eq!(unlock(&ours.sealed_vault, &[slot(theirs)]), "tampered");
    assert_eq!(unlock(&theirs.sealed_vault, &[slot(ours)]), "tampered");
    assert_eq!(unlock(slot(ours), &[slot(ours)]), "wrong_object");
    assert_eq!(unlock(&ours.sealed_vault, &[b"a foreign slot"]), "not_sealed");
}

#[test]
fn changing_the_passphrase_touches_no_note_and_retires_the_old_slot() {
    let account = common::Account::make();
    let CreatedVault { mut vault, account_secret, slots, .. } = account.created;
    let sealed = vault.private().seal(note("kept"), NOW).unwrap();
    let next = Stretched::make("another good passphrase").unwrap();
    let current = |passphrase| Stretched::for_slots(passphrase, slices(&slots)).unwrap();
    let wrong = vault.change_passphrase(slices(&slots), &current("not the passphrase"), &next, LATER);
    assert_eq!(code(wrong), "wrong_passphrase");
    let changed = vault.change_passphrase(slices(&slots), &current(PASSPHRASE), &next, LATER).unwrap();
    let (new_slots, old_slots) = (slices(&changed.slots), slices(&slots));
    let vault = unlock(&changed.sealed_vault, new_slots.clone(), "another good passphrase", &account_secret).unwrap();
    assert_eq!(vault.private().open(&sealed.bytes).unwrap().text.as_str(), "kept");
    assert_eq!(code(unlock(&changed.sealed_vault, new_slots, PASSPHRASE, &account_secret)), "wrong_passphrase");
    assert_eq!(code(unlock(&changed.sealed_vault, old_slots, PASSPHRASE, &account_secret)), "stale_slot");
}

#[test]
fn argon2_cost_has_a_floor_and_a_ceiling_and_is_authenticated() {
    let CreatedVault { sealed_vault, slots, account_secret, .. } = &AUTHOR.created;
    // 65,536 KiB as CBOR: 1a 00 01 00 00.
    let slot = slots.first().unwrap();
    let at = slot.windows(5).position(|w| w == [0x1a, 0, 1, 0, 0]).unwrap();
    for (memory, expected) in [
        ([0u8, 0, 0xff, 0xff], "not_sealed"), // not in the shortest form
        ([0xff, 0xff, 0xff, 0xff], "weak_parameters"),
        ([0, 4, 0, 1], "weak_parameters"),
        ([0, 1, 0, 4], "wrong_passphrase"), // allowed, and another key
    ] {
        let mut changed = slot.clone();
        changed.get_mut(at + 1..at + 5).unwrap().copy_from_slice(&memory);
        let changed = [changed.as_slice()];
        assert_eq!(code(unlock(sealed_vault, changed.into_iter(), PASSPHRASE, account_secret)), expected);
    }
}

#[test]
fn every_changed_bit_of_a_vault_is_noticed() {
    let sealed_vault = &AUTHOR.created.sealed_vault;
    for changed in flips(sealed_vault).step_by(97) {
        let with = sealed_notes::UnlockWith::RecoveryCode(&AUTHOR.created.recovery_code);
        assert_ne!(code(Vault::unlock(&changed, AUTHOR.slots(), with)), "no error");
    }
}

#[test]
fn keys_are_trusted_only_after_the_digits_were_compared() {
    let mut vault = AUTHOR.unlock();
    let colleague = COLLEAGUE.identity();
    assert!(vault.verified(&colleague).is_none());
    let wrong = vault.confirm(&colleague, &AUTHOR.identity().fingerprint(), TrustedAs::Person, None, NOW);
    assert_eq!(code(wrong), "fingerprint_mismatch");
    assert!(vault.verified(&colleague).is_none());
    let typed = colleague.fingerprint().replace(' ', "-");
    let (_, change) = vault.confirm(&colleague, &typed, TrustedAs::Person, None, NOW).unwrap();
    let elsewhere = unlock(&change.sealed_vault, AUTHOR.slots(), PASSPHRASE, &AUTHOR.created.account_secret).unwrap();
    assert!(elsewhere.verified(&colleague).is_some(), "trust is sealed in the vault and follows the account");
    assert_eq!(elsewhere.generation(), AUTHOR.vault().generation() + 1);
}

#[test]
fn a_key_log_that_does_not_belong_to_the_account_is_refused() {
    let entry = COLLEAGUE.created.key_log_entry.as_slice();
    assert_eq!(code(Identity::from_key_log(AUTHOR.vault().account(), [entry])), "tampered");
    assert_eq!(code(Identity::from_key_log(COLLEAGUE.vault().account(), [])), "invalid_key");
    assert_eq!(code(Identity::from_key_log(COLLEAGUE.vault().account(), [entry.split_last().unwrap().1])), "truncated");
    for changed in flips(entry).step_by(61) {
        assert_ne!(code(Identity::from_key_log(COLLEAGUE.vault().account(), [changed.as_slice()])), "no error");
    }
}

#[test]
fn nothing_secret_is_printed() {
    let CreatedVault { vault, account_secret, recovery_code, .. } = &AUTHOR.created;
    let printed = format!("{:?}", AUTHOR.created);
    assert_eq!(printed, format!("CreatedVault(Vault({}, {}))", vault.account(), vault.generation()));
    assert!(!printed.contains(account_secret.as_str()) && !printed.contains(recovery_code.as_str()));
    let passphrase = Stretched::make(PASSPHRASE).unwrap();
    assert!(format!("{passphrase:?}").contains("secret: Secret(..)"));
    assert_eq!(format!("{:?}", vault.prepare_kit(None, NOW).unwrap()), "PreparedKit(..)");
    assert_eq!(code(Vault::create(TenantId([0; 16]), &passphrase, NOW)), "no error");
}
