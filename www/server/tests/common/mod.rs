//! A real server on a free port, and people who talk to it with what the real library seals.

#![allow(dead_code, unreachable_pub, reason = "each test file uses its part of this")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

pub mod document;
pub mod forger;
pub mod process;
pub mod unlock;
pub mod world;

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::{SystemTime, UNIX_EPOCH},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use clap::Parser;
use reqwest::{Client, Method, StatusCode, header};
use sealed_notes::{
    ClientId, CreatedVault, DeviceId, GrantRequest, Identity, NewChartRecord, NewPrivateNote, PurposeOfUse, RecordId,
    SealedChartRecord, SealedPrivateNote, Suite, TenantId, Timestamp, Vault, VaultChange, VerifiedIdentity,
};
use sealed_notes_server::{Options, Server};
use serde_json::{Value, json};
use sqlx::{SqlitePool, sqlite::SqliteConnectOptions};
use tempfile::TempDir;

pub use unlock::*;

#[derive(Parser)]
struct Flags {
    #[command(flatten)]
    options: Options,
}

pub fn options(data: &std::path::Path, flags: &[&str]) -> Options {
    let data = data.to_str().unwrap();
    Flags::parse_from([&["test", "--port", "0", "--data", data], flags].concat()).options
}

/// A running server with its own database; it stops with the test's runtime.
pub struct Host {
    pub url: String,
    pub origin: String,
    pub tenant: TenantId,
    pub data: Option<TempDir>,
    http: Client,
}

pub struct Reply {
    pub status: StatusCode,
    pub headers: header::HeaderMap,
    pub body: Value,
}

impl Reply {
    /// The error's code, and its reason where there is one.
    pub fn refusal(&self) -> String {
        let error = &self.body["error"];
        assert!(error["message"].as_str().is_some_and(|message| message.len() > 20), "no message: {}", self.body);
        let code = error["code"].as_str().unwrap();
        error["reason"].as_str().map_or(code.to_owned(), |reason| format!("{code}: {reason}"))
    }

    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        self.body
    }

    #[track_caller]
    pub fn refused(self, status: u16, refusal: &str) -> Value {
        assert_eq!((self.status.as_u16(), self.refusal().as_str()), (status, refusal), "{}", self.body);
        self.body
    }
}

impl Host {
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    pub async fn start_with(flags: &[&str]) -> Self {
        Self::start_over(tempfile::tempdir().unwrap(), flags).await
    }

    async fn start_over(data: TempDir, flags: &[&str]) -> Self {
        let server = Server::start(options(data.path(), flags)).await.unwrap();
        let origin = format!("http://localhost:{}", server.address().port());
        tokio::spawn(server.run(std::future::pending()));
        Self::at(origin, data).await
    }

    /// With a database that is there already.
    pub async fn over(data: TempDir) -> Self {
        Self::start_over(data, &[]).await
    }

    async fn at(origin: String, data: TempDir) -> Self {
        let mut host = Self::connect(&origin, &origin).await;
        host.data = Some(data);
        host
    }

    /// A server that runs already, at `url`, and takes itself for `origin`.
    pub async fn connect(url: &str, origin: &str) -> Self {
        let (url, origin) = (url.to_owned(), origin.to_owned());
        let mut host = Self { url, origin, tenant: TenantId([0; 16]), data: None, http: Client::new() };
        host.tenant = host.get("/api/server", None).await.body["tenant"].as_str().unwrap().parse().unwrap();
        host
    }

    pub async fn send(&self, method: Method, path: &str, cookie: Option<&str>, body: Option<&Value>) -> Reply {
        let mut request = self.http.request(method.clone(), format!("{}{path}", self.url));
        if let Some(cookie) = cookie {
            request = request.header(header::COOKIE, cookie);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let reply = Self::reply(request).await;
        document::check(&method, path, reply.status).await;
        reply
    }

    pub fn raw(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method, format!("{}{path}", self.url))
    }

    pub async fn reply(request: reqwest::RequestBuilder) -> Reply {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await.unwrap();
        Reply { status, headers, body: serde_json::from_str(&text).unwrap_or(Value::String(text)) }
    }

    pub async fn get(&self, path: &str, cookie: Option<&str>) -> Reply {
        self.send(Method::GET, path, cookie, None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.send(Method::POST, path, None, Some(&body)).await
    }

    pub async fn challenge(&self, account: &str) -> [u8; 32] {
        let challenge = self.post("/api/login/challenge", json!({ "account": account })).await.expect(200);
        bytes(&challenge["challenge"]).try_into().unwrap()
    }

    /// The server's own database, beside the server.
    pub async fn database(&self) -> SqlitePool {
        let file = self.data.as_ref().unwrap().path().join("sealed-notes.sqlite");
        SqlitePool::connect_with(SqliteConnectOptions::new().filename(file)).await.unwrap()
    }

    /// Signs somebody up and in. She has confirmed her recovery code, and not stored the vault that says so.
    pub async fn person(&self, handle: &str) -> Person<'_> {
        let (created, _) = confirmed(create(self.tenant));
        self.sign_up_and_in(handle, created).await
    }

    /// The same, with the vault stored: its generation is 2, here and there.
    pub async fn settled(&self, handle: &str) -> Person<'_> {
        let (created, change) = confirmed(create(self.tenant));
        let person = self.sign_up_and_in(handle, created).await;
        person.save(&change).await;
        person
    }

    async fn sign_up_and_in(&self, handle: &str, created: CreatedVault) -> Person<'_> {
        self.post("/api/accounts", sign_up(handle, &created)).await.expect(201);
        let mut person = Person { host: self, handle: handle.into(), created, cookie: String::new() };
        person.log_in().await;
        person
    }
}

pub fn sign_up(handle: &str, created: &CreatedVault) -> Value {
    json!({
        "handle": handle,
        "keyLogEntry": base64(&created.key_log_entry),
        "vault": base64(&created.sealed_vault),
        "slots": created.slots.iter().map(|slot| base64(slot)).collect::<Vec<_>>(),
    })
}

/// Somebody who is logged in.
pub struct Person<'h> {
    host: &'h Host,
    pub handle: String,
    pub created: CreatedVault,
    pub cookie: String,
}

impl Person<'_> {
    /// Stores a change of the vault that was just made.
    pub async fn save(&self, change: &VaultChange) {
        self.put("/api/vault", change_of(change, self.vault().generation() - 1)).await.expect(200);
    }

    /// Her events' kinds, newest first.
    pub async fn events(&self) -> Vec<String> {
        let events = self.get("/api/events").await.expect(200);
        events["events"].as_array().unwrap().iter().map(|event| event["kind"].as_str().unwrap().to_owned()).collect()
    }

    pub fn vault(&self) -> &Vault {
        &self.created.vault
    }

    pub fn account(&self) -> String {
        self.vault().account().to_string()
    }

    pub async fn log_in(&mut self) {
        self.cookie = self.session(None).await;
    }

    /// Logs in once more, and gives the cookie.
    pub async fn session(&self, device: Option<DeviceId>) -> String {
        let reply = self.try_log_in(device).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        assert_eq!(reply.body, json!({ "account": self.account(), "handle": self.handle }));
        let cookie = reply.headers[header::SET_COOKIE].to_str().unwrap();
        cookie.split(';').next().unwrap().to_owned()
    }

    pub async fn try_log_in(&self, device: Option<DeviceId>) -> Reply {
        let challenge = self.host.challenge(&self.account()).await;
        let login = self.vault().login(&challenge, &self.host.origin).unwrap();
        let mut body = json!({ "login": base64(&login) });
        if let Some(device) = device {
            body["device"] = device.to_string().into();
        }
        self.host.post("/api/login", body).await
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.host.get(path, Some(&self.cookie)).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Reply {
        self.host.send(Method::PUT, path, Some(&self.cookie), Some(&body)).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.host.send(Method::POST, path, Some(&self.cookie), Some(&body)).await
    }

    pub async fn delete(&self, path: &str) -> Reply {
        self.host.send(Method::DELETE, path, Some(&self.cookie), None).await
    }

    pub fn note(&self, text: &str) -> SealedPrivateNote {
        let note = NewPrivateNote { client: client(1), session: None, record: None, text, is_final: false };
        self.vault().private().seal(note, now()).unwrap()
    }

    pub fn record(&self, grant_to: &[GrantRequest<'_>]) -> SealedChartRecord {
        let sections = [("assessment", "Synthetic assessment."), ("plan", "Synthetic plan.")].into();
        let record = NewChartRecord { client: client(1), session: None, record: None, sections, is_final: false };
        self.vault().chart().seal(&record, grant_to, now()).unwrap()
    }

    pub async fn put_note(&self, note: &SealedPrivateNote) -> Reply {
        let path = format!("/api/private/notes/{}/versions/{}", note.record, note.version);
        self.put(&path, json!({ "sealed": base64(&note.bytes) })).await
    }

    pub async fn put_record(&self, record: &SealedChartRecord, revoke: &[&Person<'_>]) -> Reply {
        let path = format!("/api/chart/records/{}/versions/{}", record.record, record.version);
        self.put(&path, upload(record, revoke)).await
    }

    /// As this person's keys are for whoever compared the fingerprint.
    pub fn identity(&self) -> VerifiedIdentity {
        let entries = [self.created.key_log_entry.as_slice()];
        let identity = Identity::from_key_log(self.vault().account(), entries).unwrap();
        self.vault().verified(&identity).unwrap()
    }
}

pub fn upload(record: &SealedChartRecord, revoke: &[&Person<'_>]) -> Value {
    json!({
        "sealed": base64(&record.bytes),
        "grants": record.grants.iter().map(|grant| base64(&grant.bytes)).collect::<Vec<_>>(),
        "revoke": revoke.iter().map(|person| person.account()).collect::<Vec<_>>(),
    })
}

pub fn grant_to(to: &VerifiedIdentity) -> GrantRequest<'_> {
    let purpose_of_use = PurposeOfUse::Treatment;
    GrantRequest { to, purpose_of_use, expires_at: None, sections: None, suite: Suite::XWing }
}

pub fn device(number: u8) -> DeviceId {
    DeviceId([number; 16])
}

pub fn client(number: u8) -> ClientId {
    ClientId([number; 16])
}

/// A record id that is used once.
pub fn fresh_record() -> RecordId {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    let mut id = [7; 16];
    id[..4].copy_from_slice(&NEXT.fetch_add(1, Ordering::Relaxed).to_be_bytes());
    RecordId(id)
}

pub fn now() -> Timestamp {
    Timestamp(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs())
}

pub fn base64(bytes: &[u8]) -> String {
    BASE64_STANDARD.encode(bytes)
}

#[track_caller]
pub fn bytes(value: &Value) -> Vec<u8> {
    BASE64_STANDARD.decode(value.as_str().unwrap_or_else(|| panic!("no bytes: {value}"))).unwrap()
}

/// Where a record of one's own is.
pub fn path(record: &SealedChartRecord) -> String {
    format!("/api/chart/records/{}", record.record)
}

/// Where a record that was shared with oneself is.
pub fn shared(record: RecordId) -> String {
    format!("/api/chart/shared/{record}")
}

pub fn edit(anna: &Person<'_>, previous: &[u8], grant_to: &[GrantRequest<'_>]) -> SealedChartRecord {
    let sections = [("assessment", "Edited assessment."), ("plan", "Edited plan.")].into();
    anna.vault().chart().edit(previous, &sections, false, grant_to, now()).unwrap()
}
