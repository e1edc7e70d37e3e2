//! Poly1305 (RFC 8439 §2.5) with 32-bit limbs: 20 multiplications of 64 bits a block, which WebAssembly has.

use std::hint::black_box;

pub(super) const BLOCK: usize = 16;

/// The low 32 bits of a limb; what is above is carried.
const LOW: u64 = 0xffff_ffff;

/// Σ hᵢ·2³²ⁱ, modulo p = 2¹³⁰ - 5 but not fully reduced: h₀ < 3.1·2³², h₁…h₃ < 2³², h₄ < 4.
pub(super) type Sum = [u64; 5];

/// The clamped half of a key: rᵢ < 2²⁸, and 4 divides r₁…r₃.
#[derive(Clone, Copy)]
pub(super) struct Factor {
    r: [u64; 4],
    /// rᵢ·5/4 for i = 1, 2, 3. As 2¹³⁰ ≡ 5, rᵢ with the weight 2¹²⁸⁺ᵏ is these with the weight 2ᵏ.
    s: [u64; 3],
}

impl Factor {
    fn new(bytes: &[u8; 16]) -> Self {
        let [r0, r1, r2, r3] = words(bytes);
        let [r1, r2, r3] = [r1, r2, r3].map(|word| u64::from(word & 0x0fff_fffc));
        let s = [r1, r2, r3].map(|word| word + (word >> 2));
        Self { r: [u64::from(r0 & 0x0fff_ffff), r1, r2, r3], s }
    }

    /// (h + block + 2¹²⁸)·r. With the block, h₀ < 4.1·2³², h₁…h₃ < 2³³ and h₄ < 5, so every sum here is below 12·2⁶⁰.
    #[inline(always)]
    pub(super) fn absorb(&self, h: Sum, block: &[u8; BLOCK]) -> Sum {
        let [m0, m1, m2, m3] = words(block).map(u64::from);
        let [h0, h1, h2, h3, h4] = h;
        let [r0, r1, r2, r3] = self.r;
        let [s1, s2, s3] = self.s;
        let (h0, h1, h2, h3, h4) = (h0 + m0, h1 + m1, h2 + m2, h3 + m3, h4 + 1);
        let d0 = h0 * r0 + h1 * s3 + h2 * s2 + h3 * s1;
        let d1 = h0 * r1 + h1 * r0 + h2 * s3 + h3 * s2 + h4 * s1;
        let d2 = h0 * r2 + h1 * r1 + h2 * r0 + h3 * s3 + h4 * s2;
        let d3 = h0 * r3 + h1 * r2 + h2 * r1 + h3 * r0 + h4 * s3;
        let d4 = h4 * r0;
        let d1 = d1 + (d0 >> 32);
        let d2 = d2 + (d1 >> 32);
        let d3 = d3 + (d2 >> 32);
        let d4 = d4 + (d3 >> 32); // < 13.1·2²⁸
        // What is above the lowest two bits of d4 comes back five times: < 1.1·2³².
        let back = (d4 >> 2) + (d4 & !3);
        [(d0 & LOW) + back, d1 & LOW, d2 & LOW, d3 & LOW, d4 & 3]
    }
}

/// A sum, its key, and bytes that wait. Whoever holds it wipes it.
pub(super) struct Mac {
    pub(super) sum: Sum,
    pub(super) factor: Factor,
    /// Added at the end, modulo 2¹²⁸.
    pad: [u32; 4],
    part: [u8; BLOCK],
    part_len: usize,
}

impl Mac {
    pub(super) fn new(r: &[u8; 16], s: &[u8; 16]) -> Self {
        Self { sum: [0; 5], factor: Factor::new(r), pad: words(s), part: [0; BLOCK], part_len: 0 }
    }

    fn blocks(&mut self, blocks: &[[u8; BLOCK]]) {
        self.sum = blocks.iter().fold(self.sum, |sum, block| self.factor.absorb(sum, block));
    }

    /// Any bytes; those that fill no block wait for the next.
    pub(super) fn update(&mut self, bytes: &[u8]) {
        let (blocks, tail) = self.complete(bytes).as_chunks();
        self.blocks(blocks);
        self.keep(tail);
    }

    /// Takes what the block that waits still lacks. The rest is given back.
    pub(super) fn complete<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        if self.part_len == 0 {
            return bytes;
        }
        let (start, rest) = bytes.split_at(bytes.len().min(BLOCK - self.part_len));
        self.keep(start);
        if self.part_len == BLOCK {
            self.pad_block();
        }
        rest
    }

    /// Fills the last block with zeros (RFC 8439 §2.8: `pad16`).
    pub(super) fn pad_block(&mut self) {
        if self.part_len > 0 {
            self.blocks(&[self.part]);
            self.part = [0; BLOCK];
            self.part_len = 0;
        }
    }

    fn keep(&mut self, bytes: &[u8]) {
        for (to, from) in self.part.iter_mut().skip(self.part_len).zip(bytes) {
            *to = *from;
        }
        self.part_len += bytes.len();
    }

    /// The tag of the whole blocks so far.
    #[inline(never)] // `cargo xtask verify constant-time` looks at it
    pub(super) fn tag(&self) -> [u8; BLOCK] {
        // h < 2¹³⁰ with every limb in 32 bits, after two rounds of carrying.
        let h = carry(carry(self.sum));
        // h - p = h + 5 - 2¹³⁰ is taken unless it is negative, without a branch.
        let [h0, h1, h2, h3, h4] = h;
        let mut carried = 5;
        let minus_p = [h0, h1, h2, h3].map(|limb| {
            let sum = limb + carried;
            carried = sum >> 32;
            sum & LOW
        });
        // All ones, or zero. Seen by the compiler it would become a `select`, which an engine may run as a branch.
        let take = black_box(0_u64.wrapping_sub((h4 + carried) >> 2));
        let mut sum = 0;
        let mut words = [h0, h1, h2, h3].into_iter().zip(minus_p).zip(self.pad).map(|((h, minus_p), pad)| {
            sum = (sum >> 32) + (h & !take | minus_p & take) + u64::from(pad);
            sum as u32
        });
        let mut next = || words.next().unwrap_or_default();
        let words = [next(), next(), next(), next()].map(u128::from);
        let [a, b, c, d] = words;
        (a | b << 32 | c << 64 | d << 96).to_le_bytes()
    }
}

/// The same number modulo p with limbs of 32 bits, except that h₀ may be a little above.
fn carry([h0, h1, h2, h3, h4]: Sum) -> Sum {
    let h1 = h1 + (h0 >> 32);
    let h2 = h2 + (h1 >> 32);
    let h3 = h3 + (h2 >> 32);
    let h4 = h4 + (h3 >> 32);
    [(h0 & LOW) + 5 * (h4 >> 2), h1 & LOW, h2 & LOW, h3 & LOW, h4 & 3]
}

#[inline(always)]
fn words(bytes: &[u8; 16]) -> [u32; 4] {
    let number = u128::from_le_bytes(*bytes);
    [number, number >> 32, number >> 64, number >> 96].map(|word| word as u32)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing, reason = "a test that fails may panic")]

    use poly1305::{
        Poly1305,
        universal_hash::{KeyInit, UniversalHash},
    };

    use super::Mac;

    /// With r = 1 the sum is that of the blocks: 2¹³⁰ - 2 - k here, on both sides of p. Random texts never come near it.
    #[test]
    fn sums_around_the_prime_are_reduced() {
        for pad in [[0; 16], [0xff; 16]] {
            for k in 0..16 {
                let blocks = [u128::MAX, u128::MAX - k].map(u128::to_le_bytes);
                let mut mac = Mac::new(&1_u128.to_le_bytes(), &pad);
                blocks.iter().for_each(|block| mac.update(block));

                let mut key = [0; 32];
                key[0] = 1;
                key[16..].copy_from_slice(&pad);
                let mut theirs = Poly1305::new(&key.into());
                theirs.update(&blocks.map(Into::into));
                assert_eq!(mac.tag(), <[u8; 16]>::from(theirs.finalize()), "k = {k}");
            }
        }
    }
}
