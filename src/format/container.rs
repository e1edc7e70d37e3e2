//! What is stored per version, and what a recipient is handed (SPEC.md §7).

use crate::{
    FormatError, MAX_SECTIONS, Purpose,
    body::{decode_body, decode_wrap},
    cbor::{Decoder, Encoder},
    cose::Encrypted,
    purpose::check_label,
    version::{Drawer, Section, Version},
};

/// A stored private note: version, wrap, body, in agreement with each other.
#[derive(Clone, Debug)]
pub struct PrivateNote<'a> {
    pub version: Version<'a>,
    pub wrap: Encrypted<'a>,
    pub body: Encrypted<'a>,
}

impl<'a> PrivateNote<'a> {
    pub fn decode(raw: &'a [u8]) -> Result<Self, FormatError> {
        Decoder::all(raw, |input| {
            input.array_of(4)?;
            check_label(input.text()?, Purpose::PrivateNote)?;
            let version = Version::decode(input.bytes()?)?;
            if version.manifest.drawer != Drawer::Private {
                return Err(FormatError::AnotherPurpose);
            }
            let wrap = decode_wrap(input.bytes()?, &version.manifest, version.hash())?;
            let (_, body) = decode_body(input.bytes()?, &version.manifest)?;
            Ok(Self { version, wrap, body })
        })
    }

    pub fn encode(version: &[u8], wrap: &[u8], body: &[u8]) -> Vec<u8> {
        let mut out = Encoder::with_capacity(version.len() + wrap.len() + body.len() + 80);
        out.array(4).text(Purpose::PrivateNote.label()).bytes(version).bytes(wrap).bytes(body);
        out.finish()
    }
}

/// A chart record: whole with its author's wrap, or as handed to a recipient, without.
#[derive(Clone, Debug)]
pub struct ChartRecord<'a> {
    pub version: Version<'a>,
    pub wrap: Option<Encrypted<'a>>,
    /// In the manifest's order, each at most once; all of them where there is a wrap.
    pub bodies: Vec<(Section, Encrypted<'a>)>,
}

impl<'a> ChartRecord<'a> {
    pub fn decode(raw: &'a [u8]) -> Result<Self, FormatError> {
        Decoder::all(raw, |input| {
            input.array_of(4)?;
            check_label(input.text()?, Purpose::ChartRecord)?;
            let version = Version::decode(input.bytes()?)?;
            let manifest = &version.manifest;
            if manifest.drawer != Drawer::Chart {
                return Err(FormatError::AnotherPurpose);
            }
            let wrap = input.optional(Decoder::bytes)?;
            let wrap = wrap.map(|raw| decode_wrap(raw, manifest, version.hash())).transpose()?;
            let count = input.array()?;
            if !(1..=MAX_SECTIONS).contains(&count) || (wrap.is_some() && count != manifest.sections.len()) {
                return Err(FormatError::NotSealed("bodies missing, or too many"));
            }
            let mut bodies: Vec<(Section, Encrypted<'a>)> = Vec::with_capacity(count);
            for _ in 0..count {
                let (section, body) = decode_body(input.bytes()?, manifest)?;
                if bodies.last().is_some_and(|(last, _)| last.name >= section.name) {
                    return Err(FormatError::NotSealed("bodies repeated or out of order"));
                }
                bodies.push((section.clone(), body));
            }
            Ok(Self { version, wrap, bodies })
        })
    }

    pub fn encode<'b>(
        version: &[u8],
        wrap: Option<&[u8]>,
        bodies: impl ExactSizeIterator<Item = &'b [u8]> + Clone,
    ) -> Vec<u8> {
        let size = bodies.clone().map(|body| body.len() + 9).sum::<usize>();
        let mut out = Encoder::with_capacity(version.len() + wrap.map_or(1, <[u8]>::len) + size + 80);
        out.array(4).text(Purpose::ChartRecord.label()).bytes(version);
        out.optional(wrap, |out, wrap| {
            out.bytes(wrap);
        });
        out.array(bodies.len());
        for body in bodies {
            out.bytes(body);
        }
        out.finish()
    }
}
