//! Sign-up, unlock data, login, session, vault.

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
use sealed_notes::{
    Error, Identity, Vault,
    format::account::{Slot, Vault as SealedVault},
};
use serde_json::{Value, json};

#[tokio::test]
async fn sign_up_is_idempotent_and_exclusive() {
    let host = Host::start().await;
    let anna = Vault::create(host.tenant, PASSPHRASE, now()).unwrap();
    let body = sign_up("demo-anna", &anna);
    let account = anna.vault.account().to_string();
    assert_eq!(host.post("/api/accounts", body.clone()).await.expect(201), json!({ "account": account }));
    assert_eq!(host.post("/api/accounts", body).await.expect(200), json!({ "account": account }));
    host.post("/api/accounts", sign_up("demo-other", &anna)).await.refused(409, "conflict");

    let bert = Vault::create(host.tenant, PASSPHRASE, now()).unwrap();
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
    post(mixed("slot", &anna.slot)).await.refused(422, "not_sealed: wrong_account");
    post(mixed("vault", &bert.slot)).await.refused(422, "not_sealed: wrong_purpose");
    post(mixed("vault", &bert.key_log_entry)).await.refused(422, "not_sealed: malformed");
    post(mixed("vault", &bert.sealed_vault[..200])).await.refused(422, "not_sealed: truncated");
    post(mixed("slot", b"a passphrase in the clear")).await.refused(422, "not_sealed: malformed");
    let mut forged = bert.key_log_entry.clone();
    *forged.last_mut().unwrap() ^= 1;
    post(mixed("keyLogEntry", &forged)).await.refused(422, "not_sealed: bad_signature");
    host.post("/api/accounts", sign_up("demo-bert", &bert)).await.expect(201);
}

/// Cost parameters that would make guessing cheap, or a browser tab fall over, do not get in.
#[tokio::test]
async fn weak_slots_are_refused() {
    let host = Host::start().await;
    let anna = Vault::create(host.tenant, PASSPHRASE, now()).unwrap();
    let mut slot = anna.slot.clone();
    let memory = [0x1a, 0x00, 0x01, 0x00, 0x00]; // 65,536 KiB as CBOR
    let at = slot.windows(5).position(|window| window == memory).unwrap();
    slot[at + 3] = 0xff;
    slot[at + 1] = 0xff;
    let mut body = sign_up("demo-anna", &anna);
    body["slot"] = base64(&slot).into();
    host.post("/api/accounts", body).await.refused(422, "not_sealed: weak_parameters");
}

#[tokio::test]
async fn an_unknown_handle_gets_the_same_shape_of_answer() {
    let host = Host::start().await;
    let anna = host.person("demo-anna").await;
    let real = host.get("/api/accounts/demo-anna/unlock", None).await;
    let fake = host.get("/api/accounts/demo-none/unlock", None).await;
    let again = host.get("/api/accounts/demo-none/unlock", None).await;
    let other = host.get("/api/accounts/demo-more/unlock", None).await;
    assert_eq!(real.status, 200);
    assert_eq!(fake.status, 200);
    assert_eq!(fake.body, again.body, "stable");
    let differing = ["account", "vault", "slots"].iter().filter(|field| fake.body[**field] != other.body[**field]);
    assert_eq!(differing.count(), 3, "one for each handle");

    let (real, fake) = (real.body, fake.body);
    assert_eq!(real.to_string().len(), fake.to_string().len());
    assert_eq!(bytes(&real["vault"]).len(), bytes(&fake["vault"]).len());
    for answer in [&real, &fake] {
        let account = answer["account"].as_str().unwrap().parse().unwrap();
        let (vault, slots) = (bytes(&answer["vault"]), answer["slots"].as_array().unwrap());
        assert_eq!(slots.len(), 1);
        let slot = bytes(&slots[0]);
        assert_eq!(slot.len(), anna.created.slot.len());
        let slot = Slot::decode(&slot).unwrap();
        let vault = SealedVault::decode(&vault).unwrap();
        assert_eq!(vault.parameters.account, account);
        assert!((1..=16).contains(&vault.parameters.generation));
        assert_eq!((slot.parameters.account, slot.parameters.generation), (account, 1));
        assert!(slot.parameters.cost.is_allowed());
    }
    // Whoever tries to unlock it learns that passphrase or account secret are wrong, as with a real one.
    let open = |answer: &Value| {
        let slot = bytes(&answer["slots"][0]);
        Vault::unlock(&bytes(&answer["vault"]), [slot.as_slice()], PASSPHRASE, &anna.created.account_secret)
    };
    assert_eq!(open(&real).unwrap().account(), anna.vault().account());
    assert_eq!(open(&fake).unwrap_err(), Error::WrongPassphrase);
    // And a challenge is handed out for either.
    host.challenge(fake["account"].as_str().unwrap()).await;
    host.get("/api/accounts/No Such/unlock", None).await.refused(400, "bad_request");
}

#[tokio::test]
async fn login_takes_the_accounts_own_signature_once() {
    let host = Host::start().await;
    let (anna, bert) = (host.person("demo-anna").await, host.person("demo-bert").await);
    let log_in = async |login: Vec<u8>| host.post("/api/login", json!({ "login": base64(&login) })).await;
    let origin = &host.origin;

    let challenge = host.challenge(&anna.account()).await;
    let good = anna.vault().login(&challenge, origin).unwrap();
    // Somebody else's signature under her name.
    let mut forged = good.clone();
    *forged.last_mut().unwrap() ^= 1;
    log_in(forged).await.refused(401, "not_logged_in");
    // Single use, and even a failed attempt is one.
    log_in(good).await.refused(401, "not_logged_in");

    let challenge = host.challenge(&anna.account()).await;
    let good = anna.vault().login(&challenge, origin).unwrap();
    log_in(good.clone()).await.expect(200);
    log_in(good).await.refused(401, "not_logged_in");

    let challenge = host.challenge(&anna.account()).await;
    log_in(anna.vault().login(&challenge, "https://evil.example").unwrap()).await.refused(401, "not_logged_in");
    let challenge = host.challenge(&bert.account()).await;
    log_in(anna.vault().login(&challenge, origin).unwrap()).await.refused(401, "not_logged_in");
    log_in(anna.vault().login(&[9; 32], origin).unwrap()).await.refused(401, "not_logged_in");
    let nobody = Vault::create(host.tenant, PASSPHRASE, now()).unwrap().vault;
    let challenge = host.challenge(&nobody.account().to_string()).await;
    log_in(nobody.login(&challenge, origin).unwrap()).await.refused(401, "not_logged_in");

    let challenge = host.challenge(&anna.account()).await;
    let late = anna.vault().login(&challenge, origin).unwrap();
    let turn = "UPDATE challenges SET expires_at = expires_at - 61";
    sqlx::query(turn).execute(&host.database().await).await.unwrap();
    log_in(late).await.refused(401, "not_logged_in");

    // A signature made for another purpose is none for this one.
    log_in(anna.created.key_log_entry.clone()).await.refused(422, "not_sealed: wrong_purpose");
    log_in(vec![0; 10]).await.refused(422, "not_sealed: malformed");
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
async fn the_cookie_is_for_this_origins_requests_alone_and_not_in_the_database() {
    let host = Host::start_with(&["--origin", "https://notes.example"]).await;
    let anna = Vault::create(host.tenant, PASSPHRASE, now()).unwrap();
    host.post("/api/accounts", sign_up("demo-anna", &anna)).await.expect(201);
    let challenge = host.challenge(&anna.vault.account().to_string()).await;
    let login = anna.vault.login(&challenge, "https://notes.example").unwrap();
    let reply = host.post("/api/login", json!({ "login": base64(&login) })).await;
    let cookie = reply.headers[header::SET_COOKIE].to_str().unwrap();
    for attribute in ["HttpOnly", "SameSite=Strict", "Path=/api", "Secure"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    let token = cookie.split(['=', ';']).nth(1).unwrap();
    let raw = (0..32).map(|i| u8::from_str_radix(&token[2 * i..2 * i + 2], 16).unwrap()).collect::<Vec<_>>();
    for file in std::fs::read_dir(host.data.as_ref().unwrap().path()).unwrap() {
        let stored = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!stored.windows(32).any(|window| window == raw));
        assert!(!stored.windows(64).any(|window| window == token.as_bytes()));
    }
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
    let (mut anna, mut bert) = (host.person("demo-anna").await, host.person("demo-bert").await);
    let me = anna.get("/api/me").await.expect(200);
    assert_eq!(bytes(&me["vault"]), anna.created.sealed_vault);
    assert_eq!(bytes(&me["slots"][0]), anna.created.slot);

    let slot = anna.created.slot.clone();
    let next = "another four synthetic words";
    let changed = anna.created.vault.change_passphrase([slot.as_slice()], PASSPHRASE, next).unwrap();
    let body = json!({ "vault": base64(&changed.sealed_vault), "slots": [base64(&changed.slot)], "expects": 1 });
    assert_eq!(anna.put("/api/vault", body.clone()).await.expect(200), json!({ "generation": 2 }));
    assert_eq!(anna.put("/api/vault", body.clone()).await.expect(200), json!({ "generation": 2 }), "repeated");

    let unlock = host.get("/api/accounts/demo-anna/unlock", None).await.expect(200);
    assert_eq!(unlock["slots"].as_array().unwrap().len(), 1, "only the newest of a slot");
    let slots = [bytes(&unlock["slots"][0])];
    let open = |passphrase| {
        let slots = slots.iter().map(Vec::as_slice);
        Vault::unlock(&bytes(&unlock["vault"]), slots, passphrase, &anna.created.account_secret)
    };
    assert_eq!(open(next).unwrap().generation(), 2);
    assert_eq!(open(PASSPHRASE).unwrap_err(), Error::WrongPassphrase);

    // A vault that was changed on another device meanwhile is not overwritten.
    let entry = bert.created.key_log_entry.clone();
    let identity = Identity::from_key_log(bert.vault().account(), [entry.as_slice()]).unwrap();
    let mut stale = Vault::unlock(
        &anna.created.sealed_vault,
        [anna.created.slot.as_slice()],
        PASSPHRASE,
        &anna.created.account_secret,
    )
    .unwrap();
    let (_, stale) = stale.confirm(&identity, &identity.fingerprint(), now()).unwrap();
    let stale = json!({ "vault": base64(&stale), "slots": [], "expects": 1 });
    let conflict = anna.put("/api/vault", stale).await.refused(409, "conflict");
    assert_eq!(conflict["error"]["current"], json!({ "generation": 2 }));

    // Changes without a slot, such as a pin, need none.
    let (_, pinned) = anna.created.vault.confirm(&identity, &identity.fingerprint(), now()).unwrap();
    let put = |vault: &[u8], expects: u64| json!({ "vault": base64(vault), "expects": expects });
    anna.put("/api/vault", put(&pinned, 1)).await.refused(422, "not_sealed: wrong_generation");
    anna.put("/api/vault", put(&pinned, 5)).await.refused(422, "not_sealed: wrong_generation");
    bert.put("/api/vault", put(&pinned, 2)).await.refused(422, "not_sealed: wrong_account");
    assert_eq!(anna.put("/api/vault", put(&pinned, 2)).await.expect(200), json!({ "generation": 3 }));

    // A slot from before the change does not come back.
    let (_, vault) = anna.created.vault.confirm(&identity, &identity.fingerprint(), now()).unwrap();
    let back = json!({ "vault": base64(&vault), "slots": [base64(&slot)], "expects": 3 });
    anna.put("/api/vault", back).await.refused(409, "conflict");
    let me = anna.get("/api/me").await.expect(200);
    assert_eq!((bytes(&me["vault"]), bytes(&me["slots"][0])), (pinned, changed.slot), "all or nothing");

    // Signing up once more with the first vault is still that same account's sign-up, and changes nothing.
    let again = sign_up("demo-anna", &anna.created);
    host.post("/api/accounts", again).await.expect(200);
    assert_eq!(anna.get("/api/me").await.expect(200), me);

    let slot = bert.created.slot.clone();
    let changed = bert.created.vault.change_passphrase([slot.as_slice()], PASSPHRASE, next).unwrap();
    let swapped =
        json!({ "vault": base64(&changed.sealed_vault), "slots": [base64(&anna.created.slot)], "expects": 1 });
    bert.put("/api/vault", swapped).await.refused(422, "not_sealed: wrong_account");
}
