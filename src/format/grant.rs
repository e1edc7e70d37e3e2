//! A grant: one recipient's wrapped content keys, signed by who granted it (SPEC.md §6).

use crate::{
    FormatError, MAX_SECTIONS, Purpose,
    cbor::{Decoder, Encoder},
    cose::{Recipient, Sign1},
    id::{AccountId, Hash, RecordId, TenantId, check_section_name},
    ledger::LedgerHead,
    version::{Drawer, Version},
};

/// How a grant's content keys are wrapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suite {
    /// X25519: HPKE-4-KE.
    X25519 = 1,
    /// X-Wing: X25519 and ML-KEM-768, safe against a quantum computer to come.
    XWing = 2,
}

impl Suite {
    /// The COSE algorithm.
    pub const fn alg(self) -> i64 {
        match self {
            Self::X25519 => 50,
            Self::XWing => -65537,
        }
    }

    /// Length of the encapsulated key in bytes.
    pub const fn encapsulated_key_len(self) -> usize {
        match self {
            Self::X25519 => 32,
            Self::XWing => 1120,
        }
    }
}

/// Why a recipient may read: the coded purpose of use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PurposeOfUse {
    Treatment = 1,
    Supervision = 2,
    Payment = 3,
    Operations = 4,
    ClientAccess = 5,
}

impl PurposeOfUse {
    pub const ALL: [Self; 5] =
        [Self::Treatment, Self::Supervision, Self::Payment, Self::Operations, Self::ClientAccess];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Treatment => "treatment",
            Self::Supervision => "supervision",
            Self::Payment => "payment",
            Self::Operations => "operations",
            Self::ClientAccess => "client-access",
        }
    }
}

/// Everything a grant is bound to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantHeader {
    pub tenant: TenantId,
    pub record: RecordId,
    pub version: u64,
    pub version_hash: Hash,
    pub granter: AccountId,
    pub recipient: AccountId,
    pub suite: Suite,
    pub purpose_of_use: PurposeOfUse,
    /// Seconds since 1970, as the granter's clock claims.
    pub granted_at: u64,
    /// Seconds since 1970, from when on the grant is refused.
    pub expires_at: Option<u64>,
}

impl GrantHeader {
    fn encode(&self) -> Vec<u8> {
        let mut out = Encoder::with_capacity(192);
        out.array(10).bytes(&self.tenant.0).bytes(&self.record.0).uint(self.version).bytes(&self.version_hash.0);
        out.bytes(&self.granter.0).bytes(&self.recipient.0).uint(self.suite as u64);
        out.uint(self.purpose_of_use as u64).uint(self.granted_at);
        out.optional(self.expires_at, |out, at| {
            out.uint(at);
        });
        out.finish()
    }

    fn decode(input: &mut Decoder<'_>) -> Result<Self, FormatError> {
        input.array_of(10)?;
        Ok(Self {
            tenant: TenantId::decode(input)?,
            record: RecordId::decode(input)?,
            version: input.uint()?,
            version_hash: Hash::decode(input)?,
            granter: AccountId::decode(input)?,
            recipient: AccountId::decode(input)?,
            suite: match input.uint()? {
                1 => Suite::X25519,
                2 => Suite::XWing,
                _ => return Err(FormatError::NotSealed("unknown suite")),
            },
            purpose_of_use: {
                let code = input.uint()?;
                let found = PurposeOfUse::ALL.into_iter().find(|purpose| *purpose as u64 == code);
                found.ok_or(FormatError::NotSealed("unknown purpose of use"))?
            },
            granted_at: input.uint()?,
            expires_at: input.optional(Decoder::uint)?,
        })
    }

    /// Binds a wrapped content key to the grant and its section.
    pub fn context(&self, section: &str) -> Hash {
        let mut out = Encoder::with_capacity(224);
        out.array(2).raw(&self.encode()).text(section);
        Hash::for_purpose(Purpose::Context, &out.finish())
    }
}

/// How far ledgers went when the grant was made, so that granter and recipient notice where a server shows either another
/// one. Grants made before there were ledgers have none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CrossReferences {
    /// Of the granter's ledger.
    pub granter: Option<LedgerHead>,
    /// Of the recipient's, as she last told the granter.
    pub recipient: Option<LedgerHead>,
}

/// The payload that the granter signs; `keys` are section names with encoded COSE_recipients.
pub fn encode_payload(header: &GrantHeader, keys: &[(&str, Vec<u8>)], seen: Option<&CrossReferences>) -> Vec<u8> {
    let mut out = Encoder::with_capacity(384 + keys.iter().map(|(_, key)| key.len() + 40).sum::<usize>());
    out.array(2 + usize::from(seen.is_some())).raw(&header.encode()).array(keys.len());
    for (section, recipient) in keys {
        out.array(2).text(section).raw(recipient);
    }
    if let Some(seen) = seen {
        out.array(2).optional(seen.granter, |out, head| head.encode(out));
        out.optional(seen.recipient, |out, head| head.encode(out));
    }
    out.finish()
}

/// A decoded grant.
#[derive(Clone, Debug)]
pub struct Grant<'a> {
    pub signed: Sign1<'a>,
    pub header: GrantHeader,
    /// In ascending order of section.
    pub keys: Vec<(&'a str, Recipient<'a>)>,
    pub seen: Option<CrossReferences>,
}

impl<'a> Grant<'a> {
    pub fn decode(raw: &'a [u8]) -> Result<Self, FormatError> {
        let signed = Sign1::decode_any(raw, Purpose::Grant, Purpose::Grants)?;
        Decoder::all(signed.payload, |input| {
            let elements = input.array()?;
            if !(2..=3).contains(&elements) {
                return Err(FormatError::NotSealed("a grant of another length"));
            }
            let header = GrantHeader::decode(input)?;
            let count = input.array()?;
            if !(1..=MAX_SECTIONS).contains(&count) {
                return Err(FormatError::NotSealed("a grant without keys, or with too many"));
            }
            let mut keys: Vec<(&'a str, Recipient<'a>)> = Vec::with_capacity(count);
            for _ in 0..count {
                input.array_of(2)?;
                let section = input.text()?;
                check_section_name(section)?;
                if keys.last().is_some_and(|(last, _)| *last >= section) {
                    return Err(FormatError::NotSealed("sections repeated or out of order"));
                }
                let key = Recipient::decode(input)?;
                if key.context != header.context(section) {
                    return Err(FormatError::Mismatch("a key that was wrapped for another grant or section"));
                }
                if key.alg != header.suite.alg()
                    || key.encapsulated_key.len() != header.suite.encapsulated_key_len()
                    || keys.first().is_some_and(|(_, first)| first.key_id != key.key_id)
                {
                    return Err(FormatError::NotSealed(
                        "a wrapped key outside its grant's suite, or of another recipient",
                    ));
                }
                keys.push((section, key));
            }
            let seen = (elements == 3).then(|| {
                input.array_of(2)?;
                let granter = input.optional(LedgerHead::decode)?;
                Ok(CrossReferences { granter, recipient: input.optional(LedgerHead::decode)? })
            });
            Ok(Self { signed, header, keys, seen: seen.transpose()? })
        })
    }

    /// Checks that the grant is on exactly this version: without this, a server could pair it with another.
    pub fn check_version(&self, version: &Version<'_>) -> Result<(), FormatError> {
        let (header, manifest) = (&self.header, &version.manifest);
        let same = manifest.drawer == Drawer::Chart
            && header.tenant == manifest.tenant
            && header.record == manifest.record
            && header.version == manifest.version
            && header.version_hash == version.hash()
            && header.granter == manifest.author
            && self.keys.iter().all(|(section, _)| manifest.section(section).is_some());
        if same { Ok(()) } else { Err(FormatError::Mismatch("a grant on another version")) }
    }
}
