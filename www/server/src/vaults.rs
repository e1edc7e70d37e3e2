//! The vault and its unlock slots: one change at a time, all of it or nothing.

use axum::extract::State;
use sealed_notes_format::{account::KeyLogEntry, id::AccountId, slot::Slot};
use serde::{Deserialize, Serialize};
use sqlx::{Sqlite, SqliteConnection, SqliteExecutor, Transaction};
use utoipa::ToSchema;

use crate::{
    App,
    auth::Session,
    checks::{self, MAX_SLOTS, SlotHead},
    db, deals, devices,
    error::{Current, Error},
    events::{self, Kind},
    openapi::{Conflict, TAG_ACCOUNTS},
    wire::{Bytes, DeviceHex, Id, Json, SlotHex, Time},
};

/// In one change. Each leaves a row and an event.
const MAX_REVOKED: usize = 64;
/// Everybody who looks an account up is handed all of them.
const MAX_EPOCHS: u64 = 1000;

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NewVault {
    vault: Bytes,
    /// Slots that are new or changed; the others stay.
    #[serde(default)]
    #[schema(max_items = 32)]
    slots: Vec<Bytes>,
    /// Slots that are no longer served, and never will be again.
    #[serde(default)]
    #[schema(max_items = 32)]
    remove: Vec<SlotHex>,
    /// With a rotation: the next entry of the key log. Every other session of the account ends.
    #[serde(default)]
    key_log_entry: Option<Bytes>,
    /// Devices that are shut out, at most 64.
    #[serde(default)]
    #[schema(max_items = 64)]
    revoke: Vec<DeviceHex>,
    /// The generation that the caller's vault was made from.
    expects: u64,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct StoredVault {
    generation: u64,
}

/// Stores the vault's next generation with the slots, keys and devices that changed, all of it or nothing. Repeating the
/// very same request is harmless. Earlier rows are kept: whoever steals a session can shut an account out of nothing
/// that the server's keeper cannot bring back.
#[utoipa::path(put, path = "/api/vault", tag = TAG_ACCOUNTS, operation_id = "put_vault",
    responses((status = 200, description = "as asked", body = StoredVault), Conflict))]
pub(crate) async fn put(
    State(app): State<App>,
    session: Session,
    Json(new): Json<NewVault>,
) -> Result<Json<StoredVault>, Error> {
    let account = session.account;
    let generation = new.expects.saturating_add(1);
    checks::vault(&new.vault.0, account, generation)?;
    let slots = checks::slots(&new.slots, account)?;
    if new.remove.len() > MAX_SLOTS || new.revoke.len() > MAX_REVOKED {
        return Err(Error::BadRequest(format!(
            "a change removes at most {MAX_SLOTS} slots and revokes at most {MAX_REVOKED} devices: make several"
        )));
    }
    if slots.iter().any(|slot| new.remove.contains(&Id(slot.slot))) {
        return Err(Error::BadRequest(
            "an unlock slot is both sent and removed: leave it out of one of the two".into(),
        ));
    }
    if session.device.is_some_and(|device| new.revoke.contains(&Id(device))) {
        return Err(Error::BadRequest(
            "this device cannot revoke itself here: revoke it from another one, or with DELETE /api/devices/{device}"
                .into(),
        ));
    }

    let mut tx = session.begin(&app).await?;
    let (current, stored): (i64, Vec<u8>) =
        sqlx::query_as("SELECT generation, sealed FROM vaults WHERE account = ? ORDER BY generation DESC LIMIT 1")
            .bind(account.0.as_slice())
            .fetch_one(&mut *tx)
            .await?;
    let current = db::number(current)?;
    let repeated = current == generation && stored == new.vault.0 && is_stored(&mut tx, account, &slots, &new).await?;
    if repeated {
        return Ok(Json(StoredVault { generation }));
    }
    if current != new.expects {
        return Err(Error::Conflict {
            message:
                "the vault was changed elsewhere: load it again with GET /api/me, unlock it, and repeat the change"
                    .into(),
            current: Some(Current::Vault { generation: current }),
        });
    }
    insert(&mut *tx, account, generation, &new.vault.0).await?;
    if let Some(entry) = &new.key_log_entry {
        rotate(&mut tx, &session, &entry.0).await?;
    }
    for (slot, sealed) in slots.iter().zip(&new.slots) {
        put_slot(&mut tx, account, slot, &sealed.0).await?;
    }
    remove_slots(&mut tx, account, &new.remove).await?;
    check_slots(&mut tx, account, !new.remove.is_empty()).await?;
    for Id(device) in &new.revoke {
        devices::revoke(&mut tx, account, *device).await?;
    }
    if new.key_log_entry.is_none() && !(slots.is_empty() && new.remove.is_empty()) {
        events::record(&mut tx, Kind::SlotsChanged, account, Some(account), None).await?;
    }
    tx.commit().await?;
    Ok(Json(StoredVault { generation }))
}

/// Whether all that came with a vault is stored: then the request is a repetition.
async fn is_stored(
    tx: &mut Transaction<'_, Sqlite>,
    account: AccountId,
    slots: &[SlotHead],
    new: &NewVault,
) -> Result<bool, Error> {
    if let Some(entry) = &new.key_log_entry
        && newest_entry(tx, account).await? != entry.0
    {
        return Ok(false);
    }
    for (slot, sealed) in slots.iter().zip(&new.slots) {
        let stored = newest_slot(tx, account, slot.slot.0).await?;
        if stored.is_none_or(|stored| stored.sealed != sealed.0 || stored.removed_at.is_some()) {
            return Ok(false);
        }
    }
    for Id(slot) in &new.remove {
        if newest_slot(tx, account, slot.0).await?.is_none_or(|stored| stored.removed_at.is_none()) {
            return Ok(false);
        }
    }
    for Id(device) in &new.revoke {
        if !devices::is_revoked(tx, account, *device).await? {
            return Ok(false);
        }
    }
    Ok(true)
}

async fn newest_entry(tx: &mut Transaction<'_, Sqlite>, account: AccountId) -> Result<Vec<u8>, Error> {
    let entry = sqlx::query_scalar("SELECT entry FROM key_log WHERE account = ? ORDER BY sequence DESC LIMIT 1")
        .bind(account.0.as_slice())
        .fetch_one(&mut **tx)
        .await?;
    Ok(entry)
}

/// Appends to the key log, and ends every session but the one that asks: whoever holds the old keys alone stays out.
async fn rotate(tx: &mut Transaction<'_, Sqlite>, session: &Session, entry: &[u8]) -> Result<(), Error> {
    let account = session.account;
    let newest = newest_entry(tx, account).await?;
    let newest = checks::stored(KeyLogEntry::decode_unverified(&newest))?;
    let claimed = KeyLogEntry::decode_unverified(entry)?;
    if claimed.previous != Some(newest.signed.hash()) {
        return Err(Error::conflict(
            "the key log entry is not the one after the newest: load the key log and the vault again, and rotate again",
        ));
    }
    let next = KeyLogEntry::decode_after(entry, &newest)?;
    if next.keys.epoch > MAX_EPOCHS {
        return Err(Error::BadRequest(format!(
            "an account has at most {MAX_EPOCHS} epochs: make a new account, and share your records with it"
        )));
    }
    sqlx::query("INSERT INTO key_log (account, sequence, entry, stored_at) VALUES (?, ?, ?, ?)")
        .bind(account.0.as_slice())
        .bind(db::storable(next.keys.epoch - 1)?)
        .bind(entry)
        .bind(Time::now().0)
        .execute(&mut **tx)
        .await?;
    sqlx::query("DELETE FROM sessions WHERE account = ? AND token_hash <> ?")
        .bind(account.0.as_slice())
        .bind(session.token_hash.as_slice())
        .execute(&mut **tx)
        .await?;
    events::record(tx, Kind::Rotated, account, Some(account), None).await
}

pub(crate) async fn insert(
    db: impl SqliteExecutor<'_>,
    account: AccountId,
    generation: u64,
    sealed: &[u8],
) -> Result<(), Error> {
    sqlx::query("INSERT INTO vaults (account, generation, sealed, stored_at) VALUES (?, ?, ?, ?)")
        .bind(account.0.as_slice())
        .bind(db::storable(generation)?)
        .bind(sealed)
        .bind(Time::now().0)
        .execute(db)
        .await?;
    Ok(())
}

#[derive(Default, sqlx::FromRow)]
struct StoredSlot {
    generation: i64,
    sealed: Vec<u8>,
    removed_at: Option<i64>,
}

async fn newest_slot(
    tx: &mut Transaction<'_, Sqlite>,
    account: AccountId,
    slot: [u8; 16],
) -> Result<Option<StoredSlot>, Error> {
    let newest = sqlx::query_as(
        "SELECT generation, sealed, removed_at FROM unlock_slots WHERE account = ? AND slot = ? ORDER BY generation DESC LIMIT 1",
    )
    .bind(account.0.as_slice())
    .bind(slot.as_slice())
    .fetch_optional(&mut **tx)
    .await?;
    Ok(newest)
}

/// Stores a slot's next generation. The very same bytes again are no change.
pub(crate) async fn put_slot(
    tx: &mut Transaction<'_, Sqlite>,
    account: AccountId,
    slot: &SlotHead,
    sealed: &[u8],
) -> Result<(), Error> {
    let newest = newest_slot(tx, account, slot.slot.0).await?.unwrap_or_default();
    if newest.removed_at.is_some() {
        return Err(Error::conflict("an unlock slot was removed: make a new one with a new id"));
    }
    if newest.sealed == sealed {
        return Ok(());
    }
    if newest.generation > 0 && checks::stored(Slot::decode(&newest.sealed))?.parameters.way.kind() != slot.kind {
        return Err(Error::conflict(
            "an unlock slot is of another kind than the stored one: make a new one with a new id",
        ));
    }
    let generation = newest.generation + 1;
    if db::storable(slot.generation)? != generation {
        return Err(Error::conflict(
            "an unlock slot is not the one after the stored one: load the slots again with GET /api/me and repeat the change",
        ));
    }
    sqlx::query("INSERT INTO unlock_slots (account, slot, generation, sealed, stored_at) VALUES (?, ?, ?, ?, ?)")
        .bind(account.0.as_slice())
        .bind(slot.slot.0.as_slice())
        .bind(generation)
        .bind(sealed)
        .bind(Time::now().0)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Shares of a trustees' slot open nothing without it: their deal ends with it.
async fn remove_slots(tx: &mut Transaction<'_, Sqlite>, account: AccountId, slots: &[SlotHex]) -> Result<(), Error> {
    for Id(slot) in slots {
        let removed =
            sqlx::query("UPDATE unlock_slots SET removed_at = coalesce(removed_at, ?) WHERE account = ? AND slot = ?")
                .bind(Time::now().0)
                .bind(account.0.as_slice())
                .bind(slot.0.as_slice())
                .execute(&mut **tx)
                .await?;
        if removed.rows_affected() == 0 {
            return Err(Error::BadRequest(format!(
                "unlock slot {slot} is none of this account's: leave it out of `remove`"
            )));
        }
        deals::end_of_slot(tx, account, *slot).await?;
    }
    Ok(())
}

/// What must hold of the slots that are served after a change.
async fn check_slots(tx: &mut Transaction<'_, Sqlite>, account: AccountId, removed: bool) -> Result<(), Error> {
    let served = served_slots(tx, account).await?;
    if served.len() > MAX_SLOTS {
        return Err(Error::BadRequest(format!(
            "an account has at most {MAX_SLOTS} unlock slots: change one instead of adding one"
        )));
    }
    let kind = |sealed: &Bytes| checks::stored(Slot::decode(&sealed.0)).map(|slot| slot.parameters.way.kind());
    let kinds = served.iter().map(kind).collect::<Result<Vec<_>, _>>()?;
    if removed && !checks::is_way_back(kinds.into_iter()) {
        return Err(Error::BadRequest(
            "the last way back into the account stays: a recovery code, and a passphrase or a passkey; add another one before you remove it"
                .into(),
        ));
    }
    Ok(())
}

pub(crate) async fn newest(db: &mut SqliteConnection, account: AccountId) -> Result<Option<Vec<u8>>, Error> {
    let vault = sqlx::query_scalar("SELECT sealed FROM vaults WHERE account = ? ORDER BY generation DESC LIMIT 1")
        .bind(account.0.as_slice())
        .fetch_optional(db)
        .await?;
    Ok(vault)
}

/// The newest of each slot that was not removed.
pub(crate) async fn served_slots(db: &mut SqliteConnection, account: AccountId) -> Result<Vec<Bytes>, Error> {
    let slots: Vec<Vec<u8>> = sqlx::query_scalar(
        "SELECT sealed FROM unlock_slots AS s WHERE account = ? AND removed_at IS NULL
         AND generation = (SELECT max(generation) FROM unlock_slots WHERE account = s.account AND slot = s.slot) ORDER BY slot",
    )
    .bind(account.0.as_slice())
    .fetch_all(db)
    .await?;
    Ok(slots.into_iter().map(Bytes).collect())
}
