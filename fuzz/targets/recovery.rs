//! Requests, shares, what is sealed to one key, wills.
#![no_main]

#[path = "../checks/mod.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| checks::decode::recovery(bytes));
