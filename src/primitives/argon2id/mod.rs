//! Argon2id version 0x13 (RFC 9106).

#[cfg(any(test, all(target_arch = "wasm32", target_feature = "simd128")))]
mod block;
#[cfg(any(test, not(all(target_arch = "wasm32", target_feature = "simd128"))))]
mod crates;
#[cfg(any(test, all(target_arch = "wasm32", target_feature = "simd128")))]
mod fill;
#[cfg(test)]
mod tests;
#[cfg(any(test, all(target_arch = "wasm32", target_feature = "simd128")))]
mod u64x2;

/// Cost parameters outside of what RFC 9106 §3.1 allows, a salt of less than 8 bytes, an input that is too long, or more
/// memory than there is.
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
    #[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
    return crates::hash(password, salt, cost, out);
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
    return fill::hash(&fill::Inputs { password, salt, secret: &[], data: &[] }, cost, out);
}
