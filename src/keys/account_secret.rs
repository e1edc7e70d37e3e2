//! The account secret as people copy it (SPEC.md §8).

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::{Error, crypto::secret::Secret};

const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// 128 random bits, kept on a person's devices and printed: with it mixed in, whoever holds the server's
/// database cannot guess passphrases.
pub(crate) type AccountSecret = Secret<16>;

fn with_checksum(secret: &AccountSecret) -> Zeroizing<[u8; 20]> {
    let mut bytes = Zeroizing::new([0; 20]);
    let checksum = Sha256::digest(secret.expose());
    bytes.iter_mut().zip(secret.expose().iter().chain(checksum.iter())).for_each(|(to, from)| *to = *from);
    bytes
}

/// 8 groups of 4.
pub(crate) fn to_text(secret: &AccountSecret) -> Zeroizing<String> {
    let bytes = with_checksum(secret);
    let mut text = Zeroizing::new(String::with_capacity(40));
    for (index, run) in bytes.chunks(5).enumerate() {
        let bits = run.iter().fold(0u64, |bits, byte| bits << 8 | u64::from(*byte));
        for position in 0..8 {
            if (index, position) != (0, 0) && position % 4 == 0 {
                text.push('-');
            }
            let digit = (bits >> (35 - 5 * position)) & 31;
            text.push(DIGITS.get(digit as usize).copied().unwrap_or_default() as char);
        }
    }
    text
}

/// Reads what a person typed: case, spaces and dashes do not matter, O is 0, I and L are 1.
pub(crate) fn from_text(text: &str) -> Result<AccountSecret, Error> {
    let mut bytes = Zeroizing::new([0u8; 20]);
    let mut digits = text.bytes().filter(|c| !c.is_ascii_whitespace() && *c != b'-').map(|c| {
        let c = match c.to_ascii_uppercase() {
            b'O' => b'0',
            b'I' | b'L' => b'1',
            c => c,
        };
        DIGITS.iter().position(|digit| *digit == c).map(|value| value as u64).ok_or(Error::InvalidAccountSecret)
    });
    for run in bytes.chunks_mut(5) {
        let mut bits = 0u64;
        for _ in 0..8 {
            bits = bits << 5 | digits.next().ok_or(Error::InvalidAccountSecret)??;
        }
        run.iter_mut().zip(bits.to_be_bytes().iter().skip(3)).for_each(|(to, from)| *to = *from);
    }
    let secret = bytes.first_chunk().map(AccountSecret::copy_from).ok_or(Error::InvalidAccountSecret)?;
    let complete = digits.next().is_none() && *with_checksum(&secret) == *bytes;
    if complete { Ok(secret) } else { Err(Error::InvalidAccountSecret) }
}

/// Whether `text` is an account secret without a typing error. Says nothing about whose.
pub fn is_well_formed(text: &str) -> bool {
    from_text(text).is_ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot decode has failed")]
mod tests {
    use super::*;

    #[test]
    fn survives_being_copied_by_hand() {
        let secret = AccountSecret::copy_from(&[0xa5; 16]);
        let text = to_text(&secret);
        assert_eq!(text.len(), 39);
        assert!(from_text(&text).unwrap().equals(secret.expose()));
        let sloppy = text.to_lowercase().replace('-', " ").replace('0', "o").replace('1', "l");
        assert!(from_text(&sloppy).unwrap().equals(secret.expose()));
    }

    #[test]
    fn every_single_wrong_letter_is_noticed() {
        let text = to_text(&AccountSecret::copy_from(&[0x5a; 16]));
        for position in 0..text.len() {
            for digit in DIGITS {
                let mut typed = text.as_bytes().to_vec();
                let Some(letter) = typed.get_mut(position).filter(|letter| **letter != b'-') else { continue };
                if *letter != *digit {
                    *letter = *digit;
                    assert!(from_text(core::str::from_utf8(&typed).unwrap()).is_err());
                }
            }
        }
        assert!(from_text("").is_err());
        assert!(from_text(&text[..text.len() - 1]).is_err());
        assert!(from_text(&format!("{}0", text.as_str())).is_err());
    }
}
