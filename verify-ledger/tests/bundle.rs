//! A ledger that the library exported, and everything that can be done to it on the way to the auditor.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failure fails the test")]

use sealed_notes::{
    AboutToStore, ClientId, NewPrivateNote, Stretched, TenantId, Timestamp, Vault,
    format::ledger::{Event, EventKind, Events, LedgerBundle},
};
use verify_ledger::{Failure, Report, check};

const NOW: Timestamp = Timestamp(1_767_225_600);

/// Key log and three entries.
fn ledger() -> (Vault, Vec<u8>, Vec<Vec<u8>>) {
    let passphrase = Stretched::make("correct horse battery staple").unwrap();
    let mut created = Vault::create(TenantId([0; 16]), &passphrase, NOW).unwrap();
    let slots = created.slots.iter().map(Vec::as_slice);
    created.vault.confirm_recovery_code(slots, &created.recovery_code, NOW).unwrap();
    let vault = created.vault;
    let entries = (0..3).map(|at| {
        let now = Timestamp(NOW.0 + at);
        let note =
            NewPrivateNote { client: ClientId([1; 16]), session: None, record: None, text: "x", is_final: false };
        let note = vault.private().seal(note, now).unwrap().bytes;
        let store = AboutToStore { versions: &[&note], ..Default::default() };
        let entry = vault.ledger().seal(store, None, now).unwrap().unwrap();
        vault.ledger().stored(&entry).unwrap();
        entry
    });
    let entries = entries.collect();
    (vault, created.key_log_entry, entries)
}

#[test]
fn an_auditor_needs_no_key() {
    let (vault, key_log, entries) = ledger();
    let export = |from, until| {
        let slices = entries.iter().map(Vec::as_slice);
        vault.ledger().export(&[&key_log], slices, (Timestamp(from), Timestamp(until))).unwrap()
    };
    let report = check(&export(NOW.0 + 1, NOW.0 + 2)).unwrap();
    assert_eq!((report.account, report.entries, report.head), (vault.account(), 3, vault.ledger().head()));
    assert_eq!(report.disclosed.iter().map(|(sequence, _)| *sequence).collect::<Vec<_>>(), [2]);
    assert_eq!(check(&export(0, u64::MAX)).unwrap().csv().lines().count(), 4);

    let whole = export(0, u64::MAX);
    for at in 0..whole.len() {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        assert!(check(&changed).is_err(), "byte {at}");
    }
}

#[test]
fn a_detail_is_text_in_a_spreadsheet() {
    let (vault, key_log, _) = ledger();
    let event = |detail: &str| Event { detail: Some(detail.to_owned()), ..Event::new(EventKind::Printed, NOW.0) };
    vault.ledger().note(event("=HYPERLINK(\"x\")")).unwrap();
    let entry = vault.ledger().seal(AboutToStore::default(), None, NOW).unwrap().unwrap();
    let bundle = vault.ledger().export(&[&key_log], [entry.as_slice()], (Timestamp(0), Timestamp(u64::MAX))).unwrap();
    assert!(check(&bundle).is_err(), "the entries before it are missing");
    let events = LedgerBundle::decode(&bundle).unwrap().entries[0].1.unwrap();
    let disclosed = vec![(4, Events::decode(events).unwrap())];
    let report = Report { account: vault.account(), entries: 4, head: None, disclosed };
    let csv = report.csv();
    assert!(csv.ends_with(",printed,,,,,,\"'=HYPERLINK(\"\"x\"\")\"\r\n"), "{csv}");
}

#[test]
fn what_is_missing_or_of_another_account_is_noticed() {
    let (vault, key_log, entries) = ledger();
    let (_, foreign, _) = ledger();
    let bundle = |key_log: &[&[u8]], of: &[usize]| {
        let entries = of.iter().map(|at| (entries[*at].as_slice(), None)).collect();
        LedgerBundle { account: vault.account(), key_log: key_log.to_vec(), entries }.encode()
    };
    assert!(check(&bundle(&[&key_log], &[0, 1, 2])).is_ok());
    let failed = |key_log: &[&[u8]], of: &[usize]| check(&bundle(key_log, of)).unwrap_err();
    assert!(matches!(failed(&[&key_log], &[0, 2]), Failure::Entry(2, _)), "dropped");
    assert!(matches!(failed(&[&key_log], &[1, 0]), Failure::Entry(1, _)), "reordered");
    assert!(matches!(failed(&[&key_log], &[0, 0]), Failure::Entry(2, _)), "repeated");
    assert!(matches!(failed(&[&foreign], &[0]), Failure::KeyLog(1, _)), "another account's keys");
    assert!(matches!(failed(&[], &[0]), Failure::KeyLog(1, _)), "no keys");
    assert!(matches!(failed(&[], &[]), Failure::KeyLog(1, _)), "nothing says whose it is");
    let swapped = {
        let events = vault.ledger().export(&[], [entries[1].as_slice()], (Timestamp(0), Timestamp(u64::MAX))).unwrap();
        let events = LedgerBundle::decode(&events).unwrap().entries[0].1.unwrap().to_vec();
        let bundle = LedgerBundle {
            account: vault.account(),
            key_log: vec![&key_log],
            entries: vec![(&entries[0], Some(&events))],
        };
        bundle.encode()
    };
    assert!(matches!(check(&swapped).unwrap_err(), Failure::Events(1, _)));
}
