use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::random;
use crate::Error;

/// Secret bytes: wiped on drop, compared in constant time, never printed. Boxed, so that moving it leaves no
/// copy behind on the stack.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub(crate) struct Secret<const N: usize>(Box<[u8; N]>);

impl<const N: usize> Secret<N> {
    pub(crate) fn make() -> Result<Self, Error> {
        Self::filled(random::fill)
    }

    /// A secret written in place by `write`.
    pub(crate) fn filled(write: impl FnOnce(&mut [u8]) -> Result<(), Error>) -> Result<Self, Error> {
        let mut secret = Self(Box::new([0; N]));
        write(secret.0.as_mut_slice())?;
        Ok(secret)
    }

    pub(crate) fn copy_from(bytes: &[u8; N]) -> Self {
        let mut secret = Self(Box::new([0; N]));
        secret.0.copy_from_slice(bytes);
        secret
    }

    pub(crate) fn expose(&self) -> &[u8; N] {
        &self.0
    }

    pub(crate) fn equals(&self, other: &[u8; N]) -> bool {
        self.0.as_slice().ct_eq(other).into()
    }
}

impl<const N: usize> core::fmt::Debug for Secret<N> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Secret(..)")
    }
}
