//! Two 64-bit words side by side, with what Argon2's compression function does to them: WebAssembly's `i64x2`, or
//! elsewhere, for tests, an array that computes the same.

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
pub(super) use portable::U64x2;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
pub(super) use simd::U64x2;

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod simd {
    use core::arch::wasm32::{
        i8x16_shuffle, i32x4_shuffle, i64x2_add, i64x2_shuffle, u64x2, u64x2_extmul_high_u32x4, u64x2_extmul_low_u32x4,
        u64x2_extract_lane, u64x2_shr, v128, v128_xor,
    };

    #[derive(Clone, Copy)]
    pub(in super::super) struct U64x2(v128);

    impl U64x2 {
        pub(in super::super) const fn new([low, high]: [u64; 2]) -> Self {
            Self(u64x2(low, high))
        }

        pub(in super::super) fn to_array(self) -> [u64; 2] {
            [u64x2_extract_lane::<0>(self.0), u64x2_extract_lane::<1>(self.0)]
        }

        pub(in super::super) fn xor(self, other: Self) -> Self {
            Self(v128_xor(self.0, other.0))
        }

        /// `a + b + 2 · low half of a · low half of b` for four words (RFC 9106 §3.6). `zero` must be one that the
        /// compiler does not know: it would put masks and full multiplications, which cost twice as much, for halves
        /// and their products.
        pub(in super::super) fn multiply_add(a: [Self; 2], b: [Self; 2], zero: Self) -> [Self; 2] {
            let [[a0, a1], [b0, b1]] = [a, b].map(|pairs| pairs.map(|pair| pair.0));
            let x = v128_xor(i32x4_shuffle::<0, 2, 4, 6>(a0, a1), zero.0);
            let y = v128_xor(i32x4_shuffle::<0, 2, 4, 6>(b0, b1), zero.0);
            let sum = |a, b, product| Self(i64x2_add(i64x2_add(a, b), i64x2_add(product, product)));
            [sum(a0, b0, u64x2_extmul_low_u32x4(x, y)), sum(a1, b1, u64x2_extmul_high_u32x4(x, y))]
        }

        /// Rotates both words to the right by 32, 24, 16 or 63 bits.
        pub(in super::super) fn rotate<const BITS: u32>(self) -> Self {
            let v = self.0;
            Self(match BITS {
                32 => i32x4_shuffle::<1, 0, 3, 2>(v, v),
                24 => i8x16_shuffle::<3, 4, 5, 6, 7, 0, 1, 2, 11, 12, 13, 14, 15, 8, 9, 10>(v, v),
                16 => i8x16_shuffle::<2, 3, 4, 5, 6, 7, 0, 1, 10, 11, 12, 13, 14, 15, 8, 9>(v, v),
                _ => v128_xor(i64x2_add(v, v), u64x2_shr(v, 63)),
            })
        }

        /// The high word of `self`, and the low one of `next`.
        pub(in super::super) fn followed_by(self, next: Self) -> Self {
            Self(i64x2_shuffle::<1, 2>(self.0, next.0))
        }
    }
}

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
mod portable {
    #[derive(Clone, Copy)]
    pub(in super::super) struct U64x2([u64; 2]);

    impl U64x2 {
        pub(in super::super) const fn new(words: [u64; 2]) -> Self {
            Self(words)
        }

        pub(in super::super) fn to_array(self) -> [u64; 2] {
            self.0
        }

        pub(in super::super) fn xor(self, other: Self) -> Self {
            Self([self.0[0] ^ other.0[0], self.0[1] ^ other.0[1]])
        }

        /// `a + b + 2 · low half of a · low half of b` for four words (RFC 9106 §3.6).
        pub(in super::super) fn multiply_add([a0, a1]: [Self; 2], [b0, b1]: [Self; 2], _zero: Self) -> [Self; 2] {
            let word = |a: u64, b: u64| {
                let product = u64::from(a as u32) * u64::from(b as u32);
                a.wrapping_add(b).wrapping_add(product.wrapping_mul(2))
            };
            [(a0, b0), (a1, b1)].map(|(a, b)| Self([word(a.0[0], b.0[0]), word(a.0[1], b.0[1])]))
        }

        /// Rotates both words to the right by 32, 24, 16 or 63 bits.
        pub(in super::super) fn rotate<const BITS: u32>(self) -> Self {
            Self(self.0.map(|word| word.rotate_right(BITS)))
        }

        /// The high word of `self`, and the low one of `next`.
        pub(in super::super) fn followed_by(self, next: Self) -> Self {
            Self([self.0[1], next.0[0]])
        }
    }
}
