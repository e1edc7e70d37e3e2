//! Databases of earlier releases.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

mod common;

use std::path::Path;

use common::{forger::Forger, *};
use reqwest::Method;
use sealed_notes::{
    TenantId,
    format::slot::{Cost, Way},
};
use serde_json::{Value, json};
use sqlx::{migrate::Migrator, sqlite::SqlitePoolOptions};

/// A database of the first release: its accounts have a passphrase slot and nothing else.
#[tokio::test]
async fn a_database_of_the_first_release_is_brought_up_to_date() {
    let (data, migrations) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let all = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    std::fs::copy(all.join("0001_first.sql"), migrations.path().join("0001_first.sql")).unwrap();
    let url = format!("sqlite:{}?mode=rwc", data.path().join("sealed-notes.sqlite").display());
    let db = SqlitePoolOptions::new().max_connections(1).connect(&url).await.unwrap();
    Migrator::new(migrations.path()).await.unwrap().run(&db).await.unwrap();
    let tenant = TenantId([5; 16]);
    let anna = Forger::new(tenant, 1);
    let slot = anna.slot(1, Way::Passphrase { salt: [1; 16], cost: Cost::DEFAULT });
    let account = anna.account.0.to_vec();
    for (sql, blob) in [
        (
            "INSERT INTO server (only_row, tenant, secret) VALUES (1, unhex('05050505050505050505050505050505'), randomblob(32))",
            &slot,
        ),
        ("INSERT INTO accounts (account, handle, created_at) VALUES (?2, 'demo-anna', 1700000000)", &slot),
        ("INSERT INTO key_log (account, sequence, entry, stored_at) VALUES (?2, 0, ?1, 1700000000)", &anna.entry),
        ("INSERT INTO vaults (account, generation, sealed, stored_at) VALUES (?2, 1, ?1, 1700000000)", &anna.vault(1)),
        (
            "INSERT INTO unlock_slots (account, slot, generation, sealed, stored_at) VALUES (?2, unhex('01010101010101010101010101010101'), 1, ?1, 1700000000)",
            &slot,
        ),
    ] {
        sqlx::query(sql).bind(blob).bind(&account).execute(&db).await.unwrap();
    }
    db.close().await;

    let host = Host::over(data).await;
    assert_eq!(host.tenant, tenant);
    let unlock = host.unlock_data("demo-anna").await;
    assert_eq!((unlock.slots, unlock.vault, unlock.key_log), (vec![slot], anna.vault(1), vec![anna.entry.clone()]));
    let since: i64 =
        sqlx::query_scalar("SELECT created_at FROM server").fetch_one(&host.database().await).await.unwrap();
    assert_eq!(since, 1_700_000_000);
    let cookie = anna.log_in(&host).await;
    let put = async |body: Value| host.send(Method::PUT, "/api/vault", Some(&cookie), Some(&body)).await;
    let body = |generation: u64, slots: Value, remove: Value| json!({ "vault": base64(&anna.vault(generation)), "slots": slots, "remove": remove, "expects": generation - 1 });
    put(body(2, json!([]), json!(["01".repeat(16)]))).await.refused(400, "bad_request");
    put(body(2, json!([base64(&anna.slot(2, Way::RecoveryCode))]), json!([]))).await.expect(200);
    put(body(3, json!([base64(&anna.slot(3, Way::Trustees))]), json!([]))).await.expect(200);
    put(body(4, json!([]), json!(["03".repeat(16)]))).await.expect(200);
    assert_eq!(host.unlock_data("demo-anna").await.slots.len(), 2);

    // And rotates.
    let next = Forger::new(tenant, 2);
    let entry = anna.rotation(&next, 2, &anna.entry);
    let passphrase = anna.slot(4, Way::Passphrase { salt: [2; 16], cost: Cost::DEFAULT });
    let mut rotation = body(5, json!([base64(&passphrase)]), json!(["01".repeat(16)]));
    rotation["keyLogEntries"] = json!([base64(&entry)]);
    put(rotation.clone()).await.expect(200);
    put(rotation).await.expect(200);
    let unlock = host.unlock_data("demo-anna").await;
    assert_eq!((unlock.slots.len(), unlock.key_log), (2, vec![anna.entry.clone(), entry]));
}
