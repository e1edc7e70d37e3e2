//! What people open together: trustees, executors, a new device; and what none of them opens alone.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what must succeed here has its own error otherwise"
)]

mod common;

use common::{AUTHOR, Account, BILLER, COLLEAGUE, LATER, NOW, PASSPHRASE, code, confirm, note, record, slices, unlock};
use sealed_notes::{
    DealKind, Dealt, DealtShare, DeviceAnswer, Error, Identity, OpenedShare, OpenedWill, OwnRequest, Request,
    RequestKind, Seen, ShareFor, SlotKind, Stretched, UnlockWith, Vault, VerifiedIdentity, WillScope,
    format::{id::Hash, ledger::LedgerHead},
};

struct People {
    owner: Account,
    colleague: VerifiedIdentity,
    biller: VerifiedIdentity,
}

impl People {
    fn make() -> Self {
        let owner = Account::make();
        Self { colleague: owner.trusts(&COLLEAGUE), biller: owner.trusts(&BILLER), owner }
    }

    fn three(&self) -> [ShareFor<'_>; 3] {
        [
            ShareFor { name: "Colleague", to: Some(&self.colleague) },
            ShareFor { name: "Biller", to: Some(&self.biller) },
            ShareFor { name: "Sister", to: None },
        ]
    }
}

fn sealed(share: &DealtShare) -> &[u8] {
    let DealtShare::Sealed { bytes, .. } = share else { panic!("it is on paper") };
    bytes
}

fn printed(share: &DealtShare) -> &str {
    let DealtShare::Printed { text, .. } = share else { panic!("it is sealed") };
    text
}

fn open(vault: &Vault, owner: &Identity, kind: DealKind, dealt: &Dealt, at: usize) -> Result<OpenedShare, Error> {
    vault.open_share(owner, kind, dealt.deal, sealed(&dealt.shares[at]))
}

#[test]
fn two_of_three_trustees_open_the_account_and_one_does_not() {
    let people = People::make();
    let identity = people.owner.identity();
    let mut vault = people.owner.unlock();
    let dealt = vault.deal_trustees(2, &people.three(), LATER).unwrap();
    let slots: Vec<&[u8]> = people.owner.slots().chain(slices(&dealt.change.slots)).collect();
    let recover = |shares: &[&OpenedShare]| {
        let shares: Vec<&[u8]> = shares.iter().map(|share| share.bytes.as_slice()).collect();
        let with = UnlockWith::Shares { owner: &identity, shares: &shares };
        Vault::unlock(&dealt.change.sealed_vault, slots.iter().copied(), with)
    };
    let shares = [
        open(COLLEAGUE.vault(), &identity, DealKind::Trustees, &dealt, 0).unwrap(),
        open(BILLER.vault(), &identity, DealKind::Trustees, &dealt, 1).unwrap(),
        OpenedShare::from_text(&identity, &printed(&dealt.shares[2]).to_lowercase().replace('-', "\n")).unwrap(),
    ];
    let [one, two, three] = &shares;
    for pair in [[one, two], [one, three], [two, three], [three, one]] {
        let recovered = recover(&pair).unwrap();
        assert_eq!(recovered.account(), vault.account());
        assert_eq!(recovered.deals()[0].shares[2].name, "Sister");
    }
    assert_eq!(code(recover(&[one, two, three])), "no error", "more than enough are enough");
    assert_eq!(recover(&[one]).unwrap_err(), Error::TooFewShares { given: 1, needed: 2 });
    assert_eq!(recover(&[one, one]).unwrap_err(), Error::TooFewShares { given: 1, needed: 2 }, "the same one twice");
    assert_eq!(code(recover(&[])), "too_few_shares");
    let with = UnlockWith::Shares { owner: &AUTHOR.identity(), shares: &[&one.bytes, &two.bytes] };
    assert_eq!(code(Vault::unlock(&dealt.change.sealed_vault, slots.iter().copied(), with)), "tampered");

    // A share is for its trustee alone.
    assert_eq!(code(open(BILLER.vault(), &identity, DealKind::Trustees, &dealt, 0)), "tampered");
    assert_eq!(code(open(COLLEAGUE.vault(), &AUTHOR.identity(), DealKind::Trustees, &dealt, 0)), "tampered");
    assert_eq!(code(open(COLLEAGUE.vault(), &identity, DealKind::Will, &dealt, 0)), "tampered");

    let trustees = vault.unlock_slots().iter().find(|slot| slot.kind == SlotKind::Trustees).unwrap().slot;
    vault.remove_slot(trustees).unwrap();
    assert!(vault.deals().is_empty(), "nobody holds a share of a slot that is gone");
}

#[test]
fn a_wrong_share_is_named_and_never_used() {
    let people = People::make();
    let identity = people.owner.identity();
    let mut vault = people.owner.unlock();
    let first = vault.deal_trustees(2, &people.three(), NOW).unwrap();
    let second = vault.deal_trustees(2, &people.three(), LATER).unwrap();
    assert_eq!(second.change.removed.len(), 1, "one set of trustees at a time");
    assert_eq!(vault.unlock_slots().iter().filter(|slot| slot.kind == SlotKind::Trustees).count(), 1);
    let slots: Vec<&[u8]> = people.owner.slots().chain(slices(&second.change.slots)).collect();
    let recover = |shares: &[&[u8]]| {
        let with = UnlockWith::Shares { owner: &identity, shares };
        Vault::unlock(&second.change.sealed_vault, slots.iter().copied(), with)
    };
    let share = |dealt: &Dealt, at: usize, who: &Account| {
        open(who.vault(), &identity, DealKind::Trustees, dealt, at).unwrap().bytes.to_vec()
    };
    let (one, two) = (share(&second, 0, &COLLEAGUE), share(&second, 1, &BILLER));
    let earlier = share(&first, 1, &BILLER);
    assert_eq!(recover(&[&one, &earlier]).unwrap_err(), Error::WrongShare { place: 2 });
    assert_eq!(recover(&[&earlier, &one]).unwrap_err(), Error::WrongShare { place: 1 });
    assert_eq!(recover(&[&one, b"paper"]).unwrap_err(), Error::WrongShare { place: 2 });
    for changed in common::flips(&two).step_by(11) {
        assert_eq!(recover(&[&one, &changed]).unwrap_err(), Error::WrongShare { place: 2 });
    }
    let text = printed(&second.shares[2]);
    assert!(!format!("{second:?}").contains(text), "nor is it in a log");
    for at in (0..text.len()).filter(|at| text.as_bytes()[*at] != b'-') {
        let mut typed = text.as_bytes().to_vec();
        typed[at] = if typed[at] == b'0' { b'1' } else { b'0' };
        assert_eq!(code(OpenedShare::from_text(&identity, core::str::from_utf8(&typed).unwrap())), "invalid_share");
    }
    assert_eq!(code(OpenedShare::from_text(&identity, "")), "invalid_share");
    assert_eq!(code(OpenedShare::from_text(&AUTHOR.identity(), text)), "wrong_share");
    assert_eq!(code(recover(&[&one, &two])), "no error");
    // The old deal's slot is no longer in the vault.
    let old_slots: Vec<&[u8]> = people.owner.slots().chain(slices(&first.change.slots)).collect();
    let old = [&share(&first, 0, &COLLEAGUE)[..], &earlier];
    let with = UnlockWith::Shares { owner: &identity, shares: &old };
    assert_eq!(code(Vault::unlock(&second.change.sealed_vault, old_slots.iter().copied(), with)), "stale_slot");
}

#[test]
fn a_deal_has_sensible_numbers_and_distinct_people() {
    let people = People::make();
    let mut vault = people.owner.unlock();
    let three = people.three();
    for (threshold, count) in [(1, 3), (0, 3), (4, 3), (1, 1), (2, 0)] {
        assert_eq!(code(vault.deal_trustees(threshold, &three[..count], NOW)), "invalid_input");
    }
    let many = [three[2]; 17];
    assert_eq!(code(vault.deal_trustees(2, &many, NOW)), "invalid_input");
    assert_eq!(code(vault.deal_trustees(2, &[three[0], three[0]], NOW)), "duplicate_recipient");
    let own = vault.own_identity();
    let me = ShareFor { name: "Me", to: Some(&own) };
    assert_eq!(code(vault.deal_trustees(2, &[three[0], me], NOW)), "duplicate_recipient");
    assert_eq!(code(vault.deal_trustees(2, &[three[0], ShareFor { name: "", to: None }], NOW)), "invalid_input");
    assert_eq!(code(vault.deal_trustees(16, &many[..16], NOW)), "no error");
}

#[test]
fn trustees_answer_a_request_whose_code_was_read_to_them() {
    let people = People::make();
    let identity = people.owner.identity();
    let mut vault = people.owner.unlock();
    let dealt = vault.deal_trustees(2, &people.three(), LATER).unwrap();
    let account = vault.account();
    let request = OwnRequest::make(account, RequestKind::Trustees, LATER).unwrap();
    let code_of = request.code().unwrap();
    assert_eq!(code_of.len(), 19);
    assert_eq!(Request::decode(request.bytes()).unwrap().code(), code_of);
    let other = OwnRequest::make(account, RequestKind::Trustees, LATER).unwrap();
    let answer = |who: &Account, at: usize, request: &[u8], code: &str| {
        let share = open(who.vault(), &identity, DealKind::Trustees, &dealt, at).unwrap();
        who.vault().answer_with_share(&share, request, code)
    };
    // A server that puts a request of its own in the place of hers.
    assert_eq!(code(answer(&COLLEAGUE, 0, other.bytes(), &code_of)), "wrong_code");
    assert_eq!(code(answer(&COLLEAGUE, 0, request.bytes(), "ABCD")), "wrong_code");
    for (kind, whose) in [(RequestKind::Device, account), (RequestKind::Trustees, AUTHOR.vault().account())] {
        let asked = OwnRequest::make(whose, kind, NOW).unwrap();
        assert_eq!(code(answer(&COLLEAGUE, 0, asked.bytes(), &asked.code().unwrap())), "wrong_object");
    }

    let answers = [
        answer(&COLLEAGUE, 0, request.bytes(), &code_of.to_lowercase()).unwrap(),
        answer(&BILLER, 1, request.bytes(), &code_of.replace('-', " ")).unwrap(),
    ];
    assert_eq!(code(other.open_share(&answers[0])), "tampered", "an answer is for one request");
    // The tab is closed, and days pass.
    let passphrase = Stretched::make("a passphrase for the days").unwrap();
    let kept = request.keep(&passphrase).unwrap();
    let again = Stretched::for_slots("a passphrase for the days", [kept.as_slice()]).unwrap();
    let wrong = Stretched::for_slots("another passphrase", [kept.as_slice()]).unwrap();
    assert_eq!(code(OwnRequest::resume(request.bytes(), &kept, &wrong)), "wrong_passphrase");
    assert_eq!(code(OwnRequest::resume(other.bytes(), &kept, &again)), "tampered");
    let request = OwnRequest::resume(request.bytes(), &kept, &again).unwrap();
    let shares: Vec<_> = answers.iter().map(|answer| request.open_share(answer).unwrap().bytes).collect();
    let shares: Vec<&[u8]> = shares.iter().map(|share| share.as_slice()).collect();
    let slots: Vec<&[u8]> = people.owner.slots().chain(slices(&dealt.change.slots)).collect();
    let with = UnlockWith::Shares { owner: &identity, shares: &shares };
    assert_eq!(code(Vault::unlock(&dealt.change.sealed_vault, slots.iter().copied(), with)), "no error");
}

#[test]
fn a_new_device_gets_the_account_secret_and_proves_it_with_the_passphrase() {
    let request = OwnRequest::make(AUTHOR.vault().account(), RequestKind::Device, NOW).unwrap();
    let code_of = request.code().unwrap();
    assert_eq!(code(AUTHOR.vault().answer_device(request.bytes(), "AAAA-AAAA-AAAA-AAAA")), "wrong_code");
    assert_eq!(code(COLLEAGUE.vault().answer_device(request.bytes(), &code_of)), "wrong_object");
    let trustees = OwnRequest::make(AUTHOR.vault().account(), RequestKind::Trustees, NOW).unwrap();
    assert_eq!(code(AUTHOR.vault().answer_device(trustees.bytes(), &trustees.code().unwrap())), "wrong_object");
    let answer = AUTHOR.vault().answer_device(request.bytes(), &code_of).unwrap();
    assert!(!answer.windows(8).any(|window| AUTHOR.created.account_secret.as_bytes().windows(8).any(|w| w == window)));
    let DeviceAnswer { account_secret: secret, seen } = request.open_device_answer(&answer).unwrap();
    let sealed_vault = &AUTHOR.created.sealed_vault;
    let unlocked = unlock(sealed_vault, AUTHOR.slots(), PASSPHRASE, &secret).unwrap();
    // It tells how far the vault went: a server that shows the new device an older one is refused.
    let seen = seen.unwrap();
    assert_eq!((seen.generation, code(unlocked.expect(seen))), (AUTHOR.vault().generation(), "no error"));
    assert_eq!(code(unlocked.expect(Seen { generation: seen.generation + 1, ..seen })), "rolled_back");
    let ledger = Some(LedgerHead { sequence: 3, hash: Hash([7; 32]) });
    unlocked.expect(Seen { ledger, ..seen }).unwrap();
    assert_eq!(code(unlocked.ledger().follow([], true)), "rolled_back", "a ledger that is not there any more");
    // Somebody else's answer, which a server could put in its place, gives a secret that does not unlock.
    let forged = COLLEAGUE
        .vault()
        .answer_device(OwnRequest::make(COLLEAGUE.vault().account(), RequestKind::Device, NOW).unwrap().bytes(), "");
    assert_eq!(code(forged), "wrong_code");
    for changed in common::flips(&answer).step_by(101) {
        assert_ne!(code(request.open_device_answer(&changed)), "no error");
    }
}

#[test]
fn executors_open_what_the_scope_names_and_nothing_else() {
    for scope in [WillScope::Chart, WillScope::ChartAndPrivate] {
        let people = People::make();
        let identity = people.owner.identity();
        let mut vault = people.owner.unlock();
        let private = vault.private().seal(note("reflections"), NOW).unwrap();
        let chart = vault.chart().seal(&record(&[("plan", "Weekly")]), &[], NOW).unwrap();
        let issued = vault.issue_will(scope, 7, 2, &people.three(), LATER).unwrap();
        assert!(issued.change.slots.is_empty(), "a will is no way to unlock");
        let share = |who: &Account, at: usize| {
            who.vault().open_share(&identity, DealKind::Will, issued.deal, sealed(&issued.shares[at])).unwrap()
        };
        // One executor claims; the other hands on her share.
        let claim = COLLEAGUE.vault().claim_will(vault.account(), LATER);
        let code_of = Request::decode(&claim).unwrap().code();
        let answer = BILLER.vault().answer_with_share(&share(&BILLER, 1), &claim, &code_of).unwrap();
        assert_eq!(code(BILLER.vault().open_answer(&claim, &answer)), "tampered");
        let handed = COLLEAGUE.vault().open_answer(&claim, &answer).unwrap();
        assert!(COLLEAGUE.vault().made_request(&claim).unwrap() && !BILLER.vault().made_request(&claim).unwrap());
        let own = share(&COLLEAGUE, 0);
        let both = [own.bytes.as_slice(), handed.bytes.as_slice()];
        let will = OpenedWill::open(&issued.will, &identity, &both).unwrap();

        assert_eq!(will.open_chart(&chart.bytes).unwrap().sections["plan"].as_str(), "Weekly");
        let opened = will.open_private(&private.bytes);
        match scope {
            WillScope::Chart => assert_eq!(code(opened), "out_of_scope"),
            WillScope::ChartAndPrivate => assert_eq!(opened.unwrap().text.as_str(), "reflections"),
        }
        let others = AUTHOR.vault().chart().seal(&record(&[("plan", "x")]), &[], NOW).unwrap();
        assert_eq!(code(will.open_chart(&others.bytes)), "not_the_author");

        assert_eq!(
            OpenedWill::open(&issued.will, &identity, &[&own.bytes]).unwrap_err(),
            Error::TooFewShares { given: 1, needed: 2 }
        );
        assert_eq!(code(OpenedWill::open(&issued.will, &AUTHOR.identity(), &both)), "tampered");
        for changed in common::flips(&issued.will).step_by(29) {
            assert_ne!(code(OpenedWill::open(&changed, &identity, &both)), "no error");
        }
        // Shares of the trustees' deal are none of the will's, and a later will is opened by its own alone.
        let trustees = vault.deal_trustees(2, &people.three(), LATER).unwrap();
        let trustee = open(COLLEAGUE.vault(), &identity, DealKind::Trustees, &trustees, 0).unwrap();
        let mixed = OpenedWill::open(&issued.will, &identity, &[&own.bytes, &trustee.bytes]);
        assert_eq!(mixed.unwrap_err(), Error::WrongShare { place: 2 });
        let later = vault.issue_will(scope, 7, 2, &people.three(), LATER).unwrap();
        assert_eq!(code(OpenedWill::open(&later.will, &identity, &both)), "wrong_share");
        assert_eq!(vault.deals().iter().filter(|deal| deal.kind == DealKind::Will).count(), 1);
    }
}

/// A server can put the claimant's key into a request of another kind, and have its code read to people who hold both.
#[test]
fn a_claim_asks_for_a_wills_shares_alone() {
    let people = People::make();
    let (identity, mut vault) = (people.owner.identity(), people.owner.unlock());
    let dealt = vault.deal_trustees(2, &people.three(), NOW).unwrap();
    let claimant = COLLEAGUE.vault();
    let xwing = Request::decode(&claimant.claim_will(vault.account(), NOW)).unwrap().xwing.clone();
    let forged = sealed_notes::format::recovery::Request::encode(vault.account(), RequestKind::Trustees, &xwing, NOW.0);
    assert!(!claimant.made_request(&forged).unwrap());
    assert_eq!(
        code(OwnRequest::make(vault.account(), RequestKind::Will, NOW)),
        "invalid_input",
        "claimed with a vault"
    );
    let share = open(BILLER.vault(), &identity, DealKind::Trustees, &dealt, 1).unwrap();
    let code_of = Request::decode(&forged).unwrap().code();
    let answer = BILLER.vault().answer_with_share(&share, &forged, &code_of).unwrap();
    assert_eq!(code(claimant.open_answer(&forged, &answer)), "tampered");
}

#[test]
fn a_will_of_before_a_rotation_opens_what_was_before() {
    let people = People::make();
    let mut vault = people.owner.unlock();
    let old = vault.chart().seal(&record(&[("plan", "before")]), &[], NOW).unwrap();
    let trustees = vault.deal_trustees(2, &people.three(), NOW).unwrap();
    let issued = vault.issue_will(WillScope::Chart, 0, 2, &people.three(), NOW).unwrap();
    let mut kit = vault.prepare_rotation(&Stretched::make(PASSPHRASE).unwrap(), &[], None, LATER).unwrap();
    assert_eq!(kit.ended.iter().map(|deal| deal.deal).collect::<Vec<_>>(), [trustees.deal], "to be dealt anew");
    confirm(&mut kit);
    let change = kit.change().unwrap();
    assert_eq!(change.removed.len(), 1);
    let vault = kit.commit().unwrap();
    let new = vault.chart().seal(&record(&[("plan", "after")]), &[], LATER).unwrap();
    let log = [people.owner.created.key_log_entry.clone(), change.key_log_entries[0].clone()];
    let identity = Identity::from_key_log(vault.account(), slices(&log)).unwrap();
    let shares: Vec<_> = [(&COLLEAGUE, 0), (&BILLER, 1)]
        .into_iter()
        .map(|(who, at)| {
            who.vault().open_share(&identity, DealKind::Will, issued.deal, sealed(&issued.shares[at])).unwrap().bytes
        })
        .collect();
    let shares: Vec<&[u8]> = shares.iter().map(|share| share.as_slice()).collect();
    let will = OpenedWill::open(&issued.will, &identity, &shares).unwrap();
    assert_eq!(code(will.open_chart(&old.bytes)), "no error");
    assert_eq!(code(will.open_chart(&new.bytes)), "out_of_scope");
}
