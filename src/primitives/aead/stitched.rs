//! RFC 8439 §2.8 with four blocks of ChaCha20 at a time and Poly1305 computed between its rounds, so that the vector and
//! the scalar units of a processor work side by side.

use std::marker::PhantomData;

use zeroize::optimization_barrier;

use super::{Pieces, TAG_LEN, mac::Mac, vector::U32x4};

/// Bytes of key stream that are made at once.
const CHUNK: usize = 256;

/// "expand 32-byte k"
const CONSTANTS: [u32; 4] = [0x6170_7865, 0x3320_646e, 0x7962_2d32, 0x6b20_6574];

pub(crate) struct Stream<V> {
    state: [[u32; 4]; 4],
    key_stream: [[u8; 16]; CHUNK / 16],
    used: usize,
    mac: Mac,
    associated_data_len: u64,
    text_len: u64,
    vector: PhantomData<V>,
}

impl<V: U32x4> Pieces for Stream<V> {
    fn blank() -> Self {
        Self {
            state: [[0; 4]; 4],
            key_stream: [[0; 16]; CHUNK / 16],
            used: 0,
            mac: Mac::new(&[0; 16], &[0; 16]),
            associated_data_len: 0,
            text_len: 0,
            vector: PhantomData,
        }
    }

    fn begin(&mut self, key: &[u8; 32], nonce: &[u8; 12], associated_data: &[u8]) {
        let [k0, k1, k2, k3, k4, k5, k6, k7] = words(key);
        let [n1, n2, n3] = words(nonce);
        self.state = [CONSTANTS, [k0, k1, k2, k3], [k4, k5, k6, k7], [0, n1, n2, n3]];
        // Block 0 is the key of Poly1305; the text begins with block 1.
        self.refill(&[]);
        self.used = 64;
        let [r, s, ..] = &self.key_stream;
        self.mac = Mac::new(r, s);
        self.mac.update(associated_data);
        self.mac.pad_block();
        self.associated_data_len = associated_data.len() as u64;
    }

    fn seal(&mut self, text: &mut [u8]) {
        self.text_len += text.len() as u64;
        let (start, rest) = text.split_at_mut(text.len().min(CHUNK - self.used));
        self.xor(start);
        if rest.is_empty() {
            self.mac.update(start);
            return;
        }
        // The last of the key stream ends a block.
        let mut before = self.mac.complete(start);
        let (chunks, tail) = rest.as_chunks_mut::<CHUNK>();
        for chunk in chunks {
            self.refill(before);
            self.xor(chunk);
            before = chunk;
        }
        if tail.is_empty() {
            self.mac.update(before);
        } else {
            self.refill(before);
            self.xor(tail);
            self.mac.update(tail);
        }
    }

    fn open(&mut self, text: &mut [u8]) {
        self.text_len += text.len() as u64;
        let (start, rest) = text.split_at_mut(text.len().min(CHUNK - self.used));
        self.mac.update(start);
        self.xor(start);
        let (chunks, tail) = rest.as_chunks_mut::<CHUNK>();
        for chunk in chunks {
            self.refill(chunk);
            self.xor(chunk);
        }
        if !tail.is_empty() {
            self.refill(&[]);
            self.mac.update(tail);
            self.xor(tail);
        }
    }

    fn tag(&mut self) -> [u8; TAG_LEN] {
        self.mac.pad_block();
        let lengths = u128::from(self.associated_data_len) | u128::from(self.text_len) << 64;
        self.mac.update(&lengths.to_le_bytes());
        self.mac.tag()
    }
}

impl<V: U32x4> Stream<V> {
    /// Encrypts or decrypts what is not longer than the key stream that is left. By vectors, and not left to the compiler:
    /// where the end of a build is optimised for size, it would go byte by byte.
    fn xor(&mut self, text: &mut [u8]) {
        let (start, rest) = text.split_at_mut(text.len().min(self.used.wrapping_neg() % 16));
        self.xor_bytes(start);
        let (vectors, tail) = rest.as_chunks_mut();
        for (text, key) in vectors.iter_mut().zip(self.key_stream.iter().skip(self.used / 16)) {
            *text = V::from_bytes(text).xor(V::from_bytes(key)).to_bytes();
        }
        self.used += 16 * vectors.len();
        self.xor_bytes(tail);
    }

    fn xor_bytes(&mut self, text: &mut [u8]) {
        let key_stream = self.key_stream.as_flattened().iter().skip(self.used);
        text.iter_mut().zip(key_stream).for_each(|(byte, key)| *byte ^= key);
        self.used += text.len();
    }

    /// Makes the next four blocks of key stream, and meanwhile hashes `ciphertext`: whole blocks, 20 at most.
    #[inline(never)]
    fn refill(&mut self, ciphertext: &[u8]) {
        let (blocks, _) = ciphertext.as_chunks();
        let mut blocks = blocks.iter();
        let factor = self.mac.factor;
        let mut sum = self.mac.sum;
        let mut absorb = || {
            if let Some(block) = blocks.next() {
                sum = factor.absorb(sum, block);
            }
        };

        let start = spread(&self.state);
        let mut rows = start;
        for _ in 0..10 {
            let [a, b, c, d] = quarter_rounds(rows);
            // The diagonals of RFC 8439 §2.3 as columns, and back.
            let [a, b, c, d] = quarter_rounds([a, left(b), left(left(c)), left(left(left(d)))]);
            absorb();
            absorb();
            rows = [a, left(left(left(b))), left(left(c)), left(d)];
        }
        self.mac.sum = sum;

        let [a, b, c, d] = rows;
        let [e, f, g, h] = start;
        // Vector i of a row holds word i of four blocks; transposed, vector i holds the row of block i.
        let [a0, a1, a2, a3] = V::transpose(add(a, e));
        let [b0, b1, b2, b3] = V::transpose(add(b, f));
        let [c0, c1, c2, c3] = V::transpose(add(c, g));
        let [d0, d1, d2, d3] = V::transpose(add(d, h));
        let blocks = [a0, b0, c0, d0, a1, b1, c1, d1, a2, b2, c2, d2, a3, b3, c3, d3];
        self.key_stream = blocks.map(V::to_bytes);
        let [_, _, _, [counter, ..]] = &mut self.state;
        *counter = counter.wrapping_add(4);
        self.used = 0;
    }
}

impl<V> Drop for Stream<V> {
    fn drop(&mut self) {
        // Not `zeroize()`, which goes byte by byte and would take as long as a short text.
        self.state = [[0; 4]; 4];
        self.key_stream = [[0; 16]; CHUNK / 16];
        self.mac = Mac::new(&[0; 16], &[0; 16]);
        optimization_barrier(self);
    }
}

/// A state for each of four blocks.
#[inline(always)]
fn spread<V: U32x4>([a, b, c, d]: &[[u32; 4]; 4]) -> [[V; 4]; 4] {
    let row = |[a, b, c, d]: &[u32; 4]| [V::new([*a; 4]), V::new([*b; 4]), V::new([*c; 4]), V::new([*d; 4])];
    let [counter, n1, n2, n3] = row(d);
    [row(a), row(b), row(c), [counter.add(V::new([0, 1, 2, 3])), n1, n2, n3]]
}

/// The four quarter rounds of RFC 8439 §2.1 on the columns of four states.
#[inline(always)]
fn quarter_rounds<V: U32x4>([a, b, c, d]: [[V; 4]; 4]) -> [[V; 4]; 4] {
    let a = add(a, b);
    let d = xor_rotate::<V, 16>(d, a);
    let c = add(c, d);
    let b = xor_rotate::<V, 12>(b, c);
    let a = add(a, b);
    let d = xor_rotate::<V, 8>(d, a);
    let c = add(c, d);
    let b = xor_rotate::<V, 7>(b, c);
    [a, b, c, d]
}

#[inline(always)]
fn add<V: U32x4>([a, b, c, d]: [V; 4], [e, f, g, h]: [V; 4]) -> [V; 4] {
    [a.add(e), b.add(f), c.add(g), d.add(h)]
}

#[inline(always)]
fn xor_rotate<V: U32x4, const BY: u32>([a, b, c, d]: [V; 4], [e, f, g, h]: [V; 4]) -> [V; 4] {
    [a.xor(e), b.xor(f), c.xor(g), d.xor(h)].map(V::rotate_left::<BY>)
}

#[inline(always)]
fn left<T>([a, b, c, d]: [T; 4]) -> [T; 4] {
    [b, c, d, a]
}

fn words<const BYTES: usize, const WORDS: usize>(bytes: &[u8; BYTES]) -> [u32; WORDS] {
    let mut words = [0; WORDS];
    let (chunks, _) = bytes.as_chunks();
    words.iter_mut().zip(chunks).for_each(|(word, bytes)| *word = u32::from_le_bytes(*bytes));
    words
}
