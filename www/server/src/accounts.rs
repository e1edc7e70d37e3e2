//! Accounts: signing up, what unlocking needs, public keys, and the vault.

use axum::{extract::State, http::StatusCode};
use sealed_notes_format::{
    account::{KeyLogEntry, PublicKeys},
    id::AccountId,
};
use serde::{Deserialize, Serialize};
use sqlx::{Sqlite, SqliteExecutor, Transaction};
use utoipa::ToSchema;

use crate::{
    App,
    auth::Session,
    checks, db,
    db::Db,
    decoy,
    error::{Current, Error},
    limits::Ip,
    openapi::{Refusals, TAG_ACCOUNTS},
    wire::{AccountHex, Bytes, Handle, Id, Json, Path, Time},
};

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct SignUp {
    handle: Handle,
    key_log_entry: Bytes,
    vault: Bytes,
    slot: Bytes,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct SignedUp {
    account: AccountHex,
}

/// Creates an account. The account's id is the hash of its key log entry. Repeating the very same request is harmless.
#[utoipa::path(post, path = "/api/accounts", tag = TAG_ACCOUNTS, security(()),
    responses((status = 201, description = "stored now", body = SignedUp), (status = 200, description = "was already stored", body = SignedUp), Refusals))]
pub(crate) async fn sign_up(
    State(app): State<App>,
    ip: Ip,
    Json(new): Json<SignUp>,
) -> Result<(StatusCode, Json<SignedUp>), Error> {
    app.limits.sign_up(ip)?;
    let entry = KeyLogEntry::decode(&new.key_log_entry.0)?;
    let account = entry.account();
    checks::vault(&new.vault.0, account, 1)?;
    let slot = checks::slot(&new.slot.0, account)?;
    let id = account.0.as_slice();
    let now = Time::now().0;
    let answer = Json(SignedUp { account: Id(account) });

    let mut tx = app.db.begin().await?;
    let inserted = sqlx::query("INSERT INTO accounts (account, handle, created_at) VALUES (?, ?, ?)")
        .bind(id)
        .bind(new.handle.as_str())
        .bind(now)
        .execute(&mut *tx)
        .await;
    match inserted {
        Ok(_) => {}
        Err(error) if db::is_taken(&error) => {
            let same = sqlx::query(
                "SELECT 1 FROM accounts JOIN vaults USING (account) WHERE account = ? AND handle = ? AND generation = 1 AND sealed = ?",
            )
            .bind(id)
            .bind(new.handle.as_str())
            .bind(&new.vault.0)
            .fetch_optional(&mut *tx)
            .await?;
            return match same {
                Some(_) => Ok((StatusCode::OK, answer)),
                None => Err(Error::conflict("this handle or this account is taken: choose another handle, or log in")),
            };
        }
        Err(error) => return Err(error.into()),
    }
    sqlx::query("INSERT INTO key_log (account, sequence, entry, stored_at) VALUES (?, 0, ?, ?)")
        .bind(id)
        .bind(&new.key_log_entry.0)
        .bind(now)
        .execute(&mut *tx)
        .await?;
    insert_vault(&mut *tx, account, 1, &new.vault.0).await?;
    put_slot(&mut tx, account, &slot, &new.slot.0).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, answer))
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Unlock {
    account: AccountHex,
    vault: Bytes,
    slots: Vec<Bytes>,
}

/// What unlocking an account needs, for whoever asks: useless without passphrase and account secret. A handle that
/// nobody has gets an answer of the same shape, always the same one.
#[utoipa::path(get, path = "/api/accounts/{handle}/unlock", tag = TAG_ACCOUNTS, security(()),
    params(("handle" = String, Path)), responses((status = 200, description = "as asked", body = Unlock), Refusals))]
pub(crate) async fn unlock(State(app): State<App>, ip: Ip, Path(handle): Path<Handle>) -> Result<Json<Unlock>, Error> {
    app.limits.door(ip)?;
    let stored: Option<Vec<u8>> = sqlx::query_scalar("SELECT account FROM accounts WHERE handle = ?")
        .bind(handle.as_str())
        .fetch_optional(&app.db.read)
        .await?;
    // Made and looked up in either case: how long the answer takes tells nothing either.
    let decoy = decoy::unlock(&app.secret, &handle)?;
    let account = stored.map(db::array).transpose()?.map_or(decoy.account, AccountId);
    let (vault, slots) = vault_and_slots(&app.db, account).await?;
    Ok(Json(match vault {
        Some(vault) => Unlock { account: Id(account), vault: Bytes(vault), slots },
        None => Unlock { account: Id(account), vault: Bytes(decoy.vault), slots: vec![Bytes(decoy.slot)] },
    }))
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Me {
    account: AccountHex,
    handle: String,
    vault: Bytes,
    slots: Vec<Bytes>,
}

/// The account that is logged in.
#[utoipa::path(get, path = "/api/me", tag = TAG_ACCOUNTS, responses((status = 200, description = "as asked", body = Me), Refusals))]
pub(crate) async fn me(State(app): State<App>, session: Session) -> Result<Json<Me>, Error> {
    let account = session.account;
    let handle = sqlx::query_scalar("SELECT handle FROM accounts WHERE account = ?")
        .bind(account.0.as_slice())
        .fetch_one(&app.db.read)
        .await?;
    let (vault, slots) = vault_and_slots(&app.db, account).await?;
    let vault = vault.ok_or(Error::Internal("an account has no vault"))?;
    Ok(Json(Me { account: Id(account), handle, vault: Bytes(vault), slots }))
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Keys {
    account: AccountHex,
    handle: String,
    /// Oldest first. Check it against the account's id, and the fingerprint with the person.
    key_log: Vec<Bytes>,
}

/// Somebody's public keys, by handle.
#[utoipa::path(get, path = "/api/accounts/{handle}/keys", tag = TAG_ACCOUNTS,
    params(("handle" = String, Path)), responses((status = 200, description = "as asked", body = Keys), Refusals))]
pub(crate) async fn keys_by_handle(
    State(app): State<App>,
    _: Session,
    Path(handle): Path<Handle>,
) -> Result<Json<Keys>, Error> {
    let found = sqlx::query_as("SELECT account, handle FROM accounts WHERE handle = ?").bind(handle.as_str());
    keys(&app.db, found.fetch_optional(&app.db.read).await?).await
}

/// Somebody's public keys, by account.
#[utoipa::path(get, path = "/api/accounts/by-id/{account}/keys", tag = TAG_ACCOUNTS,
    params(("account" = String, Path)), responses((status = 200, description = "as asked", body = Keys), Refusals))]
pub(crate) async fn keys_by_id(
    State(app): State<App>,
    _: Session,
    Path(account): Path<AccountHex>,
) -> Result<Json<Keys>, Error> {
    let found = sqlx::query_as("SELECT account, handle FROM accounts WHERE account = ?").bind(account.0.0.to_vec());
    keys(&app.db, found.fetch_optional(&app.db.read).await?).await
}

async fn keys(db: &Db, found: Option<(Vec<u8>, String)>) -> Result<Json<Keys>, Error> {
    let (account, handle) = found.ok_or_else(|| {
        Error::NotFound("nobody here has this handle or account id: check its spelling with the person".into())
    })?;
    let account = AccountId(db::array(account)?);
    let entries: Vec<Vec<u8>> = sqlx::query_scalar("SELECT entry FROM key_log WHERE account = ? ORDER BY sequence")
        .bind(account.0.as_slice())
        .fetch_all(&db.read)
        .await?;
    Ok(Json(Keys { account: Id(account), handle, key_log: entries.into_iter().map(Bytes).collect() }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewVault {
    vault: Bytes,
    /// Slots that are new or changed; the others stay.
    #[serde(default)]
    slots: Vec<Bytes>,
    /// The generation that the caller's vault was made from.
    expects: u64,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct StoredVault {
    generation: u64,
}

/// Everybody who asks is handed all of them.
const MAX_SLOTS: i64 = 32;

/// Stores the vault's next generation, with the slots that changed. Earlier rows are kept: whoever steals a session
/// can shut an account out of nothing that the server's keeper cannot bring back.
#[utoipa::path(put, path = "/api/vault", tag = TAG_ACCOUNTS, responses((status = 200, description = "as asked", body = StoredVault), Refusals))]
pub(crate) async fn put_vault(
    State(app): State<App>,
    session: Session,
    Json(new): Json<NewVault>,
) -> Result<Json<StoredVault>, Error> {
    let account = session.account;
    let generation = new.expects.saturating_add(1);
    checks::vault(&new.vault.0, account, generation)?;
    let slots = new.slots.iter().map(|slot| checks::slot(&slot.0, account)).collect::<Result<Vec<_>, _>>()?;

    let mut tx = app.db.begin().await?;
    let (current, stored): (i64, Vec<u8>) =
        sqlx::query_as("SELECT generation, sealed FROM vaults WHERE account = ? ORDER BY generation DESC LIMIT 1")
            .bind(account.0.as_slice())
            .fetch_one(&mut *tx)
            .await?;
    let current = db::number(current)?;
    let repeated = current == generation && stored == new.vault.0;
    if !repeated && current != new.expects {
        return Err(Error::Conflict {
            message:
                "the vault was changed elsewhere: load it again with GET /api/me, unlock it, and repeat the change"
                    .into(),
            current: Some(Current::Vault { generation: current }),
        });
    }
    if !repeated {
        insert_vault(&mut *tx, account, generation, &new.vault.0).await?;
    }
    for (slot, sealed) in slots.iter().zip(&new.slots) {
        put_slot(&mut tx, account, slot, &sealed.0).await?;
    }
    let slots: i64 = sqlx::query_scalar("SELECT count(DISTINCT slot) FROM unlock_slots WHERE account = ?")
        .bind(account.0.as_slice())
        .fetch_one(&mut *tx)
        .await?;
    if slots > MAX_SLOTS {
        return Err(Error::BadRequest(format!(
            "an account has at most {MAX_SLOTS} unlock slots: change one instead of adding one"
        )));
    }
    tx.commit().await?;
    Ok(Json(StoredVault { generation }))
}

async fn insert_vault(
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

/// Stores a slot's next generation. The very same bytes again are no change.
async fn put_slot(
    tx: &mut Transaction<'_, Sqlite>,
    account: AccountId,
    slot: &checks::SlotHead,
    sealed: &[u8],
) -> Result<(), Error> {
    let newest: Option<(i64, Vec<u8>)> = sqlx::query_as(
        "SELECT generation, sealed FROM unlock_slots WHERE account = ? AND slot = ? ORDER BY generation DESC LIMIT 1",
    )
    .bind(account.0.as_slice())
    .bind(slot.slot.0.as_slice())
    .fetch_optional(&mut **tx)
    .await?;
    let (generation, stored) = newest.unwrap_or_default();
    if stored == sealed {
        return Ok(());
    }
    let generation = generation + 1;
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

async fn vault_and_slots(db: &Db, account: AccountId) -> Result<(Option<Vec<u8>>, Vec<Bytes>), Error> {
    // One snapshot: a vault and the slots of another moment would not fit together.
    let mut snapshot = db.read.begin().await?;
    let vault = sqlx::query_scalar("SELECT sealed FROM vaults WHERE account = ? ORDER BY generation DESC LIMIT 1")
        .bind(account.0.as_slice())
        .fetch_optional(&mut *snapshot)
        .await?;
    let slots: Vec<Vec<u8>> = sqlx::query_scalar(
        "SELECT sealed FROM unlock_slots AS s WHERE account = ?
         AND generation = (SELECT max(generation) FROM unlock_slots WHERE account = s.account AND slot = s.slot) ORDER BY slot",
    )
    .bind(account.0.as_slice())
    .fetch_all(&mut *snapshot)
    .await?;
    Ok((vault, slots.into_iter().map(Bytes).collect()))
}

/// The newest registered public keys of an account, if there is such an account.
pub(crate) async fn public_keys(db: impl SqliteExecutor<'_>, account: AccountId) -> Result<Option<Keyholder>, Error> {
    let entry: Option<Vec<u8>> =
        sqlx::query_scalar("SELECT entry FROM key_log WHERE account = ? ORDER BY sequence DESC LIMIT 1")
            .bind(account.0.as_slice())
            .fetch_optional(db)
            .await?;
    entry.map(|entry| Ok(Keyholder { account, keys: KeyLogEntry::decode(&entry)?.keys })).transpose()
}

/// An account with its registered keys.
pub(crate) struct Keyholder {
    pub(crate) account: AccountId,
    pub(crate) keys: PublicKeys,
}
