//! ChaCha20-Poly1305 against the crate.
#![no_main]

#[path = "../checks/mod.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| checks::cipher::check(bytes));
