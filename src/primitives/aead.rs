//! ChaCha20-Poly1305 (RFC 8439), in place, with the tag apart.

use chacha20poly1305::{
    ChaCha20Poly1305,
    aead::{AeadInOut, KeyInit},
};

/// Length of a tag in bytes.
pub const TAG_LEN: usize = 16;

/// The text is longer than the 2^38 - 64 bytes that one nonce can seal (RFC 8439 §2.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong;

/// The tag is not of this text, these associated data, this key and this nonce. The text is left as garbage or wiped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forged;

/// Encrypts `text` in place, and gives its tag.
pub fn seal_in_place(
    key: &[u8; 32],
    nonce: &[u8; 12],
    associated_data: &[u8],
    text: &mut [u8],
) -> Result<[u8; TAG_LEN], TooLong> {
    ChaCha20Poly1305::new(key.into())
        .encrypt_inout_detached(nonce.into(), associated_data, text.into())
        .map(Into::into)
        .map_err(|_| TooLong)
}

/// Checks the tag, and decrypts `text` in place.
pub fn open_in_place(
    key: &[u8; 32],
    nonce: &[u8; 12],
    associated_data: &[u8],
    text: &mut [u8],
    tag: &[u8; TAG_LEN],
) -> Result<(), Forged> {
    ChaCha20Poly1305::new(key.into())
        .decrypt_inout_detached(nonce.into(), associated_data, text.into(), tag.into())
        .map_err(|_| Forged)
}
