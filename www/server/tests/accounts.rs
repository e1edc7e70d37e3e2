//! Sign-up, unlock data, session, vault.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

mod common;

use common::*;
use reqwest::header;
use sealed_notes::{Error, Identity, TrustedAs};
use serde_json::{Value, json};

#[tokio::test]
async fn sign_up_is_idempotent_and_exclusive() {
    let host = Host::start().await;
    let anna = create(host.tenant);
    let body = sign_up("demo-anna", &anna);
    let account = anna.vault.account().to_string();
    assert_eq!(host.post("/api/accounts", body.clone()).await.expect(201), json!({ "account": account }));
    assert_eq!(host.post("/api/accounts", body).await.expect(200), json!({ "account": account }));
    host.post("/api/accounts", sign_up("demo-other", &anna)).await.refused(409, "conflict");

    let bert = create(host.tenant);
    host.post("/api/accounts", sign_up("demo-anna", &bert)).await.refused(409, "conflict");
    for handle in ["", "a", "Anna", "-anna", "an na", "änne", "a/b", &"a".repeat(65)] {
        host.post("/api/accounts", sign_up(handle, &bert)).await.refused(400, "bad_request");
    }
    let mixed = |field: &str, value: &[u8]| {
        let mut body = sign_up("demo-bert", &bert);
        body[field] = base64(value).into();
        body
    };
    let post = async |body: Value| host.post("/api/accounts", body).await;
    post(mixed("vault", &anna.sealed_vault)).await.refused(422, "not_sealed: wrong_account");
    post(mixed("vault", &bert.slots[0])).await.refused(422, "not_sealed: wrong_purpose");
    post(mixed("vault", &bert.key_log_entry)).await.refused(422, "not_sealed: malformed");
    post(mixed("vault", &bert.sealed_vault[..200])).await.refused(422, "not_sealed: truncated");
    let with = |slots: &[&[u8]]| {
        let mut body = sign_up("demo-bert", &bert);
        body["slots"] = slots.iter().map(|slot| base64(slot)).collect();
        body
    };
    let [passphrase, code] = [0, 1].map(|at| bert.slots[at].as_slice());
    post(with(&[passphrase, &anna.slots[1]])).await.refused(422, "not_sealed: wrong_account");
    post(with(&[passphrase, b"a code in the clear"])).await.refused(422, "not_sealed: malformed");
    // Nobody starts without a way back.
    for slots in [&[][..], &[passphrase], &[code], &[code, code, passphrase], &[passphrase; 33]] {
        post(with(slots)).await.refused(400, "bad_request");
    }
    let (mut changed, _) = confirmed(create(host.tenant));
    let second = changed.vault.set_passphrase(stretched_anew(), now()).unwrap().slots.remove(0);
    let mut body = sign_up("demo-bert", &changed);
    body["slots"][0] = base64(&second).into();
    post(body).await.refused(422, "not_sealed: wrong_generation");
    let mut forged = bert.key_log_entry.clone();
    *forged.last_mut().unwrap() ^= 1;
    post(mixed("keyLogEntry", &forged)).await.refused(422, "not_sealed: bad_signature");
    host.post("/api/accounts", sign_up("demo-bert", &bert)).await.expect(201);
}

/// Cost parameters that would make guessing cheap, or a browser tab fall over, do not get in.
#[tokio::test]
async fn weak_slots_are_refused() {
    let host = Host::start().await;
    let anna = create(host.tenant);
    let mut slot = anna.slots[0].clone();
    let memory = [0x1a, 0x00, 0x01, 0x00, 0x00]; // 65,536 KiB as CBOR
    let at = slot.windows(5).position(|window| window == memory).unwrap();
    slot[at + 3] = 0xff;
    slot[at + 1] = 0xff;
    let mut body = sign_up("demo-anna", &anna);
    body["slots"][0] = base64(&slot).into();
    host.post("/api/accounts", body).await.refused(422, "not_sealed: weak_parameters");
}

#[tokio::test]
async fn sessions_end() {
    let host = Host::start().await;
    let mut anna = host.person("demo-anna").await;
    host.get("/api/me", None).await.refused(401, "not_logged_in");
    for cookie in ["session=", "session=00", "other=1", &format!("session={}", "0".repeat(64))] {
        host.get("/api/me", Some(cookie)).await.refused(401, "not_logged_in");
    }
    // Time passes by turning the stored clock back.
    let later = async |seconds: i64| {
        let turn = "UPDATE sessions SET last_used_at = last_used_at - ?1, expires_at = expires_at - ?1";
        sqlx::query(turn).bind(seconds).execute(&host.database().await).await.unwrap();
    };
    // In use it stays, but not for ever.
    for _ in 0..13 {
        anna.get("/api/me").await.expect(200);
        later(3300).await;
    }
    anna.get("/api/me").await.expect(200);
    later(400).await;
    anna.get("/api/me").await.refused(401, "not_logged_in");

    anna.log_in().await;
    later(3700).await;
    anna.get("/api/me").await.refused(401, "not_logged_in");

    anna.log_in().await;
    let reply = anna.delete("/api/login").await;
    assert_eq!(reply.status, 204);
    assert!(reply.headers[header::SET_COOKIE].to_str().unwrap().starts_with("session=; "));
    anna.get("/api/me").await.refused(401, "not_logged_in");
}

#[tokio::test]
async fn keys_are_handed_to_whoever_is_logged_in() {
    let host = Host::start().await;
    let (anna, bert) = (host.person("demo-anna").await, host.person("demo-bert").await);
    let by_handle = bert.get("/api/accounts/demo-anna/keys").await.expect(200);
    let by_id = bert.get(&format!("/api/accounts/by-id/{}/keys", anna.account())).await.expect(200);
    assert_eq!(by_handle, by_id);
    let entry = bytes(&by_handle["keyLog"][0]);
    let identity = Identity::from_key_log(anna.vault().account(), [entry.as_slice()]).unwrap();
    assert_eq!(identity.fingerprint(), anna.vault().fingerprint());
    bert.get("/api/accounts/demo-none/keys").await.refused(404, "not_found");
    bert.get(&format!("/api/accounts/by-id/{}/keys", "0".repeat(64))).await.refused(404, "not_found");
    bert.get("/api/accounts/by-id/XYZ/keys").await.refused(400, "bad_request");
    host.get("/api/accounts/demo-anna/keys", None).await.refused(401, "not_logged_in");
}

#[tokio::test]
async fn the_vault_moves_on_one_generation_at_a_time() {
    let host = Host::start().await;
    let (mut anna, mut bert) = (host.settled("demo-anna").await, host.settled("demo-bert").await);
    let me = anna.get("/api/me").await.expect(200);
    let first = UnlockData::of(&host.get("/api/accounts/demo-anna/unlock", None).await.expect(200));
    assert_eq!((bytes(&me["vault"]), me["slots"].as_array().unwrap().len()), (first.vault.clone(), 2));
    assert!(me.get("keyLog").is_none());
    assert_eq!(sorted(&first.slots), sorted(&anna.created.slots));

    let changed = anna.created.vault.change_passphrase(first.slots(), stretched(), stretched_anew(), now()).unwrap();
    let body = change_of(&changed, 2);
    assert_eq!(anna.put("/api/vault", body.clone()).await.expect(200), json!({ "generation": 3 }));
    assert_eq!(anna.put("/api/vault", body.clone()).await.expect(200), json!({ "generation": 3 }), "repeated");
    assert_eq!(anna.events().await, ["slots_changed", "signed_up"], "told once, and nothing of what changes no slot");

    let unlock = host.unlock_data("demo-anna").await;
    assert_eq!(unlock.slots.len(), 2, "only the newest of a slot");
    let account_secret = &anna.created.account_secret;
    let opened = unlock.unlock_by_passphrase(NEXT_PASSPHRASE, account_secret).unwrap();
    assert_eq!(opened.generation(), 3);
    assert_eq!(unlock.unlock_by_passphrase(PASSPHRASE, account_secret).unwrap_err(), Error::WrongPassphrase);

    // A vault that was changed on another device meanwhile is not overwritten.
    let identity = host.unlock_data("demo-bert").await.identity();
    let mut stale = first.unlock_by_passphrase(PASSPHRASE, account_secret).unwrap();
    let stale =
        stale.confirm(&identity, &identity.fingerprint(), TrustedAs::Person, None, now()).unwrap().1.sealed_vault;
    let stale = json!({ "vault": base64(&stale), "slots": [], "expects": 2 });
    let conflict = anna.put("/api/vault", stale).await.refused(409, "conflict");
    assert_eq!(conflict["error"]["current"], json!({ "generation": 3 }));
    // The same vault with something else beside it is another request.
    let mut other = body;
    other["slots"] = json!([]);
    other["remove"] = json!([anna.vault().unlock_slots()[0].slot.to_string()]);
    anna.put("/api/vault", other).await.refused(409, "conflict");

    // Changes without a slot, such as a pin, need none.
    let pinned = anna
        .created
        .vault
        .confirm(&identity, &identity.fingerprint(), TrustedAs::Person, None, now())
        .unwrap()
        .1
        .sealed_vault;
    let put = |vault: &[u8], expects: u64| json!({ "vault": base64(vault), "expects": expects });
    anna.put("/api/vault", put(&pinned, 2)).await.refused(422, "not_sealed: wrong_generation");
    anna.put("/api/vault", put(&pinned, 6)).await.refused(422, "not_sealed: wrong_generation");
    bert.put("/api/vault", put(&pinned, 3)).await.refused(422, "not_sealed: wrong_account");
    assert_eq!(anna.put("/api/vault", put(&pinned, 3)).await.expect(200), json!({ "generation": 4 }));

    // A slot from before the change does not come back.
    let vault = anna
        .created
        .vault
        .confirm(&identity, &identity.fingerprint(), TrustedAs::Person, None, now())
        .unwrap()
        .1
        .sealed_vault;
    let back = json!({ "vault": base64(&vault), "slots": [base64(&anna.created.slots[0])], "expects": 4 });
    anna.put("/api/vault", back).await.refused(409, "conflict");
    let me = anna.get("/api/me").await.expect(200);
    assert_eq!(bytes(&me["vault"]), pinned, "all or nothing");
    assert_eq!(me["slots"].as_array().unwrap().iter().map(bytes).collect::<Vec<_>>(), unlock.slots);

    // Signing up once more with the first vault is still that same account's sign-up, and changes nothing.
    let again = sign_up("demo-anna", &anna.created);
    host.post("/api/accounts", again).await.expect(200);
    assert_eq!(anna.get("/api/me").await.expect(200), me);

    let changed = bert.created.vault.set_passphrase(stretched_anew(), now()).unwrap();
    let mut swapped = change_of(&changed, 2);
    swapped["slots"] = json!([base64(&anna.created.slots[0])]);
    bert.put("/api/vault", swapped).await.refused(422, "not_sealed: wrong_account");
}

fn sorted(slots: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let mut slots = slots.to_vec();
    slots.sort();
    slots
}
