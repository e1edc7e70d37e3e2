//! Four words at once: in WebAssembly by its SIMD instructions, elsewhere one by one.

/// Four 32-bit words. No operation takes a time that depends on them.
pub(crate) trait U32x4: Copy {
    fn new(words: [u32; 4]) -> Self;
    fn add(self, other: Self) -> Self;
    fn xor(self, other: Self) -> Self;
    fn rotate_left<const BY: u32>(self) -> Self;
    /// Row `i` of the result is column `i` of `rows`.
    fn transpose(rows: [Self; 4]) -> [Self; 4];
    /// The words in little-endian order.
    fn from_bytes(bytes: &[u8; 16]) -> Self;
    /// The words in little-endian order.
    fn to_bytes(self) -> [u8; 16];
}

/// For tests, and for looking at the same code under valgrind.
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
#[derive(Clone, Copy)]
pub(crate) struct Portable([u32; 4]);

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
impl U32x4 for Portable {
    #[inline(always)]
    fn new(words: [u32; 4]) -> Self {
        Self(words)
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        let ([a, b, c, d], [e, f, g, h]) = (self.0, other.0);
        Self([a.wrapping_add(e), b.wrapping_add(f), c.wrapping_add(g), d.wrapping_add(h)])
    }

    #[inline(always)]
    fn xor(self, other: Self) -> Self {
        let ([a, b, c, d], [e, f, g, h]) = (self.0, other.0);
        Self([a ^ e, b ^ f, c ^ g, d ^ h])
    }

    #[inline(always)]
    fn rotate_left<const BY: u32>(self) -> Self {
        Self(self.0.map(|word| word.rotate_left(BY)))
    }

    #[inline(always)]
    fn transpose(rows: [Self; 4]) -> [Self; 4] {
        let [[a0, a1, a2, a3], [b0, b1, b2, b3], [c0, c1, c2, c3], [d0, d1, d2, d3]] = rows.map(|row| row.0);
        [Self([a0, b0, c0, d0]), Self([a1, b1, c1, d1]), Self([a2, b2, c2, d2]), Self([a3, b3, c3, d3])]
    }

    #[inline(always)]
    fn from_bytes(bytes: &[u8; 16]) -> Self {
        let number = u128::from_le_bytes(*bytes);
        Self([number, number >> 32, number >> 64, number >> 96].map(|word| word as u32))
    }

    #[inline(always)]
    fn to_bytes(self) -> [u8; 16] {
        let [a, b, c, d] = self.0.map(u128::from);
        (a | b << 32 | c << 64 | d << 96).to_le_bytes()
    }
}

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
pub(crate) use simd128::Simd128;

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod simd128 {
    use core::arch::wasm32::{
        i8x16_shuffle, u32x4, u32x4_add, u32x4_shl, u32x4_shr, u32x4_shuffle, u64x2, u64x2_extract_lane, v128, v128_or,
        v128_xor,
    };

    use super::U32x4;

    #[derive(Clone, Copy)]
    pub(crate) struct Simd128(v128);

    impl U32x4 for Simd128 {
        #[inline(always)]
        fn new([a, b, c, d]: [u32; 4]) -> Self {
            Self(u32x4(a, b, c, d))
        }

        #[inline(always)]
        fn add(self, other: Self) -> Self {
            Self(u32x4_add(self.0, other.0))
        }

        #[inline(always)]
        fn xor(self, other: Self) -> Self {
            Self(v128_xor(self.0, other.0))
        }

        #[inline(always)]
        fn rotate_left<const BY: u32>(self) -> Self {
            // Whole bytes are moved by one instruction; WebAssembly has no rotation.
            Self(match BY {
                16 => i8x16_shuffle::<2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13>(self.0, self.0),
                _ => v128_or(u32x4_shl(self.0, BY), u32x4_shr(self.0, 32 - BY)),
            })
        }

        #[inline(always)]
        fn transpose([a, b, c, d]: [Self; 4]) -> [Self; 4] {
            let low = |a: v128, b: v128| u32x4_shuffle::<0, 4, 1, 5>(a, b);
            let high = |a: v128, b: v128| u32x4_shuffle::<2, 6, 3, 7>(a, b);
            let (ac, bd) = (low(a.0, c.0), low(b.0, d.0));
            let (ac_high, bd_high) = (high(a.0, c.0), high(b.0, d.0));
            [low(ac, bd), high(ac, bd), low(ac_high, bd_high), high(ac_high, bd_high)].map(Self)
        }

        #[inline(always)]
        fn from_bytes(bytes: &[u8; 16]) -> Self {
            let number = u128::from_le_bytes(*bytes);
            Self(u64x2(number as u64, (number >> 64) as u64))
        }

        #[inline(always)]
        fn to_bytes(self) -> [u8; 16] {
            let (low, high) = (u64x2_extract_lane::<0>(self.0), u64x2_extract_lane::<1>(self.0));
            (u128::from(low) | u128::from(high) << 64).to_le_bytes()
        }
    }
}
