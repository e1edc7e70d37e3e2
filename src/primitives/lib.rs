//! The primitives whose speed a clinician would notice, behind one small interface each.
//!
//! The crates of RustCrypto and dalek are the reference, the native implementation, and what runs where a browser has no
//! SIMD. Where WebAssembly has it (`target_feature = "simd128"`), code of our own takes their place.

pub mod aead;
pub mod argon2id;
mod base;
#[cfg(any(test, feature = "compare"))]
#[doc(hidden)]
pub mod compare;
pub mod ed25519;
pub mod x25519;
