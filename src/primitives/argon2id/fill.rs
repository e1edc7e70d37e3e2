//! Argon2id of our own: all of RFC 9106 §3 but the compression function. One lane after the other.
#![allow(
    clippy::indexing_slicing,
    reason = "every index is of a block within the memory: RFC 9106 §3.4 reduces it to that"
)]

use blake2::{
    Blake2bVarCore,
    digest::{
        block_api::{UpdateCore, VariableOutputCore},
        block_buffer::LazyBuffer,
    },
};
use zeroize::{Zeroize, Zeroizing};

use super::{
    Cost, Refused,
    block::{Block, Compression, LEN},
};

const VERSION: u32 = 0x13;
const ARGON2ID: u32 = 2;
const SLICES: usize = 4;

pub(super) struct Inputs<'a> {
    pub(super) password: &'a [u8],
    pub(super) salt: &'a [u8],
    pub(super) secret: &'a [u8],
    pub(super) data: &'a [u8],
}

pub(super) fn hash(inputs: &Inputs<'_>, cost: Cost, out: &mut [u8]) -> Result<(), Refused> {
    let Cost { memory, passes, lanes } = cost;
    let allowed = passes > 0 && (1..1 << 24).contains(&lanes) && memory / 8 >= lanes;
    if !allowed || out.len() < 4 || inputs.salt.len() < 8 {
        return Err(Refused);
    }
    let seed = seed(inputs, cost, out.len())?;
    let mut memory = Memory::new(cost)?;
    for lane in 0..memory.lanes {
        for i in 0..2_u32 {
            let mut first = Zeroizing::new([0; LEN]);
            long_hash(&[&*seed, &i.to_le_bytes(), &(lane as u32).to_le_bytes()], &mut *first)?;
            let at = memory.at(lane, i as usize);
            memory.blocks[at] = Block::from_bytes(&first);
        }
    }
    for pass in 0..passes {
        for slice in 0..SLICES {
            for lane in 0..memory.lanes {
                memory.fill_segment(cost, pass, slice, lane);
            }
        }
    }
    let mut last = Zeroizing::new(Block::ZERO);
    for lane in 0..memory.lanes {
        last.xor(&memory.blocks[memory.at(lane, memory.lane_len - 1)]);
    }
    long_hash(&[&*Zeroizing::new(last.bytes())], out)
}

/// H0 (RFC 9106 §3.2).
fn seed(inputs: &Inputs<'_>, cost: Cost, out_len: usize) -> Result<Zeroizing<[u8; 64]>, Refused> {
    let length = |len: usize| u32::try_from(len).map(u32::to_le_bytes).map_err(|_| Refused);
    let Inputs { password, salt, secret, data } = inputs;
    let mut seed = Zeroizing::new([0; 64]);
    let numbers = [cost.memory, cost.passes, VERSION, ARGON2ID].map(u32::to_le_bytes);
    let parts: [&[u8]; 11] = [
        &cost.lanes.to_le_bytes(),
        &length(out_len)?,
        numbers.as_flattened(),
        &length(password.len())?,
        password,
        &length(salt.len())?,
        salt,
        &length(secret.len())?,
        secret,
        &length(data.len())?,
        data,
    ];
    blake2b(&parts, &mut *seed)?;
    Ok(seed)
}

/// H' (RFC 9106 §3.3).
fn long_hash(input: &[&[u8]], out: &mut [u8]) -> Result<(), Refused> {
    let len = u32::try_from(out.len()).map_err(|_| Refused)?.to_le_bytes();
    let input = [&[&len[..]], input].concat();
    if out.len() <= 64 {
        return blake2b(&input, out);
    }
    let mut link = Zeroizing::new([0; 64]);
    blake2b(&input, &mut *link)?;
    let mut rest = out;
    while rest.len() > 64 {
        let (half, after) = rest.split_at_mut(32);
        half.copy_from_slice(&link[..32]);
        rest = after;
        let before = link.clone();
        blake2b(&[&*before], &mut link[..rest.len().min(64)])?;
    }
    rest.copy_from_slice(&link[..rest.len()]);
    Ok(())
}

/// BLAKE2b of 1 to 64 bytes (RFC 7693).
fn blake2b(input: &[&[u8]], out: &mut [u8]) -> Result<(), Refused> {
    let mut hash = Blake2bVarCore::new(out.len()).map_err(|_| Refused)?;
    let mut buffer = LazyBuffer::default();
    for part in input {
        buffer.digest_blocks(part, |blocks| hash.update_blocks(blocks));
    }
    let mut full = Default::default();
    hash.finalize_variable_core(&mut buffer, &mut full);
    out.copy_from_slice(&full[..out.len()]);
    full.as_mut_slice().zeroize();
    Ok(())
}

/// The blocks B[lane][column], lane after lane.
struct Memory {
    blocks: Vec<Block>,
    lanes: usize,
    lane_len: usize,
    segment_len: usize,
    compression: Zeroizing<Compression>,
}

impl Memory {
    fn new(cost: Cost) -> Result<Self, Refused> {
        let lanes = cost.lanes as usize;
        let segment_len = cost.memory as usize / (SLICES * lanes);
        let lane_len = SLICES * segment_len;
        let mut blocks = Vec::new();
        blocks.try_reserve_exact(lanes * lane_len).map_err(|_| Refused)?;
        blocks.resize(lanes * lane_len, Block::ZERO);
        Ok(Self { blocks, lanes, lane_len, segment_len, compression: Zeroizing::new(Compression::new()) })
    }

    fn at(&self, lane: usize, column: usize) -> usize {
        lane * self.lane_len + column
    }

    fn fill_segment(&mut self, cost: Cost, pass: u32, slice: usize, lane: usize) {
        let independent = pass == 0 && slice < SLICES / 2;
        let mut addresses = Block::ZERO;
        let begun = if pass == 0 && slice == 0 { 2 } else { 0 };
        for i in begun..self.segment_len {
            let column = slice * self.segment_len + i;
            let before = self.at(lane, (column + self.lane_len - 1) % self.lane_len);
            if independent && (i % 128 == 0 || i == begun) {
                let numbers = [pass, lane as u32, slice as u32, self.blocks.len() as u32, cost.passes, ARGON2ID];
                let [a, b, c, d, e, f] = numbers.map(u64::from);
                addresses = self.addresses([a, b, c, d, e, f, i as u64 / 128 + 1, 0]);
            }
            let random = if independent { addresses.word(i) } else { self.blocks[before].word(0) };
            let referred = self.referred(pass, slice, lane, i, random);
            let at = self.at(lane, column);
            let added = if pass == 0 { &Block::ZERO } else { &self.blocks[at] };
            self.compression.begin(&self.blocks[before], &self.blocks[referred], added);
            self.compression.finish(&mut self.blocks[at]);
        }
    }

    /// 128 pseudo-random words that depend on no input (RFC 9106 §3.4.1.2).
    fn addresses(&mut self, counted: [u64; 8]) -> Block {
        let mut block = Block::starting_with(counted);
        for _ in 0..2 {
            self.compression.begin(&Block::ZERO, &block, &Block::ZERO);
            self.compression.finish(&mut block);
        }
        block
    }

    /// Which block a pseudo-random word refers to (RFC 9106 §3.4.2).
    fn referred(&self, pass: u32, slice: usize, lane: usize, i: usize, random: u64) -> usize {
        let (j1, j2) = (random & 0xffff_ffff, (random >> 32) as usize);
        let chosen = if pass == 0 && slice == 0 { lane } else { j2 % self.lanes };
        // Every finished segment of the last four, and of the present one what is there already; never the block before.
        let finished = if pass == 0 { slice } else { SLICES - 1 } * self.segment_len;
        let area = if chosen == lane { finished + i - 1 } else { finished - usize::from(i == 0) };
        let x = (j1 * j1) >> 32;
        let back = (area as u64 * x) >> 32;
        let start = if pass == 0 { 0 } else { (slice + 1) % SLICES * self.segment_len };
        self.at(chosen, (start + area - 1 - back as usize) % self.lane_len)
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        self.blocks.iter_mut().for_each(Zeroize::zeroize);
    }
}
