//! HKDF-SHA256 (RFC 5869). Here for its speed alone: the crates' generic code is compiled with whoever calls it.

use hkdf::{Hkdf, HkdfExtract};
use sha2::Sha256;
use zeroize::Zeroizing;

/// More was asked for than 255 times 32 bytes (RFC 5869 §2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong;

/// A pseudorandom key, ready to be expanded.
pub struct Prk(Hkdf<Sha256>);

/// `HKDF-Extract`, of input keying material in parts: the key as bytes, too.
pub fn extract(salt: &[u8], parts: &[&[u8]]) -> (Zeroizing<[u8; 32]>, Prk) {
    let mut extract = HkdfExtract::<Sha256>::new(Some(salt));
    parts.iter().for_each(|part| extract.input_ikm(part));
    let (bytes, prk) = extract.finalize();
    (Zeroizing::new(bytes.into()), Prk(prk))
}

impl Prk {
    /// `HKDF-Expand`, with `info` in parts.
    pub fn expand(&self, info: &[&[u8]], out: &mut [u8]) -> Result<(), TooLong> {
        self.0.expand_multi_info(info, out).map_err(|_| TooLong)
    }
}
