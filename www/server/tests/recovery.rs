//! Ways to unlock: added, replaced, removed, never too few; and rotation, which happens whole or not at all.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

mod common;

use common::{forger::Forger, *};
use reqwest::Method;
use sealed_notes::{
    Error, PreparedKit, ShareFor, SlotKind, Stretched, TrustedAs, UnlockWith, VaultChange,
    format::slot::{Cost, Way},
};
use serde_json::{Value, json};

const PRF: [u8; 32] = [9; 32];

fn id_of(person: &Person<'_>, kind: SlotKind) -> String {
    person.vault().unlock_slots().iter().find(|slot| slot.kind == kind).unwrap().slot.to_string()
}

#[tokio::test]
async fn slots_are_added_and_removed_and_do_not_come_back() {
    let host = Host::start().await;
    let mut anna = host.settled("demo-anna").await;
    let added = anna.created.vault.add_passkey("key ring", b"credential", [1; 32], &PRF, now()).unwrap();
    anna.save(&added).await;
    let unlock = host.unlock_data("demo-anna").await;
    assert_eq!(unlock.slots.len(), 3);
    assert_eq!(unlock.unlock(UnlockWith::Passkey { prf: &PRF }).unwrap().account(), anna.vault().account());

    let removed = anna.created.vault.remove_slot(added_slot(&anna)).unwrap();
    anna.save(&removed).await;
    anna.put("/api/vault", change_of(&removed, 3)).await.expect(200);
    let unlock = host.unlock_data("demo-anna").await;
    assert_eq!(unlock.slots.len(), 2);
    assert_eq!(unlock.unlock(UnlockWith::Passkey { prf: &PRF }).unwrap_err(), Error::UnknownSlot);
    let me = anna.get("/api/me").await.expect(200);
    assert_eq!(me["slots"].as_array().unwrap().len(), 2);
    assert_eq!(anna.events().await, ["slots_changed", "slots_changed", "signed_up"]);

    // Whoever kept its bytes does not get it served again.
    let next = anna.created.vault.set_passphrase(stretched_anew(), now()).unwrap();
    let back = VaultChange { slots: added.slots.clone(), ..next.clone() };
    anna.put("/api/vault", change_of(&back, 4)).await.refused(409, "conflict");
    assert_eq!(anna.get("/api/me").await.expect(200), me);
    anna.save(&next).await;

    // The server's keeper could bring it back: rows are kept.
    let sql = "SELECT count(*), count(removed_at) FROM unlock_slots";
    let kept: (i64, i64) = sqlx::query_as(sql).fetch_one(&host.database().await).await.unwrap();
    assert_eq!(kept, (4, 1));
}

fn added_slot(person: &Person<'_>) -> sealed_notes::SlotId {
    person.vault().unlock_slots().iter().find(|slot| slot.kind == SlotKind::Passkey).unwrap().slot
}

#[tokio::test]
async fn a_recovery_code_is_replaced() {
    let host = Host::start().await;
    let mut anna = host.settled("demo-anna").await;
    let by_code = async |code: &str| host.unlock_data("demo-anna").await.unlock(UnlockWith::RecoveryCode(code));
    // It brings her in, and then she must replace it.
    let vault = by_code(&anna.created.recovery_code).await.unwrap();
    assert!(!vault.has_confirmed_recovery());
    let mut kit = vault.prepare_kit(Some(stretched_anew()), now()).unwrap();
    assert_eq!(by_code(&kit.recovery_code).await.unwrap_err(), Error::WrongRecoveryCode);
    kit.confirm(&kit.recovery_code.clone(), now()).unwrap();
    anna.put("/api/vault", change_of(&kit.change().unwrap(), 2)).await.expect(200);
    assert_eq!(by_code(&anna.created.recovery_code).await.unwrap_err(), Error::WrongRecoveryCode);
    assert_eq!(by_code(&kit.recovery_code).await.unwrap().generation(), 3);
    let unlock = host.unlock_data("demo-anna").await;
    assert_eq!(unlock.slots.len(), 2);
    let vault = unlock.unlock_by_passphrase(NEXT_PASSPHRASE, &kit.account_secret).unwrap();
    assert!(vault.has_confirmed_recovery());
    anna.created.vault = vault;
    anna.log_in().await;
}

/// What the library would not even make.
#[tokio::test]
async fn the_last_way_back_stays() {
    let host = Host::start().await;
    let mut anna = host.settled("demo-anna").await;
    let bert = host.settled("demo-bert").await;
    let added = anna.created.vault.add_passkey("key ring", b"credential", [1; 32], &PRF, now()).unwrap();
    anna.save(&added).await;
    let before = anna.get("/api/me").await.expect(200);
    let change = anna.created.vault.set_passphrase(stretched_anew(), now()).unwrap();
    let remove = |ids: &[String]| {
        let mut body = change_of(&change, 3);
        body["slots"] = json!([]);
        body["remove"] = json!(ids);
        body
    };
    let [passphrase, code, passkey] =
        [SlotKind::Passphrase, SlotKind::RecoveryCode, SlotKind::Passkey].map(|kind| id_of(&anna, kind));
    let strangers = id_of(&bert, SlotKind::Passphrase);
    for ids in [
        &[code.clone()][..],
        &[passkey.clone(), code.clone()],
        &[passphrase.clone(), passkey.clone()],
        &[passphrase.clone(), code.clone(), passkey.clone()],
        &[passkey.clone(), strangers],
        &["00".repeat(16)],
    ] {
        anna.put("/api/vault", remove(ids)).await.refused(400, "bad_request");
    }
    // Sent and removed at once.
    let mut both = change_of(&change, 3);
    both["remove"] = json!([id_of(&anna, SlotKind::Passphrase)]);
    anna.put("/api/vault", both).await.refused(400, "bad_request");
    assert_eq!(anna.get("/api/me").await.expect(200), before);
    assert_eq!(bert.get("/api/me").await.expect(200)["slots"].as_array().unwrap().len(), 2);
    // The passkey is an everyday way of its own.
    anna.put("/api/vault", remove(&[passphrase])).await.expect(200);
}

#[tokio::test]
async fn there_are_at_most_32_slots() {
    let host = Host::start().await;
    let mallory = Forger::new(host.tenant, 1);
    let cookie = mallory.join(&host, "demo-mallory").await;
    let put = async |generation: u64, slots: &[Vec<u8>], remove: &[String]| {
        let slots: Vec<_> = slots.iter().map(|slot| base64(slot)).collect();
        let vault = base64(&mallory.vault(generation));
        let body = json!({ "vault": vault, "slots": slots, "remove": remove, "expects": generation - 1 });
        host.send(Method::PUT, "/api/vault", Some(&cookie), Some(&body)).await
    };
    let more: Vec<_> = (3..=33).map(|id| mallory.slot(id, Way::Trustees)).collect();
    put(2, &more, &[]).await.refused(400, "bad_request");
    put(2, &[more[0].clone(), more[0].clone()], &[]).await.refused(400, "bad_request");
    put(2, &more[1..], &[]).await.expect(200);
    put(3, &more[..1], &[]).await.refused(400, "bad_request");
    // One that is removed makes room.
    put(3, &more[..1], &["04".repeat(16)]).await.expect(200);
    let weak = Way::Passphrase { salt: [1; 16], cost: Cost { memory: 1024, ..Cost::DEFAULT } };
    put(4, &[mallory.slot(40, weak)], &["05".repeat(16)]).await.refused(422, "not_sealed: weak_parameters");
    // A way back is not turned into something else under its own id.
    let turned = mallory.slot_of_generation(2, 2, Way::Trustees);
    put(4, &[turned], &[]).await.refused(409, "conflict");
    put(4, &[mallory.slot_of_generation(2, 2, Way::RecoveryCode)], &[]).await.expect(200);
}

fn confirm(mut kit: PreparedKit) -> (PreparedKit, VaultChange) {
    kit.confirm(&kit.recovery_code.clone(), now()).unwrap();
    let change = kit.change().unwrap();
    (kit, change)
}

/// All that a rotation could have changed.
async fn state(host: &Host, person: &Person<'_>) -> (Value, Value, Vec<String>) {
    let keys = format!("/api/accounts/by-id/{}/keys", person.account());
    let unlock = host.get(&format!("/api/accounts/{}/unlock", person.handle), None).await.expect(200);
    (unlock, person.get(&keys).await.expect(200), person.events().await)
}

#[tokio::test]
async fn a_rotation_that_does_not_fit_changes_nothing() {
    let host = Host::start().await;
    let (mut anna, bert) = (host.settled("demo-anna").await, host.settled("demo-bert").await);
    let other = anna.session(None).await;
    let (_, change) = confirm(anna.vault().prepare_rotation(stretched_anew(), &[], None, now()).unwrap());
    let (_, berts) = confirm(bert.vault().prepare_rotation(stretched_anew(), &[], None, now()).unwrap());
    let before = state(&host, &anna).await;
    let good = change_of(&change, 2);
    let with = |field: &str, value: Value| {
        let mut body = good.clone();
        body[field] = value;
        body
    };
    let entry = change.key_log_entries[0].clone();
    let mut forged = entry.clone();
    *forged.last_mut().unwrap() ^= 1;
    let mut early = anna.vault().prepare_rotation(stretched_anew(), &[], None, now()).unwrap();
    early.confirm(&early.recovery_code.clone(), now()).unwrap();
    early.change().unwrap();
    let (_, skipping) = confirm(early.commit().unwrap().prepare_rotation(stretched_anew(), &[], None, now()).unwrap());
    let put = async |body: Value| anna.put("/api/vault", body).await;
    let entry_is = |entry: &[u8]| with("keyLogEntries", json!([base64(entry)]));
    put(entry_is(&forged)).await.refused(422, "not_sealed: bad_signature");
    put(entry_is(b"new keys")).await.refused(422, "not_sealed: malformed");
    put(entry_is(&entry[..500])).await.refused(422, "not_sealed: truncated");
    put(entry_is(&change.sealed_vault)).await.refused(422, "not_sealed: malformed");
    put(entry_is(&anna.created.key_log_entry)).await.refused(409, "conflict");
    put(entry_is(&berts.key_log_entries[0])).await.refused(409, "conflict");
    put(entry_is(&skipping.key_log_entries[0])).await.refused(409, "conflict");
    // The rest of it is wrong: then the keys do not change either.
    put(with("slots", json!([base64(&bert.created.slots[0])]))).await.refused(422, "not_sealed: wrong_account");
    put(with("slots", json!([base64(&anna.created.slots[0]), base64(&change.slots[0])])))
        .await
        .refused(400, "bad_request");
    put(with("remove", json!([id_of(&bert, SlotKind::Passphrase)]))).await.refused(400, "bad_request");
    put(with("expects", 1.into())).await.refused(422, "not_sealed: wrong_generation");
    put(with("vault", base64(&anna.created.sealed_vault).into())).await.refused(422, "not_sealed: wrong_generation");
    assert_eq!(state(&host, &anna).await, before);

    // The vault was saved elsewhere in between.
    let identity = host.unlock_data("demo-bert").await.identity();
    let pinned = anna
        .created
        .vault
        .confirm(&identity, &identity.fingerprint(), TrustedAs::Person, None, now())
        .unwrap()
        .1
        .sealed_vault;
    let pin = json!({ "vault": base64(&pinned), "expects": 2 });
    host.send(Method::PUT, "/api/vault", Some(&other), Some(&pin)).await.expect(200);
    let before = state(&host, &anna).await;
    let conflict = anna.put("/api/vault", good).await.refused(409, "conflict");
    assert_eq!(conflict["error"]["current"], json!({ "generation": 3 }));
    assert_eq!(state(&host, &anna).await, before);
    host.get("/api/me", Some(&other)).await.expect(200);
    anna.log_in().await;
}

#[tokio::test]
async fn a_rotation_is_one_step() {
    let host = Host::start().await;
    let (mut anna, bert, carl) =
        (host.settled("demo-anna").await, host.settled("demo-bert").await, host.settled("demo-carl").await);
    let added = anna.created.vault.add_passkey("key ring", b"credential", [1; 32], &PRF, now()).unwrap();
    anna.save(&added).await;
    let (berts, carls, old_keys) = (bert.identity(), carl.identity(), anna.identity());
    let people = [ShareFor { name: "Bert", to: Some(&berts) }, ShareFor { name: "Carl", to: Some(&carls) }];
    let dealt = anna.created.vault.deal_trustees(2, &people, now()).unwrap();
    anna.save(&dealt.change).await;
    let deal = json!({ "kind": "trustees", "shares": shares_of(&dealt.shares) });
    anna.put(&format!("/api/deals/{}", dealt.deal), deal).await.expect(201);
    assert_eq!(bert.get("/api/shares").await.expect(200)["shares"].as_array().unwrap().len(), 1);

    let note = anna.note("Written before.");
    let record = anna.record(&[]);
    anna.put_note(&note).await.expect(201);
    anna.put_record(&record, &[]).await.expect(201);
    let late_note = anna.note("Sealed before, sent after.");
    let late_grant = anna.vault().chart().share(&record.bytes, &[grant_to(&berts)], now()).unwrap().remove(0);
    let kept = UnlockData::of(&host.get("/api/accounts/demo-anna/unlock", None).await.expect(200));
    let (lost, other, bare) = (device(1), device(2), anna.session(None).await);
    let (losts, others) = (anna.session(Some(lost)).await, anna.session(Some(other)).await);
    let berts_session = bert.session(Some(lost)).await;

    let (kit, change) = confirm(anna.vault().prepare_rotation(stretched_anew(), &[lost], None, now()).unwrap());
    let mut body = change_of(&change, 4);
    body["revoke"] = json!([lost.to_string()]);
    assert_eq!(anna.put("/api/vault", body.clone()).await.expect(200), json!({ "generation": 5 }));
    let after = state(&host, &anna).await;
    assert_eq!(after.2[..3], ["device_revoked", "rotated", "device_added"]);
    // Repeating it is harmless; the same with another entry or device is not the same.
    assert_eq!(anna.put("/api/vault", body.clone()).await.expect(200), json!({ "generation": 5 }));
    let mut changed = body.clone();
    changed["keyLogEntries"] = json!([base64(&anna.created.key_log_entry)]);
    anna.put("/api/vault", changed).await.refused(409, "conflict");
    body["revoke"] = json!([other.to_string()]);
    anna.put("/api/vault", body).await.refused(409, "conflict");
    assert_eq!(state(&host, &anna).await, after);
    assert_eq!(after.1["keyLog"].as_array().unwrap().len(), 2);
    assert_eq!(after.0["keyLog"], after.1["keyLog"]);

    // Sessions from before are over, but for the one that rotated and other people's.
    for cookie in [&bare, &losts, &others] {
        host.get("/api/me", Some(cookie)).await.refused(401, "not_logged_in");
    }
    host.get("/api/me", Some(&berts_session)).await.expect(200);
    // The old keys log nobody in, the new ones do, but not on the device that was lost.
    anna.try_log_in(None).await.refused(401, "not_logged_in");
    let old_secret = anna.created.account_secret.clone();
    let new_secret = kit.account_secret.clone();
    anna.created.vault = kit.commit().unwrap();
    anna.try_log_in(Some(lost)).await.refused(403, "device_revoked");
    anna.session(Some(other)).await;

    // Before the commit the old kit opened; now the new one does, and passkey and trustees are gone.
    let unlock = host.unlock_data("demo-anna").await;
    assert_eq!(unlock.slots.len(), 2);
    assert_eq!(unlock.unlock_by_passphrase(NEXT_PASSPHRASE, &new_secret).unwrap().epoch_number(), 2);
    for (passphrase, secret) in [(PASSPHRASE, &old_secret), (NEXT_PASSPHRASE, &old_secret), (PASSPHRASE, &new_secret)] {
        assert_eq!(unlock.unlock_by_passphrase(passphrase, secret).unwrap_err(), Error::WrongPassphrase);
    }
    let old_code = UnlockWith::RecoveryCode(&anna.created.recovery_code);
    assert_eq!(unlock.unlock(old_code).unwrap_err(), Error::WrongRecoveryCode);
    assert_eq!(unlock.unlock(UnlockWith::Passkey { prf: &PRF }).unwrap_err(), Error::UnknownSlot);
    assert!(kept.unlock(UnlockWith::Passkey { prf: &PRF }).is_ok(), "it did before");
    assert_eq!(bert.get("/api/shares").await.expect(200), json!({ "shares": [] }));
    let identity = unlock.identity();
    assert_eq!(identity.fingerprint(), anna.vault().fingerprint());

    // Only the newest keys sign and receive; what was written before stays readable.
    anna.put_note(&late_note).await.refused(422, "not_sealed: wrong_epoch");
    let grants = format!("{}/versions/1/grants", path(&record));
    let grant = |bytes: &[u8]| json!({ "grants": [base64(bytes)] });
    anna.post(&grants, grant(&late_grant.bytes)).await.refused(422, "not_sealed: bad_signature");
    let anew = anna.vault().chart().share(&record.bytes, &[grant_to(&berts)], now()).unwrap().remove(0);
    anna.post(&grants, grant(&anew.bytes)).await.expect(201);
    let to_old_key = bert.record(&[grant_to(&old_keys)]);
    bert.put_record(&to_old_key, &[]).await.refused(422, "not_sealed: wrong_key");
    let stored = anna.get(&format!("/api/private/notes/{}", note.record)).await.expect(200);
    assert_eq!(anna.vault().private().open(&bytes(&stored["sealed"])).unwrap().text.as_str(), "Written before.");
    anna.put_note(&anna.note("Written after.")).await.expect(201);

    // And once more, on top of it.
    let (kit, change) =
        confirm(anna.vault().prepare_rotation(&Stretched::make(PASSPHRASE).unwrap(), &[], None, now()).unwrap());
    anna.put("/api/vault", change_of(&change, 5)).await.expect(200);
    anna.created.vault = kit.commit().unwrap();
    anna.log_in().await;
    assert_eq!(host.unlock_data("demo-anna").await.key_log.len(), 3);
    anna.put_note(&anna.note("Epoch three.")).await.expect(201);
}

/// Each leaves rows, and everybody who looks the account up is handed its keys.
#[tokio::test]
async fn one_change_and_one_key_log_are_only_so_long() {
    let host = Host::start().await;
    let mallory = Forger::new(host.tenant, 1);
    let cookie = mallory.join(&host, "demo-mallory").await;
    let put = async |change: Value| {
        let mut body = json!({ "vault": base64(&mallory.vault(2)), "expects": 1 });
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        host.send(Method::PUT, "/api/vault", Some(&cookie), Some(&body)).await
    };
    let ids = |count: u8| (0..count).map(|id| device(id).to_string()).collect::<Vec<_>>();
    put(json!({ "revoke": ids(65) })).await.refused(400, "bad_request");
    put(json!({ "remove": vec!["02".repeat(16); 33] })).await.refused(400, "bad_request");

    let rotate = |previous: &[u8], epoch| mallory.rotation(&mallory, epoch, previous);
    let (database, mut last) = (host.database().await, mallory.entry.clone());
    for epoch in 2..=1000 {
        last = rotate(&last, epoch);
        sqlx::query("INSERT INTO key_log (account, sequence, epoch, entry, stored_at) VALUES (?, ?, ?, ?, 0)")
            .bind(mallory.account.0.as_slice())
            .bind(i64::try_from(epoch).unwrap() - 1)
            .bind(i64::try_from(epoch).unwrap())
            .bind(&last)
            .execute(&database)
            .await
            .unwrap();
    }
    put(json!({ "keyLogEntries": [base64(&rotate(&last, 1001))] })).await.refused(400, "bad_request");
    put(json!({ "revoke": ids(64) })).await.expect(200);
}
