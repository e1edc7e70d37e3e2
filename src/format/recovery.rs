//! What passes between people when somebody gets back in: requests, shares, the professional will (SPEC.md §8.4).

use crate::{
    FormatError, Purpose,
    cbor::{Decoder, Encoder},
    cose::{Encrypted, Header, Recipient, Sign1},
    grant::Suite,
    id::{AccountId, DealId, Hash, KeyId},
    keylog::decode_xwing,
    pad::Floor,
    purpose::check_label,
};

/// What a set of shares opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DealKind {
    /// The trustees' unlock slot: the account itself.
    Trustees = 1,
    /// The professional will: what its scope names.
    Will = 2,
}

impl DealKind {
    pub fn decode(input: &mut Decoder<'_>) -> Result<Self, FormatError> {
        match input.uint()? {
            1 => Ok(Self::Trustees),
            2 => Ok(Self::Will),
            _ => Err(FormatError::UnsupportedVersion),
        }
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::Trustees => "trustees",
            Self::Will => "will",
        }
    }
}

/// The most shares one deal has: names and paper beyond that are no safety.
pub const MAX_SHARES: u64 = 16;

/// One of `count` shares, of which `threshold` rebuild a secret. Signed by the account that dealt them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SharePlace {
    pub account: AccountId,
    pub kind: DealKind,
    pub deal: DealId,
    pub threshold: u64,
    pub count: u64,
    /// 1, 2, …: the point at which the polynomial was evaluated.
    pub number: u64,
}

impl SharePlace {
    /// The payload that is signed. `value` is the share itself.
    pub fn encode(&self, value: &[u8; 32]) -> Vec<u8> {
        let mut out = Encoder::with_capacity(128);
        out.array(7).bytes(&self.account.0).uint(self.kind as u64).bytes(&self.deal.0);
        out.uint(self.threshold).uint(self.count).uint(self.number).bytes(value);
        out.finish()
    }

    /// Whether the numbers are those of a deal: 2 ≤ threshold ≤ count ≤ 16, 1 ≤ number ≤ count.
    pub fn is_possible(&self) -> bool {
        (2..=self.count).contains(&self.threshold)
            && self.count <= MAX_SHARES
            && (1..=self.count).contains(&self.number)
    }
}

/// A share as it is stored and handed on.
#[derive(Clone, Debug)]
pub struct Share<'a> {
    pub signed: Sign1<'a>,
    pub place: SharePlace,
    pub value: &'a [u8; 32],
}

impl<'a> Share<'a> {
    pub fn decode(raw: &'a [u8]) -> Result<Self, FormatError> {
        let signed = Sign1::decode(raw, Purpose::Share)?;
        Decoder::all(signed.payload, |input| {
            input.array_of(7)?;
            let place = SharePlace {
                account: AccountId::decode(input)?,
                kind: DealKind::decode(input)?,
                deal: DealId::decode(input)?,
                threshold: input.uint()?,
                count: input.uint()?,
                number: input.uint()?,
            };
            if !place.is_possible() {
                return Err(FormatError::NotSealed("a share whose numbers are not those of a deal"));
            }
            Ok(Self { signed, place, value: input.byte_array()? })
        })
    }
}

/// What somebody without keys asks others for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestKind {
    /// A new device asks a device of the same account for the account secret.
    Device = 1,
    /// Somebody who lost every other way asks her trustees for their shares.
    Trustees = 2,
    /// An executor asks the other executors for their shares.
    Will = 3,
}

impl RequestKind {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Device => "device",
            Self::Trustees => "trustees",
            Self::Will => "will",
        }
    }
}

/// Names a public key to which the answers are sealed. Its code, read aloud or scanned, is what makes it trusted.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    pub raw: &'a [u8],
    /// Whose account is asked for.
    pub account: AccountId,
    pub kind: RequestKind,
    pub xwing: Box<[u8; 1216]>,
    pub created_at: u64,
}

impl<'a> Request<'a> {
    pub fn encode(account: AccountId, kind: RequestKind, xwing: &[u8; 1216], created_at: u64) -> Vec<u8> {
        let mut out = Encoder::with_capacity(1340);
        out.array(5).text(Purpose::Request.label()).bytes(&account.0).uint(kind as u64);
        out.bytes(xwing).uint(created_at);
        out.finish()
    }

    pub fn decode(raw: &'a [u8]) -> Result<Self, FormatError> {
        Decoder::all(raw, |input| {
            input.array_of(5)?;
            check_label(input.text()?, Purpose::Request)?;
            let account = AccountId::decode(input)?;
            let kind = match input.uint()? {
                1 => RequestKind::Device,
                2 => RequestKind::Trustees,
                3 => RequestKind::Will,
                _ => return Err(FormatError::UnsupportedVersion),
            };
            Ok(Self { raw, account, kind, xwing: Box::new(decode_xwing(input)?), created_at: input.uint()? })
        })
    }

    /// Names the request, and binds the answers to it.
    pub fn hash(&self) -> Hash {
        Hash::for_purpose(Purpose::Request, self.raw)
    }

    pub fn key_id(&self) -> KeyId {
        KeyId::of_xwing(&self.xwing)
    }
}

/// Something sealed to one X-Wing key: a share to its trustee, an answer to a request.
#[derive(Clone, Debug)]
pub struct SealedTo<'a> {
    pub recipient: Recipient<'a>,
    pub sealed: Encrypted<'a>,
}

impl<'a> SealedTo<'a> {
    pub fn encode(purpose: Purpose, recipient: &[u8], sealed: &[u8]) -> Vec<u8> {
        let mut out = Encoder::with_capacity(recipient.len() + sealed.len() + 64);
        out.array(3).text(purpose.label()).raw(recipient).bytes(sealed);
        out.finish()
    }

    /// Decodes what was sealed for `purpose`, and checks that key and body name the same context.
    pub fn decode(raw: &'a [u8], purpose: Purpose) -> Result<Self, FormatError> {
        Decoder::all(raw, |input| {
            input.array_of(3)?;
            check_label(input.text()?, purpose)?;
            let recipient = Recipient::decode(input)?;
            if recipient.alg != Suite::XWing.alg()
                || recipient.encapsulated_key.len() != Suite::XWing.encapsulated_key_len()
            {
                return Err(FormatError::NotSealed("an algorithm outside the profile"));
            }
            let sealed = Encrypted::decode(input.bytes()?, purpose)?;
            sealed.check_padding(Floor::Text)?;
            if sealed.context()? != recipient.context {
                return Err(FormatError::Mismatch("key and body of different objects"));
            }
            Ok(Self { recipient, sealed })
        })
    }
}

/// What executors may open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WillScope {
    /// Client list and chart.
    Chart = 1,
    /// The private drawer as well.
    ChartAndPrivate = 2,
}

/// A professional will's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WillParameters {
    pub account: AccountId,
    pub deal: DealId,
    pub scope: WillScope,
    /// How long the server holds the will back after a claim.
    pub waiting_days: u64,
    pub sealed_at: u64,
}

impl WillParameters {
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Encoder::with_capacity(96);
        out.array(5).bytes(&self.account.0).bytes(&self.deal.0).uint(self.scope as u64);
        out.uint(self.waiting_days).uint(self.sealed_at);
        out.finish()
    }

    fn decode(bytes: &[u8]) -> Result<Self, FormatError> {
        Decoder::all(bytes, |input| {
            input.array_of(5)?;
            let (account, deal) = (AccountId::decode(input)?, DealId::decode(input)?);
            let scope = match input.uint()? {
                1 => WillScope::Chart,
                2 => WillScope::ChartAndPrivate,
                _ => return Err(FormatError::UnsupportedVersion),
            };
            Ok(Self { account, deal, scope, waiting_days: input.uint()?, sealed_at: input.uint()? })
        })
    }
}

/// A professional will: the keys of its scope, sealed under the secret that its executors share.
#[derive(Clone, Debug)]
pub struct Will<'a> {
    pub sealed: Encrypted<'a>,
    pub encoded_parameters: &'a [u8],
    pub parameters: WillParameters,
    pub commitment: [u8; 32],
}

impl<'a> Will<'a> {
    /// More than the keys of a thousand epochs take.
    pub const MAX_LEN: usize = 1 << 18;

    pub fn decode(raw: &'a [u8]) -> Result<Self, FormatError> {
        if raw.len() > Self::MAX_LEN {
            return Err(FormatError::NotSealed("a will over 256 KiB"));
        }
        let sealed = Encrypted::decode(raw, Purpose::Will)?;
        let Header::Committed { parameters: encoded_parameters, commitment } = sealed.header else {
            return Err(FormatError::NotSealed("a will without commitment"));
        };
        sealed.check_padding(Floor::Text)?;
        Ok(Self { parameters: WillParameters::decode(encoded_parameters)?, encoded_parameters, sealed, commitment })
    }
}
