//! Practices and teams: made with their manager's vault, changed by nobody else, and readable by whoever is a member now.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

mod common;

use common::*;
use sealed_notes::{AccountId, GroupKind, Identity, Role, Timestamp, TrustedAs, VaultChange, VerifiedIdentity};
use serde_json::{Value, json};

/// A new group of `manager`'s, and the request that stores it.
fn new_group(manager: &mut Person<'_>, kind: GroupKind, handle: &str) -> (AccountId, Value) {
    let (account, change) = manager.created.vault.create_group(kind, handle, now()).unwrap();
    let mut body = stored_as(manager, &change);
    body["group"]["handle"] = handle.into();
    (account, body)
}

fn stored_as(manager: &Person<'_>, change: &VaultChange) -> Value {
    change_of(change, manager.vault().generation() - 1)
}

/// What the server says of a group, and its key log.
async fn of(person: &Person<'_>, group: AccountId) -> Option<(Value, Identity)> {
    let all = person.get("/api/groups").await.expect(200);
    let found = all["groups"].as_array().unwrap().iter().find(|found| found["account"] == group.to_string())?.clone();
    let log: Vec<_> = found["keyLog"].as_array().unwrap().iter().map(bytes).collect();
    let identity = Identity::from_key_log(group, log.iter().map(Vec::as_slice)).unwrap();
    Some((found, identity))
}

async fn add(
    manager: &mut Person<'_>,
    group: AccountId,
    member: &VerifiedIdentity,
    expires: Option<Timestamp>,
) -> Value {
    let (_, log) = of(manager, group).await.unwrap();
    let change = manager.created.vault.add_member(&log, member, Role::Clinician, expires, now()).unwrap();
    stored_as(manager, &change)
}

#[tokio::test]
async fn a_team_reads_through_its_members_while_they_are_members() {
    let host = Host::start().await;
    let mut anna = host.settled("demo-anna").await;
    let (mut bert, mut carl, dora) =
        (host.settled("demo-bert").await, host.settled("demo-carl").await, host.settled("demo-dora").await);
    let (team, body) = new_group(&mut anna, GroupKind::Team, "demo-care-team");
    anna.put("/api/vault", body.clone()).await.expect(200);
    anna.put("/api/vault", body).await.expect(200);
    let (found, log) = of(&anna, team).await.unwrap();
    assert_eq!(
        (&found["handle"], &found["manages"], &found["sealedKeys"]),
        (&json!("demo-care-team"), &json!(true), &Value::Null)
    );
    assert!(of(&bert, team).await.is_none());

    // Dora shares with the team before it has members.
    let shown = dora.get("/api/accounts/demo-care-team/keys").await.expect(200);
    assert_eq!(shown["account"], team.to_string());
    let to_team = dora.created.vault.clone().confirm(&log, &log.fingerprint(), TrustedAs::Team, None, now()).unwrap().0;
    let record = dora.record(&[grant_to(&to_team)]);
    dora.put_record(&record, &[]).await.expect(201);
    bert.get(&shared(record.record)).await.refused(404, "not_found");

    let ends = Timestamp(now().0 + 2);
    for (member, expires) in [(bert.identity(), None), (carl.identity(), Some(ends))] {
        let body = add(&mut anna, team, &member, expires).await;
        anna.put("/api/vault", body.clone()).await.expect(200);
        anna.put("/api/vault", body).await.expect(200);
    }
    let doras = dora.identity();
    for member in [&mut bert, &mut carl] {
        let (found, log) = of(member, team).await.unwrap();
        assert_eq!(found["manages"], false);
        let verified = member.created.vault.confirm(&log, &log.fingerprint(), TrustedAs::Team, None, now()).unwrap().0;
        member.created.vault.enter_team(&verified, &bytes(&found["sealedKeys"]), now()).unwrap();
        let got = member.get(&shared(record.record)).await.expect(200);
        assert_eq!(got["recipient"], team.to_string());
        let opened = member.vault().chart().open_shared(&bytes(&got["sealed"]), &bytes(&got["grant"]), &doras, now());
        assert_eq!(opened.unwrap().sections["plan"].as_str(), "Synthetic plan.");
    }
    // A grant of his own besides: that one is handed out.
    let grants = format!("{}/versions/1/grants", path(&record));
    let own = dora.vault().chart().share(&record.bytes, &[grant_to(&bert.identity())], now()).unwrap().remove(0);
    dora.post(&grants, json!({ "grants": [base64(&own.bytes)] })).await.expect(201);
    assert_eq!(bert.get(&shared(record.record)).await.expect(200)["recipient"], bert.account());
    let listed = bert.get("/api/chart/shared").await.expect(200);
    assert_eq!(listed["records"].as_array().unwrap().len(), 1);

    // A membership that ended gives nothing, whether it ran out or was withdrawn.
    while now() < ends {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    carl.get(&shared(record.record)).await.refused(404, "not_found");
    assert!(of(&carl, team).await.is_none());
    let (_, log) = of(&anna, team).await.unwrap();
    let berts: AccountId = bert.account().parse().unwrap();
    let change = anna.created.vault.remove_member(&log, berts, &[], now()).unwrap();
    anna.put("/api/vault", stored_as(&anna, &change)).await.expect(200);
    assert!(of(&bert, team).await.is_none());
    assert_eq!(bert.get(&shared(record.record)).await.expect(200)["recipient"], bert.account(), "his own grant stays");
    let (_, log) = of(&anna, team).await.unwrap();
    assert_eq!(log.memberships().iter().filter(|membership| membership.until.is_none()).count(), 1);
}

#[tokio::test]
async fn a_group_is_changed_by_its_manager_alone_and_logs_in_nowhere() {
    let host = Host::start().await;
    let mut anna = host.settled("demo-anna").await;
    let mut bert = host.settled("demo-bert").await;
    let (practice, good) = new_group(&mut anna, GroupKind::Practice, "demo-practice");
    let with = |key: &str, value: Value| {
        let mut body = good.clone();
        body["group"][key] = value;
        body
    };
    anna.put("/api/vault", with("handle", json!("demo-bert"))).await.refused(409, "conflict");
    anna.put("/api/vault", with("handle", Value::Null)).await.refused(404, "not_found");
    anna.put("/api/vault", with("account", json!(bert.account()))).await.refused(422, "not_sealed: wrong_account");
    anna.put("/api/vault", with("keyLogEntries", json!([]))).await.refused(400, "bad_request");
    assert!(of(&anna, practice).await.is_none(), "nothing of it is half there");
    anna.put("/api/vault", good).await.expect(200);

    // It has no vault: unlocking and logging in as it goes the way of handles that nobody has.
    let unlock = host.get("/api/accounts/demo-practice/unlock", None).await.expect(200);
    assert_ne!(unlock["account"], practice.to_string());

    // Bert keeps no such group, and cannot append to this one.
    let body = add(&mut anna, practice, &bert.identity(), None).await;
    let pinned =
        bert.created.vault.confirm(&anna_identity(&anna), &anna.vault().fingerprint(), TrustedAs::Person, None, now());
    let mut stolen = stored_as(&bert, &pinned.unwrap().1);
    stolen["group"] = body["group"].clone();
    bert.put("/api/vault", stolen).await.refused(404, "not_found");
    anna.put("/api/vault", body.clone()).await.expect(200);

    // Keys are sealed to members, and to nobody else.
    let mut others = body;
    others["group"]["sealedKeys"] = json!([{ "member": bert.account(), "bytes": base64(b"no keys") }]);
    others["expects"] = json!(anna.vault().generation());
    anna.put("/api/vault", others).await.refused(422, "not_sealed: wrong_generation");
    // A person's key log endorses nobody.
    let (_, log) = of(&anna, practice).await.unwrap();
    assert_eq!(log.memberships().len(), 1);
}

fn anna_identity(anna: &Person<'_>) -> Identity {
    Identity::from_key_log(anna.vault().account(), [anna.created.key_log_entry.as_slice()]).unwrap()
}
