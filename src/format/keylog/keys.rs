//! A key log's keys without its entries: for another instance of the library that works for the same owner.

use super::{KeyLog, PublicKeys};
use crate::{
    FormatError,
    cbor::{Decoder, Encoder},
    id::{AccountId, Hash},
};

impl KeyLog {
    /// Every epoch's keys, and which were revoked. It proves nothing to whoever does not trust where it comes from.
    pub fn encode_keys(&self, out: &mut Encoder) {
        out.array(3).bytes(&self.account.0).array(self.earlier.len() + 1);
        for keys in self.epochs() {
            out.array(5).uint(keys.epoch).uint(keys.created_at);
            out.bytes(keys.ed25519.as_bytes()).bytes(&keys.x25519).bytes(keys.xwing.as_slice());
        }
        out.array(self.revoked.len());
        for (epoch, since) in &self.revoked {
            out.array(2).uint(*epoch).uint(*since);
        }
    }

    /// Checks signatures as the log did; which entries it had is not known.
    pub fn decode_keys(input: &mut Decoder<'_>) -> Result<Self, FormatError> {
        input.array_of(3)?;
        let account = AccountId::decode(input)?;
        let mut epochs = Vec::new();
        for _ in 0..input.array()? {
            input.array_of(5)?;
            let epoch = input.uint()?;
            epochs.push(PublicKeys::decode(epoch, input)?);
        }
        let newest = epochs.pop().ok_or(FormatError::Truncated)?;
        let mut log = Self::resume(account, 0, Hash(account.0), epochs, newest);
        for _ in 0..input.array()? {
            input.array_of(2)?;
            log.revoked.push((input.uint()?, input.uint()?));
        }
        Ok(log)
    }
}
