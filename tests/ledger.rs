//! What the ledger notices, and what it leaves alone.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failure fails the test")]

mod common;

use std::collections::BTreeMap;

use common::{AUTHOR, COLLEAGUE, LATER, NOW, confirm};
use sealed_notes::{
    AboutToStore, Access, ClientId, Error, NewChartRecord, NewPrivateNote, Problem, RecordId, Stretched, Timestamp,
    TrustedAs, Vault, Whole,
    format::{
        id::Hash,
        ledger::{Event, EventKind, LedgerBundle, LedgerEntry, LedgerHead},
        version::Drawer,
    },
};

fn note(vault: &Vault, text: &str) -> Vec<u8> {
    let note = NewPrivateNote { client: ClientId([1; 16]), session: None, record: None, text, is_final: false };
    vault.private().seal(note, NOW).unwrap().bytes
}

fn entry(vault: &Vault, versions: &[&[u8]]) -> Vec<u8> {
    vault.ledger().seal(AboutToStore { versions, ..Default::default() }, None, NOW).unwrap().unwrap()
}

fn stored(vault: &Vault, versions: &[&[u8]]) -> Vec<u8> {
    let entry = entry(vault, versions);
    vault.ledger().stored(&entry).unwrap();
    entry
}

/// The same account on another device, which remembers nothing.
fn other_device() -> Vault {
    AUTHOR.unlock()
}

#[test]
fn an_older_version_is_refused_on_every_device_that_followed() {
    let vault = other_device();
    let first = note(&vault, "one");
    let mut entries = vec![stored(&vault, &[&first])];
    let second = vault.private().edit(&first, "two", false, NOW).unwrap().bytes;
    entries.push(stored(&vault, &[&second]));

    let fresh = other_device();
    let open = |vault: &Vault, access| vault.private().open_as(&first, None, access, NOW).map(drop);
    assert_eq!(open(&fresh, Access::Newest), Ok(()), "who has seen nothing cannot know");
    assert_eq!(fresh.ledger().follow(entries.iter().map(Vec::as_slice), true), Ok(2));
    for vault in [&vault, &fresh] {
        assert_eq!(open(vault, Access::Newest), Err(Error::RolledBack { expected: 2, found: 1 }));
        assert_eq!(open(vault, Access::Earlier), Ok(()), "history stays readable");
        assert_eq!(vault.private().open_as(&second, None, Access::Newest, NOW).unwrap().text.as_str(), "two");
    }
}

#[test]
fn a_list_is_compared_with_the_ledger() {
    let vault = other_device();
    let (first, hidden, unlisted) = (note(&vault, "a"), note(&vault, "b"), note(&vault, "c"));
    stored(&vault, &[&first, &hidden]);
    let head = |bytes: &[u8]| {
        let version = sealed_notes::format::container::PrivateNote::decode(bytes).unwrap().version;
        (version.manifest.record, version.manifest.version, version.hash())
    };
    let found = |heads: &[_]| {
        let found = vault.ledger().compare(Drawer::Private, heads, Whole::Drawer);
        found.into_iter().map(|finding| (finding.record, finding.problem)).collect::<Vec<_>>()
    };
    let (one, two, three) = (head(&first), head(&hidden), head(&unlisted));
    assert_eq!(found(&[one, two]), []);
    assert_eq!(found(&[one]), [(two.0, Problem::Dropped)]);
    assert_eq!(found(&[one, two, three]), [(three.0, Problem::Unlisted)]);
    assert_eq!(found(&[one, (two.0, two.1, Hash([9; 32]))]), [(two.0, Problem::Replaced)]);
    assert_eq!(vault.ledger().compare(Drawer::Chart, &[], Whole::Drawer), [], "the other drawer is another list");
}

#[test]
fn a_part_of_a_drawer_is_compared_with_the_part_that_was_asked_for() {
    let vault = other_device();
    let bytes = note(&vault, "a");
    stored(&vault, &[&bytes]);
    let missing = |whole| vault.ledger().compare(Drawer::Private, &[], whole).len();
    let (client, other) = (ClientId([1; 16]), ClientId([2; 16]));
    let whole = [Whole::None, Whole::Drawer, Whole::Client(client), Whole::Client(other), Whole::Clients];
    assert_eq!(whole.map(missing), [0, 1, 1, 0, 0]);
}

#[test]
fn what_waits_is_kept_on_the_device_and_never_written_twice() {
    let vault = other_device();
    let bytes = note(&vault, "mine");
    let first = stored(&vault, &[&bytes]);
    assert_eq!(vault.ledger().pending_sealed(), Ok(None), "nothing waits");
    vault.private().open_as(&bytes, None, Access::Newest, NOW).unwrap();
    let sent = entry(&vault, &[]);
    vault.ledger().note(printed()).unwrap();
    let kept = vault.ledger().pending_sealed().unwrap().unwrap();

    let kinds = |device: &Vault, entry: &[u8]| {
        let read = device.ledger().read([entry]).unwrap();
        read[0].events.iter().map(|event| event.kind).collect::<Vec<_>>()
    };
    // The entry never arrived: everything still waits.
    let device = other_device();
    assert_eq!(device.ledger().restore(&kept), Ok(2));
    device.ledger().follow([first.as_slice()], true).unwrap();
    assert_eq!(kinds(&device, &entry(&device, &[])), [EventKind::Opened, EventKind::Printed]);
    // It had arrived, and its answer had not.
    let device = other_device();
    device.ledger().restore(&kept).unwrap();
    device.ledger().follow([first.as_slice(), &sent], true).unwrap();
    assert_eq!(kinds(&device, &entry(&device, &[])), [EventKind::Printed]);

    assert_eq!(COLLEAGUE.vault().ledger().restore(&kept), Err(Error::Tampered), "another account's");
    let device = other_device();
    for at in 0..kept.len() {
        let mut changed = kept.clone();
        changed[at] ^= 1;
        assert!(device.ledger().restore(&changed).is_err(), "byte {at}");
    }
    assert_eq!(device.ledger().pending(), 0);
}

fn printed() -> Event {
    Event { detail: Some("chart".to_owned()), ..Event::new(EventKind::Printed, NOW.0) }
}

#[test]
fn an_owner_goes_on_with_a_ledger_that_was_rolled_back() {
    let vault = other_device();
    let (first, second) = (note(&vault, "1"), note(&vault, "2"));
    let entries = [stored(&vault, &[&first]), stored(&vault, &[&second])];
    let given_up = vault.ledger().head().unwrap();
    vault.ledger().note(printed()).unwrap();
    assert_eq!(vault.ledger().accept([entries[1].as_slice()], NOW), Err(Error::Forked), "no ledger begins there");
    assert_eq!(vault.ledger().head(), Some(given_up), "and nothing changed");

    vault.ledger().accept([entries[0].as_slice()], NOW).unwrap();
    let sequence = || vault.ledger().head().map(|head| head.sequence);
    assert_eq!((sequence(), vault.ledger().pending()), (Some(1), 2));
    let anew = stored(&vault, &[]);
    let read = vault.ledger().read([anew.as_slice()]).unwrap();
    let accepted = &read[0].events[1];
    assert_eq!((read[0].sequence, accepted.kind), (2, EventKind::RollbackAccepted));
    assert_eq!((accepted.hash, accepted.detail.as_deref()), (Some(given_up.hash), Some("2")));
    let fresh = other_device();
    assert_eq!(fresh.ledger().follow([entries[0].as_slice(), &anew], true), Ok(2));
}

#[test]
fn an_owner_goes_on_with_a_record_that_was_rolled_back_or_is_gone() {
    let vault = other_device();
    let first = note(&vault, "one");
    let second = vault.private().edit(&first, "two", false, NOW).unwrap().bytes;
    stored(&vault, &[&first]);
    stored(&vault, &[&second]);
    let version = sealed_notes::format::container::PrivateNote::decode(&first).unwrap().version;
    let (record, hash) = (version.manifest.record, version.hash());
    let accept = |version: Option<u64>, hash: Option<Hash>| {
        let (drawer, record) = (Some(Drawer::Private), Some(record));
        let event = Event { drawer, record, version, hash, ..Event::new(EventKind::RollbackAccepted, NOW.0) };
        vault.ledger().note(event).unwrap();
        stored(&vault, &[]);
    };
    let found = |heads: &[_]| vault.ledger().compare(Drawer::Private, heads, Whole::Drawer).len();
    assert_eq!(found(&[(record, 1, hash)]), 1);
    assert!(vault.private().open_as(&first, None, Access::Newest, NOW).is_err());
    accept(Some(1), Some(hash));
    assert_eq!(found(&[(record, 1, hash)]), 0);
    assert!(vault.private().open_as(&first, None, Access::Newest, NOW).is_ok());
    assert_eq!(found(&[]), 1);
    accept(None, None);
    assert_eq!(found(&[]), 0);
}

#[test]
fn the_notes_of_a_session_share_an_id_and_nothing_else() {
    let vault = other_device();
    let (record, client) = (Some(RecordId([7; 16])), ClientId([1; 16]));
    let note = NewPrivateNote { client, session: None, record, text: "own", is_final: false };
    let first = vault.private().seal(note, NOW).unwrap().bytes;
    let second = vault.private().edit(&first, "own, later", false, NOW).unwrap().bytes;
    let sections = BTreeMap::from([("plan", "shareable")]);
    let chart = NewChartRecord { client, session: None, record, sections, is_final: false };
    let chart = vault.chart().seal(&chart, &[], NOW).unwrap().bytes;
    stored(&vault, &[&first]);
    stored(&vault, &[&second, &chart]);
    assert!(vault.chart().open_as(&chart, None, Access::Newest, NOW).is_ok(), "version 1 of it is the newest");
    assert!(vault.private().open_as(&second, None, Access::Newest, NOW).is_ok());
    assert!(vault.private().open_as(&first, None, Access::Newest, NOW).is_err());
    let missing = |drawer| vault.ledger().compare(drawer, &[], Whole::Drawer)[0].expected;
    assert_eq!([Drawer::Private, Drawer::Chart].map(missing), [2, 1]);
}

#[test]
fn a_ledger_that_is_cut_or_forked_is_refused() {
    let vault = other_device();
    let entries = [stored(&vault, &[&note(&vault, "1")]), stored(&vault, &[&note(&vault, "2")])];
    let head = vault.ledger().head().unwrap();
    let follow = |entries: &[&[u8]], remembered: Option<LedgerHead>| {
        let device = other_device();
        remembered.into_iter().for_each(|head| device.ledger().expect(head).unwrap());
        device.ledger().follow(entries.iter().copied(), true)
    };
    assert_eq!(follow(&[&entries[0], &entries[1]], Some(head)), Ok(2));
    assert_eq!(follow(&[&entries[0]], Some(head)), Err(Error::RolledBack { expected: 2, found: 1 }));
    assert_eq!(follow(&[&entries[0]], None), Ok(1), "a device without memory cannot know");
    assert_eq!(follow(&[&entries[1]], None), Err(Error::Forked), "an entry is missing before it");
    // Two devices behind the same entry: the second one's is a fork for whoever saw the first's.
    let (other, forked) = (other_device(), note(&vault, "3"));
    other.ledger().follow([entries[0].as_slice()], true).unwrap();
    let fork = entry(&other, &[&forked]);
    assert_eq!(follow(&[&entries[0], &fork], Some(head)), Err(Error::Forked));
    // An honest server refuses it as out of date; then it is written anew behind what is there, and nothing is lost.
    assert_eq!(other.ledger().follow([entries[1].as_slice()], true), Ok(1));
    let anew = entry(&other, &[&forked]);
    assert_eq!(vault.ledger().follow([anew.as_slice()], true), Ok(1));
}

#[test]
fn a_head_is_looked_up_whenever_it_is_named() {
    let vault = other_device();
    let entries = [stored(&vault, &[&note(&vault, "1")]), stored(&vault, &[&note(&vault, "2")])];
    let fork = {
        let device = other_device();
        device.ledger().follow([entries[0].as_slice()], true).unwrap();
        let fork = entry(&device, &[&note(&device, "other")]);
        device.ledger().stored(&fork).unwrap();
        device.ledger().head().unwrap()
    };
    let first = LedgerEntry::decode(&entries[0]).unwrap().head();
    let ledger = vault.ledger();
    assert_eq!(ledger.expect(first), Ok(()), "followed before");
    assert_eq!(ledger.expect(fork), Err(Error::Forked), "followed before, another way");
    assert_eq!(ledger.expect(LedgerHead { sequence: 3, hash: Hash([3; 32]) }), Ok(()), "not followed yet");
    assert_eq!(ledger.expect(LedgerHead { sequence: 3, hash: Hash([4; 32]) }), Err(Error::Forked), "two of one number");
    assert_eq!(ledger.follow([], true), Err(Error::RolledBack { expected: 3, found: 2 }));
    assert!(matches!(ledger.expect(LedgerHead { sequence: 0, ..first }), Err(Error::InvalidInput { .. })));
    // An earlier head on another way is no less a fork because a later one was seen as well.
    let device = other_device();
    device.ledger().expect(fork).unwrap();
    device.ledger().expect(LedgerHead { sequence: 9, hash: Hash([9; 32]) }).unwrap();
    assert_eq!(device.ledger().follow(entries.iter().map(Vec::as_slice), false), Err(Error::Forked));
}

#[test]
fn a_forged_version_is_tampered_and_says_nothing_of_the_ledger() {
    let vault = other_device();
    let bytes = note(&vault, "x");
    stored(&vault, &[&bytes]);
    let version = sealed_notes::format::container::PrivateNote::decode(&bytes).unwrap().version;
    // A bit of the signature, and the new hash where the wrap names the version: it decodes, and is not authentic.
    let mut signed = version.signed.raw.to_vec();
    *signed.last_mut().unwrap() ^= 1;
    let forged = replaced(&bytes, version.signed.raw, &signed);
    let forged = replaced(&forged, &version.hash().0, &Hash::of(&signed).0);
    sealed_notes::format::container::PrivateNote::decode(&forged).unwrap();
    assert_eq!(vault.private().open_as(&forged, None, Access::Newest, NOW).err(), Some(Error::Tampered));
}

fn replaced(bytes: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    let at = bytes.windows(old.len()).position(|window| window == old).unwrap();
    [&bytes[..at], new, &bytes[at + old.len()..]].concat()
}

#[test]
fn what_was_opened_waits_until_it_is_stored_and_is_written_once() {
    let vault = other_device();
    let bytes = note(&vault, "mine");
    let first = stored(&vault, &[&bytes]);
    for _ in 0..3 {
        vault.private().open_as(&bytes, None, Access::Newest, NOW).unwrap();
        vault.private().open_as(&bytes, None, Access::Listing, NOW).unwrap();
    }
    let mut broken = bytes.clone();
    *broken.last_mut().unwrap() ^= 1;
    // Bytes that agree with nothing name no record, and did not open all the same.
    assert!(vault.private().open_as(&broken, None, Access::Newest, NOW).is_err());
    assert_eq!(COLLEAGUE.vault().private().open_as(&bytes, None, Access::Newest, NOW).err(), Some(Error::NotTheAuthor));
    assert_eq!(vault.ledger().pending(), 3);
    let lost = entry(&vault, &[]);
    assert_eq!(vault.ledger().pending(), 3, "not stored yet");
    assert!(vault.ledger().stored(&first).is_err(), "an old entry is no acknowledgement");
    vault.ledger().stored(&lost).unwrap();
    assert_eq!(vault.ledger().pending(), 0);
    let read = vault.ledger().read([lost.as_slice()]).unwrap();
    let kinds: Vec<_> = read[0].events.iter().map(|event| (event.kind, event.detail.as_deref())).collect();
    let failed = (EventKind::OpenFailed, Some("tampered"));
    assert_eq!(kinds, [(EventKind::Opened, None), (EventKind::Listed, Some("3")), failed]);
}

#[test]
fn nobody_else_reads_or_writes_it() {
    let vault = other_device();
    let entry = stored(&vault, &[&note(&vault, "x")]);
    assert_eq!(COLLEAGUE.vault().ledger().follow([entry.as_slice()], true), Err(Error::Tampered));
    let device = other_device();
    for at in 0..entry.len() {
        let mut changed = entry.clone();
        changed[at] ^= 1;
        assert!(device.ledger().follow([changed.as_slice()], true).is_err(), "byte {at}");
    }
    assert_eq!(device.ledger().follow([entry.as_slice()], true), Ok(1), "and nothing of it stayed");
}

#[test]
fn trust_and_new_keys_are_written_down() {
    let mut vault = other_device();
    let identity = COLLEAGUE.identity();
    vault.confirm(&identity, &identity.fingerprint(), TrustedAs::Person, None, NOW).unwrap();
    let before = stored(&vault, &[]);
    let mut kit =
        vault.prepare_rotation(&Stretched::make("another long passphrase").unwrap(), &[], None, LATER).unwrap();
    confirm(&mut kit);
    kit.change().unwrap();
    vault = kit.commit().unwrap();
    let after = stored(&vault, &[]);
    let read = vault.ledger().read([before.as_slice(), after.as_slice()]).unwrap();
    let of = |at: usize| (read[at].events[0].kind, read[at].events[0].person, read[at].events[0].version);
    assert_eq!(of(0), (EventKind::Verified, Some(identity.account()), None));
    assert_eq!(of(1), (EventKind::KeysRotated, None, Some(2)));
}

#[test]
fn an_auditor_is_handed_what_was_signed() {
    let vault = other_device();
    let entries = [stored(&vault, &[&note(&vault, "1")]), stored(&vault, &[&note(&vault, "2")])];
    let slices = entries.iter().map(Vec::as_slice);
    let bundle = vault.ledger().export(&[], slices, (Timestamp(0), Timestamp(u64::MAX))).unwrap();
    let decoded = LedgerBundle::decode(&bundle).unwrap();
    for (entry, events) in &decoded.entries {
        let entry = LedgerEntry::decode(entry).unwrap();
        let commitment = sealed_notes::format::ledger::Events::commitment(events.unwrap());
        assert_eq!(commitment, entry.payload.commitment);
    }
    let sealed = vault.ledger().export(&[], [entries[0].as_slice()], (Timestamp(0), Timestamp(1))).unwrap();
    assert_eq!(LedgerBundle::decode(&sealed).unwrap().entries[0].1, None, "outside the dates nothing is disclosed");
}

/// Bytes that name no record: the one that was asked for is in the ledger, and that it did not open.
#[test]
fn what_cannot_even_be_decoded_is_written_down() {
    let vault = AUTHOR.unlock();
    let wanted = Some(RecordId([3; 16]));
    assert_eq!(vault.private().open_as(b"", wanted, Access::Newest, NOW).err(), Some(Error::Truncated));
    assert!(vault.chart().open_as(b"no record", wanted, Access::Listing, NOW).is_err());
    let entry = vault.ledger().seal(AboutToStore::default(), None, NOW).unwrap().unwrap();
    let read = vault.ledger().read([entry.as_slice()]).unwrap().remove(0);
    let failed = |drawer, code: &str| {
        let (drawer, record, detail) = (Some(drawer), wanted, Some(code.to_owned()));
        Event { drawer, record, detail, ..Event::new(EventKind::OpenFailed, NOW.0) }
    };
    assert_eq!(read.events, [failed(Drawer::Private, "truncated"), failed(Drawer::Chart, "not_sealed")]);
}
