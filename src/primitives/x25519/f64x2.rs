//! Two `f64` side by side: WebAssembly's `f64x2`, or elsewhere, for tests, an array that computes the same.

pub(super) use vector::F64x2;

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod vector {
    use core::{
        arch::wasm32::{
            f64x2, f64x2_add, f64x2_extract_lane, f64x2_mul, f64x2_splat, f64x2_sub, i64x2_shuffle, i64x2_splat, v128,
            v128_and, v128_xor,
        },
        ops::{Add, Mul, Sub},
    };

    #[derive(Clone, Copy)]
    pub(in super::super) struct F64x2(v128);

    impl F64x2 {
        pub(in super::super) const fn new(low: f64, high: f64) -> Self {
            Self(f64x2(low, high))
        }

        pub(in super::super) fn splat(value: f64) -> Self {
            Self(f64x2_splat(value))
        }

        pub(in super::super) fn to_array(self) -> [f64; 2] {
            [f64x2_extract_lane::<0>(self.0), f64x2_extract_lane::<1>(self.0)]
        }

        pub(in super::super) fn swap_lanes(self) -> Self {
            Self(i64x2_shuffle::<1, 0>(self.0, self.0))
        }

        /// Exchanges the bits of `a` and `b` that `mask` has.
        pub(in super::super) fn exchange(mask: u64, a: &mut Self, b: &mut Self) {
            let difference = v128_and(v128_xor(a.0, b.0), i64x2_splat(mask.cast_signed()));
            a.0 = v128_xor(a.0, difference);
            b.0 = v128_xor(b.0, difference);
        }
    }

    impl Add for F64x2 {
        type Output = Self;
        fn add(self, other: Self) -> Self {
            Self(f64x2_add(self.0, other.0))
        }
    }

    impl Sub for F64x2 {
        type Output = Self;
        fn sub(self, other: Self) -> Self {
            Self(f64x2_sub(self.0, other.0))
        }
    }

    impl Mul for F64x2 {
        type Output = Self;
        fn mul(self, other: Self) -> Self {
            Self(f64x2_mul(self.0, other.0))
        }
    }
}

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
mod vector {
    use core::ops::{Add, Mul, Sub};

    #[derive(Clone, Copy)]
    pub(in super::super) struct F64x2([f64; 2]);

    impl F64x2 {
        pub(in super::super) const fn new(low: f64, high: f64) -> Self {
            Self([low, high])
        }

        pub(in super::super) fn splat(value: f64) -> Self {
            Self([value; 2])
        }

        pub(in super::super) fn to_array(self) -> [f64; 2] {
            self.0
        }

        pub(in super::super) fn swap_lanes(self) -> Self {
            let [low, high] = self.0;
            Self([high, low])
        }

        /// Exchanges the bits of `a` and `b` that `mask` has.
        pub(in super::super) fn exchange(mask: u64, a: &mut Self, b: &mut Self) {
            for (a, b) in a.0.iter_mut().zip(&mut b.0) {
                let difference = (a.to_bits() ^ b.to_bits()) & mask;
                *a = f64::from_bits(a.to_bits() ^ difference);
                *b = f64::from_bits(b.to_bits() ^ difference);
            }
        }
    }

    impl Add for F64x2 {
        type Output = Self;
        fn add(self, Self([low, high]): Self) -> Self {
            Self([self.0[0] + low, self.0[1] + high])
        }
    }

    impl Sub for F64x2 {
        type Output = Self;
        fn sub(self, Self([low, high]): Self) -> Self {
            Self([self.0[0] - low, self.0[1] - high])
        }
    }

    impl Mul for F64x2 {
        type Output = Self;
        fn mul(self, Self([low, high]): Self) -> Self {
            Self([self.0[0] * low, self.0[1] * high])
        }
    }
}
