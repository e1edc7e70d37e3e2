//! The professional will as its author and its executors see it. Claiming and opening it is in `claims`.

use axum::extract::State;
use sealed_notes_format::{
    id::{AccountId, DealId},
    recovery::WillScope,
};
use serde::Serialize;
use sqlx::SqliteConnection;
use utoipa::ToSchema;

use crate::{
    App,
    auth::Session,
    claims::{Claim, ClaimRow},
    db,
    error::Error,
    openapi::TAG_RECOVERY,
    wire::{AccountHex, DealHex, Id, Json, Time},
};

/// What executors may open.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Scope {
    Chart,
    ChartAndPrivate,
}

impl Scope {
    pub(crate) fn of(stored: i64) -> Result<Self, Error> {
        match stored {
            stored if stored == WillScope::Chart as i64 => Ok(Self::Chart),
            stored if stored == WillScope::ChartAndPrivate as i64 => Ok(Self::ChartAndPrivate),
            _ => Err(Error::Internal("a stored will has no scope")),
        }
    }
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OwnWill {
    deal: DealHex,
    scope: Scope,
    waiting_days: u64,
    stored_at: Time,
    /// Newest first.
    claims: Vec<Claim>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct WillOrNone {
    /// Null where none is in force.
    will: Option<OwnWill>,
}

#[derive(sqlx::FromRow)]
struct Row {
    deal: Vec<u8>,
    account: Vec<u8>,
    handle: String,
    scope: i64,
    waiting_days: i64,
    stored_at: i64,
}

/// One's own will, and who claimed it.
#[utoipa::path(get, path = "/api/will", tag = TAG_RECOVERY, operation_id = "own_will",
    responses((status = 200, description = "as asked", body = WillOrNone)))]
pub(crate) async fn own(State(app): State<App>, session: Session) -> Result<Json<WillOrNone>, Error> {
    let mut snapshot = app.db.read.begin().await?;
    let row: Option<Row> = sqlx::query_as(
        "SELECT deal, account, handle, scope, waiting_days, stored_at FROM deals JOIN accounts USING (account)
         WHERE account = ? AND kind = 2 AND removed_at IS NULL",
    )
    .bind(session.account.0.as_slice())
    .fetch_optional(&mut *snapshot)
    .await?;
    let Some(row) = row else { return Ok(Json(WillOrNone { will: None })) };
    let claims = claims_of(&mut snapshot, &row.account, &row.deal).await?;
    let will = OwnWill {
        deal: Id(DealId(db::array(row.deal)?)),
        scope: Scope::of(row.scope)?,
        waiting_days: db::number(row.waiting_days)?,
        stored_at: Time(row.stored_at),
        claims: claims.into_iter().map(ClaimRow::into_claim).collect::<Result<_, _>>()?,
    };
    Ok(Json(WillOrNone { will: Some(will) }))
}

/// Newest first.
async fn claims_of(db: &mut SqliteConnection, account: &[u8], deal: &[u8]) -> Result<Vec<ClaimRow>, Error> {
    let claims = sqlx::query_as(
        "SELECT c.request, c.claimant, a.handle, c.claimed_at, c.ready_at, c.cancelled_at, c.opened_at,
           (SELECT count(*) FROM answers WHERE request = c.request) AS answers
         FROM claims AS c JOIN accounts AS a ON a.account = c.claimant WHERE c.account = ? AND c.deal = ? ORDER BY c.rowid DESC",
    )
    .bind(account)
    .bind(deal)
    .fetch_all(db)
    .await?;
    Ok(claims)
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HeldWill {
    deal: DealHex,
    /// Whose will it is.
    account: AccountHex,
    handle: String,
    scope: Scope,
    waiting_days: u64,
    stored_at: Time,
    /// An open one, one's own before others'; else the newest.
    claim: Option<HeldClaim>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct HeldClaim {
    #[serde(flatten)]
    claim: Claim,
    /// Whether oneself claims.
    mine: bool,
    /// How many executors handed on their shares.
    answers: u64,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct HeldWills {
    wills: Vec<HeldWill>,
}

/// The wills that one is an executor of: those one holds a share of.
#[utoipa::path(get, path = "/api/wills", tag = TAG_RECOVERY, operation_id = "wills",
    responses((status = 200, description = "as asked", body = HeldWills)))]
pub(crate) async fn list(State(app): State<App>, session: Session) -> Result<Json<HeldWills>, Error> {
    let mut snapshot = app.db.read.begin().await?;
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT deal, account, handle, scope, waiting_days, stored_at
         FROM shares JOIN deals USING (account, deal) JOIN accounts USING (account)
         WHERE recipient = ? AND kind = 2 AND removed_at IS NULL ORDER BY handle",
    )
    .bind(session.account.0.as_slice())
    .fetch_all(&mut *snapshot)
    .await?;
    let mut wills = Vec::with_capacity(rows.len());
    for row in rows {
        let claims = claims_of(&mut snapshot, &row.account, &row.deal).await?;
        let asker = session.account.0;
        let claim = claims.into_iter().min_by_key(|claim| (claim.cancelled_at.is_some(), claim.claimant != asker));
        wills.push(HeldWill {
            deal: Id(DealId(db::array(row.deal)?)),
            account: Id(AccountId(db::array(row.account)?)),
            handle: row.handle,
            scope: Scope::of(row.scope)?,
            waiting_days: db::number(row.waiting_days)?,
            stored_at: Time(row.stored_at),
            claim: claim.map(|claim| HeldClaim::of(claim, session.account)).transpose()?,
        });
    }
    Ok(Json(HeldWills { wills }))
}

impl HeldClaim {
    fn of(row: ClaimRow, asker: AccountId) -> Result<Self, Error> {
        let (mine, answers) = (row.claimant == asker.0, db::number(row.answers)?);
        Ok(Self { claim: row.into_claim()?, mine, answers })
    }
}
