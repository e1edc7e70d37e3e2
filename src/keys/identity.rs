//! Other people's public keys, before and after they are trusted.

use sealed_notes_format::{
    FormatError,
    cbor::{Decoder, Encoder},
    cose::{Sign1, Verified},
    grant::Suite,
    id::{AccountId, KeyId},
    keylog::{Endorsement, KeyLog, Membership, PublicKeys, Role},
};

use crate::{Error, Timestamp};

/// Someone's public keys as a server handed them out: consistent with the account's id, not yet known to be
/// the person's. Nothing can be shared with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    pub(crate) log: KeyLog,
}

impl Identity {
    /// Checks an account's key log: its first entry must hash to the account and be signed by its own key, each
    /// later one name the one before it and be signed by the newest key before it.
    pub fn from_key_log<'a>(account: AccountId, entries: impl IntoIterator<Item = &'a [u8]>) -> Result<Self, Error> {
        let mut entries = entries.into_iter().peekable();
        if entries.peek().is_none() {
            return Err(Error::InvalidKey);
        }
        Ok(Self { log: KeyLog::read(account, entries)? })
    }

    pub fn account(&self) -> AccountId {
        self.log.account
    }

    /// 40 digits in 8 groups, to be read to each other on a call.
    pub fn fingerprint(&self) -> String {
        self.account().fingerprint()
    }

    /// What this account says of its members, now and before; a practice and a team have some.
    pub fn memberships(&self) -> &[Membership] {
        self.log.memberships()
    }

    pub(crate) fn keys(&self) -> &PublicKeys {
        &self.log.keys
    }

    /// Checks a signature of any of the account's epochs.
    pub(crate) fn verify(&self, signed: &Sign1<'_>) -> Result<(), Error> {
        self.log.verify(signed)?;
        Ok(())
    }

    pub(crate) fn signing_key_ids(&self) -> impl Iterator<Item = KeyId> {
        self.log.epochs().map(|keys| KeyId::of_ed25519(&keys.ed25519))
    }

    /// Whether `typed` are this identity's digits; spaces and dashes do not matter.
    pub(crate) fn check_fingerprint(&self, typed: &str) -> Result<(), Error> {
        let digits = |text: &str| text.chars().filter(|c| !c.is_whitespace() && *c != '-').collect::<String>();
        if digits(typed) == digits(&self.fingerprint()) { Ok(()) } else { Err(Error::FingerprintMismatch) }
    }

    pub(crate) fn receiving_key(&self, suite: Suite) -> (&[u8], KeyId) {
        let keys = self.keys();
        let key: &[u8] = match suite {
            Suite::X25519 => &keys.x25519,
            Suite::XWing => keys.xwing.as_slice(),
        };
        (key, keys.receiving_key_id(suite))
    }
}

/// Somebody who is known, by the keys that she had when she was: her records are opened, and nothing is shared with
/// her for that alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownAuthor {
    identity: Identity,
    /// The newest epoch whose keys are hers for certain.
    epoch: u64,
}

impl KnownAuthor {
    pub(super) fn new(identity: Identity, epoch: u64) -> Self {
        Self { identity, epoch }
    }

    pub fn account(&self) -> AccountId {
        self.identity.account()
    }

    pub(super) fn encode(&self, out: &mut Encoder) {
        out.array(2).uint(self.epoch);
        self.identity.encode_keys(out);
    }

    pub(super) fn decode(input: &mut Decoder<'_>) -> Result<Self, FormatError> {
        input.array_of(2)?;
        Ok(Self { epoch: input.uint()?, identity: Identity::decode_keys(input)? })
    }

    /// Checks what she signed at `at`, as it claims; each signature once.
    pub(crate) fn verify(&self, signed: &Sign1<'_>, at: u64, verified: &mut Verified) -> Result<(), Error> {
        let keys = self.identity.log.verify_at(signed, at, verified)?;
        if keys.epoch > self.epoch { Err(Error::KeysChanged) } else { Ok(()) }
    }
}

/// Who says that an identity is the person it claims to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Voucher {
    /// Oneself: the fingerprint was compared.
    Fingerprint,
    /// A practice whose fingerprint was compared.
    Practice { practice: AccountId, role: Role, expires_at: Option<Timestamp> },
}

impl Voucher {
    pub(super) fn of(practice: AccountId, endorsement: &Endorsement) -> Self {
        let Endorsement { role, expires_at, .. } = *endorsement;
        Self::Practice { practice, role, expires_at: expires_at.map(Timestamp) }
    }
}

/// An identity whose fingerprint its owner compared, or whom a practice endorses. Only this can be given a grant: made
/// by [`Vault::confirm`](crate::Vault::confirm), [`Vault::accept_keys`](crate::Vault::accept_keys) and
/// [`Vault::standing`](crate::Vault::standing), and by nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedIdentity {
    author: KnownAuthor,
    pub voucher: Voucher,
}

impl VerifiedIdentity {
    pub(crate) fn trust(identity: Identity, voucher: Voucher) -> Self {
        let epoch = identity.keys().epoch;
        Self { author: KnownAuthor { identity, epoch }, voucher }
    }

    pub fn fingerprint(&self) -> String {
        self.identity().fingerprint()
    }

    pub(crate) fn identity(&self) -> &Identity {
        &self.author.identity
    }
}

/// Whoever is verified is known.
impl core::ops::Deref for VerifiedIdentity {
    type Target = KnownAuthor;

    fn deref(&self) -> &KnownAuthor {
        &self.author
    }
}
