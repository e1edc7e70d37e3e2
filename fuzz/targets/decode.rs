//! Every decoder, on the same bytes: none panics, and what decodes has one spelling.
#![no_main]

#[path = "../checks/mod.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| checks::decode::all(bytes));
