//! The account secret and the recovery code as people copy them (SPEC.md §8.2).

use sealed_notes_format::{Purpose, id::Hash};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::copied;
use crate::{Error, crypto::secret::Secret};

/// 128 random bits, kept on a person's devices and printed: with it mixed in, whoever holds the server's
/// database cannot guess passphrases.
pub(crate) type AccountSecret = Secret<16>;

/// 160 random bits, on paper alone.
pub(crate) type RecoveryCode = Secret<20>;

fn with_checksum<const N: usize, const ALL: usize>(secret: &Secret<N>, checksum: &[u8; 32]) -> Zeroizing<[u8; ALL]> {
    let mut bytes = Zeroizing::new([0; ALL]);
    bytes.iter_mut().zip(secret.expose().iter().chain(checksum)).for_each(|(to, from)| *to = *from);
    bytes
}

fn checked_secret(secret: &AccountSecret) -> Zeroizing<[u8; 20]> {
    with_checksum(secret, &Sha256::digest(secret.expose()).into())
}

/// The checksum names its purpose: an account secret typed in a code's place is a typing error, and not a wrong code.
fn checked_code(code: &RecoveryCode) -> Zeroizing<[u8; 25]> {
    with_checksum(code, &Hash::for_purpose(Purpose::RecoveryCode, code.expose()).0)
}

/// 8 groups of 4.
pub(crate) fn to_text(secret: &AccountSecret) -> Zeroizing<String> {
    copied::encode(checked_secret(secret).as_slice())
}

pub(crate) fn from_text(text: &str) -> Result<AccountSecret, Error> {
    let bytes = copied::decode::<20>(text).ok_or(Error::InvalidAccountSecret)?;
    let secret = bytes.first_chunk().map(AccountSecret::copy_from).ok_or(Error::InvalidAccountSecret)?;
    if *checked_secret(&secret) == *bytes { Ok(secret) } else { Err(Error::InvalidAccountSecret) }
}

/// 10 groups of 4.
pub(crate) fn code_to_text(code: &RecoveryCode) -> Zeroizing<String> {
    copied::encode(checked_code(code).as_slice())
}

pub(crate) fn code_from_text(text: &str) -> Result<RecoveryCode, Error> {
    let bytes = copied::decode::<25>(text).ok_or(Error::InvalidRecoveryCode)?;
    let code = bytes.first_chunk().map(RecoveryCode::copy_from).ok_or(Error::InvalidRecoveryCode)?;
    if *checked_code(&code) == *bytes { Ok(code) } else { Err(Error::InvalidRecoveryCode) }
}

/// Whether `text` is an account secret without a typing error. Says nothing about whose.
pub fn is_well_formed(text: &str) -> bool {
    from_text(text).is_ok()
}

/// Whether `text` is a recovery code without a typing error. Says nothing about whose.
pub fn is_well_formed_code(text: &str) -> bool {
    code_from_text(text).is_ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot decode has failed")]
mod tests {
    use super::*;

    #[test]
    fn survives_being_copied_by_hand() {
        let secret = AccountSecret::copy_from(&[0xa5; 16]);
        let code = RecoveryCode::copy_from(&[0x1c; 20]);
        let (text, code_text) = (to_text(&secret), code_to_text(&code));
        assert_eq!((text.len(), code_text.len()), (39, 49));
        assert!(from_text(&text).unwrap().equals(secret.expose()));
        let sloppy = |text: &str| {
            text.to_lowercase().replacen('-', "\u{a0} ", 3).replace('-', "\u{2013}").replace('0', "o").replace('1', "l")
        };
        assert!(from_text(&sloppy(&text)).unwrap().equals(secret.expose()));
        assert!(code_from_text(&sloppy(&code_text)).unwrap().equals(code.expose()));
        assert!(code_from_text(&text).is_err() && from_text(&code_text).is_err());
        assert!(from_text("ſecret").is_err(), "letters that are none of ours");
    }

    #[test]
    fn every_single_wrong_letter_is_noticed() {
        let secret = to_text(&AccountSecret::copy_from(&[0x5a; 16]));
        let code = code_to_text(&RecoveryCode::copy_from(&[0x5a; 20]));
        for (text, is_refused) in [
            (&secret, (|text| from_text(text).is_err()) as fn(&str) -> bool),
            (&code, |text| code_from_text(text).is_err()),
        ] {
            for position in 0..text.len() {
                for digit in b"0123456789ABCDEFGHJKMNPQRSTVWXYZ" {
                    let mut typed = text.as_bytes().to_vec();
                    let Some(letter) = typed.get_mut(position).filter(|letter| **letter != b'-') else { continue };
                    if *letter != *digit {
                        *letter = *digit;
                        assert!(is_refused(core::str::from_utf8(&typed).unwrap()));
                    }
                }
            }
            assert!(is_refused(""));
            assert!(is_refused(&text[..text.len() - 1]));
            assert!(is_refused(&format!("{}0", text.as_str())));
        }
    }
}
