//! Every route that reads, for those whose grant is in force, was revoked or ran out. Who may do what is in `authorization`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

mod common;

use common::*;
use reqwest::Method;
use sealed_notes::{GrantRequest, PrivateDraft, Timestamp};
use serde_json::{Value, json};

struct Route {
    method: Method,
    path: String,
}

/// As the server itself describes them, so that a new route is tested from its first day.
async fn routes(host: &Host) -> Vec<Route> {
    let document = host.get("/api/openapi.json", None).await.expect(200);
    let mut routes = Vec::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for method in operations.as_object().unwrap().keys() {
            routes.push(Route { method: method.to_uppercase().parse().unwrap(), path: path.clone() });
        }
    }
    assert!(routes.len() > 50, "{}", routes.len());
    routes
}

/// Anna wrote everything; the others ask for it.
#[tokio::test]
async fn others_get_what_a_grant_in_force_gives_and_nothing_else() {
    let host = Host::start().await;
    let anna = host.person("demo-anna").await;
    let recipient = host.person("demo-recipient").await;
    let revoked = host.person("demo-revoked").await;
    let expired = host.person("demo-expired").await;
    let stranger = host.person("demo-stranger").await;
    let identities = [recipient.identity(), revoked.identity(), expired.identity()];
    let soon = Timestamp(now().0 + 1);

    let note = anna.note("Synthetic.");
    anna.put_note(&note).await.expect(201);
    let first = anna.record(&[
        grant_to(&identities[0]),
        grant_to(&identities[1]),
        GrantRequest { expires_at: Some(soon), ..grant_to(&identities[2]) },
    ]);
    anna.put_record(&first, &[]).await.expect(201);
    let sections = [("plan", "Edited.")].into();
    let second = anna.vault().chart().edit(&first.bytes, &sections, false, &[grant_to(&identities[0])], now()).unwrap();
    anna.put_record(&second, &[&revoked]).await.expect(201);
    for (drawer, record) in [("private", note.record), ("chart", first.record)] {
        let (client, session, base_version) = (client(1), None, 1);
        let sealed = if drawer == "private" {
            let draft = PrivateDraft { record, client, session, base_version, text: "x" };
            anna.vault().private().seal_draft(draft).unwrap()
        } else {
            let sections = [("plan", "x")].into();
            let draft = sealed_notes::ChartDraft { record, client, session, base_version, sections };
            anna.vault().chart().seal_draft(draft).unwrap()
        };
        let body = json!({ "sealed": base64(&sealed) });
        anna.put(&format!("/api/{drawer}/drafts/{record}"), body).await.expect(200);
    }
    while now() <= soon {
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }

    let mut asked = 0;
    for route in routes(&host).await.iter().filter(|route| route.method == Method::GET) {
        let record = if route.path.starts_with("/api/private") { note.record } else { first.record };
        let fill = |version: &str| route.path.replace("{record}", &record.to_string()).replace("{version}", version);
        let shared = route.path.starts_with("/api/chart/shared");
        for who in [&recipient, &revoked, &expired, &stranger] {
            let may_read = shared && who.handle == "demo-recipient";
            let (first, second) = (who.get(&fill("1")).await, who.get(&fill("2")).await);
            if route.path.contains("{record}") {
                asked += 1;
                let expected = if may_read { 200 } else { 404 };
                assert_eq!((first.status.as_u16(), second.status.as_u16()), (expected, expected), "{}", route.path);
                // The very answer that a record gives which never was.
                if !may_read {
                    let none = route.path.replace("{record}", &fresh_record().to_string()).replace("{version}", "1");
                    assert_eq!(first.body, who.get(&none).await.body, "{}", route.path);
                }
            } else if ["/api/private/", "/api/chart/"].iter().any(|drawer| route.path.starts_with(drawer)) {
                asked += 1;
                let lists = first.expect(200);
                let length = |list: &Value| list.as_array().map(Vec::len);
                let count = lists.as_object().unwrap().values().find_map(length).unwrap();
                assert_eq!(count, usize::from(may_read), "{}: {lists}", route.path);
            }
        }
    }
    assert!(asked >= 4 * 17, "{asked}");
}
