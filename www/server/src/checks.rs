//! What an upload must be before it is stored: a sealed object, in its own drawer, of this author, on top of what is
//! there. All of it is checked with public keys and hashes; nothing here could open anything.

use sealed_notes_format::{
    FormatError, Purpose,
    account::Vault,
    body::{Draft, DraftParameters},
    cbor::Encoder,
    container::{ChartRecord, PrivateNote},
    grant::{Grant, Suite},
    id::{AccountId, ClientId, DealId, Hash, RecordId, SlotId, TenantId},
    recovery::{DealKind, Request, SealedTo, Will, WillParameters},
    slot::{Slot, SlotKind, Way},
    version::{Drawer, Version},
};

use crate::{
    db,
    error::{Current, Error},
    keylog::Keyholder,
    wire::Bytes,
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
    is_of_epoch(manifest.epoch == place.author.keys.epoch)?;
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

pub(crate) fn is_of_epoch(newest: bool) -> Result<(), Error> {
    same(
        newest,
        "wrong_epoch",
        "it was sealed under keys that are not the author's current ones: unlock again, then seal again",
    )
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
    let registered = recipient.keys.receiving_key_id(grant.header.suite);
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
    pub(crate) kind: SlotKind,
}

/// Everybody who asks is handed all of them.
pub(crate) const MAX_SLOTS: usize = 32;

/// The slots of one change: each of them once.
pub(crate) fn slots(sealed: &[Bytes], account: AccountId) -> Result<Vec<SlotHead>, Error> {
    let mut slots: Vec<SlotHead> = Vec::new();
    if sealed.len() > MAX_SLOTS {
        return Err(Error::BadRequest(format!("an account has at most {MAX_SLOTS} unlock slots: send fewer")));
    }
    for sealed in sealed {
        let slot = slot(&sealed.0, account)?;
        if slots.iter().any(|other| other.slot == slot.slot) {
            return Err(Error::BadRequest("two unlock slots have the same id: send the newest of each".into()));
        }
        slots.push(slot);
    }
    Ok(slots)
}

/// A new account's slots.
pub(crate) fn first_slots(sealed: &[Bytes], account: AccountId) -> Result<Vec<SlotHead>, Error> {
    let slots = slots(sealed, account)?;
    same(
        slots.iter().all(|slot| slot.generation == 1),
        "wrong_generation",
        "an unlock slot of a new account has generation 1: send what Vault.create gave",
    )?;
    if !is_way_back(slots.iter().map(|slot| slot.kind)) {
        return Err(Error::BadRequest(
            "a new account has a way in for every day and a recovery code: send both, as Vault.create gave them".into(),
        ));
    }
    Ok(slots)
}

/// Whether these kinds of slots are what SPEC.md §8.3 says an account keeps: a recovery code, and an everyday way.
pub(crate) fn is_way_back(kinds: impl Iterator<Item = SlotKind> + Clone) -> bool {
    let has = |wanted| kinds.clone().any(|kind| kind == wanted);
    has(SlotKind::RecoveryCode) && (has(SlotKind::Passphrase) || has(SlotKind::Passkey))
}

fn slot(sealed: &[u8], account: AccountId) -> Result<SlotHead, Error> {
    let parameters = Slot::decode(sealed)?.parameters;
    same(
        parameters.account == account,
        "wrong_account",
        "the unlock slot is another account's: make it with this account's vault",
    )?;
    same(
        !matches!(parameters.way, Way::Passphrase { cost, .. } if !cost.is_allowed()),
        "weak_parameters",
        "the unlock slot's Argon2id parameters are below the floor or above the ceiling: use the library's own",
    )?;
    Ok(SlotHead { slot: parameters.slot, generation: parameters.generation, kind: parameters.way.kind() })
}

/// That a share is sealed to the key which its holder registered here, and belongs to the deal.
pub(crate) fn sealed_share(
    sealed: &[u8],
    (account, kind, deal): (AccountId, DealKind, DealId),
    holder: &Keyholder,
) -> Result<(), Error> {
    let share = sealed_to(sealed, Purpose::SealedShare)?;
    same(
        share.recipient.key_id == holder.keys.receiving_key_id(Suite::XWing),
        "wrong_key",
        "the share is sealed to a key that its holder has not registered: load her keys again, compare the fingerprint, and deal again",
    )?;
    let context = context(|out| {
        out.array(4).text(Purpose::SealedShare.label()).bytes(&account.0).uint(kind as u64).bytes(&deal.0);
    });
    same(
        share.recipient.context == context,
        "wrong_deal",
        "the share belongs to another deal: put its own deal id into the URL, and log in as its owner",
    )
}

/// That an answer is sealed to the request's key, for this request.
pub(crate) fn answer(sealed: &[u8], request: &Request<'_>) -> Result<(), Error> {
    let answer = sealed_to(sealed, Purpose::Answer)?;
    let context = context(|out| {
        out.array(2).text(Purpose::Answer.label()).bytes(&request.hash().0);
    });
    same(
        answer.recipient.key_id == request.key_id() && answer.recipient.context == context,
        "wrong_request",
        "the answer is to another request: answer the request that the URL names",
    )
}

/// A share or an account secret takes half of it. Whoever it is for is handed all that others seal to her.
const MAX_SEALED_TO: usize = 4096;

pub(crate) fn sealed_to(sealed: &[u8], purpose: Purpose) -> Result<SealedTo<'_>, Error> {
    same(sealed.len() <= MAX_SEALED_TO, "too_long", "a share or answer is at most 4 KiB: send what the library gave")?;
    Ok(SealedTo::decode(sealed, purpose)?)
}

/// SPEC.md §8.4: what a sealed share or answer belongs to.
pub(crate) fn context(encode: impl FnOnce(&mut Encoder)) -> Hash {
    let mut out = Encoder::new();
    encode(&mut out);
    Hash::for_purpose(Purpose::Context, &out.finish())
}

pub(crate) fn will(sealed: &[u8], account: AccountId, deal: DealId) -> Result<WillParameters, Error> {
    const MAX_WAITING_DAYS: u64 = 365;
    let parameters = Will::decode(sealed)?.parameters;
    same(
        parameters.account == account,
        "wrong_account",
        "the will is another account's: issue it with this account's vault",
    )?;
    same(parameters.deal == deal, "wrong_deal", "the will belongs to another deal: put its own deal id into the URL")?;
    same(
        parameters.waiting_days <= MAX_WAITING_DAYS,
        "waits_too_long",
        "the will waits more than 365 days: issue it with a shorter waiting period",
    )?;
    Ok(parameters)
}

pub(crate) fn same(holds: bool, reason: &'static str, cure: &str) -> Result<(), Error> {
    if holds { Ok(()) } else { Err(Error::not_sealed(reason, cure)) }
}

/// Bytes that were checked when they were stored and no longer decode: a damaged database.
pub(crate) fn stored<T>(decoded: Result<T, FormatError>) -> Result<T, Error> {
    decoded.map_err(|_| Error::Internal("a stored object no longer decodes"))
}
