//! Shamir's sharing of a secret's bytes over GF(2^8).

use vsss_rs::Gf256;
use zeroize::Zeroizing;

use super::{random::SystemRandom, secret::Secret};
use crate::Error;

/// One share: the point (1, 2, …) and the polynomials' values there.
#[derive(Clone, Debug)]
pub(crate) struct ShareValue {
    pub(crate) number: u8,
    pub(crate) value: Secret<32>,
}

/// Splits `secret` so that any `threshold` of `count` shares rebuild it, and fewer tell nothing.
pub(crate) fn split(secret: &Secret<32>, threshold: usize, count: usize) -> Result<Vec<ShareValue>, Error> {
    let mut random = SystemRandom::default();
    let shares = Gf256::split_bytes(threshold, count, secret.expose(), &mut random)
        .map(|shares| shares.into_iter().map(Zeroizing::new).collect::<Vec<_>>())
        .map_err(|_| Error::InvalidInput { reason: "shares are 2 to 16, and 2 to all of them are needed" })?;
    random.check()?;
    shares
        .iter()
        .map(|share| match share.split_first() {
            Some((number, value)) => {
                let value = value.try_into().map(Secret::copy_from).map_err(|_| Error::WrongShares)?;
                Ok(ShareValue { number: *number, value })
            }
            None => Err(Error::WrongShares),
        })
        .collect()
}

/// Rebuilds what shares with distinct numbers share. Shares of another secret rebuild something else: whoever calls
/// this checks the result against a commitment.
pub(crate) fn combine<'s>(shares: impl IntoIterator<Item = (u8, &'s [u8; 32])>) -> Result<Secret<32>, Error> {
    let shares: Zeroizing<Vec<Vec<u8>>> = Zeroizing::new(
        shares
            .into_iter()
            .map(|(number, value)| {
                let mut share = Vec::with_capacity(33);
                share.push(number);
                share.extend_from_slice(value);
                share
            })
            .collect(),
    );
    let secret = Gf256::combine_bytes(shares.as_slice()).map(Zeroizing::new).map_err(|_| Error::WrongShares)?;
    secret.as_slice().try_into().map(Secret::copy_from).map_err(|_| Error::WrongShares)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failure fails the test")]
mod tests {
    use super::*;

    #[test]
    fn any_k_rebuild_and_fewer_do_not() {
        for (threshold, count) in [(2, 2), (2, 3), (3, 5), (16, 16)] {
            let secret = Secret::make().unwrap();
            let shares = split(&secret, threshold, count).unwrap();
            assert_eq!(shares.len(), count);
            for start in 0..count {
                let some = |k: usize| (0..k).map(move |i| (start + i) % count);
                let take = |k| combine(some(k).map(|i| (shares[i].number, shares[i].value.expose())));
                assert!(take(threshold).unwrap().equals(secret.expose()));
                if threshold > 2 {
                    assert!(!take(threshold - 1).unwrap().equals(secret.expose()));
                }
            }
        }
        assert!(split(&Secret::make().unwrap(), 3, 2).is_err());
        assert!(split(&Secret::make().unwrap(), 1, 2).is_err());
    }

    /// Bytes that are zero, in the secret or in a share, are values like any other.
    #[test]
    fn zeros_are_shared_too() {
        let secret = Secret::copy_from(&[0; 32]);
        for _ in 0..200 {
            let shares = split(&secret, 2, 3).unwrap();
            let rebuilt = combine(shares[1..].iter().map(|share| (share.number, share.value.expose()))).unwrap();
            assert!(rebuilt.equals(&[0; 32]));
        }
    }
}
