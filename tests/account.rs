//! Vault, unlock slot, passphrase, fingerprint.
#![allow(clippy::unwrap_used, reason = "what must succeed here has its own error otherwise")]

mod common;

use common::{AUTHOR, COLLEAGUE, NOW, PASSPHRASE, code, flips, note};
use sealed_notes::{CreatedVault, Identity, Vault};

#[test]
fn unlocks_with_passphrase_and_account_secret() {
    let CreatedVault { sealed_vault, slot, account_secret, vault, .. } = &AUTHOR.created;
    let sealed = vault.private().seal(note("before"), NOW).unwrap();
    let unlocked = Vault::unlock(sealed_vault, [slot.as_slice()], PASSPHRASE, account_secret).unwrap();
    assert_eq!(unlocked.account(), vault.account());
    assert_eq!(unlocked.private().open(&sealed.bytes).unwrap().text.as_str(), "before");
    assert_eq!(unlocked.reveal_account_secret(), *account_secret);
}

#[test]
fn wrong_passphrase_and_wrong_account_secret_look_alike() {
    let CreatedVault { sealed_vault, slot, account_secret, .. } = &AUTHOR.created;
    let unlock = |passphrase, secret| code(Vault::unlock(sealed_vault, [slot.as_slice()], passphrase, secret));
    assert_eq!(unlock("correct horse battery stable", account_secret), "wrong_passphrase");
    assert_eq!(unlock(PASSPHRASE, &COLLEAGUE.created.account_secret), "wrong_passphrase");
    assert_eq!(unlock(PASSPHRASE, "ABCD"), "invalid_account_secret");
    assert_eq!(code(Vault::unlock(sealed_vault, [], PASSPHRASE, account_secret)), "not_sealed");
    assert_eq!(code(Vault::create(sealed_notes::TenantId([0; 16]), "eleven char", NOW)), "weak_passphrase");
}

#[test]
fn slots_of_other_kinds_are_passed_over() {
    let CreatedVault { sealed_vault, slot, account_secret, .. } = &AUTHOR.created;
    let label = |from: &[u8], to: &[u8]| {
        let at = slot.windows(from.len()).position(|window| window == from).unwrap();
        [slot.get(..at).unwrap(), to, slot.get(at + from.len()..).unwrap()].concat()
    };
    let (later, other) = (label(b"v1.slot", b"v2.slot"), label(b"v1.slot", b"v1.talk"));
    let unlock = |slots: &[&[u8]]| code(Vault::unlock(sealed_vault, slots.iter().copied(), PASSPHRASE, account_secret));
    assert_eq!(unlock(&[&later, &other, slot]), "no error");
    assert_eq!(unlock(&[&later]), "unsupported_version");
    assert_eq!(unlock(&[&other]), "wrong_object");
}

#[test]
fn a_slot_or_vault_of_another_account_is_refused() {
    let (ours, theirs) = (&AUTHOR.created, &COLLEAGUE.created);
    let unlock = |vault: &[u8], slot: &[u8]| code(Vault::unlock(vault, [slot], PASSPHRASE, &ours.account_secret));
    assert_eq!(unlock(&ours.sealed_vault, &theirs.slot), "tampered");
    assert_eq!(unlock(&theirs.sealed_vault, &ours.slot), "tampered");
    assert_eq!(unlock(&ours.slot, &ours.slot), "wrong_object");
    assert_eq!(unlock(&ours.sealed_vault, b"a foreign slot"), "not_sealed");
}

#[test]
fn changing_the_passphrase_touches_no_note_and_retires_the_old_slot() {
    let created = Vault::create(sealed_notes::TenantId([1; 16]), PASSPHRASE, NOW).unwrap();
    let CreatedVault { mut vault, account_secret, slot, .. } = created;
    let sealed = vault.private().seal(note("kept"), NOW).unwrap();
    let wrong = vault.change_passphrase([slot.as_slice()], "not the passphrase", "another good passphrase");
    assert_eq!(code(wrong), "wrong_passphrase");
    let changed = vault.change_passphrase([slot.as_slice()], PASSPHRASE, "another good passphrase").unwrap();
    let unlock = |slot: &[u8], passphrase| Vault::unlock(&changed.sealed_vault, [slot], passphrase, &account_secret);
    let unlocked = unlock(&changed.slot, "another good passphrase").unwrap();
    assert_eq!(unlocked.private().open(&sealed.bytes).unwrap().text.as_str(), "kept");
    assert_eq!(code(unlock(&changed.slot, PASSPHRASE)), "wrong_passphrase");
    assert_eq!(code(unlock(&slot, PASSPHRASE)), "stale_slot");
}

#[test]
fn argon2_cost_has_a_floor_and_a_ceiling_and_is_authenticated() {
    let CreatedVault { sealed_vault, slot, account_secret, .. } = &AUTHOR.created;
    // 65,536 KiB as CBOR: 1a 00 01 00 00.
    let at = slot.windows(5).position(|w| w == [0x1a, 0, 1, 0, 0]).unwrap();
    for (memory, expected) in [
        ([0u8, 0, 0xff, 0xff], "not_sealed"), // not in the shortest form
        ([0xff, 0xff, 0xff, 0xff], "weak_parameters"),
        ([0, 4, 0, 1], "weak_parameters"),
        ([0, 1, 0, 4], "wrong_passphrase"), // allowed, and another key
    ] {
        let mut changed = slot.clone();
        changed.get_mut(at + 1..at + 5).unwrap().copy_from_slice(&memory);
        assert_eq!(code(Vault::unlock(sealed_vault, [changed.as_slice()], PASSPHRASE, account_secret)), expected);
    }
}

#[test]
fn every_changed_bit_of_a_vault_is_noticed() {
    // Unlocking stretches a passphrase each time, so a sample: every 97th bit.
    let CreatedVault { sealed_vault, slot, account_secret, .. } = &AUTHOR.created;
    for changed in flips(sealed_vault).step_by(97).take(40) {
        assert_ne!(code(Vault::unlock(&changed, [slot.as_slice()], PASSPHRASE, account_secret)), "no error");
    }
}

#[test]
fn keys_are_trusted_only_after_the_digits_were_compared() {
    let mut vault = AUTHOR.unlock();
    let colleague = COLLEAGUE.identity();
    assert!(vault.verified(&colleague).is_none());
    let wrong = vault.confirm(&colleague, &AUTHOR.identity().fingerprint(), NOW);
    assert_eq!(code(wrong), "fingerprint_mismatch");
    assert!(vault.verified(&colleague).is_none());
    let typed = colleague.fingerprint().replace(' ', "-");
    let (_, sealed_vault) = vault.confirm(&colleague, &typed, NOW).unwrap();
    let CreatedVault { slot, account_secret, .. } = &AUTHOR.created;
    let elsewhere = Vault::unlock(&sealed_vault, [slot.as_slice()], PASSPHRASE, account_secret).unwrap();
    assert!(elsewhere.verified(&colleague).is_some(), "trust is sealed in the vault and follows the account");
    assert_eq!(elsewhere.generation(), 2);
}

#[test]
fn a_key_log_that_does_not_belong_to_the_account_is_refused() {
    let entry = COLLEAGUE.created.key_log_entry.as_slice();
    assert_eq!(code(Identity::from_key_log(AUTHOR.vault().account(), [entry])), "invalid_key");
    assert_eq!(code(Identity::from_key_log(COLLEAGUE.vault().account(), [])), "invalid_key");
    assert_eq!(code(Identity::from_key_log(COLLEAGUE.vault().account(), [entry.split_last().unwrap().1])), "truncated");
    for changed in flips(entry).step_by(61) {
        assert_ne!(code(Identity::from_key_log(COLLEAGUE.vault().account(), [changed.as_slice()])), "no error");
    }
}

#[test]
fn nothing_secret_is_printed() {
    let vault = AUTHOR.vault();
    let printed = format!("{vault:?}");
    assert!(printed.contains("Secret(..)"));
    let secret = vault.reveal_account_secret();
    assert!(!printed.contains(secret.as_str()));
    // A key printed as a list of numbers would show runs of them.
    let longest = printed.split("xwing").next().unwrap_or_default();
    assert!(!longest.contains("private_drawer: ["), "{longest}");
}
