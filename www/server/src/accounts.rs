//! Accounts: signing up, what unlocking needs, public keys.

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
    error::Error,
    events::{self, Kind},
    limits::Ip,
    openapi::{Conflict, NotFound, TAG_ACCOUNTS},
    vaults,
    wire::{AccountHex, Bytes, Handle, Id, Json, Path, Time},
};

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct SignUp {
    handle: Handle,
    key_log_entry: Bytes,
    vault: Bytes,
    /// 2 to 32, each of generation 1; among them a recovery code, and a passphrase or a passkey.
    #[schema(min_items = 2, max_items = 32)]
    slots: Vec<Bytes>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct SignedUp {
    account: AccountHex,
}

/// Creates an account. The account's id is the hash of its key log entry. Repeating the very same request is harmless.
#[utoipa::path(post, path = "/api/accounts", tag = TAG_ACCOUNTS, security(()),
    responses((status = 201, description = "stored now", body = SignedUp), (status = 200, description = "was already stored", body = SignedUp), Conflict))]
pub(crate) async fn sign_up(
    State(app): State<App>,
    ip: Ip,
    Json(new): Json<SignUp>,
) -> Result<(StatusCode, Json<SignedUp>), Error> {
    app.limits.sign_up(ip)?;
    let entry = KeyLogEntry::decode(&new.key_log_entry.0)?;
    let account = entry.account();
    checks::vault(&new.vault.0, account, 1)?;
    let slots = checks::first_slots(&new.slots, account)?;
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
    vaults::insert(&mut *tx, account, 1, &new.vault.0).await?;
    for (slot, sealed) in slots.iter().zip(&new.slots) {
        vaults::put_slot(&mut tx, account, slot, &sealed.0).await?;
    }
    events::record(&mut tx, Kind::SignedUp, account, Some(account), None).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, answer))
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Unlock {
    account: AccountHex,
    vault: Bytes,
    slots: Vec<Bytes>,
    /// Public keys, oldest first. Trustees' shares are checked against them.
    key_log: Vec<Bytes>,
}

/// What unlocking an account needs, for whoever asks: useless without what opens a slot. A handle that nobody has gets
/// an answer of the same shape, always the same one.
#[utoipa::path(get, path = "/api/accounts/{handle}/unlock", tag = TAG_ACCOUNTS, security(()),
    params(("handle" = Handle, Path)), responses((status = 200, description = "as asked", body = Unlock)))]
pub(crate) async fn unlock(State(app): State<App>, ip: Ip, Path(handle): Path<Handle>) -> Result<Json<Unlock>, Error> {
    app.limits.door(ip)?;
    let stored: Option<Vec<u8>> = sqlx::query_scalar("SELECT account FROM accounts WHERE handle = ?")
        .bind(handle.as_str())
        .fetch_optional(&app.db.read)
        .await?;
    // Made and looked up in either case: how long the answer takes tells nothing either.
    let decoy = decoy::unlock(&app.secret, app.created_at, &handle)?;
    let account = stored.map(db::array).transpose()?.map_or(decoy.account, AccountId);
    // One snapshot: what is of two moments would not fit together.
    let mut snapshot = app.db.read.begin().await?;
    let vault = vaults::newest(&mut snapshot, account).await?;
    let slots = vaults::served_slots(&mut snapshot, account).await?;
    let key_log = key_log(&mut *snapshot, account).await?;
    Ok(Json(match vault {
        Some(vault) => Unlock { account: Id(account), vault: Bytes(vault), slots, key_log },
        None => Unlock {
            account: Id(account),
            vault: Bytes(decoy.vault),
            slots: decoy.slots.into_iter().map(Bytes).collect(),
            key_log: vec![Bytes(decoy.key_log_entry)],
        },
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
#[utoipa::path(get, path = "/api/me", tag = TAG_ACCOUNTS, responses((status = 200, description = "as asked", body = Me)))]
pub(crate) async fn me(State(app): State<App>, session: Session) -> Result<Json<Me>, Error> {
    let account = session.account;
    let handle = sqlx::query_scalar("SELECT handle FROM accounts WHERE account = ?")
        .bind(account.0.as_slice())
        .fetch_one(&app.db.read)
        .await?;
    let mut snapshot = app.db.read.begin().await?;
    let vault = vaults::newest(&mut snapshot, account).await?.ok_or(Error::Internal("an account has no vault"))?;
    let slots = vaults::served_slots(&mut snapshot, account).await?;
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
    params(("handle" = Handle, Path)), responses((status = 200, description = "as asked", body = Keys), NotFound))]
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
    params(("account" = AccountHex, Path)), responses((status = 200, description = "as asked", body = Keys), NotFound))]
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
    Ok(Json(Keys { account: Id(account), handle, key_log: key_log(&db.read, account).await? }))
}

/// An account's key log, oldest first.
pub(crate) async fn key_log(db: impl SqliteExecutor<'_>, account: AccountId) -> Result<Vec<Bytes>, Error> {
    let entries: Vec<Vec<u8>> = sqlx::query_scalar("SELECT entry FROM key_log WHERE account = ? ORDER BY sequence")
        .bind(account.0.as_slice())
        .fetch_all(db)
        .await?;
    Ok(entries.into_iter().map(Bytes).collect())
}

/// The newest registered public keys of an account, if there is such an account.
pub(crate) async fn public_keys(db: impl SqliteExecutor<'_>, account: AccountId) -> Result<Option<Keyholder>, Error> {
    let entry: Option<Vec<u8>> =
        sqlx::query_scalar("SELECT entry FROM key_log WHERE account = ? ORDER BY sequence DESC LIMIT 1")
            .bind(account.0.as_slice())
            .fetch_optional(db)
            .await?;
    entry
        .map(|entry| Ok(Keyholder { account, keys: checks::stored(KeyLogEntry::decode_unverified(&entry))?.keys }))
        .transpose()
}

/// An account with its registered keys.
pub(crate) struct Keyholder {
    pub(crate) account: AccountId,
    pub(crate) keys: PublicKeys,
}

impl Keyholder {
    /// The author whom a change names, for checks before it begins.
    pub(crate) async fn author(app: &App, session: &Session) -> Result<Self, Error> {
        public_keys(&app.db.read, session.account).await?.ok_or(Error::Internal("an account has no keys"))
    }

    /// Begins a change that was checked against these keys, unless they were rotated meanwhile.
    pub(crate) async fn begin(&self, app: &App, session: &Session) -> Result<Transaction<'static, Sqlite>, Error> {
        let mut tx = session.begin(app).await?;
        let newest = public_keys(&mut *tx, self.account).await?;
        checks::is_of_epoch(newest.is_some_and(|newest| newest.keys.epoch == self.keys.epoch))?;
        Ok(tx)
    }
}
