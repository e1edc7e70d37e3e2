//! The database: opening it, and the little that every table needs.

use std::{path::Path, time::Duration};

use sealed_notes_format::id::TenantId;
use sqlx::{
    Sqlite, SqlitePool, Transaction,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use crate::{error::Error, wire::Time};

/// SQLite has one writer at a time: one connection for it makes writers queue instead of collide.
#[derive(Clone, Debug)]
pub(crate) struct Db {
    pub(crate) read: SqlitePool,
    write: SqlitePool,
}

/// What the server drew at its first start.
pub(crate) struct ServerRow {
    pub(crate) tenant: TenantId,
    pub(crate) secret: [u8; 32],
    pub(crate) created_at: i64,
}

impl Db {
    pub(crate) async fn open(data: &Path) -> Result<(Self, ServerRow), crate::StartError> {
        create_private_folder(data)?;
        let options = SqliteConnectOptions::new()
            .filename(data.join("sealed-notes.sqlite"))
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // A save is acknowledged only after fsync: it outlives SIGKILL and power loss.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            // Deleted drafts, answers and wills are overwritten with zeros.
            .pragma("secure_delete", "ON")
            .busy_timeout(Duration::from_secs(10));
        let write = SqlitePoolOptions::new().max_connections(1).connect_with(options.clone()).await?;
        sqlx::migrate!().run(&write).await?;
        let mut fresh = [0; 48];
        getrandom::fill(&mut fresh).map_err(|_| crate::StartError::Random)?;
        let (tenant, secret) = fresh.split_at(16);
        sqlx::query("INSERT OR IGNORE INTO server (only_row, tenant, secret, created_at) VALUES (1, ?, ?, ?)")
            .bind(tenant)
            .bind(secret)
            .bind(Time::now().0)
            .execute(&write)
            .await?;
        let (tenant, secret, created_at): (Vec<u8>, Vec<u8>, i64) =
            sqlx::query_as("SELECT tenant, secret, created_at FROM server").fetch_one(&write).await?;
        let row = ServerRow { tenant: TenantId(array(tenant)?), secret: array(secret)?, created_at };
        let read = SqlitePoolOptions::new().max_connections(8).connect_with(options).await?;
        Ok((Self { read, write }, row))
    }

    /// A transaction that holds the write lock from the start, so that what it reads cannot change under it.
    pub(crate) async fn begin(&self) -> Result<Transaction<'static, Sqlite>, Error> {
        Ok(self.write.begin_with("BEGIN IMMEDIATE").await?)
    }

    /// For single statements.
    pub(crate) fn writer(&self) -> &SqlitePool {
        &self.write
    }

    pub(crate) async fn close(&self) {
        self.read.close().await;
        self.write.close().await;
    }
}

fn create_private_folder(path: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// A stored id or hash. The tables check lengths, so a wrong one is a damaged database.
pub(crate) fn array<const N: usize>(bytes: Vec<u8>) -> Result<[u8; N], Error> {
    bytes.try_into().map_err(|_| Error::Internal("a stored id has the wrong length"))
}

/// SQLite's integers are signed; versions and generations are not.
pub(crate) fn number(stored: i64) -> Result<u64, Error> {
    u64::try_from(stored).map_err(|_| Error::Internal("a stored number is negative"))
}

/// For what a caller chose: numbers beyond 2^63 fit no counter and no calendar.
pub(crate) fn storable(number: u64) -> Result<i64, Error> {
    i64::try_from(number).map_err(|_| Error::not_sealed("malformed", "a number in it is out of range"))
}

/// Whether an insert ran into a row that is already there.
pub(crate) fn is_taken(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|error| error.is_unique_violation())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    /// SIGKILL in a test shows nothing about power loss: these settings do.
    #[tokio::test]
    async fn a_commit_is_on_the_disk() {
        let data = tempfile::tempdir().unwrap();
        let (db, first) = Db::open(data.path()).await.unwrap();
        for pool in [&db.write, &db.read] {
            let setting = async |sql: &'static str| sqlx::query_scalar::<_, String>(sql).fetch_one(pool).await.unwrap();
            assert_eq!(setting("SELECT journal_mode FROM pragma_journal_mode").await, "wal");
            assert_eq!(setting("SELECT CAST(synchronous AS TEXT) FROM pragma_synchronous").await, "2");
            assert_eq!(setting("SELECT CAST(foreign_keys AS TEXT) FROM pragma_foreign_keys").await, "1");
            assert_eq!(setting("SELECT CAST(secure_delete AS TEXT) FROM pragma_secure_delete").await, "1");
        }
        db.close().await;
        let (_, again) = Db::open(data.path()).await.unwrap();
        assert_eq!((first.tenant, first.secret, first.created_at), (again.tenant, again.secret, again.created_at));
    }
}
