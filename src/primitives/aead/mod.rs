//! ChaCha20-Poly1305 (RFC 8439), in place, with the tag apart: at once, or piece by piece.

use subtle::ConstantTimeEq;

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
mod crates;
#[cfg(any(test, feature = "compare", all(target_arch = "wasm32", target_feature = "simd128")))]
mod mac;
#[cfg(any(test, feature = "compare", all(target_arch = "wasm32", target_feature = "simd128")))]
pub(crate) mod stitched;
#[cfg(any(test, feature = "compare", all(target_arch = "wasm32", target_feature = "simd128")))]
pub(crate) mod vector;

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
pub(crate) use crates::Stream;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
pub(crate) type Stream = stitched::Stream<vector::Simd128>;

/// Text that comes in pieces of any length, to be sealed or to be opened.
pub(crate) trait Pieces {
    fn new(key: &[u8; 32], nonce: &[u8; 12], associated_data: &[u8]) -> Self;
    fn seal(&mut self, text: &mut [u8]);
    fn open(&mut self, text: &mut [u8]);
    fn tag(self) -> [u8; TAG_LEN];
}

/// Length of a tag in bytes.
pub const TAG_LEN: usize = 16;

/// The most that one nonce can seal, in bytes: one block less than RFC 8439 §2.8 allows, as the crates have it.
const MOST: u64 = 64 * (u32::MAX as u64 - 1);

/// The text is longer than the 2^38 - 128 bytes that one nonce can seal here (RFC 8439 §2.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong;

/// The tag is not of this text, these associated data, this key and this nonce.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forged;

/// Encrypts `text` in place, and gives its tag.
pub fn seal_in_place(
    key: &[u8; 32],
    nonce: &[u8; 12],
    associated_data: &[u8],
    text: &mut [u8],
) -> Result<[u8; TAG_LEN], TooLong> {
    let mut sealer = Sealer::new(key, nonce, associated_data);
    sealer.update(text)?;
    Ok(sealer.finish())
}

/// Decrypts `text` in place and checks the tag. A text that is [`Forged`] is all zeros afterwards.
pub fn open_in_place(
    key: &[u8; 32],
    nonce: &[u8; 12],
    associated_data: &[u8],
    text: &mut [u8],
    tag: &[u8; TAG_LEN],
) -> Result<(), Forged> {
    let mut opener = Opener::new(key, nonce, associated_data);
    let opened = opener.update(text).map_err(|TooLong| Forged).and_then(|()| opener.finish(tag));
    if opened.is_err() {
        text.fill(0);
    }
    opened
}

/// Seals one text piece by piece. Pieces of any length give the ciphertext and the tag of [`seal_in_place`]; multiples
/// of 256 bytes are the fastest.
pub struct Sealer {
    stream: Stream,
    left: u64,
}

impl Sealer {
    /// Begins a text. The pair of `key` and `nonce` must never have begun another.
    pub fn new(key: &[u8; 32], nonce: &[u8; 12], associated_data: &[u8]) -> Self {
        Self { stream: Stream::new(key, nonce, associated_data), left: MOST }
    }

    /// Encrypts the next piece in place. If the text would become [`TooLong`], nothing is done to this piece.
    pub fn update(&mut self, text: &mut [u8]) -> Result<(), TooLong> {
        self.left = self.left.checked_sub(text.len() as u64).ok_or(TooLong)?;
        self.stream.seal(text);
        Ok(())
    }

    /// The tag of all pieces.
    pub fn finish(self) -> [u8; TAG_LEN] {
        self.stream.tag()
    }
}

/// Opens one text piece by piece. Until [`Opener::finish`] says that the text is genuine, **what it gives out may be
/// forged**: the caller keeps it from everybody, and wipes it if the tag is wrong.
pub struct Opener {
    stream: Stream,
    left: u64,
}

impl Opener {
    /// Begins a text.
    pub fn new(key: &[u8; 32], nonce: &[u8; 12], associated_data: &[u8]) -> Self {
        Self { stream: Stream::new(key, nonce, associated_data), left: MOST }
    }

    /// Decrypts the next piece in place, not knowing yet whether it is genuine. If the text would become [`TooLong`],
    /// nothing is done to this piece.
    pub fn update(&mut self, text: &mut [u8]) -> Result<(), TooLong> {
        self.left = self.left.checked_sub(text.len() as u64).ok_or(TooLong)?;
        self.stream.open(text);
        Ok(())
    }

    /// Whether `tag` is the tag of all pieces. If not, wipe whatever [`Opener::update`] wrote.
    pub fn finish(self, tag: &[u8; TAG_LEN]) -> Result<(), Forged> {
        if self.stream.tag().ct_eq(tag).into() { Ok(()) } else { Err(Forged) }
    }
}
