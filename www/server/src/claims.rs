//! Claiming a professional will: the wait is kept here, and what the will's scope names is handed out after it.

use axum::{extract::State, http::StatusCode};
use sealed_notes_format::{
    id::{AccountId, Hash},
    recovery::{DealKind, Request, RequestKind},
};
use serde::{Deserialize, Serialize};
use sqlx::{Sqlite, SqliteConnection, Transaction};
use utoipa::ToSchema;

use crate::{
    App,
    auth::Session,
    chart,
    checks::same,
    db, deals,
    error::Error,
    events::{self, Kind},
    keylog::{self, public_keys},
    openapi::{Conflict, NotFound, TAG_RECOVERY},
    private, requests,
    wills::Scope,
    wire::{AccountHex, Bytes, HashHex, Id, Json, Page, Path, Query, Time},
};

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Claim {
    request: HashHex,
    claimant: AccountHex,
    /// The claimant's.
    handle: String,
    claimed_at: Time,
    /// When the waiting period ends.
    ready_at: Time,
    cancelled_at: Option<Time>,
    /// When the will was first handed out.
    opened_at: Option<Time>,
}

#[derive(sqlx::FromRow)]
pub(crate) struct ClaimRow {
    request: Vec<u8>,
    pub(crate) claimant: Vec<u8>,
    handle: String,
    claimed_at: i64,
    ready_at: i64,
    pub(crate) cancelled_at: Option<i64>,
    opened_at: Option<i64>,
    pub(crate) answers: i64,
}

impl ClaimRow {
    pub(crate) fn into_claim(self) -> Result<Claim, Error> {
        Ok(Claim {
            request: Id(Hash(db::array(self.request)?)),
            claimant: Id(AccountId(db::array(self.claimant)?)),
            handle: self.handle,
            claimed_at: Time(self.claimed_at),
            ready_at: Time(self.ready_at),
            cancelled_at: self.cancelled_at.map(Time),
            opened_at: self.opened_at.map(Time),
        })
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewClaim {
    request: Bytes,
}

/// Claims a will, as one of its executors. Its author is told, and can cancel the claim while the waiting period lasts
/// and after. Repeating the very same request is harmless.
#[utoipa::path(post, path = "/api/wills/{account}/claims", tag = TAG_RECOVERY, operation_id = "claim_will", params(("account" = AccountHex, Path)),
    responses((status = 201, description = "stored now", body = Claim), (status = 200, description = "was already stored", body = Claim), NotFound, Conflict))]
pub(crate) async fn make(
    State(app): State<App>,
    session: Session,
    Path(Id(account)): Path<AccountHex>,
    Json(new): Json<NewClaim>,
) -> Result<(StatusCode, Json<Claim>), Error> {
    let claimant = session.account;
    let mut tx = session.begin(&app).await?;
    let deal = deals::held(&mut tx, account, DealKind::Will, claimant).await?;
    let deal = deal.ok_or_else(|| Error::not_found("the will"))?;
    let request = Request::decode(&new.request.0)?;
    let keys = public_keys(&mut *tx, claimant).await?.ok_or(Error::Internal("an account has no keys"))?.keys;
    same(
        request.kind == RequestKind::Will,
        "wrong_kind",
        "the request is not for a will: make it with Vault.claimWill",
    )?;
    same(request.account == account, "wrong_account", "the request is for another account: put that one into the URL")?;
    same(
        request.xwing == keys.xwing,
        "wrong_key",
        "the request names a key that is not the claimant's newest: unlock again, then claim again",
    )?;
    if let Some(stored) = find(&mut tx, request.hash()).await? {
        return if stored.cancelled_at.is_none() {
            Ok((StatusCode::OK, Json(stored.into_claim()?)))
        } else {
            Err(Error::conflict("this claim was cancelled: speak with whoever cancelled it, and make a new one"))
        };
    }
    let waiting_days: i64 = sqlx::query_scalar("SELECT waiting_days FROM deals WHERE account = ? AND deal = ?")
        .bind(account.0.as_slice())
        .bind(deal.0.as_slice())
        .fetch_one(&mut *tx)
        .await?;
    let now = Time::now().0;
    requests::insert(&mut tx, &request, None).await?;
    let inserted = sqlx::query(
        "INSERT INTO claims (request, account, deal, claimant, claimed_at, ready_at) VALUES (?, ?, ?, ?, ?, ?)",
    )
    .bind(request.hash().0.as_slice())
    .bind(account.0.as_slice())
    .bind(deal.0.as_slice())
    .bind(claimant.0.as_slice())
    .bind(now)
    .bind(now + waiting_days * i64::from(app.options.day_seconds))
    .execute(&mut *tx)
    .await;
    match inserted {
        Ok(_) => {}
        Err(error) if db::is_taken(&error) => {
            return Err(Error::conflict("you have claimed this will already: see GET /api/wills/{account}/claim"));
        }
        Err(error) => return Err(error.into()),
    }
    events::record(&mut tx, Kind::WillClaimed, account, Some(claimant), Some(&request.hash())).await?;
    let claim = find(&mut tx, request.hash()).await?.ok_or(Error::Internal("a claim was not stored"))?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(claim.into_claim()?)))
}

async fn find(tx: &mut Transaction<'_, Sqlite>, request: Hash) -> Result<Option<ClaimRow>, Error> {
    let claim = sqlx::query_as(
        "SELECT c.request, c.claimant, a.handle, c.claimed_at, c.ready_at, c.cancelled_at, c.opened_at, 0 AS answers
         FROM claims AS c JOIN accounts AS a ON a.account = c.claimant WHERE c.request = ?",
    )
    .bind(request.0.as_slice())
    .fetch_optional(&mut **tx)
    .await?;
    Ok(claim)
}

/// Cancels the open claims to an account's will, or of them that of `request` alone.
pub(crate) async fn cancel(
    tx: &mut Transaction<'_, Sqlite>,
    account: AccountId,
    request: Option<Hash>,
) -> Result<(), Error> {
    let cancelled: Vec<Vec<u8>> = sqlx::query_scalar(
        "UPDATE claims SET cancelled_at = ?1 WHERE account = ?2 AND (?3 IS NULL OR request = ?3) AND cancelled_at IS NULL
         RETURNING request",
    )
    .bind(Time::now().0)
    .bind(account.0.as_slice())
    .bind(request.map(|request| request.0.to_vec()))
    .fetch_all(&mut **tx)
    .await?;
    for request in cancelled {
        let request = Hash(db::array(request)?);
        events::record(tx, Kind::WillCancelled, account, Some(account), Some(&request)).await?;
    }
    Ok(())
}

/// A claim of one's own: the open one, else the newest.
#[derive(sqlx::FromRow)]
struct Mine {
    request: Vec<u8>,
    sealed: Vec<u8>,
    ready_at: i64,
    cancelled_at: Option<i64>,
    will: Option<Vec<u8>>,
    scope: i64,
}

impl Mine {
    async fn find(db: &mut SqliteConnection, account: AccountId, claimant: AccountId) -> Result<Self, Error> {
        let mine: Option<Self> = sqlx::query_as(
            "SELECT request, r.sealed, c.ready_at, c.cancelled_at, d.will, d.scope
             FROM claims AS c JOIN requests AS r USING (request) JOIN deals AS d ON d.account = c.account AND d.deal = c.deal
             WHERE c.account = ? AND c.claimant = ? ORDER BY c.cancelled_at IS NOT NULL, c.rowid DESC LIMIT 1",
        )
        .bind(account.0.as_slice())
        .bind(claimant.0.as_slice())
        .fetch_optional(db)
        .await?;
        mine.ok_or_else(|| Error::not_found("a claim of yours to this will"))
    }

    /// Whether what was waited for is handed out.
    fn check_ready(&self) -> Result<(), Error> {
        let refused = |code, message| Err(Error::Refused { code, message });
        if self.cancelled_at.is_some() {
            return refused(
                "cancelled",
                "the claim was cancelled: speak with the will's author, then claim it again".to_owned(),
            );
        }
        if Time::now().0 < self.ready_at {
            let ready_at = Time(self.ready_at).text()?;
            return refused("waiting", format!("the waiting period lasts until {ready_at}: come back then"));
        }
        Ok(())
    }
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MyClaim {
    request: HashHex,
    /// The request, whose code the other executors compare.
    sealed: Bytes,
    ready_at: Time,
    cancelled_at: Option<Time>,
    /// The other executors' shares, sealed to one's own key; none once the claim was cancelled.
    answers: Vec<Bytes>,
}

/// One's own claim to a will, and the shares that the other executors handed on.
#[utoipa::path(get, path = "/api/wills/{account}/claim", tag = TAG_RECOVERY, operation_id = "own_claim",
    params(("account" = AccountHex, Path)), responses((status = 200, description = "as asked", body = MyClaim), NotFound))]
pub(crate) async fn get(
    State(app): State<App>,
    session: Session,
    Path(Id(account)): Path<AccountHex>,
) -> Result<Json<MyClaim>, Error> {
    let mut snapshot = app.db.read.begin().await?;
    let mine = Mine::find(&mut snapshot, account, session.account).await?;
    let request = Hash(db::array(mine.request)?);
    let answers = match mine.cancelled_at {
        None => requests::answers(&mut *snapshot, request).await?,
        Some(_) => Vec::new(),
    };
    Ok(Json(MyClaim {
        request: Id(request),
        sealed: Bytes(mine.sealed),
        ready_at: Time(mine.ready_at),
        cancelled_at: mine.cancelled_at.map(Time),
        answers,
    }))
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SealedWill {
    sealed: Bytes,
    /// The author's, oldest first: the shares' signatures are checked against it.
    key_log: Vec<Bytes>,
}

/// The will that one claimed, once the waiting period has passed and nobody cancelled. The first time is told to its
/// author.
#[utoipa::path(get, path = "/api/wills/{account}/will", tag = TAG_RECOVERY, operation_id = "claimed_will",
    params(("account" = AccountHex, Path)), responses((status = 200, description = "as asked", body = SealedWill), NotFound))]
pub(crate) async fn will(
    State(app): State<App>,
    session: Session,
    Path(Id(account)): Path<AccountHex>,
) -> Result<Json<SealedWill>, Error> {
    let mut tx = session.begin(&app).await?;
    let mine = Mine::find(&mut tx, account, session.account).await?;
    mine.check_ready()?;
    let sealed = mine.will.ok_or(Error::Internal("a will in force is gone"))?;
    let opened = sqlx::query("UPDATE claims SET opened_at = ? WHERE request = ? AND opened_at IS NULL")
        .bind(Time::now().0)
        .bind(&mine.request)
        .execute(&mut *tx)
        .await?;
    if opened.rows_affected() > 0 {
        let request = Hash(db::array(mine.request)?);
        events::record(&mut tx, Kind::WillOpened, account, Some(session.account), Some(&request)).await?;
    }
    let key_log = keylog::entries(&mut *tx, account).await?;
    tx.commit().await?;
    Ok(Json(SealedWill { sealed: Bytes(sealed), key_log }))
}

/// The chart of whose will one claimed, once the waiting period has passed: the newest version of each record.
#[utoipa::path(get, path = "/api/wills/{account}/chart", tag = TAG_RECOVERY, operation_id = "claimed_chart",
    params(("account" = AccountHex, Path), Page), responses((status = 200, description = "as asked", body = chart::Records), NotFound))]
pub(crate) async fn chart_records(
    State(app): State<App>,
    session: Session,
    Path(Id(account)): Path<AccountHex>,
    Query(page): Query<Page>,
) -> Result<Json<chart::Records>, Error> {
    ready(&app, account, &session).await?;
    chart::heads(&app, account, &page, |_| {}).await
}

/// The private drawer of whose will one claimed, if the will includes it and the waiting period has passed: the newest
/// version of each note.
#[utoipa::path(get, path = "/api/wills/{account}/private", tag = TAG_RECOVERY, operation_id = "claimed_private",
    params(("account" = AccountHex, Path), Page), responses((status = 200, description = "as asked", body = private::Notes), NotFound))]
pub(crate) async fn private_notes(
    State(app): State<App>,
    session: Session,
    Path(Id(account)): Path<AccountHex>,
    Query(page): Query<Page>,
) -> Result<Json<private::Notes>, Error> {
    if ready(&app, account, &session).await? != Scope::ChartAndPrivate {
        return Err(Error::Refused {
            code: "out_of_scope",
            message: "the will does not include the private drawer: its author chose so; read the chart".into(),
        });
    }
    private::heads(&app, account, &page, None).await
}

async fn ready(app: &App, account: AccountId, session: &Session) -> Result<Scope, Error> {
    let mut connection = app.db.read.acquire().await?;
    let mine = Mine::find(&mut connection, account, session.account).await?;
    mine.check_ready()?;
    Scope::of(mine.scope)
}
