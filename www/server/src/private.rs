//! The private drawer: its author's alone. No route, table or type here knows a recipient. (`claims` hands out what a
//! professional will includes.)

use axum::{extract::State, http::StatusCode};
use futures_util::TryStreamExt;
use sealed_notes_format::{
    container::PrivateNote,
    id::{AccountId, RecordId},
};
use serde::Serialize;
use sqlx::{QueryBuilder, SqliteExecutor};
use utoipa::ToSchema;

use crate::{
    App,
    accounts::Keyholder,
    auth::Session,
    checks::{self, Head, HeadRow, Place},
    db,
    error::Error,
    ledger,
    openapi::{Conflict, NotFound, TAG_PRIVATE},
    wire::{
        Bytes, ClientHex, Id, Json, Page, Path, Query, RecordHex, RecordPage, SealedVersion, Time, Upload,
        VersionEntry, VersionList, VersionNumber,
    },
};

#[derive(Serialize, ToSchema)]
pub(crate) struct Notes {
    notes: Vec<SealedVersion>,
    /// Pass as `after` for the next page; null at the end.
    next: Option<RecordHex>,
}

#[derive(sqlx::FromRow)]
struct Row {
    record: Vec<u8>,
    version: i64,
    hash: Vec<u8>,
    signed: Vec<u8>,
    wrap: Vec<u8>,
    body: Vec<u8>,
    stored_at: i64,
}

impl Row {
    fn entry(&self) -> Result<VersionEntry, Error> {
        VersionEntry::of((self.version, self.hash.clone(), self.stored_at))
    }

    fn into_sealed(self) -> Result<SealedVersion, Error> {
        Ok(SealedVersion {
            record: Id(RecordId(db::array(self.record)?)),
            version: db::number(self.version)?,
            sealed: Bytes(PrivateNote::encode(&self.signed, &self.wrap, &self.body)),
        })
    }
}

/// The newest version of each of one's own notes, in order of record id.
#[utoipa::path(get, path = "/api/private/notes", tag = TAG_PRIVATE, operation_id = "private_notes", params(RecordPage),
    responses((status = 200, description = "as asked", body = Notes)))]
pub(crate) async fn list(
    State(app): State<App>,
    session: Session,
    Query(query): Query<RecordPage>,
) -> Result<Json<Notes>, Error> {
    heads(&app, session.account, &query.page(), query.client).await
}

/// The newest versions of `author`'s notes.
pub(crate) async fn heads(
    app: &App,
    author: AccountId,
    page: &Page,
    client: Option<ClientHex>,
) -> Result<Json<Notes>, Error> {
    let mut sql = QueryBuilder::new(
        "SELECT record, version, hash, signed, wrap, body, stored_at FROM private_versions AS v
         WHERE version = (SELECT max(version) FROM private_versions WHERE record = v.record) AND author = ",
    );
    sql.push_bind(author.0.to_vec()).push(" AND record > ").push_bind(page.after());
    if let Some(Id(client)) = client {
        sql.push(" AND client = ").push_bind(client.0.to_vec());
    }
    let mut rows = sql.push(" ORDER BY record").build_query_as::<Row>().fetch(&app.db.read);
    let mut budget = page.budget()?;
    let mut notes: Vec<SealedVersion> = Vec::new();
    while let Some(row) = rows.try_next().await? {
        if budget.is_spent() {
            return Ok(Json(Notes { next: notes.last().map(|note| note.record), notes }));
        }
        let note = row.into_sealed()?;
        budget.spend(note.sealed.0.len());
        notes.push(note);
    }
    Ok(Json(Notes { notes, next: None }))
}

/// Stores a version: the first, or the one after the newest. Repeating the very same upload is harmless.
#[utoipa::path(put, path = "/api/private/notes/{record}/versions/{version}", tag = TAG_PRIVATE, operation_id = "put_private_version",
    params(("record" = RecordHex, Path), ("version" = VersionNumber, Path)),
    responses((status = 201, description = "stored now", body = VersionEntry), (status = 200, description = "was already stored", body = VersionEntry), NotFound, Conflict))]
pub(crate) async fn put_version(
    State(app): State<App>,
    session: Session,
    Path((record, version)): Path<(RecordHex, VersionNumber)>,
    Json(upload): Json<Upload>,
) -> Result<(StatusCode, Json<VersionEntry>), Error> {
    let (Id(record), VersionNumber(version)) = (record, version);
    let author = Keyholder::author(&app, &session).await?;
    let place = Place { tenant: app.tenant, author: &author, record, version };
    let note = checks::private_note(&upload.sealed.0, &place)?;

    let mut tx = author.begin(&app, &session).await?;
    if let Some(row) = find(&mut *tx, author.account, record, Some(version)).await?
        && row.signed == note.version.signed.raw
        && row.wrap == note.wrap.raw
        && row.body == note.body.raw
    {
        ledger::store_beside(&mut tx, &author, upload.ledger.as_ref()).await?;
        tx.commit().await?;
        return Ok((StatusCode::OK, Json(row.entry()?)));
    }
    checks::check_follows(&note.version, head(&mut *tx, record).await?.as_ref())?;
    let now = Time::now();
    sqlx::query(
        "INSERT INTO private_versions (record, version, author, client, hash, signed, wrap, body, stored_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(record.0.as_slice())
    .bind(db::storable(version)?)
    .bind(author.account.0.as_slice())
    .bind(note.version.manifest.client.0.as_slice())
    .bind(note.version.hash().0.as_slice())
    .bind(note.version.signed.raw)
    .bind(note.wrap.raw)
    .bind(note.body.raw)
    .bind(now.0)
    .execute(&mut *tx)
    .await?;
    ledger::store_beside(&mut tx, &author, upload.ledger.as_ref()).await?;
    tx.commit().await?;
    let entry = VersionEntry { version, hash: Id(note.version.hash()), stored_at: now };
    Ok((StatusCode::CREATED, Json(entry)))
}

/// One version.
#[utoipa::path(get, path = "/api/private/notes/{record}/versions/{version}", tag = TAG_PRIVATE, operation_id = "private_version",
    params(("record" = RecordHex, Path), ("version" = VersionNumber, Path)),
    responses((status = 200, description = "as asked", body = SealedVersion), NotFound))]
pub(crate) async fn get_version(
    State(app): State<App>,
    session: Session,
    Path((record, version)): Path<(RecordHex, VersionNumber)>,
) -> Result<Json<SealedVersion>, Error> {
    let (Id(record), VersionNumber(version)) = (record, version);
    let row = find(&app.db.read, session.account, record, Some(version)).await?;
    Ok(Json(row.ok_or_else(|| Error::not_found("the note"))?.into_sealed()?))
}

/// The newest version.
#[utoipa::path(get, path = "/api/private/notes/{record}", tag = TAG_PRIVATE, operation_id = "private_note", params(("record" = RecordHex, Path)),
    responses((status = 200, description = "as asked", body = SealedVersion), NotFound))]
pub(crate) async fn get_head(
    State(app): State<App>,
    session: Session,
    Path(Id(record)): Path<RecordHex>,
) -> Result<Json<SealedVersion>, Error> {
    let row = find(&app.db.read, session.account, record, None).await?;
    Ok(Json(row.ok_or_else(|| Error::not_found("the note"))?.into_sealed()?))
}

/// Which versions there are.
#[utoipa::path(get, path = "/api/private/notes/{record}/versions", tag = TAG_PRIVATE, operation_id = "private_versions", params(("record" = RecordHex, Path)),
    responses((status = 200, description = "as asked", body = VersionList), NotFound))]
pub(crate) async fn versions(
    State(app): State<App>,
    session: Session,
    Path(Id(record)): Path<RecordHex>,
) -> Result<Json<VersionList>, Error> {
    let rows = sqlx::query_as(
        "SELECT version, hash, stored_at FROM private_versions WHERE record = ? AND author = ? ORDER BY version",
    )
    .bind(record.0.as_slice())
    .bind(session.account.0.as_slice())
    .fetch_all(&app.db.read)
    .await?;
    VersionList::of(rows)
}

async fn head(db: impl SqliteExecutor<'_>, record: RecordId) -> Result<Option<Head>, Error> {
    let head: Option<HeadRow> = sqlx::query_as(
        "SELECT author, client, version, hash FROM private_versions WHERE record = ? ORDER BY version DESC LIMIT 1",
    )
    .bind(record.0.as_slice())
    .fetch_optional(db)
    .await?;
    head.map(Head::of).transpose()
}

/// A version, or the newest, if `author` wrote it.
async fn find(
    db: impl SqliteExecutor<'_>,
    author: AccountId,
    record: RecordId,
    version: Option<u64>,
) -> Result<Option<Row>, Error> {
    let row = sqlx::query_as(
        "SELECT record, version, hash, signed, wrap, body, stored_at FROM private_versions
         WHERE record = ?1 AND author = ?2 AND (?3 IS NULL OR version = ?3) ORDER BY version DESC LIMIT 1",
    )
    .bind(record.0.as_slice())
    .bind(author.0.as_slice())
    .bind(version.map(db::storable).transpose()?)
    .fetch_optional(db)
    .await?;
    Ok(row)
}
