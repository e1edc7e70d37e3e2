//! Argon2id of the crate argon2.

use argon2::{Algorithm, Argon2, Params, Version};

use super::{Cost, Refused};

pub(super) fn hash(password: &[u8], salt: &[u8], cost: Cost, out: &mut [u8]) -> Result<(), Refused> {
    let params = Params::new(cost.memory, cost.passes, cost.lanes, Some(out.len())).map_err(|_| Refused)?;
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(password, salt, out)
        .map_err(|_| Refused)
}
