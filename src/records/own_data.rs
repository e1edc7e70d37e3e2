//! Bytes of an app's own that belong to the owner of the vault: a search index, a queue of what waits for a connection. They
//! pass through a small buffer, so that neither memory nor the length of a call grows with them.

use sealed_notes_format::{
    FormatError, MAX_OWN_DATA, Purpose,
    cose::TAG_LEN,
    id::{AccountId, Hash},
    own_data::OwnDataHead,
    pad::{Floor, padded_len},
    version::Drawer,
};
use zeroize::Zeroizing;

use crate::{
    Error, Vault,
    crypto::{
        aead::{Opener, Sealer},
        kdf, random,
        secret::Secret,
    },
};

/// What is copied at a time: stays in the processor's nearer caches.
const PIECE: usize = 64 * 1024;

/// The keys of own data of one name.
pub struct OwnData {
    account: AccountId,
    /// In ascending order of epoch; never empty.
    keys: Vec<(u64, Secret<32>)>,
}

impl Vault {
    /// Own data called `name`, of at most 64 bytes. What was sealed under one name opens under no other.
    pub fn own_data(&self, name: &str) -> Result<OwnData, Error> {
        if name.is_empty() || name.len() > 64 {
            return Err(Error::InvalidInput { reason: "a name of own data has 1 to 64 bytes" });
        }
        let name = Hash::for_purpose(Purpose::OwnData, name.as_bytes());
        let key = |number: u64| {
            let drawer_key = self.epoch(number)?.drawer_key(Drawer::Private);
            Ok((number, kdf::derive(drawer_key.expose(), &name.0, Purpose::OwnData)?))
        };
        let keys = self.epoch_numbers().map(key).collect::<Result<_, Error>>()?;
        Ok(OwnData { account: self.account(), keys })
    }
}

impl OwnData {
    /// Begins to seal `len` bytes.
    pub fn seal(&self, len: usize) -> Result<SealingOwnData, Error> {
        if len > MAX_OWN_DATA {
            return Err(Error::InvalidInput { reason: "own data holds at most 1 GiB" });
        }
        let (epoch, key) = self.keys.last().ok_or(Error::Locked)?;
        let padded = padded_len(len, Floor::Text);
        let head = OwnDataHead { account: self.account, epoch: *epoch, iv: random::make()?, padded };
        let (bytes, associated_data) = head.encode();
        let sealer = Sealer::new(key.expose(), &head.iv, &associated_data);
        Ok(SealingOwnData { head: bytes, sealer, buffer: buffer(padded), len, padded, at: 0 })
    }

    /// Begins to open an object of `len` bytes; `start` are its first [`MAX_HEAD`](sealed_notes_format::own_data::MAX_HEAD), or all.
    pub fn open(&self, start: &[u8], len: usize) -> Result<OpeningOwnData, Error> {
        let (head, at) = OwnDataHead::decode(start, len)?;
        if head.account != self.account {
            return Err(Error::NotTheAuthor);
        }
        let found = self.keys.iter().find(|(epoch, _)| *epoch == head.epoch);
        let (_, key) = found.ok_or(Error::Tampered)?;
        let (_, associated_data) = head.encode();
        let opener = Opener::new(key.expose(), &head.iv, &associated_data);
        Ok(OpeningOwnData { opener, buffer: buffer(head.padded), head: at, padded: head.padded, at: 0, last: None })
    }
}

fn buffer(padded: usize) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(vec![0; PIECE.min(padded)])
}

/// Own data that is being sealed.
pub struct SealingOwnData {
    pub head: Vec<u8>,
    sealer: Sealer,
    buffer: Zeroizing<Vec<u8>>,
    len: usize,
    padded: usize,
    at: usize,
}

impl SealingOwnData {
    /// Length of the object.
    pub fn sealed_len(&self) -> usize {
        self.head.len() + self.padded + TAG_LEN
    }

    /// Seals up to `most` further bytes: `read` fills a buffer from an offset of the text on, `write` takes what goes to an
    /// offset of the object. Whether all is done.
    pub fn step(
        &mut self,
        most: usize,
        mut read: impl FnMut(usize, &mut [u8]),
        mut write: impl FnMut(usize, &[u8]),
    ) -> Result<bool, Error> {
        let until = self.padded.min(self.at.saturating_add(most));
        if self.at == 0 {
            write(0, &self.head);
        }
        while self.at < until {
            let count = PIECE.min(until - self.at);
            let piece = self.buffer.get_mut(..count).unwrap_or_default();
            let (text, padding) = piece.split_at_mut(count.min(self.len.saturating_sub(self.at)));
            if !text.is_empty() {
                read(self.at, text);
            }
            padding.fill(0);
            if self.len >= self.at
                && let Some(mark) = padding.first_mut()
            {
                *mark = 0x80;
            }
            self.sealer.update(piece).map_err(|_| Error::Tampered)?;
            write(self.head.len() + self.at, piece);
            self.at += count;
        }
        Ok(self.at == self.padded)
    }

    /// The tag, which goes to the object's end.
    pub fn finish(self) -> [u8; TAG_LEN] {
        self.sealer.finish()
    }
}

/// Own data that is being opened. **What is written may be forged** until [`OpeningOwnData::finish`] says otherwise.
pub struct OpeningOwnData {
    opener: Opener,
    buffer: Zeroizing<Vec<u8>>,
    head: usize,
    padded: usize,
    at: usize,
    /// Offset and value of the last byte that is not zero.
    last: Option<(usize, u8)>,
}

impl OpeningOwnData {
    /// Bytes that will be written: the text with its padding.
    pub fn padded_len(&self) -> usize {
        self.padded
    }

    /// Opens up to `most` further bytes, with offsets as in [`SealingOwnData::step`], but the other way round.
    pub fn step(
        &mut self,
        most: usize,
        mut read: impl FnMut(usize, &mut [u8]),
        mut write: impl FnMut(usize, &[u8]),
    ) -> Result<bool, Error> {
        let until = self.padded.min(self.at.saturating_add(most));
        while self.at < until {
            let piece = self.buffer.get_mut(..PIECE.min(until - self.at)).unwrap_or_default();
            read(self.head + self.at, piece);
            self.opener.update(piece).map_err(|_| Error::Tampered)?;
            if let Some(last) = piece.iter().rposition(|byte| *byte != 0) {
                self.last = piece.get(last).map(|value| (self.at + last, *value));
            }
            write(self.at, piece);
            self.at += piece.len();
        }
        Ok(self.at == self.padded)
    }

    /// The text's length, if the tag is the object's; otherwise wipe what was written.
    pub fn finish(self, tag: &[u8; TAG_LEN]) -> Result<usize, Error> {
        self.opener.finish(tag).map_err(|_| Error::Tampered)?;
        match self.last {
            Some((len, 0x80)) if padded_len(len, Floor::Text) == self.padded => Ok(len),
            _ => Err(FormatError::NotSealed("wrong padding").into()),
        }
    }
}
