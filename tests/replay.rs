//! The checks that fuzzing runs (fuzz/checks), on what the vectors hold, on everything near it, and on what fuzzing
//! found: the same functions, on a stable compiler, in a few seconds.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a regression that cannot be read fails the test")]

#[path = "../fuzz/checks/mod.rs"]
mod checks;

use std::{collections::BTreeMap, fs, path::Path, sync::atomic::Ordering};

use checks::open::OPENED;
use sealed_notes::{
    AboutToStore, Timestamp,
    format::ledger::{Event, EventKind, LedgerBundle, Waiting},
};

/// Every copy of `bytes` that is cut short, has a byte altered, or goes on; of long ones, evenly spread.
fn near(bytes: &[u8], most: usize) -> impl Iterator<Item = Vec<u8>> {
    let step = bytes.len() / most + 1;
    let cut = (0..bytes.len()).step_by(step).map(|len| bytes[..len].to_vec());
    let altered = (0..bytes.len()).step_by(step).flat_map(|at| {
        // A bit that moves with the offset, every bit, and the two neighbours: lengths and labels off by one.
        [bytes[at] ^ (1 << (at % 8)), !bytes[at], bytes[at].wrapping_add(1), bytes[at].wrapping_sub(1)].map(|byte| {
            let mut altered = bytes.to_vec();
            altered[at] = byte;
            altered
        })
    });
    let longer = [&[0][..], &[0xff], &[0xf6; 9]].map(|more| [bytes, more].concat());
    cut.chain(altered).chain(longer).collect::<Vec<_>>().into_iter()
}

/// What fuzzing found for `target`.
fn regressions(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/regressions").join(target);
    let Ok(files) = fs::read_dir(folder) else { return Vec::new() };
    files.map(|file| fs::read(file.unwrap().path()).unwrap()).collect()
}

#[test]
fn decoders_hold_on_all_vectors_and_near_them() {
    let objects = checks::vectors::objects();
    assert!(objects.len() > 1000, "only {} objects in the vectors", objects.len());
    let found = ["decode", "container", "account", "recovery"].into_iter().flat_map(regressions);
    for bytes in objects.into_iter().chain(found) {
        checks::decode::all(&bytes);
        near(&bytes, 64).for_each(|bytes| checks::decode::all(&bytes));
    }
}

/// A ledger's entry holds the hash of its events, so vectors of whole entries alone would show little.
#[test]
fn decoders_hold_on_a_ledger_and_near_it() {
    let ledger = checks::world::world().accounts.values().next().unwrap().vault.ledger();
    let printed = Event { detail: Some("chart".to_owned()), ..Event::new(EventKind::Printed, 1) };
    let waiting = Waiting::encode_all(&[Waiting { event: printed.clone(), within: None }]);
    ledger.note(printed).unwrap();
    let memory = ledger.pending_sealed().unwrap().unwrap();
    let entry = ledger.seal(AboutToStore::default(), None, Timestamp(1)).unwrap().unwrap();
    let bundle = ledger.export(&[], [entry.as_slice()], (Timestamp(0), Timestamp(2))).unwrap();
    let events = LedgerBundle::decode(&bundle).unwrap().entries[0].1.unwrap().to_vec();
    for bytes in [entry, bundle, events, memory, waiting] {
        near(&bytes, bytes.len()).for_each(|bytes| checks::decode::all(&bytes));
    }
}

#[test]
fn only_what_was_sealed_opens() {
    let seeds = checks::open::seeds();
    let mut opened = BTreeMap::<_, usize>::new();
    assert!(seeds.len() > 50, "only {} objects to open", seeds.len());
    for seed in &seeds {
        let before = OPENED.load(Ordering::Relaxed);
        checks::open::check(seed);
        let (way, ..) = &checks::open::WAYS[usize::from(seed[0])];
        *opened.entry(*way).or_default() += OPENED.load(Ordering::Relaxed) - before;
    }
    for (way, ..) in &checks::open::WAYS {
        assert!(opened.get(way).is_some_and(|times| *times > 0), "nothing opens as {way}, so the check shows nothing");
    }
    for seed in seeds.into_iter().chain(regressions("open")) {
        checks::open::check(&seed);
        let (way, bytes) = seed.split_first().unwrap();
        near(bytes, 8).for_each(|bytes| checks::open::check(&[&[*way], &bytes[..]].concat()));
    }
}

#[test]
fn the_cipher_does_what_the_crate_does() {
    checks::cipher::seeds().into_iter().chain(regressions("cipher")).for_each(|bytes| checks::cipher::check(&bytes));
}
