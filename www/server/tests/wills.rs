//! The professional will: issued, claimed, waited for, opened by enough executors, cancelled by its author.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

mod common;

use std::time::Duration;

use common::{forger::seal, *};
use sealed_notes::{
    DealKind, Error, IssuedWill, OpenedShare, OpenedWill, Request, ShareFor, Timestamp, WillScope,
    format::{
        Purpose,
        cose::Header,
        recovery::{Will, WillParameters},
    },
};
use serde_json::{Value, json};

async fn issue(anna: &mut Person<'_>, scope: WillScope, days: u64, executors: &[&Person<'_>]) -> IssuedWill {
    let verified: Vec<_> = executors.iter().map(|person| person.identity()).collect();
    let people: Vec<_> = verified.iter().map(|to| ShareFor { name: "Executor", to: Some(to) }).collect();
    let issued = anna.created.vault.issue_will(scope, days, 2, &people, now()).unwrap();
    anna.save(&issued.change).await;
    put(anna, &issued).await.expect(201);
    issued
}

fn deal_of(issued: &IssuedWill) -> Value {
    json!({ "kind": "will", "shares": shares_of(&issued.shares), "will": base64(&issued.will) })
}

async fn put(anna: &Person<'_>, issued: &IssuedWill) -> Reply {
    anna.put(&format!("/api/deals/{}", issued.deal), deal_of(issued)).await
}

fn at(anna: &Person<'_>, what: &str) -> String {
    format!("/api/wills/{}/{what}", anna.account())
}

/// `later`: in seconds. Two claims of one second are one.
async fn claim(executor: &Person<'_>, anna: &Person<'_>, later: u64) -> Reply {
    let request = executor.vault().claim_will(anna.vault().account(), Timestamp(now().0 + later));
    executor.post(&at(anna, "claims"), json!({ "request": base64(&request) })).await
}

/// An executor's own share, as the server keeps it for him.
async fn own_share(host: &Host, executor: &Person<'_>) -> OpenedShare {
    let shares = executor.get("/api/shares").await.expect(200);
    let share = shares["shares"].as_array().unwrap().iter().find(|share| share["kind"] == "will").unwrap();
    let owner = host.unlock_data(share["handle"].as_str().unwrap()).await.identity();
    let deal = share["deal"].as_str().unwrap().parse().unwrap();
    executor.vault().open_share(&owner, DealKind::Will, deal, &bytes(&share["sealed"])).unwrap()
}

/// Hands an executor's share on to the claim that he finds among his requests.
async fn hand_on(host: &Host, executor: &Person<'_>) -> Reply {
    let requests = executor.get("/api/requests").await.expect(200);
    let open = &requests["requests"][0];
    assert_eq!((&open["kind"], requests["requests"].as_array().unwrap().len()), (&json!("will"), 1));
    let request = bytes(&open["sealed"]);
    let code = Request::decode(&request).unwrap().code();
    let share = own_share(host, executor).await;
    let sealed = executor.vault().answer_with_share(&share, &request, &code).unwrap();
    let path = format!("/api/requests/{}/answers", open["request"].as_str().unwrap());
    executor.post(&path, json!({ "sealed": base64(&sealed) })).await
}

fn lists(answer: &Value, name: &str) -> Vec<Vec<u8>> {
    answer[name].as_array().unwrap().iter().map(|entry| bytes(&entry["sealed"])).collect()
}

#[tokio::test]
async fn a_will_is_claimed_waited_for_and_opened() {
    let host = Host::start_with(&["--day-seconds", "5"]).await;
    let (mut anna, bert, carl, dora) = (
        host.settled("demo-anna").await,
        host.settled("demo-bert").await,
        host.settled("demo-carl").await,
        host.settled("demo-dora").await,
    );
    assert_eq!(anna.get("/api/will").await.expect(200), json!({ "will": null }));
    let (note, record) = (anna.note("For my executors."), anna.record(&[]));
    anna.put_note(&note).await.expect(201);
    anna.put_record(&record, &[]).await.expect(201);
    let edited = edit(&anna, &record.bytes, &[]);
    anna.put_record(&edited, &[]).await.expect(201);
    let issued = issue(&mut anna, WillScope::ChartAndPrivate, 1, &[&bert, &carl, &dora]).await;
    put(&anna, &issued).await.expect(200);
    assert_eq!(anna.events().await, ["will_issued", "signed_up"], "told once");

    let own = anna.get("/api/will").await.expect(200)["will"].clone();
    let stored_at = own["storedAt"].clone();
    let expected = json!({ "deal": issued.deal.to_string(), "scope": "chart-and-private", "waitingDays": 1, "storedAt": stored_at, "claims": [] });
    assert_eq!(own, expected);
    let held = bert.get("/api/wills").await.expect(200)["wills"][0].clone();
    let expected = json!({
        "deal": issued.deal.to_string(), "account": anna.account(), "handle": "demo-anna", "scope": "chart-and-private",
        "waitingDays": 1, "storedAt": stored_at, "claim": null,
    });
    assert_eq!(held, expected);
    for what in ["claim", "will", "chart", "private"] {
        bert.get(&at(&anna, what)).await.refused(404, "not_found");
    }

    let request = bert.vault().claim_will(anna.vault().account(), now());
    let body = json!({ "request": base64(&request) });
    let claimed = bert.post(&at(&anna, "claims"), body.clone()).await.expect(201);
    let before = now();
    assert_eq!(bert.post(&at(&anna, "claims"), body).await.expect(200), claimed, "repeated");
    let expected = json!({
        "request": claimed["request"], "claimant": bert.account(), "handle": "demo-bert", "claimedAt": claimed["claimedAt"],
        "readyAt": claimed["readyAt"], "cancelledAt": null, "openedAt": null,
    });
    assert_eq!(claimed, expected);
    assert_eq!(anna.get("/api/will").await.expect(200)["will"]["claims"], json!([claimed]));
    let events = anna.get("/api/events").await.expect(200);
    let told = &events["events"][0];
    assert_eq!((&told["kind"], &told["actorHandle"]), (&json!("will_claimed"), &json!("demo-bert")));
    assert_eq!(told["subject"], claimed["request"]);

    // Carl hands his share on. Bert does not answer himself, and his claim is not open to all.
    assert_eq!(hand_on(&host, &carl).await.status, 204);
    assert_eq!(bert.get("/api/requests").await.expect(200), json!({ "requests": [] }));
    assert_eq!(anna.get("/api/requests").await.expect(200), json!({ "requests": [] }));
    let path = format!("/api/requests/{}", claimed["request"].as_str().unwrap());
    assert_eq!(host.get(&path, None).await.expect(200), json!({ "answers": [], "expiresAt": null }));
    let mine = bert.get(&at(&anna, "claim")).await.expect(200);
    assert_eq!((bytes(&mine["sealed"]), &mine["readyAt"]), (request.clone(), &claimed["readyAt"]));
    bert.post(&format!("{path}/answers"), json!({ "sealed": mine["answers"][0] })).await.refused(404, "not_found");
    let mut held = bert.get("/api/wills").await.expect(200)["wills"][0]["claim"].clone();
    assert_eq!((&held["mine"], &held["answers"]), (&json!(true), &json!(1)));
    held = carl.get("/api/wills").await.expect(200)["wills"][0]["claim"].clone();
    assert_eq!((&held["mine"], &held["handle"], &held["openedAt"]), (&json!(false), &json!("demo-bert"), &Value::Null));

    // Before its time nothing is handed out, to the others not even then.
    for what in ["will", "chart", "private"] {
        let refused = bert.get(&at(&anna, what)).await.refused(403, "waiting");
        let message = refused["error"]["message"].as_str().unwrap();
        assert!(message.contains(claimed["readyAt"].as_str().unwrap()), "{message}");
    }
    assert!(claimed["claimedAt"].as_str() < claimed["readyAt"].as_str());
    while now() < Timestamp(before.0 + 6) {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    for what in ["claim", "will", "chart", "private"] {
        carl.get(&at(&anna, what)).await.refused(404, "not_found");
    }
    let got = bert.get(&at(&anna, "will")).await.expect(200);
    bert.get(&at(&anna, "will")).await.expect(200);
    assert_eq!(anna.events().await[..3], ["will_opened", "share_given", "will_claimed"], "told once");
    assert!(anna.get("/api/will").await.expect(200)["will"]["claims"][0]["openedAt"].is_string());

    // One share opens nothing, two open what the scope names.
    let owner = host.unlock_data("demo-anna").await;
    assert_eq!(got["keyLog"].as_array().unwrap().iter().map(bytes).collect::<Vec<_>>(), owner.key_log);
    let (owner, will) = (owner.identity(), bytes(&got["sealed"]));
    let berts = own_share(&host, &bert).await;
    let too_few = OpenedWill::open(&will, &owner, &[&berts.bytes]).unwrap_err();
    assert_eq!(too_few, Error::TooFewShares { given: 1, needed: 2 });
    let carls = bert.vault().open_answer(&request, &bytes(&mine["answers"][0])).unwrap();
    let opened = OpenedWill::open(&will, &owner, &[&berts.bytes, &carls.bytes]).unwrap();
    let chart = bert.get(&at(&anna, "chart")).await.expect(200);
    assert_eq!((lists(&chart, "records"), &chart["next"]), (vec![edited.bytes.clone()], &Value::Null));
    assert_eq!(opened.open_chart(&edited.bytes).unwrap().sections["plan"].as_str(), "Edited plan.");
    let private = bert.get(&at(&anna, "private")).await.expect(200);
    assert_eq!(lists(&private, "notes"), std::slice::from_ref(&note.bytes));
    assert_eq!(opened.open_private(&note.bytes).unwrap().text.as_str(), "For my executors.");

    // In pages, as for the author.
    anna.put_record(&anna.record(&[]), &[]).await.expect(201);
    anna.put_note(&anna.note("One more.")).await.expect(201);
    for (what, list) in [("chart", "records"), ("private", "notes")] {
        let first = bert.get(&format!("{}?limit=1", at(&anna, what))).await.expect(200);
        let next = first["next"].as_str().unwrap();
        let rest = bert.get(&format!("{}?after={next}", at(&anna, what))).await.expect(200);
        assert_eq!((lists(&first, list).len(), lists(&rest, list).len(), &rest["next"]), (1, 1, &Value::Null));
    }
    // He reads; he writes nothing, and the ordinary routes stay shut.
    bert.get(&common::path(&edited)).await.refused(404, "not_found");
    bert.put_record(&edited, &[]).await.refused(422, "not_sealed: wrong_author");

    // Cancelling ends it even now.
    assert_eq!(anna.delete(&path).await.status, 204);
    for what in ["will", "chart", "private"] {
        bert.get(&at(&anna, what)).await.refused(403, "cancelled");
    }
}

/// A will that waits for as long as the library would not make it.
fn forge_days(will: &[u8], waiting_days: u64) -> Vec<u8> {
    let parameters = Will::decode(will).unwrap().parameters;
    let parameters = WillParameters { waiting_days, ..parameters }.encode();
    seal(Purpose::Will, Header::Committed { parameters: &parameters, commitment: [1; 32] }, 256)
}

#[tokio::test]
async fn the_author_cancels_a_claim() {
    let host = Host::start().await;
    let (mut anna, bert, carl, eve) = (
        host.settled("demo-anna").await,
        host.settled("demo-bert").await,
        host.settled("demo-carl").await,
        host.settled("demo-eve").await,
    );
    issue(&mut anna, WillScope::Chart, 0, &[&bert, &carl]).await;
    let request = bert.vault().claim_will(anna.vault().account(), now());
    let body = json!({ "request": base64(&request) });
    let claimed = bert.post(&at(&anna, "claims"), body.clone()).await.expect(201);
    assert_eq!(claimed["claimedAt"], claimed["readyAt"], "no waiting days");
    let path = format!("/api/requests/{}", claimed["request"].as_str().unwrap());
    hand_on(&host, &carl).await;
    for stranger in [&bert, &carl, &eve] {
        stranger.delete(&path).await.refused(404, "not_found");
    }
    bert.get(&at(&anna, "chart")).await.expect(200);
    assert_eq!(anna.delete(&path).await.status, 204);
    assert_eq!(anna.delete(&path).await.status, 204);
    let told = ["will_cancelled", "share_given", "will_claimed", "will_issued", "signed_up"];
    assert_eq!(anna.events().await, told, "told once");
    for what in ["will", "chart"] {
        bert.get(&at(&anna, what)).await.refused(403, "cancelled");
    }
    let mine = bert.get(&at(&anna, "claim")).await.expect(200);
    assert_eq!((mine["cancelledAt"].is_string(), &mine["answers"]), (true, &json!([])));
    assert_eq!(carl.get("/api/requests").await.expect(200), json!({ "requests": [] }));
    let answers = json!({ "sealed": base64(b"x") });
    carl.post(&format!("{path}/answers"), answers).await.refused(404, "not_found");

    // The same claim does not come back, a new one may be made, by whomever.
    bert.post(&at(&anna, "claims"), body).await.refused(409, "conflict");
    let cancelled = carl.get("/api/wills").await.expect(200)["wills"][0]["claim"].clone();
    assert_eq!((cancelled["cancelledAt"].is_string(), &cancelled["request"]), (true, &claimed["request"]));
    let second = claim(&carl, &anna, 0).await.expect(201);
    let held = bert.get("/api/wills").await.expect(200)["wills"][0]["claim"].clone();
    assert_eq!((&held["request"], &held["mine"], &held["answers"]), (&second["request"], &json!(false), &json!(0)));
    let claims = anna.get("/api/will").await.expect(200)["will"]["claims"].clone();
    assert_eq!((&claims[0], &claims[1]["request"]), (&second, &claimed["request"]), "the newest first");
    carl.get(&at(&anna, "will")).await.expect(200);
    bert.get(&at(&anna, "will")).await.refused(403, "cancelled");
}

#[tokio::test]
async fn a_will_for_the_chart_never_hands_out_the_private_drawer() {
    let host = Host::start().await;
    let (mut anna, bert, carl) =
        (host.settled("demo-anna").await, host.settled("demo-bert").await, host.settled("demo-carl").await);
    let (note, record) = (anna.note("Mine alone."), anna.record(&[]));
    anna.put_note(&note).await.expect(201);
    anna.put_record(&record, &[]).await.expect(201);
    issue(&mut anna, WillScope::Chart, 0, &[&bert, &carl]).await;
    claim(&bert, &anna, 0).await.expect(201);
    hand_on(&host, &carl).await;
    bert.get(&at(&anna, "private")).await.refused(403, "out_of_scope");
    let chart = bert.get(&at(&anna, "chart")).await.expect(200);
    assert_eq!(lists(&chart, "records"), std::slice::from_ref(&record.bytes));

    let (mine, got) = (bert.get(&at(&anna, "claim")).await.expect(200), bert.get(&at(&anna, "will")).await.expect(200));
    let owner = host.unlock_data("demo-anna").await.identity();
    let berts = own_share(&host, &bert).await;
    let carls = bert.vault().open_answer(&bytes(&mine["sealed"]), &bytes(&mine["answers"][0])).unwrap();
    let opened = OpenedWill::open(&bytes(&got["sealed"]), &owner, &[&berts.bytes, &carls.bytes]).unwrap();
    opened.open_chart(&record.bytes).unwrap();
    assert_eq!(opened.open_private(&note.bytes).err(), Some(Error::OutOfScope), "nor could it be opened");
}

#[tokio::test]
async fn a_will_ends_when_it_is_revoked_or_replaced() {
    let host = Host::start().await;
    let (mut anna, bert, carl, dora) = (
        host.settled("demo-anna").await,
        host.settled("demo-bert").await,
        host.settled("demo-carl").await,
        host.settled("demo-dora").await,
    );
    let first = issue(&mut anna, WillScope::ChartAndPrivate, 0, &[&bert, &carl]).await;
    claim(&bert, &anna, 0).await.expect(201);
    let second = issue(&mut anna, WillScope::Chart, 0, &[&carl, &dora]).await;
    assert_eq!(anna.events().await[..3], ["will_issued", "will_cancelled", "will_claimed"]);
    put(&anna, &first).await.refused(409, "conflict");
    for what in ["will", "chart", "private"] {
        bert.get(&at(&anna, what)).await.refused(403, "cancelled");
    }
    claim(&bert, &anna, 0).await.refused(404, "not_found");
    assert_eq!(bert.get("/api/wills").await.expect(200), json!({ "wills": [] }));
    assert_eq!(bert.get("/api/shares").await.expect(200), json!({ "shares": [] }));
    let own = anna.get("/api/will").await.expect(200);
    assert_eq!((&own["will"]["deal"], &own["will"]["claims"]), (&json!(second.deal.to_string()), &json!([])));
    // What was replaced is dropped for good.
    let dropped: i64 = sqlx::query_scalar("SELECT count(*) FROM deals WHERE will IS NULL AND removed_at IS NOT NULL")
        .fetch_one(&host.database().await)
        .await
        .unwrap();
    assert_eq!(dropped, 1);

    claim(&dora, &anna, 0).await.expect(201);
    dora.get(&at(&anna, "will")).await.expect(200);
    let deal = format!("/api/deals/{}", second.deal);
    dora.delete(&deal).await.refused(404, "not_found");
    assert_eq!(anna.delete(&deal).await.status, 204);
    assert_eq!(anna.delete(&deal).await.status, 204);
    let told = ["will_revoked", "will_cancelled", "will_opened", "will_claimed"];
    assert_eq!(anna.events().await[..4], told);
    dora.get(&at(&anna, "chart")).await.refused(403, "cancelled");
    assert_eq!(anna.get("/api/will").await.expect(200), json!({ "will": null }));
    assert_eq!(carl.get("/api/wills").await.expect(200), json!({ "wills": [] }));
}

#[tokio::test]
async fn wills_and_claims_that_do_not_fit_are_refused() {
    let host = Host::start().await;
    let (mut anna, bert, carl, eve) = (
        host.settled("demo-anna").await,
        host.settled("demo-bert").await,
        host.settled("demo-carl").await,
        host.settled("demo-eve").await,
    );
    let (berts, carls) = (bert.identity(), carl.identity());
    let people = [&berts, &carls].map(|to| ShareFor { name: "Executor", to: Some(to) });
    let mut make = || anna.created.vault.issue_will(WillScope::Chart, 30, 2, &people, now()).unwrap();
    let (good, other) = (make(), make());
    let put = async |who: &Person<'_>, deal: &IssuedWill, will: &[u8]| {
        let mut body = deal_of(deal);
        body["will"] = base64(will).into();
        who.put(&format!("/api/deals/{}", deal.deal), body).await
    };
    put(&anna, &good, &other.will).await.refused(422, "not_sealed: wrong_deal");
    put(&anna, &good, b"I leave my notes to Bert").await.refused(422, "not_sealed: malformed");
    put(&anna, &good, &anna.created.sealed_vault).await.refused(422, "not_sealed: wrong_purpose");
    put(&eve, &good, &good.will).await.refused(422, "not_sealed: wrong_account");
    assert!(anna.vault().clone().issue_will(WillScope::Chart, 366, 2, &people, now()).is_err());
    put(&anna, &good, &forge_days(&good.will, 366)).await.refused(422, "not_sealed: waits_too_long");
    assert_eq!(anna.events().await, ["signed_up"]);
    put(&anna, &good, &good.will).await.expect(201);

    let account = anna.vault().account();
    let claims = at(&anna, "claims");
    let post = async |who: &Person<'_>, path: &str, request: &[u8]| {
        who.post(path, json!({ "request": base64(request) })).await
    };
    let elsewhere = format!("/api/wills/{}/claims", eve.account());
    post(&eve, &claims, &eve.vault().claim_will(account, now())).await.refused(404, "not_found");
    post(&bert, &elsewhere, &bert.vault().claim_will(eve.vault().account(), now())).await.refused(404, "not_found");
    post(&anna, &claims, &anna.vault().claim_will(account, now())).await.refused(404, "not_found");
    post(&bert, &claims, &carl.vault().claim_will(account, now())).await.refused(422, "not_sealed: wrong_key");
    post(&bert, &claims, &bert.vault().claim_will(eve.vault().account(), now()))
        .await
        .refused(422, "not_sealed: wrong_account");
    let trustees = sealed_notes::OwnRequest::make(account, sealed_notes::RequestKind::Trustees, now()).unwrap();
    post(&bert, &claims, trustees.bytes()).await.refused(422, "not_sealed: wrong_kind");
    post(&bert, &claims, b"I claim it").await.refused(422, "not_sealed: malformed");
    assert_eq!(anna.events().await, ["will_issued", "signed_up"]);

    let claimed = post(&bert, &claims, &bert.vault().claim_will(account, now())).await.expect(201);
    // An answer to another request of the same claimant, to the same key.
    let elsewhere = bert.vault().claim_will(account, Timestamp(1));
    let code = Request::decode(&elsewhere).unwrap().code();
    let share = own_share(&host, &carl).await;
    let sealed = carl.vault().answer_with_share(&share, &elsewhere, &code).unwrap();
    let answers = format!("/api/requests/{}/answers", claimed["request"].as_str().unwrap());
    carl.post(&answers, json!({ "sealed": base64(&sealed) })).await.refused(422, "not_sealed: wrong_request");

    // Thirty days are thirty days.
    let waits: i64 =
        sqlx::query_scalar("SELECT ready_at - claimed_at FROM claims").fetch_one(&host.database().await).await.unwrap();
    assert_eq!(waits, 30 * 86_400);
    bert.get(&at(&anna, "will")).await.refused(403, "waiting");
    let turn = "UPDATE claims SET ready_at = ready_at - 30 * 86400 + 60";
    sqlx::query(turn).execute(&host.database().await).await.unwrap();
    bert.get(&at(&anna, "chart")).await.refused(403, "waiting");
    let turn = "UPDATE claims SET ready_at = ready_at - 61";
    sqlx::query(turn).execute(&host.database().await).await.unwrap();
    bert.get(&at(&anna, "will")).await.expect(200);
    assert_eq!(bert.get(&at(&anna, "claim")).await.expect(200)["request"], claimed["request"]);
}

/// An executor who claims and does nothing keeps nobody else from it.
#[tokio::test]
async fn each_executor_claims_for_herself() {
    let host = Host::start().await;
    let mut anna = host.settled("demo-anna").await;
    let (bert, carl) = (host.settled("demo-bert").await, host.settled("demo-carl").await);
    let issued = issue(&mut anna, WillScope::Chart, 0, &[&bert, &carl]).await;
    let first = claim(&bert, &anna, 0).await.expect(201);
    claim(&bert, &anna, 1).await.refused(409, "conflict");
    let second = claim(&carl, &anna, 0).await.expect(201);
    assert_eq!(anna.get("/api/will").await.expect(200)["will"]["claims"], json!([second, first]));
    for (who, own) in [(&bert, &first), (&carl, &second)] {
        let held = who.get("/api/wills").await.expect(200)["wills"][0]["claim"].clone();
        assert_eq!((&held["request"], &held["mine"]), (&own["request"], &json!(true)), "one's own first");
        who.get(&at(&anna, "will")).await.expect(200);
    }
    // The author stops one, and the other stays; ending the will stops both.
    anna.delete(&format!("/api/requests/{}", first["request"].as_str().unwrap())).await;
    bert.get(&at(&anna, "will")).await.refused(403, "cancelled");
    carl.get(&at(&anna, "will")).await.expect(200);
    claim(&bert, &anna, 2).await.expect(201);
    assert_eq!(anna.delete(&format!("/api/deals/{}", issued.deal)).await.status, 204);
    assert_eq!(anna.events().await.iter().filter(|kind| *kind == "will_cancelled").count(), 3);
}
