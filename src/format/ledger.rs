//! The ledger: an account's signed, hash-chained log of what was done with its records (SPEC.md §8.5). The chain is
//! checked without keys; the events are sealed.

use ed25519_dalek::VerifyingKey;

use crate::{
    FormatError, Purpose,
    cbor::{Decoder, Encoder},
    cose::{Encrypted, Sign1},
    id::{AccountId, ClientId, DeviceId, Hash, RecordId},
    pad::Floor,
    purpose::check_label,
    version::Drawer,
};

/// The last entry of a ledger, as whoever saw it remembers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LedgerHead {
    /// 1, 2, …
    pub sequence: u64,
    /// Of the signed part.
    pub hash: Hash,
}

impl LedgerHead {
    pub fn encode(&self, out: &mut Encoder) {
        out.array(2).uint(self.sequence).bytes(&self.hash.0);
    }

    pub fn decode(input: &mut Decoder<'_>) -> Result<Self, FormatError> {
        input.array_of(2)?;
        Ok(Self { sequence: input.uint()?, hash: Hash::decode(input)? })
    }
}

/// The signed part of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryPayload {
    pub account: AccountId,
    /// 1, 2, …
    pub sequence: u64,
    /// Hash of the signed part of the entry before; none for the first.
    pub previous: Option<Hash>,
    /// Of the keyring: whose signing key signs, and under which drawer key the events are sealed.
    pub epoch: u64,
    /// Seconds since 1970, as the device's clock claims.
    pub made_at: u64,
    /// Hash of the sealed events.
    pub sealed: Hash,
    /// Hash of the events themselves, salted: an owner who hands the events to an auditor proves that they are these.
    pub commitment: Hash,
}

impl EntryPayload {
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Encoder::with_capacity(192);
        out.array(7).bytes(&self.account.0).uint(self.sequence);
        out.optional(self.previous, |out, hash| hash.encode(out)).uint(self.epoch).uint(self.made_at);
        out.bytes(&self.sealed.0).bytes(&self.commitment.0);
        out.finish()
    }

    fn decode(payload: &[u8]) -> Result<Self, FormatError> {
        Decoder::all(payload, |input| {
            input.array_of(7)?;
            let (account, sequence) = (AccountId::decode(input)?, input.uint()?);
            let previous = input.optional(Hash::decode)?;
            if sequence == 0 || (sequence == 1) != previous.is_none() {
                return Err(FormatError::NotSealed("sequence and previous hash of a ledger entry disagree"));
            }
            let (epoch, made_at) = (input.uint()?, input.uint()?);
            let (sealed, commitment) = (Hash::decode(input)?, Hash::decode(input)?);
            Ok(Self { account, sequence, previous, epoch, made_at, sealed, commitment })
        })
    }
}

/// What the events are sealed with besides their key.
pub fn events_parameters(account: AccountId, sequence: u64, epoch: u64) -> Vec<u8> {
    let mut out = Encoder::with_capacity(64);
    out.array(3).bytes(&account.0).uint(sequence).uint(epoch);
    out.finish()
}

/// An entry: signed part and sealed events, in agreement with each other.
#[derive(Clone, Debug)]
pub struct LedgerEntry<'a> {
    pub signed: Sign1<'a>,
    pub payload: EntryPayload,
    pub sealed: Encrypted<'a>,
}

impl<'a> LedgerEntry<'a> {
    /// More than the events of one batch take.
    pub const MAX_LEN: usize = 1 << 20;

    pub fn decode(raw: &'a [u8]) -> Result<Self, FormatError> {
        if raw.len() > Self::MAX_LEN {
            return Err(FormatError::NotSealed("a ledger entry over 1 MiB"));
        }
        Decoder::all(raw, |input| {
            input.array_of(3)?;
            check_label(input.text()?, Purpose::LedgerEntry)?;
            let signed = Sign1::decode(input.bytes()?, Purpose::Ledger)?;
            let payload = EntryPayload::decode(signed.payload)?;
            let sealed = Encrypted::decode(input.bytes()?, Purpose::LedgerEvents)?;
            sealed.check_padding(Floor::Text)?;
            let expected = events_parameters(payload.account, payload.sequence, payload.epoch);
            if Hash::of(sealed.raw) != payload.sealed || sealed.parameters()? != expected {
                return Err(FormatError::Mismatch("events that do not belong to their ledger entry"));
            }
            Ok(Self { signed, payload, sealed })
        })
    }

    pub fn encode(signed: &[u8], sealed: &[u8]) -> Vec<u8> {
        let mut out = Encoder::with_capacity(signed.len() + sealed.len() + 64);
        out.array(3).text(Purpose::LedgerEntry.label()).bytes(signed).bytes(sealed);
        out.finish()
    }

    pub fn head(&self) -> LedgerHead {
        LedgerHead { sequence: self.payload.sequence, hash: self.signed.hash() }
    }

    /// That `account` signed it, with the key of its epoch.
    pub fn check(
        &self,
        account: AccountId,
        key_of: impl FnOnce(u64) -> Option<VerifyingKey>,
    ) -> Result<(), FormatError> {
        if self.payload.account != account {
            return Err(FormatError::Mismatch("an entry of another account's ledger"));
        }
        self.signed.verify(&key_of(self.payload.epoch).ok_or(FormatError::BadSignature)?)
    }

    /// Whether it names `before` as the entry before it.
    pub fn follows(&self, before: Option<LedgerHead>) -> bool {
        before.map_or(Some(1), |head| head.sequence.checked_add(1)) == Some(self.payload.sequence)
            && self.payload.previous == before.map(|head| head.hash)
    }
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $code:literal $label:literal,)*) => {
        /// What was done.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum EventKind { $($(#[$doc])* $name = $code,)* }

        impl EventKind {
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $label,)* }
            }
        }
    };
}

kinds! {
    /// A version was stored.
    Put = 1 "put",
    /// A version was granted to `person`.
    Granted = 2 "granted",
    /// `person` was taken off the record; `version` is the first that she has no grant to.
    Revoked = 3 "revoked",
    /// One's own record was opened.
    Opened = 4 "opened",
    /// A record of `person` was opened through her grant.
    OpenedShared = 5 "opened-shared",
    /// A record did not open; `detail` is the error's code.
    OpenFailed = 6 "open-failed",
    /// Records were opened to be listed; `detail` is how many.
    Listed = 7 "listed",
    Exported = 8 "exported",
    Printed = 9 "printed",
    /// The account was given new keys; `version` is their epoch.
    KeysRotated = 10 "keys-rotated",
    /// `person`'s fingerprint was compared; `hash` is of her newest key log entry.
    Verified = 11 "verified",
    /// The server's state was older than what was remembered, and the owner chose to go on with it.
    RollbackAccepted = 12 "rollback-accepted",
    /// A device was added; `detail` is its id.
    DeviceAdded = 13 "device-added",
    /// A device was removed; `detail` is its id.
    DeviceRemoved = 14 "device-removed",
    /// New keys of `person` were accepted; `hash` is of her newest key log entry.
    KeysAccepted = 15 "keys-accepted",
    /// `person` was endorsed by a practice or team, whose account `hash` is; `detail` is her role.
    MemberAdded = 16 "member-added",
    /// `person` was taken out of a practice or team, whose account `hash` is.
    MemberRemoved = 17 "member-removed",
}

/// One thing that was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub kind: EventKind,
    /// Seconds since 1970, as the device's clock claims.
    pub at: u64,
    pub drawer: Option<Drawer>,
    pub record: Option<RecordId>,
    pub version: Option<u64>,
    pub client: Option<ClientId>,
    /// Recipient, author, or whoever else it is about.
    pub person: Option<AccountId>,
    /// Of the version or grant.
    pub hash: Option<Hash>,
    /// A code or a number; at most 64 bytes, and never text of a note.
    pub detail: Option<String>,
}

impl Event {
    const MAX_DETAIL: usize = 64;

    pub fn new(kind: EventKind, at: u64) -> Self {
        let (drawer, record, version, client) = (None, None, None, None);
        Self { kind, at, drawer, record, version, client, person: None, hash: None, detail: None }
    }

    fn encode(&self, out: &mut Encoder) {
        out.array(9).uint(self.kind as u64).uint(self.at);
        out.optional(self.drawer, |out, drawer| {
            out.uint(u64::from(drawer == Drawer::Chart));
        });
        out.optional(self.record, |out, id| id.encode(out));
        out.optional(self.version, |out, version| {
            out.uint(version);
        });
        out.optional(self.client, |out, id| id.encode(out)).optional(self.person, |out, id| id.encode(out));
        out.optional(self.hash, |out, hash| hash.encode(out));
        out.optional(self.detail.as_deref(), |out, detail| {
            out.text(detail);
        });
    }

    fn decode(input: &mut Decoder<'_>) -> Result<Self, FormatError> {
        input.array_of(9)?;
        let code = input.uint()?;
        let kind = EventKind::ALL.iter().copied().find(|kind| *kind as u64 == code);
        Ok(Self {
            kind: kind.ok_or(FormatError::UnsupportedVersion)?,
            at: input.uint()?,
            drawer: input.optional(|input| match input.uint()? {
                0 => Ok(Drawer::Private),
                1 => Ok(Drawer::Chart),
                _ => Err(FormatError::NotSealed("unknown drawer")),
            })?,
            record: input.optional(RecordId::decode)?,
            version: input.optional(Decoder::uint)?,
            client: input.optional(ClientId::decode)?,
            person: input.optional(AccountId::decode)?,
            hash: input.optional(Hash::decode)?,
            detail: input.optional(|input| match input.text()? {
                text if text.len() <= Self::MAX_DETAIL => Ok(text.to_owned()),
                _ => Err(FormatError::NotSealed("a detail over 64 bytes")),
            })?,
        })
    }
}

/// An entry's events as they are sealed, and as an auditor is handed them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Events {
    /// Random: without it, guessed events could be compared with the commitment.
    pub salt: [u8; 32],
    /// Which device wrote the entry, as the account knows it.
    pub device: Option<DeviceId>,
    /// Never empty.
    pub events: Vec<Event>,
}

impl Events {
    /// The most events of one entry.
    pub const MAX: usize = 1000;

    pub fn encode(&self) -> Vec<u8> {
        let mut out = Encoder::with_capacity(64 + 160 * self.events.len());
        out.array(3).bytes(&self.salt).optional(self.device, |out, id| id.encode(out)).array(self.events.len());
        self.events.iter().for_each(|event| event.encode(&mut out));
        out.finish()
    }

    pub fn decode(contents: &[u8]) -> Result<Self, FormatError> {
        Decoder::all(contents, |input| {
            input.array_of(3)?;
            let (salt, device) = (*input.byte_array()?, input.optional(DeviceId::decode)?);
            let count = input.array()?;
            if !(1..=Self::MAX).contains(&count) {
                return Err(FormatError::NotSealed("a ledger entry without events, or with too many"));
            }
            let events = (0..count).map(|_| Event::decode(input)).collect::<Result<_, _>>()?;
            Ok(Self { salt, device, events })
        })
    }

    /// What the signed part commits to.
    pub fn commitment(contents: &[u8]) -> Hash {
        Hash::for_purpose(Purpose::LedgerEvents, contents)
    }
}

/// What a device keeps of the events that wait, sealed, until an entry holds them.
#[derive(Clone, Debug)]
pub struct Memory<'a> {
    pub sealed: Encrypted<'a>,
    pub account: AccountId,
    pub epoch: u64,
}

/// An event that waits, and the entry that it was last sealed into: whether that was stored may be unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    pub event: Event,
    pub within: Option<Hash>,
}

impl<'a> Memory<'a> {
    pub fn parameters(account: AccountId, epoch: u64) -> Vec<u8> {
        let mut out = Encoder::with_capacity(48);
        out.array(2).bytes(&account.0).uint(epoch);
        out.finish()
    }

    pub fn decode(raw: &'a [u8]) -> Result<Self, FormatError> {
        let sealed = Encrypted::decode(raw, Purpose::Memory)?;
        sealed.check_padding(Floor::Text)?;
        let (account, epoch) = Decoder::all(sealed.parameters()?, |input| {
            input.array_of(2)?;
            Ok((AccountId::decode(input)?, input.uint()?))
        })?;
        Ok(Self { sealed, account, epoch })
    }
}

impl Waiting {
    pub fn encode_all(waiting: &[Self]) -> Vec<u8> {
        let mut out = Encoder::with_capacity(16 + 192 * waiting.len());
        out.array(waiting.len());
        for Self { event, within } in waiting {
            out.array(2).optional(*within, |out, hash| hash.encode(out));
            event.encode(&mut out);
        }
        out.finish()
    }

    pub fn decode_all(contents: &[u8]) -> Result<Vec<Self>, FormatError> {
        Decoder::all(contents, |input| {
            let one = |input: &mut Decoder<'_>| {
                input.array_of(2)?;
                Ok(Self { within: input.optional(Hash::decode)?, event: Event::decode(input)? })
            };
            (0..input.array()?).map(|_| one(input)).collect()
        })
    }
}

/// A ledger for an auditor: the key log, every entry, and the events of those that its owner discloses.
#[derive(Clone, Debug)]
pub struct LedgerBundle<'a> {
    pub account: AccountId,
    pub key_log: Vec<&'a [u8]>,
    /// Encoded [`LedgerEntry`] and, where disclosed, encoded [`Events`].
    pub entries: Vec<(&'a [u8], Option<&'a [u8]>)>,
}

impl<'a> LedgerBundle<'a> {
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Encoder::new();
        out.array(4).text(Purpose::LedgerBundle.label()).bytes(&self.account.0).array(self.key_log.len());
        self.key_log.iter().for_each(|entry| {
            out.bytes(entry);
        });
        out.array(self.entries.len());
        for (entry, events) in &self.entries {
            out.array(2).bytes(entry).optional(*events, |out, events| {
                out.bytes(events);
            });
        }
        out.finish()
    }

    pub fn decode(raw: &'a [u8]) -> Result<Self, FormatError> {
        Decoder::all(raw, |input| {
            input.array_of(4)?;
            check_label(input.text()?, Purpose::LedgerBundle)?;
            let account = AccountId::decode(input)?;
            let key_log = (0..input.array()?).map(|_| input.bytes()).collect::<Result<_, _>>()?;
            let entries = (0..input.array()?)
                .map(|_| {
                    input.array_of(2)?;
                    Ok((input.bytes()?, input.optional(Decoder::bytes)?))
                })
                .collect::<Result<_, FormatError>>()?;
            Ok(Self { account, key_log, entries })
        })
    }
}
