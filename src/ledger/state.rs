//! What the entries of a ledger say so far, and what is still to be written.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use sealed_notes_format::{
    grant::CrossReferences,
    id::{AccountId, ClientId, Hash, RecordId},
    kept::kept,
    ledger::{Event, EventKind, LedgerEntry, LedgerHead, Waiting},
    version::{Drawer, Version},
};

use crate::{Error, Timestamp};

/// Newest version of a record that the ledger names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Newest {
    client: Option<ClientId>,
    version: u64,
    hash: Option<Hash>,
}

/// Seconds within which lists of a drawer are one event.
const LISTED_TOGETHER: u64 = 60;

/// What the entries say so far, and what is still to be written. Shared by every copy of a vault.
#[derive(Debug, Default)]
pub(super) struct State {
    /// Hash of every entry that was followed: a head that somebody saw earlier can be looked up at any time.
    chain: Vec<Hash>,
    /// Of the last entry that was followed.
    epoch: u64,
    /// Heads that this or another device saw, and that the ledger has not got to yet.
    expected: BTreeMap<u64, Hash>,
    /// A session's notes have one id in both drawers.
    own: BTreeMap<(Drawer, RecordId), Newest>,
    /// Of others' records: the newest version that was opened.
    pub(super) shared: BTreeMap<RecordId, u64>,
    granted: BTreeMap<(RecordId, AccountId), BTreeSet<u64>>,
    /// What others told in their grants: how far their own ledgers went, and how far this one, as they were told.
    pub(super) told: BTreeMap<AccountId, CrossReferences>,
    pub(super) pending: Vec<Waiting>,
    /// Opened since unlocking: once is enough.
    pub(super) noted: BTreeSet<(Drawer, RecordId, u64)>,
}

#[derive(Clone, Default)]
pub(crate) struct SharedState(Arc<Mutex<State>>);

impl SharedState {
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a list that the server gave lacks, compared with the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub record: RecordId,
    pub problem: Problem,
    /// The newest version that the ledger names; 0 where it names none.
    pub expected: u64,
    /// What the server gave; 0 where it gave none.
    pub found: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The server does not list the record.
    Dropped,
    /// The server lists an earlier version than the newest.
    RolledBack,
    /// The same version number, another version.
    Replaced,
    /// A version that no entry of the ledger names.
    Unlisted,
}

impl Problem {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dropped => "dropped",
            Self::RolledBack => "rolled-back",
            Self::Replaced => "replaced",
            Self::Unlisted => "unlisted",
        }
    }
}

/// Whether the ledger that the server shows holds an entry that a colleague was told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agreement {
    Same,
    /// It has another entry at that place.
    Forked,
    /// It does not go as far.
    Behind,
}

impl Agreement {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Forked => "forked",
            Self::Behind => "behind",
        }
    }
}

/// What a list that is compared is all of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whole {
    /// Of nothing: no record can be missing.
    None,
    Drawer,
    /// One client's records in the drawer.
    Client(ClientId),
    /// The clients' own records, which have the client's id.
    Clients,
}

impl Whole {
    fn includes(self, record: RecordId, client: Option<ClientId>) -> bool {
        match self {
            Self::None => false,
            Self::Drawer => true,
            Self::Client(wanted) => client == Some(wanted),
            Self::Clients => client.is_some_and(|client| client.0 == record.0),
        }
    }
}

/// Whether a record is opened to be read, to be listed with others, or as an earlier version on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Refused where the ledger knows a newer version.
    Newest,
    /// As [`Access::Newest`]; the ledger counts it instead of naming it.
    Listing,
    /// History: an earlier version is what is wanted.
    Earlier,
}

impl State {
    /// The last entry that was followed.
    pub(super) fn head(&self) -> Option<LedgerHead> {
        self.chain.last().map(|hash| LedgerHead { sequence: self.chain.len() as u64, hash: *hash })
    }

    /// The furthest head that was followed, or seen.
    pub(super) fn newest_seen(&self) -> Option<LedgerHead> {
        let seen =
            self.expected.last_key_value().map(|(sequence, hash)| LedgerHead { sequence: *sequence, hash: *hash });
        [self.head(), seen].into_iter().flatten().max_by_key(|head| head.sequence)
    }

    pub(super) fn includes(&self, hash: Hash) -> bool {
        self.chain.contains(&hash)
    }

    /// Remembers a head that was seen; refuses one that this chain, or another head that was seen, contradicts.
    pub(super) fn expect(&mut self, head: LedgerHead) -> Result<(), Error> {
        let place = head.sequence.checked_sub(1).and_then(|place| usize::try_from(place).ok());
        let place = place.ok_or(Error::InvalidInput { reason: "the entries of a ledger are numbered from 1" })?;
        match self.chain.get(place) {
            Some(hash) if *hash == head.hash => Ok(()),
            Some(_) => Err(Error::Forked),
            None if *self.expected.entry(head.sequence).or_insert(head.hash) == head.hash => Ok(()),
            None => Err(Error::Forked),
        }
    }

    /// That the next entry is the one that was seen, where one was.
    pub(super) fn check_expected(&self, next: LedgerHead) -> Result<(), Error> {
        let seen = self.expected.get(&next.sequence);
        if seen.is_some_and(|hash| *hash != next.hash) { Err(Error::Forked) } else { Ok(()) }
    }

    /// That keys which were replaced sign no more: whoever stole them could go on with the chain.
    pub(super) fn check_epoch(&self, next: u64) -> Result<(), Error> {
        if next < self.epoch { Err(Error::Tampered) } else { Ok(()) }
    }

    /// That the chain got to every head that was seen.
    pub(super) fn check_whole(&self) -> Result<(), Error> {
        match self.expected.last_key_value() {
            Some((expected, _)) if kept("ledger's head") => {
                Err(Error::RolledBack { expected: *expected, found: self.chain.len() as u64 })
            }
            _ => Ok(()),
        }
    }

    /// How a head that somebody else remembers fits this chain.
    pub(super) fn agrees(&self, head: LedgerHead) -> Agreement {
        let place = head.sequence.checked_sub(1).and_then(|place| usize::try_from(place).ok());
        match place.and_then(|place| self.chain.get(place)) {
            Some(hash) if *hash == head.hash => Agreement::Same,
            Some(_) => Agreement::Forked,
            None => Agreement::Behind,
        }
    }

    pub(super) fn check_newest(&self, version: &Version<'_>, is_own: bool, access: Access) -> Result<(), Error> {
        let manifest = &version.manifest;
        let (newest, hash) = if is_own {
            let newest = self.own.get(&(manifest.drawer, manifest.record));
            (newest.map_or(0, |newest| newest.version), newest.and_then(|newest| newest.hash))
        } else {
            (self.shared.get(&manifest.record).copied().unwrap_or_default(), None)
        };
        if kept("newest version") && manifest.version < newest && access != Access::Earlier {
            return Err(Error::RolledBack { expected: newest, found: manifest.version });
        }
        if manifest.version == newest && hash.is_some_and(|hash| hash != version.hash()) {
            return Err(Error::Forked);
        }
        Ok(())
    }

    pub(super) fn wait(&mut self, event: Event) {
        self.pending.push(Waiting { event, within: None });
    }

    pub(super) fn count_listed(&mut self, drawer: Drawer, now: Timestamp) {
        let open = self.pending.iter_mut().filter(|waiting| waiting.within.is_none()).map(|waiting| &mut waiting.event);
        let mut same = open.filter(|event| {
            let together = now.0.saturating_sub(event.at) < LISTED_TOGETHER;
            event.kind == EventKind::Listed && event.drawer == Some(drawer) && together
        });
        match same.next() {
            Some(event) => {
                let count = event.detail.as_ref().and_then(|count| count.parse::<u64>().ok()).unwrap_or_default();
                event.detail = Some((count + 1).to_string());
            }
            None => self.wait(Event {
                drawer: Some(drawer),
                detail: Some("1".to_owned()),
                ..Event::new(EventKind::Listed, now.0)
            }),
        }
    }

    fn apply(&mut self, event: &Event) {
        let Some(record) = event.record else { return };
        let version = event.version.unwrap_or_default();
        let (drawer, client, hash) = (event.drawer.unwrap_or(Drawer::Private), event.client, event.hash);
        let (place, newest) = ((drawer, record), Newest { client, version, hash });
        match event.kind {
            // The owner's word: this is the newest there is; none, the record is gone.
            EventKind::RollbackAccepted if version == 0 => {
                self.own.remove(&place);
            }
            EventKind::RollbackAccepted => {
                self.own.insert(place, newest);
            }
            EventKind::Put if self.own.get(&place).is_none_or(|known| known.version < version) => {
                self.own.insert(place, newest);
            }
            EventKind::OpenedShared => {
                let newest = self.shared.entry(record).or_default();
                *newest = (*newest).max(version);
            }
            EventKind::Granted => {
                if let Some(person) = event.person {
                    self.granted.entry((record, person)).or_default().insert(version);
                }
            }
            EventKind::Revoked => {
                if let Some(person) = event.person {
                    self.granted.remove(&(record, person));
                }
            }
            _ => {}
        }
    }

    /// Goes on behind an entry that the server has stored.
    pub(super) fn advance(&mut self, entry: &LedgerEntry<'_>, events: &[Event]) {
        let head = entry.head();
        self.pending.retain(|waiting| waiting.within != Some(head.hash));
        events.iter().for_each(|event| self.apply(event));
        self.expected.remove(&head.sequence);
        self.chain.push(head.hash);
        self.epoch = entry.payload.epoch;
    }

    pub(super) fn compare(&self, drawer: Drawer, heads: &[(RecordId, u64, Hash)], whole: Whole) -> Vec<Finding> {
        let mut findings = Vec::new();
        for (record, found, hash) in heads {
            let newest = self.own.get(&(drawer, *record));
            let expected = newest.map_or(0, |newest| newest.version);
            let problem = match newest {
                None => Some(Problem::Unlisted),
                Some(newest) if *found < newest.version => Some(Problem::RolledBack),
                Some(newest) if *found > newest.version => Some(Problem::Unlisted),
                Some(newest) => newest.hash.is_some_and(|known| known != *hash).then_some(Problem::Replaced),
            };
            findings.extend(problem.map(|problem| Finding { record: *record, problem, expected, found: *found }));
        }
        let listed: BTreeSet<_> = heads.iter().map(|(record, ..)| *record).collect();
        let hidden = self.own.iter().filter(|((in_drawer, record), newest)| {
            *in_drawer == drawer && whole.includes(*record, newest.client) && !listed.contains(record)
        });
        findings.extend(hidden.map(|((_, record), newest)| {
            let (problem, expected) = (Problem::Dropped, newest.version);
            Finding { record: *record, problem, expected, found: 0 }
        }));
        findings
    }

    pub(super) fn readers(&self, record: RecordId) -> Vec<(AccountId, Vec<u64>)> {
        let of_record = self.granted.iter().filter(|((id, _), _)| *id == record);
        of_record.map(|((_, person), versions)| (*person, versions.iter().copied().collect())).collect()
    }
}
