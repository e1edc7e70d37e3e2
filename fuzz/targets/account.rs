//! Key log entries, vaults, unlock slots, logins.
#![no_main]

#[path = "../checks/mod.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| checks::decode::account(bytes));
