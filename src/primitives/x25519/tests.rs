//! The ladder of our own, as WebAssembly runs it, against RFC 7748 and x25519-dalek.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failure fails the test")]

use super::{dalek, ladder};

/// SplitMix64: the same cases on every run.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    pub(crate) fn bytes(&mut self) -> [u8; 32] {
        let mut bytes = [0; 32];
        bytes.as_chunks_mut::<8>().0.iter_mut().for_each(|word| *word = self.next().to_le_bytes());
        bytes
    }
}

/// u of order 1, 2, 4 and 8 on the curve and its twist, below the prime.
const SMALL_ORDER: [&str; 5] = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
];

fn hex(text: &str) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap();
    }
    bytes
}

/// `bytes + small` modulo 2^256.
fn plus(mut bytes: [u8; 32], small: i32) -> [u8; 32] {
    let mut carry = small;
    for byte in &mut bytes {
        carry += i32::from(*byte);
        *byte = carry as u8;
        carry >>= 8;
    }
    bytes
}

/// Numbers where something could go wrong: around multiples of the prime and of 2^255, around every power of two (all
/// limbs start at some), of small order, with and without the bit that is ignored.
fn edges() -> Vec<[u8; 32]> {
    let prime = hex("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f");
    let mut edges: Vec<_> = [prime, [0; 32]].iter().flat_map(|it| (-40..=40).map(|k| plus(*it, k))).collect();
    for bit in 0..255 {
        let mut power = [0; 32];
        power[bit / 8] = 1 << (bit % 8);
        edges.extend([-1, 0, 1].map(|k| plus(power, k)));
        edges.push(core::array::from_fn(|i| prime[i] ^ power[i]));
    }
    edges.extend(SMALL_ORDER.map(hex));
    let with_top_bit = edges.clone().into_iter().map(|mut it| {
        it[31] ^= 128;
        it
    });
    edges.extend(with_top_bit.collect::<Vec<_>>());
    edges
}

/// One at a time and all together.
fn same_as_dalek(secret: &[u8; 32], publics: &[[u8; 32]]) {
    let expected = dalek::shared_secrets(secret, publics);
    assert_eq!(ladder::shared_secrets(secret, publics), expected);
    for (public, expected) in publics.iter().zip(expected) {
        assert_eq!(ladder::shared_secret(secret, public), expected);
    }
}

fn differential(batches: u64) {
    let random = &mut Random(batches);
    let edges = edges();
    for _ in 0..batches {
        let any = |random: &mut Random| match random.next() % 4 {
            0 => edges[random.next() as usize % edges.len()],
            _ => random.bytes(),
        };
        let secret = any(random);
        let size = random.next() % 100;
        let publics: Vec<_> = (0..size).map(|_| any(random)).collect();
        same_as_dalek(&secret, &publics);
    }
}

#[test]
fn rfc7748_after_a_thousand_iterations() {
    iterated(1000, "684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51");
}

/// `cargo test --release -p sealed-notes-primitives -- --ignored`: minutes.
#[test]
#[ignore = "minutes"]
fn rfc7748_after_a_million_iterations() {
    iterated(1_000_000, "7c3911e0ab2586fd864497297e575e6f3bc601c0883c30df5f4dd2d24f665424");
}

fn iterated(times: usize, expected: &str) {
    let nine = plus([0; 32], 9);
    let (mut scalar, mut point) = (nine, nine);
    for _ in 0..times {
        (scalar, point) = (*ladder::shared_secret(&scalar, &point).unwrap(), scalar);
    }
    assert_eq!(scalar, hex(expected));
}

#[test]
fn random_and_edge_cases_are_as_daleks() {
    differential(20);
}

#[test]
#[ignore = "minutes"]
fn many_random_and_edge_cases_are_as_daleks() {
    differential(10_000);
}

#[test]
fn every_edge_is_as_daleks() {
    same_as_dalek(&Random(5).bytes(), &edges());
    for secret in [[0; 32], [0xff; 32], [0xaa; 32], [0x55; 32]] {
        same_as_dalek(&secret, &edges()[..70]);
    }
}

#[test]
fn points_of_small_order_are_refused_and_spoil_no_batch() {
    let random = &mut Random(6);
    let secret = random.bytes();
    let publics: Vec<_> = (0..70).map(|_| random.bytes()).collect();
    let expected = dalek::shared_secrets(&secret, &publics);
    assert!(expected.iter().all(Option::is_some));
    for size in 0..=publics.len() {
        let (mut publics, mut expected) = (publics[..size].to_vec(), expected[..size].to_vec());
        assert_eq!(ladder::shared_secrets(&secret, &publics), expected);
        for (i, small) in SMALL_ORDER.iter().cycle().take(size.min(12)).enumerate() {
            let place = (i * i * 7 + size) % size;
            publics[place] = hex(small);
            expected[place] = None;
        }
        assert_eq!(ladder::shared_secrets(&secret, &publics), expected);
        assert!(ladder::shared_secrets(&secret, &vec![hex(SMALL_ORDER[size % 5]); size]).iter().all(Option::is_none));
    }
}
