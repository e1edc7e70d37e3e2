//! Key log: an account's public keys, and whom it endorses, as a signed chain (SPEC.md §8).

mod keys;

use curve25519_dalek::MontgomeryPoint;
use ed25519_dalek::VerifyingKey;

use crate::{
    FormatError, Purpose,
    cbor::{Decoder, Encoder},
    cose::{Sign1, Verified},
    grant::Suite,
    id::{AccountId, Hash, KeyId},
    kept::kept,
};

/// An account's public keys of one epoch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKeys {
    pub epoch: u64,
    pub created_at: u64,
    pub ed25519: VerifyingKey,
    pub x25519: [u8; 32],
    pub xwing: Box<[u8; 1216]>,
}

impl PublicKeys {
    fn decode(epoch: u64, input: &mut Decoder<'_>) -> Result<Self, FormatError> {
        let created_at = input.uint()?;
        let ed25519 = VerifyingKey::from_bytes(input.byte_array()?)
            .ok()
            .filter(|key| !key.is_weak())
            .ok_or(FormatError::NotSealed("a signing key that is no key"))?;
        let x25519 = *input.byte_array()?;
        if is_low_order(&x25519) || &x25519 == ed25519.as_bytes() {
            return Err(FormatError::NotSealed("a receiving key that is no key"));
        }
        let xwing = Box::new(decode_xwing(input)?);
        Ok(Self { epoch, created_at, ed25519, x25519, xwing })
    }

    /// The id of the receiving key of a suite.
    pub fn receiving_key_id(&self, suite: Suite) -> KeyId {
        match suite {
            Suite::X25519 => KeyId::of_x25519(&self.x25519),
            Suite::XWing => KeyId::of_xwing(&self.xwing),
        }
    }
}

/// An X-Wing public key. It ends with an X25519 key of its own, which must be one.
pub(crate) fn decode_xwing(input: &mut Decoder<'_>) -> Result<[u8; 1216], FormatError> {
    let xwing = *input.byte_array::<1216>()?;
    if xwing.last_chunk().is_none_or(is_low_order) {
        return Err(FormatError::NotSealed("a receiving key that is no key"));
    }
    Ok(xwing)
}

/// Whether every shared secret with this key would be zero (RFC 7748 §6.1), whatever the other side's. A
/// clamped scalar is a multiple of 8, so one multiplication tells.
fn is_low_order(key: &[u8; 32]) -> bool {
    MontgomeryPoint(*key).mul_clamped([0; 32]).0 == [0; 32]
}

/// What a member is in a practice, or a team.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Clinician = 1,
    Supervisor = 2,
    Biller = 3,
    Scheduler = 4,
    Administrator = 5,
    Client = 6,
    Team = 7,
}

impl Role {
    pub const ALL: [Self; 7] = [
        Self::Clinician,
        Self::Supervisor,
        Self::Biller,
        Self::Scheduler,
        Self::Administrator,
        Self::Client,
        Self::Team,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Clinician => "clinician",
            Self::Supervisor => "supervisor",
            Self::Biller => "biller",
            Self::Scheduler => "scheduler",
            Self::Administrator => "administrator",
            Self::Client => "client",
            Self::Team => "team",
        }
    }

    fn decode(input: &mut Decoder<'_>) -> Result<Self, FormatError> {
        let number = input.uint()?;
        Self::ALL.into_iter().find(|role| *role as u64 == number).ok_or(FormatError::UnsupportedVersion)
    }
}

/// That an account is the person it says, with the keys that its key log names up to `head`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Endorsement {
    pub member: AccountId,
    /// Hash of the newest entry of the member's key log. Keys that come after it are not endorsed.
    pub head: Hash,
    pub role: Role,
    /// From when on it is none.
    pub expires_at: Option<u64>,
}

/// What an entry says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Statement {
    /// The keys of the next epoch; in the first entry, of the first.
    Keys(PublicKeys),
    /// Whatever the keys of epochs up to this one signed as of `since` or later is refused.
    KeysRevoked {
        epoch: u64,
        since: u64,
    },
    /// Replaces what was said of this member before.
    Endorsed(Endorsement),
    Withdrawn {
        member: AccountId,
    },
}

/// An entry of a key log.
#[derive(Clone, Debug)]
pub struct KeyLogEntry<'a> {
    pub signed: Sign1<'a>,
    /// 0, 1, …
    pub sequence: u64,
    /// Hash of the entry before; none for the first.
    pub previous: Option<Hash>,
    /// When it was made.
    pub at: u64,
    pub statement: Statement,
}

impl<'a> KeyLogEntry<'a> {
    /// The payload of the entry that says `statement` as number `sequence`.
    pub fn encode_payload(sequence: u64, previous: Option<Hash>, at: u64, statement: &Statement) -> Vec<u8> {
        let mut out = Encoder::with_capacity(1390);
        let head = |out: &mut Encoder, elements, kind| {
            out.array(elements).uint(sequence).optional(previous, |out, hash| hash.encode(out)).uint(kind);
        };
        match statement {
            Statement::Keys(keys) => {
                head(&mut out, 8, u64::from(previous.is_some()));
                out.uint(keys.epoch).uint(keys.created_at);
                out.bytes(keys.ed25519.as_bytes()).bytes(&keys.x25519).bytes(keys.xwing.as_slice());
            }
            Statement::KeysRevoked { epoch, since } => {
                head(&mut out, 6, 2);
                out.uint(at).uint(*epoch).uint(*since);
            }
            Statement::Endorsed(endorsement) => {
                head(&mut out, 8, 3);
                out.uint(at).bytes(&endorsement.member.0).bytes(&endorsement.head.0).uint(endorsement.role as u64);
                out.optional(endorsement.expires_at, |out, at| {
                    out.uint(at);
                });
            }
            Statement::Withdrawn { member } => {
                head(&mut out, 5, 4);
                out.uint(at).bytes(&member.0);
            }
        }
        out.finish()
    }

    /// Decodes an entry without its place in the log, or its signature, being checked: [`KeyLog`] does.
    pub fn decode_unverified(raw: &'a [u8]) -> Result<Self, FormatError> {
        let signed = Sign1::decode(raw, Purpose::KeyLog)?;
        let (sequence, previous, at, statement) = Decoder::all(signed.payload, |input| {
            let elements = input.array()?;
            let sequence = input.uint()?;
            let previous = input.optional(Hash::decode)?;
            let kind = input.uint()?;
            if (kind == 0) != previous.is_none() || (kind == 0) != (sequence == 0) {
                return Err(FormatError::NotSealed("sequence, kind and previous hash of a key log entry disagree"));
            }
            let (at, statement) = match (kind, elements) {
                (0 | 1, 8) => {
                    let epoch = input.uint()?;
                    if (kind == 0 && epoch != 1) || (kind == 1 && epoch < 2) {
                        return Err(FormatError::NotSealed("kind and epoch of a key log entry disagree"));
                    }
                    let keys = PublicKeys::decode(epoch, input)?;
                    (keys.created_at, Statement::Keys(keys))
                }
                (2, 6) => (input.uint()?, Statement::KeysRevoked { epoch: input.uint()?, since: input.uint()? }),
                (3, 8) => {
                    let at = input.uint()?;
                    let endorsement = Endorsement {
                        member: AccountId::decode(input)?,
                        head: Hash::decode(input)?,
                        role: Role::decode(input)?,
                        expires_at: input.optional(Decoder::uint)?,
                    };
                    (at, Statement::Endorsed(endorsement))
                }
                (4, 5) => (input.uint()?, Statement::Withdrawn { member: AccountId::decode(input)? }),
                (0..=4, _) => return Err(FormatError::NotSealed("a key log entry of another length")),
                _ => return Err(FormatError::UnsupportedVersion),
            };
            Ok((sequence, previous, at, statement))
        })?;
        Ok(Self { signed, sequence, previous, at, statement })
    }

    /// The keys that this entry brings into use.
    pub fn keys(&self) -> Option<&PublicKeys> {
        match &self.statement {
            Statement::Keys(keys) => Some(keys),
            _ => None,
        }
    }
}

/// A key log, checked from its first entry on: each names the one before it and is signed by the newest keys before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyLog {
    pub account: AccountId,
    /// Hash of each entry, oldest first. One's own log may begin late: [`KeyLog::resume`].
    chain: Vec<Hash>,
    /// Sequence of the newest entry.
    sequence: u64,
    /// All but the newest epoch's keys, oldest first: what they signed stays valid.
    earlier: Vec<PublicKeys>,
    /// The newest epoch's.
    pub keys: PublicKeys,
    /// Which places of the chain brought which epoch.
    epoch_places: Vec<(usize, u64)>,
    revoked: Vec<(u64, u64)>,
    memberships: Vec<Membership>,
}

/// One member's time in a practice or team.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Membership {
    pub endorsement: Endorsement,
    pub from: u64,
    /// When it was withdrawn or replaced; not when it expires.
    pub until: Option<u64>,
}

impl Membership {
    pub fn is_in_force(&self, now: u64) -> bool {
        self.until.is_none() && self.endorsement.expires_at.is_none_or(|at| at > now)
    }
}

impl KeyLog {
    /// The most entries a log may have.
    pub const MAX_ENTRIES: usize = 4096;

    /// Begins with the first entry, which its own key signs and whose hash is the account.
    pub fn begin(first: &[u8]) -> Result<Self, FormatError> {
        let entry = KeyLogEntry::decode_unverified(first)?;
        let (Statement::Keys(keys), None) = (entry.statement, entry.previous) else {
            return Err(FormatError::NotSealed("not the first entry of a key log"));
        };
        entry.signed.verify(&keys.ed25519)?;
        let head = entry.signed.hash();
        Ok(Self::resume(AccountId(head.0), 0, head, Vec::new(), keys))
    }

    /// A log that its owner goes on with, from what she knows: the newest entry's sequence and hash, and all her keys.
    pub fn resume(account: AccountId, sequence: u64, head: Hash, earlier: Vec<PublicKeys>, keys: PublicKeys) -> Self {
        let (epoch_places, revoked, memberships) = (vec![(0, keys.epoch)], Vec::new(), Vec::new());
        Self { account, chain: vec![head], sequence, earlier, keys, epoch_places, revoked, memberships }
    }

    /// Reads `account`'s whole log, oldest entry first.
    pub fn read<'a>(account: AccountId, entries: impl IntoIterator<Item = &'a [u8]>) -> Result<Self, FormatError> {
        let mut entries = entries.into_iter();
        let mut log = Self::begin(entries.next().ok_or(FormatError::Truncated)?)?;
        if kept("account of a key log") && log.account != account {
            return Err(FormatError::BadSignature);
        }
        for entry in entries {
            log.append(entry)?;
        }
        Ok(log)
    }

    /// Checks the next entry, and goes on with it.
    pub fn append<'a>(&mut self, raw: &'a [u8]) -> Result<KeyLogEntry<'a>, FormatError> {
        let entry = KeyLogEntry::decode_unverified(raw)?;
        let follows = entry.previous == Some(self.head()) && Some(entry.sequence) == self.sequence.checked_add(1);
        if !follows {
            return Err(FormatError::BadSignature);
        }
        entry.signed.verify(&self.keys.ed25519)?;
        if self.chain.len() >= Self::MAX_ENTRIES {
            return Err(FormatError::NotSealed("a key log of over 4096 entries"));
        }
        match &entry.statement {
            Statement::Keys(keys) => {
                if Some(keys.epoch) != self.keys.epoch.checked_add(1) {
                    return Err(FormatError::NotSealed("a key log that skips an epoch"));
                }
                self.earlier.push(core::mem::replace(&mut self.keys, keys.clone()));
                self.epoch_places.push((self.chain.len(), self.keys.epoch));
            }
            Statement::KeysRevoked { epoch, since } => {
                if *epoch >= self.keys.epoch || *since > entry.at {
                    return Err(FormatError::NotSealed("the newest keys, or the future, cannot be revoked"));
                }
                self.revoked.push((*epoch, *since));
            }
            Statement::Endorsed(endorsement) => {
                if endorsement.member == self.account {
                    return Err(FormatError::NotSealed("an account that endorses itself"));
                }
                self.end_membership(endorsement.member, entry.at);
                self.memberships.push(Membership { endorsement: *endorsement, from: entry.at, until: None });
            }
            Statement::Withdrawn { member } => self.end_membership(*member, entry.at),
        }
        self.sequence = entry.sequence;
        self.chain.push(entry.signed.hash());
        Ok(entry)
    }

    /// Hash of the newest entry.
    pub fn head(&self) -> Hash {
        self.chain.last().copied().unwrap_or(Hash(self.account.0))
    }

    /// Sequence of the newest entry.
    pub fn sequence(&self) -> u64 {
        self.sequence
    }

    /// Whether the log holds this entry: a log that was rolled back to before it does not.
    pub fn includes(&self, entry: Hash) -> bool {
        self.chain.contains(&entry)
    }

    /// Whether the newest keys were there already when `entry` was the newest.
    pub fn has_newest_keys_at(&self, entry: Hash) -> bool {
        self.epoch_at(entry) == Some(self.keys.epoch)
    }

    /// The newest epoch when `entry` was the newest entry.
    pub fn epoch_at(&self, entry: Hash) -> Option<u64> {
        let place = self.chain.iter().position(|known| *known == entry)?;
        self.epoch_places.iter().rev().find(|(at, _)| *at <= place).map(|(_, epoch)| *epoch)
    }

    /// Every epoch's keys, oldest first.
    pub fn epochs(&self) -> impl Iterator<Item = &PublicKeys> {
        self.earlier.iter().chain([&self.keys])
    }

    /// Checks a signature of any epoch.
    pub fn verify(&self, signed: &Sign1<'_>) -> Result<&PublicKeys, FormatError> {
        self.verify_once(signed, &mut Verified::default())
    }

    fn verify_once(&self, signed: &Sign1<'_>, verified: &mut Verified) -> Result<&PublicKeys, FormatError> {
        let keys = self.epochs().find(|keys| KeyId::of_ed25519(&keys.ed25519) == signed.key_id);
        let keys = keys.ok_or(FormatError::BadSignature)?;
        signed.verify_once(&keys.ed25519, verified)?;
        Ok(keys)
    }

    /// Checks a signature that was made at `at`, as its signer claims: not by keys that were revoked by then.
    pub fn verify_at(&self, signed: &Sign1<'_>, at: u64, verified: &mut Verified) -> Result<&PublicKeys, FormatError> {
        let keys = self.verify_once(signed, verified)?;
        let is_revoked = self.revoked.iter().any(|(epoch, since)| keys.epoch <= *epoch && at >= *since);
        if is_revoked { Err(FormatError::RevokedKey) } else { Ok(keys) }
    }

    fn end_membership(&mut self, member: AccountId, at: u64) {
        for known in &mut self.memberships {
            if known.endorsement.member == member && known.until.is_none() {
                known.until = Some(at);
            }
        }
    }

    /// Everybody who was ever endorsed, oldest first.
    pub fn memberships(&self) -> &[Membership] {
        &self.memberships
    }

    /// What this account says of `member` now.
    pub fn endorsement_of(&self, member: AccountId, now: u64) -> Option<&Endorsement> {
        let mut known = self.memberships.iter().filter(|known| known.endorsement.member == member);
        known.find(|known| known.is_in_force(now)).map(|known| &known.endorsement)
    }
}
