//! Whom a vault trusts: rotated and revoked keys, key logs that go back or another way, practices, teams.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what must succeed here has its own error otherwise"
)]

mod common;

use common::{Account, LATER, NOW, PASSPHRASE, code, confirm, grant, record, slices};
use sealed_notes::{
    AboutToStore, AccountId, Error, GroupKind, Identity, KnownAuthor, OpenedChartRecord, Role, SealedChartRecord,
    Standing, Stretched, Timestamp, TrustedAs, Vault, VaultChange, VerifiedIdentity, Voucher,
    format::ledger::{Event, EventKind},
};

/// Somebody, and her key log as a server keeps it.
struct Person {
    vault: Vault,
    log: Vec<Vec<u8>>,
}

impl Person {
    fn make() -> Self {
        let account = Account::make();
        Self { log: vec![account.created.key_log_entry.clone()], vault: account.unlock() }
    }

    fn account(&self) -> AccountId {
        self.vault.account()
    }

    fn identity(&self) -> Identity {
        self.identity_at(self.log.len())
    }

    /// The log as it was with so many entries.
    fn identity_at(&self, entries: usize) -> Identity {
        Identity::from_key_log(self.account(), slices(&self.log[..entries])).unwrap()
    }

    fn rotate(&mut self, stolen_since: Option<Timestamp>, now: Timestamp) {
        let passphrase = Stretched::make(PASSPHRASE).unwrap();
        let mut kit = self.vault.prepare_rotation(&passphrase, &[], stolen_since, now).unwrap();
        confirm(&mut kit);
        self.log.extend(kit.change().unwrap().key_log_entries);
        self.vault = kit.commit().unwrap();
    }

    fn pin(&mut self, other: &Identity, trusted_as: TrustedAs) -> VerifiedIdentity {
        self.vault.confirm(other, &other.fingerprint(), trusted_as, None, NOW).unwrap().0
    }

    fn share(&self, text: &str, to: &VerifiedIdentity, now: Timestamp) -> SealedChartRecord {
        self.vault.chart().seal(&record(&[("plan", text)]), &[grant(to)], now).unwrap()
    }

    fn open(&self, sealed: &SealedChartRecord, author: &KnownAuthor) -> Result<OpenedChartRecord, Error> {
        self.vault.chart().open_shared(&sealed.bytes, &sealed.grants[0].bytes, author, LATER)
    }
}

fn known(standing: Standing) -> KnownAuthor {
    let Standing::KeysChanged(author) = standing else { panic!("{standing:?}") };
    author
}

fn is_unverified(standing: &Standing) -> bool {
    matches!(standing, Standing::Unverified)
}

fn plan(opened: &OpenedChartRecord) -> &str {
    opened.sections["plan"].as_str()
}

#[test]
fn new_keys_of_somebody_known_take_a_decision_before_anything_is_shared() {
    let (mut author, mut reader) = (Person::make(), Person::make());
    let to_reader = author.pin(&reader.identity(), TrustedAs::Person);
    reader.pin(&author.identity(), TrustedAs::Person);
    let before = author.share("before", &to_reader, NOW);
    author.rotate(None, LATER);
    let to_reader = author.vault.verified(&reader.identity()).unwrap();
    let after = author.share("after", &to_reader, LATER);

    // What the former keys signed opens; what the new ones did, waits for the decision. Nothing can be granted.
    let identity = author.identity();
    assert!(reader.vault.verified(&identity).is_none());
    let formerly = known(reader.vault.standing(&identity, &[], LATER).unwrap());
    assert_eq!(plan(&reader.open(&before, &formerly).unwrap()), "before");
    assert_eq!(code(reader.open(&after, &formerly)), "keys_changed");

    let (accepted, change) = reader.vault.accept_keys(&identity, LATER).unwrap();
    assert_eq!(accepted.voucher, Voucher::Fingerprint);
    for (sealed, text) in [(&before, "before"), (&after, "after")] {
        assert_eq!(plan(&reader.open(sealed, &accepted).unwrap()), text);
    }
    assert!(!change.sealed_vault.is_empty());
    // Whom nobody ever verified has nothing to accept.
    assert_eq!(code(author.vault.accept_keys(&Person::make().identity(), LATER)), "fingerprint_mismatch");

    // What was sealed to the reader's former keys opens after her own rotation.
    reader.rotate(None, LATER);
    let author = reader.vault.verified(&identity).unwrap();
    assert_eq!(plan(&reader.open(&after, &author).unwrap()), "after");
}

#[test]
fn a_key_log_that_was_seen_does_not_get_shorter_nor_another() {
    let (mut author, mut reader) = (Person::make(), Person::make());
    reader.pin(&author.identity(), TrustedAs::Person);
    let mut forked = Person { vault: author.vault.clone(), log: author.log.clone() };
    author.rotate(None, LATER);
    forked.rotate(None, LATER);
    let (old, new) = (author.identity_at(1), author.identity());

    // Pinned at the first entry, and seen at the second without a decision about the new keys.
    let change = reader.vault.see(&new, &[], LATER).unwrap().unwrap();
    assert!(!change.sealed_vault.is_empty());
    assert!(reader.vault.see(&new, &[], LATER).unwrap().is_none(), "once is enough");
    for (shown, error) in [(&old, "rolled_back"), (&forked.identity(), "forked")] {
        let generation = reader.vault.generation();
        assert_eq!(code(reader.vault.standing(shown, &[], LATER)), error);
        assert_eq!(code(reader.vault.see(shown, &[], LATER)), error);
        assert!(reader.vault.verified(shown).is_none());
        // The digits are the same for all of them, and change nothing.
        let digits = shown.fingerprint();
        assert_eq!(code(reader.vault.confirm(shown, &digits, TrustedAs::Person, None, LATER)), error);
        assert_eq!(code(reader.vault.accept_keys(shown, LATER)), error);
        assert_eq!(reader.vault.generation(), generation);
    }
    // Who stops trusting her still remembers.
    reader.vault.distrust(author.account()).unwrap();
    assert!(is_unverified(&reader.vault.standing(&new, &[], LATER).unwrap()));
    assert_eq!(code(reader.vault.standing(&old, &[], LATER)), "rolled_back");
    assert_eq!(reader.vault.trusted().count(), 0);
    // The name that was given stays, whatever keys come.
    let digits = new.fingerprint();
    reader.vault.confirm(&new, &digits, TrustedAs::Person, Some("Anna"), LATER).unwrap();
    reader.vault.accept_keys(&new, LATER).unwrap();
    assert_eq!(reader.vault.trusted().collect::<Vec<_>>(), [(author.account(), TrustedAs::Person, "Anna")]);

    // One's own log is held to the vault, and the vault to it.
    assert_eq!(code(author.vault.check_own_key_log(&new)), "no error");
    assert_eq!(code(author.vault.check_own_key_log(&old)), "rolled_back");
    assert_eq!(code(author.vault.check_own_key_log(&forked.identity())), "forked");
    assert_eq!(code(author.vault.check_own_key_log(&reader.identity())), "invalid_key");
    let before = Person::make();
    let mut later = Person { vault: before.vault.clone(), log: before.log.clone() };
    later.rotate(None, LATER);
    assert_eq!(
        code(before.vault.check_own_key_log(&later.identity())),
        "rolled_back",
        "an old vault beside the new log"
    );
}

#[test]
fn what_revoked_keys_signed_since_is_refused() {
    let (mut author, mut reader) = (Person::make(), Person::make());
    let to_reader = author.pin(&reader.identity(), TrustedAs::Person);
    let stolen = Timestamp(NOW.0 + 100);
    let honest = author.share("honest", &to_reader, NOW);
    let thief = Person { vault: author.vault.clone(), log: author.log.clone() };
    author.rotate(Some(stolen), LATER);
    assert_eq!(author.log.len(), 3);
    let forged = thief.share("forged", &to_reader, stolen);

    let author_now = reader.pin(&author.identity(), TrustedAs::Person);
    assert_eq!(plan(&reader.open(&honest, &author_now).unwrap()), "honest");
    assert_eq!(code(reader.open(&forged, &author_now)), "key_revoked");
    // The limit: a thief who dates it back is believed.
    let dated_back = thief.share("dated back", &to_reader, NOW);
    assert_eq!(code(reader.open(&dated_back, &author_now)), "no error");
    let passphrase = Stretched::make(PASSPHRASE).unwrap();
    let tomorrow = Some(Timestamp(LATER.0 + 1));
    assert_eq!(code(author.vault.prepare_rotation(&passphrase, &[], tomorrow, LATER)), "invalid_input");
}

/// A practice or team as a server keeps it.
struct Group {
    account: AccountId,
    log: Vec<Vec<u8>>,
}

impl Group {
    fn make(manager: &mut Person, kind: GroupKind) -> Self {
        let (account, change) = manager.vault.create_group(kind, "Elm Street", NOW).unwrap();
        let group = change.group.unwrap();
        assert_eq!(group.account, account);
        Self { account, log: group.key_log_entries }
    }

    fn identity(&self) -> Identity {
        self.identity_at(self.log.len())
    }

    fn identity_at(&self, entries: usize) -> Identity {
        Identity::from_key_log(self.account, slices(&self.log[..entries])).unwrap()
    }

    /// What the change sealed to whom.
    fn store(&mut self, change: VaultChange) -> Vec<(AccountId, Vec<u8>)> {
        let group = change.group.unwrap();
        self.log.extend(group.key_log_entries);
        group.sealed_keys
    }

    fn add(&mut self, manager: &mut Person, member: &Person, expires: Option<Timestamp>) -> Vec<(AccountId, Vec<u8>)> {
        let verified = manager.vault.verified(&member.identity()).unwrap();
        let change = manager.vault.add_member(&self.identity(), &verified, Role::Clinician, expires, NOW).unwrap();
        self.store(change)
    }
}

#[test]
fn whom_a_practice_endorses_need_not_be_compared() {
    let [mut manager, mut member, mut reader] = [Person::make(), Person::make(), Person::make()];
    let mut practice = Group::make(&mut manager, GroupKind::Practice);
    manager.pin(&member.identity(), TrustedAs::Person);
    assert!(practice.add(&mut manager, &member, Some(LATER)).is_empty(), "a practice reads nothing");
    let standing = |reader: &Person, member: &Identity, practice: &Group, now| {
        reader.vault.standing(member, &[&practice.identity()], now)
    };

    // A practice that nobody compared, or that was compared as a person, introduces nobody.
    assert!(is_unverified(&standing(&reader, &member.identity(), &practice, NOW).unwrap()));
    reader.pin(&practice.identity(), TrustedAs::Person);
    assert!(is_unverified(&standing(&reader, &member.identity(), &practice, NOW).unwrap()));
    reader.pin(&practice.identity(), TrustedAs::Practice);
    let endorsed = standing(&reader, &member.identity(), &practice, NOW).unwrap().verified().unwrap();
    let voucher = Voucher::Practice { practice: practice.account, role: Role::Clinician, expires_at: Some(LATER) };
    assert_eq!(endorsed.voucher, voucher);
    let author = member.pin(&reader.identity(), TrustedAs::Person);
    assert_eq!(plan(&member.open(&reader.share("ours", &endorsed, NOW), &author).unwrap()), "ours");
    // Its own manager need not compare it. A stranger is nobody still.
    assert!(standing(&manager, &member.identity(), &practice, NOW).unwrap().verified().is_some());
    assert!(is_unverified(&standing(&reader, &Person::make().identity(), &practice, NOW).unwrap()));
    // Until it expires.
    assert!(is_unverified(&standing(&reader, &member.identity(), &practice, LATER).unwrap()));

    // New keys are not endorsed before the practice says so again.
    assert!(reader.vault.see(&member.identity(), &[&practice.identity()], NOW).unwrap().is_some());
    member.rotate(None, NOW);
    known(standing(&reader, &member.identity(), &practice, NOW).unwrap());
    manager.vault.accept_keys(&member.identity(), NOW).unwrap();
    practice.add(&mut manager, &member, None);
    assert!(standing(&reader, &member.identity(), &practice, NOW).unwrap().verified().is_some());
    assert_eq!(code(standing(&reader, &member.identity_at(1), &practice, NOW)), "invalid_key", "an old log");

    // A withdrawal that was seen cannot be hidden.
    let change = manager.vault.remove_member(&practice.identity(), member.account(), &[], NOW).unwrap();
    assert!(practice.store(change).is_empty());
    let log = practice.identity();
    assert_eq!(log.memberships().iter().filter(|membership| membership.until.is_none()).count(), 0);
    assert!(is_unverified(&standing(&reader, &member.identity(), &practice, NOW).unwrap()));
    reader.vault.see(&log, &[], NOW).unwrap().unwrap();
    let hidden = practice.identity_at(practice.log.len() - 1);
    assert_eq!(code(reader.vault.standing(&member.identity(), &[&hidden], NOW)), "rolled_back");
    let nobody = manager.vault.remove_member(&log, member.account(), &[], NOW);
    assert_eq!(code(nobody), "unknown_recipient");
}

#[test]
fn a_team_reads_for_its_members_and_gets_new_keys_when_one_leaves() {
    let [mut manager, mut author, mut stays, mut leaves] =
        [Person::make(), Person::make(), Person::make(), Person::make()];
    let mut team = Group::make(&mut manager, GroupKind::Team);
    let own = author.identity();
    for member in [&mut stays, &mut leaves] {
        member.pin(&team.identity(), TrustedAs::Team);
        member.pin(&own, TrustedAs::Person);
        manager.pin(&member.identity(), TrustedAs::Person);
    }
    let to_team = author.pin(&team.identity(), TrustedAs::Team);
    let first = author.share("first", &to_team, NOW);
    let enter = |person: &mut Person, team: &Group, sealed: &[u8]| {
        let verified = person.vault.verified(&team.identity()).unwrap();
        person.vault.enter_team(&verified, sealed, NOW)
    };
    let read = |person: &Person, sealed| person.open(sealed, &person.vault.verified(&own).unwrap());

    // One sealed key each, whatever was granted before.
    assert_eq!(code(read(&stays, &first)), "not_a_recipient");
    let for_stays = team.add(&mut manager, &stays, None);
    let for_leaves = team.add(&mut manager, &leaves, None);
    assert_eq!((for_stays.len(), for_stays[0].0), (1, stays.account()));
    assert_eq!(code(enter(&mut author, &team, &for_stays[0].1)), "not_a_recipient", "no member");
    assert_eq!(code(enter(&mut leaves, &team, &for_stays[0].1)), "tampered", "another member's");
    assert_eq!(code(enter(&mut stays, &team, &for_stays[0].1)), "no error");
    assert_eq!(code(enter(&mut leaves, &team, &for_leaves[0].1)), "no error");
    for member in [&stays, &leaves] {
        assert_eq!(plan(&read(member, &first).unwrap()), "first");
    }
    for changed in common::flips(&for_stays[0].1).step_by(211) {
        assert_ne!(code(enter(&mut stays, &team, &changed)), "no error");
    }

    // Nobody who stays is forgotten when one leaves.
    let missing = manager.vault.remove_member(&team.identity(), leaves.account(), &[], NOW);
    assert_eq!(missing.unwrap_err(), Error::UnknownRecipient { account: stays.account().to_string() });
    let remaining = manager.vault.verified(&stays.identity()).unwrap();
    let change = manager.vault.remove_member(&team.identity(), leaves.account(), &[&remaining], NOW).unwrap();
    let renewed = team.store(change);
    assert_eq!(renewed.iter().map(|(member, _)| *member).collect::<Vec<_>>(), [stays.account()]);

    // New keys of a team are its own, and need no decision.
    let to_team = author.vault.verified(&team.identity()).unwrap();
    let second = author.share("second", &to_team, NOW);
    assert_eq!(plan(&read(&leaves, &first).unwrap()), "first", "what she could read stays read");
    assert_eq!(code(read(&leaves, &second)), "tampered", "she has none of the keys");
    assert_eq!(code(enter(&mut leaves, &team, &for_leaves[0].1)), "not_a_recipient");
    assert_eq!(code(enter(&mut stays, &team, &for_stays[0].1)), "rolled_back", "keys from before");
    assert_eq!(code(enter(&mut stays, &team, &renewed[0].1)), "no error");
    for (sealed, text) in [(&first, "first"), (&second, "second")] {
        assert_eq!(plan(&read(&stays, sealed).unwrap()), text);
    }
    // New keys without anybody leaving, after the manager's vault was stolen.
    let remaining = manager.vault.verified(&stays.identity()).unwrap();
    let change = manager.vault.renew_group(&team.identity(), &[&remaining], Some(NOW), NOW).unwrap();
    let renewed = team.store(change);
    assert_eq!(code(enter(&mut stays, &team, &renewed[0].1)), "no error");
    let to_team = author.vault.verified(&team.identity()).unwrap();
    let third = author.share("third", &to_team, NOW);
    assert_eq!(plan(&read(&stays, &third).unwrap()), "third");
    // Whoever keeps the team's keys reads too, and finds them again after unlocking.
    manager.pin(&own, TrustedAs::Person);
    assert_eq!(plan(&read(&manager, &second).unwrap()), "second");
}

#[test]
fn grants_tell_how_far_ledgers_went() {
    let (account, mut reader) = (Account::make(), Person::make());
    let mut author = Person { vault: account.unlock(), log: vec![account.created.key_log_entry.clone()] };
    let to_reader = author.pin(&reader.identity(), TrustedAs::Person);
    let to_author = reader.pin(&author.identity(), TrustedAs::Person);
    let write = |person: &Person| {
        let entry = person.vault.ledger().seal(AboutToStore::default(), None, NOW).unwrap().unwrap();
        person.vault.ledger().stored(&entry).unwrap();
        entry
    };
    let entry = write(&author);
    // The author's grant tells the reader of the author's ledger; the reader's next grant tells the author what she was told.
    let shared = author.share("one", &to_reader, NOW);
    reader.open(&shared, &to_author).unwrap();
    let back = reader.share("two", &to_author, NOW);
    let told = |person: &Person| {
        person.open(&back, &to_reader).unwrap();
        let references = person.vault.ledger().cross_references();
        references.iter().map(|(who, head, agreement)| (*who, head.sequence, agreement.name())).collect::<Vec<_>>()
    };
    assert_eq!(told(&author), [(reader.account(), 1, "same")]);

    // A server that shows the author another ledger, or none, is told on.
    let fresh = Person { vault: account.unlock(), log: Vec::new() };
    assert_eq!(told(&fresh), [(reader.account(), 1, "behind")]);
    fresh.vault.ledger().follow([entry.as_slice()], true).unwrap();
    assert_eq!(told(&fresh), [(reader.account(), 1, "same")]);
    let other = Person { vault: account.unlock(), log: Vec::new() };
    other.vault.ledger().note(Event { detail: Some("csv".into()), ..Event::new(EventKind::Exported, 0) }).unwrap();
    write(&other);
    assert_eq!(told(&other), [(reader.account(), 1, "forked")]);
}
