//! Devices: which ones log in to an account, and shutting one out.

use axum::{extract::State, http::StatusCode};
use sealed_notes_format::id::{AccountId, DeviceId};
use serde::Serialize;
use sqlx::{Sqlite, Transaction};
use utoipa::ToSchema;

use crate::{
    App,
    auth::Session,
    db,
    error::Error,
    events::{self, Kind},
    openapi::{NotFound, TAG_ACCOUNTS},
    wire::{DeviceHex, Id, Json, Path, Time},
};

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Device {
    device: DeviceHex,
    added_at: Time,
    last_used_at: Time,
    /// Whether it is the one that asks.
    current: bool,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Devices {
    devices: Vec<Device>,
}

/// One's own devices that are not revoked, the last used first. Their names are inside the vault.
#[utoipa::path(get, path = "/api/devices", tag = TAG_ACCOUNTS, operation_id = "devices",
    responses((status = 200, description = "as asked", body = Devices)))]
pub(crate) async fn list(State(app): State<App>, session: Session) -> Result<Json<Devices>, Error> {
    let rows: Vec<(Vec<u8>, i64, i64)> = sqlx::query_as(
        "SELECT device, added_at, last_used_at FROM devices WHERE account = ? AND revoked_at IS NULL
         ORDER BY last_used_at DESC, added_at DESC",
    )
    .bind(session.account.0.as_slice())
    .fetch_all(&app.db.read)
    .await?;
    let device = |(device, added_at, last_used_at)| {
        let device = DeviceId(db::array(device)?);
        let current = session.device == Some(device);
        Ok(Device { device: Id(device), added_at: Time(added_at), last_used_at: Time(last_used_at), current })
    };
    Ok(Json(Devices { devices: rows.into_iter().map(device).collect::<Result<_, Error>>()? }))
}

/// Revokes a device of one's own: its sessions end now, and it is refused under its id. Somebody who has the account's
/// keys from it can call herself another device, until a rotation.
#[utoipa::path(delete, path = "/api/devices/{device}", tag = TAG_ACCOUNTS, operation_id = "revoke_device",
    params(("device" = DeviceHex, Path)), responses((status = 204, description = "done"), NotFound))]
pub(crate) async fn delete(
    State(app): State<App>,
    session: Session,
    Path(Id(device)): Path<DeviceHex>,
) -> Result<StatusCode, Error> {
    let mut tx = session.begin(&app).await?;
    if find(&mut tx, session.account, device).await?.is_none() {
        return Err(Error::not_found("the device"));
    }
    revoke(&mut tx, session.account, device).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Shuts a device out, whether it ever logged in here or not.
pub(crate) async fn revoke(
    tx: &mut Transaction<'_, Sqlite>,
    account: AccountId,
    device: DeviceId,
) -> Result<(), Error> {
    let revoked = sqlx::query(
        "INSERT INTO devices (account, device, added_at, last_used_at, revoked_at) VALUES (?1, ?2, ?3, ?3, ?3)
         ON CONFLICT (account, device) DO UPDATE SET revoked_at = ?3 WHERE revoked_at IS NULL",
    )
    .bind(account.0.as_slice())
    .bind(device.0.as_slice())
    .bind(Time::now().0)
    .execute(&mut **tx)
    .await?;
    if revoked.rows_affected() > 0 {
        sqlx::query("DELETE FROM sessions WHERE account = ? AND device = ?")
            .bind(account.0.as_slice())
            .bind(device.0.as_slice())
            .execute(&mut **tx)
            .await?;
        events::record(tx, Kind::DeviceRevoked, account, Some(account), Some(&device)).await?;
    }
    Ok(())
}

pub(crate) async fn is_revoked(
    tx: &mut Transaction<'_, Sqlite>,
    account: AccountId,
    device: DeviceId,
) -> Result<bool, Error> {
    Ok(find(tx, account, device).await?.is_some_and(|revoked_at| revoked_at.is_some()))
}

/// When the device was revoked, if the account knows it at all.
async fn find(
    tx: &mut Transaction<'_, Sqlite>,
    account: AccountId,
    device: DeviceId,
) -> Result<Option<Option<i64>>, Error> {
    let found = sqlx::query_scalar("SELECT revoked_at FROM devices WHERE account = ? AND device = ?")
        .bind(account.0.as_slice())
        .bind(device.0.as_slice())
        .fetch_optional(&mut **tx)
        .await?;
    Ok(found)
}

/// Notes that a device logs in. One that was revoked does not.
pub(crate) async fn log_in(
    tx: &mut Transaction<'_, Sqlite>,
    account: AccountId,
    device: DeviceId,
) -> Result<(), Error> {
    match find(tx, account, device).await? {
        Some(Some(_)) => Err(Error::Refused {
            code: "device_revoked",
            message: "this device was revoked: forget the account on it, and add it anew from another device".into(),
        }),
        Some(None) => note_use(&mut **tx, account, device).await,
        None => {
            sqlx::query("INSERT INTO devices (account, device, added_at, last_used_at) VALUES (?1, ?2, ?3, ?3)")
                .bind(account.0.as_slice())
                .bind(device.0.as_slice())
                .bind(Time::now().0)
                .execute(&mut **tx)
                .await?;
            events::record(tx, Kind::DeviceAdded, account, Some(account), Some(&device)).await
        }
    }
}

pub(crate) async fn note_use(
    db: impl sqlx::SqliteExecutor<'_>,
    account: AccountId,
    device: DeviceId,
) -> Result<(), Error> {
    sqlx::query("UPDATE devices SET last_used_at = ? WHERE account = ? AND device = ?")
        .bind(Time::now().0)
        .bind(account.0.as_slice())
        .bind(device.0.as_slice())
        .execute(db)
        .await?;
    Ok(())
}
