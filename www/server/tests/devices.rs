//! Devices and events: what the owner sees of who uses her account, and shutting a device out.

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
use serde_json::{Value, json};

async fn devices(host: &Host, cookie: &str) -> Vec<Value> {
    let list = host.get("/api/devices", Some(cookie)).await.expect(200);
    list["devices"].as_array().unwrap().clone()
}

fn ids(devices: &[Value]) -> Vec<String> {
    let mut ids: Vec<_> = devices.iter().map(|device| device["device"].as_str().unwrap().to_owned()).collect();
    ids.sort();
    ids
}

async fn revoke(host: &Host, cookie: &str, device: impl std::fmt::Display) -> Reply {
    host.send(Method::DELETE, &format!("/api/devices/{device}"), Some(cookie), None).await
}

#[tokio::test]
async fn a_session_is_on_a_device_and_the_owner_sees_which() {
    let host = Host::start().await;
    let anna = host.person("demo-anna").await;
    assert_eq!(devices(&host, &anna.cookie).await, Vec::<Value>::new(), "the first session names none");
    let (laptop, phone) = (anna.session(Some(device(1))).await, anna.session(Some(device(2))).await);
    anna.session(Some(device(1))).await;
    let seen = devices(&host, &phone).await;
    assert_eq!(ids(&seen), [device(1).to_string(), device(2).to_string()]);
    for entry in &seen {
        assert_eq!(entry["current"], entry["device"] == device(2).to_string(), "{entry}");
        assert!(entry["addedAt"].as_str().unwrap().ends_with('Z') && entry["lastUsedAt"].is_string());
    }
    assert!(devices(&host, &anna.cookie).await.iter().all(|entry| entry["current"] == false));
    assert_eq!(anna.events().await, ["device_added", "device_added", "signed_up"]);

    // Use is noted, as it is of the session.
    let turn = "UPDATE devices SET added_at = added_at - 500, last_used_at = last_used_at - 500";
    sqlx::query(turn).execute(&host.database().await).await.unwrap();
    let turn = "UPDATE sessions SET last_used_at = last_used_at - 40";
    sqlx::query(turn).execute(&host.database().await).await.unwrap();
    let seen = devices(&host, &laptop).await;
    assert_eq!(seen[0]["device"], device(1).to_string(), "the last used first");
    assert!(seen[0]["lastUsedAt"].as_str() > seen[0]["addedAt"].as_str(), "{seen:?}");
    assert_eq!(seen[1]["lastUsedAt"], seen[1]["addedAt"], "{seen:?}");

    let challenge = host.challenge(&anna.account()).await;
    let login = base64(&anna.vault().login(&challenge, &host.origin).unwrap());
    for device in ["", "laptop", &"0".repeat(31), &"A".repeat(32)] {
        host.post("/api/login", json!({ "login": login, "device": device })).await.refused(400, "bad_request");
    }
}

#[tokio::test]
async fn a_revoked_device_is_shut_out_at_once() {
    let host = Host::start().await;
    let (anna, bert) = (host.person("demo-anna").await, host.person("demo-bert").await);
    let (laptop, phone) = (anna.session(Some(device(1))).await, anna.session(Some(device(2))).await);
    let phone_again = anna.session(Some(device(2))).await;
    let berts = bert.session(Some(device(2))).await;

    // Somebody else's is not there.
    let none = revoke(&host, &bert.cookie, device(9)).await.refused(404, "not_found");
    assert_eq!(revoke(&host, &bert.cookie, device(1)).await.refused(404, "not_found"), none);
    revoke(&host, &laptop, device(9)).await.refused(404, "not_found");
    host.get("/api/me", Some(&laptop)).await.expect(200);

    assert_eq!(revoke(&host, &laptop, device(2)).await.status, 204);
    for cookie in [&phone, &phone_again] {
        host.get("/api/me", Some(cookie)).await.refused(401, "not_logged_in");
    }
    host.get("/api/me", Some(&anna.cookie)).await.expect(200);
    host.get("/api/me", Some(&berts)).await.expect(200);
    assert_eq!(ids(&devices(&host, &laptop).await), [device(1).to_string()]);
    anna.try_log_in(Some(device(2))).await.refused(403, "device_revoked");
    bert.session(Some(device(2))).await;
    assert_eq!(revoke(&host, &laptop, device(2)).await.status, 204, "once more");
    let events = anna.get("/api/events").await.expect(200);
    let newest = &events["events"][0];
    assert_eq!((&newest["kind"], &newest["subject"]), (&json!("device_revoked"), &json!(device(2).to_string())));
    assert_eq!(
        (&newest["actor"], &newest["actorHandle"]),
        (&json!(anna.account()), &json!("demo-anna")),
        "its owner did it"
    );
    assert_eq!(anna.events().await, ["device_revoked", "device_added", "device_added", "signed_up"], "told once");

    // A failed login used up its challenge.
    let challenge = host.challenge(&anna.account()).await;
    let login = base64(&anna.vault().login(&challenge, &host.origin).unwrap());
    let body = json!({ "login": login, "device": device(2).to_string() });
    host.post("/api/login", body.clone()).await.refused(403, "device_revoked");
    host.post("/api/login", body).await.refused(401, "not_logged_in");

    // A device may shut itself out.
    assert_eq!(revoke(&host, &laptop, device(1)).await.status, 204);
    host.get("/api/me", Some(&laptop)).await.refused(401, "not_logged_in");
    assert_eq!(devices(&host, &anna.cookie).await, Vec::<Value>::new());
}

#[tokio::test]
async fn devices_are_revoked_with_the_vault_that_forgets_them() {
    let host = Host::start().await;
    let mut anna = host.settled("demo-anna").await;
    let (laptop, phone) = (anna.session(Some(device(1))).await, anna.session(Some(device(2))).await);
    let change = anna.created.vault.forget_device(device(2), now()).unwrap();
    let put = async |cookie: &str, revoke: Value| {
        let mut body = change_of(&change, 2);
        body["revoke"] = revoke;
        host.send(Method::PUT, "/api/vault", Some(cookie), Some(&body)).await
    };
    put(&laptop, json!([device(2).to_string(), device(1).to_string()])).await.refused(400, "bad_request");
    host.get("/api/me", Some(&phone)).await.expect(200);
    // One that never logged in here is kept out as well.
    let gone = json!([device(2).to_string(), device(3).to_string()]);
    put(&laptop, gone.clone()).await.expect(200);
    put(&laptop, gone).await.expect(200);
    put(&laptop, json!([device(4).to_string()])).await.refused(409, "conflict");
    host.get("/api/me", Some(&phone)).await.refused(401, "not_logged_in");
    host.get("/api/me", Some(&laptop)).await.expect(200);
    host.get("/api/me", Some(&anna.cookie)).await.expect(200);
    for shut_out in [2, 3] {
        anna.try_log_in(Some(device(shut_out))).await.refused(403, "device_revoked");
    }
    anna.session(Some(device(4))).await;
    let events = anna.events().await;
    assert_eq!(events.iter().filter(|kind| *kind == "device_revoked").count(), 2, "{events:?}");
}

#[tokio::test]
async fn events_are_the_newest_200_of_ones_own() {
    let host = Host::start().await;
    let (anna, bert) = (host.person("demo-anna").await, host.person("demo-bert").await);
    let sql = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 250)
        INSERT INTO events (account, at, kind, subject) SELECT account, 1700000000 + i, 'recovery_requested', i FROM n, accounts WHERE handle = 'demo-anna'";
    sqlx::query(sql).execute(&host.database().await).await.unwrap();
    let events = anna.get("/api/events").await.expect(200);
    let events = events["events"].as_array().unwrap();
    assert_eq!(events.len(), 200);
    let newest = json!({ "at": "2023-11-14T22:17:30Z", "kind": "recovery_requested", "actor": null, "actorHandle": null, "subject": "250" });
    assert_eq!(events[0], newest);
    assert_eq!(bert.events().await, ["signed_up"]);
}
