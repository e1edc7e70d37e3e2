//! The chart: what others may have to read, one grant per recipient. The author alone reads by default.
//!
//! A grant goes to a [`VerifiedIdentity`](crate::VerifiedIdentity); keys that a server just handed out are not one:
//!
//! ```compile_fail,E0308
//! # fn f(identity: sealed_notes::Identity) {
//! use sealed_notes::{GrantRequest, PurposeOfUse, Suite};
//! GrantRequest {
//!     to: &identity, // expected `&VerifiedIdentity`
//!     purpose_of_use: PurposeOfUse::Treatment,
//!     expires_at: None,
//!     sections: None,
//!     suite: Suite::XWing,
//! };
//! # }
//! ```

use std::collections::BTreeMap;

use sealed_notes_format::{
    MAX_SECTIONS,
    body::{decode_sections, encode_sections},
    container::ChartRecord,
    id::{AccountId, ClientId, Hash, RecordId, SessionId},
    version::{Drawer, Manifest},
};
use zeroize::Zeroizing;

use super::{
    grants::{self, GrantRequest, Granted, SealedGrant},
    opening::{self, Opening},
    sealing::{self, DraftPlace, DrawerKeys, Place, SealedParts},
};
use crate::{Error, KnownAuthor, Timestamp, Vault, crypto::secret::Secret, ledger::Access};

/// An unlocked chart.
#[derive(Clone, Copy, Debug)]
pub struct Chart<'v>(pub(super) &'v Vault);

/// Sections by name, each at most 1 MiB of UTF-8.
pub type Sections<'t> = BTreeMap<&'t str, &'t str>;

/// A record to be sealed for the first time.
#[derive(Clone)]
pub struct NewChartRecord<'t> {
    pub client: ClientId,
    pub session: Option<SessionId>,
    /// The id of a draft that is being saved; otherwise a new one is made.
    pub record: Option<RecordId>,
    pub sections: Sections<'t>,
    /// Closes the record: what follows is marked as an addendum.
    pub is_final: bool,
}

/// A sealed version: store `bytes` under record and version, and each grant for its recipient.
#[derive(Clone, Debug)]
pub struct SealedChartRecord {
    pub record: RecordId,
    pub version: u64,
    pub bytes: Vec<u8>,
    pub grants: Vec<SealedGrant>,
}

/// An opened version, or the sections of it that a grant opens.
pub struct OpenedChartRecord {
    pub record: RecordId,
    pub version: u64,
    pub client: ClientId,
    pub session: Option<SessionId>,
    pub author: AccountId,
    pub written_at: Timestamp,
    pub is_final: bool,
    pub sections: BTreeMap<String, Zeroizing<String>>,
}

/// A version, and the grant of it that its author made.
#[derive(Clone, Copy, Debug)]
pub struct Shared<'a> {
    pub bytes: &'a [u8],
    pub grant: &'a [u8],
    pub author: &'a KnownAuthor,
}

/// Unsaved sections and the version they edit (0: none yet).
pub struct ChartDraft<S> {
    pub record: RecordId,
    pub client: ClientId,
    pub session: Option<SessionId>,
    pub base_version: u64,
    pub sections: S,
}

/// One's own version, decoded and with its content keys.
pub(super) struct Own<'a> {
    pub(super) record: ChartRecord<'a>,
    pub(super) content_keys: Vec<Secret<32>>,
}

impl<'v> Chart<'v> {
    pub(crate) fn new(vault: &'v Vault) -> Self {
        Self(vault)
    }

    /// Seals version 1 of a record, readable by its author and by those granted.
    pub fn seal(
        &self,
        record: &NewChartRecord<'_>,
        grant_to: &[GrantRequest<'_>],
        now: Timestamp,
    ) -> Result<SealedChartRecord, Error> {
        let place = Place::first(Drawer::Chart, record.record, record.client, record.session)?;
        self.seal_at(place, &record.sections, record.is_final, grant_to, now)
    }

    /// Seals the version after `previous`, which stays as it is. Nobody reads it who is not granted anew.
    pub fn edit(
        &self,
        previous: &[u8],
        sections: &Sections<'_>,
        is_final: bool,
        grant_to: &[GrantRequest<'_>],
        now: Timestamp,
    ) -> Result<SealedChartRecord, Error> {
        let previous = self.own(previous)?;
        self.seal_at(Place::after(&previous.record.version)?, sections, is_final, grant_to, now)
    }

    pub(super) fn seal_at(
        &self,
        place: Place,
        sections: &Sections<'_>,
        is_final: bool,
        grant_to: &[GrantRequest<'_>],
        now: Timestamp,
    ) -> Result<SealedChartRecord, Error> {
        if sections.is_empty() || sections.len() > MAX_SECTIONS {
            return Err(Error::NoSections);
        }
        let sections: Vec<_> = sections.iter().map(|(name, text)| (*name, *text)).collect();
        let SealedParts { manifest, version, wrap, bodies, content_keys } =
            sealing::seal_version(self.0, place, &sections, is_final, now)?;
        let granted = Granted { manifest: &manifest, hash: Hash::of(&version), content_keys: &content_keys };
        Ok(SealedChartRecord {
            record: place.record,
            version: place.version,
            grants: grants::seal(self.0, &[granted], grant_to, now)?,
            bytes: ChartRecord::encode(&version, Some(&wrap), bodies.iter().map(Vec::as_slice)),
        })
    }

    /// Opens one's own record.
    pub fn open(&self, bytes: &[u8]) -> Result<OpenedChartRecord, Error> {
        open_own(self.0, bytes)
    }

    /// Opens what `author` granted to this vault.
    pub fn open_shared(
        &self,
        bytes: &[u8],
        grant: &[u8],
        author: &KnownAuthor,
        now: Timestamp,
    ) -> Result<OpenedChartRecord, Error> {
        self.open_granted(&ChartRecord::decode(bytes)?, grant, author, &mut Opening::default(), now)
    }

    pub(super) fn open_granted(
        &self,
        record: &ChartRecord<'_>,
        grant: &[u8],
        author: &KnownAuthor,
        opening: &mut Opening,
        now: Timestamp,
    ) -> Result<OpenedChartRecord, Error> {
        let content_keys = opening::open(self.0, &record.version, grant, author, opening, now)?;
        let manifest = &record.version.manifest;
        let mut sections = BTreeMap::new();
        for (name, content_key) in &content_keys {
            // Every section that the grant names must be there: a server must not hide one of them.
            let (section, body) =
                record.bodies.iter().find(|(section, _)| section.name == *name).ok_or(Error::Tampered)?;
            sections.insert(section.name.clone(), sealing::open_body(manifest, section, body, content_key)?);
        }
        Ok(OpenedChartRecord::of(manifest, sections))
    }

    /// As [`Chart::open`], refusing another record than `wanted` and what the ledger knows to be old, and written down in it.
    pub fn open_as(
        &self,
        bytes: &[u8],
        wanted: Option<RecordId>,
        access: Access,
        now: Timestamp,
    ) -> Result<OpenedChartRecord, Error> {
        let undecodable = |error| self.0.note_undecodable(Drawer::Chart, wanted, error, now);
        let record = ChartRecord::decode(bytes).map_err(undecodable)?;
        self.0.note_opened(&record.version, wanted, access, now, || open_decoded(self.0, &record))
    }

    /// As [`Chart::open_shared`], refusing another record than `wanted` and what is older than what was opened before, and
    /// written down in the ledger. `opening` is from [`Chart::opening`] with all grants that are about to be opened, or empty.
    pub fn open_shared_as(
        &self,
        Shared { bytes, grant, author }: Shared<'_>,
        opening: &mut Opening,
        wanted: Option<RecordId>,
        access: Access,
        now: Timestamp,
    ) -> Result<OpenedChartRecord, Error> {
        let undecodable = |error| self.0.note_undecodable(Drawer::Chart, wanted, error, now);
        let record = ChartRecord::decode(bytes).map_err(undecodable)?;
        let open = || self.open_granted(&record, grant, author, opening, now);
        self.0.note_opened(&record.version, wanted, access, now, open)
    }

    pub(super) fn own<'a>(&self, bytes: &'a [u8]) -> Result<Own<'a>, Error> {
        let record = ChartRecord::decode(bytes)?;
        let content_keys = own_keys(self.0, &record)?;
        Ok(Own { record, content_keys })
    }

    /// Seals unsaved sections; each replaces the one before.
    pub fn seal_draft(&self, draft: ChartDraft<Sections<'_>>) -> Result<Vec<u8>, Error> {
        let ChartDraft { record, client, session, base_version, sections } = draft;
        for (name, text) in &sections {
            sealing::check_len(name, text)?;
        }
        let text = Zeroizing::new(encode_sections(sections.into_iter()));
        let place = DraftPlace { drawer: Drawer::Chart, record, client, session, base_version };
        sealing::seal_draft(self.0, place, &text)
    }

    pub fn open_draft(&self, bytes: &[u8]) -> Result<ChartDraft<BTreeMap<String, Zeroizing<String>>>, Error> {
        let (DraftPlace { record, client, session, base_version, .. }, text) =
            sealing::open_draft(self.0, Drawer::Chart, bytes)?;
        let sections = decode_sections(&text)?;
        let sections =
            sections.into_iter().map(|(name, text)| (name.to_owned(), Zeroizing::new(text.to_owned()))).collect();
        Ok(ChartDraft { record, client, session, base_version, sections })
    }
}

fn own_keys(keys: &impl DrawerKeys, record: &ChartRecord<'_>) -> Result<Vec<Secret<32>>, Error> {
    sealing::open_wrap(keys, &record.version, record.wrap.as_ref().ok_or(Error::NotTheAuthor)?)
}

/// Opens a record of whoever these keys belong to.
pub(crate) fn open_own(keys: &impl DrawerKeys, bytes: &[u8]) -> Result<OpenedChartRecord, Error> {
    open_decoded(keys, &ChartRecord::decode(bytes)?)
}

fn open_decoded(keys: &impl DrawerKeys, record: &ChartRecord<'_>) -> Result<OpenedChartRecord, Error> {
    let content_keys = own_keys(keys, record)?;
    let manifest = &record.version.manifest;
    let opened =
        record.bodies.iter().zip(&content_keys).map(|((section, body), key)| {
            Ok((section.name.clone(), sealing::open_body(manifest, section, body, key)?))
        });
    Ok(OpenedChartRecord::of(manifest, opened.collect::<Result<_, Error>>()?))
}

impl OpenedChartRecord {
    fn of(manifest: &Manifest, sections: BTreeMap<String, Zeroizing<String>>) -> Self {
        Self {
            record: manifest.record,
            version: manifest.version,
            client: manifest.client,
            session: manifest.session,
            author: manifest.author,
            written_at: Timestamp(manifest.written_at),
            is_final: manifest.is_final(),
            sections,
        }
    }
}
