//! HPKE base mode, single shot (RFC 9180 §6.1), for the two suites of SPEC.md §6.
//!
//! KEM and key schedule are apart, so that one encapsulation serves every grant that is made to somebody in one go: the
//! schedule is keyed anew for each by its `info`. docs/decisions.md says why that is safe.

use sealed_notes_format::{
    cose::{Recipient, TAG_LEN},
    grant::Suite,
};
use sealed_notes_primitives::{
    hkdf::{self, Prk},
    x25519,
};
use x_wing::{Decapsulate, Decapsulator, Encapsulate, KeyExport, kem::common::rand_core::CryptoRng};
use zeroize::{Zeroize, Zeroizing};

use super::{aead::cipher, random::SystemRandom, secret::Secret};
use crate::Error;

const VERSION: &[u8] = b"HPKE-v1";
const DHKEM: &[u8] = b"KEM\x00\x20";

/// `"HPKE" ‖ kem_id ‖ kdf_id ‖ aead_id` (RFC 9180 §5.1): HKDF-SHA256 and ChaCha20Poly1305.
const fn suite_id(suite: Suite) -> &'static [u8; 10] {
    match suite {
        Suite::X25519 => b"HPKE\x00\x20\x00\x01\x00\x03",
        Suite::XWing => b"HPKE\x64\x7a\x00\x01\x00\x03",
    }
}

/// What a KEM leaves with sender and recipient.
pub(crate) struct Shared {
    suite: Suite,
    secret: Secret<32>,
}

/// The sender's side: `encapsulated` carries the secret to the recipient.
pub(crate) struct Encapsulation {
    pub(crate) encapsulated: Vec<u8>,
    pub(crate) shared: Shared,
}

/// Encapsulates to each of `publics`. With X25519 they share one ephemeral key.
pub(crate) fn encapsulate(suite: Suite, publics: &[&[u8]]) -> Result<Vec<Encapsulation>, Error> {
    let mut random = SystemRandom::default();
    let encapsulations = encapsulate_with(suite, publics, &mut random)?;
    random.check()?;
    Ok(encapsulations)
}

pub(super) fn encapsulate_with(
    suite: Suite,
    publics: &[&[u8]],
    random: &mut impl CryptoRng,
) -> Result<Vec<Encapsulation>, Error> {
    match suite {
        Suite::X25519 => {
            let ephemeral = Secret::filled(|bytes| {
                random.fill_bytes(bytes);
                Ok(())
            })?;
            let encapsulated = x25519::public_key(ephemeral.expose());
            let publics: Vec<[u8; 32]> = publics
                .iter()
                .map(|public| (*public).try_into().map_err(|_| Error::InvalidKey))
                .collect::<Result<_, _>>()?;
            let exchanged = x25519::shared_secrets(ephemeral.expose(), &publics);
            exchanged
                .into_iter()
                .zip(&publics)
                .map(|(exchanged, public)| {
                    let secret = extract_and_expand(&*exchanged.ok_or(Error::InvalidKey)?, &encapsulated, public)?;
                    Ok(Encapsulation { encapsulated: encapsulated.to_vec(), shared: Shared { suite, secret } })
                })
                .collect()
        }
        Suite::XWing => publics
            .iter()
            .map(|public| {
                let public = x_wing::EncapsulationKey::try_from(*public).map_err(|_| Error::InvalidKey)?;
                let (encapsulated, mut secret) = public.encapsulate_with_rng(random);
                let shared = Shared { suite, secret: Secret::copy_from(&secret.0) };
                secret.zeroize();
                Ok(Encapsulation { encapsulated: encapsulated.to_vec(), shared })
            })
            .collect(),
    }
}

/// The recipient's side. `public` is the X25519 public key of `secret`, where it is at hand: to make it takes as long as
/// the rest.
pub(crate) fn decapsulate(
    suite: Suite,
    secret: &Secret<32>,
    public: Option<&[u8; 32]>,
    encapsulated: &[u8],
) -> Result<Shared, Error> {
    let secret = match suite {
        Suite::X25519 => {
            let ephemeral = encapsulated.try_into().map_err(|_| Error::Tampered)?;
            let exchanged = x25519::shared_secret(secret.expose(), &ephemeral).ok_or(Error::Tampered)?;
            let public = public.copied().unwrap_or_else(|| x25519::public_key(secret.expose()));
            extract_and_expand(&exchanged, encapsulated, &public)?
        }
        Suite::XWing => {
            let encapsulated = encapsulated.try_into().map_err(|_| Error::Tampered)?;
            let mut shared = x_wing::DecapsulationKey::from(*secret.expose()).decapsulate(&encapsulated);
            let secret = Secret::copy_from(&shared.0);
            shared.zeroize();
            secret
        }
    };
    Ok(Shared { suite, secret })
}

/// As [`decapsulate`] with X25519, many at once; `None` for what it would refuse.
pub(crate) fn decapsulate_all(
    secret: &Secret<32>,
    public: &[u8; 32],
    encapsulated: &[[u8; 32]],
) -> Vec<Option<Shared>> {
    let exchanged = x25519::shared_secrets(secret.expose(), encapsulated).into_iter().zip(encapsulated);
    exchanged
        .map(|(exchanged, encapsulated)| {
            let secret = extract_and_expand(&*exchanged?, encapsulated, public).ok()?;
            Some(Shared { suite: Suite::X25519, secret })
        })
        .collect()
}

/// RFC 9180 §4.1, `ExtractAndExpand`; the context names both public keys.
fn extract_and_expand(exchanged: &[u8; 32], encapsulated: &[u8], public: &[u8]) -> Result<Secret<32>, Error> {
    let (_, prk) = labeled_extract(DHKEM, &[], "eae_prk", exchanged);
    Secret::filled(|out| labeled_expand(DHKEM, &prk, "shared_secret", &[encapsulated, public], out))
}

impl Shared {
    /// RFC 9180 §5.1, `KeySchedule` in base mode: key and nonce of the one message.
    fn schedule(&self, info: &[u8]) -> Result<(Secret<32>, [u8; 12]), Error> {
        let suite = suite_id(self.suite);
        let (psk_id_hash, _) = labeled_extract(suite, &[], "psk_id_hash", &[]);
        let (info_hash, _) = labeled_extract(suite, &[], "info_hash", info);
        let context: &[&[u8]] = &[&[0], psk_id_hash.as_slice(), info_hash.as_slice()];
        let (_, secret) = labeled_extract(suite, self.secret.expose(), "secret", &[]);
        let mut nonce = [0; 12];
        labeled_expand(suite, &secret, "base_nonce", context, &mut nonce)?;
        Ok((Secret::filled(|out| labeled_expand(suite, &secret, "key", context, out))?, nonce))
    }

    pub(super) fn seal(&self, info: &[u8], associated_data: &[u8], plaintext: &[u8]) -> Result<Vec<u8>, Error> {
        let (key, nonce) = self.schedule(info)?;
        let mut sealed = Vec::with_capacity(plaintext.len() + TAG_LEN);
        sealed.extend_from_slice(plaintext);
        let tag = cipher::seal_in_place(&key, &nonce, associated_data, &mut sealed)?;
        sealed.extend_from_slice(&tag);
        Ok(sealed)
    }

    pub(super) fn open(&self, info: &[u8], associated_data: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
        let (text, tag) = sealed.split_last_chunk::<TAG_LEN>().ok_or(Error::Tampered)?;
        let (key, nonce) = self.schedule(info)?;
        let mut text = Zeroizing::new(text.to_vec());
        cipher::open_in_place(&key, &nonce, associated_data, &mut text, tag)?;
        Ok(text)
    }

    /// A content key, wrapped. `info` must name what the key is of: one `info` with two keys would be one nonce for both.
    pub(crate) fn wrap(&self, info: &[u8], content_key: &Secret<32>) -> Result<Vec<u8>, Error> {
        self.seal(info, &[], content_key.expose())
    }

    pub(crate) fn unwrap(&self, recipient: &Recipient<'_>) -> Result<Secret<32>, Error> {
        let content_key = self.open(&recipient.info(), &[], recipient.ciphertext)?;
        content_key.as_slice().try_into().map(Secret::copy_from).map_err(|_| Error::Tampered)
    }
}

/// Wraps a content key for one public key: encapsulated key and ciphertext.
pub(crate) fn wrap(
    suite: Suite,
    public: &[u8],
    info: &[u8],
    content_key: &Secret<32>,
) -> Result<(Vec<u8>, Vec<u8>), Error> {
    let one = encapsulate(suite, &[public])?.pop().ok_or(Error::InvalidKey)?;
    Ok((one.encapsulated, one.shared.wrap(info, content_key)?))
}

/// Unwraps with the recipient's secret key of that suite.
pub(crate) fn unwrap(suite: Suite, secret: &Secret<32>, recipient: &Recipient<'_>) -> Result<Secret<32>, Error> {
    decapsulate(suite, secret, None, recipient.encapsulated_key)?.unwrap(recipient)
}

/// The public key of a receiving key.
pub(crate) fn public_key<const N: usize>(suite: Suite, secret: &Secret<32>) -> Result<Box<[u8; N]>, Error> {
    let bytes = match suite {
        Suite::X25519 => x25519::public_key(secret.expose()).to_vec(),
        Suite::XWing => x_wing::DecapsulationKey::from(*secret.expose()).encapsulation_key().to_bytes().to_vec(),
    };
    bytes.into_boxed_slice().try_into().map_err(|_| Error::InvalidKey)
}

/// RFC 9180 §4, `LabeledExtract`: the pseudorandom key, as bytes and ready to be expanded.
fn labeled_extract(suite: &[u8], salt: &[u8], label: &str, ikm: &[u8]) -> (Zeroizing<[u8; 32]>, Prk) {
    hkdf::extract(salt, &[VERSION, suite, label.as_bytes(), ikm])
}

/// RFC 9180 §4, `LabeledExpand`.
fn labeled_expand(suite: &[u8], key: &Prk, label: &str, info: &[&[u8]], out: &mut [u8]) -> Result<(), Error> {
    let too_long = Error::InvalidInput { reason: "a derived key is 32 bytes" };
    let len = u16::try_from(out.len()).map_err(|_| too_long.clone())?.to_be_bytes();
    let mut parts: Vec<&[u8]> = vec![&len, VERSION, suite, label.as_bytes()];
    parts.extend_from_slice(info);
    key.expand(&parts, out).map_err(|_| too_long)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failure fails the test")]
mod tests {
    use hpke::{
        Deserializable, Kem, OpModeR, OpModeS, Serializable,
        aead::ChaCha20Poly1305,
        kdf::HkdfSha256,
        kem::{X25519HkdfSha256, XWing},
        single_shot_open, single_shot_seal_with_rng,
    };

    use super::*;

    /// Several recipients, several messages to each: every one opens by itself in another implementation, and the reverse.
    fn with_the_crate<K: Kem, const N: usize>(suite: Suite) {
        let secrets: Vec<Secret<32>> = (0..3).map(|_| Secret::make().unwrap()).collect();
        let publics: Vec<_> = secrets.iter().map(|secret| public_key::<N>(suite, secret).unwrap()).collect();
        let made = encapsulate(suite, &publics.iter().map(|public| public.as_slice()).collect::<Vec<_>>()).unwrap();
        assert_eq!(made.iter().all(|one| one.encapsulated == made[0].encapsulated), suite == Suite::X25519);
        for ((secret, public), one) in secrets.iter().zip(&publics).zip(&made) {
            let theirs = K::PrivateKey::from_bytes(secret.expose()).unwrap();
            for info in [b"one".as_slice(), b"two"] {
                let sealed = one.shared.seal(info, b"aad", b"text").unwrap();
                let encapsulated = K::EncappedKey::from_bytes(&one.encapsulated).unwrap();
                let opened = single_shot_open::<ChaCha20Poly1305, HkdfSha256, K>(
                    &OpModeR::Base,
                    &theirs,
                    &encapsulated,
                    info,
                    &sealed,
                    b"aad",
                );
                assert_eq!(opened.unwrap(), b"text");

                let (encapsulated, sealed) = single_shot_seal_with_rng::<ChaCha20Poly1305, HkdfSha256, K>(
                    &OpModeS::Base,
                    &K::PublicKey::from_bytes(public.as_slice()).unwrap(),
                    info,
                    b"text",
                    b"aad",
                    &mut SystemRandom::default(),
                )
                .unwrap();
                let shared = decapsulate(suite, secret, None, &encapsulated.to_bytes()).unwrap();
                assert_eq!(*shared.open(info, b"aad", &sealed).unwrap(), b"text");
                assert!(shared.open(b"three", b"aad", &sealed).is_err());
            }
        }
    }

    #[test]
    fn agrees_with_another_implementation() {
        with_the_crate::<X25519HkdfSha256, 32>(Suite::X25519);
        with_the_crate::<XWing, 1216>(Suite::XWing);
    }

    #[test]
    fn a_key_of_small_order_is_refused() {
        assert!(encapsulate(Suite::X25519, &[&[0; 32]]).is_err());
        let secret = Secret::make().unwrap();
        assert!(decapsulate(Suite::X25519, &secret, None, &[0; 32]).is_err());
    }
}
