//! What both drawers do alike: content keys, commitments, the author's wrap, the signed manifest.

use sealed_notes_format::{
    MAX_SECTION, Purpose,
    body::{AUTHOR_TAG_LEN, Draft, DraftParameters},
    cose::{Encrypted, Header},
    id::{ClientId, Hash, RecordId, SessionId, TenantId, check_section_name},
    kept::kept,
    pad::Floor,
    version::{ADDENDUM, Drawer, FINAL, Manifest, Section, Version},
};
use zeroize::Zeroizing;

use crate::{
    Error, Identity, Timestamp, Vault,
    crypto::{aead, kdf, random, secret::Secret, sign::SigningKey},
};

/// Where a version belongs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) drawer: Drawer,
    pub(super) record: RecordId,
    pub(super) client: ClientId,
    pub(super) session: Option<SessionId>,
    pub(super) version: u64,
    pub(super) previous: Option<Hash>,
    after_final: bool,
}

impl Place {
    pub(super) fn first(
        drawer: Drawer,
        record: Option<RecordId>,
        client: ClientId,
        session: Option<SessionId>,
    ) -> Result<Self, Error> {
        let record = record.map_or_else(|| random::make().map(RecordId), Ok)?;
        Ok(Self { drawer, record, client, session, version: 1, previous: None, after_final: false })
    }

    /// The version after `version`, which must be the vault's own: a server must not choose what an edit is
    /// chained to.
    pub(super) fn after(version: &Version<'_>) -> Result<Self, Error> {
        let Manifest { drawer, record, client, session, version: number, .. } = version.manifest;
        let next = number.checked_add(1).ok_or(Error::Tampered)?;
        let (previous, after_final) = (Some(version.hash()), version.manifest.is_final());
        Ok(Self { drawer, record, client, session, version: next, previous, after_final })
    }
}

/// A sealed version's parts.
pub(super) struct SealedParts {
    pub(super) manifest: Manifest,
    pub(super) version: Vec<u8>,
    pub(super) wrap: Vec<u8>,
    pub(super) bodies: Vec<Vec<u8>>,
    /// In the order of the manifest's sections.
    pub(super) content_keys: Vec<Secret<32>>,
}

/// Seals each section under a fresh content key, and signs the whole. `sections` are in ascending order.
pub(super) fn seal_version(
    vault: &Vault,
    place: Place,
    sections: &[(&str, &str)],
    is_final: bool,
    now: Timestamp,
) -> Result<SealedParts, Error> {
    vault.check_recovery()?;
    let epoch = vault.newest_epoch()?;
    let addendum = if place.after_final { FINAL | ADDENDUM } else { 0 };
    let mut manifest = Manifest {
        tenant: vault.tenant,
        record: place.record,
        drawer: place.drawer,
        client: place.client,
        session: place.session,
        version: place.version,
        previous: place.previous,
        author: vault.account(),
        epoch: epoch.number,
        flags: addendum | if is_final { FINAL } else { 0 },
        written_at: now.0,
        sections: Vec::with_capacity(sections.len()),
    };
    let mut bodies = Vec::with_capacity(sections.len());
    let mut content_keys: Vec<Secret<32>> = Vec::with_capacity(sections.len());
    for (name, text) in sections {
        check_len(name, text)?;
        check_section_name(name).map_err(|_| Error::InvalidSection { section: (*name).to_owned() })?;
        let content_key = Secret::make()?;
        let context = manifest.context(name);
        let header = Header::Context(context);
        let purpose = place.drawer.body_purpose();
        let body = aead::seal(purpose, header, &content_key, text.as_bytes(), aead::Padding::Padme(Floor::Text))?;
        let commitment = commit(&content_key, context)?;
        manifest.sections.push(Section {
            name: (*name).to_owned(),
            body: Hash::of(&body),
            commitment: *commitment.expose(),
        });
        bodies.push(body);
        content_keys.push(content_key);
    }
    let version = epoch.signing.sign(Purpose::Version, &manifest.encode());
    let hash = Hash::of(&version);
    let author_tag = kdf::tag(&epoch.signing, &hash.0, Purpose::AuthorTag)?;
    let mut keys = Zeroizing::new(Vec::with_capacity(32 * content_keys.len() + AUTHOR_TAG_LEN));
    content_keys.iter().chain([&author_tag]).for_each(|key| keys.extend_from_slice(key.expose()));
    let purpose = place.drawer.wrap_purpose();
    let wrap_key = kdf::derive(epoch.drawer_key(place.drawer).expose(), &hash.0, purpose)?;
    let wrap = aead::seal(purpose, Header::Context(hash), &wrap_key, &keys, aead::Padding::None)?;
    Ok(SealedParts { manifest, version, wrap, bodies, content_keys })
}

/// A section holds at most 1 MiB.
pub(super) fn check_len(section: &str, text: &str) -> Result<(), Error> {
    if text.len() > MAX_SECTION {
        return Err(Error::SectionTooLarge { section: section.to_owned(), bytes: text.len() });
    }
    Ok(())
}

fn commit(content_key: &Secret<32>, context: Hash) -> Result<Secret<32>, Error> {
    kdf::derive(content_key.expose(), &context.0, Purpose::Commitment)
}

/// Whose wraps can be opened, and with which keys: a vault's, or those that a will holds.
pub(crate) trait DrawerKeys {
    fn author(&self) -> &Identity;
    fn tenant(&self) -> TenantId;
    fn drawer_key(&self, epoch: u64, drawer: Drawer) -> Result<&Secret<32>, Error>;
    /// What only the author has, not who reads in her place.
    fn signing_key(&self, epoch: u64) -> Option<&SigningKey>;
}

impl DrawerKeys for Vault {
    fn author(&self) -> &Identity {
        &self.identity
    }

    fn tenant(&self) -> TenantId {
        self.tenant
    }

    fn drawer_key(&self, epoch: u64, drawer: Drawer) -> Result<&Secret<32>, Error> {
        Ok(self.epoch(epoch)?.drawer_key(drawer))
    }

    fn signing_key(&self, epoch: u64) -> Option<&SigningKey> {
        self.epoch(epoch).ok().map(|epoch| &epoch.signing)
    }
}

/// The content keys of one's own version. That the wrap binds the complete version is not enough: a will's executors hold
/// drawer keys too, and are to read, not to write. So its author checks the tag in it; executors, and the author where a
/// wrap is from before there were tags, check the signature, which takes longer than all the rest.
pub(super) fn open_wrap(
    keys: &impl DrawerKeys,
    version: &Version<'_>,
    wrap: &Encrypted<'_>,
) -> Result<Vec<Secret<32>>, Error> {
    let manifest = &version.manifest;
    if manifest.author != keys.author().account() {
        return Err(Error::NotTheAuthor);
    }
    if manifest.tenant != keys.tenant() {
        return Err(Error::Tampered);
    }
    let drawer_key = keys.drawer_key(manifest.epoch, manifest.drawer)?;
    let key = kdf::derive(drawer_key.expose(), &version.hash().0, manifest.drawer.wrap_purpose())?;
    let opened = aead::open(wrap, &key)?;
    let (content_keys, author_tag) = opened.split_at_checked(32 * manifest.sections.len()).ok_or(Error::Tampered)?;
    match (<&[u8; AUTHOR_TAG_LEN]>::try_from(author_tag), keys.signing_key(manifest.epoch)) {
        (Ok(found), Some(key)) => {
            if !kdf::tag(key, &version.hash().0, Purpose::AuthorTag)?.equals(found) {
                return Err(Error::Tampered);
            }
        }
        _ => keys.author().verify(&version.signed)?,
    }
    content_keys.chunks(32).map(|key| key.try_into().map(Secret::copy_from).map_err(|_| Error::Tampered)).collect()
}

/// A section's text. The commitment is compared first: ChaCha20-Poly1305 alone would accept one ciphertext
/// under two keys, and a sender could show two readers two texts.
pub(super) fn open_body(
    manifest: &Manifest,
    section: &Section,
    body: &Encrypted<'_>,
    content_key: &Secret<32>,
) -> Result<Zeroizing<String>, Error> {
    let is_committed = commit(content_key, manifest.context(&section.name))?.equals(&section.commitment);
    if kept("commitment") && !is_committed {
        return Err(Error::Tampered);
    }
    to_text(aead::open_padded(body, content_key, Floor::Text)?)
}

pub(super) fn to_text(mut bytes: Zeroizing<Vec<u8>>) -> Result<Zeroizing<String>, Error> {
    match String::from_utf8(core::mem::take(&mut *bytes)) {
        Ok(text) => Ok(Zeroizing::new(text)),
        Err(error) => {
            drop(Zeroizing::new(error.into_bytes()));
            Err(Error::Tampered)
        }
    }
}

/// A draft's place, as the caller names it.
#[derive(Clone, Copy, Debug)]
pub(super) struct DraftPlace {
    pub(super) drawer: Drawer,
    pub(super) record: RecordId,
    pub(super) client: ClientId,
    pub(super) session: Option<SessionId>,
    pub(super) base_version: u64,
}

/// Seals an unsaved text for its author alone.
pub(super) fn seal_draft(vault: &Vault, place: DraftPlace, text: &[u8]) -> Result<Vec<u8>, Error> {
    let epoch = vault.newest_epoch()?;
    let parameters = DraftParameters {
        tenant: vault.tenant,
        account: vault.account(),
        record: place.record,
        client: place.client,
        session: place.session,
        base_version: place.base_version,
        epoch: epoch.number,
    };
    let purpose = place.drawer.draft_purpose();
    let key = kdf::derive(epoch.drawer_key(place.drawer).expose(), &place.record.0, purpose)?;
    aead::seal(purpose, Header::Parameters(&parameters.encode()), &key, text, aead::Padding::Padme(Floor::Text))
}

/// Opens one's own draft.
pub(super) fn open_draft(
    vault: &Vault,
    drawer: Drawer,
    bytes: &[u8],
) -> Result<(DraftPlace, Zeroizing<Vec<u8>>), Error> {
    let draft = Draft::decode(bytes, drawer)?;
    let parameters = draft.parameters;
    if parameters.account != vault.account() {
        return Err(Error::NotTheAuthor);
    }
    if parameters.tenant != vault.tenant {
        return Err(Error::Tampered);
    }
    let drawer_key = vault.epoch(parameters.epoch)?.drawer_key(drawer);
    let key = kdf::derive(drawer_key.expose(), &parameters.record.0, drawer.draft_purpose())?;
    let place = DraftPlace {
        drawer,
        record: parameters.record,
        client: parameters.client,
        session: parameters.session,
        base_version: parameters.base_version,
    };
    Ok((place, aead::open_padded(&draft.sealed, &key, Floor::Text)?))
}
