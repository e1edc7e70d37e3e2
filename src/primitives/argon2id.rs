//! Argon2id version 0x13 (RFC 9106).

use argon2::{Algorithm, Argon2, Params, Version};

/// Cost parameters outside of what RFC 9106 §3.1 allows, or an input that is too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused;

/// What one guess costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// KiB.
    pub memory: u32,
    pub passes: u32,
    pub lanes: u32,
}

/// Fills `out` from a password and a salt.
pub fn hash(password: &[u8], salt: &[u8], cost: Cost, out: &mut [u8]) -> Result<(), Refused> {
    let params = Params::new(cost.memory, cost.passes, cost.lanes, Some(out.len())).map_err(|_| Refused)?;
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(password, salt, out)
        .map_err(|_| Refused)
}
