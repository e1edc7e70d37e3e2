//! An account's ledger: one chain, whose next entry is stored alone or in one transaction with what it names.

use axum::{extract::State, http::StatusCode};
use sealed_notes_format::{
    id::{AccountId, Hash},
    ledger::{LedgerEntry, LedgerHead},
};
use serde::{Deserialize, Serialize};
use sqlx::{Sqlite, Transaction};
use utoipa::{IntoParams, ToSchema};

use crate::{
    App,
    accounts::Keyholder,
    auth::Session,
    checks, db,
    error::{Current, Error},
    openapi::{Conflict, TAG_ACCOUNTS},
    wire::{Budget, Bytes, HashHex, Id, Json, Query, Time},
};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewEntry {
    entry: Bytes,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct StoredEntry {
    sequence: u64,
    hash: HashHex,
}

/// Appends an entry to one's own ledger. Repeating the very same entry is harmless; one that is not behind the newest is a
/// conflict, whose `current` says which the newest is.
#[utoipa::path(post, path = "/api/ledger", tag = TAG_ACCOUNTS, operation_id = "append_to_ledger",
    responses((status = 201, description = "stored now, or was already", body = StoredEntry), Conflict))]
pub(crate) async fn append(
    State(app): State<App>,
    session: Session,
    Json(new): Json<NewEntry>,
) -> Result<(StatusCode, Json<StoredEntry>), Error> {
    let author = Keyholder::author(&app, &session).await?;
    let mut tx = author.begin(&app, &session).await?;
    let LedgerHead { sequence, hash } = store(&mut tx, &author, &new.entry).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(StoredEntry { sequence, hash: Id(hash) })))
}

/// The entry that came with something else, in the same transaction; also where that was stored already, since an answer
/// that says yes says it of both.
pub(crate) async fn store_beside(
    tx: &mut Transaction<'_, Sqlite>,
    author: &Keyholder,
    entry: Option<&Bytes>,
) -> Result<(), Error> {
    if let Some(entry) = entry {
        store(tx, author, entry).await?;
    }
    Ok(())
}

async fn store(
    tx: &mut Transaction<'_, Sqlite>,
    author: &Keyholder,
    Bytes(bytes): &Bytes,
) -> Result<LedgerHead, Error> {
    let entry = LedgerEntry::decode(bytes)?;
    let (account, head) = (author.account, entry.head());
    checks::same(
        entry.payload.account == account,
        "wrong_account",
        "the ledger entry is another account's: seal it with this account's vault",
    )?;
    let sequence = db::storable(head.sequence)?;
    let stored: Option<Vec<u8>> = sqlx::query_scalar("SELECT entry FROM ledger WHERE account = ? AND sequence = ?")
        .bind(account.0.as_slice())
        .bind(sequence)
        .fetch_optional(&mut **tx)
        .await?;
    if stored.as_ref() == Some(bytes) {
        return Ok(head);
    }
    let newest = newest(tx, account).await?;
    if !entry.follows(newest) {
        return Err(Error::Conflict {
            message: "the ledger has a newer entry: follow it with GET /api/ledger, and seal the entry again".into(),
            current: newest.map(|LedgerHead { sequence, hash }| Current::Ledger { sequence, hash: hash.to_string() }),
        });
    }
    checks::is_of_epoch(entry.payload.epoch == author.keys.epoch)?;
    entry.signed.verify(&author.keys.ed25519)?;
    sqlx::query("INSERT INTO ledger (account, sequence, hash, entry, stored_at) VALUES (?, ?, ?, ?, ?)")
        .bind(account.0.as_slice())
        .bind(sequence)
        .bind(head.hash.0.as_slice())
        .bind(bytes)
        .bind(Time::now().0)
        .execute(&mut **tx)
        .await?;
    Ok(head)
}

async fn newest(tx: &mut Transaction<'_, Sqlite>, account: AccountId) -> Result<Option<LedgerHead>, Error> {
    let newest: Option<(i64, Vec<u8>)> =
        sqlx::query_as("SELECT sequence, hash FROM ledger WHERE account = ? ORDER BY sequence DESC LIMIT 1")
            .bind(account.0.as_slice())
            .fetch_optional(&mut **tx)
            .await?;
    let head = |(sequence, hash)| Ok(LedgerHead { sequence: db::number(sequence)?, hash: Hash(db::array(hash)?) });
    newest.map(head).transpose()
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Behind {
    /// Continue behind this sequence number: that of the last entry which was followed. 0 by default.
    #[serde(default)]
    #[param(maximum = 9223372036854775807_i64)]
    after: u64,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Entries {
    entries: Vec<Bytes>,
    /// Pass as `after` for the next page; null at the end.
    next: Option<u64>,
}

/// One's own ledger, oldest first, at most 500 entries or a few MiB at a time.
#[utoipa::path(get, path = "/api/ledger", tag = TAG_ACCOUNTS, operation_id = "ledger", params(Behind),
    responses((status = 200, description = "as asked", body = Entries)))]
pub(crate) async fn list(
    State(app): State<App>,
    session: Session,
    Query(Behind { after }): Query<Behind>,
) -> Result<Json<Entries>, Error> {
    let after = i64::try_from(after).map_err(|_| Error::BadRequest("`after` is the number of an entry".into()))?;
    let rows: Vec<(i64, Vec<u8>)> = sqlx::query_as(
        "SELECT sequence, entry FROM ledger WHERE account = ? AND sequence > ? ORDER BY sequence LIMIT 501",
    )
    .bind(session.account.0.as_slice())
    .bind(after)
    .fetch_all(&app.db.read)
    .await?;
    let mut budget = Budget::new(500);
    let (mut entries, mut last) = (Vec::new(), 0);
    for (sequence, entry) in rows {
        if budget.is_spent() {
            return Ok(Json(Entries { entries, next: Some(last) }));
        }
        budget.spend(entry.len());
        last = db::number(sequence)?;
        entries.push(Bytes(entry));
    }
    Ok(Json(Entries { entries, next: None }))
}
