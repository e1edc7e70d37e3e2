use core::convert::Infallible;

use x_wing::kem::common::rand_core::{TryCryptoRng, TryRng};

use crate::Error;

pub(crate) fn fill(bytes: &mut [u8]) -> Result<(), Error> {
    getrandom::fill(bytes).map_err(|_| Error::RandomUnavailable)
}

pub(crate) fn make<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    fill(&mut bytes)?;
    Ok(bytes)
}

/// The platform's generator for crates that take one that cannot fail. A failure is remembered instead of
/// panicking, and whoever used the output asks [`SystemRandom::check`] before letting it out.
#[derive(Debug, Default)]
pub(crate) struct SystemRandom {
    failed: bool,
}

impl SystemRandom {
    pub(crate) fn check(self) -> Result<(), Error> {
        if self.failed { Err(Error::RandomUnavailable) } else { Ok(()) }
    }
}

impl TryRng for SystemRandom {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.failed |= fill(bytes).is_err();
        Ok(())
    }
}

impl TryCryptoRng for SystemRandom {}
