//! What an upload must be before it is stored: a sealed object, in its own drawer, of this author, on top of what is
//! there. All of it is checked with public keys and hashes; nothing here could open anything.

use sealed_notes_format::{
    FormatError,
    account::{Slot, Vault},
    body::{Draft, DraftParameters},
    container::{ChartRecord, PrivateNote},
    grant::{Grant, Suite},
    id::{AccountId, ClientId, Hash, KeyId, RecordId, SlotId, TenantId},
    version::{Drawer, Version},
};

use crate::{
    accounts::Keyholder,
    db,
    error::{Current, Error},
};

/// Where an upload was sent and by whom.
pub(crate) struct Place<'a> {
    pub(crate) tenant: TenantId,
    pub(crate) author: &'a Keyholder,
    pub(crate) record: RecordId,
    pub(crate) version: u64,
}

pub(crate) fn private_note<'a>(sealed: &'a [u8], place: &Place<'_>) -> Result<PrivateNote<'a>, Error> {
    let note = PrivateNote::decode(sealed)?;
    check_version(&note.version, place)?;
    Ok(note)
}

/// A chart record as its author uploads it: with her wrap, and so with every body.
pub(crate) fn chart_record<'a>(sealed: &'a [u8], place: &Place<'_>) -> Result<ChartRecord<'a>, Error> {
    let record = ChartRecord::decode(sealed)?;
    if record.wrap.is_none() {
        return Err(Error::not_sealed(
            "no_wrap",
            "the record lacks its author's wrap, so she could never open it again: upload what Chart.seal or Chart.edit gave",
        ));
    }
    check_version(&record.version, place)?;
    Ok(record)
}

fn check_version(version: &Version<'_>, place: &Place<'_>) -> Result<(), Error> {
    let manifest = &version.manifest;
    same(
        manifest.tenant == place.tenant,
        "wrong_tenant",
        "it was sealed for another platform: create the vault with the tenant of GET /api/server",
    )?;
    same(
        manifest.author == place.author.account,
        "wrong_author",
        "it was sealed by another account: log in as its author",
    )?;
    same(
        manifest.epoch == place.author.keys.epoch,
        "wrong_epoch",
        "it was sealed under keys that are not the author's current ones: unlock again, then seal again",
    )?;
    same(
        manifest.record == place.record,
        "wrong_record",
        "it is a version of another record: put its own record id into the URL",
    )?;
    same(
        manifest.version == place.version,
        "wrong_version",
        "it is another version of the record: put its own version into the URL",
    )?;
    db::storable(manifest.version)?;
    version.signed.verify(&place.author.keys.ed25519)?;
    Ok(())
}

/// The newest stored version of a record.
pub(crate) struct Head {
    pub(crate) author: AccountId,
    pub(crate) client: ClientId,
    pub(crate) version: u64,
    pub(crate) hash: Hash,
}

/// Author, client, version, hash, as stored.
pub(crate) type HeadRow = (Vec<u8>, Vec<u8>, i64, Vec<u8>);

impl Head {
    pub(crate) fn of((author, client, version, hash): HeadRow) -> Result<Self, Error> {
        Ok(Self {
            author: AccountId(db::array(author)?),
            client: ClientId(db::array(client)?),
            version: db::number(version)?,
            hash: Hash(db::array(hash)?),
        })
    }
}

/// Whether a version is the next one of its record. A save made from an older one is a conflict, not an overwrite.
pub(crate) fn check_follows(version: &Version<'_>, head: Option<&Head>) -> Result<(), Error> {
    let manifest = &version.manifest;
    // Somebody else's record is not even said to exist.
    if head.is_some_and(|head| head.author != manifest.author) {
        return Err(Error::not_found("the record"));
    }
    let next = head.map_or(1, |head| head.version + 1);
    if manifest.version != next || manifest.previous != head.map(|head| head.hash) {
        return Err(Error::Conflict {
            message: "the record's newest version is not the one this save was made from: load it, bring the two together, and save again".into(),
            current: head.map(|head| Current::Head { version: head.version, hash: head.hash.to_string() }),
        });
    }
    same(
        head.is_none_or(|head| head.client == manifest.client),
        "wrong_client",
        "the record's earlier versions are about another client: seal it as a new record",
    )
}

/// A grant's own claims against the version it is on and the account that uploads it.
pub(crate) fn grant<'a>(sealed: &'a [u8], version: &Version<'_>, place: &Place<'_>) -> Result<Grant<'a>, Error> {
    let grant = Grant::decode(sealed)?;
    same(
        grant.header.granter == place.author.account,
        "wrong_author",
        "the grant was made by another account: only the record's author can grant",
    )?;
    grant.check_version(version).map_err(|error| {
        Error::not_sealed("wrong_version", format!("{error}: make the grant from this version with Chart.share"))
    })?;
    grant.signed.verify(&place.author.keys.ed25519)?;
    grant.header.expires_at.map(db::storable).transpose()?;
    Ok(grant)
}

/// That a grant is sealed to the key which its recipient registered here.
pub(crate) fn grant_recipient(grant: &Grant<'_>, recipient: &Keyholder) -> Result<(), Error> {
    let registered = match grant.header.suite {
        Suite::X25519 => KeyId::of_x25519(&recipient.keys.x25519),
        Suite::XWing => KeyId::of_xwing(&recipient.keys.xwing),
    };
    same(
        grant.keys.iter().all(|(_, key)| key.key_id == registered),
        "wrong_key",
        "the grant is sealed to a key that its recipient has not registered: load her keys again, compare the fingerprint, and grant again",
    )
}

pub(crate) fn draft(
    sealed: &[u8],
    drawer: Drawer,
    tenant: TenantId,
    account: AccountId,
    record: RecordId,
) -> Result<DraftParameters, Error> {
    let parameters = Draft::decode(sealed, drawer)?.parameters;
    same(
        parameters.tenant == tenant,
        "wrong_tenant",
        "the draft was sealed for another platform: create the vault with the tenant of GET /api/server",
    )?;
    same(
        parameters.account == account,
        "wrong_author",
        "the draft was sealed by another account: log in as its author",
    )?;
    same(
        parameters.record == record,
        "wrong_record",
        "the draft is of another record: put its own record id into the URL",
    )?;
    Ok(parameters)
}

pub(crate) fn vault(sealed: &[u8], account: AccountId, generation: u64) -> Result<(), Error> {
    let parameters = Vault::decode(sealed)?.parameters;
    same(
        parameters.account == account,
        "wrong_account",
        "the vault is another account's: send the vault that this account's keys are in",
    )?;
    same(
        parameters.generation == generation,
        "wrong_generation",
        "the vault's generation is not the one after the stored one (1 at sign-up): seal the vault again from the stored one",
    )
}

pub(crate) struct SlotHead {
    pub(crate) slot: SlotId,
    pub(crate) generation: u64,
}

pub(crate) fn slot(sealed: &[u8], account: AccountId) -> Result<SlotHead, Error> {
    let parameters = Slot::decode(sealed)?.parameters;
    same(
        parameters.account == account,
        "wrong_account",
        "the unlock slot is another account's: make it with this account's vault",
    )?;
    same(
        parameters.cost.is_allowed(),
        "weak_parameters",
        "the unlock slot's Argon2id parameters are below the floor or above the ceiling: use the library's own",
    )?;
    Ok(SlotHead { slot: parameters.slot, generation: parameters.generation })
}

fn same(holds: bool, reason: &'static str, cure: &str) -> Result<(), Error> {
    if holds { Ok(()) } else { Err(Error::not_sealed(reason, cure)) }
}

/// Bytes that were checked when they were stored and no longer decode: a damaged database.
pub(crate) fn stored<T>(decoded: Result<T, FormatError>) -> Result<T, Error> {
    decoded.map_err(|_| Error::Internal("a stored object no longer decodes"))
}
