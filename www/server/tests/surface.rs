//! What everybody meets: the document, the page, strange requests, the process itself.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

mod common;

use std::{collections::BTreeSet, process::Command, time::Duration};

use common::{process::Process, *};
use reqwest::{Method, header};
use sealed_notes_server::{Server, StartError};
use serde_json::{Value, json};

#[tokio::test]
async fn the_document_lists_the_routes_that_platforms_rely_on() {
    let host = Host::start().await;
    let document = host.get("/api/openapi.json", None).await.expect(200);
    let mut listed = BTreeSet::new();
    let mut names = BTreeSet::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            listed.insert(format!("{} {path}", method.to_uppercase()));
            assert!(names.insert(operation["operationId"].as_str().unwrap().to_owned()), "{path}: twice the same name");
            assert!(operation["summary"].as_str().is_some_and(|summary| summary.len() > 10), "{method} {path}");
            let responses = operation["responses"].as_object().unwrap();
            assert!(!responses.is_empty());
            let is_described = |response: &Value| response["description"].is_string() || response["$ref"].is_string();
            assert!(responses.values().all(is_described), "{method} {path}");
            let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
            // What the schema does not say, nobody who implements the contract knows.
            let is_narrow = |parameter: &Value| {
                let schema = &parameter["schema"];
                let schema = schema["$ref"].as_str().map_or(schema, |at| document.pointer(&at[1..]).unwrap());
                schema["pattern"].is_string() || schema["maximum"].is_number() && schema["minimum"].is_number()
            };
            let named =
                |name: &str| parameters.iter().any(|parameter| parameter["name"] == name && is_narrow(parameter));
            for segment in path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}')) {
                assert!(named(segment), "{path} does not describe {segment}");
            }
        }
    }
    let expected = "GET /api/server|GET /api/health|GET /api/openapi.json|POST /api/accounts\
        |GET /api/accounts/{handle}/unlock|POST /api/login/challenge|POST /api/login|DELETE /api/login|GET /api/me|GET /api/ledger|POST /api/ledger\
        |GET /api/accounts/{handle}/keys|GET /api/accounts/by-id/{account}/keys|PUT /api/vault|GET /api/groups\
        |GET /api/devices|DELETE /api/devices/{device}|GET /api/events|POST /api/requests|GET /api/requests\
        |GET /api/requests/{request}|DELETE /api/requests/{request}|POST /api/requests/{request}/answers\
        |PUT /api/deals/{deal}|DELETE /api/deals/{deal}|GET /api/shares|GET /api/will|GET /api/wills\
        |POST /api/wills/{account}/claims|GET /api/wills/{account}/claim|GET /api/wills/{account}/will\
        |GET /api/wills/{account}/chart|GET /api/wills/{account}/private\
        |GET /api/private/notes|PUT /api/private/notes/{record}/versions/{version}\
        |GET /api/private/notes/{record}/versions/{version}|GET /api/private/notes/{record}\
        |GET /api/private/notes/{record}/versions|GET /api/private/notes/{record}/stored\
        |GET /api/private/drafts|GET /api/private/drafts/{record}|PUT /api/private/drafts/{record}\
        |DELETE /api/private/drafts/{record}|GET /api/chart/records|GET /api/chart/clients\
        |PUT /api/chart/records/{record}/versions/{version}|GET /api/chart/records/{record}/versions/{version}\
        |GET /api/chart/records/{record}|GET /api/chart/records/{record}/versions\
        |POST /api/chart/records/{record}/versions/{version}/grants|GET /api/chart/records/{record}/grants\
        |GET /api/chart/shared|GET /api/chart/shared/{record}|GET /api/chart/drafts|GET /api/chart/drafts/{record}\
        |PUT /api/chart/drafts/{record}|DELETE /api/chart/drafts/{record}|GET /api/chart/records/{record}/stored";
    let expected: BTreeSet<String> = expected.split('|').map(str::to_owned).collect();
    assert_eq!(listed, expected);
    let mut references = Vec::new();
    find_references(&document, &mut references);
    assert!(!references.is_empty());
    for reference in references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
    }
}

fn find_references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(entries) => {
            found.extend(entries.get("$ref").and_then(Value::as_str).map(str::to_owned));
            entries.values().for_each(|value| find_references(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| find_references(value, found)),
        _ => {}
    }
}

#[tokio::test]
async fn the_built_page_is_served() {
    let folder = tempfile::tempdir().unwrap();
    let app = folder.path().join("dist");
    let host = Host::start_with(&["--app", app.to_str().unwrap()]).await;
    let unbuilt = host.get("/", None).await;
    assert_eq!(unbuilt.status, 503);
    assert!(unbuilt.body.as_str().unwrap().contains("cargo xtask demo"));

    std::fs::create_dir_all(app.join("assets")).unwrap();
    std::fs::write(app.join("index.html"), "<!doctype html><title>page</title>").unwrap();
    std::fs::write(app.join("assets/page-4711.js"), "export {};").unwrap();
    std::fs::write(app.join("assets/page-4711.css"), "body {}").unwrap();
    std::fs::write(app.join("assets/core-4711.wasm"), b"\0asm").unwrap();
    std::fs::write(app.join("assets/font-4711.woff2"), b"wOF2").unwrap();
    std::fs::write(folder.path().join("outside.txt"), "secret").unwrap();
    for (path, kind, caching) in [
        ("/", "text/html", "no-cache"),
        ("/index.html", "text/html", "no-cache"),
        ("/sessions/4711", "text/html", "no-cache"),
        ("/assets/page-4711.js", "text/javascript", "public, max-age=31536000, immutable"),
        ("/assets/page-4711.css", "text/css", "public, max-age=31536000, immutable"),
        ("/assets/core-4711.wasm", "application/wasm", "public, max-age=31536000, immutable"),
        ("/assets/font-4711.woff2", "font/woff2", "public, max-age=31536000, immutable"),
    ] {
        let reply = host.get(path, None).await;
        assert_eq!(reply.status, 200, "{path}");
        assert!(reply.headers[header::CONTENT_TYPE].to_str().unwrap().starts_with(kind), "{path}");
        assert_eq!(reply.headers[header::CACHE_CONTROL], caching, "{path}");
    }
    for path in ["/assets/gone.js", "/favicon.ico", "/%2e%2e/outside.txt", "/..%2foutside.txt"] {
        let reply = host.get(path, None).await;
        assert_eq!(reply.status, 404, "{path}: {}", reply.body);
        assert_eq!(reply.headers[header::CACHE_CONTROL], "no-store");
    }
    host.get("/api/nothing", None).await.refused(404, "not_found");
    assert_eq!(host.send(Method::POST, "/", None, None).await.status, 405);
}

#[tokio::test]
async fn strange_requests_are_refused_with_a_cure() {
    let host = Host::start().await;
    let anna = host.person("demo-anna").await;
    host.get("/api/nothing", None).await.refused(404, "not_found");
    host.get("/api", None).await.status.is_client_error().then_some(()).unwrap();
    host.send(Method::DELETE, "/api/server", None, None).await.refused(405, "method_not_allowed");
    host.send(Method::PATCH, "/api/me", Some(&anna.cookie), None).await.refused(405, "method_not_allowed");
    let post = |kind: Option<&str>, body: &str| {
        let request = host.raw(Method::POST, "/api/login/challenge").body(body.to_owned());
        Host::reply(match kind {
            Some(kind) => request.header(header::CONTENT_TYPE, kind),
            None => request,
        })
    };
    let good = json!({ "account": "0".repeat(64) }).to_string();
    post(Some("application/json"), &good).await.expect(200);
    for kind in [None, Some("text/plain"), Some("application/x-www-form-urlencoded")] {
        post(kind, &good).await.refused(400, "bad_request");
    }
    let deep = "[".repeat(100_000);
    for body in ["", "{", "null", "[]", "{}", "{\"account\":7}", "{\"account\":\"AA\"}", "\u{0}", &deep] {
        post(Some("application/json"), body).await.refused(400, "bad_request");
    }
    let unknown = json!({ "account": "0".repeat(64), "recovery": true }).to_string();
    post(Some("application/json"), &unknown).await.refused(400, "bad_request");
    for id in ["", "zz", "ABCDEF00000000000000000000000000", &"0".repeat(31), &"0".repeat(64), "..%2f..", "%00"] {
        let reply = anna.get(&format!("/api/private/notes/{id}")).await;
        assert!([200, 400, 404].contains(&reply.status.as_u16()), "{id}: {}", reply.status);
        assert!(reply.status != 200 || id.is_empty(), "{id}");
    }
}

#[tokio::test]
async fn a_start_that_cannot_work_says_why() {
    let data = tempfile::tempdir().unwrap();
    for origin in ["notes.example", "ftp://notes.example", "https://notes.example/app", "https://u@notes.example", ""] {
        let started = Server::start(options(data.path(), &["--origin", origin])).await;
        assert!(matches!(started, Err(StartError::Origin(_))), "{origin}");
    }
    let first = Server::start(options(data.path(), &[])).await.unwrap();
    let port = first.address().port().to_string();
    let mut options_of_second = options(data.path(), &[]);
    options_of_second.port = port.parse().unwrap();
    assert!(matches!(Server::start(options_of_second).await, Err(StartError::Listen { .. })));
    let file = data.path().join("file");
    std::fs::write(&file, "x").unwrap();
    assert!(matches!(Server::start(options(&file, &[])).await, Err(StartError::Folder(_))));
    std::fs::create_dir(data.path().join("bad")).unwrap();
    std::fs::write(data.path().join("bad/sealed-notes.sqlite"), "not a database, but long enough to be one".repeat(99))
        .unwrap();
    let error = Server::start(options(&data.path().join("bad"), &[])).await.unwrap_err();
    assert!(matches!(error, StartError::Database(_) | StartError::Migration(_)), "{error}");
}

/// The real binary: what it prints, what it logs, how it stops.
#[tokio::test]
async fn the_process_logs_no_secret_and_stops_when_told() {
    let data = tempfile::tempdir().unwrap();
    let logs = tempfile::tempdir().unwrap();
    let log = logs.path().join("log");
    let process = Process::start(data.path(), &log, &[]);
    let host = Host::connect(&process.origin, &process.origin).await;
    assert_eq!(host.get("/api/server", None).await.body["origin"], process.origin);
    let tenant = host.tenant;
    let anna = host.person("demo-anna").await;
    let note = anna.note("Synthetic.");
    anna.put_note(&note).await.expect(201);
    host.get("/api/accounts/demo-anna/unlock?secret=not-for-logs", None).await.expect(200);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let inner = data.path().join("fresh");
        Process::start(&inner, &log, &[]).kill();
        assert_eq!(std::fs::metadata(inner).unwrap().permissions().mode() & 0o777, 0o700);
    }

    let mut process = process;
    let pid = process.child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    let status = tokio::task::spawn_blocking(move || {
        for _ in 0..100 {
            if let Some(status) = process.child.try_wait().unwrap() {
                return Some(status);
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        process.kill();
        None
    });
    assert!(status.await.unwrap().expect("it does not stop").success());
    assert!(!data.path().join("sealed-notes.sqlite-wal").exists(), "closed in good order");

    let text = std::fs::read_to_string(&log).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines.iter().any(|line| line["route"] == "/api/accounts/{handle}/unlock" && line["status"] == 200));
    let token = anna.cookie.split('=').nth(1).unwrap();
    let account = anna.account();
    let record = note.record.to_string();
    let body = base64(&note.bytes);
    for secret in [token, "not-for-logs", "demo-anna", &account, &record, &body[60..120]] {
        assert!(!text.contains(secret), "the log holds {secret}");
    }

    let process = Process::start(data.path(), &log, &[]);
    let host = Host::connect(&process.origin, &process.origin).await;
    assert_eq!(host.tenant, tenant, "the same platform after a restart");
    process.kill();
}
