//! Padmé padding (SPEC.md §2.3): a ciphertext's length shows at most about log log of the text's.

use crate::{FormatError, kept::kept};

const MARK: u8 = 0x80;

/// The least length to which something is padded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Floor {
    /// Bodies and drafts.
    Text = 256,
    /// Vault contents: dozens of pins, so that a vault's length does not tell how many people its owner knows.
    Vault = 4096,
}

/// The length to which a text of `len` bytes is padded.
pub fn padded_len(len: usize, floor: Floor) -> usize {
    let len = (len + 1).max(floor as usize);
    let exponent = len.ilog2();
    let free = exponent - (exponent.ilog2() + 1);
    let mask = if kept("padding") { (1usize << free) - 1 } else { 0 };
    (len + mask) & !mask
}

/// Appends the mark and zeros to what `buffer` holds from `start` on.
pub fn pad(buffer: &mut Vec<u8>, start: usize, floor: Floor) {
    let len = buffer.len() - start;
    buffer.push(MARK);
    buffer.resize(start + padded_len(len, floor), 0);
}

/// The text without its padding.
pub fn unpad(padded: &[u8], floor: Floor) -> Result<&[u8], FormatError> {
    let bad = FormatError::NotSealed("wrong padding");
    let mark = padded.iter().rposition(|byte| *byte != 0).ok_or(bad)?;
    let (text, rest) = padded.split_at_checked(mark).ok_or(bad)?;
    if rest.first() == Some(&MARK) && padded.len() == padded_len(text.len(), floor) { Ok(text) } else { Err(bad) }
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, reason = "an index out of range fails the test")]
mod tests {
    use super::*;

    #[test]
    fn every_length_comes_back_and_grows_by_an_eighth_at_most() {
        for len in (0..70_000).chain([1_048_575, 1_048_576]) {
            let padded = padded_len(len, Floor::Text);
            assert!(padded > len && (padded <= 256 || padded as f64 <= (len + 1) as f64 * 1.12), "{len} {padded}");
        }
        for len in [0, 1, 254, 255, 256, 257, 4095, 4096, 1_048_576] {
            let mut buffer = vec![0u8; 3 + len];
            pad(&mut buffer, 3, Floor::Text);
            assert_eq!(unpad(&buffer[3..], Floor::Text).map(<[u8]>::len), Ok(len));
        }
    }

    #[test]
    fn other_paddings_are_refused() {
        assert!(unpad(&[], Floor::Text).is_err());
        assert!(unpad(&[0; 256], Floor::Text).is_err());
        let mut padded = b"text".to_vec();
        pad(&mut padded, 0, Floor::Text);
        assert!(unpad(&padded, Floor::Vault).is_err());
        padded.push(0);
        assert!(unpad(&padded, Floor::Text).is_err());
    }
}
