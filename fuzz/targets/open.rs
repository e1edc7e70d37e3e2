//! The opener with valid keys: no panic, and no text but what was sealed.
#![no_main]

#[path = "../checks/mod.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| checks::open::check(bytes));
