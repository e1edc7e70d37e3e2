//! Bytes of an app's own, sealed for the owner of a vault (SPEC.md §8.7): a COSE_Encrypt0 that may be too long to be held at
//! once, so that its head is read alone.

use crate::{
    FormatError, MAX_OWN_DATA, Purpose,
    cbor::{Decoder, Encoder},
    cose::{EncryptedBuilder, Header, TAG_LEN, encrypted_head, parameters},
    id::AccountId,
    pad::{Floor, padded_len},
};

/// A head is not longer, whatever it holds.
pub const MAX_HEAD: usize = 192;

/// Everything before the ciphertext.
#[derive(Debug)]
pub struct OwnDataHead {
    pub account: AccountId,
    pub epoch: u64,
    pub iv: [u8; 12],
    /// Bytes of the text with its padding.
    pub padded: usize,
}

/// What heads of one account and epoch have in common.
#[derive(Clone, Debug)]
pub struct OwnDataPrefix {
    head: Vec<u8>,
    pub associated_data: Vec<u8>,
}

impl OwnDataPrefix {
    pub fn new(account: AccountId, epoch: u64) -> Self {
        let mut parameters = Encoder::with_capacity(48);
        parameters.array(2).bytes(&account.0).uint(epoch);
        let builder = EncryptedBuilder::new(Purpose::OwnData, Header::Parameters(&parameters.finish()), [0; 12]);
        Self { head: builder.head_until_iv(), associated_data: builder.associated_data() }
    }

    /// Writes the head before a ciphertext of `padded` bytes and its tag.
    pub fn head(&self, iv: &[u8; 12], padded: usize, into: &mut Vec<u8>) {
        let mut out = Encoder::with_capacity(24);
        out.bytes(iv).bytes_head(padded + TAG_LEN);
        into.extend_from_slice(&self.head);
        into.extend_from_slice(&out.finish());
    }
}

impl OwnDataHead {
    /// Reads the head of an object of `len` bytes, which begins with `start`: [`MAX_HEAD`] bytes or all there are. Gives its
    /// length, too.
    pub fn decode(start: &[u8], len: usize) -> Result<(Self, usize), FormatError> {
        let mut input = Decoder::new(start);
        let (protected, iv, sealed) = encrypted_head(&mut input)?;
        let head = start.len() - input.rest().len();
        let padded = usize::try_from(sealed).ok().and_then(|sealed| sealed.checked_sub(TAG_LEN));
        let padded = padded.ok_or(FormatError::NotSealed("ciphertext shorter than its tag"))?;
        let (account, epoch) = Decoder::all(parameters(protected, Purpose::OwnData)?, |input| {
            input.array_of(2)?;
            Ok((AccountId::decode(input)?, input.uint()?))
        })?;
        if padded == 0
            || padded > padded_len(MAX_OWN_DATA, Floor::Text)
            || padded_len(padded - 1, Floor::Text) != padded
        {
            return Err(FormatError::NotSealed("a ciphertext's length is not one that padding gives"));
        }
        match len.cmp(&(head + padded + TAG_LEN)) {
            core::cmp::Ordering::Less => Err(FormatError::Truncated),
            core::cmp::Ordering::Greater => Err(FormatError::NotSealed("bytes after the end")),
            core::cmp::Ordering::Equal => Ok((Self { account, epoch, iv: *iv, padded }, head)),
        }
    }
}
