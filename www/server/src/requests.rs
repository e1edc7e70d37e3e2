//! Requests for a way back in: by a new device, to trustees, and (with a claim) to executors; and the answers to them.
//! Whoever makes one has no account to log in to, so making and polling it is open, and tells nothing.

use axum::{extract::State, http::StatusCode};
use sealed_notes_format::{
    id::{AccountId, Hash},
    recovery::{DealKind, Request, RequestKind},
};
use serde::{Deserialize, Serialize};
use sqlx::{Sqlite, SqliteExecutor, Transaction};
use utoipa::ToSchema;

use crate::{
    App,
    auth::Session,
    checks, claims, db, deals,
    error::Error,
    events::{self, Kind},
    limits::Ip,
    openapi::{NotFound, TAG_RECOVERY},
    wire::{AccountHex, Bytes, HashHex, Id, Json, Path, Sealed, Time},
};

/// How long a request is open, in seconds: somebody stands at the new device; trustees take their days.
const DEVICE_LASTS: i64 = 15 * 60;
const TRUSTEES_LAST: i64 = 30 * 86_400;
/// Of one kind, for one account: more than `limits` lets one address make within the time that a request is open.
const MOST_OPEN: i64 = 50;
/// Of the shares that one giver gave to one account: a trustee may ask herself, answer, and so on, and must not push
/// everything else out of the owner's events.
const MOST_TOLD: i64 = 10;
/// For accounts that do not exist, all together.
const MOST_UNKNOWN: i64 = 10_000;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRequest {
    request: Bytes,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StoredRequest {
    request: HashHex,
    expires_at: Time,
}

/// Asks another device of an account, or its trustees, for a way in. The answer is the same whether or not the account
/// exists. Repeating the very same request is harmless.
#[utoipa::path(post, path = "/api/requests", tag = TAG_RECOVERY, operation_id = "make_request", security(()),
    responses((status = 201, description = "stored now", body = StoredRequest), (status = 200, description = "was already stored", body = StoredRequest)))]
pub(crate) async fn make(
    State(app): State<App>,
    ip: Ip,
    Json(new): Json<NewRequest>,
) -> Result<(StatusCode, Json<StoredRequest>), Error> {
    app.limits.door(ip)?;
    let request = Request::decode(&new.request.0)?;
    let lasts = match request.kind {
        RequestKind::Device => DEVICE_LASTS,
        RequestKind::Trustees => TRUSTEES_LAST,
        RequestKind::Will => {
            return Err(Error::BadRequest(
                "a will is claimed by an executor who is logged in: POST /api/wills/{account}/claims".into(),
            ));
        }
    };
    let (hash, account) = (request.hash(), request.account);
    app.limits.request(ip, account, request.kind)?;
    let now = Time::now().0;
    let mut tx = app.db.begin().await?;
    forget_expired(&mut *tx).await?;
    let stored: Option<i64> = sqlx::query_scalar("SELECT expires_at FROM requests WHERE request = ?")
        .bind(hash.0.as_slice())
        .fetch_optional(&mut *tx)
        .await?;
    if let Some(expires_at) = stored {
        tx.commit().await?;
        return Ok((StatusCode::OK, Json(StoredRequest { request: Id(hash), expires_at: Time(expires_at) })));
    }
    let known = sqlx::query("SELECT 1 FROM accounts WHERE account = ?")
        .bind(account.0.as_slice())
        .fetch_optional(&mut *tx)
        .await?
        .is_some();
    make_room(&mut tx, account, request.kind, known).await?;
    insert(&mut tx, &request, Some(now + lasts)).await?;
    if known && request.kind == RequestKind::Trustees {
        events::record(&mut tx, Kind::RecoveryRequested, account, None, Some(&hash)).await?;
    }
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(StoredRequest { request: Id(hash), expires_at: Time(now + lasts) })))
}

/// Anybody can ask for any account: the oldest requests go, those without an answer first, and what the owner was told
/// of them, so that nobody can push everything else out of her events.
async fn make_room(
    tx: &mut Transaction<'_, Sqlite>,
    account: AccountId,
    kind: RequestKind,
    known: bool,
) -> Result<(), Error> {
    let gone: Vec<Vec<u8>> = sqlx::query_scalar(
        "SELECT request FROM requests AS r WHERE account = ? AND kind = ?
         ORDER BY EXISTS (SELECT 1 FROM answers WHERE request = r.request) DESC, rowid DESC LIMIT -1 OFFSET ?",
    )
    .bind(account.0.as_slice())
    .bind(kind as i64)
    .bind(MOST_OPEN - 1)
    .fetch_all(&mut **tx)
    .await?;
    for request in gone {
        sqlx::query("DELETE FROM requests WHERE request = ?").bind(&request).execute(&mut **tx).await?;
        events::forget(tx, Kind::RecoveryRequested, account, &Hash(db::array(request)?)).await?;
    }
    // For a known account as well: how long it takes must not tell.
    sqlx::query(
        "DELETE FROM requests WHERE request IN (SELECT request FROM requests AS r
         WHERE NOT EXISTS (SELECT 1 FROM accounts WHERE account = r.account) ORDER BY rowid DESC LIMIT -1 OFFSET ?)",
    )
    .bind(MOST_UNKNOWN - i64::from(!known))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(crate) async fn insert(
    tx: &mut Transaction<'_, Sqlite>,
    request: &Request<'_>,
    expires_at: Option<i64>,
) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO requests (request, account, kind, sealed, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)",
    )
    .bind(request.hash().0.as_slice())
    .bind(request.account.0.as_slice())
    .bind(request.kind as i64)
    .bind(request.raw)
    .bind(Time::now().0)
    .bind(expires_at)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answers {
    answers: Vec<Bytes>,
    /// Null where there is no such request, or no longer.
    expires_at: Option<Time>,
}

/// The answers to a request, for whoever made it: only its key opens them. An executor's are at
/// `GET /api/wills/{account}/claim`.
#[utoipa::path(get, path = "/api/requests/{request}", tag = TAG_RECOVERY, operation_id = "request_answers", security(()),
    params(("request" = HashHex, Path)), responses((status = 200, description = "as asked", body = Answers)))]
pub(crate) async fn get(
    State(app): State<App>,
    ip: Ip,
    Path(Id(request)): Path<HashHex>,
) -> Result<Json<Answers>, Error> {
    app.limits.door(ip)?;
    let expires_at: Option<i64> =
        sqlx::query_scalar("SELECT expires_at FROM requests WHERE request = ? AND expires_at > ?")
            .bind(request.0.as_slice())
            .bind(Time::now().0)
            .fetch_optional(&app.db.read)
            .await?;
    let answers = if expires_at.is_some() { answers(&app.db.read, request).await? } else { Vec::new() };
    Ok(Json(Answers { answers, expires_at: expires_at.map(Time) }))
}

pub(crate) async fn answers(db: impl SqliteExecutor<'_>, request: Hash) -> Result<Vec<Bytes>, Error> {
    let answers: Vec<Vec<u8>> =
        sqlx::query_scalar("SELECT sealed FROM answers WHERE request = ? ORDER BY stored_at, giver")
            .bind(request.0.as_slice())
            .fetch_all(db)
            .await?;
    Ok(answers.into_iter().map(Bytes).collect())
}

/// Who is asked.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum AskedOf {
    Device,
    Trustees,
    Will,
}

impl AskedOf {
    fn of(stored: i64) -> Result<Self, Error> {
        match stored {
            1 => Ok(Self::Device),
            2 => Ok(Self::Trustees),
            3 => Ok(Self::Will),
            _ => Err(Error::Internal("a stored request is of no kind")),
        }
    }

    /// The deal whose holders answer.
    fn deal(&self) -> Option<DealKind> {
        match self {
            Self::Device => None,
            Self::Trustees => Some(DealKind::Trustees),
            Self::Will => Some(DealKind::Will),
        }
    }
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OpenRequest {
    request: HashHex,
    sealed: Bytes,
    kind: AskedOf,
    /// Whose account is asked for.
    account: AccountHex,
    handle: String,
    created_at: Time,
    /// Whether oneself did.
    answered: bool,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct OpenRequests {
    requests: Vec<OpenRequest>,
}

#[derive(sqlx::FromRow)]
struct Row {
    request: Vec<u8>,
    sealed: Vec<u8>,
    kind: i64,
    account: Vec<u8>,
    handle: String,
    created_at: i64,
    answered: bool,
}

/// Open requests for one's own account, which one can stop, and for those whose trustee or executor one is.
#[utoipa::path(get, path = "/api/requests", tag = TAG_RECOVERY, operation_id = "requests",
    responses((status = 200, description = "as asked", body = OpenRequests)))]
pub(crate) async fn list(State(app): State<App>, session: Session) -> Result<Json<OpenRequests>, Error> {
    // Trustees' deals are of kind 1 and answer requests of kind 2; wills are 2 and 3.
    let rows: Vec<Row> = sqlx::query_as(
        "WITH open AS (
           SELECT request FROM requests WHERE account = ?1 AND expires_at > ?2
           UNION SELECT r.request FROM shares AS s JOIN deals AS d USING (account, deal)
             JOIN requests AS r ON r.account = d.account AND r.kind = d.kind + 1 LEFT JOIN claims AS c USING (request)
             WHERE s.recipient = ?1 AND d.removed_at IS NULL
               AND (r.expires_at > ?2 OR (c.deal = d.deal AND c.cancelled_at IS NULL AND c.claimant <> ?1)))
         SELECT request, r.sealed, r.kind, r.account, a.handle, r.created_at,
           EXISTS (SELECT 1 FROM answers WHERE request = r.request AND giver = ?1) AS answered
         FROM open JOIN requests AS r USING (request) JOIN accounts AS a ON a.account = r.account
         ORDER BY r.created_at DESC, r.rowid DESC",
    )
    .bind(session.account.0.as_slice())
    .bind(Time::now().0)
    .fetch_all(&app.db.read)
    .await?;
    let open = |row: Row| {
        Ok(OpenRequest {
            request: Id(Hash(db::array(row.request)?)),
            sealed: Bytes(row.sealed),
            kind: AskedOf::of(row.kind)?,
            account: Id(AccountId(db::array(row.account)?)),
            handle: row.handle,
            created_at: Time(row.created_at),
            answered: row.answered,
        })
    };
    Ok(Json(OpenRequests { requests: rows.into_iter().map(open).collect::<Result<_, Error>>()? }))
}

/// Hands on what a request asks for, sealed to its key: a device of the same account its account secret, a trustee or
/// executor her share. A second answer replaces one's first.
#[utoipa::path(post, path = "/api/requests/{request}/answers", tag = TAG_RECOVERY, operation_id = "answer_request",
    params(("request" = HashHex, Path)), responses((status = 204, description = "done"), NotFound))]
pub(crate) async fn answer(
    State(app): State<App>,
    session: Session,
    Path(Id(hash)): Path<HashHex>,
    Json(answer): Json<Sealed>,
) -> Result<StatusCode, Error> {
    let giver = session.account;
    let mut tx = session.begin(&app).await?;
    let Some((sealed, kind)) = find_answerable(&mut tx, hash, giver).await? else {
        return Err(Error::not_found("the request"));
    };
    let request = checks::stored(Request::decode(&sealed))?;
    checks::answer(&answer.sealed.0, &request)?;
    let first = sqlx::query("SELECT 1 FROM answers WHERE request = ? AND giver = ?")
        .bind(hash.0.as_slice())
        .bind(giver.0.as_slice())
        .fetch_optional(&mut *tx)
        .await?
        .is_none();
    sqlx::query("INSERT OR REPLACE INTO answers (request, giver, sealed, stored_at) VALUES (?, ?, ?, ?)")
        .bind(hash.0.as_slice())
        .bind(giver.0.as_slice())
        .bind(&answer.sealed.0)
        .bind(Time::now().0)
        .execute(&mut *tx)
        .await?;
    if first && kind.deal().is_some() {
        events::record(&mut tx, Kind::ShareGiven, request.account, Some(giver), Some(&hash)).await?;
        events::keep_newest(&mut tx, Kind::ShareGiven, request.account, giver, MOST_TOLD).await?;
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// An open request that `giver` is asked by.
async fn find_answerable(
    tx: &mut Transaction<'_, Sqlite>,
    request: Hash,
    giver: AccountId,
) -> Result<Option<(Vec<u8>, AskedOf)>, Error> {
    let row: Option<(Vec<u8>, i64, Vec<u8>)> = sqlx::query_as(
        "SELECT r.account, r.kind, r.sealed FROM requests AS r LEFT JOIN claims AS c USING (request)
         WHERE request = ?1 AND (r.expires_at > ?2 OR (c.claimant <> ?3 AND c.cancelled_at IS NULL))",
    )
    .bind(request.0.as_slice())
    .bind(Time::now().0)
    .bind(giver.0.as_slice())
    .fetch_optional(&mut **tx)
    .await?;
    let Some((account, kind, sealed)) = row else { return Ok(None) };
    let (account, kind) = (AccountId(db::array(account)?), AskedOf::of(kind)?);
    let is_asked = match kind.deal() {
        None => account == giver,
        Some(deal) => deals::held(tx, account, deal, giver).await?.is_some(),
    };
    Ok(is_asked.then_some((sealed, kind)))
}

/// Ends a request for one's own account; an executor's claim is cancelled by it, and stays on record.
#[utoipa::path(delete, path = "/api/requests/{request}", tag = TAG_RECOVERY, operation_id = "end_request",
    params(("request" = HashHex, Path)), responses((status = 204, description = "done"), NotFound))]
pub(crate) async fn delete(
    State(app): State<App>,
    session: Session,
    Path(Id(request)): Path<HashHex>,
) -> Result<StatusCode, Error> {
    let mut tx = session.begin(&app).await?;
    let expires_at: Option<Option<i64>> =
        sqlx::query_scalar("SELECT expires_at FROM requests WHERE request = ? AND account = ?")
            .bind(request.0.as_slice())
            .bind(session.account.0.as_slice())
            .fetch_optional(&mut *tx)
            .await?;
    match expires_at {
        None => return Err(Error::not_found("the request")),
        Some(None) => claims::cancel(&mut tx, session.account, Some(request)).await?,
        Some(Some(_)) => {
            sqlx::query("DELETE FROM requests WHERE request = ?").bind(request.0.as_slice()).execute(&mut *tx).await?;
        }
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Removes requests that are over, with their answers. Claims stay on record.
pub(crate) async fn forget_expired(db: impl SqliteExecutor<'_>) -> Result<(), Error> {
    sqlx::query("DELETE FROM requests WHERE expires_at <= ?").bind(Time::now().0).execute(db).await?;
    Ok(())
}
