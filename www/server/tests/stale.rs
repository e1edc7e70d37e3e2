//! What was allowed when a request began and no longer is when its body has arrived: nothing is changed by it.

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
use sealed_notes::PrivateDraft;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// A request whose last byte is held back.
struct Slow(TcpStream, String);

impl Slow {
    async fn begin(host: &Host, cookie: &str, method: Method, path: &str, body: &Value) -> Self {
        let mut stream = TcpStream::connect(host.url.strip_prefix("http://").unwrap()).await.unwrap();
        let mut text = body.to_string();
        let last = text.split_off(text.len() - 1);
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: notes\r\ncookie: {cookie}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{text}",
            text.len() + 1
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        Self(stream, last)
    }

    async fn end(mut self) -> String {
        self.0.write_all(self.1.as_bytes()).await.unwrap();
        let mut answer = String::new();
        self.0.read_to_string(&mut answer).await.unwrap();
        answer
    }
}

/// Until the server has looked at who is asking.
async fn let_begin() {
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
}

#[tokio::test]
async fn a_session_that_ended_while_the_body_arrived_changes_nothing() {
    let host = Host::start().await;
    let mut anna = host.settled("demo-anna").await;
    let thief = anna.session(Some(device(1))).await;
    let (note, record) = (anna.note("By whoever took the laptop."), anna.record(&[]));
    let stored = anna.record(&[]);
    anna.put_record(&stored, &[]).await.expect(201);
    let draft = format!("/api/private/drafts/{}", note.record);
    let sealed_draft =
        PrivateDraft { record: note.record, client: client(1), session: None, base_version: 0, text: "x" };
    let sealed_draft = anna.vault().private().seal_draft(sealed_draft).unwrap();
    let bert = host.settled("demo-bert").await;
    let grant = anna.vault().chart().share(&stored.bytes, &[grant_to(&bert.identity())], now()).unwrap().remove(0);
    let mut next = anna.created.vault.clone();
    let change = next.set_passphrase(stretched_anew(), now()).unwrap();
    let body = json!({ "sealed": base64(&note.bytes) });
    let mut pending = Vec::new();
    for (path, body) in [
        (format!("/api/private/notes/{}/versions/1", note.record), body),
        (format!("{}/versions/1", path(&record)), upload(&record, &[])),
        (draft, json!({ "sealed": base64(&sealed_draft) })),
        ("/api/vault".into(), change_of(&change, 2)),
        (format!("/api/deals/{}", "01".repeat(16)), json!({ "kind": "trustees", "shares": [] })),
    ] {
        pending.push(Slow::begin(&host, &thief, Method::PUT, &path, &body).await);
    }
    let grants = format!("{}/versions/1/grants", path(&stored));
    let body = json!({ "grants": [base64(&grant.bytes)] });
    pending.push(Slow::begin(&host, &thief, Method::POST, &grants, &body).await);
    let_begin().await;
    let before = anna.get("/api/me").await.expect(200);
    assert_eq!(anna.delete(&format!("/api/devices/{}", device(1))).await.status, 204);
    for slow in pending {
        let answer = slow.end().await;
        assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
    }
    assert_eq!(anna.get("/api/me").await.expect(200), before);
    assert_eq!(anna.events().await, ["device_revoked", "device_added", "signed_up"]);
    assert_eq!(anna.get("/api/private/notes").await.expect(200)["notes"], json!([]));
    assert_eq!(anna.get("/api/private/drafts").await.expect(200)["drafts"], json!([]));
    assert_eq!(bert.get("/api/chart/shared").await.expect(200)["records"], json!([]));
    anna.created.vault = next;
    anna.save(&change).await;
}

#[tokio::test]
async fn what_was_sealed_under_keys_that_were_rotated_meanwhile_is_refused() {
    let host = Host::start().await;
    let mut anna = host.settled("demo-anna").await;
    let note = anna.note("Sealed in another tab.");
    let put = format!("/api/private/notes/{}/versions/1", note.record);
    let slow = Slow::begin(&host, &anna.cookie, Method::PUT, &put, &json!({ "sealed": base64(&note.bytes) })).await;
    let_begin().await;
    let mut kit = anna.vault().prepare_rotation(stretched_anew(), &[], None, now()).unwrap();
    kit.confirm(&kit.recovery_code.clone(), now()).unwrap();
    anna.put("/api/vault", change_of(&kit.change().unwrap(), 2)).await.expect(200);
    anna.created.vault = kit.commit().unwrap();
    let answer = slow.end().await;
    assert!(answer.starts_with("HTTP/1.1 422") && answer.contains("wrong_epoch"), "{answer}");
    assert_eq!(anna.get("/api/private/notes").await.expect(200)["notes"], json!([]));
}
