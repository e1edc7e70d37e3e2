//! The ledger on a real server: one chain, in one transaction with what it names; and a database that was set back.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failure fails the test")]

mod common;

use common::*;
use sealed_notes::{AboutToStore, Access, CreatedVault, Error, SealedPrivateNote, UnlockWith, Vault, ledger::Ledger};
use serde_json::{Value, json};

fn entry(vault: &Vault, versions: &[&[u8]]) -> Vec<u8> {
    vault.ledger().seal(AboutToStore { versions, ..Default::default() }, None, now()).unwrap().unwrap()
}

async fn put(person: &Person<'_>, note: &SealedPrivateNote, entry: &[u8]) -> Reply {
    let path = format!("/api/private/notes/{}/versions/{}", note.record, note.version);
    person.put(&path, json!({ "sealed": base64(&note.bytes), "ledger": base64(entry) })).await
}

async fn entries(person: &Person<'_>, after: u64) -> Vec<Vec<u8>> {
    let page = person.get(&format!("/api/ledger?after={after}")).await.expect(200);
    assert_eq!(page["next"], Value::Null);
    page["entries"].as_array().unwrap().iter().map(bytes).collect()
}

fn follow(ledger: Ledger<'_>, entries: &[Vec<u8>]) -> Result<usize, Error> {
    ledger.follow(entries.iter().map(Vec::as_slice), true)
}

#[tokio::test]
async fn a_note_and_its_entry_are_stored_together_or_not_at_all() {
    let host = Host::start().await;
    let anna = host.person("anna").await;
    let (first, second) = (anna.note("one"), anna.note("two"));
    let [one, forked] = [&first, &second].map(|note| entry(anna.vault(), &[&note.bytes]));
    put(&anna, &first, &one).await.expect(201);
    put(&anna, &first, &one).await.expect(200);
    // Both entries are the first of the chain: the slower one is refused, and its note with it.
    let conflict = put(&anna, &second, &forked).await.refused(409, "conflict");
    assert_eq!(conflict["error"]["current"]["sequence"], 1);
    anna.get(&format!("/api/private/notes/{}", second.record)).await.refused(404, "not_found");
    follow(anna.vault().ledger(), &entries(&anna, 0).await).unwrap();
    put(&anna, &second, &entry(anna.vault(), &[&second.bytes])).await.expect(201);
    assert_eq!(follow(anna.vault().ledger(), &entries(&anna, 1).await), Ok(1));

    // The note is there; the entry is new, and stored all the same.
    let again = entry(anna.vault(), &[&second.bytes]);
    put(&anna, &second, &again).await.expect(200);
    assert_eq!(follow(anna.vault().ledger(), &entries(&anna, 2).await), Ok(1));

    let record = anna.record(&[]);
    let mut body = upload(&record, &[]);
    body["ledger"] = base64(&entry(anna.vault(), &[&record.bytes])).into();
    anna.put(&format!("{}/versions/1", path(&record)), body).await.expect(201);
    assert_eq!(entries(&anna, 0).await.len(), 4);
}

#[tokio::test]
async fn an_entry_is_its_accounts_own_and_the_next_one() {
    let host = Host::start().await;
    let (anna, ben) = (host.person("anna").await, host.person("ben").await);
    let note = anna.note("x");
    let one = entry(anna.vault(), &[&note.bytes]);
    let post = |person, entry: &[u8]| {
        let body = json!({ "entry": base64(entry) });
        async move { Person::post(person, "/api/ledger", body).await }
    };
    post(&ben, &one).await.refused(422, "not_sealed: wrong_account");
    let mut changed = one.clone();
    let place = changed.len() / 3;
    changed[place] ^= 1;
    assert_eq!(post(&anna, &changed).await.status, 422);
    post(&anna, &one).await.expect(201);
    post(&anna, &one).await.expect(201);
    assert_eq!(entries(&anna, 0).await, [one]);
    assert!(entries(&ben, 0).await.is_empty(), "each sees her own");
    host.get("/api/ledger", None).await.refused(401, "not_logged_in");
}

/// What an administrator can do with the database, and what the client that wrote it says.
#[tokio::test]
async fn a_database_that_was_set_back_is_noticed() {
    let host = Host::start().await;
    let anna = host.person("anna").await;
    let first = anna.note("one");
    let store = async |note: &SealedPrivateNote| {
        let entry = entry(anna.vault(), &[&note.bytes]);
        put(&anna, note, &entry).await.expect(201);
        anna.vault().ledger().stored(&entry).unwrap();
    };
    store(&first).await;
    let edited = anna.vault().private().edit(&first.bytes, "two", false, now()).unwrap();
    store(&edited).await;
    let url = format!("/api/private/notes/{}", first.record);
    let served = async || bytes(&anna.get(&url).await.expect(200)["sealed"]);
    let open = |bytes: &[u8]| anna.vault().private().open_as(bytes, None, Access::Newest, now()).map(|note| note.text);
    assert_eq!(open(&served().await).unwrap().as_str(), "two", "an honest server");

    let database = host.database().await;
    sqlx::query("DELETE FROM private_versions WHERE version = 2").execute(&database).await.unwrap();
    assert_eq!(open(&served().await), Err(Error::RolledBack { expected: 2, found: 1 }));

    // The ledger is set back with it: whoever remembers its head notices, on whichever device.
    let head = anna.vault().ledger().head().unwrap();
    sqlx::query("DELETE FROM ledger WHERE sequence = 2").execute(&database).await.unwrap();
    let other = unlock_again(&anna);
    assert_eq!(follow(other.ledger(), &entries(&anna, 0).await), Ok(1), "a device without memory cannot know");
    other.ledger().expect(head).unwrap();
    assert_eq!(follow(other.ledger(), &[]), Err(Error::RolledBack { expected: 2, found: 1 }));
}

fn unlock_again(person: &Person<'_>) -> Vault {
    let CreatedVault { sealed_vault, slots, recovery_code, .. } = &person.created;
    Vault::unlock(sealed_vault, slots.iter().map(Vec::as_slice), UnlockWith::RecoveryCode(recovery_code)).unwrap()
}
