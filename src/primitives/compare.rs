//! Our own code against the crates that it takes the place of. For tests, fuzzing and `cargo xtask verify constant-time`:
//! behind the feature `compare`, and in nothing that ships.

use chacha20poly1305::{
    ChaCha20Poly1305,
    aead::{AeadInOut, KeyInit},
};
use subtle::ConstantTimeEq;

use crate::aead::{self, Pieces, TAG_LEN};

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
type Stitched = aead::stitched::Stream<aead::vector::Portable>;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
type Stitched = aead::stitched::Stream<aead::vector::Simd128>;

/// [`aead::seal_in_place`] by the code for WebAssembly SIMD; without SIMD, the same code word by word.
#[inline(never)]
pub fn seal_stitched(key: &[u8; 32], nonce: &[u8; 12], associated_data: &[u8], text: &mut [u8]) -> [u8; TAG_LEN] {
    let mut stream = Stitched::blank();
    stream.begin(key, nonce, associated_data);
    stream.seal(text);
    stream.tag()
}

/// [`aead::open_in_place`] likewise, without the wiping: whether the tag is right.
#[inline(never)]
pub fn open_stitched(
    key: &[u8; 32],
    nonce: &[u8; 12],
    associated_data: &[u8],
    text: &mut [u8],
    tag: &[u8; TAG_LEN],
) -> bool {
    let mut stream = Stitched::blank();
    stream.begin(key, nonce, associated_data);
    stream.open(text);
    stream.tag().ct_eq(tag).into()
}

/// One text, and how it is cut into pieces.
#[derive(Debug)]
pub struct Case<'a> {
    pub key: [u8; 32],
    pub nonce: [u8; 12],
    pub associated_data: &'a [u8],
    pub text: &'a [u8],
    /// The lengths of pieces; whatever is left is the last one.
    pub pieces: &'a [usize],
    /// Which bit of ciphertext, tag and associated data, counted from the first and modulo all, is flipped in a forgery.
    pub flip: usize,
}

impl Case<'_> {
    /// Whether all there is does with it what the crate `chacha20poly1305` does; otherwise, what differs.
    pub fn check(&self) -> Result<(), &'static str> {
        let Self { key, nonce, associated_data, text, .. } = self;
        let mut sealed = text.to_vec();
        let tag = ChaCha20Poly1305::new(key.into())
            .encrypt_inout_detached(nonce.into(), associated_data, sealed.as_mut_slice().into())
            .map_err(|_| "the crate does not seal")?
            .into();

        let mut work = text.to_vec();
        let made = aead::seal_in_place(key, nonce, associated_data, &mut work).map_err(|_| "does not seal")?;
        same(made == tag && work == sealed, "seals otherwise")?;
        same(aead::open_in_place(key, nonce, associated_data, &mut work, &tag).is_ok(), "does not open")?;
        same(work == *text, "opens otherwise")?;
        self.forgery(&sealed, &tag)?;
        self.in_pieces::<Stitched>(&sealed, &tag)?;
        self.in_pieces::<aead::Stream>(&sealed, &tag)
    }

    fn in_pieces<P: Pieces>(&self, sealed: &[u8], tag: &[u8; TAG_LEN]) -> Result<(), &'static str> {
        let mut work = self.text.to_vec();
        let (mut sealer, mut opener) = (P::blank(), P::blank());
        sealer.begin(&self.key, &self.nonce, self.associated_data);
        self.cut(&mut work, |piece| sealer.seal(piece));
        same(work == sealed && sealer.tag() == *tag, "seals otherwise in pieces")?;
        opener.begin(&self.key, &self.nonce, self.associated_data);
        self.cut(&mut work, |piece| opener.open(piece));
        same(work == self.text && opener.tag() == *tag, "opens otherwise in pieces")
    }

    fn cut(&self, text: &mut [u8], mut each: impl FnMut(&mut [u8])) {
        let mut rest = text;
        for len in self.pieces {
            let (piece, after) = rest.split_at_mut(rest.len().min(*len));
            each(piece);
            rest = after;
        }
        each(rest);
    }

    fn forgery(&self, sealed: &[u8], tag: &[u8; TAG_LEN]) -> Result<(), &'static str> {
        let (mut text, mut tag, mut associated_data) = (sealed.to_vec(), *tag, self.associated_data.to_vec());
        let all = text.len() + TAG_LEN + associated_data.len();
        let bytes = text.iter_mut().chain(&mut tag).chain(&mut associated_data);
        bytes.skip(self.flip / 8 % all).take(1).for_each(|byte| *byte ^= 1 << (self.flip % 8));
        let opened = aead::open_in_place(&self.key, &self.nonce, &associated_data, &mut text, &tag);
        same(opened.is_err(), "opens a forgery")?;
        same(text.iter().all(|byte| *byte == 0), "keeps the text of a forgery")
    }
}

fn same(is: bool, otherwise: &'static str) -> Result<(), &'static str> {
    if is { Ok(()) } else { Err(otherwise) }
}

/// Every length of text to 4096 and of associated data to 256, each at one of 16 alignments, then `random` cases of any
/// kind. How many cases there were, or the first that fails.
pub fn aead(seed: u64, random: u64) -> Result<u64, String> {
    let mut numbers = Numbers(seed);
    let mut bytes = vec![0; 4096 + 256 + 16];
    let lengths = (0..=4096).map(|len| (len, len % 257, len % 16));
    for (text, associated_data, start) in lengths {
        numbers.case(&mut bytes, text, associated_data, start)?;
    }
    for _ in 0..random {
        // Mostly short, as keys and sentences are; at times several chunks of key stream.
        let most = [65, 300, 600, 2048].into_iter().nth(numbers.below(4)).unwrap_or(4097);
        let (text, associated_data, start) = (numbers.below(most), numbers.below(257), numbers.below(16));
        numbers.case(&mut bytes, text, associated_data, start)?;
    }
    Ok(4097 + random)
}

/// SplitMix64: enough to vary tests.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }

    /// All zeros or all ones at times: what carries furthest.
    fn fill(&mut self, bytes: &mut [u8]) {
        match self.below(16) {
            0 => bytes.fill(0),
            1 => bytes.fill(0xff),
            _ => bytes.chunks_mut(8).for_each(|chunk| {
                let number = self.next().to_le_bytes();
                chunk.iter_mut().zip(number).for_each(|(byte, new)| *byte = new);
            }),
        }
    }

    fn case(&mut self, bytes: &mut [u8], text: usize, associated_data: usize, start: usize) -> Result<(), String> {
        let (mut key, mut nonce) = ([0; 32], [0; 12]);
        self.fill(&mut key);
        self.fill(&mut nonce);
        self.fill(bytes);
        let (_, rest) = bytes.split_at(start.min(bytes.len()));
        let (text, rest) = rest.split_at(text.min(rest.len()));
        let (associated_data, _) = rest.split_at(associated_data.min(rest.len()));
        let pieces: Vec<usize> = (0..self.below(6)).map(|_| self.below(text.len() / 2 + 2)).collect();
        let case = Case { key, nonce, associated_data, text, pieces: &pieces, flip: self.next() as u32 as usize };
        case.check().map_err(|what| format!("{what}: {case:02x?}"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

    /// `COMPARE_CASES=5000000 cargo test -p sealed-notes-primitives compare` for a thorough run.
    #[test]
    fn seals_and_opens_as_the_crate_does() {
        let cases = std::env::var("COMPARE_CASES").ok().map_or(20_000, |number| number.parse().unwrap());
        let seed = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs();
        super::aead(seed, cases).unwrap();
    }
}
