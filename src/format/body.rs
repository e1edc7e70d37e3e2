//! Bodies and wraps checked against their manifest (SPEC.md §4, §5), and drafts (§7).

use crate::{
    FormatError, MAX_SECTION, MAX_SECTIONS,
    cbor::{Decoder, Encoder},
    cose::{Encrypted, TAG_LEN},
    id::{AccountId, ClientId, Hash, RecordId, SessionId, TenantId, check_section_name},
    kept::kept,
    pad::{Floor, padded_len},
    version::{Drawer, Manifest, Section},
};

fn check_len(sealed: &Encrypted<'_>, most: usize) -> Result<(), FormatError> {
    if sealed.ciphertext.len() > padded_len(most, Floor::Text) + TAG_LEN {
        return Err(FormatError::NotSealed("a ciphertext longer than the format allows"));
    }
    sealed.check_padding(Floor::Text)
}

/// Finds the section that `raw` is the body of, and checks its context.
pub fn decode_body<'a, 'm>(raw: &'a [u8], manifest: &'m Manifest) -> Result<(&'m Section, Encrypted<'a>), FormatError> {
    let hash = Hash::of(raw);
    let section = manifest
        .sections
        .iter()
        .find(|section| section.body == hash)
        .ok_or(FormatError::Mismatch("a body that the manifest does not name"))?;
    let body = Encrypted::decode(raw, manifest.drawer.body_purpose())?;
    if kept("body context") && body.context()? != manifest.context(&section.name) {
        return Err(FormatError::Mismatch("a body made for another record, version or section"));
    }
    check_len(&body, MAX_SECTION)?;
    Ok((section, body))
}

/// Length of the tag behind a wrap's content keys. Wraps from before there were such tags have none.
pub const AUTHOR_TAG_LEN: usize = 32;

/// The author's own wrap, bound to the version it belongs to.
pub fn decode_wrap<'a>(raw: &'a [u8], manifest: &Manifest, version: Hash) -> Result<Encrypted<'a>, FormatError> {
    let wrap = Encrypted::decode(raw, manifest.drawer.wrap_purpose())?;
    if wrap.context()? != version {
        return Err(FormatError::Mismatch("a wrap made for another version"));
    }
    let keys = 32 * manifest.sections.len() + TAG_LEN;
    if wrap.ciphertext.len() != keys && wrap.ciphertext.len() != keys + AUTHOR_TAG_LEN {
        return Err(FormatError::NotSealed("a wrap that does not hold one key for each section"));
    }
    Ok(wrap)
}

/// What a draft's header says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftParameters {
    pub tenant: TenantId,
    pub account: AccountId,
    pub record: RecordId,
    pub client: ClientId,
    pub session: Option<SessionId>,
    /// The version the draft edits; 0 when none was saved yet.
    pub base_version: u64,
    pub epoch: u64,
}

impl DraftParameters {
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Encoder::with_capacity(128);
        out.array(7).bytes(&self.tenant.0).bytes(&self.account.0).bytes(&self.record.0).bytes(&self.client.0);
        out.optional(self.session, |out, id| id.encode(out)).uint(self.base_version).uint(self.epoch);
        out.finish()
    }

    fn decode(bytes: &[u8]) -> Result<Self, FormatError> {
        Decoder::all(bytes, |input| {
            input.array_of(7)?;
            Ok(Self {
                tenant: TenantId::decode(input)?,
                account: AccountId::decode(input)?,
                record: RecordId::decode(input)?,
                client: ClientId::decode(input)?,
                session: input.optional(SessionId::decode)?,
                base_version: input.uint()?,
                epoch: input.uint()?,
            })
        })
    }
}

/// An unsaved text, sealed for its author alone.
#[derive(Clone, Debug)]
pub struct Draft<'a> {
    pub sealed: Encrypted<'a>,
    pub parameters: DraftParameters,
}

impl<'a> Draft<'a> {
    pub fn decode(raw: &'a [u8], drawer: Drawer) -> Result<Self, FormatError> {
        let sealed = Encrypted::decode(raw, drawer.draft_purpose())?;
        let most = match drawer {
            Drawer::Private => MAX_SECTION,
            Drawer::Chart => MAX_SECTIONS * (MAX_SECTION + 64),
        };
        check_len(&sealed, most)?;
        Ok(Self { parameters: DraftParameters::decode(sealed.parameters()?)?, sealed })
    }
}

/// The text of a chart draft: its sections.
pub fn encode_sections<'s>(sections: impl ExactSizeIterator<Item = (&'s str, &'s str)>) -> Vec<u8> {
    let mut out = Encoder::new();
    out.array(sections.len());
    for (name, text) in sections {
        out.array(2).text(name).text(text);
    }
    out.finish()
}

pub fn decode_sections(bytes: &[u8]) -> Result<Vec<(&str, &str)>, FormatError> {
    Decoder::all(bytes, |input| {
        (0..input.array()?)
            .map(|_| {
                input.array_of(2)?;
                let name = input.text()?;
                check_section_name(name)?;
                Ok((name, input.text()?))
            })
            .collect()
    })
}
