//! Getting back in with the help of others: a device of one's own, and trustees.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

mod common;

use common::*;
use reqwest::Method;
use sealed_notes::{
    AccountId, DealKind, Dealt, DealtShare, Error, OpenedShare, OwnRequest, RequestKind, ShareFor, UnlockWith,
};
use serde_json::{Value, json};

fn make(account: AccountId, kind: RequestKind) -> OwnRequest {
    OwnRequest::make(account, kind, now()).unwrap()
}

async fn send(host: &Host, request: &[u8]) -> Reply {
    host.post("/api/requests", json!({ "request": base64(request) })).await
}

/// Where a request is, once it was sent.
async fn sent(host: &Host, request: &OwnRequest) -> String {
    let stored = send(host, request.bytes()).await.expect(201);
    format!("/api/requests/{}", stored["request"].as_str().unwrap())
}

/// From one of many addresses.
async fn sent_from(host: &Host, address: usize, request: &OwnRequest) -> Reply {
    let raw = host.raw(Method::POST, "/api/requests").header("x-forwarded-for", format!("203.0.113.{address}"));
    Host::reply(raw.json(&json!({ "request": base64(request.bytes()) }))).await
}

async fn answers(host: &Host, path: &str) -> Vec<Vec<u8>> {
    let found = host.get(path, None).await.expect(200);
    assert!(found["expiresAt"].is_string(), "{found}");
    found["answers"].as_array().unwrap().iter().map(bytes).collect()
}

async fn answer(person: &Person<'_>, path: &str, sealed: &[u8]) -> Reply {
    person.post(&format!("{path}/answers"), json!({ "sealed": base64(sealed) })).await
}

async fn listed(person: &Person<'_>) -> Vec<Value> {
    person.get("/api/requests").await.expect(200)["requests"].as_array().unwrap().clone()
}

fn none() -> Value {
    json!({ "answers": [], "expiresAt": null })
}

/// Anna's trustees are Bert, Carl and a sheet of paper; two of them are enough.
async fn deal(host: &Host, anna: &mut Person<'_>, people: &[&Person<'_>]) -> Dealt {
    let verified: Vec<_> = people.iter().map(|person| person.identity()).collect();
    let mut shares: Vec<_> = verified.iter().map(|to| ShareFor { name: "Trustee", to: Some(to) }).collect();
    shares.push(ShareFor { name: "Notary", to: None });
    let dealt = anna.created.vault.deal_trustees(2, &shares, now()).unwrap();
    anna.save(&dealt.change).await;
    put_deal(anna, &dealt).await.expect(201);
    assert_eq!(host.unlock_data(&anna.handle).await.slots.len(), 3);
    dealt
}

async fn put_deal(anna: &Person<'_>, dealt: &Dealt) -> Reply {
    let body = json!({ "kind": "trustees", "shares": shares_of(&dealt.shares) });
    anna.put(&format!("/api/deals/{}", dealt.deal), body).await
}

/// What a trustee's own vault makes of the share that the server keeps for her.
async fn open_share(host: &Host, trustee: &Person<'_>) -> OpenedShare {
    let shares = trustee.get("/api/shares").await.expect(200);
    let share = &shares["shares"][0];
    assert_eq!((&share["kind"], &share["handle"]), (&json!("trustees"), &json!("demo-anna")));
    let owner = host.unlock_data("demo-anna").await.identity();
    let deal = share["deal"].as_str().unwrap().parse().unwrap();
    trustee.vault().open_share(&owner, DealKind::Trustees, deal, &bytes(&share["sealed"])).unwrap()
}

#[tokio::test]
async fn a_new_device_gets_the_account_secret_from_an_old_one() {
    let host = Host::start().await;
    let (anna, bert) = (host.settled("demo-anna").await, host.settled("demo-bert").await);
    let account = anna.vault().account();
    let own = make(account, RequestKind::Device);
    let path = sent(&host, &own).await;
    assert_eq!(answers(&host, &path).await, Vec::<Vec<u8>>::new());
    // Sent once more, it is the same one.
    let first = send(&host, own.bytes()).await.expect(200);
    assert_eq!(first["expiresAt"], host.get(&path, None).await.expect(200)["expiresAt"]);

    // The old device sees it, nobody else does.
    let open = listed(&anna).await;
    assert_eq!(open.len(), 1);
    let expected = json!({
        "request": first["request"], "sealed": base64(own.bytes()), "kind": "device", "account": anna.account(),
        "handle": "demo-anna", "createdAt": open[0]["createdAt"], "answered": false,
    });
    assert_eq!(open[0], expected);
    assert_eq!(listed(&bert).await, Vec::<Value>::new());
    assert_eq!(anna.events().await, ["signed_up"]);

    let code = own.code().unwrap();
    let sealed = anna.vault().answer_device(own.bytes(), &code).unwrap();
    answer(&bert, &path, &sealed).await.refused(404, "not_found");
    let elsewhere = make(account, RequestKind::Device);
    let misplaced = anna.vault().answer_device(elsewhere.bytes(), &elsewhere.code().unwrap()).unwrap();
    answer(&anna, &path, &misplaced).await.refused(422, "not_sealed: wrong_request");
    answer(&anna, &path, b"the secret in the clear").await.refused(422, "not_sealed: malformed");
    answer(&anna, &path, &anna.created.slots[0]).await.refused(422, "not_sealed: malformed");
    answer(&anna, &path, &[0; 4097]).await.refused(422, "not_sealed: too_long");
    assert_eq!(answers(&host, &path).await, Vec::<Vec<u8>>::new());
    assert_eq!(answer(&anna, &path, &sealed).await.status, 204);
    let again = anna.vault().answer_device(own.bytes(), &code).unwrap();
    assert_eq!(answer(&anna, &path, &again).await.status, 204);
    assert_eq!(answers(&host, &path).await, std::slice::from_ref(&again), "the second in place of the first");
    assert_eq!(listed(&anna).await[0]["answered"], true);

    let secret = own.open_device_answer(&again).unwrap().account_secret;
    let vault = host.unlock_data("demo-anna").await.unlock_by_passphrase(PASSPHRASE, &secret).unwrap();
    assert_eq!(vault.account(), account);
}

#[tokio::test]
async fn two_of_three_trustees_bring_somebody_back_in() {
    let host = Host::start().await;
    let (mut anna, bert, carl, dora) = (
        host.settled("demo-anna").await,
        host.settled("demo-bert").await,
        host.settled("demo-carl").await,
        host.settled("demo-dora").await,
    );
    let dealt = deal(&host, &mut anna, &[&bert, &carl]).await;
    put_deal(&anna, &dealt).await.expect(200);
    assert_eq!(anna.events().await[..2], ["trustees_dealt", "slots_changed"], "told once");
    let Some(DealtShare::Printed { text, .. }) = dealt.shares.last() else { panic!("no paper") };
    assert_eq!(dora.get("/api/shares").await.expect(200), json!({ "shares": [] }));
    assert_eq!(anna.get("/api/shares").await.expect(200), json!({ "shares": [] }), "what others dealt");

    // Anna lost everything. Somebody who says she is her makes a request and reads its code aloud.
    let own = make(anna.vault().account(), RequestKind::Trustees);
    let path = sent(&host, &own).await;
    let events = anna.get("/api/events").await.expect(200);
    let request = path.rsplit('/').next().unwrap();
    let told = &events["events"][0];
    assert_eq!((&told["kind"], &told["actor"]), (&json!("recovery_requested"), &Value::Null));
    assert_eq!(told["subject"], request);
    for (person, sees) in [(&anna, 1), (&bert, 1), (&carl, 1), (&dora, 0)] {
        assert_eq!(listed(person).await.len(), sees, "{}", person.handle);
    }

    let berts = open_share(&host, &bert).await;
    let wrong_code = make(anna.vault().account(), RequestKind::Trustees).code().unwrap();
    assert_eq!(bert.vault().answer_with_share(&berts, own.bytes(), &wrong_code).unwrap_err(), Error::WrongCode);
    let sealed = bert.vault().answer_with_share(&berts, own.bytes(), &own.code().unwrap()).unwrap();
    // Neither a stranger nor she herself answers it.
    for person in [&anna, &dora] {
        answer(person, &path, &sealed).await.refused(404, "not_found");
    }
    assert_eq!(answer(&bert, &path, &sealed).await.status, 204);
    assert_eq!(answer(&bert, &path, &sealed).await.status, 204);
    assert_eq!(anna.events().await[..2], ["share_given", "recovery_requested"], "told once");
    assert_eq!(anna.get("/api/events").await.expect(200)["events"][0]["actorHandle"], "demo-bert");
    assert_eq!(
        (listed(&bert).await[0]["answered"].clone(), listed(&carl).await[0]["answered"].clone()),
        (true.into(), false.into())
    );

    // One share is not enough, with the paper it is.
    let got = answers(&host, &path).await;
    let data = host.unlock_data("demo-anna").await;
    let owner = &data.identity();
    let from_bert = own.open_share(&got[0]).unwrap();
    let unlock = |shares: &[&[u8]]| data.unlock(UnlockWith::Shares { owner, shares });
    assert_eq!(unlock(&[&from_bert.bytes]).unwrap_err(), Error::TooFewShares { given: 1, needed: 2 });
    let paper = OpenedShare::from_text(owner, text).unwrap();
    assert_eq!(unlock(&[&from_bert.bytes, &paper.bytes]).unwrap().account(), anna.vault().account());
    // And so it is with Carl's.
    let carls = open_share(&host, &carl).await;
    let sealed = carl.vault().answer_with_share(&carls, own.bytes(), &own.code().unwrap()).unwrap();
    assert_eq!(answer(&carl, &path, &sealed).await.status, 204);
    let opened: Vec<_> = answers(&host, &path).await.iter().map(|sealed| own.open_share(sealed).unwrap()).collect();
    let shares: Vec<&[u8]> = opened.iter().map(|share| share.bytes.as_slice()).collect();
    let vault = unlock(&shares).unwrap();

    assert_eq!(vault.account(), anna.vault().account());
}

#[tokio::test]
async fn new_trustees_take_the_place_of_the_old() {
    let host = Host::start().await;
    let (mut anna, bert, carl, dora) = (
        host.settled("demo-anna").await,
        host.settled("demo-bert").await,
        host.settled("demo-carl").await,
        host.settled("demo-dora").await,
    );
    let first = deal(&host, &mut anna, &[&bert, &carl]).await;
    let own = make(anna.vault().account(), RequestKind::Trustees);
    let path = sent(&host, &own).await;
    let berts = open_share(&host, &bert).await;
    let sealed = bert.vault().answer_with_share(&berts, own.bytes(), &own.code().unwrap()).unwrap();

    deal(&host, &mut anna, &[&carl, &dora]).await;
    assert_eq!(bert.get("/api/shares").await.expect(200), json!({ "shares": [] }));
    assert_eq!(dora.get("/api/shares").await.expect(200)["shares"].as_array().unwrap().len(), 1);
    assert_eq!(listed(&bert).await, Vec::<Value>::new());
    answer(&bert, &path, &sealed).await.refused(404, "not_found");
    put_deal(&anna, &first).await.refused(409, "conflict");

    // Removing the slot ends the deal with it.
    let slot = anna.vault().unlock_slots().iter().find(|slot| slot.kind == sealed_notes::SlotKind::Trustees).unwrap();
    let removed = anna.created.vault.remove_slot(slot.slot).unwrap();
    anna.save(&removed).await;
    for person in [&carl, &dora] {
        assert_eq!(person.get("/api/shares").await.expect(200), json!({ "shares": [] }));
        assert_eq!(listed(person).await, Vec::<Value>::new());
    }
}

#[tokio::test]
async fn requests_are_over_in_time_or_when_the_owner_ends_them() {
    let host = Host::start().await;
    let (mut anna, bert, carl) =
        (host.settled("demo-anna").await, host.settled("demo-bert").await, host.settled("demo-carl").await);
    deal(&host, &mut anna, &[&bert, &carl]).await;
    let account = anna.vault().account();
    let db = host.database().await;
    let later = async |seconds: i64| {
        sqlx::query("UPDATE requests SET expires_at = expires_at - ?").bind(seconds).execute(&db).await.unwrap();
    };
    for (kind, lasts) in [(RequestKind::Device, 15 * 60), (RequestKind::Trustees, 30 * 86_400)] {
        let own = make(account, kind);
        let path = sent(&host, &own).await;
        later(lasts - 5).await;
        assert_eq!(listed(&anna).await.len(), 1);
        assert_eq!(answers(&host, &path).await.len(), 0);
        let shares = open_share(&host, &bert).await;
        let (helper, sealed) = match kind {
            RequestKind::Device => (&anna, anna.vault().answer_device(own.bytes(), &own.code().unwrap()).unwrap()),
            _ => (&bert, bert.vault().answer_with_share(&shares, own.bytes(), &own.code().unwrap()).unwrap()),
        };
        assert_eq!(answer(helper, &path, &sealed).await.status, 204);
        later(10).await;
        assert_eq!(host.get(&path, None).await.expect(200), none());
        assert_eq!((listed(&anna).await.len(), listed(&bert).await.len()), (0, 0));
        answer(helper, &path, &sealed).await.refused(404, "not_found");
        // The rows go as well.
        let next = sent(&host, &make(account, RequestKind::Device)).await;
        let left: (i64, i64) = sqlx::query_as("SELECT (SELECT count(*) FROM requests), (SELECT count(*) FROM answers)")
            .fetch_one(&db)
            .await
            .unwrap();
        assert_eq!(left, (1, 0));
        bert.delete(&next).await.refused(404, "not_found");
        assert_eq!(anna.delete(&next).await.status, 204);
        assert_eq!(host.get(&next, None).await.expect(200), none());
        anna.delete(&next).await.refused(404, "not_found");
    }
    // A trustee does not end it, its owner does, with the answers.
    let own = make(account, RequestKind::Trustees);
    let path = sent(&host, &own).await;
    bert.delete(&path).await.refused(404, "not_found");
    assert_eq!(anna.delete(&path).await.status, 204);
    assert_eq!(listed(&bert).await, Vec::<Value>::new());
    assert_eq!(host.get(&path, None).await.expect(200), none());
}

#[tokio::test]
async fn what_is_asked_for_nobody_looks_like_what_is_asked_for_somebody() {
    let host = Host::start().await;
    let anna = host.person("demo-anna").await;
    let nobody = AccountId([9; 32]);
    for kind in [RequestKind::Device, RequestKind::Trustees] {
        let (hers, nobodys) = (make(anna.vault().account(), kind), make(nobody, kind));
        let mut seen = Vec::new();
        for own in [&hers, &nobodys] {
            let mut stored = send(&host, own.bytes()).await.expect(201);
            let path = format!("/api/requests/{}", stored["request"].as_str().unwrap());
            let mut again = send(&host, own.bytes()).await.expect(200);
            let mut found = host.get(&path, None).await.expect(200);
            assert_eq!(found["expiresAt"], stored["expiresAt"]);
            for answer in [&mut stored, &mut again, &mut found] {
                assert!(answer["expiresAt"].is_string());
                answer["request"] = json!(null);
                answer["expiresAt"] = json!(null);
            }
            seen.push((stored, again, found));
        }
        assert_eq!(seen[0], seen[1]);
    }
    let claim = anna.vault().claim_will(anna.vault().account(), now());
    send(&host, &claim).await.refused(400, "bad_request");
    send(&host, b"let me in").await.refused(422, "not_sealed: malformed");
    let unknown = format!("/api/requests/{}", "0".repeat(64));
    assert_eq!(host.get(&unknown, None).await.expect(200), none());
    assert_eq!(anna.events().await, ["recovery_requested", "signed_up"]);
}

/// Anybody may ask for anybody: that must neither fill the disk nor hide what matters.
#[tokio::test]
async fn a_flood_of_requests_leaves_little_behind() {
    let host = Host::start_with(&["--behind-proxy"]).await;
    let (mut anna, bert, carl) =
        (host.settled("demo-anna").await, host.settled("demo-bert").await, host.settled("demo-carl").await);
    deal(&host, &mut anna, &[&bert, &carl]).await;
    let account = anna.vault().account();
    let device = make(account, RequestKind::Device);
    let device = sent(&host, &device).await;
    let own = make(account, RequestKind::Trustees);
    let path = sent(&host, &own).await;
    let share = open_share(&host, &bert).await;
    let sealed = bert.vault().answer_with_share(&share, own.bytes(), &own.code().unwrap()).unwrap();
    answer(&bert, &path, &sealed).await;
    let honest = sent(&host, &make(account, RequestKind::Trustees)).await;
    // One address alone pushes nothing out.
    let mut refused = 0;
    for _ in 0..15 {
        let reply = sent_from(&host, 250, &make(account, RequestKind::Trustees)).await;
        refused += usize::from(reply.status == 429);
    }
    assert_eq!(refused, 5);
    assert_eq!(sent_from(&host, 250, &make(AccountId([9; 32]), RequestKind::Trustees)).await.status, 201);
    answers(&host, &honest).await;
    let mut last = String::new();
    for address in 0..60 {
        let stored = sent_from(&host, address, &make(account, RequestKind::Trustees)).await.expect(201);
        last = format!("/api/requests/{}", stored["request"].as_str().unwrap());
    }
    assert_eq!(listed(&bert).await.len(), 50);
    assert_eq!(listed(&anna).await.len(), 51, "those to her trustees, and that of her device");
    assert_eq!(answers(&host, &path).await, [sealed], "what was answered stays");
    assert_eq!(answers(&host, &last).await.len(), 0);
    assert_eq!(answers(&host, &device).await.len(), 0);
    let events = anna.events().await;
    assert_eq!(events.iter().filter(|kind| *kind == "recovery_requested").count(), 50, "{events:?}");
    assert_eq!(events.iter().filter(|kind| *kind == "share_given").count(), 1, "{events:?}");

    // A trustee who asks and answers herself.
    for address in 0..12 {
        let own = make(account, RequestKind::Trustees);
        let stored = sent_from(&host, 100 + address, &own).await.expect(201);
        let path = format!("/api/requests/{}", stored["request"].as_str().unwrap());
        let sealed = bert.vault().answer_with_share(&share, own.bytes(), &own.code().unwrap()).unwrap();
        assert_eq!(answer(&bert, &path, &sealed).await.status, 204);
    }
    let events = anna.events().await;
    assert_eq!(events.iter().filter(|kind| *kind == "share_given").count(), 10, "{events:?}");
    assert_eq!(events.last().unwrap(), "signed_up");

    let db = host.database().await;
    let sql = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 12000)
        INSERT INTO requests (request, account, kind, sealed, created_at, expires_at)
        SELECT randomblob(32), randomblob(32), 1, x'00', 1, 9999999999 FROM n";
    sqlx::query(sql).execute(&db).await.unwrap();
    sent(&host, &make(AccountId([9; 32]), RequestKind::Device)).await;
    let count: i64 = sqlx::query_scalar("SELECT count(*) FROM requests").fetch_one(&db).await.unwrap();
    assert_eq!(count, 10_000 + 51);
}

#[tokio::test]
async fn asking_is_slowed_down_at_the_door() {
    let host = Host::start_with(&["--door-per-minute", "4"]).await;
    let own = make(AccountId([9; 32]), RequestKind::Device);
    let path = sent(&host, &own).await;
    for _ in 0..3 {
        host.get(&path, None).await.expect(200);
    }
    host.get(&path, None).await.refused(429, "too_many_requests");
    send(&host, own.bytes()).await.refused(429, "too_many_requests");
    host.send(Method::GET, "/api/requests", None, None).await.refused(401, "not_logged_in");
}
