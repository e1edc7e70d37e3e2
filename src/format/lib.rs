//! Bytes to structs and back, for everything that is stored or sent (SPEC.md).
//!
//! This crate knows no secret: it decodes strictly, hashes, and checks signatures with public keys. The
//! hosting server depends on it and on nothing else of the library, so that it *cannot* decrypt. Decoded
//! structs borrow from their input; nothing is copied.
//!
//! | module | object | SPEC |
//! |---|---|---|
//! | [`purpose`] | the closed list of what a signature, ciphertext or derivation is for | §2.1 |
//! | [`cbor`] | strict deterministic CBOR | §2 |
//! | [`cose`] | COSE_Sign1, COSE_Encrypt0, COSE_Encrypt, COSE_recipient | §2.2 |
//! | [`receipt`] | one signature for many payloads | §2.2 |
//! | [`id`] | typed ids and hashes | §2 |
//! | [`version`] | the signed manifest | §3 |
//! | [`body`] | sealed bytes of one section, the author's wrap, drafts | §4, §5, §7 |
//! | [`grant`] | one recipient's wrapped content keys | §6 |
//! | [`container`] | what a server stores per version | §7 |
//! | [`keylog`] | an account's public keys as a signed chain | §8 |
//! | [`account`] | vault, login | §8 |
//! | [`slot`] | unlock slots | §8.3 |
//! | [`recovery`] | requests, shares, the professional will | §8.4 |
//! | [`ledger`] | the account's signed, hash-chained log | §8.5 |
//! | [`own_data`] | bytes of an app, sealed for the owner of a vault | §8.7 |
//! | [`inspect`] | what is readable without a key | §9 |
//! | [`kept`] | which checks take place: all but in a test build | |

pub mod account;
pub mod body;
pub mod cbor;
pub mod container;
pub mod cose;
mod error;
pub mod grant;
pub mod id;
pub mod inspect;
pub mod kept;
pub mod keylog;
pub mod ledger;
pub mod own_data;
pub mod pad;
pub mod purpose;
pub mod receipt;
pub mod recovery;
mod sign1;
pub mod slot;
pub mod version;

pub use error::FormatError;
pub use purpose::Purpose;

/// The largest section, before padding: 1 MiB.
pub const MAX_SECTION: usize = 1_048_576;
/// The most own data in one object: 1 GiB.
pub const MAX_OWN_DATA: usize = 1 << 30;
/// The most sections one version may have.
pub const MAX_SECTIONS: usize = 64;
