//! A handle that nobody has is answered like one that somebody has.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

mod common;

use common::*;
use sealed_notes::{
    Error, Identity, SlotKind, TrustedAs, UnlockWith,
    format::{
        account::Vault as SealedVault,
        keylog::KeyLog,
        slot::{Slot, Way},
    },
};
use serde_json::Value;

fn kinds(answer: &Value) -> Vec<SlotKind> {
    let slots: Vec<Vec<u8>> = answer["slots"].as_array().unwrap().iter().map(bytes).collect();
    let ids: Vec<_> = slots.iter().map(|slot| Slot::decode(slot).unwrap().parameters.slot).collect();
    assert!(ids.is_sorted());
    let mut kinds: Vec<_> = slots.iter().map(|slot| Slot::decode(slot).unwrap().parameters.way.kind()).collect();
    kinds.sort_by_key(|kind| *kind as u8);
    kinds
}

async fn ask(host: &Host, handle: &str) -> Value {
    host.get(&format!("/api/accounts/{handle}/unlock"), None).await.expect(200)
}

#[tokio::test]
async fn an_unknown_handle_gets_the_same_shape_of_answer() {
    let host = Host::start().await;
    let mut anna = host.settled("demo-anna").await;
    let real = ask(&host, "demo-anna").await;
    let plain = [SlotKind::Passphrase, SlotKind::RecoveryCode];
    assert_eq!(kinds(&real), plain);
    let mut seen = Vec::new();
    let mut fakes = Vec::new();
    for number in 0..60 {
        let handle = format!("demo-none-{number}");
        let fake = ask(&host, &handle).await;
        assert_eq!(fake, ask(&host, &handle).await, "stable");
        seen.push(kinds(&fake));
        fakes.push(fake);
    }
    let once = |kinds: &[SlotKind], kind| kinds.iter().filter(|other| **other == kind).count() == 1;
    assert!(seen.iter().all(|kinds| plain.iter().all(|kind| once(kinds, *kind))), "{seen:?}");
    for rare in [SlotKind::Passkey, SlotKind::Trustees] {
        let count = seen.iter().filter(|kinds| kinds.contains(&rare)).count();
        assert!((3..=30).contains(&count), "{rare:?} with {count} of 60");
    }

    for fake in &fakes {
        for field in ["account", "vault", "slots", "keyLog"] {
            assert_eq!(fakes.iter().filter(|other| other[field] == fake[field]).count(), 1, "{field}: one for each");
        }
        check(fake, &real);
        let names = |answer: &Value| answer.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(fake), names(&real));
    }
    let fake = &fakes[seen.iter().position(|kinds| kinds == &plain).unwrap()];
    assert_eq!(real.to_string().len(), fake.to_string().len());

    // Whoever tries a way in learns that it is wrong, as with a real account.
    let account_secret = &anna.created.account_secret;
    let open = |answer: &Value| UnlockData::of(answer).unlock_by_passphrase(PASSPHRASE, account_secret);
    assert_eq!(open(&real).unwrap().account(), anna.vault().account());
    assert_eq!(open(fake).unwrap_err(), Error::WrongPassphrase);
    let other = create(host.tenant);
    for answer in [fake, &real] {
        let with = UnlockWith::RecoveryCode(&other.recovery_code);
        assert_eq!(UnlockData::of(answer).unlock(with).unwrap_err(), Error::WrongRecoveryCode);
    }
    // Its keys are keys: even sealing to them works.
    for fake in &fakes[..5] {
        let identity = UnlockData::of(fake).identity();
        let (verified, _) =
            anna.created.vault.confirm(&identity, &identity.fingerprint(), TrustedAs::Person, None, now()).unwrap();
        anna.record(&[grant_to(&verified)]);
    }
    // And a challenge is handed out for either.
    host.challenge(fake["account"].as_str().unwrap()).await;
    host.get("/api/accounts/No Such/unlock", None).await.refused(400, "bad_request");
}

fn check(fake: &Value, real: &Value) {
    let account = fake["account"].as_str().unwrap().parse().unwrap();
    let vault = bytes(&fake["vault"]);
    assert_eq!(vault.len(), bytes(&real["vault"]).len());
    let vault = SealedVault::decode(&vault).unwrap();
    assert_eq!(vault.parameters.account, account);
    assert!((1..=16).contains(&vault.parameters.generation));
    for slot in fake["slots"].as_array().unwrap() {
        let slot = bytes(slot);
        let slot = Slot::decode(&slot).unwrap();
        assert_eq!((slot.parameters.account, slot.parameters.generation), (account, 1));
        match slot.parameters.way {
            Way::Passphrase { cost, .. } => assert!(cost.is_allowed()),
            Way::Passkey { credential, .. } => assert_eq!(credential.len(), 32),
            Way::RecoveryCode | Way::Trustees => {}
        }
    }
    assert_eq!(fake["keyLog"].as_array().unwrap().len(), 1);
    let (entry, anna) = (bytes(&fake["keyLog"][0]), bytes(&real["keyLog"][0]));
    assert_eq!(entry.len(), anna.len());
    Identity::from_key_log(account, [entry.as_slice()]).unwrap();
    let keys = KeyLog::begin(&entry).unwrap().keys;
    assert!(keys.created_at <= now().0 && keys.created_at > now().0 - 300_000, "{}", keys.created_at);
    // As in every ML-KEM key, all coefficients are below 3329; and no X25519 key has its highest bit set.
    let (coefficients, _) = keys.xwing[..1152].as_chunks::<3>();
    for [low, middle, high] in coefficients {
        let pair = u32::from_le_bytes([*low, *middle, *high, 0]);
        assert!(pair & 0xfff < 3329 && pair >> 12 < 3329);
    }
    assert!(keys.x25519[31] < 128 && keys.xwing[1215] < 128);
}
