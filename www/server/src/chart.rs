//! The chart as its author sees it. What others see of it is in `shared`, and only what a grant gives.

use axum::{extract::State, http::StatusCode};
use sealed_notes_format::{
    container::ChartRecord,
    id::{AccountId, RecordId},
};
use serde::{Deserialize, Serialize};
use sqlx::{QueryBuilder, Sqlite, SqliteConnection, SqliteExecutor, Transaction};
use utoipa::ToSchema;

use crate::{
    App,
    accounts::Keyholder,
    auth::Session,
    checks::{self, Head, HeadRow, Place},
    db,
    error::Error,
    grants, ledger,
    openapi::{Conflict, NotFound, TAG_CHART},
    wire::{
        AccountHex, Bytes, Id, Json, Page, Path, Query, RecordHex, RecordPage, SealedVersion, Time, VersionEntry,
        VersionList, VersionNumber,
    },
};

#[derive(Serialize, ToSchema)]
pub(crate) struct Records {
    records: Vec<SealedVersion>,
    /// Pass as `after` for the next page; null at the end.
    next: Option<RecordHex>,
}

/// A version without its bodies.
#[derive(sqlx::FromRow)]
pub(crate) struct Row {
    record: Vec<u8>,
    version: i64,
    hash: Vec<u8>,
    pub(crate) signed: Vec<u8>,
    wrap: Vec<u8>,
    stored_at: i64,
}

impl Row {
    fn entry(&self) -> Result<VersionEntry, Error> {
        VersionEntry::of((self.version, self.hash.clone(), self.stored_at))
    }

    async fn into_sealed(self, db: &mut SqliteConnection) -> Result<SealedVersion, Error> {
        let record = RecordId(db::array(self.record)?);
        let bodies = bodies(db, record, self.version).await?;
        Ok(SealedVersion {
            record: Id(record),
            version: db::number(self.version)?,
            sealed: Bytes(ChartRecord::encode(
                &self.signed,
                Some(&self.wrap),
                bodies.iter().map(|(_, body)| body.as_slice()),
            )),
        })
    }
}

/// A version's bodies with their sections' names, in the manifest's order.
pub(crate) async fn bodies(
    db: impl SqliteExecutor<'_>,
    record: RecordId,
    version: i64,
) -> Result<Vec<(String, Vec<u8>)>, Error> {
    let bodies =
        sqlx::query_as("SELECT section, body FROM chart_bodies WHERE record = ? AND version = ? ORDER BY section")
            .bind(record.0.as_slice())
            .bind(version)
            .fetch_all(db)
            .await?;
    Ok(bodies)
}

/// The newest version of each of one's own records, in order of record id.
#[utoipa::path(get, path = "/api/chart/records", tag = TAG_CHART, operation_id = "chart_records", params(RecordPage),
    responses((status = 200, description = "as asked", body = Records)))]
pub(crate) async fn list(
    State(app): State<App>,
    session: Session,
    Query(query): Query<RecordPage>,
) -> Result<Json<Records>, Error> {
    heads(&app, session.account, &query.page(), |sql| {
        if let Some(Id(client)) = query.client {
            sql.push(" AND client = ").push_bind(client.0.to_vec());
        }
    })
    .await
}

/// One's own clients: the newest version of each record that is a client's own, its record id being the client's id.
#[utoipa::path(get, path = "/api/chart/clients", tag = TAG_CHART, operation_id = "chart_clients", params(Page),
    responses((status = 200, description = "as asked", body = Records)))]
pub(crate) async fn clients(
    State(app): State<App>,
    session: Session,
    Query(page): Query<Page>,
) -> Result<Json<Records>, Error> {
    heads(&app, session.account, &page, |sql| {
        sql.push(" AND client = record");
    })
    .await
}

/// The newest versions of `author`'s records.
pub(crate) async fn heads(
    app: &App,
    author: AccountId,
    page: &Page,
    narrow: impl FnOnce(&mut QueryBuilder<Sqlite>),
) -> Result<Json<Records>, Error> {
    let mut budget = page.budget()?;
    let mut sql = QueryBuilder::new(
        "SELECT record, version, hash, signed, wrap, stored_at FROM chart_versions AS v
         WHERE version = (SELECT max(version) FROM chart_versions WHERE record = v.record) AND author = ",
    );
    sql.push_bind(author.0.to_vec()).push(" AND record > ").push_bind(page.after());
    narrow(&mut sql);
    sql.push(" ORDER BY record LIMIT ").push_bind(page.rows()?);
    let mut connection = app.db.read.acquire().await?;
    let rows: Vec<Row> = sql.build_query_as().fetch_all(&mut *connection).await?;
    let mut records: Vec<SealedVersion> = Vec::new();
    for row in rows {
        if budget.is_spent() {
            return Ok(Json(Records { next: records.last().map(|record| record.record), records }));
        }
        let record = row.into_sealed(&mut connection).await?;
        budget.spend(record.sealed.0.len());
        records.push(record);
    }
    Ok(Json(Records { records, next: None }))
}

/// With one save.
const MAX_REVOKED: usize = 1000;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChartUpload {
    sealed: Bytes,
    /// Grants on this very version.
    #[serde(default)]
    grants: Vec<Bytes>,
    /// Accounts whose grants on all versions of the record end with this save.
    #[serde(default)]
    #[schema(max_items = 1000)]
    revoke: Vec<AccountHex>,
    /// The ledger's entry that names all of it: both are stored, or neither.
    #[serde(default)]
    ledger: Option<Bytes>,
}

/// Stores a version with its grants and ends those of whom it revokes, all of it or nothing. Repeating the very same
/// upload is harmless.
#[utoipa::path(put, path = "/api/chart/records/{record}/versions/{version}", tag = TAG_CHART, operation_id = "put_chart_version",
    params(("record" = RecordHex, Path), ("version" = VersionNumber, Path)),
    responses((status = 201, description = "stored now", body = VersionEntry), (status = 200, description = "was already stored", body = VersionEntry), NotFound, Conflict))]
pub(crate) async fn put_version(
    State(app): State<App>,
    session: Session,
    Path((record, version)): Path<(RecordHex, VersionNumber)>,
    Json(upload): Json<ChartUpload>,
) -> Result<(StatusCode, Json<VersionEntry>), Error> {
    let (Id(record), VersionNumber(version)) = (record, version);
    let author = Keyholder::author(&app, &session).await?;
    let place = Place { tenant: app.tenant, author: &author, record, version };
    if upload.revoke.len() > MAX_REVOKED {
        return Err(Error::BadRequest(format!("a save revokes at most {MAX_REVOKED} accounts: make several")));
    }
    let chart = checks::chart_record(&upload.sealed.0, &place)?;
    let grants = grants::check(&upload.grants, &chart.version, &place)?;
    if grants.iter().any(|grant| upload.revoke.contains(&Id(grant.header.recipient))) {
        return Err(Error::BadRequest("somebody is both granted and revoked: leave her out of one of the two".into()));
    }

    let mut tx = author.begin(&app, &session).await?;
    if let Some(row) = find(&mut *tx, author.account, record, Some(version)).await?
        && is_same(&mut tx, &row, &chart).await?
    {
        if grants::are_stored(&mut tx, &grants).await? && grants::are_revoked(&mut tx, record, &upload.revoke).await? {
            ledger::store_beside(&mut tx, &author, upload.ledger.as_ref()).await?;
            tx.commit().await?;
            return Ok((StatusCode::OK, Json(row.entry()?)));
        }
        return Err(Error::conflict(
            "this version is stored already, with other grants: add grants with POST …/grants, revoke with a next version",
        ));
    }
    checks::check_follows(&chart.version, head(&mut *tx, record).await?.as_ref())?;
    let stored_at = Time::now();
    insert(&mut tx, &chart, stored_at).await?;
    grants::revoke(&mut tx, record, &upload.revoke).await?;
    grants::store(&mut tx, &grants).await?;
    ledger::store_beside(&mut tx, &author, upload.ledger.as_ref()).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(VersionEntry { version, hash: Id(chart.version.hash()), stored_at })))
}

async fn insert(tx: &mut Transaction<'_, Sqlite>, chart: &ChartRecord<'_>, stored_at: Time) -> Result<(), Error> {
    let manifest = &chart.version.manifest;
    let version = db::storable(manifest.version)?;
    sqlx::query(
        "INSERT INTO chart_versions (record, version, author, client, hash, signed, wrap, stored_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(manifest.record.0.as_slice())
    .bind(version)
    .bind(manifest.author.0.as_slice())
    .bind(manifest.client.0.as_slice())
    .bind(chart.version.hash().0.as_slice())
    .bind(chart.version.signed.raw)
    .bind(chart.wrap.as_ref().map(|wrap| wrap.raw))
    .bind(stored_at.0)
    .execute(&mut **tx)
    .await?;
    for (section, body) in &chart.bodies {
        sqlx::query("INSERT INTO chart_bodies (record, version, section, body) VALUES (?, ?, ?, ?)")
            .bind(manifest.record.0.as_slice())
            .bind(version)
            .bind(&section.name)
            .bind(body.raw)
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}

async fn is_same(tx: &mut Transaction<'_, Sqlite>, row: &Row, chart: &ChartRecord<'_>) -> Result<bool, Error> {
    if row.signed != chart.version.signed.raw || chart.wrap.as_ref().is_none_or(|wrap| row.wrap != wrap.raw) {
        return Ok(false);
    }
    let stored = bodies(&mut **tx, chart.version.manifest.record, row.version).await?;
    Ok(stored.iter().map(|(_, body)| body.as_slice()).eq(chart.bodies.iter().map(|(_, body)| body.raw)))
}

/// One version.
#[utoipa::path(get, path = "/api/chart/records/{record}/versions/{version}", tag = TAG_CHART, operation_id = "chart_version",
    params(("record" = RecordHex, Path), ("version" = VersionNumber, Path)),
    responses((status = 200, description = "as asked", body = SealedVersion), NotFound))]
pub(crate) async fn get_version(
    State(app): State<App>,
    session: Session,
    Path((record, version)): Path<(RecordHex, VersionNumber)>,
) -> Result<Json<SealedVersion>, Error> {
    let (Id(record), VersionNumber(version)) = (record, version);
    sealed(&app, &session, record, Some(version)).await
}

/// The newest version.
#[utoipa::path(get, path = "/api/chart/records/{record}", tag = TAG_CHART, operation_id = "chart_record",
    params(("record" = RecordHex, Path)), responses((status = 200, description = "as asked", body = SealedVersion), NotFound))]
pub(crate) async fn get_head(
    State(app): State<App>,
    session: Session,
    Path(Id(record)): Path<RecordHex>,
) -> Result<Json<SealedVersion>, Error> {
    sealed(&app, &session, record, None).await
}

async fn sealed(
    app: &App,
    session: &Session,
    record: RecordId,
    version: Option<u64>,
) -> Result<Json<SealedVersion>, Error> {
    let mut connection = app.db.read.acquire().await?;
    let row = find(&mut *connection, session.account, record, version).await?;
    Ok(Json(row.ok_or_else(|| Error::not_found("the record"))?.into_sealed(&mut connection).await?))
}

/// Which versions there are.
#[utoipa::path(get, path = "/api/chart/records/{record}/versions", tag = TAG_CHART, operation_id = "chart_versions",
    params(("record" = RecordHex, Path)), responses((status = 200, description = "as asked", body = VersionList), NotFound))]
pub(crate) async fn versions(
    State(app): State<App>,
    session: Session,
    Path(Id(record)): Path<RecordHex>,
) -> Result<Json<VersionList>, Error> {
    let rows = sqlx::query_as(
        "SELECT version, hash, stored_at FROM chart_versions WHERE record = ? AND author = ? ORDER BY version",
    )
    .bind(record.0.as_slice())
    .bind(session.account.0.as_slice())
    .fetch_all(&app.db.read)
    .await?;
    VersionList::of(rows)
}

async fn head(db: impl SqliteExecutor<'_>, record: RecordId) -> Result<Option<Head>, Error> {
    let head: Option<HeadRow> = sqlx::query_as(
        "SELECT author, client, version, hash FROM chart_versions WHERE record = ? ORDER BY version DESC LIMIT 1",
    )
    .bind(record.0.as_slice())
    .fetch_optional(db)
    .await?;
    head.map(Head::of).transpose()
}

/// A version, or the newest, if `author` wrote it.
pub(crate) async fn find(
    db: impl SqliteExecutor<'_>,
    author: AccountId,
    record: RecordId,
    version: Option<u64>,
) -> Result<Option<Row>, Error> {
    let row = sqlx::query_as(
        "SELECT record, version, hash, signed, wrap, stored_at FROM chart_versions
         WHERE record = ?1 AND author = ?2 AND (?3 IS NULL OR version = ?3) ORDER BY version DESC LIMIT 1",
    )
    .bind(record.0.as_slice())
    .bind(author.0.as_slice())
    .bind(version.map(db::storable).transpose()?)
    .fetch_optional(db)
    .await?;
    Ok(row)
}
