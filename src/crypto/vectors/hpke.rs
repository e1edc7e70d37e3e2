//! HPKE through our own wrappers, with the sender's random bytes given. What a wrapper opens is sealed by a key schedule
//! written down here from RFC 9180, so that it says what the KEM's shared secret was.

use core::convert::Infallible;

use hkdf::Hkdf;
use sealed_notes_format::grant::Suite;
use sha2::Sha256;
use x_wing::kem::common::rand_core::{TryCryptoRng, TryRng};

use super::{Outcome, array, ensure, hex, hex_array};
use crate::crypto::{
    aead::cipher,
    hpke::{decapsulate, encapsulate_with, public_key},
    secret::Secret,
};

const DHKEM: u16 = 0x0020;
const XWING: u16 = 0x647a;

/// A generator of these bytes, and of nothing after them.
struct Given(Vec<u8>);

impl TryRng for Given {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        let taken = self.0.drain(..bytes.len().min(self.0.len()));
        bytes.iter_mut().zip(taken).for_each(|(to, from)| *to = from);
        Ok(())
    }
}

impl TryCryptoRng for Given {}

fn extract(suite: &[u8], salt: &[u8], label: &str, ikm: &[u8]) -> Vec<u8> {
    let ikm = [b"HPKE-v1", suite, label.as_bytes(), ikm].concat();
    Hkdf::<Sha256>::extract(Some(salt), &ikm).0.to_vec()
}

fn expand<const N: usize>(suite: &[u8], prk: &[u8], label: &str, info: &[u8]) -> Result<[u8; N], String> {
    let info = [&[0, N as u8], b"HPKE-v1".as_slice(), suite, label.as_bytes(), info].concat();
    let mut out = [0; N];
    let prk = Hkdf::<Sha256>::from_prk(prk).map_err(|error| error.to_string())?;
    prk.expand(&info, &mut out).map_err(|error| error.to_string())?;
    Ok(out)
}

/// RFC 9180 §5.1, base mode, and the first seal of §5.2.
fn seal_by_hand(kem: u16, shared: &[u8], info: &[u8], aad: &[u8], plaintext: &[u8]) -> Result<Vec<u8>, String> {
    let kem = kem.to_be_bytes();
    let suite = [b"HPKE".as_slice(), &kem, &[0, 1, 0, 3]].concat(); // HKDF-SHA256, ChaCha20Poly1305
    let (psk_id, info) = (extract(&suite, &[], "psk_id_hash", &[]), extract(&suite, &[], "info_hash", info));
    let context = [[0].as_slice(), &psk_id, &info].concat();
    let secret = extract(&suite, shared, "secret", &[]);
    let key = Secret::copy_from(&expand(&suite, &secret, "key", &context)?);
    let nonce = expand(&suite, &secret, "base_nonce", &context)?;
    let mut text = plaintext.to_vec();
    let tag = cipher::seal_in_place(&key, &nonce, aad, &mut text).map_err(|error| error.to_string())?;
    text.extend_from_slice(&tag);
    Ok(text)
}

/// RFC 9180 §4.1: what DHKEM makes of a Diffie-Hellman value.
fn dhkem_shared(dh: &[u8], encapsulated: &[u8], public: &[u8]) -> Result<[u8; 32], String> {
    let suite = [b"KEM".as_slice(), &DHKEM.to_be_bytes()].concat();
    let prk = extract(&suite, &[], "eae_prk", dh);
    expand(&suite, &prk, "shared_secret", &[encapsulated, public].concat())
}

/// Whether `private` opens what somebody with the public key `other` sealed to it, if X25519 of the two is `dh`.
pub(super) fn opens_under_x25519(private: &[u8; 32], other: &[u8; 32], dh: &[u8; 32]) -> Result<bool, String> {
    let private = Secret::copy_from(private);
    let public = public_key::<32>(Suite::X25519, &private).map_err(|error| error.to_string())?;
    let shared = dhkem_shared(dh, other, public.as_slice())?;
    let sealed = seal_by_hand(DHKEM, &shared, b"info", b"aad", b"text")?;
    let opened = open(Suite::X25519, &private, other, b"info", b"aad", &sealed);
    Ok(opened.is_ok_and(|text| text == b"text"))
}

/// Seals with the sender's random bytes given; they must be all that it takes.
fn seal_given(
    suite: Suite,
    random: Vec<u8>,
    public: &[u8],
    info: &[u8],
    aad: &[u8],
    plaintext: &[u8],
) -> Result<(Vec<u8>, Vec<u8>), String> {
    let mut random = Given(random);
    let made = encapsulate_with(suite, &[public], &mut random).map_err(|error| error.to_string())?;
    ensure(random.0.is_empty(), || "random bytes are left".into())?;
    let [one] = made.as_slice() else { return Err("not one encapsulation".into()) };
    let sealed = one.shared.seal(info, aad, plaintext).map_err(|error| error.to_string())?;
    Ok((one.encapsulated.clone(), sealed))
}

fn open(
    suite: Suite,
    secret: &Secret<32>,
    encapsulated: &[u8],
    info: &[u8],
    aad: &[u8],
    sealed: &[u8],
) -> Result<Vec<u8>, String> {
    let shared = decapsulate(suite, secret, None, encapsulated).map_err(|error| error.to_string())?;
    Ok(shared.open(info, aad, sealed).map_err(|error| error.to_string())?.to_vec())
}

/// RFC 9180 §7.1.3, `DeriveKeyPair`: what the RFC's vectors make ephemeral keys with. Ours are random as they are.
fn derive_secret_key(ikm: &[u8]) -> Result<[u8; 32], String> {
    let suite = [b"KEM".as_slice(), &DHKEM.to_be_bytes()].concat();
    expand(&suite, &extract(&suite, &[], "dkp_prk", ikm), "sk", &[])
}

/// RFC 9180 A.2.1, the first encryption: ours are single shots, so that no sequence number but 0 exists.
pub(super) fn rfc9180() -> Outcome {
    let secret = Secret::copy_from(&hex_array("8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb")?);
    let public = hex("4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a")?;
    let info = hex("4f6465206f6e2061204772656369616e2055726e")?;
    let ikm = hex("909a9b35d3dc4713a5e72a4da274b55d3d3821a37e5d099e74a647db583a904b")?;
    let encapsulated = hex("1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a")?;
    let shared = hex("0bbe78490412b4bbea4812666f7916932b828bba79942424abb65244930d69a7")?;
    let (plaintext, aad) = (b"Beauty is truth, truth beauty", b"Count-0");
    let ciphertext = hex("1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db21993c62ce81883d2dd1b51a28")?;

    let made = public_key::<32>(Suite::X25519, &secret).map_err(|error| error.to_string())?;
    ensure(made.as_slice() == public, || "public key".into())?;
    let by_hand = seal_by_hand(DHKEM, &shared, &info, aad, plaintext)?;
    ensure(by_hand == ciphertext, || "the key schedule of these tests".into())?;
    let sealed = seal_given(Suite::X25519, derive_secret_key(&ikm)?.to_vec(), &public, &info, aad, plaintext)?;
    ensure(sealed == (encapsulated.clone(), ciphertext.clone()), || "seal".into())?;
    let opened = open(Suite::X25519, &secret, &encapsulated, &info, aad, &ciphertext);
    ensure(opened.is_ok_and(|text| text == plaintext), || "open".into())?;
    Ok(1)
}

/// The draft has vectors of the KEM alone; HPKE around it is the one that RFC 9180's vector checks.
pub(super) fn xwing() -> Outcome {
    let lines = include_str!("xwing.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let lines: Vec<_> = lines.filter_map(|line| line.split_once(' ')).collect();
    let (vectors, rest) = lines.as_chunks::<5>();
    ensure(rest.is_empty(), || "a vector is not complete".into())?;
    for (number, vector) in vectors.iter().enumerate() {
        let case = |what| format!("vector {}: {what}", number + 1);
        let [("seed", seed), ("eseed", eseed), ("ss", shared), ("pk", public), ("ct", encapsulated)] = vector else {
            return Err(case("names"));
        };
        let secret = Secret::copy_from(&array(&hex(seed)?)?);
        let (public, encapsulated) = (hex(public)?, hex(encapsulated)?);
        let made = public_key::<1216>(Suite::XWing, &secret).map_err(|error| error.to_string())?;
        ensure(made.as_slice() == public, || case("public key"))?;
        let expected = seal_by_hand(XWING, &hex(shared)?, b"info", b"aad", b"text")?;
        let sealed = seal_given(Suite::XWing, hex(eseed)?, &public, b"info", b"aad", b"text")?;
        ensure(sealed.0 == encapsulated, || case("encapsulated key"))?;
        ensure(sealed.1 == expected, || case("secret that the sender shares"))?;
        let opened = open(Suite::XWing, &secret, &encapsulated, b"info", b"aad", &expected);
        ensure(opened.is_ok_and(|text| text == b"text"), || case("secret that the recipient shares"))?;
    }
    Ok(vectors.len())
}
