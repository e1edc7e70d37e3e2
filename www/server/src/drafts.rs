//! Drafts of both drawers: what was typed and not yet saved, sealed for its author alone. Each drawer has its own
//! table and routes; only the statements differ.

use axum::{extract::State, http::StatusCode};
use futures_util::TryStreamExt;
use sealed_notes_format::{id::RecordId, version::Drawer};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    App,
    auth::Session,
    checks, db,
    error::Error,
    openapi::{NotFound, TAG_CHART, TAG_PRIVATE},
    wire::{Bytes, Id, Json, Page, Path, Query, RecordHex, Sealed, Time},
};

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Draft {
    record: RecordHex,
    sealed: Bytes,
    stored_at: Time,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Drafts {
    drafts: Vec<Draft>,
    /// Pass as `after` for the next page; null at the end.
    next: Option<RecordHex>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StoredDraft {
    stored_at: Time,
}

struct Statements {
    drawer: Drawer,
    list: &'static str,
    get: &'static str,
    put: &'static str,
    delete: &'static str,
}

const PRIVATE: Statements = Statements {
    drawer: Drawer::Private,
    list: "SELECT record, sealed, stored_at FROM private_drafts WHERE account = ? AND record > ? ORDER BY record",
    get: "SELECT record, sealed, stored_at FROM private_drafts WHERE account = ? AND record = ?",
    put: "INSERT OR REPLACE INTO private_drafts (account, record, sealed, stored_at) VALUES (?, ?, ?, ?)",
    delete: "DELETE FROM private_drafts WHERE account = ? AND record = ?",
};

const CHART: Statements = Statements {
    drawer: Drawer::Chart,
    list: "SELECT record, sealed, stored_at FROM chart_drafts WHERE account = ? AND record > ? ORDER BY record",
    get: "SELECT record, sealed, stored_at FROM chart_drafts WHERE account = ? AND record = ?",
    put: "INSERT OR REPLACE INTO chart_drafts (account, record, sealed, stored_at) VALUES (?, ?, ?, ?)",
    delete: "DELETE FROM chart_drafts WHERE account = ? AND record = ?",
};

type Row = (Vec<u8>, Vec<u8>, i64);

fn draft((record, sealed, stored_at): Row) -> Result<Draft, Error> {
    Ok(Draft { record: Id(RecordId(db::array(record)?)), sealed: Bytes(sealed), stored_at: Time(stored_at) })
}

impl Statements {
    async fn list(&self, app: &App, session: &Session, page: &Page) -> Result<Json<Drafts>, Error> {
        let mut rows = sqlx::query_as::<_, Row>(self.list)
            .bind(session.account.0.as_slice())
            .bind(page.after())
            .fetch(&app.db.read);
        let mut budget = page.budget()?;
        let mut drafts: Vec<Draft> = Vec::new();
        while let Some(row) = rows.try_next().await? {
            if budget.is_spent() {
                return Ok(Json(Drafts { next: drafts.last().map(|draft| draft.record), drafts }));
            }
            budget.spend(row.1.len());
            drafts.push(draft(row)?);
        }
        Ok(Json(Drafts { drafts, next: None }))
    }

    async fn get(&self, app: &App, session: &Session, record: RecordId) -> Result<Json<Draft>, Error> {
        let row = sqlx::query_as::<_, Row>(self.get)
            .bind(session.account.0.as_slice())
            .bind(record.0.as_slice())
            .fetch_optional(&app.db.read)
            .await?;
        Ok(Json(draft(row.ok_or_else(|| Error::not_found("a draft of this record"))?)?))
    }

    async fn put(
        &self,
        app: &App,
        session: &Session,
        record: RecordId,
        sealed: &[u8],
    ) -> Result<Json<StoredDraft>, Error> {
        checks::draft(sealed, self.drawer, app.tenant, session.account, record)?;
        let stored_at = Time::now();
        let mut tx = session.begin(app).await?;
        sqlx::query(self.put)
            .bind(session.account.0.as_slice())
            .bind(record.0.as_slice())
            .bind(sealed)
            .bind(stored_at.0)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(Json(StoredDraft { stored_at }))
    }

    async fn delete(&self, app: &App, session: &Session, record: RecordId) -> Result<StatusCode, Error> {
        let mut tx = session.begin(app).await?;
        sqlx::query(self.delete).bind(session.account.0.as_slice()).bind(record.0.as_slice()).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(StatusCode::NO_CONTENT)
    }
}

macro_rules! routes_of {
    ($module:ident, $statements:ident, $tag:ident, $all:literal, $one:literal) => {
        pub(crate) mod $module {
            use super::*;

            /// One's own drafts, in order of record id.
            #[utoipa::path(get, path = $all, tag = $tag, params(Page), operation_id = concat!(stringify!($module), "_drafts"),
                responses((status = 200, description = "as asked", body = Drafts)))]
            pub(crate) async fn list(
                State(app): State<App>,
                session: Session,
                Query(page): Query<Page>,
            ) -> Result<Json<Drafts>, Error> {
                $statements.list(&app, &session, &page).await
            }

            /// The draft of one record.
            #[utoipa::path(get, path = $one, tag = $tag, params(("record" = RecordHex, Path)),
                operation_id = concat!(stringify!($module), "_draft"),
                responses((status = 200, description = "as asked", body = Draft), NotFound))]
            pub(crate) async fn get(
                State(app): State<App>,
                session: Session,
                Path(Id(record)): Path<RecordHex>,
            ) -> Result<Json<Draft>, Error> {
                $statements.get(&app, &session, record).await
            }

            /// Stores a draft in place of the one before.
            #[utoipa::path(put, path = $one, tag = $tag, params(("record" = RecordHex, Path)),
                operation_id = concat!("put_", stringify!($module), "_draft"),
                responses((status = 200, description = "as asked", body = StoredDraft)))]
            pub(crate) async fn put(
                State(app): State<App>,
                session: Session,
                Path(Id(record)): Path<RecordHex>,
                Json(draft): Json<Sealed>,
            ) -> Result<Json<StoredDraft>, Error> {
                $statements.put(&app, &session, record, &draft.sealed.0).await
            }

            /// Deletes a draft, if there is one.
            #[utoipa::path(delete, path = $one, tag = $tag, params(("record" = RecordHex, Path)),
                operation_id = concat!("delete_", stringify!($module), "_draft"),
                responses((status = 204, description = "done")))]
            pub(crate) async fn delete(
                State(app): State<App>,
                session: Session,
                Path(Id(record)): Path<RecordHex>,
            ) -> Result<StatusCode, Error> {
                $statements.delete(&app, &session, record).await
            }
        }
    };
}

routes_of!(private, PRIVATE, TAG_PRIVATE, "/api/private/drafts", "/api/private/drafts/{record}");
routes_of!(chart, CHART, TAG_CHART, "/api/chart/drafts", "/api/chart/drafts/{record}");
