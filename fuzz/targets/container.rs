//! Versions, notes, records, grants, drafts: their own decoders only, which is faster.
#![no_main]

#[path = "../checks/mod.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| checks::decode::container(bytes));
