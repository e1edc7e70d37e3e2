//! Whose keys, how they are unlocked, and how nobody is locked out.

pub mod account_secret;
mod contents;
mod copied;
pub mod group;
pub mod identity;
mod keyring;
pub mod kit;
pub mod request;
pub(crate) mod sealed_to;
pub mod shares;
pub mod slot;
pub mod trust;
pub mod vault;
pub mod ways;
pub mod will;
pub(crate) mod worker;
