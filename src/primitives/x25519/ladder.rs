//! The Montgomery ladder (RFC 7748 §5), for two points at a time or with both lanes on one. The same steps for every scalar.

use core::hint::black_box;

use zeroize::{Zeroize, Zeroizing};

use super::{SharedSecret, f64x2::F64x2, field::Field};

/// (486662 - 2) / 4 (RFC 7748 §5).
const A24: f64 = 121_665.0;

/// How many pairs share an inversion: with 32 it is 1 % of the work.
const PAIRS: usize = 32;

pub(super) fn shared_secret(secret: &[u8; 32], public: &[u8; 32]) -> Option<SharedSecret> {
    let x_and_z = Zeroizing::new(one_point(&clamped(secret), public));
    let inverse = Zeroizing::new(x_and_z.swap_lanes().invert());
    let [shared, _] = *Zeroizing::new(x_and_z.mul(&inverse).bytes());
    contributory(shared)
}

pub(super) fn shared_secrets(secret: &[u8; 32], publics: &[[u8; 32]]) -> Vec<Option<SharedSecret>> {
    let (pairs, odd) = publics.as_chunks::<2>();
    let scalar = clamped(secret);
    let mut shared = Vec::with_capacity(publics.len());
    for pairs in pairs.chunks(PAIRS) {
        let points: Vec<_> = pairs.iter().map(|pair| two_points(&scalar, pair)).collect();
        affine(&Zeroizing::new(points), &mut shared);
    }
    shared.extend(odd.iter().map(|public| shared_secret(secret, public)));
    shared
}

/// A point of a curve or its twist without y: x / z.
#[derive(Clone, Copy)]
struct Projective {
    x: Field,
    z: Field,
}

impl Zeroize for Projective {
    fn zeroize(&mut self) {
        self.x.zeroize();
        self.z.zeroize();
    }
}

fn clamped(secret: &[u8; 32]) -> Zeroizing<[u8; 32]> {
    let mut scalar = Zeroizing::new(*secret);
    let [first, .., last] = &mut *scalar;
    *first &= 248;
    *last = *last & 127 | 64;
    scalar
}

#[inline(never)]
fn contributory(shared: [u8; 32]) -> Option<SharedSecret> {
    let shared = Zeroizing::new(shared);
    let any = shared.iter().fold(0, |any, byte| any | byte);
    (any != 0).then_some(shared)
}

/// Whether a bit of the scalar differs from the one above it, as a mask, from 2^254 down. A clamped scalar is even, so that
/// the last step leaves nothing exchanged.
#[allow(clippy::indexing_slicing, reason = "255 bits of 32 bytes, counted by the loop")]
fn exchanges(scalar: &[u8; 32]) -> impl Iterator<Item = u64> {
    let mut above = 0;
    (0..255).rev().map(move |i| {
        let bit = u64::from(scalar[i / 8] >> (i % 8) & 1);
        let differs = bit ^ above;
        above = bit;
        black_box(differs.wrapping_neg()) // so that no compiler makes a branch of it
    })
}

/// The step of RFC 7748 §5, a point in each lane.
fn two_points(scalar: &[u8; 32], [low, high]: &[[u8; 32]; 2]) -> Projective {
    let x1 = Field::from_bytes([low, high]);
    let (one, zero) = (Field::small([1.0; 2]), Field::small([0.0; 2]));
    let (mut x2, mut z2, mut x3, mut z3) = (one, zero, x1, one);
    for mask in exchanges(scalar) {
        Field::exchange(mask, &mut x2, &mut x3);
        Field::exchange(mask, &mut z2, &mut z3);
        let (a, b) = (x2.add(&z2), x2.sub(&z2));
        let (c, d) = (x3.add(&z3), x3.sub(&z3));
        let (da, cb) = (d.mul(&a), c.mul(&b));
        let (aa, bb) = (a.square(), b.square());
        let e = aa.sub(&bb);
        x3 = da.add(&cb).square();
        z3 = x1.mul(&da.sub(&cb).square());
        x2 = aa.mul(&bb);
        z2 = e.mul(&e.scale_and_add(F64x2::splat(A24), &aa));
    }
    Projective { x: x2, z: z2 }
}

/// The same for a single point: x in the low lane, z in the high one.
fn one_point(scalar: &[u8; 32], point: &[u8; 32]) -> Field {
    let x1 = Field::from_bytes([point; 2]);
    let one_and_x1 = Field::small([1.0, 0.0]).add(&x1.scale(F64x2::new(0.0, 1.0)));
    let x1_and_one = one_and_x1.swap_lanes();
    let (mut p2, mut p3) = (Field::small([1.0, 0.0]), x1_and_one);
    for mask in exchanges(scalar) {
        Field::exchange(mask, &mut p2, &mut p3);
        let (ab, cd) = (sum_and_difference(&p2), sum_and_difference(&p3));
        let da_cb = ab.mul(&cd.swap_lanes());
        p3 = sum_and_difference(&da_cb).square().mul(&one_and_x1);
        let squares = ab.square(); // AA, BB
        let swapped = squares.swap_lanes();
        // AA, E and BB, AA + 121665 E = BB + 121666 E
        let aa_e = squares.scale(F64x2::new(1.0, -1.0)).add(&swapped.scale(F64x2::new(0.0, 1.0)));
        p2 = aa_e.mul(&aa_e.scale_and_add(F64x2::new(0.0, A24), &swapped));
    }
    p2
}

fn sum_and_difference(x_and_z: &Field) -> Field {
    x_and_z.scale(F64x2::new(1.0, -1.0)).add(&x_and_z.swap_lanes())
}

/// x / z of every lane, with one inversion for all (Montgomery's trick): their product is inverted, and the factors are
/// taken off it again one after the other. Zero, where points of small order end, would spoil the product; one takes its
/// place, whether or not there is one, and the result is masked to zero.
fn affine(points: &[Projective], shared: &mut Vec<Option<SharedSecret>>) {
    let mut factors = Zeroizing::new(Vec::with_capacity(points.len())); // z, and the product of all before it
    let mut product = Zeroizing::new(Field::small([1.0; 2]));
    let mut masks = Vec::with_capacity(points.len());
    for point in points {
        let zero = Zeroizing::new(point.z.bytes()).each_ref().map(is_zero);
        let z = point.z.add(&Field::small(zero.map(|mask| f64::from_bits(mask & 1.0_f64.to_bits()))));
        factors.push(Projective { x: z, z: *product });
        masks.push(zero);
        *product = product.mul(&z);
    }
    let mut inverse = Zeroizing::new(product.invert());
    let mut backwards = Vec::with_capacity(2 * points.len());
    for ((point, factor), zero) in points.iter().zip(&*factors).zip(masks).rev() {
        let bytes = Zeroizing::new(point.x.mul(&inverse.mul(&factor.z)).bytes());
        *inverse = inverse.mul(&factor.x);
        for (bytes, zero) in bytes.iter().zip(zero).rev() {
            backwards.push(contributory(bytes.map(|byte| byte & !(zero as u8))));
        }
    }
    shared.extend(backwards.into_iter().rev());
}

/// All ones for zero, in a time that does not depend on where bytes differ from it.
fn is_zero(bytes: &[u8; 32]) -> u64 {
    let any = bytes.iter().fold(0, |any, byte| any | u64::from(*byte));
    black_box((any.wrapping_sub(1) >> 8 & 1).wrapping_neg())
}
