//! Who may do what: every route of the API as everybody there is. A route without a row here fails this test.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

mod common;

use std::collections::BTreeSet;

use common::{
    world::{World, chart_draft, note_under, private_draft, record_under, vault_beside},
    *,
};
use reqwest::Method;
use serde_json::{Value, json};

/// The status that somebody gets, and what of Anna's the answer holds.
type Cell = (u16, &'static str);

const NO: Cell = (404, "");
/// Her own, of which nothing is Anna's.
const OWN: Cell = (200, "");
const DONE: Cell = (204, "");

struct Row {
    route: &'static str,
    /// Nobody, and a session that ended, get 401.
    is_open: bool,
    /// Eve, Carl, Bert and Anna, as `World` says who they are.
    cells: [Cell; 4],
    /// What each of them sends.
    bodies: [Option<Value>; 4],
    /// In place of what `path` puts in.
    at: Option<(&'static str, String)>,
}

fn row(route: &'static str, cells: [Cell; 4]) -> Row {
    Row { route, is_open: false, cells, bodies: [const { None }; 4], at: None }
}

/// The same for everybody.
fn open(route: &'static str, cell: Cell) -> Row {
    Row { is_open: true, ..row(route, [cell; 4]) }
}

impl Row {
    fn with(self, body: &Value) -> Self {
        self.each([0; 4].map(|_| body.clone()))
    }

    fn each(self, bodies: [Value; 4]) -> Self {
        Self { bodies: bodies.map(Some), ..self }
    }

    fn at(self, name: &'static str, value: impl ToString) -> Self {
        Self { at: Some((name, value.to_string())), ..self }
    }

    fn method(&self) -> Method {
        self.route.split_once(' ').unwrap().0.parse().unwrap()
    }

    /// Where Anna's is.
    fn path(&self, world: &World<'_>) -> String {
        let record = if self.route.contains("/private/") { world.note.record } else { world.record.record };
        let at = self.at.iter().map(|(name, value)| (*name, value.clone()));
        self.fill(at.chain([
            ("{record}", record.to_string()),
            ("{version}", "1".to_owned()),
            ("{handle}", world.anna.handle.clone()),
            ("{account}", world.anna.account()),
            ("{device}", device(61).to_string()),
            ("{deal}", world.will.clone()),
            ("{request}", world.request.clone()),
        ]))
    }

    /// Where nothing ever was.
    fn nowhere(&self) -> String {
        let (short, long) = ("9".repeat(32), "9".repeat(64));
        let names = [
            ("{record}", &short),
            ("{device}", &short),
            ("{deal}", &short),
            ("{account}", &long),
            ("{request}", &long),
        ];
        let names = names.map(|(name, value)| (name, value.clone()));
        self.fill(names.into_iter().chain([("{version}", "1".to_owned()), ("{handle}", "demo-none".to_owned())]))
    }

    fn fill(&self, values: impl Iterator<Item = (&'static str, String)>) -> String {
        let template = self.route.split_once(' ').unwrap().1.to_owned();
        let path = values.fold(template, |path, (name, value)| path.replace(name, &value));
        assert!(!path.contains('{'), "{path}");
        path
    }
}

/// In the order in which Anna's own requests can be made one after the other.
fn table(world: &World<'_>) -> Vec<Row> {
    let World { anna, bert, carl, eve, note, record, bodies, .. } = world;
    let others = [eve, carl, bert];
    let each = |own: &dyn Fn(&Person<'_>) -> Value, annas: &Value| {
        let [eve, carl, bert] = others.map(own);
        [eve, carl, bert, annas.clone()]
    };
    let sealed = |bytes: &[u8]| json!({ "sealed": base64(bytes) });
    let second_note = |person: &Person<'_>| {
        let first = note_under(person, note.record);
        sealed(&person.vault().private().edit(&first.bytes, "mine still", false, now()).unwrap().bytes)
    };
    let third_record = |person: &Person<'_>| {
        let first = record_under(person, record.record);
        upload(&edit(person, &edit(person, &first.bytes, &[]).bytes, &[]), &[])
    };
    let first_note = |person: &Person<'_>| sealed(&note_under(person, note.record).bytes);
    let first_record = |person: &Person<'_>| upload(&record_under(person, record.record), &[]);
    let claims =
        |person: &Person<'_>| json!({ "request": base64(&person.vault().claim_will(anna.vault().account(), now())) });
    vec![
        open("GET /api/server", OWN),
        open("GET /api/health", OWN),
        open("GET /api/openapi.json", OWN),
        open("GET /api/accounts/{handle}/unlock", (200, "vault")),
        open("POST /api/login/challenge", OWN).with(&json!({ "account": anna.account() })),
        open("GET /api/requests/{request}", OWN),
        // What was sent before, once more: it changes nothing, and a login is refused.
        open("POST /api/accounts", OWN).with(&bodies.sign_up),
        open("POST /api/requests", (200, "request")).with(&bodies.request),
        open("POST /api/login", (401, "")).with(&bodies.login),
        // Public keys are for whoever has an account.
        row("GET /api/accounts/{handle}/keys", [OWN; 4]),
        row("GET /api/accounts/by-id/{account}/keys", [OWN; 4]),
        row("GET /api/me", [OWN, OWN, OWN, (200, "vault")]),
        row("GET /api/devices", [OWN, OWN, OWN, (200, "device")]),
        row("GET /api/events", [OWN, OWN, OWN, (200, "claim device request will")]),
        row("GET /api/ledger", [OWN, OWN, OWN, (200, "ledger")]),
        row("POST /api/ledger", [(422, ""), (422, ""), (422, ""), (201, "")]).with(&bodies.ledger),
        // The private drawer is its author's alone; Bert has claimed a will that includes it.
        row("GET /api/private/notes", [OWN, OWN, OWN, (200, "note")]),
        row("GET /api/private/notes/{record}", [NO, NO, NO, (200, "note")]),
        row("GET /api/private/notes/{record}/versions", [NO, NO, NO, (200, "note")]),
        row("GET /api/private/notes/{record}/versions/{version}", [NO, NO, NO, (200, "note")]),
        row("GET /api/private/notes/{record}/stored", [NO, NO, NO, (200, "note")]),
        row("GET /api/private/drafts", [OWN, OWN, OWN, (200, "note")]),
        row("GET /api/private/drafts/{record}", [NO, NO, NO, (200, "note")]),
        // Anna's bytes from others' hands, then their own under her record's id.
        row("PUT /api/private/notes/{record}/versions/{version}", [(422, ""), (422, ""), (422, ""), (201, "")])
            .with(&bodies.note)
            .at("{version}", 2),
        row("PUT /api/private/notes/{record}/versions/{version}", [NO, NO, NO, OWN])
            .each(each(&second_note, &bodies.note))
            .at("{version}", 2),
        row("PUT /api/private/notes/{record}/versions/{version}", [NO, NO, NO, (409, "")])
            .each(each(&first_note, &first_note(anna))),
        row("PUT /api/private/drafts/{record}", [(422, ""), (422, ""), (422, ""), OWN]).with(&bodies.private_draft),
        row("PUT /api/private/drafts/{record}", [OWN; 4])
            .each(each(&|person| private_draft(person.vault(), note.record), &bodies.private_draft)),
        row("DELETE /api/private/drafts/{record}", [DONE; 4]),
        // The chart: Bert reads what he was granted, and that alone.
        row("GET /api/chart/records", [OWN, OWN, OWN, (200, "record")]),
        row("GET /api/chart/clients", [OWN; 4]),
        row("GET /api/chart/records/{record}", [NO, NO, NO, (200, "record")]),
        row("GET /api/chart/records/{record}/versions", [NO, NO, NO, (200, "record")]),
        row("GET /api/chart/records/{record}/versions/{version}", [NO, NO, NO, (200, "record")]),
        row("GET /api/chart/records/{record}/stored", [NO, NO, NO, (200, "record")]),
        row("GET /api/chart/records/{record}/grants", [NO, NO, NO, (200, "record")]),
        row("GET /api/chart/shared", [OWN, OWN, (200, "record"), OWN]),
        row("GET /api/chart/shared/{record}", [NO, NO, (200, "record"), NO]),
        row("GET /api/chart/drafts", [OWN, OWN, OWN, (200, "record")]),
        row("GET /api/chart/drafts/{record}", [NO, NO, NO, (200, "record")]),
        row("PUT /api/chart/records/{record}/versions/{version}", [(422, ""), (422, ""), (422, ""), (201, "")])
            .with(&bodies.record)
            .at("{version}", 3),
        row("PUT /api/chart/records/{record}/versions/{version}", [NO, NO, NO, OWN])
            .each(each(&third_record, &bodies.record))
            .at("{version}", 3),
        row("PUT /api/chart/records/{record}/versions/{version}", [NO, NO, NO, (409, "")])
            .each(each(&first_record, &first_record(anna))),
        row("POST /api/chart/records/{record}/versions/{version}/grants", [NO, NO, NO, (201, "")])
            .with(&bodies.grant)
            .at("{version}", 2),
        row("PUT /api/chart/drafts/{record}", [(422, ""), (422, ""), (422, ""), OWN]).with(&bodies.chart_draft),
        row("PUT /api/chart/drafts/{record}", [OWN; 4])
            .each(each(&|person| chart_draft(person.vault(), record.record), &bodies.chart_draft)),
        row("DELETE /api/chart/drafts/{record}", [DONE; 4]),
        // Ways back: trustees and executors are Bert and Carl, the claimant is Bert.
        row("GET /api/shares", [OWN, (200, "share will"), (200, "share will"), OWN]),
        row("GET /api/requests", [OWN, (200, "claim request"), (200, "request"), (200, "request")]),
        row("POST /api/requests/{request}/answers", [NO, DONE, DONE, NO]).with(&bodies.answer),
        row("GET /api/will", [OWN, OWN, OWN, (200, "claim will")]),
        row("GET /api/wills", [OWN, (200, "claim will"), (200, "claim will"), OWN]),
        row("GET /api/wills/{account}/claim", [NO, NO, (200, "claim"), NO]),
        row("GET /api/wills/{account}/will", [NO, NO, (200, "sealed-will will"), NO]),
        row("GET /api/wills/{account}/chart", [NO, NO, (200, "record"), NO]),
        row("GET /api/wills/{account}/private", [NO, NO, (200, "note"), NO]),
        row("POST /api/wills/{account}/claims", [NO, (201, ""), (409, ""), NO]).each([
            claims(eve),
            claims(carl),
            later(bert, anna),
            claims(anna),
        ]),
        row("DELETE /api/requests/{request}", [NO, NO, NO, DONE]),
        row("DELETE /api/requests/{request}", [NO, NO, NO, DONE]).at("{request}", &world.claim),
        // A share for oneself is refused before anything else.
        row("PUT /api/deals/{deal}", [(422, ""), (400, ""), (400, ""), (201, "")])
            .with(&bodies.deal)
            .at("{deal}", &bodies.deal_id),
        row("DELETE /api/deals/{deal}", [NO, NO, NO, DONE]).at("{deal}", &bodies.deal_id),
        // Of Anna's team Bert is a member, and Carl was one; she takes him in again.
        row("GET /api/groups", [OWN, OWN, (200, "team team-keys"), (200, "team")]),
        row("PUT /api/vault", [(422, ""), (422, ""), (422, ""), OWN]).with(&bodies.vault),
        row("PUT /api/vault", [NO, NO, NO, OWN])
            .each(each(&|person| vault_beside(person, &bodies.vault["group"], anna), &bodies.vault)),
        row("DELETE /api/devices/{device}", [NO, NO, NO, DONE]),
        row("DELETE /api/login", [DONE; 4]),
    ]
}

/// Another claim than the one that Bert has made: two of one second are one.
fn later(bert: &Person<'_>, anna: &Person<'_>) -> Value {
    let request = bert.vault().claim_will(anna.vault().account(), sealed_notes::Timestamp(now().0 + 60));
    json!({ "request": base64(&request) })
}

#[tokio::test]
async fn every_route_gives_everybody_what_is_hers() {
    let host = Host::start().await;
    let world = World::make(&host).await;
    let table = table(&world);
    let rows: BTreeSet<_> = table.iter().map(|row| (row.route, row.is_open)).collect();
    let documented = documented(&host).await;
    let differ = Vec::from_iter(rows.symmetric_difference(&documented));
    assert!(differ.is_empty(), "in the table or in the document alone: {differ:?}");

    let mut wrong = Vec::new();
    for row in &table {
        let path = row.path(&world);
        let nobody = [None, Some("session=4711"), Some(&world.ended[0]), Some(&world.ended[1])];
        let nobody =
            nobody.map(|cookie| ("nobody", cookie, &row.bodies[3], if row.is_open { row.cells[0] } else { (401, "") }));
        let people = [&world.eve, &world.carl, &world.bert, &world.anna];
        let people = (0..4)
            .map(|at| (people[at].handle.as_str(), Some(people[at].cookie.as_str()), &row.bodies[at], row.cells[at]));
        for (who, cookie, body, (status, sees)) in nobody.into_iter().chain(people) {
            let before = world.rows().await;
            let reply = host.send(row.method(), &path, cookie, body.as_ref()).await;
            let seen = Vec::from_iter(world.seen(&reply.body)).join(" ");
            if (reply.status.as_u16(), seen.as_str()) != (status, sees) {
                wrong.push(format!("{} as {who}: {} {seen:?} {}", row.route, reply.status, reply.body));
            }
            let after = world.rows().await;
            if !reply.status.is_success() && after != before {
                wrong.push(format!("{} as {who}: refused, and yet changed something", row.route));
            }
            if who == "demo-eve" && !row.is_open && world.annas(&after) != world.annas(&before) {
                wrong.push(format!("{} as {who}: changed something of Anna's", row.route));
            }
            // The very answer that is given where nothing ever was.
            if reply.status == 404 && row.method() != Method::PUT {
                let never = host.send(row.method(), &row.nowhere(), cookie, body.as_ref()).await;
                if (never.status, &never.body) != (reply.status, &reply.body) {
                    wrong.push(format!("{} as {who}: tells that it is there: {}", row.route, reply.body));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Every route that the server says it has, and whether it says that it is open.
async fn documented(host: &Host) -> BTreeSet<(&'static str, bool)> {
    let document = host.get("/api/openapi.json", None).await.expect(200);
    let mut routes = BTreeSet::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let route = format!("{} {path}", method.to_uppercase()).leak();
            routes.insert((&*route, operation["security"] == json!([{}])));
        }
    }
    routes
}
