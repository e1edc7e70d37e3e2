//! The account's ledger: audit trail and rollback detector in one (SPEC.md §8.5). Opening a record writes itself down;
//! what is stored is written down with the entry that is stored beside it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard},
};

use sealed_notes_format::{
    Purpose,
    container::{ChartRecord, PrivateNote},
    cose::Header,
    grant::Grant,
    id::{AccountId, DeviceId, Hash, RecordId},
    ledger::{EntryPayload, Event, EventKind, Events, LedgerBundle, LedgerEntry, LedgerHead, events_parameters},
    pad::Floor,
    version::{Drawer, Manifest, Version},
};
use zeroize::Zeroizing;

use crate::{
    Error, Receipt, Timestamp, Vault,
    crypto::{aead, kdf, random, secret::Secret},
};

/// Newest version of a record that the ledger names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Newest {
    drawer: Drawer,
    version: u64,
    hash: Option<Hash>,
}

/// What the entries say so far, and what is still to be written. Shared by every copy of a vault.
#[derive(Debug, Default)]
struct State {
    head: Option<LedgerHead>,
    /// What another device, or this one earlier, saw: the ledger must get there.
    remembered: Option<LedgerHead>,
    own: BTreeMap<RecordId, Newest>,
    /// Of others' records: the newest version that was opened.
    shared: BTreeMap<RecordId, u64>,
    granted: BTreeMap<(RecordId, AccountId), BTreeSet<u64>>,
    pending: Vec<Event>,
    /// Opened since unlocking: once is enough.
    noted: BTreeSet<(RecordId, u64)>,
    /// The entry that was handed out last, and how many pending events are in it.
    sealed: Option<(Hash, usize)>,
}

#[derive(Clone, Default)]
pub(crate) struct SharedState(Arc<Mutex<State>>);

impl SharedState {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn head(&self) -> Option<LedgerHead> {
        self.lock().head
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

/// What is about to be stored together with a ledger entry.
#[derive(Clone, Copy, Default)]
pub struct AboutToStore<'a> {
    /// Sealed notes and records.
    pub versions: &'a [&'a [u8]],
    pub grants: &'a [&'a [u8]],
    pub revoked: &'a [Receipt],
}

/// An entry as its owner reads it.
#[derive(Clone, Debug)]
pub struct ReadEntry {
    pub sequence: u64,
    pub made_at: Timestamp,
    pub device: Option<DeviceId>,
    pub events: Vec<Event>,
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

/// An unlocked vault's ledger.
#[derive(Clone, Copy)]
pub struct Ledger<'v>(&'v Vault);

impl Vault {
    pub fn ledger(&self) -> Ledger<'_> {
        Ledger(self)
    }

    /// For what the library itself has done.
    pub(crate) fn write_down(&self, event: Event) {
        self.ledger.lock().pending.push(event);
    }

    /// Refuses what the ledger says is not the newest, and writes down what was opened.
    pub(crate) fn note_opened<T>(
        &self,
        version: &Version<'_>,
        access: Access,
        now: Timestamp,
        open: impl FnOnce() -> Result<T, Error>,
    ) -> Result<T, Error> {
        let manifest = &version.manifest;
        let mut state = self.ledger.lock();
        let is_own = manifest.author == self.account();
        let result = state.check_newest(version, is_own, access).and_then(|()| open());
        let kind = match (&result, is_own) {
            (Err(_), _) => EventKind::OpenFailed,
            (Ok(_), true) => EventKind::Opened,
            (Ok(_), false) => EventKind::OpenedShared,
        };
        let mut event = about(kind, manifest, now);
        event.detail = result.as_ref().err().map(|error| error.code().to_owned());
        if result.is_ok() && access == Access::Listing {
            state.count_listed(manifest.drawer, now);
        } else if result.is_err() || state.noted.insert((manifest.record, manifest.version)) {
            if !is_own {
                event.person = Some(manifest.author);
                let newest = state.shared.entry(manifest.record).or_default();
                *newest = (*newest).max(if result.is_ok() { manifest.version } else { 0 });
            }
            event.hash = result.is_ok().then(|| version.hash());
            state.pending.push(event);
        }
        result
    }
}

fn about(kind: EventKind, manifest: &Manifest, now: Timestamp) -> Event {
    Event {
        drawer: Some(manifest.drawer),
        record: Some(manifest.record),
        version: Some(manifest.version),
        client: Some(manifest.client),
        ..Event::new(kind, now.0)
    }
}

impl State {
    fn check_newest(&self, version: &Version<'_>, is_own: bool, access: Access) -> Result<(), Error> {
        let manifest = &version.manifest;
        let (newest, hash) = if is_own {
            let newest = self.own.get(&manifest.record);
            (newest.map_or(0, |newest| newest.version), newest.and_then(|newest| newest.hash))
        } else {
            (self.shared.get(&manifest.record).copied().unwrap_or_default(), None)
        };
        if manifest.version < newest && access != Access::Earlier {
            return Err(Error::RolledBack { expected: newest, found: manifest.version });
        }
        if manifest.version == newest && hash.is_some_and(|hash| hash != version.hash()) {
            return Err(Error::Forked);
        }
        Ok(())
    }

    fn count_listed(&mut self, drawer: Drawer, now: Timestamp) {
        let sealed = self.sealed.map_or(0, |(_, included)| included);
        let open = self.pending.iter_mut().skip(sealed);
        let mut same = open.filter(|event| event.kind == EventKind::Listed && event.drawer == Some(drawer));
        match same.next() {
            Some(event) => {
                let count = event.detail.as_ref().and_then(|count| count.parse::<u64>().ok()).unwrap_or_default();
                event.detail = Some((count + 1).to_string());
            }
            None => self.pending.push(Event {
                drawer: Some(drawer),
                detail: Some("1".to_owned()),
                ..Event::new(EventKind::Listed, now.0)
            }),
        }
    }

    fn apply(&mut self, event: &Event) {
        let (Some(record), Some(version)) = (event.record, event.version) else { return };
        match event.kind {
            EventKind::Put => {
                let newest = Newest { drawer: event.drawer.unwrap_or(Drawer::Private), version, hash: event.hash };
                if self.own.get(&record).is_none_or(|known| known.version < version) {
                    self.own.insert(record, newest);
                }
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
    fn advance(&mut self, head: LedgerHead, events: &[Event]) {
        if let Some((_, included)) = self.sealed.take_if(|(hash, _)| *hash == head.hash) {
            self.pending.drain(..included.min(self.pending.len()));
        }
        events.iter().for_each(|event| self.apply(event));
        self.head = Some(head);
    }
}

impl Ledger<'_> {
    /// The last entry that is stored, as far as this vault has followed.
    pub fn head(&self) -> Option<LedgerHead> {
        self.0.ledger.head()
    }

    /// Remembers a head that this or another device saw: [`Ledger::follow`] refuses a ledger that lacks it.
    pub fn expect(&self, head: LedgerHead) {
        let mut state = self.0.ledger.lock();
        if state.remembered.is_none_or(|known| known.sequence < head.sequence) {
            state.remembered = Some(head);
        }
    }

    /// How many events wait to be stored.
    pub fn pending(&self) -> usize {
        self.0.ledger.lock().pending.len()
    }

    /// Writes down what the library cannot see: a print, an export.
    pub fn note(&self, event: Event) -> Result<(), Error> {
        let is_outside = matches!(event.kind, EventKind::Printed | EventKind::Exported | EventKind::RollbackAccepted);
        if !is_outside || event.detail.as_ref().is_some_and(|detail| detail.len() > 64) {
            return Err(Error::InvalidInput { reason: "a ledger takes prints and exports, with a detail of 64 bytes" });
        }
        self.0.ledger.lock().pending.push(event);
        Ok(())
    }

    /// The next entry: what waits, and what is stored in the same request. Nothing of it counts before
    /// [`Ledger::stored`]; `None` if there is nothing to write.
    pub fn seal(
        &self,
        store: AboutToStore<'_>,
        device: Option<DeviceId>,
        now: Timestamp,
    ) -> Result<Option<Vec<u8>>, Error> {
        let mut state = self.0.ledger.lock();
        let included = state.pending.len().min(Events::MAX / 2);
        let mut events: Vec<Event> = state.pending.iter().take(included).cloned().collect();
        for bytes in store.versions {
            events.push(self.put(bytes, now)?);
        }
        for bytes in store.grants {
            let header = Grant::decode(bytes)?.header;
            events.push(Event {
                drawer: Some(Drawer::Chart),
                record: Some(header.record),
                version: Some(header.version),
                person: Some(header.recipient),
                hash: Some(Hash::of(bytes)),
                detail: Some(header.purpose_of_use.name().to_owned()),
                ..Event::new(EventKind::Granted, now.0)
            });
        }
        events.extend(store.revoked.iter().map(|receipt| Event {
            drawer: Some(Drawer::Chart),
            record: Some(receipt.record),
            version: Some(receipt.replaced_by),
            person: Some(receipt.recipient),
            ..Event::new(EventKind::Revoked, now.0)
        }));
        if events.is_empty() {
            return Ok(None);
        }
        if events.len() > Events::MAX {
            return Err(Error::InvalidInput { reason: "a ledger entry takes at most 500 versions and grants" });
        }
        let contents = Events { salt: random::make()?, device, events }.encode();
        let (entry, hash) = self.seal_contents(&contents, state.head, now)?;
        state.sealed = Some((hash, included));
        Ok(Some(entry))
    }

    fn put(&self, bytes: &[u8], now: Timestamp) -> Result<Event, Error> {
        let version = match PrivateNote::decode(bytes) {
            Ok(note) => note.version,
            Err(sealed_notes_format::FormatError::AnotherPurpose) => ChartRecord::decode(bytes)?.version,
            Err(error) => return Err(error.into()),
        };
        if version.manifest.author != self.0.account() {
            return Err(Error::NotTheAuthor);
        }
        Ok(Event { hash: Some(version.hash()), ..about(EventKind::Put, &version.manifest, now) })
    }

    fn seal_contents(
        &self,
        contents: &[u8],
        head: Option<LedgerHead>,
        now: Timestamp,
    ) -> Result<(Vec<u8>, Hash), Error> {
        let (account, epoch) = (self.0.account(), self.0.newest_epoch()?);
        let sequence = head.map_or(Some(1), |head| head.sequence.checked_add(1)).ok_or(Error::Tampered)?;
        let parameters = events_parameters(account, sequence, epoch.number);
        let header = Header::Parameters(&parameters);
        let padding = aead::Padding::Padme(Floor::Text);
        let sealed = aead::seal(Purpose::LedgerEvents, header, &self.key(epoch.number)?, contents, padding)?;
        let payload = EntryPayload {
            account,
            sequence,
            previous: head.map(|head| head.hash),
            epoch: epoch.number,
            made_at: now.0,
            sealed: Hash::of(&sealed),
            commitment: Events::commitment(contents),
        };
        let signed = epoch.signing.sign(Purpose::Ledger, &payload.encode());
        Ok((LedgerEntry::encode(&signed, &sealed), Hash::of(&signed)))
    }

    /// Of the private drawer's key: who may read private notes may know which there are.
    fn key(&self, epoch: u64) -> Result<Secret<32>, Error> {
        let drawer_key = self.0.epoch(epoch)?.drawer_key(Drawer::Private);
        kdf::derive(drawer_key.expose(), &self.0.account().0, Purpose::LedgerEvents)
    }

    /// The server has stored this entry, which [`Ledger::seal`] gave.
    pub fn stored(&self, entry: &[u8]) -> Result<(), Error> {
        let entry = LedgerEntry::decode(entry)?;
        let contents = self.open(&entry)?;
        let mut state = self.0.ledger.lock();
        self.check(&entry, state.head)?;
        state.advance(entry.head(), &contents.events);
        Ok(())
    }

    /// Goes on behind the last entry with those that the server has besides. `is_all`: it has no more. Refuses a
    /// ledger that ends before, or goes another way than, what was remembered.
    pub fn follow<'e>(&self, entries: impl IntoIterator<Item = &'e [u8]>, is_all: bool) -> Result<usize, Error> {
        let mut state = self.0.ledger.lock();
        let mut count = 0;
        for bytes in entries {
            let entry = LedgerEntry::decode(bytes)?;
            let head = entry.head();
            if entry.payload.account == self.0.account()
                && (entry.payload.sequence != state.head.map_or(1, |head| head.sequence + 1)
                    || entry.payload.previous != state.head.map(|head| head.hash))
            {
                return Err(Error::Forked);
            }
            self.check(&entry, state.head)?;
            if state.remembered.is_some_and(|seen| seen.sequence == head.sequence && seen.hash != head.hash) {
                return Err(Error::Forked);
            }
            let contents = self.open(&entry)?;
            state.advance(head, &contents.events);
            count += 1;
        }
        let found = state.head.map_or(0, |head| head.sequence);
        match state.remembered {
            Some(seen) if is_all && found < seen.sequence => Err(Error::RolledBack { expected: seen.sequence, found }),
            _ => Ok(count),
        }
    }

    fn check(&self, entry: &LedgerEntry<'_>, before: Option<LedgerHead>) -> Result<(), Error> {
        let key = |number| Some(self.0.epoch(number).ok()?.signing.public());
        entry.check(self.0.account(), before, key).map_err(|_| Error::Tampered)
    }

    fn open(&self, entry: &LedgerEntry<'_>) -> Result<Events, Error> {
        Events::decode(&self.contents(entry)?).map_err(Into::into)
    }

    fn contents(&self, entry: &LedgerEntry<'_>) -> Result<Zeroizing<Vec<u8>>, Error> {
        let contents = aead::open_padded(&entry.sealed, &self.key(entry.payload.epoch)?, Floor::Text)?;
        if Events::commitment(&contents) == entry.payload.commitment { Ok(contents) } else { Err(Error::Tampered) }
    }

    /// The events of entries that were followed before, for the audit view.
    pub fn read<'e>(&self, entries: impl IntoIterator<Item = &'e [u8]>) -> Result<Vec<ReadEntry>, Error> {
        let read = |bytes| {
            let entry = LedgerEntry::decode(bytes)?;
            let Events { device, events, .. } = self.open(&entry)?;
            let EntryPayload { sequence, made_at, .. } = entry.payload;
            Ok(ReadEntry { sequence, made_at: Timestamp(made_at), device, events })
        };
        entries.into_iter().map(read).collect()
    }

    /// For an auditor: the whole chain, and the events of the entries made from `from` until before `until`.
    pub fn export<'e>(
        &self,
        key_log: &[&[u8]],
        entries: impl IntoIterator<Item = &'e [u8]>,
        (from, until): (Timestamp, Timestamp),
    ) -> Result<Vec<u8>, Error> {
        let disclosed = entries
            .into_iter()
            .map(|bytes| {
                let entry = LedgerEntry::decode(bytes)?;
                let is_wanted = (from.0..until.0).contains(&entry.payload.made_at);
                Ok((bytes, is_wanted.then(|| self.contents(&entry)).transpose()?))
            })
            .collect::<Result<Vec<_>, Error>>()?;
        let entries = disclosed.iter().map(|(entry, events)| (*entry, events.as_ref().map(|e| e.as_slice()))).collect();
        Ok(LedgerBundle { account: self.0.account(), key_log: key_log.to_vec(), entries }.encode())
    }

    /// What the server's list of one's own records in a drawer (of one client, if it is a list of one) hides or shows
    /// in another state than the ledger says. `heads` are record, newest version and its hash.
    pub fn compare(&self, drawer: Drawer, heads: &[(RecordId, u64, Hash)], is_all: bool) -> Vec<Finding> {
        let state = self.0.ledger.lock();
        let mut findings = Vec::new();
        for (record, found, hash) in heads {
            let newest = state.own.get(record);
            let expected = newest.map_or(0, |newest| newest.version);
            let problem = match newest {
                None => Some(Problem::Unlisted),
                Some(newest) if *found < newest.version => Some(Problem::RolledBack),
                Some(newest) if *found > newest.version => Some(Problem::Unlisted),
                Some(newest) => newest.hash.is_some_and(|known| known != *hash).then_some(Problem::Replaced),
            };
            findings.extend(problem.map(|problem| Finding { record: *record, problem, expected, found: *found }));
        }
        if is_all {
            let listed: BTreeSet<_> = heads.iter().map(|(record, ..)| *record).collect();
            let hidden = state.own.iter().filter(|(id, newest)| newest.drawer == drawer && !listed.contains(id));
            findings.extend(hidden.map(|(record, newest)| {
                let (problem, expected) = (Problem::Dropped, newest.version);
                Finding { record: *record, problem, expected, found: 0 }
            }));
        }
        findings
    }

    /// Who was granted a version of a record and not taken off it since, as the ledger says.
    pub fn readers(&self, record: RecordId) -> Vec<(AccountId, Vec<u64>)> {
        let state = self.0.ledger.lock();
        let of_record = state.granted.iter().filter(|((id, _), _)| *id == record);
        of_record.map(|((_, person), versions)| (*person, versions.iter().copied().collect())).collect()
    }
}

impl core::fmt::Debug for Ledger<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Ledger({:?})", self.head())
    }
}
