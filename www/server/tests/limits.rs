//! How much and how often: every limit answers with 413 or 429, and says how long to wait.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

mod common;

use common::*;
use reqwest::{Method, header};
use sealed_notes::{OwnRequest, RequestKind, Timestamp};
use serde_json::{Value, json};

/// Refused for now; gives the seconds to wait.
#[track_caller]
fn wait_of(reply: Reply) -> u64 {
    let wait = reply.headers[header::RETRY_AFTER].to_str().unwrap().parse().unwrap();
    let refused = reply.refused(429, "too_many_requests");
    assert!(refused["error"]["message"].as_str().unwrap().contains(&format!("wait {wait} seconds")), "{refused}");
    wait
}

#[tokio::test]
async fn too_much_is_refused() {
    let host = Host::start_with(&["--request-bytes", "20000"]).await;
    let anna = host.person("demo-anna").await;
    assert_eq!(host.get("/api/server", None).await.body["limits"], json!({ "section": 1_048_576, "request": 20_000 }));
    anna.put_note(&anna.note(&"x".repeat(10_000))).await.expect(201);
    anna.put_note(&anna.note(&"x".repeat(100_000))).await.refused(413, "too_large");
    anna.put_note(&anna.note(&"x".repeat(1_000_000))).await.refused(413, "too_large");
}

/// What somebody may try who is not logged in: all of it together, so that none is a way round the others.
#[tokio::test]
async fn the_door_has_one_limit_for_all_that_is_tried_at_it() {
    let host = Host::start_with(&["--door-per-minute", "7"]).await;
    let anna = host.person("demo-anna").await;
    let own = OwnRequest::make(anna.vault().account(), RequestKind::Device, now()).unwrap();
    let login = anna.vault().login(&[1; 32], &host.origin).unwrap();
    let request = format!("/api/requests/{}", "0".repeat(64));
    let tried = [
        (Method::GET, "/api/accounts/demo-none/unlock", None, 200),
        (Method::POST, "/api/login/challenge", Some(json!({ "account": anna.account() })), 200),
        (Method::POST, "/api/login", Some(json!({ "login": base64(&login) })), 401),
        (Method::POST, "/api/requests", Some(json!({ "request": base64(own.bytes()) })), 201),
        (Method::GET, &request, None, 200),
    ];
    let send = |(method, path, body, _): &(Method, &str, Option<Value>, u16)| {
        let (method, path, body) = (method.clone(), (*path).to_owned(), body.clone());
        let host = &host;
        async move { host.send(method, &path, None, body.as_ref()).await }
    };
    // She asked for a challenge and logged in: two of the seven.
    for try_one in &tried {
        assert_eq!(send(try_one).await.status, try_one.3, "{}", try_one.1);
    }
    for try_one in &tried {
        let wait = wait_of(send(try_one).await);
        assert!((1..=9).contains(&wait), "{}: {wait}", try_one.1);
    }
    // Whoever is in stays in.
    anna.get("/api/me").await.expect(200);
    host.get("/api/health", None).await.expect(200);
}

#[tokio::test]
async fn whoever_waits_as_told_is_served_again() {
    let host = Host::start_with(&["--sign-ups-per-minute", "60"]).await;
    let anna = sign_up("demo-anna", &create(host.tenant));
    let mut first = None;
    for _ in 0..200 {
        let reply = host.post("/api/accounts", anna.clone()).await;
        if reply.status == 429 {
            first = Some(reply);
            break;
        }
    }
    let wait = wait_of(first.expect("there is no limit"));
    assert!((1..=2).contains(&wait), "{wait}");
    tokio::time::sleep(std::time::Duration::from_secs(wait)).await;
    host.post("/api/accounts", anna).await.expect(200);
}

#[tokio::test]
async fn sign_ups_and_accounts_have_their_own() {
    let host = Host::start_with(&["--sign-ups-per-minute", "2", "--account-per-minute", "5"]).await;
    let (anna, bert) = (host.person("demo-anna").await, host.person("demo-bert").await);
    let wait = wait_of(host.post("/api/accounts", sign_up("demo-carl", &bert.created)).await);
    assert!((1..=30).contains(&wait), "{wait}");
    for _ in 0..5 {
        anna.get("/api/me").await.expect(200);
    }
    // However many sessions she has.
    let another = anna.session(None).await;
    for cookie in [&anna.cookie, &another] {
        let wait = wait_of(host.get("/api/me", Some(cookie)).await);
        assert!((1..=12).contains(&wait), "{wait}");
    }
    bert.get("/api/me").await.expect(200);
}

#[tokio::test]
async fn requests_for_one_account_are_few_from_one_address() {
    for (kind, longest) in [(RequestKind::Device, 60), (RequestKind::Trustees, 86_400)] {
        let host = Host::start().await;
        let (anna, bert) = (host.person("demo-anna").await, host.person("demo-bert").await);
        let ask = async |person: &Person<'_>, kind, at: u64| {
            let own = OwnRequest::make(person.vault().account(), kind, Timestamp(now().0 + at)).unwrap();
            host.post("/api/requests", json!({ "request": base64(own.bytes()) })).await
        };
        for at in 0..10 {
            ask(&anna, kind, at).await.expect(201);
        }
        let wait = wait_of(ask(&anna, kind, 11).await);
        assert!((longest - 20..=longest).contains(&wait), "{wait}");
        let other = if kind == RequestKind::Device { RequestKind::Trustees } else { RequestKind::Device };
        ask(&anna, other, 0).await.expect(201);
        ask(&bert, kind, 0).await.expect(201);
    }
}

/// Rates are counted for an IPv4 address, or for the network that one IPv6 customer has.
#[tokio::test]
async fn an_address_is_what_the_proxy_says_and_nobody_else() {
    let host = Host::start_with(&["--ip-per-minute", "5"]).await;
    for _ in 0..4 {
        host.get("/api/health", None).await.expect(200);
    }
    let forwarded = |ip: &str| Host::reply(host.raw(Method::GET, "/api/health").header("x-forwarded-for", ip));
    for path in ["/api/health", "/api/server", "/api/me", "/api/nothing"] {
        let wait = wait_of(host.get(path, None).await);
        assert!((1..=12).contains(&wait), "{wait}");
    }
    wait_of(forwarded("192.0.2.1").await);

    let host = Host::start_with(&["--ip-per-minute", "3", "--behind-proxy"]).await;
    let forwarded = |ip: &str| Host::reply(host.raw(Method::GET, "/api/health").header("x-forwarded-for", ip));
    for _ in 0..3 {
        forwarded("203.0.113.9, 192.0.2.1").await.expect(200);
    }
    wait_of(forwarded("203.0.113.8, 192.0.2.1").await);
    forwarded("192.0.2.2").await.expect(200);
    for host_part in 1..=3 {
        forwarded(&format!("2001:db8::{host_part}")).await.expect(200);
    }
    wait_of(forwarded("2001:db8::4").await);
    forwarded("2001:db8:0:1::4").await.expect(200);
}
