//! What browsers are told in every answer, and what they tell of whose page asks: headers, the cookie, origins.

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
use serde_json::json;

#[track_caller]
fn check_policy(reply: &Reply, caching: &str, is_https: bool) {
    let headers = &reply.headers;
    let of = |name: &str| {
        assert!(headers.get_all(name).iter().count() <= 1, "{name} twice");
        headers.get(name).map_or("", |value| value.to_str().unwrap())
    };
    let policy = of("content-security-policy");
    assert!(
        policy.starts_with("default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; "),
        "{policy}"
    );
    assert!(policy.ends_with("; frame-ancestors 'none'") && policy.contains("; base-uri 'none'; form-action 'self'"));
    assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"), "{policy}");
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("strict-transport-security", if is_https { "max-age=31536000" } else { "" }),
        ("cache-control", caching),
        ("access-control-allow-origin", ""),
        ("server", ""),
    ] {
        assert_eq!(of(name), value, "{name} of {} {}", reply.status, reply.body);
    }
    assert!(of("permissions-policy").contains("camera=()"));
}

#[tokio::test]
async fn every_answer_carries_the_policy() {
    const LONG: &str = "public, max-age=31536000, immutable";
    let app = tempfile::tempdir().unwrap();
    std::fs::create_dir(app.path().join("assets")).unwrap();
    std::fs::write(app.path().join("index.html"), "<!doctype html>").unwrap();
    std::fs::write(app.path().join("assets/page-4711.js"), "export {};").unwrap();
    let app = app.path().to_str().unwrap();
    for is_https in [false, true] {
        let origin = if is_https { "https://notes.example" } else { "http://notes.example" };
        let limits = ["--request-bytes", "20000", "--door-per-minute", "3"];
        let mut host = Host::start_with(&[&["--app", app, "--origin", origin], &limits[..]].concat()).await;
        host.origin = origin.to_owned();
        let anna = host.person("demo-anna").await;
        let cookie = Some(anna.cookie.as_str());
        let note = anna.note("Synthetic.");
        let long = anna.note(&"x".repeat(100_000));
        let path = format!("/api/private/notes/{}/versions/1", note.record);
        let body = |bytes: &[u8]| Some(json!({ "sealed": base64(bytes) }));
        for (status, method, path, body, caching) in [
            (200, Method::GET, "/", None, "no-cache"),
            (200, Method::HEAD, "/", None, "no-cache"),
            (200, Method::GET, "/some/view", None, "no-cache"),
            (200, Method::GET, "/assets/page-4711.js", None, LONG),
            (404, Method::GET, "/assets/gone.js", None, "no-store"),
            (405, Method::POST, "/", None, "no-store"),
            (200, Method::GET, "/api/server", None, "no-store"),
            (200, Method::GET, "/api/openapi.json", None, "no-store"),
            (201, Method::PUT, &path, body(&note.bytes), "no-store"),
            (200, Method::PUT, &path, body(&note.bytes), "no-store"),
            (409, Method::PUT, &path, body(&world::note_under(&anna, note.record).bytes), "no-store"),
            (413, Method::PUT, &path, body(&long.bytes), "no-store"),
            (422, Method::PUT, &path, body(b"x"), "no-store"),
            (400, Method::PUT, &path, Some(json!([])), "no-store"),
            (400, Method::GET, "/api/private/notes/X", None, "no-store"),
            (404, Method::GET, "/api/private/notes/00000000000000000000000000000000", None, "no-store"),
            (404, Method::GET, "/api/nothing", None, "no-store"),
            (405, Method::DELETE, "/api/server", None, "no-store"),
            (200, Method::GET, "/api/accounts/demo-none/unlock", None, "no-store"),
            (429, Method::GET, "/api/accounts/demo-none/unlock", None, "no-store"),
        ] {
            let reply = host.send(method.clone(), path, cookie, body.as_ref()).await;
            assert_eq!(reply.status, status, "{method} {path}: {}", reply.body);
            check_policy(&reply, caching, is_https);
        }
        check_policy(&host.get("/api/me", None).await, "no-store", is_https);

        // What has not changed keeps its caching.
        let script = host.get("/assets/page-4711.js", None).await;
        let since = script.headers[header::LAST_MODIFIED].clone();
        for (path, caching) in [("/assets/page-4711.js", LONG), ("/", "no-cache")] {
            let again = host.raw(Method::GET, path).header(header::IF_MODIFIED_SINCE, &since);
            let again = Host::reply(again).await;
            assert_eq!(again.status, 304);
            check_policy(&again, caching, is_https);
        }

        // A database that fails, and a session that ends.
        let database = host.database().await;
        sqlx::query("ALTER TABLE events RENAME TO gone").execute(&database).await.unwrap();
        let failed = anna.get("/api/events").await;
        check_policy(&failed, "no-store", is_https);
        failed.refused(500, "internal");
        let logged_out = anna.delete("/api/login").await;
        assert_eq!(logged_out.status, 204);
        check_policy(&logged_out, "no-store", is_https);
    }
    let without_page = Host::start().await;
    check_policy(&without_page.get("/", None).await, "no-store", false);
}

#[tokio::test]
async fn the_cookie_is_for_this_origins_requests_alone_and_not_in_the_database() {
    for (origin, name) in [("https://notes.example", "__Host-session"), ("http://notes.example", "session")] {
        let mut host = Host::start_with(&["--origin", origin]).await;
        host.origin = origin.to_owned();
        let anna = host.person("demo-anna").await;
        let reply = anna.try_log_in(None).await;
        let mut cookie = reply.headers[header::SET_COOKIE].to_str().unwrap().split("; ");
        let (named, token) = cookie.next().unwrap().split_once('=').unwrap();
        let mut attributes = Vec::from_iter(cookie);
        attributes.sort_unstable();
        let mut expected = vec!["HttpOnly", "Max-Age=43200", "Path=/", "SameSite=Strict"];
        expected.extend((name == "__Host-session").then_some("Secure"));
        assert_eq!((named, attributes), (name, expected));
        let document = host.get("/api/openapi.json", None).await.body;
        assert_eq!(document["components"]["securitySchemes"]["session"]["name"], name);

        // Under the other name it is nobody's: over TLS a neighbour could have set that one.
        let other = if name == "session" { "__Host-session" } else { "session" };
        host.get("/api/me", Some(&format!("{name}={token}"))).await.expect(200);
        host.get("/api/me", Some(&format!("{other}={token}"))).await.refused(401, "not_logged_in");

        let raw = (0..32).map(|i| u8::from_str_radix(&token[2 * i..2 * i + 2], 16).unwrap()).collect::<Vec<_>>();
        for file in std::fs::read_dir(host.data.as_ref().unwrap().path()).unwrap() {
            let stored = std::fs::read(file.unwrap().path()).unwrap();
            assert!(!stored.windows(32).any(|window| window == raw));
            assert!(!stored.windows(64).any(|window| window == token.as_bytes()));
        }
    }
}

#[tokio::test]
async fn pages_of_other_origins_change_nothing() {
    let host = Host::start().await;
    let anna = host.person("demo-anna").await;
    let note = anna.note("Synthetic.");
    let path = format!("/api/private/notes/{}/versions/1", note.record);
    let own = host.origin.clone();
    let send = |method: Method, path: &str, headers: &[(&'static str, &str)]| {
        let request = host.raw(method, path).header(header::COOKIE, &anna.cookie);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        Host::reply(request.json(&json!({ "sealed": base64(&note.bytes) })))
    };
    let evil = "https://evil.example";
    for origin in
        [evil, "null", "", "http://localhost", &format!("{own}.evil.example"), &format!("{own}/"), &own.to_uppercase()]
    {
        send(Method::PUT, &path, &[("origin", origin)]).await.refused(403, "forbidden");
        send(Method::DELETE, "/api/login", &[("origin", origin)]).await.refused(403, "forbidden");
        // Behind the good one too.
        for twice in [[("origin", own.as_str()), ("origin", origin)], [("origin", origin), ("origin", &own)]] {
            send(Method::PUT, &path, &twice).await.refused(403, "forbidden");
        }
    }
    for site in ["cross-site", "same-site", "", "Same-Origin"] {
        send(Method::PUT, &path, &[("sec-fetch-site", site)]).await.refused(403, "forbidden");
        let both = [("origin", own.as_str()), ("sec-fetch-site", "same-origin"), ("sec-fetch-site", site)];
        send(Method::PUT, &path, &both).await.refused(403, "forbidden");
    }
    // Nor can one log somebody in, or sign her up, as whom the attacker likes.
    for open in ["/api/login", "/api/login/challenge", "/api/accounts", "/api/requests"] {
        send(Method::POST, open, &[("origin", evil)]).await.refused(403, "forbidden");
        send(Method::POST, open, &[("sec-fetch-site", "cross-site")]).await.refused(403, "forbidden");
    }
    anna.get(&path).await.refused(404, "not_found");
    send(Method::PUT, &path, &[("origin", &own), ("sec-fetch-site", "same-origin")]).await.expect(201);
    send(Method::PUT, &path, &[("sec-fetch-site", "none")]).await.expect(200);
    send(Method::PUT, &path, &[]).await.expect(200);
    // A neighbour's page gets the cookie sent along, and an answer that is handed out may be written down.
    send(Method::GET, "/api/me", &[("sec-fetch-site", "same-site")]).await.refused(403, "forbidden");
    // Other reads are harmless: without CORS headers the page is not shown the answer.
    send(Method::GET, "/api/me", &[("sec-fetch-site", "cross-site")]).await.expect(200);
    send(Method::GET, "/api/me", &[("origin", evil)]).await.expect(200);
}
