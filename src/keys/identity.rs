//! Other people's public keys, before and after they are trusted.

use sealed_notes_format::{
    FormatError,
    account::{KeyLogEntry, PublicKeys},
    cose::Sign1,
    grant::Suite,
    id::{AccountId, Hash, KeyId},
    kept::kept,
};

use crate::Error;

/// Someone's public keys as a server handed them out: consistent with the account's id, not yet known to be
/// the person's. Nothing can be shared with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    account: AccountId,
    /// Hashes of the key log's entries, oldest first.
    chain: Vec<Hash>,
    /// All but the newest epoch's keys, oldest first: what they signed stays valid.
    earlier: Vec<PublicKeys>,
    pub(crate) keys: PublicKeys,
}

impl Identity {
    /// Checks an account's key log: its first entry must hash to the account and be signed by its own key, each
    /// later one name the one before it and be signed by that one's key.
    pub fn from_key_log<'a>(account: AccountId, entries: impl IntoIterator<Item = &'a [u8]>) -> Result<Self, Error> {
        let mut entries = entries.into_iter();
        let mut newest = KeyLogEntry::decode(entries.next().ok_or(Error::InvalidKey)?)?;
        if kept("account of a key log") && newest.account() != account {
            return Err(Error::InvalidKey);
        }
        let (mut chain, mut earlier) = (vec![newest.signed.hash()], Vec::new());
        for entry in entries {
            let next = KeyLogEntry::decode_after(entry, &newest)?;
            chain.push(next.signed.hash());
            earlier.push(core::mem::replace(&mut newest, next).keys);
        }
        Ok(Self { account, chain, earlier, keys: newest.keys })
    }

    /// One's own: the head of the key log stands for its entries.
    pub(crate) fn own(account: AccountId, head: Hash, earlier: Vec<PublicKeys>, keys: PublicKeys) -> Self {
        Self { account, chain: vec![head], earlier, keys }
    }

    pub fn account(&self) -> AccountId {
        self.account
    }

    /// 40 digits in 8 groups, to be read to each other on a call.
    pub fn fingerprint(&self) -> String {
        self.account.fingerprint()
    }

    /// Hash of the newest key log entry.
    pub(crate) fn head(&self) -> Hash {
        self.chain.last().copied().unwrap_or(Hash(self.account.0))
    }

    /// Whether the key log holds this entry: a log that was rolled back to before it does not.
    pub(crate) fn includes(&self, entry: Hash) -> bool {
        self.chain.contains(&entry)
    }

    /// Checks a signature of any of the account's epochs.
    pub(crate) fn verify(&self, signed: &Sign1<'_>) -> Result<(), FormatError> {
        let mut epochs = self.earlier.iter().chain([&self.keys]);
        let keys = epochs.find(|keys| KeyId::of_ed25519(&keys.ed25519) == signed.key_id);
        signed.verify(&keys.ok_or(FormatError::BadSignature)?.ed25519)
    }

    pub(crate) fn signing_key_ids(&self) -> impl Iterator<Item = KeyId> {
        self.earlier.iter().chain([&self.keys]).map(|keys| KeyId::of_ed25519(&keys.ed25519))
    }

    /// Whether `typed` are this identity's digits; spaces and dashes do not matter.
    pub(crate) fn check_fingerprint(&self, typed: &str) -> Result<(), Error> {
        let digits = |text: &str| text.chars().filter(|c| !c.is_whitespace() && *c != '-').collect::<String>();
        if digits(typed) == digits(&self.fingerprint()) { Ok(()) } else { Err(Error::FingerprintMismatch) }
    }

    pub(crate) fn receiving_key(&self, suite: Suite) -> (&[u8], KeyId) {
        let key: &[u8] = match suite {
            Suite::X25519 => &self.keys.x25519,
            Suite::XWing => self.keys.xwing.as_slice(),
        };
        (key, self.keys.receiving_key_id(suite))
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
