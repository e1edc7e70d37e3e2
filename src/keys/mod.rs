//! Whose keys, and how they are unlocked.

pub mod account_secret;
pub mod identity;
mod keyring;
mod slot;
pub mod vault;
