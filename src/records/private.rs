//! The private drawer: psychotherapy notes, the author's alone (45 CFR 164.501).
//!
//! No type or function here can name a reader. A disclosure under an authorization will be a new record made
//! from the text, never a key to this one.
//!
//! A chart has `share`; this has nothing like it, and its bytes are no chart record:
//!
//! ```compile_fail,E0599
//! # fn f(vault: sealed_notes::Vault, note: &[u8]) {
//! vault.private().share(note, &[], sealed_notes::Timestamp(0));
//! # }
//! ```
//!
//! Text that was opened cannot end up in a log by way of `{:?}`:
//!
//! ```compile_fail,E0277
//! # fn f(note: sealed_notes::OpenedPrivateNote) {
//! println!("{note:?}");
//! # }
//! ```

use sealed_notes_format::{
    container::PrivateNote,
    id::{AccountId, ClientId, RecordId, SessionId},
    version::{Drawer, PRIVATE_SECTION},
};
use zeroize::Zeroizing;

use super::sealing::{self, DraftPlace, DrawerKeys, Place};
use crate::{Error, Timestamp, Vault, ledger::Access};

/// An unlocked private drawer.
#[derive(Clone, Copy, Debug)]
pub struct PrivateDrawer<'v>(&'v Vault);

/// A note to be sealed for the first time.
#[derive(Clone, Copy)]
pub struct NewPrivateNote<'t> {
    pub client: ClientId,
    pub session: Option<SessionId>,
    /// The id of a draft that is being saved; otherwise a new one is made.
    pub record: Option<RecordId>,
    /// At most 1 MiB of UTF-8.
    pub text: &'t str,
    /// Closes the note: what follows is marked as an addendum.
    pub is_final: bool,
}

/// A sealed version: store `bytes` under record and version.
#[derive(Clone, Debug)]
pub struct SealedPrivateNote {
    pub record: RecordId,
    pub version: u64,
    pub bytes: Vec<u8>,
}

/// An opened version.
pub struct OpenedPrivateNote {
    pub record: RecordId,
    pub version: u64,
    pub client: ClientId,
    pub session: Option<SessionId>,
    pub author: AccountId,
    pub written_at: Timestamp,
    pub is_final: bool,
    pub text: Zeroizing<String>,
}

/// An unsaved text and the version it edits (0: none yet).
pub struct PrivateDraft<T> {
    pub record: RecordId,
    pub client: ClientId,
    pub session: Option<SessionId>,
    pub base_version: u64,
    pub text: T,
}

impl<'v> PrivateDrawer<'v> {
    pub(crate) fn new(vault: &'v Vault) -> Self {
        Self(vault)
    }

    /// Seals version 1 of a note.
    pub fn seal(&self, note: NewPrivateNote<'_>, now: Timestamp) -> Result<SealedPrivateNote, Error> {
        let place = Place::first(Drawer::Private, note.record, note.client, note.session)?;
        self.seal_at(place, note.text, note.is_final, now)
    }

    /// Seals the version after `previous`, which stays as it is.
    pub fn edit(
        &self,
        previous: &[u8],
        text: &str,
        is_final: bool,
        now: Timestamp,
    ) -> Result<SealedPrivateNote, Error> {
        let previous = PrivateNote::decode(previous)?;
        sealing::open_wrap(self.0, &previous.version, &previous.wrap)?;
        self.seal_at(Place::after(&previous.version)?, text, is_final, now)
    }

    fn seal_at(&self, place: Place, text: &str, is_final: bool, now: Timestamp) -> Result<SealedPrivateNote, Error> {
        let parts = sealing::seal_version(self.0, place, &[(PRIVATE_SECTION, text)], is_final, now)?;
        let body = parts.bodies.first().ok_or(Error::NoSections)?;
        let bytes = PrivateNote::encode(&parts.version, &parts.wrap, body);
        Ok(SealedPrivateNote { record: place.record, version: place.version, bytes })
    }

    pub fn open(&self, bytes: &[u8]) -> Result<OpenedPrivateNote, Error> {
        open_own(self.0, bytes)
    }

    /// As [`PrivateDrawer::open`], refusing another record than `wanted` and what the ledger knows to be old, and written
    /// down in it.
    pub fn open_as(
        &self,
        bytes: &[u8],
        wanted: Option<RecordId>,
        access: Access,
        now: Timestamp,
    ) -> Result<OpenedPrivateNote, Error> {
        let undecodable = |error| self.0.note_undecodable(Drawer::Private, wanted, error, now);
        let note = PrivateNote::decode(bytes).map_err(undecodable)?;
        self.0.note_opened(&note.version, wanted, access, now, || open_decoded(self.0, &note))
    }

    /// Seals an unsaved text; each replaces the one before.
    pub fn seal_draft(&self, draft: PrivateDraft<&str>) -> Result<Vec<u8>, Error> {
        let PrivateDraft { record, client, session, base_version, text } = draft;
        let place = DraftPlace { drawer: Drawer::Private, record, client, session, base_version };
        sealing::check_len(PRIVATE_SECTION, text)?;
        sealing::seal_draft(self.0, place, text.as_bytes())
    }

    pub fn open_draft(&self, bytes: &[u8]) -> Result<PrivateDraft<Zeroizing<String>>, Error> {
        let (DraftPlace { record, client, session, base_version, .. }, text) =
            sealing::open_draft(self.0, Drawer::Private, bytes)?;
        Ok(PrivateDraft { record, client, session, base_version, text: sealing::to_text(text)? })
    }
}

/// Opens a note of whoever these keys belong to.
pub(crate) fn open_own(keys: &impl DrawerKeys, bytes: &[u8]) -> Result<OpenedPrivateNote, Error> {
    open_decoded(keys, &PrivateNote::decode(bytes)?)
}

fn open_decoded(keys: &impl DrawerKeys, note: &PrivateNote<'_>) -> Result<OpenedPrivateNote, Error> {
    let keys = sealing::open_wrap(keys, &note.version, &note.wrap)?;
    let manifest = &note.version.manifest;
    let (Some(section), Some(key)) = (manifest.sections.first(), keys.first()) else {
        return Err(Error::NoSections);
    };
    Ok(OpenedPrivateNote {
        record: manifest.record,
        version: manifest.version,
        client: manifest.client,
        session: manifest.session,
        author: manifest.author,
        written_at: Timestamp(manifest.written_at),
        is_final: manifest.is_final(),
        text: sealing::open_body(manifest, section, &note.body, key)?,
    })
}
