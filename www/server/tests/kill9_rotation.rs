//! Killed with SIGKILL in the middle of rotations, the server comes back with each of them whole or not at all, with
//! every acknowledged one, and with an account that exactly one of the two kits opens.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

mod common;

use std::{
    collections::{BTreeMap, BTreeSet},
    hash::{BuildHasher, RandomState},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use common::{process::Process, *};
use reqwest::{Client, Method};
use sealed_notes::{
    DeviceId, SlotKind, UnlockWith, Vault, VaultChange,
    format::{account::Vault as SealedVault, slot::Slot},
};
use serde_json::{Value, json};
use sqlx::SqlitePool;

const ORIGIN: &str = "http://notes.test";
const ROUNDS: u64 = 8;
const ACCOUNTS: usize = 3;
/// Changes that are ready to be sent when a round begins.
const READY: usize = 10;
const PRF: [u8; 32] = [9; 32];

/// All that a change of the vault changes in the database.
#[derive(Clone, Debug, Default, PartialEq)]
struct Rows {
    generation: i64,
    vaults: i64,
    vault: Vec<u8>,
    served: BTreeSet<Vec<u8>>,
    removed: BTreeSet<Vec<u8>>,
    key_log: Vec<Vec<u8>>,
    revoked: BTreeSet<Vec<u8>>,
    rotated_events: i64,
    device_events: i64,
}

/// An account after a change, and the request that brings it there.
struct State {
    request: Value,
    rows: Rows,
    vault: Vault,
    account_secret: String,
    recovery_code: String,
}

struct Account {
    handle: String,
    cookie: String,
    /// One after the other; what is behind `stored` was made, and not sent, or sent without an answer.
    states: Vec<State>,
    stored: usize,
    /// A session that a rotation ends, and of which state it is.
    other: (String, usize),
}

impl Account {
    async fn new(host: &Host, handle: String) -> Self {
        let person = host.settled(&handle).await;
        let data = host.unlock_data(&handle).await;
        let rows = Rows {
            generation: 2,
            vaults: 2,
            vault: data.vault,
            served: data.slots.into_iter().collect(),
            key_log: data.key_log,
            ..Rows::default()
        };
        let (cookie, created) = (person.cookie, person.created);
        let state = State {
            request: Value::Null,
            rows,
            vault: created.vault,
            account_secret: created.account_secret.to_string(),
            recovery_code: created.recovery_code.to_string(),
        };
        Self { handle, cookie, states: vec![state], stored: 0, other: (String::new(), 0) }
    }

    /// By turns a passkey is added, and a rotation removes it.
    fn get_ready(&mut self) {
        while self.states.len() <= self.stored + READY {
            let last = self.states.last().unwrap();
            let has_passkey = last.vault.unlock_slots().iter().any(|slot| slot.kind == SlotKind::Passkey);
            let next = if has_passkey { last.rotated() } else { last.with_passkey() };
            self.states.push(next);
        }
    }

    async fn log_in_elsewhere(&mut self, host: &Host) {
        let vault = &self.states[self.stored].vault;
        let challenge = host.challenge(&vault.account().to_string()).await;
        let login = base64(&vault.login(&challenge, ORIGIN).unwrap());
        let reply = host.post("/api/login", json!({ "login": login })).await;
        let cookie = reply.headers["set-cookie"].to_str().unwrap().split(';').next().unwrap();
        self.other = (cookie.to_owned(), self.stored);
    }

    async fn change_until_killed(&mut self, origin: &str, acknowledged: &AtomicUsize) {
        let http = Client::new();
        while let Some(next) = self.states.get(self.stored + 1) {
            let request = http.put(format!("{origin}/api/vault")).header("cookie", &self.cookie).json(&next.request);
            match request.send().await {
                Ok(response) => assert_eq!(response.status(), 200, "{:?}", response.text().await),
                Err(_) => return,
            }
            self.stored += 1;
            acknowledged.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Which state is stored: that of the last answer, or the one after it, and nothing in between.
    async fn find(&mut self, db: &SqlitePool) {
        let rows = Rows::read(db, &self.states[0].vault.account().0).await;
        let last = self.stored;
        let found = (last..=last + 1).find(|index| self.states.get(*index).is_some_and(|state| state.rows == rows));
        self.stored = found.unwrap_or_else(|| panic!("{}: {rows:?} is neither {last} nor the next", self.handle));
    }

    async fn check(&self, host: &Host) {
        let data = host.unlock_data(&self.handle).await;
        let (current, next) = (&self.states[self.stored], self.states.get(self.stored + 1));
        let before = self.stored.checked_sub(1).map(|before| &self.states[before]);
        for state in [before, Some(current), next].into_iter().flatten() {
            let is_current = state.recovery_code == current.recovery_code;
            let by_code = data.unlock(UnlockWith::RecoveryCode(&state.recovery_code)).is_ok();
            let stretched = if state.vault.epoch_number() == 1 { stretched() } else { stretched_anew() };
            let with = UnlockWith::Passphrase { stretched, account_secret: &state.account_secret };
            assert_eq!((by_code, data.unlock(with).is_ok()), (is_current, is_current), "{}", self.handle);
        }
        let has_passkey = current.rows.served.len() == 3;
        assert_eq!(data.unlock(UnlockWith::Passkey { prf: &PRF }).is_ok(), has_passkey);
        assert_eq!(data.identity().fingerprint(), current.vault.fingerprint());
        host.get("/api/me", Some(&self.cookie)).await.expect(200);
        let rotated = current.rows.rotated_events > self.states[self.other.1].rows.rotated_events;
        let other = host.get("/api/me", Some(&self.other.0)).await.status;
        assert_eq!(other, if rotated { 401 } else { 200 });
    }

    /// Sending it again, stored or not, is what a client does that got no answer.
    async fn repeat(&mut self, host: &Host) {
        let request = &self.states[self.stored].request;
        if !request.is_null() {
            host.send(Method::PUT, "/api/vault", Some(&self.cookie), Some(request)).await.expect(200);
        }
    }
}

impl State {
    fn with_passkey(&self) -> Self {
        let mut vault = self.vault.clone();
        let change = vault.add_passkey("key ring", b"credential", [1; 32], &PRF, now()).unwrap();
        self.then(vault, &change, None, (self.account_secret.clone(), self.recovery_code.clone()))
    }

    fn rotated(&self) -> Self {
        let mut kit = self.vault.prepare_rotation(stretched_anew(), &[], None, now()).unwrap();
        kit.confirm(&kit.recovery_code.clone(), now()).unwrap();
        let change = kit.change().unwrap();
        let copied = (kit.account_secret.to_string(), kit.recovery_code.to_string());
        let mut device = [7; 16];
        device[..8].copy_from_slice(&self.rows.generation.to_be_bytes());
        self.then(kit.commit().unwrap(), &change, Some(DeviceId(device)), copied)
    }

    fn then(&self, vault: Vault, change: &VaultChange, revoke: Option<DeviceId>, kit: (String, String)) -> Self {
        let mut request = change_of(change, self.vault.generation());
        request["revoke"] = json!(revoke.iter().map(ToString::to_string).collect::<Vec<_>>());
        let id = |slot: &[u8]| Slot::decode(slot).unwrap().parameters.slot;
        let mut served: BTreeMap<_, _> = self.rows.served.iter().map(|slot| (id(slot), slot.clone())).collect();
        served.extend(change.slots.iter().map(|slot| (id(slot), slot.clone())));
        let mut rows = self.rows.clone();
        for removed in &change.removed {
            served.remove(removed).unwrap();
            rows.removed.insert(removed.0.to_vec());
        }
        rows.served = served.into_values().collect();
        rows.vault = change.sealed_vault.clone();
        (rows.generation, rows.vaults) = (rows.generation + 1, rows.vaults + 1);
        rows.rotated_events += i64::from(!change.key_log_entries.is_empty());
        rows.key_log.extend(change.key_log_entries.clone());
        rows.device_events += i64::from(revoke.is_some());
        rows.revoked.extend(revoke.map(|device| device.0.to_vec()));
        Self { request, rows, vault, account_secret: kit.0, recovery_code: kit.1 }
    }
}

impl Rows {
    async fn read(db: &SqlitePool, account: &[u8; 32]) -> Self {
        let count = async |sql: &'static str| -> i64 {
            sqlx::query_scalar(sql).bind(account.as_slice()).fetch_one(db).await.unwrap()
        };
        let bytes = async |sql: &'static str| -> Vec<Vec<u8>> {
            sqlx::query_scalar(sql).bind(account.as_slice()).fetch_all(db).await.unwrap()
        };
        let newest = "SELECT sealed FROM vaults WHERE account = ? ORDER BY generation DESC LIMIT 1";
        let served = "SELECT sealed FROM unlock_slots AS s WHERE account = ? AND removed_at IS NULL AND generation =
            (SELECT max(generation) FROM unlock_slots WHERE account = s.account AND slot = s.slot)";
        let vault = bytes(newest).await.remove(0);
        Self {
            generation: SealedVault::decode(&vault).unwrap().parameters.generation as i64,
            vaults: count("SELECT count(*) FROM vaults WHERE account = ?").await,
            vault,
            served: bytes(served).await.into_iter().collect(),
            removed: bytes("SELECT slot FROM unlock_slots WHERE account = ? AND removed_at IS NOT NULL")
                .await
                .into_iter()
                .collect(),
            key_log: bytes("SELECT entry FROM key_log WHERE account = ? ORDER BY sequence").await,
            revoked: bytes("SELECT device FROM devices WHERE account = ? AND revoked_at IS NOT NULL")
                .await
                .into_iter()
                .collect(),
            rotated_events: count("SELECT count(*) FROM events WHERE account = ? AND kind = 'rotated'").await,
            device_events: count("SELECT count(*) FROM events WHERE account = ? AND kind = 'device_revoked'").await,
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rotation_outlives_sigkill_whole_or_not_at_all() {
    let data = tempfile::tempdir().unwrap();
    let logs = tempfile::tempdir().unwrap();
    let log = logs.path().join("log");
    let start = || Process::start(data.path(), &log, &["--origin", ORIGIN]);
    let mut process = start();
    let host = Host::connect(&process.origin, ORIGIN).await;
    let mut accounts = Vec::new();
    for number in 0..ACCOUNTS {
        accounts.push(Account::new(&host, format!("demo-account-{number}")).await);
    }

    let acknowledged = Arc::new(AtomicUsize::new(0));
    let (mut unanswered, mut stored_unanswered) = (0, 0);
    for round in 0..ROUNDS {
        let host = Host::connect(&process.origin, ORIGIN).await;
        for account in &mut accounts {
            account.get_ready();
            account.log_in_elsewhere(&host).await;
        }
        let drawn = RandomState::new().hash_one(round);
        let until = acknowledged.load(Ordering::Relaxed) + (drawn % 12) as usize;
        let running: Vec<_> = accounts
            .drain(..)
            .map(|mut account| {
                let (origin, acknowledged) = (process.origin.clone(), acknowledged.clone());
                tokio::spawn(async move {
                    account.change_until_killed(&origin, &acknowledged).await;
                    account
                })
            })
            .collect();
        // At another moment of a change each time.
        while acknowledged.load(Ordering::Relaxed) < until {
            tokio::time::sleep(Duration::from_micros(200)).await;
        }
        tokio::time::sleep(Duration::from_micros(drawn / 12 % 6000)).await;
        process.kill();
        for account in running {
            accounts.push(account.await.unwrap());
        }
        let left = check_database(data.path(), &mut accounts).await;
        (unanswered, stored_unanswered) = (unanswered + left.0, stored_unanswered + left.1);

        process = start();
        let host = Host::connect(&process.origin, ORIGIN).await;
        for account in &mut accounts {
            account.check(&host).await;
            account.repeat(&host).await;
        }
        check_database(data.path(), &mut accounts).await;
    }
    process.kill();
    let acknowledged = acknowledged.load(Ordering::Relaxed);
    let rotations: i64 = accounts.iter().map(|account| account.states[account.stored].rows.rotated_events).sum();
    eprintln!(
        "{acknowledged} changes acknowledged, {unanswered} without an answer, {stored_unanswered} of those stored"
    );
    assert!(rotations > 5 && unanswered > 0, "killed in the middle of nothing: {rotations}, {unanswered}");
}

/// By the rows themselves. Gives how many changes were sent without an answer, and how many of those are stored.
async fn check_database(data: &Path, accounts: &mut [Account]) -> (usize, usize) {
    let (_copy, db) = process::copy_of_database(data).await;
    let (mut unanswered, mut stored) = (0, 0);
    for account in accounts {
        let answered = account.stored;
        account.find(&db).await;
        unanswered += usize::from(answered + 1 < account.states.len());
        stored += account.stored - answered;
    }
    db.close().await;
    (unanswered, stored)
}
