//! Integers modulo 2^255 - 19, two at a time, in floating point (Bernstein, "Floating-point arithmetic and message
//! authentication", §4, and "Curve25519: new Diffie-Hellman speed records", §4): a vector unit multiplies `f64` in one
//! instruction, and nothing as wide of integers.
//!
//! A number is the sum of twelve limbs. Limb i is a multiple of 2^E[i], E[i] = ⌈21.25 i⌉, and *reduced* where
//! |limb i| ≤ 65/64 · 2^(E[i+1]-1). [`Field::mul`] and [`Field::square`] take sums and differences of two reduced numbers
//! (limbs up to twice that, or up to four times that in one factor) and give a reduced one.
//!
//! **Everything is exact.** A product of limbs i and j is a multiple of 2^E[i+j], since E[i] + E[j] ≥ E[i+j]; from 2^255
//! on it is brought down by 19 · 2^-255, to a multiple of 2^E[i+j-12]. So all terms of column k are multiples of 2^E[k],
//! and their absolute values add up to less than 2^(E[k]+53) (the test `columns_stay_below_53_bits` adds the largest
//! ones): no sum or product is ever rounded, in whatever order it is computed.
//!
//! **Time does not depend on the numbers.** Additions, subtractions and multiplications of `f64` take the same time for all
//! normal numbers and zero; there is no division, comparison or conversion. A value here is zero or, in absolute value, between
//! 2^(-255) and 2^(510 + 53): no denormal number, infinity or NaN can come up.

#![allow(clippy::indexing_slicing, reason = "twelve limbs, four words: every index is a constant or a loop's over them")]

use core::array;

use zeroize::Zeroize;

use super::f64x2::F64x2;

/// Where each limb starts, in bits, and where a thirteenth would.
const E: [u32; 13] = [0, 22, 43, 64, 85, 107, 128, 149, 170, 192, 213, 234, 255];

/// 2^`exponent`.
const fn power(exponent: i32) -> f64 {
    f64::from_bits(((1023 + exponent) as u64) << 52)
}

/// 2^255 = 19 modulo the prime.
const WRAP: f64 = 19.0 * power(-255);

/// `x + ROUND[i] - ROUND[i]` is `x` rounded to a multiple of 2^E[i+1]: numbers near 3 · 2^(E[i+1] + 51) have no finer
/// bits. Right for |x| ≤ 2^(E[i+1] + 51).
const ROUND: [f64; 12] = {
    let mut round = [0.0; 12];
    let mut i = 0;
    while i < 12 {
        round[i] = 3.0 * power(E[i + 1] as i32 + 51);
        i += 1;
    }
    round
};

/// Two numbers, one in each lane.
#[derive(Clone, Copy)]
pub(super) struct Field([F64x2; 12]);

impl Field {
    /// A small number in each lane: at most 2^21.
    pub(super) fn small([low, high]: [f64; 2]) -> Self {
        Self(array::from_fn(|i| if i == 0 { F64x2::new(low, high) } else { F64x2::splat(0.0) }))
    }

    /// Reads two numbers, little-endian. The top bit is ignored (RFC 7748 §5), and numbers above the prime stand for
    /// what they are modulo it.
    pub(super) fn from_bytes(bytes: [&[u8; 32]; 2]) -> Self {
        let [low, high] = bytes.map(limbs_of);
        carry(array::from_fn(|i| F64x2::new(low[i], high[i])))
    }

    /// Both numbers, each the smallest that is not negative.
    pub(super) fn to_bytes(&self) -> [[u8; 32]; 2] {
        array::from_fn(|lane| bytes_of(&self.0.map(|limb| limb.to_array()[lane])))
    }

    pub(super) fn exchange(mask: u64, a: &mut Self, b: &mut Self) {
        for (a, b) in a.0.iter_mut().zip(&mut b.0) {
            F64x2::exchange(mask, a, b);
        }
    }

    pub(super) fn swap_lanes(&self) -> Self {
        Self(self.0.map(F64x2::swap_lanes))
    }

    /// Each limb times a number of at most 17 bits, of its own for each lane.
    pub(super) fn scale(&self, by: F64x2) -> Self {
        Self(self.0.map(|limb| limb * by))
    }

    pub(super) fn add(&self, other: &Self) -> Self {
        Self(array::from_fn(|i| self.0[i] + other.0[i]))
    }

    pub(super) fn sub(&self, other: &Self) -> Self {
        Self(array::from_fn(|i| self.0[i] - other.0[i]))
    }

    #[rustfmt::skip]
    #[inline(never)]
    pub(super) fn mul(&self, other: &Self) -> Self {
        let [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11] = self.0;
        let [b0, b1, b2, b3, b4, b5, b6, b7, b8, b9, b10, b11] = other.0;
        let w = F64x2::splat(WRAP);
        let (c1, c2, c3, c4, c5, c6) = (b1 * w, b2 * w, b3 * w, b4 * w, b5 * w, b6 * w);
        let (c7, c8, c9, c10, c11) = (b7 * w, b8 * w, b9 * w, b10 * w, b11 * w);
        carry([
            a0 * b0 + a1 * c11 + a2 * c10 + a3 * c9 + a4 * c8 + a5 * c7 + a6 * c6 + a7 * c5 + a8 * c4 + a9 * c3 + a10 * c2 + a11 * c1,
            a0 * b1 + a1 * b0 + a2 * c11 + a3 * c10 + a4 * c9 + a5 * c8 + a6 * c7 + a7 * c6 + a8 * c5 + a9 * c4 + a10 * c3 + a11 * c2,
            a0 * b2 + a1 * b1 + a2 * b0 + a3 * c11 + a4 * c10 + a5 * c9 + a6 * c8 + a7 * c7 + a8 * c6 + a9 * c5 + a10 * c4 + a11 * c3,
            a0 * b3 + a1 * b2 + a2 * b1 + a3 * b0 + a4 * c11 + a5 * c10 + a6 * c9 + a7 * c8 + a8 * c7 + a9 * c6 + a10 * c5 + a11 * c4,
            a0 * b4 + a1 * b3 + a2 * b2 + a3 * b1 + a4 * b0 + a5 * c11 + a6 * c10 + a7 * c9 + a8 * c8 + a9 * c7 + a10 * c6 + a11 * c5,
            a0 * b5 + a1 * b4 + a2 * b3 + a3 * b2 + a4 * b1 + a5 * b0 + a6 * c11 + a7 * c10 + a8 * c9 + a9 * c8 + a10 * c7 + a11 * c6,
            a0 * b6 + a1 * b5 + a2 * b4 + a3 * b3 + a4 * b2 + a5 * b1 + a6 * b0 + a7 * c11 + a8 * c10 + a9 * c9 + a10 * c8 + a11 * c7,
            a0 * b7 + a1 * b6 + a2 * b5 + a3 * b4 + a4 * b3 + a5 * b2 + a6 * b1 + a7 * b0 + a8 * c11 + a9 * c10 + a10 * c9 + a11 * c8,
            a0 * b8 + a1 * b7 + a2 * b6 + a3 * b5 + a4 * b4 + a5 * b3 + a6 * b2 + a7 * b1 + a8 * b0 + a9 * c11 + a10 * c10 + a11 * c9,
            a0 * b9 + a1 * b8 + a2 * b7 + a3 * b6 + a4 * b5 + a5 * b4 + a6 * b3 + a7 * b2 + a8 * b1 + a9 * b0 + a10 * c11 + a11 * c10,
            a0 * b10 + a1 * b9 + a2 * b8 + a3 * b7 + a4 * b6 + a5 * b5 + a6 * b4 + a7 * b3 + a8 * b2 + a9 * b1 + a10 * b0 + a11 * c11,
            a0 * b11 + a1 * b10 + a2 * b9 + a3 * b8 + a4 * b7 + a5 * b6 + a6 * b5 + a7 * b4 + a8 * b3 + a9 * b2 + a10 * b1 + a11 * b0,
        ])
    }

    #[rustfmt::skip]
    #[inline(never)]
    pub(super) fn square(&self) -> Self {
        let [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11] = self.0;
        let w = F64x2::splat(WRAP);
        let two = |a: F64x2| a + a;
        let (d0, d1, d2, d3, d4, d5) = (two(a0), two(a1), two(a2), two(a3), two(a4), two(a5));
        let (d6, d7, d8, d9, d10) = (two(a6), two(a7), two(a8), two(a9), two(a10));
        let (c6, c7, c8, c9, c10, c11) = (a6 * w, a7 * w, a8 * w, a9 * w, a10 * w, a11 * w);
        carry([
            a0 * a0 + d1 * c11 + d2 * c10 + d3 * c9 + d4 * c8 + d5 * c7 + a6 * c6,
            d0 * a1 + d2 * c11 + d3 * c10 + d4 * c9 + d5 * c8 + d6 * c7,
            d0 * a2 + a1 * a1 + d3 * c11 + d4 * c10 + d5 * c9 + d6 * c8 + a7 * c7,
            d0 * a3 + d1 * a2 + d4 * c11 + d5 * c10 + d6 * c9 + d7 * c8,
            d0 * a4 + d1 * a3 + a2 * a2 + d5 * c11 + d6 * c10 + d7 * c9 + a8 * c8,
            d0 * a5 + d1 * a4 + d2 * a3 + d6 * c11 + d7 * c10 + d8 * c9,
            d0 * a6 + d1 * a5 + d2 * a4 + a3 * a3 + d7 * c11 + d8 * c10 + a9 * c9,
            d0 * a7 + d1 * a6 + d2 * a5 + d3 * a4 + d8 * c11 + d9 * c10,
            d0 * a8 + d1 * a7 + d2 * a6 + d3 * a5 + a4 * a4 + d9 * c11 + a10 * c10,
            d0 * a9 + d1 * a8 + d2 * a7 + d3 * a6 + d4 * a5 + d10 * c11,
            d0 * a10 + d1 * a9 + d2 * a8 + d3 * a7 + d4 * a6 + a5 * a5 + a11 * c11,
            d0 * a11 + d1 * a10 + d2 * a9 + d3 * a8 + d4 * a7 + d5 * a6,
        ])
    }

    fn square_times(&self, times: u32) -> Self {
        (1..times).fold(self.square(), |square, _| square.square())
    }

    /// The inverses; of 0, 0. By Fermat: to the power of 2^255 - 21.
    pub(super) fn invert(&self) -> Self {
        let z2 = self.square();
        let z9 = z2.square_times(2).mul(self);
        let z11 = z9.mul(&z2);
        let z5 = z11.square().mul(&z9); // to the 2^5 - 1, and so on
        let z10 = z5.square_times(5).mul(&z5);
        let z20 = z10.square_times(10).mul(&z10);
        let z40 = z20.square_times(20).mul(&z20);
        let z50 = z40.square_times(10).mul(&z10);
        let z100 = z50.square_times(50).mul(&z50);
        let z200 = z100.square_times(100).mul(&z100);
        let z250 = z200.square_times(50).mul(&z50);
        z250.square_times(5).mul(&z11)
    }

    /// `self · by + other`, reduced, but for 12 % and limb 0, which may be 2.3 times as large: a factor for a sum or
    /// difference.
    pub(super) fn scale_and_add(&self, by: F64x2, other: &Self) -> Self {
        let columns: [_; 12] = array::from_fn(|i| self.0[i] * by + other.0[i]);
        let over: [_; 12] = array::from_fn(|i| columns[i] + F64x2::splat(ROUND[i]) - F64x2::splat(ROUND[i]));
        let into = |i| if i == 0 { over[11] * F64x2::splat(WRAP) } else { over[i - 1] };
        Self(array::from_fn(|i| columns[i] - over[i] + into(i)))
    }
}

impl Zeroize for Field {
    fn zeroize(&mut self) {
        *self = Self::small([0.0; 2]);
        core::hint::black_box(self);
    }
}

/// Reduces columns below 2^53 of their units. Three chains at a time, which a processor runs side by side.
#[inline(always)]
fn carry(mut h: [F64x2; 12]) -> Field {
    macro_rules! carry {
        ($($from:literal => $to:literal)*) => { $(
            let round = F64x2::splat(ROUND[$from]);
            let over = h[$from] + round - round;
            h[$from] = h[$from] - over;
            h[$to] = h[$to] + if $to == 0 { over * F64x2::splat(WRAP) } else { over };
        )* };
    }
    carry!(0 => 1  4 => 5  8 => 9);
    carry!(1 => 2  5 => 6  9 => 10);
    carry!(2 => 3  6 => 7  10 => 11);
    carry!(3 => 4  7 => 8  11 => 0);
    carry!(4 => 5  8 => 9  0 => 1);
    Field(h)
}

/// Three limbs to a 64-bit word: E[3] is 64, E[6] is 128, E[9] is 192.
fn limbs_of(bytes: &[u8; 32]) -> [f64; 12] {
    let (words, _) = bytes.as_chunks::<8>();
    array::from_fn(|i| {
        let bits = u64::from_le_bytes(words[i / 3]) >> (E[i] % 64) & ((1 << (E[i + 1] - E[i])) - 1);
        bits as f64 * power(E[i] as i32)
    })
}

fn bytes_of(limbs: &[f64; 12]) -> [u8; 32] {
    // The prime is added, because a reduced number can be negative, as far down as -2^254 · 65/64.
    let mut words: [i128; 4] = [u64::MAX - 18, u64::MAX, u64::MAX, u64::MAX >> 1].map(i128::from);
    for (i, limb) in limbs.iter().enumerate() {
        // Numbers near 3 · 2^(E[i] + 51) have their units of 2^E[i] in the lowest bit.
        let origin = 3.0 * power(E[i] as i32 + 51);
        let units = (limb + origin).to_bits().wrapping_sub(origin.to_bits()).cast_signed();
        words[i / 3] += i128::from(units) << (E[i] % 64);
    }
    let plus = |mut carry: i128| {
        words.map(|word| {
            let sum = word + carry;
            carry = sum >> 64;
            sum as u64
        })
    };
    // Now between 0 and twice the prime: 19 more reach 2^255 just where the prime is to be taken off again.
    let above = plus(19)[3] >> 63;
    let mut reduced = plus(19 * i128::from(above));
    reduced[3] &= u64::MAX >> 1;
    let mut bytes = [0; 32];
    for (bytes, word) in bytes.as_chunks_mut::<8>().0.iter_mut().zip(reduced) {
        *bytes = word.to_le_bytes();
    }
    bytes
}
