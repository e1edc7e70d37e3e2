//! Anna's account with one of everything, and people who have some of it: what `authorization` asks for as each of them.

use std::collections::BTreeSet;

use reqwest::Method;
use sealed_notes::{
    AboutToStore, ChartDraft, GroupKind, Identity, NewChartRecord, NewPrivateNote, OwnRequest, PrivateDraft, RecordId,
    RequestKind, Role, SealedPrivateNote, ShareFor, TrustedAs, Vault, VerifiedIdentity, WillScope,
};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, SqlitePool};

use super::*;

pub struct World<'h> {
    /// Wrote and owns everything.
    pub anna: Person<'h>,
    /// May read her record, holds a share of her account and of her will, and has claimed the will.
    pub bert: Person<'h>,
    /// Might read her record's first version and no longer; holds the other shares, and has claimed nothing.
    pub carl: Person<'h>,
    /// Has an account.
    pub eve: Person<'h>,
    /// Cookies of Anna's that count no more: of a revoked device, and of a session that was logged out.
    pub ended: [String; 2],
    pub note: SealedPrivateNote,
    pub record: SealedChartRecord,
    pub will: String,
    pub request: String,
    pub claim: String,
    pub bodies: Bodies,
    /// What tells that an answer holds something of Anna's.
    traces: Vec<(&'static str, Vec<u8>)>,
    database: SqlitePool,
}

/// What Anna's next requests send.
pub struct Bodies {
    pub sign_up: Value,
    pub login: Value,
    pub vault: Value,
    pub note: Value,
    pub record: Value,
    pub grant: Value,
    pub private_draft: Value,
    pub chart_draft: Value,
    pub ledger: Value,
    pub request: Value,
    pub claim: Value,
    /// Bert's and Carl's answers to the request.
    pub answer: Value,
    pub deal: Value,
    pub deal_id: String,
}

impl<'h> World<'h> {
    pub async fn make(host: &'h Host) -> Self {
        let (mut anna, bert, carl, eve) = (
            host.settled("demo-anna").await,
            host.settled("demo-bert").await,
            host.settled("demo-carl").await,
            host.settled("demo-eve").await,
        );
        let (berts, carls, account) = (bert.identity(), carl.identity(), anna.vault().account());
        let mut traces = vec![("vault", middle(&anna.created.slots[0]))];

        let note = anna.note("Synthetic.");
        let stored = anna.put_note(&note).await.expect(201);
        traces.push(("note", unhex(stored["hash"].as_str().unwrap())));
        let next_note = anna.vault().private().edit(&note.bytes, "Edited.", false, now()).unwrap();
        let record = anna.record(&[grant_to(&berts), grant_to(&carls)]);
        let stored = anna.put_record(&record, &[]).await.expect(201);
        traces.push(("record", unhex(stored["hash"].as_str().unwrap())));
        let second = edit(&anna, &record.bytes, &[grant_to(&berts)]);
        anna.put_record(&second, &[&carl]).await.expect(201);
        let next_record = edit(&anna, &second.bytes, &[grant_to(&berts)]);
        let anew = anna.vault().chart().share(&second.bytes, &[grant_to(&carls)], now()).unwrap();
        traces.extend([("note", note.record.0.to_vec()), ("record", record.record.0.to_vec())]);
        let private_draft = private_draft(anna.vault(), note.record);
        anna.put(&format!("/api/private/drafts/{}", note.record), private_draft.clone()).await.expect(200);
        let chart_draft = chart_draft(anna.vault(), record.record);
        anna.put(&format!("/api/chart/drafts/{}", record.record), chart_draft.clone()).await.expect(200);
        let first_entry = ledger_entry(&anna, &note.bytes);
        anna.post("/api/ledger", json!({ "entry": base64(&first_entry) })).await.expect(201);
        anna.vault().ledger().follow([first_entry.as_slice()], true).unwrap();
        traces.push(("ledger", middle(&first_entry)));

        anna.session(Some(device(61))).await;
        let ended = [anna.session(Some(device(62))).await, anna.session(None).await];
        anna.delete(&format!("/api/devices/{}", device(62))).await;
        host.send(Method::DELETE, "/api/login", Some(&ended[1]), None).await;
        traces.push(("device", device(61).0.to_vec()));

        let people = [&berts, &carls].map(|to| ShareFor { name: "Friend", to: Some(to) });
        let dealt = anna.created.vault.deal_trustees(2, &people, now()).unwrap();
        anna.save(&dealt.change).await;
        let deal = json!({ "kind": "trustees", "shares": shares_of(&dealt.shares) });
        anna.put(&format!("/api/deals/{}", dealt.deal), deal.clone()).await.expect(201);
        traces
            .extend(deal["shares"].as_array().unwrap().iter().map(|share| ("share", middle(&bytes(&share["sealed"])))));
        let issued = anna.created.vault.issue_will(WillScope::ChartAndPrivate, 0, 2, &people, now()).unwrap();
        anna.save(&issued.change).await;
        let will = json!({ "kind": "will", "shares": shares_of(&issued.shares), "will": base64(&issued.will) });
        anna.put(&format!("/api/deals/{}", issued.deal), will).await.expect(201);
        traces.extend([("will", issued.deal.0.to_vec()), ("sealed-will", middle(&issued.will))]);

        let own = OwnRequest::make(account, RequestKind::Trustees, now()).unwrap();
        let request_body = json!({ "request": base64(own.bytes()) });
        let request = host.post("/api/requests", request_body.clone()).await.expect(201);
        let request = request["request"].as_str().unwrap().to_owned();
        let claim_body = json!({ "request": base64(&bert.vault().claim_will(account, now())) });
        let claim = bert.post(&format!("/api/wills/{account}/claims"), claim_body.clone()).await.expect(201);
        let claim = claim["request"].as_str().unwrap().to_owned();
        traces.extend([("request", unhex(&request)), ("claim", unhex(&claim))]);
        let answer = answer(host, &carl, own.bytes()).await;

        let challenge = host.challenge(&anna.account()).await;
        let login = json!({ "login": base64(&anna.vault().login(&challenge, &host.origin).unwrap()) });
        host.post("/api/login", login.clone()).await.expect(200);
        let next = anna.created.vault.issue_will(WillScope::Chart, 0, 2, &people, now()).unwrap();
        anna.save(&next.change).await;
        let (group, sealed_keys) = team(host, &mut anna, &[&berts, &carls]).await;
        traces.extend([("team", group.account().0.to_vec()), ("team-keys", middle(&sealed_keys))]);
        let vault = anna.created.vault.add_member(&group, &carls, Role::Clinician, None, now()).unwrap();
        let bodies = Bodies {
            sign_up: sign_up(&anna.handle, &anna.created),
            login,
            vault: change_of(&vault, anna.vault().generation() - 1),
            note: json!({ "sealed": base64(&next_note.bytes) }),
            record: upload(&next_record, &[]),
            grant: json!({ "grants": [base64(&anew[0].bytes)] }),
            private_draft,
            chart_draft,
            ledger: json!({ "entry": base64(&ledger_entry(&anna, &record.bytes)) }),
            request: request_body,
            claim: claim_body,
            answer,
            deal: json!({ "kind": "will", "shares": shares_of(&next.shares), "will": base64(&next.will) }),
            deal_id: next.deal.to_string(),
        };
        let will = issued.deal.to_string();
        let database = host.database().await;
        Self { anna, bert, carl, eve, ended, note, record, will, request, claim, bodies, traces, database }
    }

    /// What of Anna's an answer holds: found as bytes, as hexadecimal and inside of base64.
    pub fn seen(&self, answer: &Value) -> BTreeSet<&'static str> {
        match answer {
            Value::String(text) => {
                let decoded = BASE64_STANDARD.decode(text).unwrap_or_default();
                let holds = |trace: &[u8]| {
                    text.contains(&hex(trace)) || decoded.windows(trace.len()).any(|window| window == trace)
                };
                self.traces.iter().filter(|(_, trace)| holds(trace)).map(|(name, _)| *name).collect()
            }
            Value::Array(items) => items.iter().flat_map(|item| self.seen(item)).collect(),
            Value::Object(entries) => entries.values().flat_map(|item| self.seen(item)).collect(),
            _ => BTreeSet::new(),
        }
    }

    /// Every row of every table, but for when somebody was last seen.
    pub async fn rows(&self) -> BTreeSet<String> {
        let columns: Vec<(String, String)> = sqlx::query_as(
            "SELECT t.name, group_concat('quote(' || c.name || ')', '||'' ''||') FROM sqlite_schema AS t, pragma_table_info(t.name) AS c
             WHERE t.type = 'table' AND t.name NOT LIKE '\\_%' ESCAPE '\\' AND c.name <> 'last_used_at' GROUP BY t.name",
        )
        .fetch_all(&self.database)
        .await
        .unwrap();
        let mut rows = BTreeSet::new();
        for (table, columns) in columns {
            let sql = format!("SELECT '{table} ' || {columns} FROM {table}");
            let found: Vec<String> = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(&self.database).await.unwrap();
            rows.extend(found);
        }
        assert!(rows.len() > 40, "{}", rows.len());
        rows
    }

    /// Those of them that are about Anna. (Others may have drafts of their own under her record's id.)
    pub fn annas(&self, rows: &BTreeSet<String>) -> BTreeSet<String> {
        let [account, record, request, claim] =
            [&self.anna.account(), &self.record.record.to_string(), &self.request, &self.claim]
                .map(|id| id.to_uppercase());
        let is_annas = |row: &&String| match row.split_once(' ').unwrap().0 {
            "chart_bodies" | "grants" => row.contains(&record),
            "answers" => row.contains(&request) || row.contains(&claim),
            _ => row.contains(&account),
        };
        rows.iter().filter(is_annas).cloned().collect()
    }
}

/// A team of Anna's: the first is a member and has its keys, which are given; the second was one.
async fn team(host: &Host, anna: &mut Person<'_>, members: &[&VerifiedIdentity; 2]) -> (Identity, Vec<u8>) {
    let (team, change) = anna.created.vault.create_group(GroupKind::Team, "demo-team", now()).unwrap();
    let mut body = change_of(&change, anna.vault().generation() - 1);
    body["group"]["handle"] = "demo-team".into();
    anna.put("/api/vault", body).await.expect(200);
    let log = async || {
        let keys = host.get(&format!("/api/accounts/by-id/{team}/keys"), Some(&anna.cookie)).await.expect(200);
        let entries: Vec<_> = keys["keyLog"].as_array().unwrap().iter().map(bytes).collect();
        Identity::from_key_log(team, entries.iter().map(Vec::as_slice)).unwrap()
    };
    for member in members {
        let change = anna.created.vault.add_member(&log().await, member, Role::Clinician, None, now()).unwrap();
        anna.save(&change).await;
    }
    let [stays, leaves] = members;
    let change = anna.created.vault.remove_member(&log().await, leaves.account(), &[stays], now()).unwrap();
    anna.save(&change).await;
    (log().await, change.group.unwrap().sealed_keys.remove(0).1)
}

/// Bytes that nothing else has.
fn middle(sealed: &[u8]) -> Vec<u8> {
    sealed[sealed.len() - 40..][..20].to_vec()
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len() / 2).map(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap()).collect()
}

/// A first note under an id that may be somebody else's.
pub fn note_under(person: &Person<'_>, record: RecordId) -> SealedPrivateNote {
    let note = NewPrivateNote { client: client(1), session: None, record: Some(record), text: "mine", is_final: false };
    person.vault().private().seal(note, now()).unwrap()
}

/// The same in the chart.
pub fn record_under(person: &Person<'_>, record: RecordId) -> SealedChartRecord {
    let sections = [("plan", "mine")].into();
    let new = NewChartRecord { client: client(1), session: None, record: Some(record), sections, is_final: false };
    person.vault().chart().seal(&new, &[], now()).unwrap()
}

pub fn private_draft(vault: &Vault, record: RecordId) -> Value {
    let draft = PrivateDraft { record, client: client(1), session: None, base_version: 1, text: "x" };
    json!({ "sealed": base64(&vault.private().seal_draft(draft).unwrap()) })
}

pub fn chart_draft(vault: &Vault, record: RecordId) -> Value {
    let sections = [("plan", "x")].into();
    let draft = ChartDraft { record, client: client(1), session: None, base_version: 1, sections };
    json!({ "sealed": base64(&vault.chart().seal_draft(draft).unwrap()) })
}

/// Her own vault, with a change of somebody else's group beside it.
pub fn vault_beside(person: &Person<'_>, group: &Value, anna: &Person<'_>) -> Value {
    let entries = [anna.created.key_log_entry.as_slice()];
    let annas = Identity::from_key_log(anna.vault().account(), entries).unwrap();
    let mut vault = person.vault().clone();
    let (_, change) = vault.confirm(&annas, &annas.fingerprint(), TrustedAs::Person, None, now()).unwrap();
    let mut body = change_of(&change, person.vault().generation());
    body["group"] = group.clone();
    body
}

fn ledger_entry(person: &Person<'_>, version: &[u8]) -> Vec<u8> {
    let stored = AboutToStore { versions: &[version], ..Default::default() };
    person.vault().ledger().seal(stored, None, now()).unwrap().unwrap()
}

/// A trustee's share, handed on to a request.
async fn answer(host: &Host, trustee: &Person<'_>, request: &[u8]) -> Value {
    let shares = trustee.get("/api/shares").await.expect(200);
    let share = shares["shares"].as_array().unwrap().iter().find(|share| share["kind"] == "trustees").unwrap();
    let owner = host.unlock_data("demo-anna").await.identity();
    let deal = share["deal"].as_str().unwrap().parse().unwrap();
    let share =
        trustee.vault().open_share(&owner, sealed_notes::DealKind::Trustees, deal, &bytes(&share["sealed"])).unwrap();
    let code = sealed_notes::Request::decode(request).unwrap().code();
    json!({ "sealed": base64(&trustee.vault().answer_with_share(&share, request, &code).unwrap()) })
}
