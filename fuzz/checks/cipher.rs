//! ChaCha20-Poly1305: our own code does with any text, in whatever pieces, what the crate does.

use sealed_notes_primitives::compare::Case;

/// Key, nonce, the bit to flip, lengths of associated data and of eight pieces; then associated data and text.
const HEAD: usize = 32 + 12 + 2 + 1 + 16;

pub fn check(bytes: &[u8]) {
    let Some((head, rest)) = bytes.split_first_chunk::<HEAD>() else { return };
    let number = |at: usize| usize::from(u16::from_le_bytes([head[at], head[at + 1]]));
    let (associated_data, text) = rest.split_at(rest.len().min(head[46].into()));
    let pieces: Vec<usize> = (0..8).map(|at| number(47 + 2 * at) % 1024).collect();
    let (key, nonce) = (head[..32].try_into().unwrap(), head[32..44].try_into().unwrap());
    Case { key, nonce, associated_data, text, pieces: &pieces, flip: number(44) }.check().unwrap();
}

/// Texts around the places where the code turns from one way to another.
pub fn seeds() -> Vec<Vec<u8>> {
    let lengths = [0, 1, 16, 31, 32, 64, 191, 192, 193, 256, 447, 448, 449, 704, 1024, 1500, 4096];
    lengths.map(|len| (0..HEAD + len).map(|at| (at * 151 + len) as u8).collect()).to_vec()
}
