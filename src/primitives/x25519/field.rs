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
//! and their absolute values add up to less than 2^(E[k]+53) (debug builds check it, and the tests try the largest limbs):
//! no sum or product is ever rounded, in whatever order it is computed.
//!
//! **Time does not depend on the numbers.** Additions, subtractions and multiplications of `f64` take the same time for all
//! normal numbers and zero; there is no division or comparison, and no conversion but of a point's bits. A value here is
//! zero or, in absolute value, between 2^-255 and 2^563: no denormal number, infinity or NaN can come up.

#![allow(
    clippy::indexing_slicing,
    reason = "twelve limbs, four words: every index is a constant or a loop's over them"
)]

use core::{array, hint::black_box};

use zeroize::Zeroize;

use super::f64x2::F64x2;

/// Where each limb starts, in bits, and where a thirteenth would.
const E: [u32; 13] = [0, 22, 43, 64, 85, 107, 128, 149, 170, 192, 213, 234, 255];

/// 2^`exponent`.
const fn power(exponent: i32) -> f64 {
    f64::from_bits(((1023 + exponent) as u64) << 52)
}

/// 2^255 = 19 modulo the prime.
const WRAP: F64x2 = F64x2::new(19.0 * power(-255), 19.0 * power(-255));

/// `x + ROUND[i] - ROUND[i]` is `x` rounded to a multiple of 2^E[i+1]: numbers near 3 · 2^(E[i+1] + 51) have no finer
/// bits. Right for |x| ≤ 2^(E[i+1] + 51).
static ROUND: [F64x2; 12] = {
    let mut round = [F64x2::new(0.0, 0.0); 12];
    let mut i = 0;
    while i < 12 {
        let bound = 3.0 * power(E[i + 1] as i32 + 51);
        round[i] = F64x2::new(bound, bound);
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
    #[inline(never)]
    pub(super) fn from_bytes(bytes: [&[u8; 32]; 2]) -> Self {
        let [low, high] = bytes.map(limbs_of);
        carry(array::from_fn(|i| F64x2::new(low[i], high[i])))
    }

    /// Both numbers, each the smallest that is not negative.
    #[inline(never)]
    pub(super) fn bytes(&self) -> [[u8; 32]; 2] {
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

    #[inline(never)]
    pub(super) fn mul(&self, other: &Self) -> Self {
        check_columns(self, other);
        // Twelve sums that do not wait for each other, to which two limbs at a time add a row each: what one register file
        // and the order of a loop allow. (Unrolled, the compiler sorts it by columns, which takes half as long again.)
        let wrapped = other.scale(WRAP).0;
        let shifted: [_; 23] = array::from_fn(|i| if i < 11 { wrapped[i + 1] } else { other.0[i - 11] });
        let mut columns = [F64x2::splat(0.0); 12];
        for (&[a, b], rows) in self.0.as_chunks::<2>().0.iter().zip(shifted.array_windows::<13>().rev().step_by(2)) {
            for i in 0..12 {
                columns[i] = columns[i] + a * rows[i + 1] + b * rows[i];
            }
        }
        carry(columns)
    }

    #[rustfmt::skip]
    #[inline(never)]
    pub(super) fn square(&self) -> Self {
        check_columns(self, self);
        let [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11] = self.0;
        let [d0, d1, d2, d3, d4, d5, d6, d7, d8, d9, d10, _] = self.0.map(|limb| limb + limb);
        let [_, _, _, _, _, _, c6, c7, c8, c9, c10, c11] = self.0.map(|limb| limb * WRAP);
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

    #[inline(never)]
    fn square_times(&self, times: u32) -> Self {
        (1..times).fold(self.square(), |square, _| square.square())
    }

    /// The inverses; of 0, 0. By Fermat: to the power of 2^255 - 21.
    #[inline(never)]
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
        let round = black_box(&ROUND);
        let over: [_; 12] = array::from_fn(|i| columns[i] + round[i] - round[i]);
        let into = |i| if i == 0 { over[11] * WRAP } else { over[i - 1] };
        Self(array::from_fn(|i| columns[i] - over[i] + into(i)))
    }
}

impl Zeroize for Field {
    #[inline(never)]
    fn zeroize(&mut self) {
        *self = Self::small([0.0; 2]);
        black_box(self);
    }
}

/// Reduces columns below 2^53 of their units. Three chains at a time, which a processor runs side by side.
#[inline(always)]
fn carry(mut h: [F64x2; 12]) -> Field {
    let round = black_box(&ROUND); // to be loaded: in the code, each would take several instructions
    macro_rules! carry {
        ($($from:literal => $to:literal)*) => { $(
            let over = h[$from] + round[$from] - round[$from];
            h[$from] = h[$from] - over;
            h[$to] = h[$to] + if $to == 0 { over * WRAP } else { over };
        )* };
    }
    carry!(0 => 1  4 => 5  8 => 9);
    carry!(1 => 2  5 => 6  9 => 10);
    carry!(2 => 3  6 => 7  10 => 11);
    carry!(3 => 4  7 => 8  11 => 0);
    carry!(4 => 5  8 => 9  0 => 1);
    check_reduced(Field(h))
}

/// That no column of a product can reach 2^53 units, and every limb is a multiple of its unit.
fn check_columns(a: &Field, b: &Field) {
    if cfg!(debug_assertions) {
        for lane in 0..2 {
            let [a, b] = [a, b].map(|field| field.0.map(|limb| limb.to_array()[lane].abs()));
            for k in 0..12 {
                let wrapped = |i| if i > k { 19.0 * power(-255) } else { 1.0 };
                let column: f64 = (0..12).map(|i| a[i] * b[(12 + k - i) % 12] * wrapped(i)).sum();
                debug_assert!(column < power(E[k] as i32 + 53));
                debug_assert!([a, b].iter().all(|limbs| (limbs[k] * power(-(E[k] as i32))).fract() == 0.0));
            }
        }
    }
}

/// That a number is reduced.
fn check_reduced(field: Field) -> Field {
    if cfg!(debug_assertions) {
        for (i, limb) in field.0.iter().enumerate() {
            let most = 65.0 / 64.0 * power(E[i + 1] as i32 - 1);
            debug_assert!(limb.to_array().iter().all(|limb| limb.abs() <= most));
        }
    }
    field
}

/// Three limbs to a 64-bit word: E[3] is 64, E[6] is 128, E[9] is 192.
#[inline(never)]
fn limbs_of(bytes: &[u8; 32]) -> [f64; 12] {
    let (words, _) = bytes.as_chunks::<8>();
    array::from_fn(|i| {
        let bits = u64::from_le_bytes(words[i / 3]) >> (E[i] % 64) & ((1 << (E[i + 1] - E[i])) - 1);
        bits as f64 * power(E[i] as i32)
    })
}

#[inline(never)]
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

#[cfg(test)]
mod tests {
    use num_bigint::{BigInt, Sign};

    use super::*;
    use crate::x25519::tests::Random;

    fn prime() -> BigInt {
        (BigInt::from(1) << 255) - 19
    }

    /// What a lane stands for, between 0 and the prime.
    fn value(field: &Field, lane: usize) -> BigInt {
        let units = |(i, limb): (usize, &F64x2)| {
            let units = limb.to_array()[lane] * power(-(E[i] as i32));
            assert!(units.fract() == 0.0 && units.abs() < power(53));
            BigInt::from(units as i64) << E[i]
        };
        let sum: BigInt = field.0.iter().enumerate().map(units).sum();
        ((sum % prime()) + prime()) % prime()
    }

    fn number(bytes: &[u8; 32]) -> BigInt {
        BigInt::from_bytes_le(Sign::Plus, bytes)
    }

    /// Limbs of up to `times` what a reduced number has: all at an extreme, in several patterns of signs, or anything.
    fn extremes(times: f64, random: &mut Random) -> Vec<Field> {
        let limb = |i: usize, share: f64| {
            let unit = power(E[i] as i32);
            (times * 65.0 / 64.0 * power(E[i + 1] as i32 - 1) / unit * share).trunc() * unit
        };
        let mut limbs = vec![[1.0; 12], [-1.0; 12]];
        limbs.push(array::from_fn(|i| if i % 2 == 0 { 1.0 } else { -1.0 }));
        limbs.extend((0..12).map(|one| array::from_fn(|i| if i == one { -1.0 } else { 1.0 })));
        limbs.extend((0..12).map(|one| array::from_fn(|i| if i == one { 1.0 } else { 0.0 })));
        limbs.extend((0..40).map(|_| array::from_fn(|_| if random.next().is_multiple_of(2) { 1.0 } else { -1.0 })));
        limbs.extend((0..40).map(|_| array::from_fn(|_| random.next() as i64 as f64 / power(63))));
        let lanes: Vec<[f64; 12]> = limbs.iter().map(|shares| array::from_fn(|i| limb(i, shares[i]))).collect();
        let fields = lanes.iter().zip(lanes.iter().rev());
        fields.map(|(low, high)| Field(array::from_fn(|i| F64x2::new(low[i], high[i])))).collect()
    }

    #[test]
    fn products_are_those_of_whole_numbers_up_to_the_largest_limbs() {
        let random = &mut Random(1);
        for (times, other_times) in [(2.0, 2.0), (4.0, 2.0), (1.0, 4.0)] {
            let others = extremes(other_times, random);
            for a in extremes(times, random) {
                for b in others[..3].iter().chain(others.iter().step_by(9)) {
                    let product = a.mul(b);
                    for lane in 0..2 {
                        assert_eq!(value(&product, lane), value(&a, lane) * value(b, lane) % prime());
                    }
                }
            }
        }
    }

    #[test]
    fn squares_and_inverses_are_those_of_whole_numbers() {
        for a in extremes(2.0, &mut Random(2)) {
            let (square, inverse) = (a.square(), a.invert());
            for lane in 0..2 {
                let number = value(&a, lane);
                assert_eq!(value(&square, lane), &number * &number % prime());
                assert_eq!(value(&inverse, lane), number.modpow(&(prime() - 2), &prime()));
                assert_eq!(value(&square, lane), value(&a.mul(&a), lane));
            }
        }
    }

    /// The step of the ladder with the largest numbers: E · (AA + 121665 E), E a difference.
    #[test]
    fn a_scaled_difference_stays_a_factor() {
        let random = &mut Random(3);
        let reduced = extremes(1.0, random);
        for e in extremes(2.0, random) {
            for aa in &reduced {
                let sum = e.scale_and_add(F64x2::new(121_665.0, 1.0), aa);
                let product = e.mul(&sum);
                for (lane, by) in [121_665, 1].into_iter().enumerate() {
                    let expected = (value(&e, lane) * by + value(aa, lane)) % prime();
                    assert_eq!(value(&sum, lane), expected);
                    assert_eq!(value(&product, lane), expected * value(&e, lane) % prime());
                }
            }
        }
    }

    #[test]
    fn bytes_are_read_modulo_the_prime_and_written_below_it() {
        let random = &mut Random(4);
        let mut numbers: Vec<[u8; 32]> = (0..100).map(|_| random.bytes()).collect();
        numbers.extend([[0; 32], [0xff; 32]]);
        for pair in numbers.windows(2) {
            let field = Field::from_bytes([&pair[0], &pair[1]]);
            for (lane, bytes) in pair.iter().enumerate() {
                let mut low = *bytes;
                low[31] &= 127;
                assert_eq!(value(&field, lane), number(&low) % prime());
            }
        }
        for field in extremes(1.0, random) {
            for (lane, bytes) in field.bytes().iter().enumerate() {
                assert_eq!(number(bytes), value(&field, lane));
            }
        }
    }

    #[test]
    fn numbers_around_the_prime_are_written_below_it() {
        for from_zero in -40..=40 {
            let small = Field::small([f64::from(from_zero), 0.0]);
            let [low, high] = small.bytes();
            assert_eq!(number(&low), (prime() + from_zero) % prime());
            assert_eq!(high, [0; 32]);
        }
    }

    #[test]
    fn an_exchange_takes_all_or_nothing() {
        let (mut a, mut b) = (Field::small([1.0, -2.0]), Field::small([3.0, 4.0]));
        Field::exchange(0, &mut a, &mut b);
        assert_eq!([a.0[0].to_array(), b.0[0].to_array()], [[1.0, -2.0], [3.0, 4.0]]);
        Field::exchange(u64::MAX, &mut a, &mut b);
        assert_eq!([a.0[0].to_array(), b.0[0].to_array()], [[3.0, 4.0], [1.0, -2.0]]);
        assert_eq!(a.swap_lanes().0[0].to_array(), [4.0, 3.0]);
    }
}
