//! The signed manifest of one version (SPEC.md §3).

use crate::{
    FormatError, MAX_SECTIONS, Purpose,
    cbor::{Decoder, Encoder},
    cose::Sign1,
    id::{AccountId, ClientId, Hash, RecordId, SessionId, TenantId, check_section_name},
};

/// Which of the two drawers a record lives in, fixed when it is created.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Drawer {
    /// Psychotherapy notes: the author's alone (45 CFR 164.501).
    Private,
    /// The clinical record: shared by grant.
    Chart,
}

impl Drawer {
    pub const fn body_purpose(self) -> Purpose {
        match self {
            Self::Private => Purpose::PrivateBody,
            Self::Chart => Purpose::ChartBody,
        }
    }

    pub const fn wrap_purpose(self) -> Purpose {
        match self {
            Self::Private => Purpose::PrivateWrap,
            Self::Chart => Purpose::ChartWrap,
        }
    }

    pub const fn draft_purpose(self) -> Purpose {
        match self {
            Self::Private => Purpose::PrivateDraft,
            Self::Chart => Purpose::ChartDraft,
        }
    }
}

/// The name of a private note's only section.
pub const PRIVATE_SECTION: &str = "note";
/// Set in [`Manifest::flags`] when the author closed the record.
pub const FINAL: u64 = 1;
/// Set in [`Manifest::flags`] on what follows a closed version.
pub const ADDENDUM: u64 = 2;
/// Which suites a grant on a chart version may use, in every version of this format.
const CHART_SUITES: [u64; 2] = [1, 2];

/// One section as the manifest names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    pub name: String,
    pub body: Hash,
    pub commitment: [u8; 32],
}

/// What the author signs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    pub tenant: TenantId,
    pub record: RecordId,
    pub drawer: Drawer,
    pub client: ClientId,
    pub session: Option<SessionId>,
    /// 1, 2, …
    pub version: u64,
    /// Hash of the version before; none for the first.
    pub previous: Option<Hash>,
    pub author: AccountId,
    /// Of the author's keyring.
    pub epoch: u64,
    pub flags: u64,
    /// Seconds since 1970, as the author's clock claims.
    pub written_at: u64,
    /// In ascending order of name; never empty.
    pub sections: Vec<Section>,
}

impl Manifest {
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Encoder::with_capacity(256 + 110 * self.sections.len());
        out.array(14);
        self.encode_context(&mut out);
        out.optional(self.session, |out, id| id.encode(out)).uint(self.version);
        out.optional(self.previous, |out, hash| hash.encode(out)).bytes(&self.author.0).uint(self.epoch);
        out.uint(self.flags).uint(self.written_at);
        match self.drawer {
            Drawer::Private => out.array(0),
            Drawer::Chart => CHART_SUITES.iter().fold(out.array(2), |out, suite| out.uint(*suite)),
        };
        out.array(self.sections.len());
        for section in &self.sections {
            out.array(3).text(&section.name).bytes(&section.body.0).bytes(&section.commitment);
        }
        out.map(0);
        out.finish()
    }

    fn encode_context(&self, out: &mut Encoder) {
        let drawer = match self.drawer {
            Drawer::Private => 0,
            Drawer::Chart => 1,
        };
        out.bytes(&self.tenant.0).bytes(&self.record.0).uint(drawer).bytes(&self.client.0);
    }

    pub fn decode(payload: &[u8]) -> Result<Self, FormatError> {
        Decoder::all(payload, |input| {
            input.array_of(14)?;
            let tenant = TenantId::decode(input)?;
            let record = RecordId::decode(input)?;
            let drawer = match input.uint()? {
                0 => Drawer::Private,
                1 => Drawer::Chart,
                _ => return Err(FormatError::NotSealed("unknown drawer")),
            };
            let client = ClientId::decode(input)?;
            let session = input.optional(SessionId::decode)?;
            let version = input.uint()?;
            let previous = input.optional(Hash::decode)?;
            if version == 0 || (version == 1) != previous.is_none() {
                return Err(FormatError::NotSealed("version number and previous hash disagree"));
            }
            let author = AccountId::decode(input)?;
            let epoch = input.uint()?;
            let flags = input.uint()?;
            if epoch == 0 || flags & !(FINAL | ADDENDUM) != 0 {
                return Err(FormatError::NotSealed("unknown epoch or flags"));
            }
            let written_at = input.uint()?;
            let suites = (0..input.array()?).map(|_| input.uint()).collect::<Result<Vec<_>, _>>()?;
            let expected: &[u64] = if drawer == Drawer::Chart { &CHART_SUITES } else { &[] };
            if suites != expected {
                return Err(FormatError::NotSealed("suites outside the profile"));
            }
            let count = input.array()?;
            if !(1..=MAX_SECTIONS).contains(&count) {
                return Err(FormatError::NotSealed("no section, or too many"));
            }
            let mut sections: Vec<Section> = Vec::with_capacity(count);
            for _ in 0..count {
                input.array_of(3)?;
                let name = input.text()?;
                check_section_name(name)?;
                if sections.last().is_some_and(|last| last.name.as_str() >= name) {
                    return Err(FormatError::NotSealed("sections repeated or out of order"));
                }
                let (body, commitment) = (Hash::decode(input)?, *input.byte_array()?);
                sections.push(Section { name: name.to_owned(), body, commitment });
            }
            if drawer == Drawer::Private && (count != 1 || sections.iter().any(|s| s.name != PRIVATE_SECTION)) {
                return Err(FormatError::NotSealed("a private note has the one section \"note\""));
            }
            input.map_of(0)?;
            Ok(Self {
                tenant,
                record,
                drawer,
                client,
                session,
                version,
                previous,
                author,
                epoch,
                flags,
                written_at,
                sections,
            })
        })
    }

    /// Binds a section's body to everything it belongs to.
    pub fn context(&self, section: &str) -> Hash {
        let mut out = Encoder::with_capacity(160);
        out.array(7);
        self.encode_context(&mut out);
        out.uint(self.version).bytes(&self.author.0).text(section);
        Hash::for_purpose(Purpose::Context, &out.finish())
    }

    pub fn is_final(&self) -> bool {
        self.flags & FINAL != 0
    }

    pub fn section(&self, name: &str) -> Option<&Section> {
        self.sections.iter().find(|section| section.name == name)
    }
}

/// A version: the manifest and its signature.
#[derive(Clone, Debug)]
pub struct Version<'a> {
    pub signed: Sign1<'a>,
    pub manifest: Manifest,
    hash: Hash,
}

impl<'a> Version<'a> {
    pub fn decode(raw: &'a [u8]) -> Result<Self, FormatError> {
        let signed = Sign1::decode(raw, Purpose::Version)?;
        Ok(Self { manifest: Manifest::decode(signed.payload)?, hash: signed.hash(), signed })
    }

    pub fn hash(&self) -> Hash {
        self.hash
    }
}
