//! The very rows that the server keeps of a record, for its author to see what the server sees.

use axum::extract::State;
use sealed_notes_format::id::RecordId;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};
use sqlx::{Column, Row, TypeInfo, ValueRef, sqlite::SqliteRow};
use utoipa::ToSchema;

use crate::{
    App,
    auth::Session,
    error::Error,
    openapi::{NotFound, TAG_CHART, TAG_PRIVATE},
    wire::{Bytes, Id, Json, Path, RecordHex},
};

#[derive(Serialize, ToSchema)]
pub(crate) struct StoredRows {
    rows: Vec<StoredRow>,
}

#[derive(Serialize, ToSchema)]
struct StoredRow {
    table: &'static str,
    /// Numbers and text as they are, bytes as `{"bytes": base64}`.
    #[schema(value_type = Object)]
    columns: Columns,
}

/// In the table's own order.
struct Columns(Vec<(String, Value)>);

impl Serialize for Columns {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

/// Table and statement; both take record and author.
type Source = (&'static str, &'static str);

const PRIVATE: [Source; 2] = [
    (
        "private_versions",
        "SELECT * FROM private_versions WHERE record = ?1 AND author = ?2 ORDER BY version DESC LIMIT 1",
    ),
    ("private_drafts", "SELECT * FROM private_drafts WHERE record = ?1 AND account = ?2"),
];

const CHART: [Source; 4] = [
    ("chart_versions", "SELECT * FROM chart_versions WHERE record = ?1 AND author = ?2 ORDER BY version DESC LIMIT 1"),
    (
        "chart_bodies",
        "SELECT b.* FROM chart_bodies AS b JOIN chart_versions AS v USING (record, version) WHERE record = ?1 AND author = ?2
         AND version = (SELECT max(version) FROM chart_versions WHERE record = ?1) ORDER BY section",
    ),
    (
        "grants",
        "SELECT g.* FROM grants AS g JOIN chart_versions AS v USING (record, version) WHERE record = ?1 AND author = ?2
         ORDER BY version, g.stored_at",
    ),
    ("chart_drafts", "SELECT * FROM chart_drafts WHERE record = ?1 AND account = ?2"),
];

/// The stored rows of a private note: its newest version and its draft.
#[utoipa::path(get, path = "/api/private/notes/{record}/stored", tag = TAG_PRIVATE, operation_id = "private_stored",
    params(("record" = RecordHex, Path)), responses((status = 200, description = "as asked", body = StoredRows), NotFound))]
pub(crate) async fn private(
    State(app): State<App>,
    session: Session,
    Path(Id(record)): Path<RecordHex>,
) -> Result<Json<StoredRows>, Error> {
    rows(&app, &session, record, &PRIVATE).await
}

/// The stored rows of a chart record: its newest version with bodies, all grants, and its draft.
#[utoipa::path(get, path = "/api/chart/records/{record}/stored", tag = TAG_CHART, operation_id = "chart_stored",
    params(("record" = RecordHex, Path)), responses((status = 200, description = "as asked", body = StoredRows), NotFound))]
pub(crate) async fn chart(
    State(app): State<App>,
    session: Session,
    Path(Id(record)): Path<RecordHex>,
) -> Result<Json<StoredRows>, Error> {
    rows(&app, &session, record, &CHART).await
}

async fn rows(app: &App, session: &Session, record: RecordId, sources: &[Source]) -> Result<Json<StoredRows>, Error> {
    let mut rows = Vec::new();
    for (table, sql) in sources {
        let found = sqlx::query(*sql)
            .bind(record.0.as_slice())
            .bind(session.account.0.as_slice())
            .fetch_all(&app.db.read)
            .await?;
        for row in found {
            rows.push(StoredRow { table, columns: columns(&row)? });
        }
    }
    if rows.is_empty() { Err(Error::not_found("the record")) } else { Ok(Json(StoredRows { rows })) }
}

fn columns(row: &SqliteRow) -> Result<Columns, Error> {
    let value = |name: &str| -> Result<Value, sqlx::Error> {
        let raw = row.try_get_raw(name)?;
        if raw.is_null() {
            return Ok(Value::Null);
        }
        let type_info = raw.type_info();
        Ok(match type_info.name() {
            "INTEGER" => json!(row.try_get::<i64, _>(name)?),
            "TEXT" => json!(row.try_get::<String, _>(name)?),
            _ => json!({ "bytes": Bytes(row.try_get(name)?) }),
        })
    };
    let columns = row.columns().iter().map(|column| Ok((column.name().to_owned(), value(column.name())?)));
    Ok(Columns(columns.collect::<Result<_, Error>>()?))
}
