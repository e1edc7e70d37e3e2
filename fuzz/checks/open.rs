//! The opener with valid keys: it panics for no bytes, and gives text for none but those that were sealed.
//!
//! The first byte says what the rest is handed to. Everything else it takes is as the vectors have it.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicUsize, Ordering},
};

use sealed_notes::{
    DealKind, Error, Identity, OpenedChartRecord, OpenedPrivateNote, OpenedShare, OpenedWill, OwnRequest, Request,
    UnlockWith, Vault, format::container::ChartRecord,
};

use super::world::{Deal, Sealed, World, world};

type Check = fn(&World, &[u8]);
type Seeds = fn(&World) -> Vec<Vec<u8>>;

/// What is opened, the check, and what opens.
pub const WAYS: [(&str, Check, Seeds); 16] = [
    ("private note", private_note, |w| all(&w.notes)),
    ("chart record", chart_record, |w| all(&w.records)),
    ("shared record", shared_record, |w| w.shared.iter().map(|s| s.record.clone()).collect()),
    ("grant", grant, |w| w.shared.iter().map(|s| s.grant.clone()).collect()),
    ("private draft", private_draft, |w| all(&w.private_drafts)),
    ("chart draft", chart_draft, |w| all(&w.chart_drafts)),
    ("key log", key_log, |w| w.accounts.values().flat_map(|a| a.key_log.clone()).collect()),
    ("vault", vault, |w| w.accounts.values().map(|a| a.sealed_vault.clone()).collect()),
    ("slot", slot, |w| w.accounts.values().flat_map(|a| a.slots.clone()).collect()),
    ("share", share, |w| w.deals.iter().flat_map(|d| d.shares.clone()).collect()),
    ("printed share", printed_share, |w| {
        w.deals.iter().flat_map(|d| &d.texts).map(|text| text.clone().into_bytes()).collect()
    }),
    ("sealed share", sealed_share, |w| w.deals.iter().flat_map(|d| &d.sealed).map(|(_, s)| s.clone()).collect()),
    ("answer", answer, |w| w.requests.iter().map(|(.., answer)| answer.clone()).collect()),
    ("request", request, |w| w.requests.iter().map(|(request, ..)| request.clone()).collect()),
    ("will", will, |w| w.wills.iter().map(|(will, _)| will.clone()).collect()),
    ("kept request", kept, |w| w.kept.clone()),
];

/// How often something opened: a check of what never opens would show nothing.
pub static OPENED: AtomicUsize = AtomicUsize::new(0);

fn opened(is_known: bool, otherwise: &str) {
    assert!(is_known, "{otherwise}");
    OPENED.fetch_add(1, Ordering::Relaxed);
}

pub fn check(input: &[u8]) {
    if let Some((way, bytes)) = input.split_first() {
        let (_, check, _) = &WAYS[usize::from(*way) % WAYS.len()];
        check(world(), bytes);
    }
}

/// What opens, each behind the byte that says how.
pub fn seeds() -> Vec<Vec<u8>> {
    let ways = WAYS.iter().zip(0u8..);
    ways.flat_map(|((.., seeds), way)| seeds(world()).into_iter().map(move |seed| [&[way], &seed[..]].concat()))
        .collect()
}

fn all(sealed: &[Sealed]) -> Vec<Vec<u8>> {
    sealed.iter().map(|sealed| sealed.bytes.clone()).collect()
}

/// Whether what opened is allowed to, and with which texts.
fn expect<'t>(texts: impl IntoIterator<Item = (&'t str, &'t str)>, known: &BTreeMap<String, String>) {
    let known: BTreeMap<_, _> = known.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    opened(texts.into_iter().collect::<BTreeMap<_, _>>() == known, "another text was opened");
}

fn known<'w>(sealed: &'w [Sealed], owner: &str, bytes: &[u8]) -> &'w BTreeMap<String, String> {
    let found = sealed.iter().find(|sealed| sealed.owner == owner && sealed.bytes == bytes);
    &found.expect("text was opened from bytes that were not sealed").texts
}

fn note_opened(world: &World, owner: &str, bytes: &[u8], result: Result<OpenedPrivateNote, Error>) {
    if let Ok(note) = result {
        expect([("note", note.text.as_str())], known(&world.notes, owner, bytes));
    }
}

fn record_opened(world: &World, owner: &str, bytes: &[u8], result: Result<OpenedChartRecord, Error>) {
    if let Ok(record) = result {
        let sections = record.sections.iter().map(|(name, text)| (name.as_str(), text.as_str()));
        expect(sections, known(&world.records, owner, bytes));
    }
}

fn private_note(world: &World, bytes: &[u8]) {
    for (name, account) in &world.accounts {
        note_opened(world, name, bytes, account.vault.private().open(bytes));
    }
    for will in &world.opened_wills {
        note_opened(world, &owner_of(world, will), bytes, will.open_private(bytes));
    }
}

fn chart_record(world: &World, bytes: &[u8]) {
    for (name, account) in &world.accounts {
        record_opened(world, name, bytes, account.vault.chart().open(bytes));
    }
    for will in &world.opened_wills {
        record_opened(world, &owner_of(world, will), bytes, will.open_chart(bytes));
    }
}

fn owner_of(world: &World, will: &OpenedWill) -> String {
    let owner = world.accounts.iter().find(|(_, account)| account.id == will.account());
    owner.expect("a will of nobody").0.clone()
}

/// A record may be handed on with more of its sections than were granted, or with the author's wrap, which says nothing
/// to a reader; but the version that its author signed is the same, and so is each body that it names.
fn shared_record(world: &World, bytes: &[u8]) {
    for shared in &world.shared {
        let chart = world.accounts[&shared.reader].vault.chart();
        if let Ok(record) = chart.open_shared(bytes, &shared.grant, &shared.author, world.now) {
            let (given, sealed) = (ChartRecord::decode(bytes).unwrap(), ChartRecord::decode(&shared.record).unwrap());
            assert_eq!(given.version.signed.raw, sealed.version.signed.raw);
            expect(record.sections.iter().map(|(name, text)| (name.as_str(), text.as_str())), &shared.texts);
        }
    }
}

fn grant(world: &World, bytes: &[u8]) {
    for shared in &world.shared {
        let chart = world.accounts[&shared.reader].vault.chart();
        if let Ok(record) = chart.open_shared(&shared.record, bytes, &shared.author, world.now) {
            let granted = world.shared.iter().find(|known| known.grant == bytes && known.reader == shared.reader);
            let texts = &granted.expect("opened by a grant that nobody gave").texts;
            expect(record.sections.iter().map(|(name, text)| (name.as_str(), text.as_str())), texts);
        }
    }
}

fn private_draft(world: &World, bytes: &[u8]) {
    for (name, account) in &world.accounts {
        if let Ok(draft) = account.vault.private().open_draft(bytes) {
            expect([("", draft.text.as_str())], known(&world.private_drafts, name, bytes));
        }
    }
}

fn chart_draft(world: &World, bytes: &[u8]) {
    for (name, account) in &world.accounts {
        if let Ok(draft) = account.vault.chart().open_draft(bytes) {
            let sections = draft.sections.iter().map(|(name, text)| (name.as_str(), text.as_str()));
            expect(sections, known(&world.chart_drafts, name, bytes));
        }
    }
}

/// Alone, and behind the entries there are.
fn key_log(world: &World, bytes: &[u8]) {
    for account in world.accounts.values() {
        for before in 0..=account.key_log.len() {
            let entries = account.key_log[..before].iter().map(Vec::as_slice).chain([bytes]);
            if Identity::from_key_log(account.id, entries).is_ok() {
                opened(account.key_log.get(before).is_some_and(|entry| entry == bytes), "a key that nobody appended");
            }
        }
    }
}

fn recovery_code(account: &super::world::Account) -> Option<UnlockWith<'_>> {
    (!account.recovery_code.is_empty()).then_some(UnlockWith::RecoveryCode(&account.recovery_code))
}

fn vault(world: &World, bytes: &[u8]) {
    for account in world.accounts.values() {
        let slots = || account.slots.iter().map(Vec::as_slice);
        let passkey = account.prf.as_ref().map(|prf| UnlockWith::Passkey { prf });
        for with in recovery_code(account).into_iter().chain(passkey) {
            if Vault::unlock(bytes, slots(), with).is_ok() {
                opened(bytes == account.sealed_vault, "a vault that nobody sealed");
            }
        }
        // One that is open goes on with no save but one of its own, and these are not newer.
        assert!(!matches!(account.vault.clone().refresh(bytes), Ok(true)), "a save that nobody made");
    }
}

fn slot(world: &World, bytes: &[u8]) {
    let trustees = world.deals.iter().find(|deal| !deal.is_will).unwrap();
    let shares = [trustees.shares[0].as_slice(), &trustees.shares[1]];
    for account in world.accounts.values() {
        let passkey = account.prf.as_ref().map(|prf| UnlockWith::Passkey { prf });
        let shares = UnlockWith::Shares { owner: &trustees.owner, shares: &shares };
        for with in recovery_code(account).into_iter().chain(passkey).chain([shares]) {
            if Vault::unlock(&account.sealed_vault, [bytes], with).is_ok() {
                opened(account.slots.iter().any(|slot| slot == bytes), "a slot that nobody made");
            }
        }
    }
}

/// A share next to one that is valid, for the vault and for the wills.
fn share(world: &World, bytes: &[u8]) {
    for deal in &world.deals {
        let shares = [deal.shares[0].as_slice(), bytes];
        let account = world.accounts.values().find(|account| account.id == deal.owner.account()).unwrap();
        let with = UnlockWith::Shares { owner: &deal.owner, shares: &shares };
        let slots = account.slots.iter().map(Vec::as_slice);
        let opens_will = |(will, _): &(Vec<u8>, usize)| OpenedWill::open(will, &deal.owner, &shares).is_ok();
        if Vault::unlock(&account.sealed_vault, slots, with).is_ok() || world.wills.iter().any(opens_will) {
            opened(deal.shares[1..].iter().any(|share| share == bytes), "a share that nobody dealt");
        }
    }
}

fn is_dealt(world: &World, share: &OpenedShare) -> bool {
    world.deals.iter().any(|deal| deal.shares.contains(&share.bytes))
}

fn printed_share(world: &World, bytes: &[u8]) {
    let Ok(text) = core::str::from_utf8(bytes) else { return };
    for Deal { owner, .. } in &world.deals {
        if let Ok(share) = OpenedShare::from_text(owner, text) {
            opened(is_dealt(world, &share), "a share that nobody dealt");
        }
    }
}

fn sealed_share(world: &World, bytes: &[u8]) {
    for deal in &world.deals {
        let kind = if deal.is_will { DealKind::Will } else { DealKind::Trustees };
        for account in world.accounts.values() {
            if account.vault.open_share(&deal.owner, kind, deal.deal, bytes).is_ok() {
                opened(deal.sealed.iter().any(|(_, sealed)| sealed == bytes), "a share that nobody sealed");
            }
        }
    }
}

fn answer(world: &World, bytes: &[u8]) {
    let is_answer = || world.requests.iter().any(|(.., answer)| answer == bytes);
    for own in &world.own_requests {
        if own.open_device_answer(bytes).is_ok() || own.open_share(bytes).is_ok() {
            opened(is_answer(), "an answer that nobody gave");
        }
    }
    let claimant = &world.accounts[&world.claimant].vault;
    for (request, ..) in &world.requests {
        if claimant.open_answer(request, bytes).is_ok() {
            opened(is_answer(), "an answer that nobody gave");
        }
    }
}

fn request(world: &World, bytes: &[u8]) {
    let _ = Request::decode(bytes).map(|request| request.code());
    let (_, _, answer) = &world.requests[2];
    for account in world.accounts.values() {
        let vault = &account.vault;
        let _ = vault.made_request(bytes);
        if vault.open_answer(bytes, answer).is_ok() {
            opened(world.requests.iter().any(|(request, ..)| request == bytes), "a request that nobody made");
        }
        for (request, code, _) in &world.requests {
            if vault.answer_device(bytes, code).is_ok() {
                opened(request == bytes, "a request of another code was answered");
            }
        }
    }
}

fn will(world: &World, bytes: &[u8]) {
    for (sealed, at) in &world.wills {
        let deal = &world.deals[*at];
        let shares = [deal.shares[0].as_slice(), &deal.shares[1]];
        if OpenedWill::open(bytes, &deal.owner, &shares).is_ok() {
            opened(bytes == sealed, "a will that nobody sealed");
        }
    }
}

fn kept(world: &World, bytes: &[u8]) {
    for (request, ..) in &world.requests {
        if OwnRequest::resume(request, bytes, &world.kept_under).is_ok() {
            opened(world.kept.iter().any(|kept| kept == bytes), "a key that nobody kept");
        }
    }
}
