//! What holds for whatever bytes a hostile server sends. The fuzz targets feed these checks, and so does
//! tests/replay.rs, on a stable compiler, with the test vectors and what fuzzing found.
#![allow(dead_code, unreachable_pub, reason = "each target uses a part")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a check that does not hold panics"
)]

pub mod cipher;
pub mod decode;
pub mod open;
pub mod vectors;
pub mod world;
