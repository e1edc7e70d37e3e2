//! RFC 8439 §2.8 over the crates `chacha20` and `poly1305`.

use chacha20::{
    ChaCha20,
    cipher::{KeyIvInit, StreamCipher, StreamCipherSeek},
};
use poly1305::{
    Block, Poly1305,
    universal_hash::{KeyInit, UniversalHash},
};
use zeroize::Zeroizing;

use super::{Pieces, TAG_LEN};

const BLOCK: usize = 16;

pub(crate) struct Stream {
    cipher: ChaCha20,
    mac: Poly1305,
    /// The start of a block that the mac has not seen.
    part: [u8; BLOCK],
    part_len: usize,
    associated_data_len: u64,
    text_len: u64,
}

impl Pieces for Stream {
    fn blank() -> Self {
        let (cipher, mac) = (ChaCha20::new(&[0; 32].into(), &[0; 12].into()), Poly1305::new(&[0; 32].into()));
        Self { cipher, mac, part: [0; BLOCK], part_len: 0, associated_data_len: 0, text_len: 0 }
    }

    fn begin(&mut self, key: &[u8; 32], nonce: &[u8; 12], associated_data: &[u8]) {
        self.cipher = ChaCha20::new(key.into(), nonce.into());
        let mut mac_key = Zeroizing::new([0; 32]);
        self.cipher.apply_keystream(mac_key.as_mut());
        self.cipher.seek(64_u64); // the text begins with block 1
        self.mac = Poly1305::new((&*mac_key).into());
        self.mac.update_padded(associated_data);
        self.associated_data_len = associated_data.len() as u64;
    }

    fn seal(&mut self, text: &mut [u8]) {
        self.cipher.apply_keystream(text);
        self.hash(text);
    }

    fn open(&mut self, text: &mut [u8]) {
        self.hash(text);
        self.cipher.apply_keystream(text);
    }

    fn tag(&mut self) -> [u8; TAG_LEN] {
        self.mac.update_padded(self.part.get(..self.part_len).unwrap_or_default());
        let mut lengths = [0; BLOCK];
        let (low, high) = lengths.split_at_mut(8);
        low.copy_from_slice(&self.associated_data_len.to_le_bytes());
        high.copy_from_slice(&self.text_len.to_le_bytes());
        self.mac.update(&[lengths.into()]);
        self.mac.clone().finalize().into()
    }
}

impl Stream {
    fn hash(&mut self, text: &[u8]) {
        self.text_len += text.len() as u64;
        let mut rest = text;
        if self.part_len > 0 {
            let (start, after) = rest.split_at(rest.len().min(BLOCK - self.part_len));
            self.keep(start);
            if self.part_len < BLOCK {
                return;
            }
            self.mac.update(&[self.part.into()]);
            self.part_len = 0;
            rest = after;
        }
        let (blocks, tail) = Block::slice_as_chunks(rest);
        self.mac.update(blocks);
        self.keep(tail);
    }

    fn keep(&mut self, bytes: &[u8]) {
        for (to, from) in self.part.iter_mut().skip(self.part_len).zip(bytes) {
            *to = *from;
        }
        self.part_len += bytes.len();
    }
}
