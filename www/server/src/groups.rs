//! Practices and teams. A group's keys are in its manager's vault, so whatever changes it is stored with that vault; who its
//! members are is read from its key log, which the group's own key signs.

use axum::extract::State;
use sealed_notes_format::{
    Purpose,
    cbor::Encoder,
    id::{AccountId, Hash},
    keylog::{KeyLog, Statement},
};
use serde::{Deserialize, Serialize};
use sqlx::{QueryBuilder, Sqlite, Transaction};
use utoipa::ToSchema;

use crate::{
    App,
    auth::Session,
    checks, db,
    error::Error,
    keylog,
    openapi::TAG_ACCOUNTS,
    wire::{AccountHex, Bytes, Handle, Id, Json, Time},
};

/// In one change.
const MAX_SEALED_KEYS: usize = 500;
/// That one vault keeps.
const MAX_GROUPS: i64 = 100;

/// A change of a practice or team, stored with the vault that holds its keys.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct GroupChange {
    account: AccountHex,
    /// Of a new group: what people call it.
    #[serde(default)]
    handle: Option<Handle>,
    /// The next entries of its key log; of a new group the first.
    key_log_entries: Vec<Bytes>,
    /// A team's keys, each in place of those that the member had; at most 500.
    #[serde(default)]
    #[schema(max_items = 500)]
    sealed_keys: Vec<SealedKeys>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SealedKeys {
    member: AccountHex,
    bytes: Bytes,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Group {
    account: AccountHex,
    handle: String,
    /// Oldest first. It names the members.
    key_log: Vec<Bytes>,
    /// Whether its keys are in the asker's vault.
    manages: bool,
    /// A team's keys, sealed to the asker; null without a membership in force, and for a practice.
    sealed_keys: Option<Bytes>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Groups {
    groups: Vec<Group>,
}

/// Account, handle, whether the asker manages it, a team's keys.
type Row = (Vec<u8>, String, bool, Option<Vec<u8>>);

/// The practices and teams that one manages or is a member of.
#[utoipa::path(get, path = "/api/groups", tag = TAG_ACCOUNTS, operation_id = "groups",
    responses((status = 200, description = "as asked", body = Groups)))]
pub(crate) async fn list(State(app): State<App>, session: Session) -> Result<Json<Groups>, Error> {
    let me = session.account.0.as_slice();
    let mut sql = QueryBuilder::new("SELECT g.account, handle, g.manager = ");
    sql.push_bind(me.to_vec())
        .push(", k.sealed FROM groups AS g JOIN accounts USING (account) LEFT JOIN team_keys AS k ");
    sql.push("ON k.account = g.account AND k.member = ").push_bind(me.to_vec()).push(" AND g.account IN (");
    push_groups_of(&mut sql, session.account);
    sql.push(") WHERE g.manager = ").push_bind(me.to_vec()).push(" OR g.account IN (");
    push_groups_of(&mut sql, session.account);
    sql.push(") ORDER BY handle");
    let mut snapshot = app.db.read.begin().await?;
    let rows: Vec<Row> = sql.build_query_as().fetch_all(&mut *snapshot).await?;
    let mut groups = Vec::with_capacity(rows.len());
    for (account, handle, manages, sealed_keys) in rows {
        let account = AccountId(db::array(account)?);
        let key_log = keylog::entries(&mut *snapshot, account).await?;
        groups.push(Group { account: Id(account), handle, key_log, manages, sealed_keys: sealed_keys.map(Bytes) });
    }
    Ok(Json(Groups { groups }))
}

/// Selects the groups in which `member` has a membership in force.
pub(crate) fn push_groups_of(sql: &mut QueryBuilder<Sqlite>, member: AccountId) {
    sql.push("SELECT account FROM members WHERE left_at IS NULL AND member = ").push_bind(member.0.to_vec());
    sql.push(" AND (expires_at IS NULL OR expires_at > ").push_bind(Time::now().0).push(")");
}

/// Stores a change that came with `manager`'s vault.
pub(crate) async fn store(
    tx: &mut Transaction<'_, Sqlite>,
    manager: AccountId,
    change: &GroupChange,
) -> Result<(), Error> {
    let Id(account) = change.account;
    if change.sealed_keys.len() > MAX_SEALED_KEYS {
        return Err(Error::BadRequest(format!("a change seals keys to at most {MAX_SEALED_KEYS} members")));
    }
    let statements = match &change.handle {
        Some(handle) => {
            create(tx, manager, account, handle, change).await?;
            Vec::new()
        }
        None => {
            let found = sqlx::query("SELECT 1 FROM groups WHERE account = ? AND manager = ?")
                .bind(account.0.as_slice())
                .bind(manager.0.as_slice())
                .fetch_optional(&mut **tx)
                .await?;
            found.ok_or_else(|| Error::not_found("the practice or team"))?;
            keylog::append(tx, account, &change.key_log_entries).await?
        }
    };
    for statement in statements {
        match statement {
            Statement::Endorsed(endorsement) => {
                sqlx::query(
                    "INSERT INTO members (account, member, expires_at) VALUES (?, ?, ?)
                     ON CONFLICT DO UPDATE SET expires_at = excluded.expires_at, left_at = NULL",
                )
                .bind(account.0.as_slice())
                .bind(endorsement.member.0.as_slice())
                .bind(endorsement.expires_at.map(db::storable).transpose()?)
                .execute(&mut **tx)
                .await?;
            }
            Statement::Withdrawn { member } => {
                sqlx::query("UPDATE members SET left_at = ? WHERE account = ? AND member = ?")
                    .bind(Time::now().0)
                    .bind(account.0.as_slice())
                    .bind(member.0.as_slice())
                    .execute(&mut **tx)
                    .await?;
                sqlx::query("DELETE FROM team_keys WHERE account = ? AND member = ?")
                    .bind(account.0.as_slice())
                    .bind(member.0.as_slice())
                    .execute(&mut **tx)
                    .await?;
            }
            Statement::Keys(_) | Statement::KeysRevoked { .. } => {}
        }
    }
    store_keys(tx, account, &change.sealed_keys).await
}

async fn create(
    tx: &mut Transaction<'_, Sqlite>,
    manager: AccountId,
    account: AccountId,
    handle: &Handle,
    change: &GroupChange,
) -> Result<(), Error> {
    let [Bytes(first)] = change.key_log_entries.as_slice() else {
        return Err(Error::BadRequest("a new practice or team has one key log entry, and members later".into()));
    };
    let log = KeyLog::begin(first)?;
    checks::same(
        log.account == account,
        "wrong_account",
        "the key log entry is another account's: send the group's own",
    )?;
    let managed: i64 = sqlx::query_scalar("SELECT count(*) FROM groups WHERE manager = ?")
        .bind(manager.0.as_slice())
        .fetch_one(&mut **tx)
        .await?;
    if managed >= MAX_GROUPS {
        return Err(Error::BadRequest(format!("a vault keeps at most {MAX_GROUPS} practices and teams")));
    }
    let now = Time::now().0;
    let inserted = sqlx::query("INSERT INTO accounts (account, handle, created_at) VALUES (?, ?, ?)")
        .bind(account.0.as_slice())
        .bind(handle.as_str())
        .bind(now)
        .execute(&mut **tx)
        .await;
    match inserted {
        Ok(_) => {}
        Err(error) if db::is_taken(&error) => {
            return Err(Error::conflict("this handle or this account is taken: choose another handle"));
        }
        Err(error) => return Err(error.into()),
    }
    keylog::begin(tx, account, first).await?;
    sqlx::query("INSERT INTO groups (account, manager, created_at) VALUES (?, ?, ?)")
        .bind(account.0.as_slice())
        .bind(manager.0.as_slice())
        .bind(now)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

async fn store_keys(tx: &mut Transaction<'_, Sqlite>, team: AccountId, sealed: &[SealedKeys]) -> Result<(), Error> {
    for SealedKeys { member: Id(member), bytes: Bytes(bytes) } in sealed {
        let keys = checks::sealed_to(bytes, Purpose::TeamKey)?;
        checks::same(
            keys.recipient.context == context(team, *member),
            "wrong_context",
            "the keys were sealed for another team or member",
        )?;
        let in_force = sqlx::query("SELECT 1 FROM members WHERE account = ? AND member = ? AND left_at IS NULL")
            .bind(team.0.as_slice())
            .bind(member.0.as_slice())
            .fetch_optional(&mut **tx)
            .await?;
        let holder = keylog::public_keys(&mut **tx, *member).await?.filter(|_| in_force.is_some());
        holder.ok_or_else(|| {
            Error::not_sealed("unknown_recipient", "keys are sealed to somebody who is no member: add her first")
        })?;
        sqlx::query(
            "INSERT INTO team_keys (account, member, sealed, stored_at) VALUES (?, ?, ?, ?)
             ON CONFLICT DO UPDATE SET sealed = excluded.sealed, stored_at = excluded.stored_at",
        )
        .bind(team.0.as_slice())
        .bind(member.0.as_slice())
        .bind(bytes)
        .bind(Time::now().0)
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

fn context(team: AccountId, member: AccountId) -> Hash {
    checks::context(|out: &mut Encoder| {
        out.array(3).text(Purpose::TeamKey.label()).bytes(&team.0).bytes(&member.0);
    })
}

/// Whether all of a change is stored: then the request is a repetition.
pub(crate) async fn is_stored(tx: &mut Transaction<'_, Sqlite>, change: &GroupChange) -> Result<bool, Error> {
    let Id(account) = change.account;
    if !keylog::are_newest(tx, account, &change.key_log_entries).await? {
        return Ok(false);
    }
    for SealedKeys { member: Id(member), bytes: Bytes(bytes) } in &change.sealed_keys {
        let found = sqlx::query("SELECT 1 FROM team_keys WHERE account = ? AND member = ? AND sealed = ?")
            .bind(account.0.as_slice())
            .bind(member.0.as_slice())
            .bind(bytes)
            .fetch_optional(&mut **tx)
            .await?;
        if found.is_none() {
            return Ok(false);
        }
    }
    Ok(true)
}
