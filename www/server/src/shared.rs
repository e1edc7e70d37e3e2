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
    groups,
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
    /// Oneself, or the team that it was granted to.
    recipient: AccountHex,
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
    recipient: Vec<u8>,
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
            recipient: Id(AccountId(db::array(self.recipient)?)),
            sealed: Bytes(ChartRecord::encode(&self.signed, None, bodies.iter().map(|(_, body)| body.as_slice()))),
            grant: Bytes(self.sealed),
        })
    }
}

/// The newest version in force per record that `reader` may have: granted to her, or to a team that she is in. Where both
/// are of the same version, her own grant.
fn in_force(reader: AccountId) -> QueryBuilder<Sqlite> {
    let (now, me) = (Time::now().0, reader.0.to_vec());
    let mut sql = QueryBuilder::new("WITH readers AS (SELECT ");
    sql.push_bind(me.clone()).push(" AS recipient UNION ALL ");
    groups::push_groups_of(&mut sql, reader);
    sql.push(
        "), held AS (SELECT g.* FROM grants AS g JOIN readers USING (recipient)
         WHERE g.revoked_at IS NULL AND (g.expires_at IS NULL OR g.expires_at > ",
    );
    sql.push_bind(now).push(
        "))
         SELECT g.record, g.version, v.author, a.handle, v.signed, g.recipient, g.sealed
         FROM held AS g JOIN chart_versions AS v USING (record, version) JOIN accounts AS a ON a.account = v.author
         WHERE v.author <> ",
    );
    sql.push_bind(me.clone()).push(
        " AND NOT EXISTS (SELECT 1 FROM held AS other WHERE other.record = g.record AND (other.version > g.version
           OR (other.version = g.version AND (other.recipient = ",
    );
    sql.push_bind(me.clone()).push(", other.recipient) > (g.recipient = ").push_bind(me).push(", g.recipient))))");
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
