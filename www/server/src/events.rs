//! What an account's owner is told: what happened to the account, when, and by whom.

use std::fmt::Display;

use axum::extract::State;
use sealed_notes_format::id::AccountId;
use serde::Serialize;
use sqlx::{Sqlite, Transaction};
use utoipa::ToSchema;

use crate::{
    App,
    auth::Session,
    db,
    error::Error,
    openapi::TAG_ACCOUNTS,
    wire::{AccountHex, Id, Json, Time},
};

/// What can happen.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    SignedUp,
    DeviceAdded,
    DeviceRevoked,
    Rotated,
    SlotsChanged,
    TrusteesDealt,
    ShareGiven,
    RecoveryRequested,
    WillIssued,
    WillRevoked,
    WillClaimed,
    WillCancelled,
    WillOpened,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::SignedUp => "signed_up",
            Self::DeviceAdded => "device_added",
            Self::DeviceRevoked => "device_revoked",
            Self::Rotated => "rotated",
            Self::SlotsChanged => "slots_changed",
            Self::TrusteesDealt => "trustees_dealt",
            Self::ShareGiven => "share_given",
            Self::RecoveryRequested => "recovery_requested",
            Self::WillIssued => "will_issued",
            Self::WillRevoked => "will_revoked",
            Self::WillClaimed => "will_claimed",
            Self::WillCancelled => "will_cancelled",
            Self::WillOpened => "will_opened",
        }
    }
}

/// Tells `account`. `actor` is who did it, if anybody was logged in; `subject` the device, deal or request.
pub(crate) async fn record(
    tx: &mut Transaction<'_, Sqlite>,
    kind: Kind,
    account: AccountId,
    actor: Option<AccountId>,
    subject: Option<&(dyn Display + Sync)>,
) -> Result<(), Error> {
    sqlx::query("INSERT INTO events (account, at, kind, actor, subject) VALUES (?, ?, ?, ?, ?)")
        .bind(account.0.as_slice())
        .bind(Time::now().0)
        .bind(kind.name())
        .bind(actor.map(|actor| actor.0.to_vec()))
        .bind(subject.map(|subject| subject.to_string()))
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Takes back what was told of a subject that is gone.
pub(crate) async fn forget(
    tx: &mut Transaction<'_, Sqlite>,
    kind: Kind,
    account: AccountId,
    subject: &(dyn Display + Sync),
) -> Result<(), Error> {
    sqlx::query("DELETE FROM events WHERE account = ? AND kind = ? AND subject = ?")
        .bind(account.0.as_slice())
        .bind(kind.name())
        .bind(subject.to_string())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Takes back all but the newest `most` of what one actor caused.
pub(crate) async fn keep_newest(
    tx: &mut Transaction<'_, Sqlite>,
    kind: Kind,
    account: AccountId,
    actor: AccountId,
    most: i64,
) -> Result<(), Error> {
    sqlx::query(
        "DELETE FROM events WHERE event IN (SELECT event FROM events
         WHERE account = ? AND kind = ? AND actor = ? ORDER BY event DESC LIMIT -1 OFFSET ?)",
    )
    .bind(account.0.as_slice())
    .bind(kind.name())
    .bind(actor.0.as_slice())
    .bind(most)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Event {
    at: Time,
    /// `signed_up`, `device_added`, `device_revoked`, `rotated`, `slots_changed`, `trustees_dealt`, `share_given`,
    /// `recovery_requested`, `will_issued`, `will_revoked`, `will_claimed`, `will_cancelled` or `will_opened`.
    kind: String,
    /// Who did it; null where nobody was logged in.
    actor: Option<AccountHex>,
    actor_handle: Option<String>,
    /// The device, deal or request it is about.
    subject: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Events {
    events: Vec<Event>,
}

/// At, kind, actor and her handle, subject.
type Row = (i64, String, Option<Vec<u8>>, Option<String>, Option<String>);

/// What happened to one's own account, newest first, the last 200.
#[utoipa::path(get, path = "/api/events", tag = TAG_ACCOUNTS, operation_id = "events",
    responses((status = 200, description = "as asked", body = Events)))]
pub(crate) async fn list(State(app): State<App>, session: Session) -> Result<Json<Events>, Error> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT e.at, e.kind, e.actor, a.handle, e.subject FROM events AS e LEFT JOIN accounts AS a ON a.account = e.actor
         WHERE e.account = ? ORDER BY e.event DESC LIMIT 200",
    )
    .bind(session.account.0.as_slice())
    .fetch_all(&app.db.read)
    .await?;
    let event = |(at, kind, actor, actor_handle, subject): Row| {
        let actor = actor.map(db::array).transpose()?.map(|actor| Id(AccountId(actor)));
        Ok(Event { at: Time(at), kind, actor, actor_handle, subject })
    };
    Ok(Json(Events { events: rows.into_iter().map(event).collect::<Result<_, Error>>()? }))
}
