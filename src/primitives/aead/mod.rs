//! ChaCha20-Poly1305 (RFC 8439), in place, with the tag apart: at once, or piece by piece.
//!
//! Nothing here is inlined into a caller: that may be compiled for size, which makes a cipher several times slower.

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
    /// Without a key. That comes where the value stays, so that no move leaves a copy of it behind.
    fn blank() -> Self;
    fn begin(&mut self, key: &[u8; 32], nonce: &[u8; 12], associated_data: &[u8]);
    fn seal(&mut self, text: &mut [u8]);
    fn open(&mut self, text: &mut [u8]);
    /// Once, after the last piece.
    fn tag(&mut self) -> [u8; TAG_LEN];
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
#[inline(never)]
pub fn seal_in_place(
    key: &[u8; 32],
    nonce: &[u8; 12],
    associated_data: &[u8],
    text: &mut [u8],
) -> Result<[u8; TAG_LEN], TooLong> {
    fits(text, MOST)?;
    let mut stream = Stream::blank();
    stream.begin(key, nonce, associated_data);
    stream.seal(text);
    Ok(stream.tag())
}

/// Decrypts `text` in place and checks the tag. A text that is [`Forged`] is all zeros afterwards.
#[inline(never)]
pub fn open_in_place(
    key: &[u8; 32],
    nonce: &[u8; 12],
    associated_data: &[u8],
    text: &mut [u8],
    tag: &[u8; TAG_LEN],
) -> Result<(), Forged> {
    if fits(text, MOST).is_err() {
        text.fill(0);
        return Err(Forged);
    }
    let mut stream = Stream::blank();
    stream.begin(key, nonce, associated_data);
    stream.open(text);
    check(&stream.tag(), tag).inspect_err(|_| text.fill(0))
}

/// What is left for other pieces.
fn fits(text: &[u8], left: u64) -> Result<u64, TooLong> {
    left.checked_sub(text.len() as u64).ok_or(TooLong)
}

fn check(made: &[u8; TAG_LEN], given: &[u8; TAG_LEN]) -> Result<(), Forged> {
    // In halves: `subtle` would compare byte by byte, which takes a quarter of the time of a short text.
    let halves = |tag: &[u8; TAG_LEN]| {
        let number = u128::from_le_bytes(*tag);
        [number as u64, (number >> 64) as u64]
    };
    if halves(made).as_slice().ct_eq(&halves(given)).into() { Ok(()) } else { Err(Forged) }
}

fn begin(key: &[u8; 32], nonce: &[u8; 12], associated_data: &[u8]) -> Box<Stream> {
    let mut stream = Box::new(Stream::blank());
    stream.begin(key, nonce, associated_data);
    stream
}

/// Seals one text piece by piece. Pieces of any length give the ciphertext and the tag of [`seal_in_place`]; multiples
/// of 256 bytes are the fastest.
pub struct Sealer {
    stream: Box<Stream>,
    left: u64,
}

impl Sealer {
    /// Begins a text. The pair of `key` and `nonce` must never have begun another.
    #[inline(never)]
    pub fn new(key: &[u8; 32], nonce: &[u8; 12], associated_data: &[u8]) -> Self {
        Self { stream: begin(key, nonce, associated_data), left: MOST }
    }

    /// Encrypts the next piece in place. If the text would become [`TooLong`], nothing is done to this piece.
    #[inline(never)]
    pub fn update(&mut self, text: &mut [u8]) -> Result<(), TooLong> {
        self.left = fits(text, self.left)?;
        self.stream.seal(text);
        Ok(())
    }

    /// The tag of all pieces.
    #[inline(never)]
    pub fn finish(mut self) -> [u8; TAG_LEN] {
        self.stream.tag()
    }
}

/// Opens one text piece by piece. Until [`Opener::finish`] says that the text is genuine, **what it gives out may be
/// forged**: the caller keeps it from everybody, and wipes it if the tag is wrong.
pub struct Opener {
    stream: Box<Stream>,
    left: u64,
}

impl Opener {
    /// Begins a text.
    #[inline(never)]
    pub fn new(key: &[u8; 32], nonce: &[u8; 12], associated_data: &[u8]) -> Self {
        Self { stream: begin(key, nonce, associated_data), left: MOST }
    }

    /// Decrypts the next piece in place, not knowing yet whether it is genuine. If the text would become [`TooLong`],
    /// nothing is done to this piece.
    #[inline(never)]
    pub fn update(&mut self, text: &mut [u8]) -> Result<(), TooLong> {
        self.left = fits(text, self.left)?;
        self.stream.open(text);
        Ok(())
    }

    /// Whether `tag` is the tag of all pieces. If not, wipe whatever [`Opener::update`] wrote.
    #[inline(never)]
    pub fn finish(mut self, tag: &[u8; TAG_LEN]) -> Result<(), Forged> {
        check(&self.stream.tag(), tag)
    }
}
