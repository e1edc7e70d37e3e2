//! HPKE base mode, single shot (RFC 9180 §6.1), for the two suites of SPEC.md §6.

use hpke::{
    Deserializable, Kem, OpModeR, OpModeS, Serializable,
    aead::ChaCha20Poly1305,
    kdf::HkdfSha256,
    kem::{X25519HkdfSha256, XWing},
    rand_core::CryptoRng,
    single_shot_open, single_shot_seal_with_rng,
};
use sealed_notes_format::{cose::Recipient, grant::Suite};
use zeroize::Zeroizing;

use super::{random::SystemRandom, secret::Secret};
use crate::Error;

/// RFC 9180's `SealBase`: encapsulated key and ciphertext.
pub(super) fn seal_base<K: Kem>(
    public: &[u8],
    info: &[u8],
    associated_data: &[u8],
    plaintext: &[u8],
    random: &mut impl CryptoRng,
) -> Result<(Vec<u8>, Vec<u8>), Error> {
    let public = K::PublicKey::from_bytes(public).map_err(|_| Error::InvalidKey)?;
    let (encapsulated, ciphertext) = single_shot_seal_with_rng::<ChaCha20Poly1305, HkdfSha256, K>(
        &OpModeS::Base,
        &public,
        info,
        plaintext,
        associated_data,
        random,
    )
    .map_err(|_| Error::InvalidKey)?;
    Ok((encapsulated.to_bytes().to_vec(), ciphertext))
}

/// RFC 9180's `OpenBase`.
pub(super) fn open_base<K: Kem>(
    secret: &Secret<32>,
    encapsulated: &[u8],
    info: &[u8],
    associated_data: &[u8],
    ciphertext: &[u8],
) -> Result<Zeroizing<Vec<u8>>, Error> {
    let secret = K::PrivateKey::from_bytes(secret.expose()).map_err(|_| Error::Tampered)?;
    let encapsulated = K::EncappedKey::from_bytes(encapsulated).map_err(|_| Error::Tampered)?;
    single_shot_open::<ChaCha20Poly1305, HkdfSha256, K>(
        &OpModeR::Base,
        &secret,
        &encapsulated,
        info,
        ciphertext,
        associated_data,
    )
    .map(Zeroizing::new)
    .map_err(|_| Error::Tampered)
}

fn seal<K: Kem>(public: &[u8], info: &[u8], content_key: &Secret<32>) -> Result<(Vec<u8>, Vec<u8>), Error> {
    let mut random = SystemRandom::default();
    let sealed = seal_base::<K>(public, info, &[], content_key.expose(), &mut random)?;
    random.check()?;
    Ok(sealed)
}

fn open<K: Kem>(secret: &Secret<32>, recipient: &Recipient<'_>) -> Result<Secret<32>, Error> {
    let content_key = open_base::<K>(secret, recipient.encapsulated_key, &recipient.info(), &[], recipient.ciphertext)?;
    content_key.as_slice().try_into().map(Secret::copy_from).map_err(|_| Error::Tampered)
}

/// Wraps a content key for a recipient's public key: encapsulated key and ciphertext.
pub(crate) fn wrap(
    suite: Suite,
    public: &[u8],
    info: &[u8],
    content_key: &Secret<32>,
) -> Result<(Vec<u8>, Vec<u8>), Error> {
    match suite {
        Suite::X25519 => seal::<X25519HkdfSha256>(public, info, content_key),
        Suite::XWing => seal::<XWing>(public, info, content_key),
    }
}

/// Unwraps with the recipient's secret key of that suite.
pub(crate) fn unwrap(suite: Suite, secret: &Secret<32>, recipient: &Recipient<'_>) -> Result<Secret<32>, Error> {
    match suite {
        Suite::X25519 => open::<X25519HkdfSha256>(secret, recipient),
        Suite::XWing => open::<XWing>(secret, recipient),
    }
}

fn public<K: Kem>(secret: &Secret<32>) -> Result<Vec<u8>, Error> {
    let secret = K::PrivateKey::from_bytes(secret.expose()).map_err(|_| Error::Tampered)?;
    Ok(K::sk_to_pk(&secret).to_bytes().to_vec())
}

/// The public key of a receiving key.
pub(crate) fn public_key<const N: usize>(suite: Suite, secret: &Secret<32>) -> Result<Box<[u8; N]>, Error> {
    let bytes = match suite {
        Suite::X25519 => public::<X25519HkdfSha256>(secret)?,
        Suite::XWing => public::<XWing>(secret)?,
    };
    bytes.into_boxed_slice().try_into().map_err(|_| Error::InvalidKey)
}
