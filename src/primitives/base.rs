//! Multiples of the base point of Curve25519, from a table that is made when it is first needed: dalek's own
//! (`precomputed-tables`) would be 33 KB of every download.

use std::sync::OnceLock;

use curve25519_dalek::{constants::ED25519_BASEPOINT_POINT, edwards::EdwardsPoint, scalar::Scalar, traits::Identity};
use subtle::{Choice, ConditionallyNegatable, ConditionallySelectable, ConstantTimeEq};
use zeroize::Zeroizing;

/// B, 2B … 8B of a row's own base.
type Row = [EdwardsPoint; 8];

/// Each row's base is 256 times that of the row before.
fn table() -> &'static [Row] {
    static TABLE: OnceLock<Vec<Row>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut base = ED25519_BASEPOINT_POINT;
        let row = |_| {
            let mut multiple = EdwardsPoint::identity();
            let row = [(); 8].map(|()| {
                multiple += base;
                multiple
            });
            base = doubled(multiple, 5);
            row
        };
        (0..32).map(row).collect()
    })
}

/// `scalar` times the base point, in time that does not depend on it: signed digits in radix 16, and every entry of a row is
/// read for each, as curve25519-dalek does it.
pub(crate) fn multiply(scalar: &Scalar) -> EdwardsPoint {
    let mut low = Zeroizing::new([0i8; 32]);
    let mut high = Zeroizing::new([0i8; 32]);
    let mut carry = 0;
    let mut signed = |nibble: u8| {
        let digit = nibble.cast_signed() + carry;
        carry = (digit + 8) >> 4;
        digit - (carry << 4) // -8 to 7
    };
    // A scalar is below 2^253, so that nothing is carried out of the last digit.
    for ((byte, low), high) in scalar.as_bytes().iter().zip(&mut *low).zip(&mut *high) {
        *low = signed(byte & 15);
        *high = signed(byte >> 4);
    }
    doubled(sum(&high), 4) + sum(&low)
}

fn sum(digits: &[i8; 32]) -> EdwardsPoint {
    table().iter().zip(digits).fold(EdwardsPoint::identity(), |sum, (row, digit)| sum + select(row, *digit))
}

/// `digit` times the row's base.
fn select(row: &Row, digit: i8) -> EdwardsPoint {
    let sign = digit >> 7;
    let magnitude = ((digit + sign) ^ sign).cast_unsigned();
    let mut point = EdwardsPoint::identity();
    for (multiple, number) in row.iter().zip(1u8..) {
        point.conditional_assign(multiple, magnitude.ct_eq(&number));
    }
    point.conditional_negate(Choice::from(sign.cast_unsigned() & 1));
    point
}

fn doubled(point: EdwardsPoint, times: usize) -> EdwardsPoint {
    (0..times).fold(point, |point, _| point + point)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_multiple_that_dalek_computes() {
        let edges = [[0; 32], [0x88; 32], [0x77; 32], [0xff; 32], [0x80; 32], [0x08; 32], [0x0f; 32], [0xf0; 32]];
        let small = (0..=300u64).flat_map(|n| [Scalar::from(n), -Scalar::from(n)]);
        // Any walk through the scalars will do.
        let walk = (0..2000).scan(Scalar::from(3u8), |scalar, _| {
            *scalar = *scalar * *scalar + Scalar::ONE;
            Some(*scalar)
        });
        for scalar in edges.map(Scalar::from_bytes_mod_order).into_iter().chain(small).chain(walk) {
            assert_eq!(multiply(&scalar), ED25519_BASEPOINT_POINT * scalar, "{scalar:?}");
        }
    }
}
