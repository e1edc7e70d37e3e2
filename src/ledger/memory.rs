//! Events that wait, kept on the device, sealed: a reload must not lose them (SPEC.md §8.5).

use sealed_notes_format::{
    Purpose,
    cose::Header,
    ledger::{Memory, Waiting},
    pad::Floor,
    version::Drawer,
};

use super::Ledger;
use crate::{
    Error,
    crypto::{aead, kdf, secret::Secret},
};

impl Ledger<'_> {
    /// What waits, for this device to keep until it is stored; `None` if nothing does. Each call replaces the one before.
    pub fn pending_sealed(&self) -> Result<Option<Vec<u8>>, Error> {
        let state = self.0.ledger.lock();
        if state.pending.is_empty() {
            return Ok(None);
        }
        let (account, epoch) = (self.0.account(), self.0.epoch_number());
        let parameters = Memory::parameters(account, epoch);
        let (header, padding) = (Header::Parameters(&parameters), aead::Padding::Padme(Floor::Text));
        let contents = Waiting::encode_all(&state.pending);
        aead::seal(Purpose::Memory, header, &self.memory_key(epoch)?, &contents, padding).map(Some)
    }

    /// Goes on with what an earlier run left waiting; how many events. Call it before [`Ledger::follow`], which takes off
    /// what was stored after all.
    pub fn restore(&self, sealed: &[u8]) -> Result<usize, Error> {
        let memory = Memory::decode(sealed)?;
        if memory.account != self.0.account() {
            return Err(Error::Tampered);
        }
        let contents = aead::open_padded(&memory.sealed, &self.memory_key(memory.epoch)?, Floor::Text)?;
        let waiting = Waiting::decode_all(&contents)?;
        let count = waiting.len();
        self.0.ledger.lock().pending.splice(..0, waiting);
        Ok(count)
    }

    fn memory_key(&self, epoch: u64) -> Result<Secret<32>, Error> {
        let drawer_key = self.0.epoch(epoch)?.drawer_key(Drawer::Private);
        kdf::derive(drawer_key.expose(), &self.0.account().0, Purpose::Memory)
    }
}
