//! Killed with SIGKILL in the middle of saves, the server comes back with every acknowledged save, byte for byte, and
//! without a half-written one.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

mod common;

use std::{
    collections::{BTreeSet, HashMap},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use common::{
    forger::{Forged, Forger},
    process::{self, Process},
    *,
};
use reqwest::{Client, StatusCode};
use sealed_notes::{
    RecordId,
    format::{
        container::{ChartRecord, PrivateNote},
        id::Hash,
        version::Drawer,
    },
};
use serde_json::{Value, json};

const ORIGIN: &str = "http://notes.test";
const ROUNDS: u64 = 8;
const WRITERS: u8 = 4;
const SECTIONS: [&str; 2] = ["assessment", "plan"];

/// What was sent, and whether the server said that it is stored.
#[derive(Clone)]
struct Save {
    forged: Forged,
    grants: Vec<Vec<u8>>,
    revoke: bool,
    acknowledged: bool,
}

type Saves = Arc<Mutex<HashMap<(RecordId, u64), Save>>>;

struct Writer {
    author: Forger,
    recipients: Arc<[Forger; 2]>,
    cookie: String,
    /// One record of each drawer, and its newest version that is surely stored.
    records: [(Drawer, RecordId, Option<Forged>); 2],
    saves: Saves,
}

impl Writer {
    fn next(&self, (drawer, record, head): &(Drawer, RecordId, Option<Forged>), fill: u8) -> Save {
        let manifest = self.author.manifest(*drawer, *record, head.as_ref());
        let sections: &[&str] = if *drawer == Drawer::Chart { &SECTIONS } else { &["note"] };
        let forged = self.author.version(manifest, sections, fill);
        if *drawer == Drawer::Private {
            return Save { forged, grants: Vec::new(), revoke: false, acknowledged: false };
        }
        // Every third version revokes the first recipient and grants only the second.
        let revoke = forged.manifest.version.is_multiple_of(3);
        let to = if revoke { &self.recipients[1..] } else { &self.recipients[..] };
        let grants = to.iter().map(|to| self.author.grant_to(&forged, to, &SECTIONS)).collect();
        Save { forged, grants, revoke, acknowledged: false }
    }

    /// Saves version after version until the server dies.
    async fn save_until_killed(&mut self, origin: &str, acknowledged: &AtomicUsize) {
        let http = Client::new();
        for count in 0u64.. {
            for index in 0..2 {
                let save = self.next(&self.records[index], count as u8);
                let (record, version) = (save.forged.manifest.record, save.forged.manifest.version);
                self.saves.lock().unwrap().insert((record, version), save.clone());
                let url = format!("{origin}{}", path(&save.forged));
                let request = http.put(url).header("cookie", &self.cookie).json(&self.body(&save));
                match request.send().await {
                    Ok(response) => assert_eq!(response.status(), StatusCode::CREATED, "{:?}", response.text().await),
                    Err(_) => return,
                }
                self.saves.lock().unwrap().get_mut(&(record, version)).unwrap().acknowledged = true;
                acknowledged.fetch_add(1, Ordering::Relaxed);
                self.records[index].2 = Some(save.forged);
            }
        }
    }

    fn body(&self, save: &Save) -> Value {
        let sealed = base64(&save.forged.sealed);
        if save.forged.manifest.drawer == Drawer::Private {
            return json!({ "sealed": sealed });
        }
        let grants: Vec<_> = save.grants.iter().map(|grant| base64(grant)).collect();
        let revoke: Vec<_> = save.revoke.then(|| self.recipients[0].account.to_string()).into_iter().collect();
        json!({ "sealed": sealed, "grants": grants, "revoke": revoke })
    }

    /// A save whose answer was lost may be stored or not. Sending it again settles it.
    async fn catch_up(&mut self, host: &Host) {
        for (_, record, head) in &mut self.records {
            let next = head.as_ref().map_or(1, |head| head.manifest.version + 1);
            let save = self.saves.lock().unwrap().get(&(*record, next)).cloned();
            if let Some(save) = save {
                *head = Some(save.forged);
            }
        }
        for (_, record, head) in &self.records {
            let Some(head) = head else { continue };
            let save = self.saves.lock().unwrap()[&(*record, head.manifest.version)].clone();
            let request = host.raw(reqwest::Method::PUT, &path(&save.forged)).header("cookie", &self.cookie);
            let reply = Host::reply(request.json(&self.body(&save))).await;
            assert!([200, 201].contains(&reply.status.as_u16()), "{}", reply.body);
            self.saves.lock().unwrap().get_mut(&(*record, head.manifest.version)).unwrap().acknowledged = true;
        }
    }
}

fn path(forged: &Forged) -> String {
    let manifest = &forged.manifest;
    let list = if manifest.drawer == Drawer::Private { "private/notes" } else { "chart/records" };
    format!("/api/{list}/{}/versions/{}", manifest.record, manifest.version)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_acknowledged_save_outlives_sigkill_and_none_is_half_written() {
    let data = tempfile::tempdir().unwrap();
    let logs = tempfile::tempdir().unwrap();
    let log = logs.path().join("log");
    let flags = ["--origin", ORIGIN, "--account-per-minute", "1000000", "--ip-per-minute", "1000000"];
    let start = || Process::start(data.path(), &log, &flags);

    let mut process = start();
    let host = Host::connect(&process.origin, ORIGIN).await;
    let recipients = Arc::new([Forger::new(host.tenant, 101), Forger::new(host.tenant, 102)]);
    for (recipient, handle) in recipients.iter().zip(["demo-reader-1", "demo-reader-2"]) {
        recipient.join(&host, handle).await;
    }
    let saves = Saves::default();
    let mut writers = Vec::new();
    for number in 1..=WRITERS {
        let author = Forger::new(host.tenant, number);
        let cookie = author.join(&host, &format!("demo-writer-{number}")).await;
        let records = [(Drawer::Private, fresh_record(), None::<Forged>), (Drawer::Chart, fresh_record(), None)];
        writers.push(Writer { author, recipients: recipients.clone(), cookie, records, saves: saves.clone() });
    }

    let acknowledged = Arc::new(AtomicUsize::new(0));
    let mut lost_answers = 0;
    for round in 0..ROUNDS {
        let origin = process.origin.clone();
        let running: Vec<_> = writers
            .drain(..)
            .map(|mut writer| {
                let (origin, acknowledged) = (origin.clone(), acknowledged.clone());
                tokio::spawn(async move {
                    writer.save_until_killed(&origin, &acknowledged).await;
                    writer
                })
            })
            .collect();
        // At another moment of a save each time.
        let jitter = std::collections::hash_map::RandomState::new();
        let jitter = std::hash::BuildHasher::hash_one(&jitter, round) % 500_000;
        tokio::time::sleep(Duration::from_micros(150_000 + jitter)).await;
        process.kill();
        for writer in running {
            writers.push(writer.await.unwrap());
        }

        check_database(data.path(), &saves).await;
        lost_answers += saves.lock().unwrap().values().filter(|save| !save.acknowledged).count();
        process = start();
        let host = Host::connect(&process.origin, ORIGIN).await;
        for writer in &mut writers {
            check_answers(&host, writer).await;
            writer.catch_up(&host).await;
        }
    }
    process.kill();
    let acknowledged = acknowledged.load(Ordering::Relaxed);
    eprintln!("{acknowledged} saves acknowledged, {lost_answers} answers lost in {ROUNDS} rounds");
    assert!(acknowledged > 40 && lost_answers > 0, "killed in the middle of nothing: {acknowledged}, {lost_answers}");
}

/// Record, version, signed, wrap, body.
type PrivateRow = (Vec<u8>, i64, Vec<u8>, Vec<u8>, Vec<u8>);
/// Record, version, signed, wrap.
type ChartRow = (Vec<u8>, i64, Vec<u8>, Vec<u8>);

/// By the rows themselves.
async fn check_database(data: &std::path::Path, saves: &Saves) {
    let (_copy, db) = process::copy_of_database(data).await;
    let saves = saves.lock().unwrap().clone();
    let mut stored = HashMap::new();

    let rows: Vec<PrivateRow> = sqlx::query_as("SELECT record, version, signed, wrap, body FROM private_versions")
        .fetch_all(&db)
        .await
        .unwrap();
    for (record, version, signed, wrap, body) in rows {
        let sealed = PrivateNote::encode(&signed, &wrap, &body);
        PrivateNote::decode(&sealed).unwrap();
        stored.insert((RecordId(record.try_into().unwrap()), version as u64), sealed);
    }
    let rows: Vec<ChartRow> =
        sqlx::query_as("SELECT record, version, signed, wrap FROM chart_versions").fetch_all(&db).await.unwrap();
    for (record, version, signed, wrap) in rows {
        let bodies: Vec<Vec<u8>> =
            sqlx::query_scalar("SELECT body FROM chart_bodies WHERE record = ? AND version = ? ORDER BY section")
                .bind(record.as_slice())
                .bind(version)
                .fetch_all(&db)
                .await
                .unwrap();
        let sealed = ChartRecord::encode(&signed, Some(&wrap), bodies.iter().map(Vec::as_slice));
        ChartRecord::decode(&sealed).unwrap();
        let key = (RecordId(record.clone().try_into().unwrap()), version as u64);
        let save = &saves[&key];

        let grants: Vec<Vec<u8>> = sqlx::query_scalar("SELECT sealed FROM grants WHERE record = ? AND version = ?")
            .bind(record.as_slice())
            .bind(version)
            .fetch_all(&db)
            .await
            .unwrap();
        let set = |grants: &[Vec<u8>]| grants.iter().map(|grant| Hash::of(grant)).collect::<BTreeSet<_>>();
        assert_eq!(set(&grants), set(&save.grants), "version {version} has other grants than were sent with it");
        if save.revoke {
            let left: i64 = sqlx::query_scalar(
                "SELECT count(DISTINCT recipient) FROM grants WHERE record = ? AND version < ? AND revoked_at IS NULL",
            )
            .bind(record.as_slice())
            .bind(version)
            .fetch_one(&db)
            .await
            .unwrap();
            assert_eq!(left, 1, "version {version} is stored and its revocation is not");
        }
        stored.insert(key, sealed);
    }

    for (key, save) in &saves {
        match stored.get(key) {
            Some(sealed) => assert_eq!(sealed, &save.forged.sealed, "{key:?}"),
            None => assert!(!save.acknowledged, "{key:?} was acknowledged and is gone"),
        }
    }
    assert!(stored.keys().all(|key| saves.contains_key(key)));
    db.close().await;
}

/// By what the restarted server hands out, to the session from before.
async fn check_answers(host: &Host, writer: &Writer) {
    let own = |save: &&Save| save.acknowledged && save.forged.manifest.author == writer.author.account;
    let saves: Vec<Save> = writer.saves.lock().unwrap().values().filter(own).cloned().collect();
    for save in saves {
        let answer = host.get(&path(&save.forged), Some(&writer.cookie)).await.expect(200);
        assert_eq!(bytes(&answer["sealed"]), save.forged.sealed);
    }
}
