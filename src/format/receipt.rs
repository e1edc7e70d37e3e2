//! One signature for many payloads: the root of their Merkle tree (RFC 9162 §2.1) is signed, and each goes out with a receipt,
//! the COSE_Sign1 over the root and the path from the payload to it (RFC 9942 §5.2).

use sha2::{Digest, Sha256};

use crate::{
    FormatError,
    cbor::{Decoder, Encoder},
    id::Hash,
};

fn leaf(payload: &[u8]) -> Hash {
    Hash(Sha256::new().chain_update([0]).chain_update(payload).finalize().into())
}

fn node(left: Hash, right: Hash) -> Hash {
    Hash(Sha256::new().chain_update([1]).chain_update(left.0).chain_update(right.0).finalize().into())
}

/// The tree over some payloads.
#[derive(Debug)]
pub(crate) struct Tree {
    /// From the leaves up to the root. A node without a neighbour goes up as it is.
    levels: Vec<Vec<Hash>>,
}

impl Tree {
    pub(crate) fn over(payloads: &[impl AsRef<[u8]>]) -> Self {
        let mut levels = Vec::new();
        let mut level: Vec<Hash> = payloads.iter().map(|payload| leaf(payload.as_ref())).collect();
        while level.len() > 1 {
            let next = level.chunks(2).map(|pair| match *pair {
                [left, right] => node(left, right),
                _ => pair.first().copied().unwrap_or(Hash([0; 32])),
            });
            let next = next.collect();
            levels.push(core::mem::replace(&mut level, next));
        }
        levels.push(level);
        Self { levels }
    }

    pub(crate) fn root(&self) -> Option<Hash> {
        self.levels.last()?.first().copied()
    }

    /// The proof that the leaf at `index` is in the tree.
    pub(crate) fn proof(&self, index: usize) -> Proof {
        let path =
            self.levels.iter().enumerate().filter_map(|(height, level)| level.get((index >> height) ^ 1).copied());
        Proof { size: self.levels.first().map_or(0, Vec::len) as u64, index: index as u64, path: path.collect() }
    }
}

/// An inclusion proof (RFC 9942 §5.2): size of the tree, index of the leaf, hashes of the neighbours on the way up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    size: u64,
    index: u64,
    path: Vec<Hash>,
}

impl Proof {
    /// RFC 9162 §2.1.3.2. `None` for a path that does not end at the root of a tree of this size.
    pub(crate) fn root(&self, payload: &[u8]) -> Option<Hash> {
        let (mut index, mut last) = (self.index, self.size.checked_sub(1)?);
        if index > last {
            return None;
        }
        let mut hash = leaf(payload);
        for &neighbour in &self.path {
            if last == 0 {
                return None;
            }
            if index & 1 == 1 || index == last {
                hash = node(neighbour, hash);
                // Where there was no neighbour the node went up as it is.
                let rises = index.trailing_zeros();
                (index, last) = (index >> rises, last >> rises);
            } else {
                hash = node(hash, neighbour);
            }
            (index, last) = (index >> 1, last >> 1);
        }
        (last == 0).then_some(hash)
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Encoder::with_capacity(16 + 34 * self.path.len());
        out.array(3).uint(self.size).uint(self.index).array(self.path.len());
        self.path.iter().for_each(|hash| {
            out.bytes(&hash.0);
        });
        out.finish()
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, FormatError> {
        Decoder::all(bytes, |input| {
            input.array_of(3)?;
            let (size, index, len) = (input.uint()?, input.uint()?, input.array()?);
            if !(1..=64).contains(&len) {
                return Err(FormatError::NotSealed("a receipt whose path is empty, or longer than any tree is high"));
            }
            let path = (0..len).map(|_| Hash::decode(input)).collect::<Result<_, _>>()?;
            Ok(Self { size, index, path })
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failure fails the test")]
mod tests {
    use super::*;

    /// RFC 9162 §2.1.1 as it is written there.
    fn tree_hash(payloads: &[Vec<u8>]) -> Hash {
        match payloads {
            [one] => leaf(one),
            _ => {
                let split = payloads.len().next_power_of_two() / 2;
                node(tree_hash(&payloads[..split]), tree_hash(&payloads[split..]))
            }
        }
    }

    #[test]
    fn every_leaf_of_every_small_tree_is_proved_and_no_other_is() {
        for size in 1..70_usize {
            let payloads: Vec<Vec<u8>> = (0..size).map(|index| vec![index as u8; index]).collect();
            let tree = Tree::over(&payloads);
            let root = tree.root().unwrap();
            assert_eq!(root, tree_hash(&payloads));
            for index in 0..size {
                let proof = tree.proof(index);
                assert_eq!(proof.root(&payloads[index]), Some(root));
                assert_ne!(proof.root(b"another payload"), Some(root));
                for wrong in (0..size + 2).filter(|wrong| *wrong != index) {
                    let moved = Proof { index: wrong as u64, ..proof.clone() };
                    assert_ne!(moved.root(&payloads[index]), Some(root), "leaf {index} at {wrong} of {size}");
                }
                let mut longer = proof.clone();
                longer.path.push(root);
                assert_eq!(longer.root(&payloads[index]), None);
                if size > 1 {
                    assert_eq!(Proof::decode(&proof.encode()), Ok(proof));
                }
            }
        }
        assert_eq!(Tree::over(&[] as &[Vec<u8>]).root(), None);
    }
}
