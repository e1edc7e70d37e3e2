//! Login: one signature, of the account's newest key, for one challenge at one origin, and for nothing else.

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
    AboutToStore, OwnRequest, RequestKind,
    format::{
        Purpose,
        account::Login,
        container::{ChartRecord, PrivateNote},
        cose::Sign1,
        ledger::LedgerEntry,
        version::Drawer,
    },
};
use serde_json::json;

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
    let nobody = create(host.tenant).vault;
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

/// Of the very same login, sent many times at once, one gets in.
#[tokio::test]
async fn a_challenge_is_answered_once_however_fast() {
    let host = Host::start().await;
    let anna = host.person("demo-anna").await;
    for _ in 0..5 {
        let challenge = host.challenge(&anna.account()).await;
        let login = json!({ "login": base64(&anna.vault().login(&challenge, &host.origin).unwrap()) });
        let send = || host.post("/api/login", login.clone());
        let replies = tokio::join!(send(), send(), send(), send(), send(), send());
        let replies: [Reply; 6] = replies.into();
        let mut statuses = replies.map(|reply| reply.status.as_u16());
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 401, 401, 401, 401, 401]);
    }
}

/// What a hostile page or server may have got signed for something else.
#[tokio::test]
async fn a_signature_for_something_else_is_no_login() {
    let host = Host::start().await;
    let (anna, bert) = (host.person("demo-anna").await, host.person("demo-bert").await);
    let log_in = async |login: &[u8]| host.post("/api/login", json!({ "login": base64(login) })).await;
    let (note, record) = (anna.note("Synthetic."), anna.record(&[grant_to(&bert.identity())]));
    let stored = AboutToStore { versions: &[&note.bytes], ..Default::default() };
    let entry = anna.vault().ledger().seal(stored, None, now()).unwrap().unwrap();
    let own_request = OwnRequest::make(anna.vault().account(), RequestKind::Trustees, now()).unwrap();
    let note = PrivateNote::decode(&note.bytes).unwrap();
    let chart = ChartRecord::decode(&record.bytes).unwrap();
    for (what, signed) in [
        ("version", note.version.signed.raw),
        ("version", chart.version.signed.raw),
        ("grant", &record.grants[0].bytes),
        ("key log entry", &anna.created.key_log_entry),
        ("ledger entry", LedgerEntry::decode(&entry).unwrap().signed.raw),
    ] {
        host.challenge(&anna.account()).await;
        let refused = log_in(signed).await;
        assert_eq!((refused.status.as_u16(), refused.refusal().as_str()), (422, "not_sealed: wrong_purpose"), "{what}");
    }
    log_in(own_request.bytes()).await.refused(422, "not_sealed: malformed");

    // The payload is a login's to the letter, and the header says so too: what was signed names another purpose.
    let mallory = Forger::new(host.tenant, 1);
    mallory.join(&host, "demo-mallory").await;
    for made_for in Purpose::ALL {
        let challenge = host.challenge(&mallory.account.to_string()).await;
        let payload = Login::encode_payload(mallory.account, &host.origin, &challenge);
        let reply = log_in(&mallory.sign_as(*made_for, Purpose::Login, &payload)).await;
        match made_for {
            Purpose::Login => drop(reply.expect(200)),
            _ => drop(reply.refused(401, "not_logged_in")),
        }
    }
}

/// And the reverse: whoever gets challenges of her choosing signed has nothing that is stored.
#[tokio::test]
async fn a_login_is_nothing_else() {
    let host = Host::start().await;
    let (mallory, oscar) = (Forger::new(host.tenant, 1), Forger::new(host.tenant, 2));
    let cookie = mallory.join(&host, "demo-mallory").await;
    oscar.join(&host, "demo-oscar").await;
    let put = async |method: Method, path: &str, body| host.send(method, path, Some(&cookie), Some(&body)).await;
    let challenge = host.challenge(&mallory.account.to_string()).await;
    let login = mallory.sign(Purpose::Login, &Login::encode_payload(mallory.account, &host.origin, &challenge));

    let record = fresh_record();
    let forged = mallory.version(mallory.manifest(Drawer::Private, record, None), &["note"], 1);
    let note = PrivateNote::decode(&forged.sealed).unwrap();
    let instead = PrivateNote::encode(&login, note.wrap.raw, note.body.raw);
    let at = format!("/api/private/notes/{record}/versions/1");
    put(Method::PUT, &at, json!({ "sealed": base64(&instead) })).await.refused(422, "not_sealed: wrong_purpose");
    let entry = json!({ "entry": base64(&LedgerEntry::encode(&login, note.body.raw)) });
    put(Method::POST, "/api/ledger", entry).await.refused(422, "not_sealed: wrong_purpose");
    let record = fresh_record();
    let chart = mallory.version(mallory.manifest(Drawer::Chart, record, None), &["plan"], 1);
    let at = format!("/api/chart/records/{record}/versions/1");
    put(Method::PUT, &at, json!({ "sealed": base64(&chart.sealed) })).await.expect(201);
    let grants = format!("{at}/grants");
    put(Method::POST, &grants, json!({ "grants": [base64(&login)] })).await.refused(422, "not_sealed: wrong_purpose");
    let vault =
        |entry: &[u8]| json!({ "vault": base64(&mallory.vault(2)), "keyLogEntries": [base64(entry)], "expects": 1 });
    put(Method::PUT, "/api/vault", vault(&login)).await.refused(422, "not_sealed: wrong_purpose");

    // Signed as a login, and in every other way what it says it is.
    let rotation = Forger::rotation_payload(&oscar, 2, &mallory.entry);
    let signed = |made_for| mallory.sign_as(made_for, Purpose::KeyLog, &rotation);
    put(Method::PUT, "/api/vault", vault(&signed(Purpose::Login))).await.refused(422, "not_sealed: bad_signature");
    let good = mallory.grant_to(&chart, &oscar, &["plan"]);
    let payload = Sign1::decode(&good, Purpose::Grant).unwrap().payload;
    let grant = |made_for| json!({ "grants": [base64(&mallory.sign_as(made_for, Purpose::Grant, payload))] });
    put(Method::POST, &grants, grant(Purpose::Login)).await.refused(422, "not_sealed: bad_signature");
    put(Method::POST, &grants, grant(Purpose::Grant)).await.expect(201);
    put(Method::PUT, "/api/vault", vault(&signed(Purpose::KeyLog))).await.expect(200);
}

#[tokio::test]
async fn after_a_rotation_the_earlier_key_logs_nobody_in() {
    let host = Host::start().await;
    let mut anna = host.settled("demo-anna").await;
    let other = anna.session(None).await;
    let waiting = host.challenge(&anna.account()).await;
    let mut kit = anna.vault().prepare_rotation(stretched_anew(), &[], None, now()).unwrap();
    kit.confirm(&kit.recovery_code.clone(), now()).unwrap();
    let change = kit.change().unwrap();
    anna.put("/api/vault", change_of(&change, 2)).await.expect(200);
    host.get("/api/me", Some(&other)).await.refused(401, "not_logged_in");

    let log_in = async |login: Vec<u8>| host.post("/api/login", json!({ "login": base64(&login) })).await;
    // A challenge from before is answered no better than a new one.
    log_in(anna.vault().login(&waiting, &host.origin).unwrap()).await.refused(401, "not_logged_in");
    anna.try_log_in(None).await.refused(401, "not_logged_in");
    anna.try_log_in(Some(device(1))).await.refused(401, "not_logged_in");
    anna.created.vault = kit.commit().unwrap();
    anna.log_in().await;
    anna.get("/api/me").await.expect(200);
}
