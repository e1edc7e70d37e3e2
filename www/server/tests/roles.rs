//! Who gets what: every route of the API for everybody who is not meant by it.

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
use sealed_notes::{GrantRequest, OwnRequest, PrivateDraft, RequestKind, ShareFor, Timestamp, WillScope};
use serde_json::{Value, json};

struct Route {
    method: Method,
    path: String,
    open: bool,
    takes_body: bool,
}

/// As the server itself describes them, so that a new route is tested from its first day.
async fn routes(host: &Host) -> Vec<Route> {
    let document = host.get("/api/openapi.json", None).await.expect(200);
    let mut routes = Vec::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            routes.push(Route {
                method: method.to_uppercase().parse().unwrap(),
                path: path.clone(),
                open: operation["security"] == json!([{}]),
                takes_body: operation.get("requestBody").is_some(),
            });
        }
    }
    assert!(routes.len() > 50, "{}", routes.len());
    routes
}

#[tokio::test]
async fn nobody_gets_past_the_door() {
    let host = Host::start().await;
    let anna = host.person("demo-anna").await;
    let note = anna.note("x");
    anna.put_note(&note).await.expect(201);
    let open = [
        "GET /api/server",
        "GET /api/health",
        "GET /api/openapi.json",
        "POST /api/accounts",
        "GET /api/accounts/{handle}/unlock",
        "POST /api/login/challenge",
        "POST /api/login",
        "POST /api/requests",
        "GET /api/requests/{request}",
    ];
    for route in routes(&host).await {
        let name = format!("{} {}", route.method, route.path);
        assert_eq!(route.open, open.contains(&name.as_str()), "{name}");
        if route.open {
            continue;
        }
        let path = route
            .path
            .replace("{record}", &note.record.to_string())
            .replace("{version}", "1")
            .replace("{handle}", "demo-anna")
            .replace("{account}", &anna.account())
            .replace("{device}", &device(1).to_string())
            .replace("{deal}", &"0".repeat(32))
            .replace("{request}", &"0".repeat(64));
        assert!(!path.contains('{'), "{path}");
        let body = route.takes_body.then(|| json!({ "sealed": base64(&note.bytes) }));
        for cookie in [None, Some("session=4711"), Some("session=")] {
            host.send(route.method.clone(), &path, cookie, body.as_ref()).await.refused(401, "not_logged_in");
        }
    }
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

/// The same for what changes something: it changes nothing, and does not even say whether the record is there.
#[tokio::test]
async fn others_change_nothing() {
    let host = Host::start().await;
    let (anna, bert) = (host.person("demo-anna").await, host.person("demo-bert").await);
    let berts = bert.identity();
    let note = anna.note("Synthetic.");
    let record = anna.record(&[grant_to(&berts)]);
    anna.put_note(&note).await.expect(201);
    anna.put_record(&record, &[]).await.expect(201);
    let before = [
        anna.get(&format!("/api/private/notes/{}/stored", note.record)).await.expect(200),
        anna.get(&format!("/api/chart/records/{}/stored", record.record)).await.expect(200),
    ];

    // Anna's own bytes from Bert's hands.
    bert.put_note(&note).await.refused(422, "not_sealed: wrong_author");
    bert.put_record(&record, &[]).await.refused(422, "not_sealed: wrong_author");
    let grants = json!({ "grants": [base64(&record.grants[0].bytes)] });
    for id in [record.record, fresh_record()] {
        bert.post(&format!("/api/chart/records/{id}/versions/1/grants"), grants.clone())
            .await
            .refused(404, "not_found");
    }
    // Bert's own under Anna's ids.
    let new = sealed_notes::NewPrivateNote {
        client: client(1),
        session: None,
        record: Some(note.record),
        text: "mine now",
        is_final: false,
    };
    let taken = bert.vault().private().seal(new, now()).unwrap();
    bert.put_note(&taken).await.refused(404, "not_found");
    let next = bert.vault().private().edit(&taken.bytes, "mine still", false, now()).unwrap();
    bert.put_note(&next).await.refused(404, "not_found");
    bert.put("/api/vault", json!({ "vault": base64(&anna.created.sealed_vault), "expects": 0 }))
        .await
        .refused(422, "not_sealed: wrong_account");

    let after = [
        anna.get(&format!("/api/private/notes/{}/stored", note.record)).await.expect(200),
        anna.get(&format!("/api/chart/records/{}/stored", record.record)).await.expect(200),
    ];
    assert_eq!(before, after);
}

/// Anna has a device, trustees and a will; Bert is trustee and executor, and claims; Carl holds the other shares. Eve and
/// what she asks for has nothing to do with any of it.
#[tokio::test]
async fn strangers_find_nothing_of_ways_back() {
    let host = Host::start().await;
    let (mut anna, bert, carl, eve) = (
        host.settled("demo-anna").await,
        host.settled("demo-bert").await,
        host.settled("demo-carl").await,
        host.settled("demo-eve").await,
    );
    let (berts, carls) = (bert.identity(), carl.identity());
    let people = [&berts, &carls].map(|to| ShareFor { name: "Friend", to: Some(to) });
    let dealt = anna.created.vault.deal_trustees(2, &people, now()).unwrap();
    anna.save(&dealt.change).await;
    let trustees = json!({ "kind": "trustees", "shares": shares_of(&dealt.shares) });
    anna.put(&format!("/api/deals/{}", dealt.deal), trustees.clone()).await.expect(201);
    let issued = anna.created.vault.issue_will(WillScope::ChartAndPrivate, 0, 2, &people, now()).unwrap();
    anna.save(&issued.change).await;
    let will = json!({ "kind": "will", "shares": shares_of(&issued.shares), "will": base64(&issued.will) });
    anna.put(&format!("/api/deals/{}", issued.deal), will.clone()).await.expect(201);
    anna.put_note(&anna.note("Synthetic.")).await.expect(201);
    anna.put_record(&anna.record(&[]), &[]).await.expect(201);
    let annas_device = anna.session(Some(device(1))).await;
    let account = anna.vault().account();
    let mut requests = Vec::new();
    for kind in [RequestKind::Device, RequestKind::Trustees] {
        let own = OwnRequest::make(account, kind, now()).unwrap();
        let stored = host.post("/api/requests", json!({ "request": base64(own.bytes()) })).await.expect(201);
        requests.push(stored["request"].as_str().unwrap().to_owned());
    }
    let claim = json!({ "request": base64(&bert.vault().claim_will(account, now())) });
    let claimed = bert.post(&format!("/api/wills/{account}/claims"), claim).await.expect(201);
    requests.push(claimed["request"].as_str().unwrap().to_owned());
    let everything = async || {
        let mut seen = Vec::new();
        for path in
            ["/api/me", "/api/devices", "/api/events", "/api/requests", "/api/shares", "/api/will", "/api/wills"]
        {
            seen.push(host.get(path, Some(&annas_device)).await.expect(200));
            seen.push(bert.get(path).await.expect(200));
        }
        seen
    };
    let before = everything().await;

    let nobody = create(host.tenant).vault.account();
    let (mut tried, mut lists) = (0, 0);
    let parts = ["devices", "events", "requests", "deals", "shares", "will", "wills"];
    for route in routes(&host).await {
        let part = route.path.split('/').nth(2).unwrap();
        if !parts.contains(&part) || route.open {
            continue;
        }
        let sealed = dealt.shares.iter().find_map(|share| match share {
            sealed_notes::DealtShare::Sealed { bytes, .. } => Some(base64(bytes)),
            sealed_notes::DealtShare::Printed { .. } => None,
        });
        let body = match (&route.method, part) {
            (&Method::POST, "requests") => Some(json!({ "sealed": sealed })),
            (&Method::POST, _) => Some(json!({ "request": base64(&eve.vault().claim_will(account, now())) })),
            _ => None,
        };
        if route.method == Method::PUT {
            // Her deals under her ids from Eve's hands are deals of Eve's, which these are not.
            for (deal, body) in [(dealt.deal, &trustees), (issued.deal, &will)] {
                tried += 1;
                let refused = eve.put(&format!("/api/deals/{deal}"), body.clone()).await;
                assert_eq!(refused.status, 422, "{}", refused.body);
            }
            continue;
        }
        if !route.path.contains('{') {
            lists += 1;
            let list = eve.get(&route.path).await.expect(200);
            let list = list.as_object().unwrap().values().next().unwrap();
            let own = if part == "events" { 1 } else { 0 };
            assert_eq!(list.as_array().map_or(0, Vec::len), own, "{}: {list}", route.path);
            continue;
        }
        let path = |request: &str, deal: &str, account: &str, device: &str| {
            let path = route.path.replace("{request}", request).replace("{deal}", deal);
            path.replace("{account}", account).replace("{device}", device)
        };
        let none = path(&"0".repeat(64), &"0".repeat(32), &nobody.to_string(), &device(9).to_string());
        let none = host.send(route.method.clone(), &none, Some(&eve.cookie), body.as_ref()).await;
        let none = none.refused(404, "not_found");
        for request in &requests {
            for deal in [dealt.deal, issued.deal] {
                tried += 1;
                let path = path(request, &deal.to_string(), &account.to_string(), &device(1).to_string());
                let refused = host.send(route.method.clone(), &path, Some(&eve.cookie), body.as_ref()).await;
                assert_eq!(refused.refused(404, "not_found"), none, "the very answer of what never was: {path}");
            }
        }
        // Carl is executor and trustee, and yet not the claimant, nor the owner.
        if part == "wills" && route.method == Method::GET || route.method == Method::DELETE {
            for request in &requests {
                let path = path(request, &dealt.deal.to_string(), &account.to_string(), &device(1).to_string());
                host.send(route.method.clone(), &path, Some(&carl.cookie), None).await.refused(404, "not_found");
            }
        }
    }
    assert!(tried >= 8 * 6 + 2 && lists == 6, "{tried} {lists}");
    assert_eq!(everything().await, before);
}
