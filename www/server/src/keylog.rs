//! Key logs: every account's public keys, appended to and never changed.

use sealed_notes_format::{
    id::AccountId,
    keylog::{KeyLog, KeyLogEntry, PublicKeys, Statement},
};
use sqlx::{Sqlite, SqliteExecutor, Transaction};

use crate::{
    App,
    auth::Session,
    checks, db,
    error::Error,
    wire::{Bytes, Time},
};

/// Everybody who looks an account up is handed all of them.
const MAX_EPOCHS: u64 = 1000;

/// An account's key log, oldest first.
pub(crate) async fn entries(db: impl SqliteExecutor<'_>, account: AccountId) -> Result<Vec<Bytes>, Error> {
    let entries: Vec<Vec<u8>> = sqlx::query_scalar("SELECT entry FROM key_log WHERE account = ? ORDER BY sequence")
        .bind(account.0.as_slice())
        .fetch_all(db)
        .await?;
    Ok(entries.into_iter().map(Bytes).collect())
}

/// Stores an account's first entry.
pub(crate) async fn begin(tx: &mut Transaction<'_, Sqlite>, account: AccountId, entry: &[u8]) -> Result<(), Error> {
    insert(tx, account, 0, Some(1), entry).await
}

/// Appends entries, and gives what they say.
pub(crate) async fn append(
    tx: &mut Transaction<'_, Sqlite>,
    account: AccountId,
    new: &[Bytes],
) -> Result<Vec<Statement>, Error> {
    let stored = entries(&mut **tx, account).await?;
    let mut log = checks::stored(KeyLog::read(account, stored.iter().map(|Bytes(entry)| entry.as_slice())))?;
    let mut statements = Vec::with_capacity(new.len());
    for Bytes(bytes) in new {
        if KeyLogEntry::decode_unverified(bytes)?.previous != Some(log.head()) {
            return Err(Error::conflict(
                "the key log entry is not the one after the newest: load the key log and the vault again, and repeat the change",
            ));
        }
        let entry = log.append(bytes)?;
        if log.keys.epoch > MAX_EPOCHS {
            return Err(Error::BadRequest(format!(
                "an account has at most {MAX_EPOCHS} epochs: make a new account, and share your records with it"
            )));
        }
        let epoch = entry.keys().map(|keys| db::storable(keys.epoch)).transpose()?;
        insert(tx, account, db::storable(entry.sequence)?, epoch, bytes).await?;
        statements.push(entry.statement);
    }
    Ok(statements)
}

async fn insert(
    tx: &mut Transaction<'_, Sqlite>,
    account: AccountId,
    sequence: i64,
    epoch: Option<i64>,
    entry: &[u8],
) -> Result<(), Error> {
    sqlx::query("INSERT INTO key_log (account, sequence, epoch, entry, stored_at) VALUES (?, ?, ?, ?, ?)")
        .bind(account.0.as_slice())
        .bind(sequence)
        .bind(epoch)
        .bind(entry)
        .bind(Time::now().0)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Whether these are an account's newest entries.
pub(crate) async fn are_newest(
    tx: &mut Transaction<'_, Sqlite>,
    account: AccountId,
    new: &[Bytes],
) -> Result<bool, Error> {
    let newest: Vec<Vec<u8>> =
        sqlx::query_scalar("SELECT entry FROM key_log WHERE account = ? ORDER BY sequence DESC LIMIT ?")
            .bind(account.0.as_slice())
            .bind(i64::try_from(new.len()).unwrap_or(i64::MAX))
            .fetch_all(&mut **tx)
            .await?;
    Ok(newest.iter().rev().eq(new.iter().map(|Bytes(entry)| entry)))
}

/// The newest registered public keys of an account, if there is such an account.
pub(crate) async fn public_keys(db: impl SqliteExecutor<'_>, account: AccountId) -> Result<Option<Keyholder>, Error> {
    let entry: Option<Vec<u8>> = sqlx::query_scalar(
        "SELECT entry FROM key_log WHERE account = ? AND epoch IS NOT NULL ORDER BY sequence DESC LIMIT 1",
    )
    .bind(account.0.as_slice())
    .fetch_optional(db)
    .await?;
    let holder = |entry: Vec<u8>| match checks::stored(KeyLogEntry::decode_unverified(&entry))?.statement {
        Statement::Keys(keys) => Ok(Keyholder { account, keys }),
        _ => Err(Error::Internal("a key log entry without the keys it was stored for")),
    };
    entry.map(holder).transpose()
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
