//! The chart as a recipient sees it: of each record the newest version granted to her, and of that version the
//! sections that her grant holds keys for. A revoked or expired grant gives what no grant gives: not found.

use axum::extract::State;
use sealed_notes_format::{
    container::ChartRecord,
    grant::Grant,
    id::{AccountId, RecordId},
};
use serde::Serialize;
use sqlx::{QueryBuilder, Sqlite, SqliteConnection};
use utoipa::ToSchema;

use crate::{
    App,
    auth::Session,
    chart, checks, db,
    error::Error,
    openapi::{NotFound, TAG_CHART},
    wire::{AccountHex, Bytes, Id, Json, Page, Path, Query, RecordHex, Time},
};

#[derive(Serialize, ToSchema)]
pub(crate) struct Shared {
    record: RecordHex,
    version: u64,
    author: AccountHex,
    /// The author's.
    handle: String,
    /// Without the author's wrap, with just the granted bodies.
    sealed: Bytes,
    grant: Bytes,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct SharedRecords {
    records: Vec<Shared>,
    /// Pass as `after` for the next page; null at the end.
    next: Option<RecordHex>,
}

#[derive(sqlx::FromRow)]
struct Row {
    record: Vec<u8>,
    version: i64,
    author: Vec<u8>,
    handle: String,
    signed: Vec<u8>,
    sealed: Vec<u8>,
}

impl Row {
    async fn into_shared(self, db: &mut SqliteConnection) -> Result<Shared, Error> {
        let record = RecordId(db::array(self.record)?);
        let grant = checks::stored(Grant::decode(&self.sealed))?;
        let granted = |section: &str| grant.keys.iter().any(|(name, _)| *name == section);
        let mut bodies = chart::bodies(db, record, self.version).await?;
        bodies.retain(|(section, _)| granted(section));
        Ok(Shared {
            record: Id(record),
            version: db::number(self.version)?,
            author: Id(AccountId(db::array(self.author)?)),
            handle: self.handle,
            sealed: Bytes(ChartRecord::encode(&self.signed, None, bodies.iter().map(|(_, body)| body.as_slice()))),
            grant: Bytes(self.sealed),
        })
    }
}

/// The newest version in force per record, for one recipient.
fn in_force(recipient: AccountId) -> QueryBuilder<Sqlite> {
    let now = Time::now().0;
    let mut sql = QueryBuilder::new(
        "SELECT g.record, g.version, v.author, a.handle, v.signed, g.sealed
         FROM grants AS g JOIN chart_versions AS v USING (record, version) JOIN accounts AS a ON a.account = v.author
         WHERE g.revoked_at IS NULL AND (g.expires_at IS NULL OR g.expires_at > ",
    );
    sql.push_bind(now).push(") AND g.recipient = ").push_bind(recipient.0.to_vec());
    sql.push(
        " AND NOT EXISTS (SELECT 1 FROM grants AS newer WHERE newer.recipient = g.recipient AND newer.record = g.record
           AND newer.version > g.version AND newer.revoked_at IS NULL AND (newer.expires_at IS NULL OR newer.expires_at > ",
    );
    sql.push_bind(now).push("))");
    sql
}

/// What others have shared with oneself, in order of record id.
#[utoipa::path(get, path = "/api/chart/shared", tag = TAG_CHART, operation_id = "shared_records", params(Page),
    responses((status = 200, description = "as asked", body = SharedRecords)))]
pub(crate) async fn list(
    State(app): State<App>,
    session: Session,
    Query(page): Query<Page>,
) -> Result<Json<SharedRecords>, Error> {
    let mut budget = page.budget()?;
    let mut sql = in_force(session.account);
    sql.push(" AND g.record > ").push_bind(page.after());
    sql.push(" ORDER BY g.record LIMIT ").push_bind(page.rows()?);
    let mut connection = app.db.read.acquire().await?;
    let rows: Vec<Row> = sql.build_query_as().fetch_all(&mut *connection).await?;
    let mut records: Vec<Shared> = Vec::new();
    for row in rows {
        if budget.is_spent() {
            return Ok(Json(SharedRecords { next: records.last().map(|record| record.record), records }));
        }
        let record = row.into_shared(&mut connection).await?;
        budget.spend(record.sealed.0.len());
        records.push(record);
    }
    Ok(Json(SharedRecords { records, next: None }))
}

/// One record that was shared with oneself.
#[utoipa::path(get, path = "/api/chart/shared/{record}", tag = TAG_CHART, operation_id = "shared_record",
    params(("record" = RecordHex, Path)), responses((status = 200, description = "as asked", body = Shared), NotFound))]
pub(crate) async fn get(
    State(app): State<App>,
    session: Session,
    Path(Id(record)): Path<RecordHex>,
) -> Result<Json<Shared>, Error> {
    let mut sql = in_force(session.account);
    sql.push(" AND g.record = ").push_bind(record.0.to_vec());
    let mut connection = app.db.read.acquire().await?;
    let row: Option<Row> = sql.build_query_as().fetch_optional(&mut *connection).await?;
    Ok(Json(row.ok_or_else(|| Error::not_found("the record"))?.into_shared(&mut connection).await?))
}
