//! Deals: what is stored of shares, and what is refused.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

mod common;

use common::*;
use sealed_notes::ShareFor;
use serde_json::{Value, json};

#[tokio::test]
async fn deals_that_do_not_fit_are_refused() {
    let host = Host::start().await;
    let (mut anna, bert, carl) =
        (host.settled("demo-anna").await, host.settled("demo-bert").await, host.settled("demo-carl").await);
    let (berts, carls) = (bert.identity(), carl.identity());
    let stranger = confirmed(create(host.tenant)).0.vault;
    let strangers = stranger.own_identity();
    let people = [&berts, &carls, &strangers].map(|to| ShareFor { name: "Trustee", to: Some(to) });
    let dealt = anna.created.vault.deal_trustees(2, &people, now()).unwrap();
    let other = anna.created.vault.deal_trustees(2, &people, now()).unwrap();
    let shares = shares_of(&dealt.shares);
    let put = async |deal: &str, kind: &str, shares: Value| {
        anna.put(&format!("/api/deals/{deal}"), json!({ "kind": kind, "shares": shares })).await
    };
    let deal = dealt.deal.to_string();
    put(&deal, "trustees", json!(shares)).await.refused(422, "not_sealed: unknown_recipient");
    let swapped = json!([{ "recipient": carl.account(), "sealed": shares[0]["sealed"] }]);
    put(&deal, "trustees", swapped).await.refused(422, "not_sealed: wrong_key");
    put(&deal, "trustees", json!([shares_of(&other.shares)[0]])).await.refused(422, "not_sealed: wrong_deal");
    put(&other.deal.to_string(), "trustees", json!([shares[0]])).await.refused(422, "not_sealed: wrong_deal");
    let clear = json!([{ "recipient": carl.account(), "sealed": base64(b"a share in the clear") }]);
    put(&deal, "trustees", clear).await.refused(422, "not_sealed: malformed");
    let long = json!([{ "recipient": carl.account(), "sealed": base64(&[0; 4097]) }]);
    put(&deal, "trustees", long).await.refused(422, "not_sealed: too_long");
    put(&deal, "trustees", json!([shares[0], shares[0]])).await.refused(400, "bad_request");
    let own = json!([{ "recipient": anna.account(), "sealed": shares[0]["sealed"] }]);
    put(&deal, "trustees", own).await.refused(400, "bad_request");
    put(&deal, "trustees", vec![shares[0].clone(); 17].into()).await.refused(400, "bad_request");
    put(&deal, "friends", json!([])).await.refused(400, "bad_request");
    put(&deal, "will", json!(shares[..2])).await.refused(400, "bad_request");
    put("zz", "trustees", json!([])).await.refused(400, "bad_request");
    let with_will = json!({ "kind": "trustees", "shares": shares[..2], "will": base64(b"x") });
    anna.put(&format!("/api/deals/{deal}"), with_will).await.refused(400, "bad_request");
    // Her deal from his hands is none of his.
    bert.put(&format!("/api/deals/{deal}"), json!({ "kind": "trustees", "shares": [shares[1]] }))
        .await
        .refused(422, "not_sealed: wrong_deal");
    for person in [&bert, &carl] {
        assert_eq!(person.get("/api/shares").await.expect(200), json!({ "shares": [] }));
    }
    assert_eq!(anna.events().await, ["signed_up"]);

    put(&deal, "trustees", json!(shares[..2])).await.expect(201);
    put(&deal, "trustees", json!(shares[..1])).await.refused(409, "conflict");
    assert_eq!(bert.delete(&format!("/api/deals/{deal}")).await.status, 404);
    assert_eq!(bert.get("/api/shares").await.expect(200)["shares"].as_array().unwrap().len(), 1);
    assert_eq!(anna.delete(&format!("/api/deals/{deal}")).await.status, 204);
    assert_eq!(anna.delete(&format!("/api/deals/{deal}")).await.status, 204);
    assert_eq!(bert.get("/api/shares").await.expect(200), json!({ "shares": [] }));
    put(&deal, "trustees", json!(shares[..2])).await.refused(409, "conflict");
}
