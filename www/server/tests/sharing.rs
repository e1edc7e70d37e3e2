//! Sharing: who gets what by a grant, and how it ends.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

mod common;

use std::time::Duration;

use common::*;
use sealed_notes::{GrantRequest, Suite, Timestamp, format::container::ChartRecord};
use serde_json::{Value, json};

#[tokio::test]
async fn a_recipient_is_handed_what_her_grant_gives() {
    let host = Host::start().await;
    let (anna, bert, carl) =
        (host.person("demo-anna").await, host.person("demo-bert").await, host.person("demo-carl").await);
    let (berts, carls) = (bert.identity(), carl.identity());
    let plan = GrantRequest { sections: Some(vec!["plan".into()]), suite: Suite::X25519, ..grant_to(&berts) };
    let first = anna.record(&[plan, grant_to(&carls)]);
    anna.put_record(&first, &[]).await.expect(201);

    let got = bert.get(&shared(first.record)).await.expect(200);
    assert_eq!(got["author"], anna.account());
    assert_eq!((&got["handle"], &got["version"]), (&json!("demo-anna"), &json!(1)));
    assert_eq!(bytes(&got["grant"]), first.grants[0].bytes);
    let sealed = bytes(&got["sealed"]);
    let parts = ChartRecord::decode(&sealed).unwrap();
    assert!(parts.wrap.is_none());
    assert_eq!(parts.bodies.iter().map(|(section, _)| section.name.as_str()).collect::<Vec<_>>(), ["plan"]);
    let author = anna.identity();
    let opened = bert.vault().chart().open_shared(&sealed, &bytes(&got["grant"]), &author, now()).unwrap();
    assert_eq!(opened.sections["plan"].as_str(), "Synthetic plan.");
    assert!(!opened.sections.contains_key("assessment"));
    let whole = carl.get(&shared(first.record)).await.expect(200);
    assert_eq!(ChartRecord::decode(&bytes(&whole["sealed"])).unwrap().bodies.len(), 2);
    assert_eq!(bert.get("/api/chart/shared").await.expect(200), json!({ "records": [got], "next": null }));

    // A new version that is not granted to him leaves him with the one that was.
    let second = edit(&anna, &first.bytes, &[grant_to(&carls)]);
    anna.put_record(&second, &[]).await.expect(201);
    assert_eq!(bert.get(&shared(first.record)).await.expect(200)["version"], 1);
    assert_eq!(carl.get(&shared(first.record)).await.expect(200)["version"], 2);
    let all = carl.get("/api/chart/shared").await.expect(200);
    assert_eq!((all["records"].as_array().unwrap().len(), &all["records"][0]["version"]), (1, &json!(2)));
}

#[tokio::test]
async fn grants_are_added_later_and_listed() {
    let host = Host::start().await;
    let (anna, bert) = (host.person("demo-anna").await, host.person("demo-bert").await);
    let record = anna.record(&[]);
    anna.put_record(&record, &[]).await.expect(201);
    bert.get(&shared(record.record)).await.refused(404, "not_found");
    let berts = bert.identity();
    let share = || anna.vault().chart().share(&record.bytes, &[grant_to(&berts)], now()).unwrap().remove(0).bytes;
    let grants = format!("{}/versions/1/grants", path(&record));
    let grant = share();
    let body = |grant: &[u8]| json!({ "grants": [base64(grant)] });
    assert_eq!(anna.post(&grants, body(&grant)).await.expect(201), json!({ "stored": 1 }));
    assert_eq!(anna.post(&grants, body(&grant)).await.expect(201), json!({ "stored": 1 }), "repeating is harmless");
    anna.post(&grants, body(&share())).await.refused(409, "conflict");
    bert.get(&shared(record.record)).await.expect(200);

    let listed = anna.get(&format!("{}/grants", path(&record))).await.expect(200);
    let entry = &listed["grants"][0];
    assert_eq!(listed["grants"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&entry["handle"], &entry["version"], &entry["revokedAt"]),
        (&json!("demo-bert"), &json!(1), &Value::Null)
    );
    assert_eq!((entry["recipient"].as_str().unwrap(), bytes(&entry["grant"])), (bert.account().as_str(), grant));
    anna.post(&format!("{}/versions/2/grants", path(&record)), body(&share())).await.refused(404, "not_found");
    anna.post(&grants, json!({ "grants": [base64(&share()), base64(&share())] })).await.refused(400, "bad_request");
}

#[tokio::test]
async fn revoking_ends_every_grant_with_the_next_version_or_not_at_all() {
    let host = Host::start().await;
    let (anna, bert, carl) =
        (host.person("demo-anna").await, host.person("demo-bert").await, host.person("demo-carl").await);
    let (berts, carls) = (bert.identity(), carl.identity());
    let first = anna.record(&[grant_to(&berts), grant_to(&carls)]);
    anna.put_record(&first, &[]).await.expect(201);
    let second = edit(&anna, &first.bytes, &[grant_to(&berts), grant_to(&carls)]);
    anna.put_record(&second, &[]).await.expect(201);

    let listed = anna.get(&format!("{}/grants", path(&first))).await.expect(200);
    let grants: Vec<Vec<u8>> =
        listed["grants"].as_array().unwrap().iter().map(|entry| bytes(&entry["grant"])).collect();
    assert_eq!(grants.len(), 4);
    let revocation = anna
        .vault()
        .chart()
        .revoke(&second.bytes, grants.iter().map(Vec::as_slice), bert.vault().account(), &[&carls], now())
        .unwrap();
    let third = revocation.sealed;
    assert_eq!(revocation.receipt.versions, [1, 2]);

    // Refused uploads revoke nobody.
    let mut both = third.clone();
    both.grants = anna.vault().chart().share(&third.bytes, &[grant_to(&berts)], now()).unwrap();
    anna.put_record(&both, &[&bert]).await.refused(400, "bad_request");
    anna.put_record(&third, &[&bert, &anna]).await.refused(400, "bad_request");
    anna.get(&format!("{}/versions/3", path(&first))).await.refused(404, "not_found");
    let stale = edit(&anna, &first.bytes, &[]);
    anna.put_record(&stale, &[&bert]).await.refused(409, "conflict");
    assert_eq!(bert.get(&shared(first.record)).await.expect(200)["version"], 2);

    anna.put_record(&third, &[&bert]).await.expect(201);
    anna.put_record(&third, &[&bert]).await.expect(200);
    bert.get(&shared(first.record)).await.refused(404, "not_found");
    assert_eq!(bert.get("/api/chart/shared").await.expect(200), json!({ "records": [], "next": null }));
    assert_eq!(carl.get(&shared(first.record)).await.expect(200)["version"], 3);
    let listed = anna.get(&format!("{}/grants", path(&first))).await.expect(200);
    for entry in listed["grants"].as_array().unwrap() {
        assert_eq!(entry["handle"] == "demo-bert", entry["revokedAt"].is_string(), "{entry}");
    }

    // The revoked bytes do not come back; a new grant does.
    let old = json!({ "grants": [base64(&first.grants[0].bytes)] });
    anna.post(&format!("{}/versions/1/grants", path(&first)), old).await.refused(409, "conflict");
    bert.get(&shared(first.record)).await.refused(404, "not_found");
    let anew = anna.vault().chart().share(&third.bytes, &[grant_to(&berts)], now()).unwrap();
    let anew = json!({ "grants": [base64(&anew[0].bytes)] });
    anna.post(&format!("{}/versions/3/grants", path(&first)), anew).await.expect(201);
    assert_eq!(bert.get(&shared(first.record)).await.expect(200)["version"], 3);

    // Revoking again does not rewrite when the first revocation was.
    let turn = "UPDATE grants SET revoked_at = 1000 WHERE revoked_at IS NOT NULL";
    sqlx::query(turn).execute(&host.database().await).await.unwrap();
    let fourth = edit(&anna, &third.bytes, &[]);
    anna.put_record(&fourth, &[&bert]).await.expect(201);
    bert.get(&shared(first.record)).await.refused(404, "not_found");
    let listed = anna.get(&format!("{}/grants", path(&first))).await.expect(200);
    let berts = listed["grants"].as_array().unwrap().iter().filter(|entry| entry["handle"] == "demo-bert");
    let times: Vec<_> = berts.map(|entry| entry["revokedAt"] == "1970-01-01T00:16:40Z").collect();
    assert_eq!(times, [true, true, false]);
}

#[tokio::test]
async fn an_expired_grant_gives_nothing_and_makes_room() {
    let host = Host::start().await;
    let (anna, bert) = (host.person("demo-anna").await, host.person("demo-bert").await);
    let berts = bert.identity();
    let soon = Timestamp(now().0 + 2);
    let first = anna.record(&[GrantRequest { expires_at: Some(soon), ..grant_to(&berts) }]);
    anna.put_record(&first, &[]).await.expect(201);
    bert.get(&shared(first.record)).await.expect(200);
    while now() <= soon {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    bert.get(&shared(first.record)).await.refused(404, "not_found");
    assert_eq!(bert.get("/api/chart/shared").await.expect(200), json!({ "records": [], "next": null }));
    let again = anna.vault().chart().share(&first.bytes, &[grant_to(&berts)], now()).unwrap();
    let again = json!({ "grants": [base64(&again[0].bytes)] });
    anna.post(&format!("{}/versions/1/grants", path(&first)), again).await.expect(201);
    bert.get(&shared(first.record)).await.expect(200);
}
