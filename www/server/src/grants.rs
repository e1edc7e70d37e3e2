//! Grants as the record's author handles them: adding, listing, ending.

use axum::{extract::State, http::StatusCode};
use sealed_notes_format::{
    grant::Grant,
    id::{AccountId, RecordId},
    version::Version,
};
use serde::{Deserialize, Serialize};
use sqlx::{Sqlite, Transaction};
use utoipa::ToSchema;

use crate::{
    App,
    accounts::{Keyholder, public_keys},
    auth::Session,
    chart,
    checks::{self, Place},
    db,
    error::Error,
    ledger,
    openapi::{Conflict, NotFound, TAG_CHART},
    wire::{AccountHex, Bytes, Id, Json, Path, RecordHex, Time, VersionNumber},
};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewGrants {
    grants: Vec<Bytes>,
    /// The ledger's entry that names them: all are stored, or none.
    #[serde(default)]
    ledger: Option<Bytes>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct StoredGrants {
    /// How many of the request's grants are stored now.
    stored: usize,
}

/// Adds grants to a version that is stored already. Repeating the very same grants is harmless.
#[utoipa::path(post, path = "/api/chart/records/{record}/versions/{version}/grants", tag = TAG_CHART, operation_id = "add_grants",
    params(("record" = RecordHex, Path), ("version" = VersionNumber, Path)),
    responses((status = 201, description = "stored now", body = StoredGrants), NotFound, Conflict))]
pub(crate) async fn add(
    State(app): State<App>,
    session: Session,
    Path((record, version)): Path<(RecordHex, VersionNumber)>,
    Json(new): Json<NewGrants>,
) -> Result<(StatusCode, Json<StoredGrants>), Error> {
    let (Id(record), VersionNumber(version)) = (record, version);
    let author = Keyholder::author(&app, &session).await?;
    let row = chart::find(&app.db.read, session.account, record, Some(version)).await?;
    let signed = row.ok_or_else(|| Error::not_found("the version"))?.signed;
    let stored = checks::stored(Version::decode(&signed))?;
    let grants = check(&new.grants, &stored, &Place { tenant: app.tenant, author: &author, record, version })?;

    let mut tx = author.begin(&app, &session).await?;
    store(&mut tx, &grants).await?;
    ledger::store_beside(&mut tx, &author, new.ledger.as_ref()).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(StoredGrants { stored: grants.len() })))
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GrantEntry {
    version: u64,
    recipient: AccountHex,
    handle: String,
    grant: Bytes,
    stored_at: Time,
    /// When the author ended it; null while she has not.
    revoked_at: Option<Time>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct GrantList {
    grants: Vec<GrantEntry>,
}

/// Every grant there ever was on a record of one's own.
#[utoipa::path(get, path = "/api/chart/records/{record}/grants", tag = TAG_CHART, operation_id = "grants",
    params(("record" = RecordHex, Path)), responses((status = 200, description = "as asked", body = GrantList), NotFound))]
pub(crate) async fn list(
    State(app): State<App>,
    session: Session,
    Path(Id(record)): Path<RecordHex>,
) -> Result<Json<GrantList>, Error> {
    if chart::find(&app.db.read, session.account, record, None).await?.is_none() {
        return Err(Error::not_found("the record"));
    }
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT version, recipient, handle, sealed, stored_at, revoked_at
         FROM grants JOIN accounts ON account = recipient WHERE record = ? ORDER BY version, handle, stored_at",
    )
    .bind(record.0.as_slice())
    .fetch_all(&app.db.read)
    .await?;
    Ok(Json(GrantList { grants: rows.into_iter().map(Row::into_entry).collect::<Result<_, _>>()? }))
}

#[derive(sqlx::FromRow)]
struct Row {
    version: i64,
    recipient: Vec<u8>,
    handle: String,
    sealed: Vec<u8>,
    stored_at: i64,
    revoked_at: Option<i64>,
}

impl Row {
    fn into_entry(self) -> Result<GrantEntry, Error> {
        Ok(GrantEntry {
            version: db::number(self.version)?,
            recipient: Id(AccountId(db::array(self.recipient)?)),
            handle: self.handle,
            grant: Bytes(self.sealed),
            stored_at: Time(self.stored_at),
            revoked_at: self.revoked_at.map(Time),
        })
    }
}

/// What a set of grants must be before any of it is stored; recipients are looked up when it is.
pub(crate) fn check<'a>(
    sealed: &'a [Bytes],
    version: &Version<'_>,
    place: &Place<'_>,
) -> Result<Vec<Grant<'a>>, Error> {
    let mut recipients: Vec<AccountId> = Vec::with_capacity(sealed.len());
    sealed
        .iter()
        .map(|grant| {
            let grant = checks::grant(&grant.0, version, place)?;
            if recipients.contains(&grant.header.recipient) {
                return Err(Error::BadRequest("two grants are for the same recipient: send one".into()));
            }
            recipients.push(grant.header.recipient);
            Ok(grant)
        })
        .collect()
}

pub(crate) async fn store(tx: &mut Transaction<'_, Sqlite>, grants: &[Grant<'_>]) -> Result<(), Error> {
    for grant in grants {
        let header = &grant.header;
        let holder = public_keys(&mut **tx, header.recipient).await?.ok_or_else(|| {
            Error::not_sealed("unknown_recipient", "the grant's recipient has no account here: look her up by handle")
        })?;
        checks::grant_recipient(grant, &holder)?;
        if are_stored(tx, std::slice::from_ref(grant)).await? {
            if is_in_force(tx, grant).await? {
                continue;
            }
            return Err(Error::conflict("this grant was revoked: make a new one if she shall read again"));
        }
        // One that ran out makes room for a new one.
        sqlx::query(
            "UPDATE grants SET revoked_at = expires_at
             WHERE record = ? AND version = ? AND recipient = ? AND revoked_at IS NULL AND expires_at <= ?",
        )
        .bind(header.record.0.as_slice())
        .bind(db::storable(header.version)?)
        .bind(header.recipient.0.as_slice())
        .bind(Time::now().0)
        .execute(&mut **tx)
        .await?;
        let inserted = sqlx::query(
            "INSERT INTO grants (record, version, recipient, hash, sealed, expires_at, stored_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(header.record.0.as_slice())
        .bind(db::storable(header.version)?)
        .bind(header.recipient.0.as_slice())
        .bind(grant.signed.hash().0.as_slice())
        .bind(grant.signed.raw)
        .bind(header.expires_at.map(db::storable).transpose()?)
        .bind(Time::now().0)
        .execute(&mut **tx)
        .await;
        match inserted {
            Ok(_) => {}
            Err(error) if db::is_taken(&error) => {
                return Err(Error::conflict(
                    "the recipient already has another grant on this version: list the grants, and revoke it with a next version first",
                ));
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Whether these very bytes are stored, revoked or not.
pub(crate) async fn are_stored(tx: &mut Transaction<'_, Sqlite>, grants: &[Grant<'_>]) -> Result<bool, Error> {
    for grant in grants {
        let found = sqlx::query("SELECT 1 FROM grants WHERE record = ? AND version = ? AND recipient = ? AND hash = ?")
            .bind(grant.header.record.0.as_slice())
            .bind(db::storable(grant.header.version)?)
            .bind(grant.header.recipient.0.as_slice())
            .bind(grant.signed.hash().0.as_slice())
            .fetch_optional(&mut **tx)
            .await?;
        if found.is_none() {
            return Ok(false);
        }
    }
    Ok(true)
}

async fn is_in_force(tx: &mut Transaction<'_, Sqlite>, grant: &Grant<'_>) -> Result<bool, Error> {
    let found =
        sqlx::query("SELECT 1 FROM grants WHERE record = ? AND version = ? AND hash = ? AND revoked_at IS NULL")
            .bind(grant.header.record.0.as_slice())
            .bind(db::storable(grant.header.version)?)
            .bind(grant.signed.hash().0.as_slice())
            .fetch_optional(&mut **tx)
            .await?;
    Ok(found.is_some())
}

pub(crate) async fn revoke(
    tx: &mut Transaction<'_, Sqlite>,
    record: RecordId,
    accounts: &[AccountHex],
) -> Result<(), Error> {
    for Id(account) in accounts {
        let held =
            sqlx::query("UPDATE grants SET revoked_at = coalesce(revoked_at, ?) WHERE record = ? AND recipient = ?")
                .bind(Time::now().0)
                .bind(record.0.as_slice())
                .bind(account.0.as_slice())
                .execute(&mut **tx)
                .await?;
        if held.rows_affected() == 0 {
            return Err(Error::BadRequest(format!(
                "account {account} holds no grant on this record: leave it out of `revoke`"
            )));
        }
    }
    Ok(())
}

pub(crate) async fn are_revoked(
    tx: &mut Transaction<'_, Sqlite>,
    record: RecordId,
    accounts: &[AccountHex],
) -> Result<bool, Error> {
    for Id(account) in accounts {
        let left = sqlx::query("SELECT 1 FROM grants WHERE record = ? AND recipient = ? AND revoked_at IS NULL")
            .bind(record.0.as_slice())
            .bind(account.0.as_slice())
            .fetch_optional(&mut **tx)
            .await?;
        if left.is_some() {
            return Ok(false);
        }
    }
    Ok(true)
}
