//! The COSE structures of SPEC.md §2.2, with no freedom left in them.

pub use crate::sign1::{Sign1, Verified, to_be_signed, verify_bytes};
use crate::{
    FormatError, Purpose,
    cbor::{Decoder, Encoder},
    id::{Hash, KeyId},
    pad::{Floor, padded_len},
    purpose::check_label,
};

pub(crate) const ALG: i64 = 1;
pub(crate) const KEY_ID: i64 = 4;
const IV: i64 = 5;
pub(crate) const TYP: i64 = 16;
const ENCAPSULATED_KEY: i64 = -4;
const CONTEXT: i64 = -65537;
const PARAMETERS: i64 = -65538;
const COMMITMENT: i64 = -65539;

/// ChaCha20/Poly1305 with a 256-bit key (RFC 9053 §4.3).
pub const CHACHA20_POLY1305: i64 = 24;

const ENCRYPT0_TAG: u64 = 16;
const ENCRYPT_TAG: u64 = 96;

/// The AEAD's tag, in bytes.
pub const TAG_LEN: usize = 16;

pub(crate) fn typ(input: &mut Decoder<'_>, purpose: Purpose) -> Result<(), FormatError> {
    input.key(TYP)?;
    check_label(input.text()?, purpose)
}

pub(crate) fn alg(input: &mut Decoder<'_>, expected: i64) -> Result<(), FormatError> {
    input.key(ALG)?;
    if input.int()? == expected { Ok(()) } else { Err(FormatError::NotSealed("an algorithm outside the profile")) }
}

/// What a ciphertext's protected header holds besides algorithm and purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Header<'a> {
    /// Bodies and wraps.
    Context(Hash),
    /// Drafts and vaults: an encoded array.
    Parameters(&'a [u8]),
    /// Unlock slots and wills.
    Committed { parameters: &'a [u8], commitment: [u8; 32] },
}

/// Whether the structure has room for recipients: a private note's has none.
fn tag_of(purpose: Purpose) -> u64 {
    if purpose == Purpose::ChartBody { ENCRYPT_TAG } else { ENCRYPT0_TAG }
}

/// A COSE_Encrypt0 (RFC 9052 §5.2), or for a chart body a COSE_Encrypt (§5.1).
#[derive(Clone, Copy, Debug)]
pub struct Encrypted<'a> {
    pub raw: &'a [u8],
    purpose: Purpose,
    protected: &'a [u8],
    pub header: Header<'a>,
    pub iv: &'a [u8; 12],
    pub ciphertext: &'a [u8],
}

impl<'a> Encrypted<'a> {
    pub fn decode(raw: &'a [u8], purpose: Purpose) -> Result<Self, FormatError> {
        Decoder::all(raw, |input| {
            let tag = tag_of(purpose);
            input.tag(tag)?;
            input.array_of(if tag == ENCRYPT_TAG { 4 } else { 3 })?;
            let protected = input.bytes()?;
            let header = Decoder::all(protected, |header| Self::decode_header(header, purpose))?;
            input.map_of(1)?;
            input.key(IV)?;
            let iv = input.byte_array()?;
            let ciphertext = input.bytes()?;
            if ciphertext.len() < TAG_LEN {
                return Err(FormatError::NotSealed("ciphertext shorter than its tag"));
            }
            if tag == ENCRYPT_TAG {
                input.array_of(0)?;
            }
            Ok(Self { raw, purpose, protected, header, iv, ciphertext })
        })
    }

    fn decode_header(input: &mut Decoder<'a>, purpose: Purpose) -> Result<Header<'a>, FormatError> {
        let entries = input.map()?;
        alg(input, CHACHA20_POLY1305)?;
        typ(input, purpose)?;
        let committed = matches!(purpose, Purpose::Slot | Purpose::Will);
        if entries != if committed { 4 } else { 3 } {
            return Err(FormatError::NotSealed("header with missing or unknown entries"));
        }
        match purpose {
            Purpose::PrivateDraft
            | Purpose::ChartDraft
            | Purpose::Vault
            | Purpose::Slot
            | Purpose::Will
            | Purpose::LedgerEvents
            | Purpose::OwnData
            | Purpose::Memory => {
                input.key(PARAMETERS)?;
                let parameters = input.bytes()?;
                if !committed {
                    return Ok(Header::Parameters(parameters));
                }
                input.key(COMMITMENT)?;
                Ok(Header::Committed { parameters, commitment: *input.byte_array()? })
            }
            _ => {
                input.key(CONTEXT)?;
                Hash::decode(input).map(Header::Context)
            }
        }
    }

    pub fn context(&self) -> Result<Hash, FormatError> {
        match self.header {
            Header::Context(context) => Ok(context),
            _ => Err(FormatError::NotSealed("expected a context")),
        }
    }

    pub fn parameters(&self) -> Result<&'a [u8], FormatError> {
        match self.header {
            Header::Parameters(parameters) | Header::Committed { parameters, .. } => Ok(parameters),
            Header::Context(_) => Err(FormatError::NotSealed("expected parameters")),
        }
    }

    /// That the ciphertext's length is one that padding gives.
    pub fn check_padding(&self, floor: Floor) -> Result<(), FormatError> {
        let padded = self.ciphertext.len() - TAG_LEN;
        if padded == 0 || padded_len(padded - 1, floor) != padded {
            return Err(FormatError::NotSealed("a ciphertext's length is not one that padding gives"));
        }
        Ok(())
    }

    /// The AEAD's associated data.
    pub fn associated_data(&self) -> Vec<u8> {
        enc_structure(self.purpose, self.protected)
    }

    /// A chart body as a COSE_Encrypt with these COSE_recipients, each already encoded.
    pub fn with_recipients(&self, recipients: &[&[u8]]) -> Vec<u8> {
        let mut out = Encoder::with_capacity(self.raw.len() + recipients.iter().map(|r| r.len()).sum::<usize>());
        out.tag(ENCRYPT_TAG).array(4).bytes(self.protected).map(1).int(IV).bytes(self.iv);
        out.bytes(self.ciphertext).array(recipients.len());
        recipients.iter().for_each(|recipient| {
            out.raw(recipient);
        });
        out.finish()
    }
}

/// A COSE_Encrypt0 up to its ciphertext: protected header, iv, and the ciphertext's length.
pub(crate) fn encrypted_head<'a>(input: &mut Decoder<'a>) -> Result<(&'a [u8], &'a [u8; 12], u64), FormatError> {
    input.tag(ENCRYPT0_TAG)?;
    input.array_of(3)?;
    let protected = input.bytes()?;
    input.map_of(1)?;
    input.key(IV)?;
    Ok((protected, input.byte_array()?, input.bytes_head()?))
}

/// What a protected header of this purpose holds, if it is parameters.
pub(crate) fn parameters(protected: &[u8], purpose: Purpose) -> Result<&[u8], FormatError> {
    match Decoder::all(protected, |header| Encrypted::decode_header(header, purpose))? {
        Header::Parameters(parameters) => Ok(parameters),
        _ => Err(FormatError::NotSealed("expected parameters")),
    }
}

fn enc_structure(purpose: Purpose, protected: &[u8]) -> Vec<u8> {
    let context = if tag_of(purpose) == ENCRYPT_TAG { "Encrypt" } else { "Encrypt0" };
    let mut out = Encoder::with_capacity(protected.len() + 24);
    out.array(3).text(context).bytes(protected).bytes(&[]);
    out.finish()
}

/// A ciphertext object under construction: the head is written, the plaintext is appended and sealed in
/// place, the tag closes it. The text is copied once.
#[derive(Debug)]
pub struct EncryptedBuilder {
    purpose: Purpose,
    protected: Vec<u8>,
    iv: [u8; 12],
}

impl EncryptedBuilder {
    pub fn new(purpose: Purpose, header: Header<'_>, iv: [u8; 12]) -> Self {
        let mut out = Encoder::with_capacity(160);
        out.map(if matches!(header, Header::Committed { .. }) { 4 } else { 3 });
        out.int(ALG).int(CHACHA20_POLY1305).int(TYP).text(purpose.label());
        match header {
            Header::Context(context) => out.int(CONTEXT).bytes(&context.0),
            Header::Parameters(parameters) => out.int(PARAMETERS).bytes(parameters),
            Header::Committed { parameters, commitment } => {
                out.int(PARAMETERS).bytes(parameters).int(COMMITMENT).bytes(&commitment)
            }
        };
        Self { purpose, protected: out.finish(), iv }
    }

    pub fn associated_data(&self) -> Vec<u8> {
        enc_structure(self.purpose, &self.protected)
    }

    /// The object up to its ciphertext of `plaintext_len` bytes and a tag.
    pub fn head(&self, plaintext_len: usize) -> Vec<u8> {
        let mut out = Encoder::with_capacity(self.protected.len() + plaintext_len + 64);
        self.begin(&mut out);
        out.bytes(&self.iv).bytes_head(plaintext_len + TAG_LEN);
        out.finish()
    }

    /// The object up to its iv.
    pub(crate) fn head_until_iv(&self) -> Vec<u8> {
        let mut out = Encoder::with_capacity(self.protected.len() + 16);
        self.begin(&mut out);
        out.finish()
    }

    fn begin(&self, out: &mut Encoder) {
        let tag = tag_of(self.purpose);
        out.tag(tag).array(if tag == ENCRYPT_TAG { 4 } else { 3 });
        out.bytes(&self.protected).map(1).int(IV);
    }

    /// Closes the object after the ciphertext.
    pub fn close(&self, mut object: Vec<u8>, tag: &[u8; TAG_LEN]) -> Vec<u8> {
        object.extend_from_slice(tag);
        if tag_of(self.purpose) == ENCRYPT_TAG {
            object.push(0x80); // no recipients yet: an empty array
        }
        object
    }
}

/// A COSE_recipient (RFC 9052 §5.1) of COSE-HPKE key encryption.
#[derive(Clone, Copy, Debug)]
pub struct Recipient<'a> {
    pub raw: &'a [u8],
    protected: &'a [u8],
    pub alg: i64,
    pub key_id: KeyId,
    pub context: Hash,
    pub encapsulated_key: &'a [u8],
    pub ciphertext: &'a [u8; 32 + TAG_LEN],
}

impl<'a> Recipient<'a> {
    pub fn decode(input: &mut Decoder<'a>) -> Result<Self, FormatError> {
        let (mut recipient, raw) = input.with_raw(|input| {
            input.array_of(3)?;
            let protected = input.bytes()?;
            let (alg, key_id, context) = Decoder::all(protected, |header| {
                header.map_of(3)?;
                header.key(ALG)?;
                let alg = header.int()?;
                header.key(KEY_ID)?;
                let key_id = KeyId::decode(header)?;
                header.key(CONTEXT)?;
                Ok((alg, key_id, Hash::decode(header)?))
            })?;
            input.map_of(1)?;
            input.key(ENCAPSULATED_KEY)?;
            let encapsulated_key = input.bytes()?;
            Ok(Self { raw: &[], protected, alg, key_id, context, encapsulated_key, ciphertext: input.byte_array()? })
        })?;
        recipient.raw = raw;
        Ok(recipient)
    }

    pub fn info(&self) -> Vec<u8> {
        recipient_structure(self.protected)
    }

    pub fn protected(alg: i64, key_id: KeyId, context: Hash) -> Vec<u8> {
        let mut out = Encoder::with_capacity(64);
        out.map(3).int(ALG).int(alg).int(KEY_ID).bytes(&key_id.0).int(CONTEXT).bytes(&context.0);
        out.finish()
    }

    pub fn encode(protected: &[u8], encapsulated_key: &[u8], ciphertext: &[u8]) -> Vec<u8> {
        let mut out = Encoder::with_capacity(protected.len() + encapsulated_key.len() + 80);
        out.array(3).bytes(protected).map(1).int(ENCAPSULATED_KEY).bytes(encapsulated_key).bytes(ciphertext);
        out.finish()
    }
}

/// `Recipient_structure` (draft-ietf-cose-hpke), the HPKE `info`.
pub fn recipient_structure(protected: &[u8]) -> Vec<u8> {
    let mut out = Encoder::with_capacity(protected.len() + 24);
    out.array(4).text("HPKE Recipient").int(CHACHA20_POLY1305).bytes(protected).bytes(&[]);
    out.finish()
}
