//! The primitives as they are used here, against vectors that others published: Wycheproof, the RFCs, the X-Wing
//! draft. Natively these are tests; `cargo xtask test primitives` runs the same inside the browser's wasm.

mod aead;
mod ed25519;
mod hpke;
mod kdf;
mod x25519;

/// How many cases held, or the first that did not.
type Outcome = Result<usize, String>;

pub(crate) struct Primitive {
    pub(crate) name: &'static str,
    /// How many cases there are: a run over fewer shows less than it seems to.
    pub(crate) expected: usize,
    run: fn() -> Outcome,
}

const fn primitive(name: &'static str, expected: usize, run: fn() -> Outcome) -> Primitive {
    Primitive { name, expected, run }
}

pub(crate) const PRIMITIVES: [Primitive; 15] = [
    primitive("ChaCha20-Poly1305, Wycheproof", 325, aead::wycheproof),
    primitive("ChaCha20-Poly1305, RFC 8439", 1, aead::rfc8439),
    primitive("ChaCha20-Poly1305, as the crate does it", 24097, aead::as_the_crate),
    primitive("X25519, Wycheproof", 518, x25519::wycheproof),
    primitive("X25519, RFC 7748", 6, x25519::rfc7748),
    primitive("Ed25519, Wycheproof", 151, ed25519::wycheproof),
    primitive("Ed25519, small order", 1, ed25519::small_order),
    primitive("Ed25519, RFC 8032", 3, ed25519::rfc8032),
    primitive("HKDF-SHA256, Wycheproof", 86, kdf::hkdf_wycheproof),
    primitive("HMAC-SHA256, Wycheproof", 174, kdf::hmac_wycheproof),
    primitive("Argon2id, RFC 9106", 1, kdf::rfc9106),
    primitive("Argon2id, the crate argon2", 80, kdf::crate_argon2),
    primitive("Argon2id as stretched, OpenSSL", 2, kdf::openssl),
    primitive("HPKE base mode, RFC 9180 A.2", 1, hpke::rfc9180),
    primitive("X-Wing, draft-connolly-cfrg-xwing-kem", 3, hpke::xwing),
];

impl Primitive {
    /// Runs every case.
    pub(crate) fn check(&self) -> Outcome {
        let count = (self.run)().map_err(|case| format!("{}: {case}", self.name))?;
        ensure(count == self.expected, || format!("{}: {count} cases instead of {}", self.name, self.expected))?;
        Ok(count)
    }
}

fn ensure(holds: bool, case: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(case()) }
}

fn hex(text: &str) -> Result<Vec<u8>, String> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let byte = |pair: &[u8; 2]| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok();
    let bytes: Option<_> = pairs.iter().map(byte).collect();
    bytes.filter(|_| rest.is_empty()).ok_or_else(|| format!("not hexadecimal: {text}"))
}

fn hex_array<const N: usize>(text: &str) -> Result<[u8; N], String> {
    array(&hex(text)?)
}

fn array<const N: usize>(bytes: &[u8]) -> Result<[u8; N], String> {
    bytes.try_into().map_err(|_| format!("{} bytes instead of {N}", bytes.len()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failure fails the test")]
mod tests {
    use super::*;

    #[test]
    fn every_primitive_does_what_others_published() {
        for primitive in &PRIMITIVES {
            assert!(primitive.expected > 0);
            assert_eq!(primitive.check(), Ok(primitive.expected));
        }
    }

    #[test]
    fn a_count_that_is_not_the_expected_one_fails() {
        assert_eq!(primitive("none", 1, || Ok(0)).check(), Err("none: 0 cases instead of 1".into()));
        assert_eq!(primitive("bad", 1, || Err("case 7".into())).check(), Err("bad: case 7".into()));
    }
}
