//! Other people's public keys, before and after they are trusted.

use sealed_notes_format::{
    account::{KeyLogEntry, PublicKeys},
    grant::Suite,
    id::{AccountId, Hash, KeyId},
};

use crate::Error;

/// Someone's public keys as a server handed them out: consistent with the account's id, not yet known to be
/// the person's. Nothing can be shared with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    account: AccountId,
    head: Hash,
    pub(crate) keys: PublicKeys,
}

impl Identity {
    /// Checks an account's key log: its first entry must hash to the account and be signed by its own key.
    pub fn from_key_log<'a>(account: AccountId, entries: impl IntoIterator<Item = &'a [u8]>) -> Result<Self, Error> {
        let mut entries = entries.into_iter();
        let entry = KeyLogEntry::decode(entries.next().ok_or(Error::InvalidKey)?)?;
        if entries.next().is_some() {
            return Err(Error::UnsupportedVersion); // rotations come with a later format
        }
        if entry.account() != account {
            return Err(Error::InvalidKey);
        }
        Ok(Self { account, head: entry.signed.hash(), keys: entry.keys })
    }

    pub(crate) fn own(account: AccountId, head: Hash, keys: PublicKeys) -> Self {
        Self { account, head, keys }
    }

    pub fn account(&self) -> AccountId {
        self.account
    }

    /// 40 digits in 8 groups, to be read to each other on a call.
    pub fn fingerprint(&self) -> String {
        self.account.fingerprint()
    }

    pub(crate) fn head(&self) -> Hash {
        self.head
    }

    /// Whether `typed` are this identity's digits; spaces and dashes do not matter.
    pub(crate) fn check_fingerprint(&self, typed: &str) -> Result<(), Error> {
        let digits = |text: &str| text.chars().filter(|c| !c.is_whitespace() && *c != '-').collect::<String>();
        if digits(typed) == digits(&self.fingerprint()) { Ok(()) } else { Err(Error::FingerprintMismatch) }
    }

    pub(crate) fn receiving_key(&self, suite: Suite) -> (&[u8], KeyId) {
        match suite {
            Suite::X25519 => (&self.keys.x25519, KeyId::of_x25519(&self.keys.x25519)),
            Suite::XWing => (self.keys.xwing.as_slice(), KeyId::of_xwing(&self.keys.xwing)),
        }
    }
}

/// An identity whose fingerprint its owner compared. Only this can be given a grant, and only its records are
/// opened: made by [`Vault::confirm`](crate::Vault::confirm) and [`Vault::verified`](crate::Vault::verified),
/// and by nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedIdentity(Identity);

impl VerifiedIdentity {
    pub(crate) fn trust(identity: Identity) -> Self {
        Self(identity)
    }

    pub fn account(&self) -> AccountId {
        self.0.account
    }

    pub fn fingerprint(&self) -> String {
        self.0.fingerprint()
    }

    pub(crate) fn identity(&self) -> &Identity {
        &self.0
    }
}
