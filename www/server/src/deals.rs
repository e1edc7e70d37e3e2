//! Deals: shares of one secret, each sealed to its holder. Trustees' shares open the account, executors' the will.

use std::collections::BTreeSet;

use axum::{extract::State, http::StatusCode};
use sealed_notes_format::{
    id::{AccountId, DealId, SlotId},
    recovery::{DealKind, MAX_SHARES, WillParameters},
};
use serde::{Deserialize, Serialize};
use sqlx::{Sqlite, Transaction};
use utoipa::ToSchema;

use crate::{
    App,
    accounts::public_keys,
    auth::Session,
    checks, claims, db,
    error::Error,
    events::{self, Kind},
    openapi::{Conflict, NotFound, TAG_RECOVERY},
    wire::{AccountHex, Bytes, DealHex, Id, Json, Path, Time},
};

/// What the shares open.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Opens {
    Trustees,
    Will,
}

impl Opens {
    fn kind(self) -> DealKind {
        match self {
            Self::Trustees => DealKind::Trustees,
            Self::Will => DealKind::Will,
        }
    }

    fn of(stored: i64) -> Result<Self, Error> {
        match stored {
            1 => Ok(Self::Trustees),
            2 => Ok(Self::Will),
            _ => Err(Error::Internal("a stored deal is of no kind")),
        }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewDeal {
    kind: Opens,
    /// At most 16. Printed ones are not sent.
    #[schema(max_items = 16)]
    shares: Vec<NewShare>,
    /// With kind `will`: what the shares open.
    #[serde(default)]
    will: Option<Bytes>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewShare {
    recipient: AccountHex,
    sealed: Bytes,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StoredDeal {
    deal: DealHex,
    stored_at: Time,
}

/// Kind, end, will, time.
type Stored = (i64, Option<i64>, Option<Vec<u8>>, i64);

/// Stores shares, and the will that they open, in place of the account's former deal of the kind. Open claims to a former
/// will are cancelled by it. Repeating the very same request is harmless.
#[utoipa::path(put, path = "/api/deals/{deal}", tag = TAG_RECOVERY, operation_id = "put_deal", params(("deal" = DealHex, Path)),
    responses((status = 201, description = "stored now", body = StoredDeal), (status = 200, description = "was already stored", body = StoredDeal), Conflict))]
pub(crate) async fn put(
    State(app): State<App>,
    session: Session,
    Path(Id(deal)): Path<DealHex>,
    Json(new): Json<NewDeal>,
) -> Result<(StatusCode, Json<StoredDeal>), Error> {
    let account = session.account;
    let parameters = check(&new, account, deal)?;
    let mut tx = session.begin(&app).await?;
    let stored: Option<Stored> =
        sqlx::query_as("SELECT kind, removed_at, will, stored_at FROM deals WHERE account = ? AND deal = ?")
            .bind(account.0.as_slice())
            .bind(deal.0.as_slice())
            .fetch_optional(&mut *tx)
            .await?;
    if let Some((kind, removed_at, will, stored_at)) = stored {
        let same = kind == new.kind.kind() as i64
            && removed_at.is_none()
            && will.as_deref() == new.will.as_ref().map(|will| will.0.as_slice())
            && shares_are_stored(&mut tx, account, deal, &new.shares).await?;
        let answer = StoredDeal { deal: Id(deal), stored_at: Time(stored_at) };
        return if same {
            Ok((StatusCode::OK, Json(answer)))
        } else {
            Err(Error::conflict("a deal of this id is stored already, or was ended: deal anew, which makes a new id"))
        };
    }
    for share in &new.shares {
        let holder = public_keys(&mut *tx, share.recipient.0).await?.ok_or_else(|| {
            Error::not_sealed("unknown_recipient", "a share's holder has no account here: look her up by handle")
        })?;
        checks::sealed_share(&share.sealed.0, (account, new.kind.kind(), deal), &holder)?;
    }
    let former: Option<Vec<u8>> =
        sqlx::query_scalar("SELECT deal FROM deals WHERE account = ? AND kind = ? AND removed_at IS NULL")
            .bind(account.0.as_slice())
            .bind(new.kind.kind() as i64)
            .fetch_optional(&mut *tx)
            .await?;
    if let Some(former) = former {
        end(&mut tx, account, DealId(db::array(former)?)).await?;
    }
    let stored_at = Time::now();
    insert(&mut tx, account, deal, &new, parameters.as_ref(), stored_at).await?;
    let kind = match new.kind {
        Opens::Trustees => Kind::TrusteesDealt,
        Opens::Will => Kind::WillIssued,
    };
    events::record(&mut tx, kind, account, Some(account), Some(&deal)).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(StoredDeal { deal: Id(deal), stored_at })))
}

fn check(new: &NewDeal, account: AccountId, deal: DealId) -> Result<Option<WillParameters>, Error> {
    let mut recipients = BTreeSet::from([account]);
    if new.shares.len() as u64 > MAX_SHARES {
        return Err(Error::BadRequest(format!("a deal has at most {MAX_SHARES} shares: deal to fewer people")));
    }
    if !new.shares.iter().all(|share| recipients.insert(share.recipient.0)) {
        return Err(Error::BadRequest(
            "a share is for oneself, or two are for the same person: deal one to each".into(),
        ));
    }
    match (new.kind, &new.will) {
        (Opens::Will, Some(will)) => Ok(Some(checks::will(&will.0, account, deal)?)),
        (Opens::Trustees, None) => Ok(None),
        (Opens::Will, None) => Err(Error::BadRequest("the will is missing: send it with its shares".into())),
        (Opens::Trustees, Some(_)) => {
            Err(Error::BadRequest("trustees' shares open the account and no will: leave `will` out".into()))
        }
    }
}

async fn insert(
    tx: &mut Transaction<'_, Sqlite>,
    account: AccountId,
    deal: DealId,
    new: &NewDeal,
    parameters: Option<&WillParameters>,
    stored_at: Time,
) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO deals (account, deal, kind, will, scope, waiting_days, stored_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(account.0.as_slice())
    .bind(deal.0.as_slice())
    .bind(new.kind.kind() as i64)
    .bind(new.will.as_ref().map(|will| will.0.as_slice()))
    .bind(parameters.map(|will| will.scope as i64))
    .bind(parameters.map(|will| db::storable(will.waiting_days)).transpose()?)
    .bind(stored_at.0)
    .execute(&mut **tx)
    .await?;
    for share in &new.shares {
        sqlx::query("INSERT INTO shares (account, deal, recipient, sealed) VALUES (?, ?, ?, ?)")
            .bind(account.0.as_slice())
            .bind(deal.0.as_slice())
            .bind(share.recipient.0.0.as_slice())
            .bind(&share.sealed.0)
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}

async fn shares_are_stored(
    tx: &mut Transaction<'_, Sqlite>,
    account: AccountId,
    deal: DealId,
    shares: &[NewShare],
) -> Result<bool, Error> {
    let stored: Vec<(Vec<u8>, Vec<u8>)> =
        sqlx::query_as("SELECT recipient, sealed FROM shares WHERE account = ? AND deal = ?")
            .bind(account.0.as_slice())
            .bind(deal.0.as_slice())
            .fetch_all(&mut **tx)
            .await?;
    let is_stored =
        |share: &NewShare| stored.iter().any(|(to, sealed)| *to == share.recipient.0.0 && *sealed == share.sealed.0);
    Ok(stored.len() == shares.len() && shares.iter().all(is_stored))
}

/// Ends a deal of one's own: its shares are no longer handed out, and a will is deleted.
#[utoipa::path(delete, path = "/api/deals/{deal}", tag = TAG_RECOVERY, operation_id = "end_deal",
    params(("deal" = DealHex, Path)), responses((status = 204, description = "done"), NotFound))]
pub(crate) async fn delete(
    State(app): State<App>,
    session: Session,
    Path(Id(deal)): Path<DealHex>,
) -> Result<StatusCode, Error> {
    let account = session.account;
    let mut tx = session.begin(&app).await?;
    let kind: Option<i64> = sqlx::query_scalar("SELECT kind FROM deals WHERE account = ? AND deal = ?")
        .bind(account.0.as_slice())
        .bind(deal.0.as_slice())
        .fetch_optional(&mut *tx)
        .await?;
    let kind = kind.ok_or_else(|| Error::not_found("the deal"))?;
    if end(&mut tx, account, deal).await? && kind == DealKind::Will as i64 {
        events::record(&mut tx, Kind::WillRevoked, account, Some(account), Some(&deal)).await?;
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A trustees' deal has the id of its slot.
pub(crate) async fn end_of_slot(
    tx: &mut Transaction<'_, Sqlite>,
    account: AccountId,
    slot: SlotId,
) -> Result<(), Error> {
    end(tx, account, DealId(slot.0)).await.map(drop)
}

/// Whether it was in force until now.
async fn end(tx: &mut Transaction<'_, Sqlite>, account: AccountId, deal: DealId) -> Result<bool, Error> {
    let ended: Option<i64> = sqlx::query_scalar(
        "UPDATE deals SET removed_at = ?, will = NULL WHERE account = ? AND deal = ? AND removed_at IS NULL RETURNING kind",
    )
    .bind(Time::now().0)
    .bind(account.0.as_slice())
    .bind(deal.0.as_slice())
    .fetch_optional(&mut **tx)
    .await?;
    if ended == Some(DealKind::Will as i64) {
        claims::cancel(tx, account, None).await?;
    }
    Ok(ended.is_some())
}

/// The deal in force of this kind that `holder` has a share of.
pub(crate) async fn held(
    tx: &mut Transaction<'_, Sqlite>,
    account: AccountId,
    kind: DealKind,
    holder: AccountId,
) -> Result<Option<DealId>, Error> {
    let deal: Option<Vec<u8>> = sqlx::query_scalar(
        "SELECT deal FROM deals JOIN shares USING (account, deal)
         WHERE account = ? AND kind = ? AND removed_at IS NULL AND recipient = ?",
    )
    .bind(account.0.as_slice())
    .bind(kind as i64)
    .bind(holder.0.as_slice())
    .fetch_optional(&mut **tx)
    .await?;
    deal.map(|deal| Ok(DealId(db::array(deal)?))).transpose()
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Share {
    deal: DealHex,
    kind: Opens,
    /// Who dealt it.
    account: AccountHex,
    handle: String,
    sealed: Bytes,
    stored_at: Time,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Shares {
    shares: Vec<Share>,
}

/// Deal, kind, account and its handle, share, time.
type Row = (Vec<u8>, i64, Vec<u8>, String, Vec<u8>, i64);

/// The shares that others dealt to oneself, in force.
#[utoipa::path(get, path = "/api/shares", tag = TAG_RECOVERY, operation_id = "shares",
    responses((status = 200, description = "as asked", body = Shares)))]
pub(crate) async fn shares(State(app): State<App>, session: Session) -> Result<Json<Shares>, Error> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT deal, kind, account, handle, s.sealed, stored_at
         FROM shares AS s JOIN deals USING (account, deal) JOIN accounts USING (account)
         WHERE s.recipient = ? AND removed_at IS NULL ORDER BY handle, kind",
    )
    .bind(session.account.0.as_slice())
    .fetch_all(&app.db.read)
    .await?;
    let share = |(deal, kind, account, handle, sealed, stored_at): Row| {
        Ok(Share {
            deal: Id(DealId(db::array(deal)?)),
            kind: Opens::of(kind)?,
            account: Id(AccountId(db::array(account)?)),
            handle,
            sealed: Bytes(sealed),
            stored_at: Time(stored_at),
        })
    };
    Ok(Json(Shares { shares: rows.into_iter().map(share).collect::<Result<_, Error>>()? }))
}
