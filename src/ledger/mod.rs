//! The account's ledger: audit trail and rollback detector in one (SPEC.md §8.5). Opening a record writes itself down;
//! what is stored is written down with the entry that is stored beside it.

mod memory;
mod state;

use sealed_notes_format::{
    FormatError, Purpose,
    container::{ChartRecord, PrivateNote},
    cose::Header,
    grant::{CrossReferences, Grant},
    id::{AccountId, DeviceId, Hash, RecordId},
    kept::kept,
    ledger::{EntryPayload, Event, EventKind, Events, LedgerBundle, LedgerEntry, LedgerHead, events_parameters},
    pad::Floor,
    version::{Drawer, Manifest, Version},
};
use zeroize::Zeroizing;

pub(crate) use self::state::SharedState;
use self::state::State;
pub use self::state::{Access, Agreement, Finding, Problem, Whole};
use crate::{
    Error, Receipt, Timestamp, Vault,
    crypto::{aead, kdf, random, secret::Secret},
};

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

/// An unlocked vault's ledger.
#[derive(Clone, Copy)]
pub struct Ledger<'v>(&'v Vault);

impl Vault {
    pub fn ledger(&self) -> Ledger<'_> {
        Ledger(self)
    }

    /// For what the library itself has done.
    pub(crate) fn write_down(&self, event: Event) {
        self.ledger.lock().wait(event);
    }

    /// What a grant to `recipient` tells her.
    pub(crate) fn cross_references(&self, recipient: AccountId) -> CrossReferences {
        CrossReferences { granter: self.ledger().head(), recipient: self.told_head(recipient) }
    }

    /// How far `person`'s ledger went, as she told last.
    pub(crate) fn told_head(&self, person: AccountId) -> Option<LedgerHead> {
        let told = self.ledger.lock().told.get(&person).and_then(|told| told.granter);
        let kept = self.pin(person).and_then(|pin| pin.ledger);
        [told, kept].into_iter().flatten().max_by_key(|head| head.sequence)
    }

    /// Remembers what a grant told. Only what she says of the own ledger, where the grant is to oneself: an older grant
    /// tells of an older entry, which changes nothing.
    pub(crate) fn told(&self, granter: AccountId, recipient: AccountId, seen: CrossReferences) {
        let newer = |known: Option<LedgerHead>, head: Option<LedgerHead>| {
            [known, head].into_iter().flatten().max_by_key(|head| head.sequence)
        };
        let (mut state, of_self) = (self.ledger.lock(), seen.recipient.filter(|_| recipient == self.account()));
        let known = state.told.entry(granter).or_default();
        (known.granter, known.recipient) = (newer(known.granter, seen.granter), newer(known.recipient, of_self));
    }

    /// Refuses another record than the one that is `wanted` and what the ledger says is not the newest, and writes down what
    /// was opened.
    pub(crate) fn note_opened<T>(
        &self,
        version: &Version<'_>,
        wanted: Option<RecordId>,
        access: Access,
        now: Timestamp,
        open: impl FnOnce() -> Result<T, Error>,
    ) -> Result<T, Error> {
        let manifest = &version.manifest;
        let is_own = manifest.author == self.account();
        // What is not authentic says nothing of the ledger, so it is opened first.
        let opened = match wanted {
            Some(record) if kept("wanted record") && record != manifest.record => Err(Error::Tampered),
            _ => open(),
        };
        let mut state = self.ledger.lock();
        let result = opened.and_then(|opened| state.check_newest(version, is_own, access).map(|()| opened));
        let kind = match (&result, is_own) {
            (Err(_), _) => EventKind::OpenFailed,
            (Ok(_), true) => EventKind::Opened,
            (Ok(_), false) => EventKind::OpenedShared,
        };
        let mut event = about(kind, manifest, now);
        event.detail = result.as_ref().err().map(|error| error.code().to_owned());
        if result.is_ok() && access == Access::Listing {
            state.count_listed(manifest.drawer, now);
        } else if result.is_err() || state.noted.insert((manifest.drawer, manifest.record, manifest.version)) {
            if !is_own {
                event.person = Some(manifest.author);
                let newest = state.shared.entry(manifest.record).or_default();
                *newest = (*newest).max(if result.is_ok() { manifest.version } else { 0 });
            }
            event.hash = result.is_ok().then(|| version.hash());
            state.wait(event);
        }
        result
    }

    /// Writes down what cannot even be decoded: it names no record but the one that was asked for.
    pub(crate) fn note_undecodable(
        &self,
        drawer: Drawer,
        wanted: Option<RecordId>,
        error: FormatError,
        now: Timestamp,
    ) -> Error {
        let error = Error::from(error);
        let (drawer, detail) = (Some(drawer), Some(error.code().to_owned()));
        self.write_down(Event { drawer, record: wanted, detail, ..Event::new(EventKind::OpenFailed, now.0) });
        error
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

impl Ledger<'_> {
    /// The last entry that is stored, as far as this vault has followed.
    pub fn head(&self) -> Option<LedgerHead> {
        self.0.ledger.lock().head()
    }

    /// A head that this or another device saw. Refused as [`Error::Forked`] where the ledger went another way; what it has
    /// not got to yet, [`Ledger::follow`] must.
    pub fn expect(&self, head: LedgerHead) -> Result<(), Error> {
        self.0.ledger.lock().expect(head)
    }

    /// The newest entry that was followed, or that somebody saw: what a vault remembers of its ledger.
    pub(crate) fn seen(&self) -> Option<LedgerHead> {
        self.0.ledger.lock().newest_seen()
    }

    /// How many events wait to be stored.
    pub fn pending(&self) -> usize {
        self.0.ledger.lock().pending.len()
    }

    /// Writes down what the library cannot see: a print, an export, and that the owner takes the server's state of a record
    /// (its `version` and `hash`; without, that it is gone) for the newest. The last is in effect once it is stored.
    pub fn note(&self, event: Event) -> Result<(), Error> {
        let is_outside = matches!(event.kind, EventKind::Printed | EventKind::Exported | EventKind::RollbackAccepted);
        if !is_outside || event.detail.as_ref().is_some_and(|detail| detail.len() > 64) {
            return Err(Error::InvalidInput { reason: "a ledger takes prints and exports, with a detail of 64 bytes" });
        }
        self.0.ledger.lock().wait(event);
        Ok(())
    }

    /// The next entry: what waits, and what is stored in the same request. Nothing of it counts before
    /// [`Ledger::stored`]; `None` if there is nothing to write. Whoever does not know whether the one before was stored
    /// follows first, or its events are written twice.
    pub fn seal(
        &self,
        store: AboutToStore<'_>,
        device: Option<DeviceId>,
        now: Timestamp,
    ) -> Result<Option<Vec<u8>>, Error> {
        let mut state = self.0.ledger.lock();
        let included = state.pending.len().min(Events::MAX / 2);
        let mut events: Vec<Event> = state.pending.iter().take(included).map(|waiting| waiting.event.clone()).collect();
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
        let (entry, hash) = self.seal_contents(&contents, state.head(), now)?;
        state.pending.iter_mut().take(included).for_each(|waiting| waiting.within = Some(hash));
        Ok(Some(entry))
    }

    fn put(&self, bytes: &[u8], now: Timestamp) -> Result<Event, Error> {
        let version = match PrivateNote::decode(bytes) {
            Ok(note) => note.version,
            Err(FormatError::AnotherPurpose) => ChartRecord::decode(bytes)?.version,
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
        self.check(&entry, &state)?;
        state.advance(&entry, &contents.events);
        Ok(())
    }

    /// Goes on behind the last entry with those that the server has besides. `is_all`: it has no more. Refuses a
    /// ledger that ends before, or goes another way than, what was remembered.
    pub fn follow<'e>(&self, entries: impl IntoIterator<Item = &'e [u8]>, is_all: bool) -> Result<usize, Error> {
        let mut state = self.0.ledger.lock();
        let mut count = 0;
        for bytes in entries {
            let entry = LedgerEntry::decode(bytes)?;
            self.check(&entry, &state)?;
            let contents = self.open(&entry)?;
            state.advance(&entry, &contents.events);
            count += 1;
        }
        if is_all {
            state.check_whole()?;
        }
        Ok(count)
    }

    /// Takes the server's whole ledger for the account's, though it ends before or goes another way than what was seen: the
    /// owner's choice, such as after a backup was restored. Writes it down, with the head that is given up; what waits,
    /// waits on. Every entry is checked as in [`Ledger::follow`], and nothing changes if one is refused.
    pub fn accept<'e>(&self, entries: impl IntoIterator<Item = &'e [u8]>, now: Timestamp) -> Result<(), Error> {
        let mut state = self.0.ledger.lock();
        let mut next = State::default();
        for bytes in entries {
            let entry = LedgerEntry::decode(bytes)?;
            self.check(&entry, &next)?;
            next.advance(&entry, &self.open(&entry)?.events);
        }
        let given_up = state.newest_seen();
        let mut pending = core::mem::take(&mut state.pending);
        pending.retain(|waiting| !waiting.within.is_some_and(|hash| next.includes(hash)));
        next.pending = pending;
        next.noted = core::mem::take(&mut state.noted);
        next.told = core::mem::take(&mut state.told);
        next.wait(Event {
            hash: given_up.map(|head| head.hash),
            detail: given_up.map(|head| head.sequence.to_string()),
            ..Event::new(EventKind::RollbackAccepted, now.0)
        });
        *state = next;
        Ok(())
    }

    /// That an entry is this account's and the next one. The signature first: what is not authentic proves no fork.
    fn check(&self, entry: &LedgerEntry<'_>, state: &State) -> Result<(), Error> {
        entry.check(self.0.account(), |number| Some(self.0.epoch(number).ok()?.signing.public()))?;
        if !entry.follows(state.head()) {
            return Err(Error::Forked);
        }
        state.check_expected(entry.head())?;
        state.check_epoch(entry.payload.epoch)
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

    /// What the server's list of one's own records in a drawer hides, or shows in another state than the ledger says.
    /// `heads` are record, newest version and its hash; only of what they are the `whole` of can one be missing.
    pub fn compare(&self, drawer: Drawer, heads: &[(RecordId, u64, Hash)], whole: Whole) -> Vec<Finding> {
        self.0.ledger.lock().compare(drawer, heads, whole)
    }

    /// How the ledger that the server shows fits what colleagues were told of it, whose grants were opened since unlocking.
    /// Evidence and not proof: a colleague can be mistaken, or lie.
    pub fn cross_references(&self) -> Vec<(AccountId, LedgerHead, Agreement)> {
        let state = self.0.ledger.lock();
        let told = state.told.iter().filter_map(|(person, told)| Some((*person, told.recipient?)));
        told.map(|(person, head)| (person, head, state.agrees(head))).collect()
    }

    /// Who was granted a version of a record and not taken off it since, as the ledger says.
    pub fn readers(&self, record: RecordId) -> Vec<(AccountId, Vec<u64>)> {
        self.0.ledger.lock().readers(record)
    }
}

impl core::fmt::Debug for Ledger<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Ledger({:?})", self.head())
    }
}
