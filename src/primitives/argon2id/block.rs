//! The compression function G (RFC 9106 §3.5) and its permutation P (§3.6), two words at a time.
#![allow(clippy::indexing_slicing, reason = "64 pairs of words: every index is a constant or a loop's over them")]

use core::hint::black_box;

use zeroize::Zeroize;

use super::u64x2::U64x2;

/// Length of a block in bytes.
pub(super) const LEN: usize = 1024;

#[derive(Clone, Copy)]
pub(super) struct Block([U64x2; 64]);

impl Block {
    pub(super) const ZERO: Self = Self([U64x2::new([0; 2]); 64]);

    /// `words`, and zeros after them.
    pub(super) fn starting_with(words: [u64; 8]) -> Self {
        let mut block = Self::ZERO;
        for (pair, words) in block.0.iter_mut().zip(words.as_chunks().0) {
            *pair = U64x2::new(*words);
        }
        block
    }

    pub(super) fn from_bytes(bytes: &[u8; LEN]) -> Self {
        let mut block = Self::ZERO;
        for (pair, bytes) in block.0.iter_mut().zip(bytes.as_chunks::<16>().0) {
            let word = |half: usize| u64::from_le_bytes(bytes.as_chunks().0[half]);
            *pair = U64x2::new([word(0), word(1)]);
        }
        block
    }

    pub(super) fn bytes(&self) -> [u8; LEN] {
        let mut bytes = [0; LEN];
        for (bytes, pair) in bytes.as_chunks_mut::<16>().0.iter_mut().zip(self.0) {
            let halves = bytes.as_chunks_mut::<8>().0.iter_mut();
            halves.zip(pair.to_array()).for_each(|(half, word)| *half = word.to_le_bytes());
        }
        bytes
    }

    /// The word at `i` modulo 128.
    pub(super) fn word(&self, i: usize) -> u64 {
        self.0[i / 2 % 64].to_array()[i % 2]
    }

    pub(super) fn xor(&mut self, other: &Self) {
        for (a, &b) in self.0.iter_mut().zip(&other.0) {
            *a = a.xor(b);
        }
    }
}

impl Zeroize for Block {
    fn zeroize(&mut self) {
        *self = Self::ZERO;
        black_box(self);
    }
}

/// G, in two steps, so that the result can take the place of an input.
pub(super) struct Compression {
    /// R = X xor Y, and what the result is to be added to.
    sum: Block,
    /// Q: R after P on each row.
    rows: Block,
}

impl Compression {
    pub(super) const fn new() -> Self {
        Self { sum: Block::ZERO, rows: Block::ZERO }
    }

    #[inline(never)]
    pub(super) fn begin(&mut self, x: &Block, y: &Block, added: &Block) {
        let zero = black_box(U64x2::new([0; 2]));
        for row in (0..64).step_by(8) {
            let mut pairs = [U64x2::new([0; 2]); 8];
            for (i, pair) in pairs.iter_mut().enumerate() {
                *pair = x.0[row + i].xor(y.0[row + i]);
                self.sum.0[row + i] = pair.xor(added.0[row + i]);
            }
            for (i, pair) in permuted(pairs, zero).into_iter().enumerate() {
                self.rows.0[row + i] = pair;
            }
        }
    }

    /// P on each column, and R again.
    #[inline(never)]
    pub(super) fn finish(&self, block: &mut Block) {
        let zero = black_box(U64x2::new([0; 2]));
        for column in 0..8 {
            let mut pairs = [U64x2::new([0; 2]); 8];
            for (i, pair) in pairs.iter_mut().enumerate() {
                *pair = self.rows.0[column + 8 * i];
            }
            for (i, pair) in permuted(pairs, zero).into_iter().enumerate() {
                let at = column + 8 * i;
                block.0[at] = pair.xor(self.sum.0[at]);
            }
        }
    }
}

impl Zeroize for Compression {
    fn zeroize(&mut self) {
        self.sum.zeroize();
        self.rows.zeroize();
    }
}

/// P: 16 words as a square, of which GB mixes the columns and then the diagonals.
#[inline(always)]
fn permuted([a0, a1, b0, b1, c0, c1, d0, d1]: [U64x2; 8], zero: U64x2) -> [U64x2; 8] {
    let [a, [b0, b1], [c0, c1], [d0, d1]] = mixed([[a0, a1], [b0, b1], [c0, c1], [d0, d1]], zero);
    let b = [b0.followed_by(b1), b1.followed_by(b0)];
    let d = [d1.followed_by(d0), d0.followed_by(d1)];
    let [[a0, a1], [b0, b1], [c1, c0], [d0, d1]] = mixed([a, b, [c1, c0], d], zero);
    let [b0, b1] = [b1.followed_by(b0), b0.followed_by(b1)];
    let [d0, d1] = [d0.followed_by(d1), d1.followed_by(d0)];
    [a0, a1, b0, b1, c0, c1, d0, d1]
}

/// GB of each word of four rows.
#[inline(always)]
fn mixed([mut a, mut b, mut c, mut d]: [[U64x2; 2]; 4], zero: U64x2) -> [[U64x2; 2]; 4] {
    a = U64x2::multiply_add(a, b, zero);
    d = turned::<32>(d, a);
    c = U64x2::multiply_add(c, d, zero);
    b = turned::<24>(b, c);
    a = U64x2::multiply_add(a, b, zero);
    d = turned::<16>(d, a);
    c = U64x2::multiply_add(c, d, zero);
    b = turned::<63>(b, c);
    [a, b, c, d]
}

#[inline(always)]
fn turned<const BITS: u32>([x0, x1]: [U64x2; 2], [y0, y1]: [U64x2; 2]) -> [U64x2; 2] {
    [x0.xor(y0).rotate::<BITS>(), x1.xor(y1).rotate::<BITS>()]
}
