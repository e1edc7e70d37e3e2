//! Bytes of an app's own that belong to the owner of the vault: a search index, a queue of what waits for a connection. They
//! pass through a small buffer, so that neither memory nor the length of a call grows with them.

use sealed_notes_format::{
    FormatError, MAX_OWN_DATA, Purpose,
    cose::TAG_LEN,
    id::{AccountId, Hash},
    own_data::{MAX_HEAD, OwnDataHead, OwnDataPrefix},
    pad::{Floor, padded_len},
    version::Drawer,
};
use zeroize::{Zeroize, Zeroizing};

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
/// Nonces that are drawn at a time. They are no secret, and a browser takes longer to draw one than to seal with it.
const NONCES: usize = 64;

/// The keys of own data of one name, and the buffer that it passes through.
pub struct OwnData {
    account: AccountId,
    /// In ascending order of epoch; never empty.
    keys: Vec<Keys>,
    nonces: Vec<[u8; 12]>,
    buffer: Zeroizing<Vec<u8>>,
}

struct Keys {
    epoch: u64,
    key: Secret<32>,
    prefix: OwnDataPrefix,
}

impl Vault {
    /// Own data called `name`, of at most 64 bytes. What was sealed under one name opens under no other.
    pub fn own_data(&self, name: &str) -> Result<OwnData, Error> {
        if name.is_empty() || name.len() > 64 {
            return Err(Error::InvalidInput { reason: "a name of own data has 1 to 64 bytes" });
        }
        let name = Hash::for_purpose(Purpose::OwnData, name.as_bytes());
        let keys = |epoch: u64| {
            let drawer_key = self.epoch(epoch)?.drawer_key(Drawer::Private);
            let key = kdf::derive(drawer_key.expose(), &name.0, Purpose::OwnData)?;
            Ok(Keys { epoch, key, prefix: OwnDataPrefix::new(self.account(), epoch) })
        };
        let keys = self.epoch_numbers().map(keys).collect::<Result<_, Error>>()?;
        Ok(OwnData { account: self.account(), keys, nonces: Vec::new(), buffer: Zeroizing::default() })
    }
}

impl OwnData {
    /// Begins to seal `len` bytes.
    pub fn seal(&mut self, len: usize) -> Result<SealingOwnData, Error> {
        if len > MAX_OWN_DATA {
            return Err(Error::InvalidInput { reason: "own data holds at most 1 GiB" });
        }
        if self.nonces.is_empty() {
            let drawn: [u8; 12 * NONCES] = random::make()?;
            self.nonces.extend_from_slice(drawn.as_chunks().0);
        }
        let iv = self.nonces.pop().ok_or(Error::RandomUnavailable)?;
        let Keys { key, prefix, .. } = self.keys.last().ok_or(Error::Locked)?;
        let padded = padded_len(len, Floor::Text);
        let mut head = Vec::with_capacity(MAX_HEAD);
        prefix.head(&iv, padded, &mut head);
        let sealer = Sealer::new(key.expose(), &iv, &prefix.associated_data);
        Ok(SealingOwnData { head, sealer, len, padded, at: 0 })
    }

    /// Begins to open an object of `len` bytes; `start` are its first [`MAX_HEAD`], or all.
    pub fn open(&self, start: &[u8], len: usize) -> Result<OpeningOwnData, Error> {
        let (head, at) = OwnDataHead::decode(start, len)?;
        if head.account != self.account {
            return Err(Error::NotTheAuthor);
        }
        let found = self.keys.iter().find(|keys| keys.epoch == head.epoch);
        let Keys { key, prefix, .. } = found.ok_or(Error::Tampered)?;
        let opener = Opener::new(key.expose(), &head.iv, &prefix.associated_data);
        Ok(OpeningOwnData { opener, head: at, padded: head.padded, at: 0, last: None })
    }

    fn room(&mut self, len: usize) -> &mut [u8] {
        let len = len.min(PIECE);
        if self.buffer.len() < len {
            self.buffer.resize(len, 0);
        }
        self.buffer.get_mut(..len).unwrap_or_default()
    }
}

/// Own data that is being sealed.
pub struct SealingOwnData {
    head: Vec<u8>,
    sealer: Sealer,
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
        own: &mut OwnData,
        most: usize,
        mut read: impl FnMut(usize, &mut [u8]),
        mut write: impl FnMut(usize, &[u8]),
    ) -> Result<bool, Error> {
        let until = self.padded.min(self.at.saturating_add(most));
        if self.at == 0 {
            write(0, &self.head);
        }
        while self.at < until {
            let piece = own.room(until - self.at);
            let (text, padding) = piece.split_at_mut(piece.len().min(self.len.saturating_sub(self.at)));
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
            self.at += piece.len();
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
        own: &mut OwnData,
        most: usize,
        mut read: impl FnMut(usize, &mut [u8]),
        mut write: impl FnMut(usize, &[u8]),
    ) -> Result<bool, Error> {
        let until = self.padded.min(self.at.saturating_add(most));
        while self.at < until {
            let piece = own.room(until - self.at);
            read(self.head + self.at, piece);
            self.opener.update(piece).map_err(|_| Error::Tampered)?;
            if let Some(last) = piece.iter().rposition(|byte| *byte != 0) {
                self.last = piece.get(last).map(|value| (self.at + last, *value));
            }
            write(self.at, piece);
            self.at += piece.len();
        }
        // What was sealed needs no wiping, for it was sealed in place.
        own.room(PIECE.min(self.padded)).zeroize();
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
