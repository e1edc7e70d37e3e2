//! The real server, asked by schemathesis for everything that its document describes, and for what it does not. Run by
//! `cargo xtask test api-fuzz`, which installs schemathesis.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test that cannot go on has failed; what it did is its result"
)]

mod common;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    process::Command,
};

use common::{process::Process, world::World, *};
use serde_json::{Value, json};

const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,\
    response_schema_conformance,unsupported_method,allow_header_conformance";
/// The rates are for people, and tested elsewhere.
const UNLIMITED: [&str; 8] = [
    "--ip-per-minute",
    "100000000",
    "--account-per-minute",
    "100000000",
    "--door-per-minute",
    "100000000",
    "--sign-ups-per-minute",
    "100000000",
];

struct Run {
    who: &'static str,
    cookie: Option<String>,
    /// With what is there, instead of with all that the document allows and forbids.
    knows_world: bool,
    examples: u32,
}

#[tokio::test]
#[ignore = "needs schemathesis: cargo xtask test api-fuzz"]
async fn no_request_finds_what_the_document_does_not_say() {
    let (data, scratch) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let log = scratch.path().join("log");
    let process = Process::start(data.path(), &log, &UNLIMITED);
    let mut host = Host::connect(&process.origin, &process.origin).await;
    host.data = Some(data);
    let world = World::make(&host).await;
    std::fs::write(scratch.path().join("world.json"), known(&world).await.to_string()).unwrap();
    let stranger = Some(world.eve.cookie.clone());
    let owner = Some(world.anna.cookie.clone());
    let recipient = Some(world.bert.cookie.clone());
    let runs = [
        Run { who: "nobody", cookie: None, knows_world: false, examples: 8 },
        Run { who: "a stranger", cookie: stranger.clone(), knows_world: false, examples: 12 },
        Run { who: "a recipient", cookie: recipient.clone(), knows_world: true, examples: 20 },
        Run { who: "the owner", cookie: owner.clone(), knows_world: true, examples: 30 },
    ];
    let begin = requests(&log).len();
    let mut failed = Vec::new();
    for run in &runs {
        let before = requests(&log).len();
        if let Err(said) = schemathesis(&host, scratch.path(), run) {
            failed.push(format!("as {}:\n{said}", run.who));
        }
        let answers = requests(&log).split_off(before);
        println!("{:>6} requests as {}: {}", answers.len(), run.who, statuses(&answers));
    }
    let mut still_in = Vec::new();
    for cookie in [stranger, owner, recipient] {
        still_in.push(host.get("/api/me", cookie.as_deref()).await.status.as_u16());
    }
    process.kill();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert_eq!(still_in, [200; 3], "whoever was logged in was not to the end");
    check_log(&log, begin);
}

fn schemathesis(host: &Host, scratch: &Path, run: &Run) -> Result<(), String> {
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("venv-fuzz/bin/schemathesis");
    let hooks = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/api_fuzz/hooks.py");
    let (hooks, examples) = (hooks.to_str().unwrap(), run.examples.to_string());
    // Where bodies come from the world, they are damaged without schemathesis knowing.
    let checks = if run.knows_world { CHECKS.to_owned() } else { format!("{CHECKS},negative_data_rejection") };
    let mut command = Command::new(&program);
    command
        .current_dir(scratch)
        .args(["run", &format!("{}/api/openapi.json", host.url), "--checks", &checks, "--max-examples", &examples])
        .args(["--seed", "1", "--generation-database", "none", "--no-color", "--warnings", "off"])
        .args(["--phases", if run.knows_world { "fuzzing" } else { "coverage,fuzzing" }])
        .args(["--mode", if run.knows_world { "positive" } else { "all" }])
        .env("SCHEMATHESIS_HOOKS", hooks)
        .env("SEALED_NOTES_WORLD", scratch.join("world.json"))
        .envs(run.cookie.iter().map(|cookie| ("SEALED_NOTES_SESSION", cookie)))
        .envs(run.knows_world.then_some(("SEALED_NOTES_KNOWN", "1")));
    let output = command.output().unwrap_or_else(|error| {
        panic!("{} cannot be run ({error}): `cargo xtask test setup` installs it", program.display())
    });
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stdout).into_owned()) }
}

/// Ids and bodies for `hooks.py`.
async fn known(world: &World<'_>) -> Value {
    let bodies = &world.bodies;
    let (note, record) = (world.note.record.to_string(), world.record.record.to_string());
    json!({
        "path": {
            "record": [note, record],
            "version": [1, 2, 3],
            "handle": ["demo-anna", "demo-bert", "demo-none"],
            "account": [world.anna.account(), world.bert.account()],
            "device": [device(61).to_string()],
            "deal": [world.will, bodies.deal_id],
            "request": [world.request, world.claim],
        },
        "bodies": {
            "POST /api/accounts": [bodies.sign_up],
            "POST /api/login": [bodies.login],
            "PUT /api/vault": [bodies.vault],
            "POST /api/ledger": [bodies.ledger],
            "POST /api/requests": [bodies.request],
            "POST /api/requests/{request}/answers": [bodies.answer],
            "PUT /api/deals/{deal}": [bodies.deal],
            "POST /api/wills/{account}/claims": [bodies.claim],
            "PUT /api/private/notes/{record}/versions/{version}": [bodies.note],
            "PUT /api/private/drafts/{record}": [bodies.private_draft],
            "PUT /api/chart/records/{record}/versions/{version}": [bodies.record],
            "POST /api/chart/records/{record}/versions/{version}/grants": [bodies.grant],
            "PUT /api/chart/drafts/{record}": [bodies.chart_draft],
        },
        "spare": world.anna.session(None).await,
    })
}

fn requests(log: &Path) -> Vec<Value> {
    let lines = std::fs::read_to_string(log).unwrap();
    let lines = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.filter(|line| line["message"] == "request").collect()
}

fn statuses(requests: &[Value]) -> String {
    let mut counts = BTreeMap::new();
    for request in requests {
        *counts.entry(request["status"].as_u64().unwrap()).or_insert(0) += 1;
    }
    counts.iter().map(|(status, count)| format!("{count} × {status}")).collect::<Vec<_>>().join(", ")
}

/// Nothing failed, and nothing was left out.
fn check_log(log: &Path, begin: usize) {
    let text = std::fs::read_to_string(log).unwrap();
    let errors: Vec<_> = text.lines().filter(|line| line.contains("\"ERROR\"") || line.contains("panicked")).collect();
    assert!(errors.is_empty(), "{}", errors.join("\n"));
    let requests = requests(log).split_off(begin);
    let succeeded: BTreeSet<_> = requests
        .iter()
        .filter(|request| request["status"].as_u64().is_some_and(|status| status < 300))
        .map(|request| format!("{} {}", request["method"].as_str().unwrap(), request["route"].as_str().unwrap()))
        .collect();
    println!("{:>6} requests in all, of which {} routes took some", requests.len(), succeeded.len());
    assert!(requests.len() > 4000 && succeeded.len() > 50, "{} {succeeded:?}", requests.len());
}
