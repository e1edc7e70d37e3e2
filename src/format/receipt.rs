//! One signature for many payloads: the root of their Merkle tree (RFC 9162 §2.1) is signed, and each goes out with a receipt,
//! the COSE_Sign1 over the root and the path from the payload to it (RFC 9942 §5.2).
//!
//! The signature covers the root alone, and sizes 5 to 8 have the same way up from leaf 0: a server could write another size,
//! and the object would verify under a second hash. So a tree is filled up with empty payloads to a power of two, for which
//! size and index follow from the path's length and its sides.

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

/// A path is no longer: no call makes 2³² grants.
const HIGHEST: usize = 32;

/// The tree over some payloads, and as many empty ones as make a power of two.
#[derive(Debug)]
pub(crate) struct Tree {
    /// From the leaves up to the root.
    levels: Vec<Vec<Hash>>,
}

impl Tree {
    pub(crate) fn over(payloads: &[impl AsRef<[u8]>]) -> Self {
        let mut levels = Vec::new();
        let mut level: Vec<Hash> = payloads.iter().map(|payload| leaf(payload.as_ref())).collect();
        level.resize(level.len().next_power_of_two(), leaf(&[]));
        while level.len() > 1 {
            let next = level.as_chunks().0.iter().map(|&[left, right]| node(left, right)).collect();
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
        Proof { index: index as u64, path: path.collect() }
    }
}

/// An inclusion proof (RFC 9942 §5.2): size of the tree, index of the leaf, hashes of the neighbours on the way up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    index: u64,
    path: Vec<Hash>,
}

impl Proof {
    /// RFC 9162 §2.1.3.2, for a tree that is full.
    pub(crate) fn root(&self, payload: &[u8]) -> Hash {
        let climb = |hash, (height, &neighbour): (usize, &Hash)| match (self.index >> height) & 1 {
            0 => node(hash, neighbour),
            _ => node(neighbour, hash),
        };
        self.path.iter().enumerate().fold(leaf(payload), climb)
    }

    pub fn encode(&self) -> Vec<u8> {
        let mut out = Encoder::with_capacity(16 + 34 * self.path.len());
        out.array(3).uint(1 << self.path.len()).uint(self.index).array(self.path.len());
        self.path.iter().for_each(|hash| {
            out.bytes(&hash.0);
        });
        out.finish()
    }

    pub fn decode(bytes: &[u8]) -> Result<Self, FormatError> {
        Decoder::all(bytes, |input| {
            input.array_of(3)?;
            let (size, index, len) = (input.uint()?, input.uint()?, input.array()?);
            if !(1..=HIGHEST).contains(&len) || size != 1 << len || index >= size {
                return Err(FormatError::NotSealed("a receipt whose path is not that of a leaf in a full tree"));
            }
            let path = (0..len).map(|_| Hash::decode(input)).collect::<Result<_, _>>()?;
            Ok(Self { index, path })
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
        for size in 1..40_usize {
            let mut payloads: Vec<Vec<u8>> = (0..size).map(|index| vec![index as u8; index + 1]).collect();
            let tree = Tree::over(&payloads);
            let root = tree.root().unwrap();
            payloads.resize(size.next_power_of_two(), Vec::new());
            assert_eq!(root, tree_hash(&payloads));
            for index in 0..size {
                let proof = tree.proof(index);
                assert_eq!(proof.root(&payloads[index]), root);
                assert_ne!(proof.root(b"another payload"), root);
                for wrong in (0..payloads.len()).filter(|wrong| *wrong != index) {
                    let moved = Proof { index: wrong as u64, ..proof.clone() };
                    assert_ne!(moved.root(&payloads[index]), root, "leaf {index} at {wrong} of {size}");
                }
                let encoded = proof.encode();
                if size == 1 {
                    assert!(Proof::decode(&encoded).is_err(), "what is alone has no path");
                    continue;
                }
                assert_eq!(Proof::decode(&encoded), Ok(proof));
                // Size and index are numbers below 24 here: one byte each.
                for at in (1..=2).filter(|_| size <= 16) {
                    for other in (0..24).filter(|other| *other != encoded[at]) {
                        let mut changed = encoded.clone();
                        changed[at] = other;
                        let root_of = |bytes: &[u8]| Proof::decode(bytes).map(|proof| proof.root(&payloads[index]));
                        assert_ne!(root_of(&changed), Ok(root), "leaf {index} of {size} by another proof");
                    }
                }
            }
        }
    }
}
