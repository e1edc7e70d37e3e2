//! Argon2id of our own, as WebAssembly runs it, against RFC 9106 and the crate argon2.

use super::{
    Cost, Refused, crates,
    fill::{self, Inputs},
};
use crate::x25519::tests::Random;

fn own(password: &[u8], salt: &[u8], cost: Cost, out: &mut [u8]) -> Result<(), Refused> {
    fill::hash(&Inputs { password, salt, secret: &[], data: &[] }, cost, out)
}

/// RFC 9106 §5.3.
#[test]
fn rfc9106() {
    let inputs = Inputs { password: &[1; 32], salt: &[2; 16], secret: &[3; 8], data: &[4; 12] };
    let mut out = [0; 32];
    assert_eq!(fill::hash(&inputs, Cost { memory: 32, passes: 3, lanes: 4 }, &mut out), Ok(()));
    let expected = [
        0x0d, 0x64, 0x0d, 0xf5, 0x8d, 0x78, 0x76, 0x6c, 0x08, 0xc0, 0x37, 0xa3, 0x4a, 0x8b, 0x53, 0xc9, 0xd0, 0x1e,
        0xf0, 0x45, 0x2d, 0x75, 0xb6, 0x5e, 0xb5, 0x25, 0x20, 0xe9, 0x6b, 0x01, 0xe6, 0x59,
    ];
    assert_eq!(out, expected);
}

#[test]
fn random_cases_are_as_the_crates() {
    differential(60);
}

#[test]
#[ignore = "minutes"]
fn many_random_cases_are_as_the_crates() {
    differential(20_000);
}

fn differential(cases: u64) {
    let random = &mut Random(cases);
    for case in 0..cases {
        let bytes = |random: &mut Random, len: usize| -> Vec<u8> {
            let mut bytes: Vec<u8> = (0..len / 32 + 1).flat_map(|_| random.bytes()).collect();
            bytes.truncate(len);
            bytes
        };
        let mut below = |most: u64| random.next() % most;
        let lanes = 1 + below(4) as u32;
        let memory = 8 * lanes + below(256) as u32;
        let cost = Cost { memory, passes: 1 + below(4) as u32, lanes };
        let (password_len, salt_len, out_len) = (below(200) as usize, 8 + below(30) as usize, 4 + below(220) as usize);
        let (password, salt) = (bytes(random, password_len), bytes(random, salt_len));
        let (mut ours, mut theirs) = (vec![0; out_len], vec![0; out_len]);
        assert_eq!(own(&password, &salt, cost, &mut ours), Ok(()));
        assert_eq!(crates::hash(&password, &salt, cost, &mut theirs), Ok(()));
        assert_eq!(ours, theirs, "case {case}: {cost:?}, {out_len} bytes");
    }
}

/// Segments of more than 128 blocks need more than one block of addresses.
#[test]
fn long_segments_are_as_the_crates() {
    for (memory, lanes) in [(128 * 4, 1), (128 * 4 + 4, 1), (129 * 8 + 7, 2), (2050, 1), (3000, 3)] {
        let cost = Cost { memory, passes: 2, lanes };
        let (mut ours, mut theirs) = ([0; 32], [0; 32]);
        assert_eq!(own(b"password", b"somesalt", cost, &mut ours), Ok(()));
        assert_eq!(crates::hash(b"password", b"somesalt", cost, &mut theirs), Ok(()));
        assert_eq!(ours, theirs, "{cost:?}");
    }
}

#[test]
fn what_the_crate_refuses_is_refused() {
    let good = Cost { memory: 16, passes: 1, lanes: 2 };
    let costs = [
        good,
        Cost { memory: 15, ..good },
        Cost { memory: 0, ..good },
        Cost { passes: 0, ..good },
        Cost { lanes: 0, ..good },
        Cost { lanes: 1 << 24, memory: u32::MAX, ..good },
    ];
    for cost in costs {
        for (salt, out_len) in [(&[0; 8][..], 4), (&[0; 7], 4), (&[0; 8], 3), (&[], 32), (&[0; 8], 0)] {
            let (mut ours, mut theirs) = (vec![0; out_len], vec![0; out_len]);
            assert_eq!(own(b"", salt, cost, &mut ours), crates::hash(b"", salt, cost, &mut theirs), "{cost:?}");
        }
    }
}
