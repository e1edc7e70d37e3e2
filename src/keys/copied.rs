//! Bytes as people copy them by hand (SPEC.md §8.2): Crockford base32 in groups of four.

use zeroize::Zeroizing;

const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Groups of 4, joined by dashes. `bytes` come in fives.
pub(super) fn encode(bytes: &[u8]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(2 * bytes.len()));
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

/// Reads what a person typed: case, white space and dashes do not matter, O is 0, I and L are 1.
pub(super) fn decode<const N: usize>(text: &str) -> Option<Zeroizing<[u8; N]>> {
    let mut bytes = Zeroizing::new([0u8; N]);
    // Word processors and phones turn a dash into longer ones.
    let is_dash = |c: char| matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}');
    let mut digits = text.chars().filter(|c| !c.is_whitespace() && !is_dash(*c)).map(|c| {
        let c = match c.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            c => c,
        };
        DIGITS.iter().position(|digit| char::from(*digit) == c).map(|value| value as u64)
    });
    for run in bytes.chunks_mut(5) {
        let mut bits = 0u64;
        for _ in 0..8 {
            bits = bits << 5 | digits.next()??;
        }
        run.iter_mut().zip(bits.to_be_bytes().iter().skip(3)).for_each(|(to, from)| *to = *from);
    }
    digits.next().is_none().then_some(bytes)
}
