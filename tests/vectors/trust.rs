//! trust.json: a team's key log with every kind of entry, its keys sealed to a member, vault contents of the third form.

use std::sync::LazyLock;

use sealed_notes::{
    AccountId, Error, GroupKind, Identity, Role, Standing, TrustedAs, UnlockWith, Vault,
    format::keylog::{KeyLogEntry, Membership, Statement},
};
use serde_json::Value;

use super::{NOW, bytes, file, list, recovery, text};

static FILE: LazyLock<Value> = LazyLock::new(|| file("trust.json"));

fn account_id(value: &Value) -> AccountId {
    text(value).parse().unwrap()
}

fn entries() -> Vec<Vec<u8>> {
    list(&FILE["key_log"]).map(|entry| bytes(&entry["entry"])).collect()
}

fn team() -> Identity {
    Identity::from_key_log(account_id(&FILE["team"]), entries().iter().map(Vec::as_slice)).unwrap()
}

/// By the recovery code, whose slot costs no Argon2id.
fn unlock(name: &str, sealed: &[u8]) -> Vault {
    let account = recovery::account(name);
    let (slots, code) = (recovery::slots_of(account), text(&account["slots"][1]["text"]));
    Vault::unlock(sealed, slots.iter().map(Vec::as_slice), UnlockWith::RecoveryCode(code)).unwrap()
}

#[test]
fn a_key_log_with_every_kind_of_entry() {
    let mut revoked = Vec::new();
    for (entry, vector) in entries().iter().zip(list(&FILE["key_log"])) {
        let entry = KeyLogEntry::decode_unverified(entry).unwrap();
        let payload = KeyLogEntry::encode_payload(entry.sequence, entry.previous, entry.at, &entry.statement);
        assert_eq!(payload, bytes(&vector["payload"]));
        if let Statement::KeysRevoked { epoch, since } = entry.statement {
            revoked.push((epoch, since));
        }
    }
    let number = |value: &Value| value.as_u64().unwrap();
    assert_eq!(revoked, [(number(&FILE["revoked"]["epoch"]), number(&FILE["revoked"]["since"]))]);
    let team = team();
    assert_eq!(team.fingerprint(), text(&FILE["fingerprint"]));
    let found = |membership: &Membership| {
        let Membership { endorsement, from, until } = *membership;
        (endorsement.member, endorsement.role as u64, from, until, endorsement.expires_at)
    };
    let expected = list(&FILE["memberships"]).map(|row| {
        let (role, from) = (number(&row["role"]), number(&row["from"]));
        (account_id(&row["member"]), role, from, row["until"].as_u64(), row["expires_at"].as_u64())
    });
    assert_eq!(team.memberships().iter().map(found).collect::<Vec<_>>(), expected.collect::<Vec<_>>());
}

#[test]
fn a_vault_of_the_third_form_and_a_team_that_is_entered() {
    let vector = &FILE["vault"];
    let vault = unlock(text(&vector["account"]), &bytes(&vector["sealed"]));
    assert_eq!(vault.generation(), vector["generation"].as_u64().unwrap());
    let kinds = [TrustedAs::Person, TrustedAs::Practice, TrustedAs::Team];
    let pins = list(&vector["pins"]).filter(|pin| !pin["accepted"].is_null());
    let pins =
        pins.map(|pin| (account_id(&pin["account"]), kinds[pin["as"].as_u64().unwrap() as usize], text(&pin["name"])));
    assert_eq!(vault.trusted().collect::<Vec<_>>(), pins.collect::<Vec<_>>());
    let [group] = vault.groups() else { panic!("one group") };
    assert_eq!(
        (group.account, group.kind, group.name.as_str()),
        (team().account(), GroupKind::Team, "Elm Street team")
    );
    // Pinned as a team before its newest keys: those are its own. A log that lacks what was seen is an old one.
    assert!(vault.verified(&team()).is_some());
    let cut = Identity::from_key_log(team().account(), entries()[..5].iter().map(Vec::as_slice)).unwrap();
    assert!(matches!(vault.standing(&cut, &[], *NOW), Err(Error::RolledBack { expected: 6, found: 4 })));
    // Seen and never accepted.
    let owner = recovery::identity("demo-psychologist", None).unwrap();
    assert!(matches!(vault.standing(&owner, &[], *NOW), Ok(Standing::Unverified)));
    let ledger = vector["ledger"].as_array().unwrap();
    let expected = Error::RolledBack { expected: ledger[0].as_u64().unwrap(), found: 0 };
    assert_eq!(vault.ledger().follow([], true), Err(expected), "the ledger that the vault remembers is not there");

    let name = text(&FILE["team_key"]["member"]);
    let mut member = unlock(name, &recovery::vault_of(recovery::account(name)));
    let trusted = member.confirm(&team(), &team().fingerprint(), TrustedAs::Team, None, *NOW).unwrap().0;
    let sealed = bytes(&FILE["team_key"]["sealed"]);
    member.enter_team(&trusted, &sealed, *NOW).unwrap();
    assert_eq!(team().memberships()[2].endorsement.role, Role::Biller);
    for at in (0..sealed.len()).step_by(97) {
        let mut changed = sealed.clone();
        changed[at] ^= 1;
        assert!(member.enter_team(&trusted, &changed, *NOW).is_err());
    }
}
