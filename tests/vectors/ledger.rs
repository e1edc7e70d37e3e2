//! ledger.json and ledger-failures.json: followed by the owner over a rotation, and checked by an auditor without keys.

use std::sync::LazyLock;

use sealed_notes::{
    AccountId, ClientId, DeviceId, Error, RecordId, Timestamp, UnlockWith, Vault, Whole,
    format::{
        Purpose,
        cose::to_be_signed,
        id::Hash,
        ledger::{EntryPayload, Event, EventKind, Events, LedgerEntry, LedgerHead, Memory, Waiting, events_parameters},
        version::Drawer,
    },
};
use serde_json::Value;
use verify_ledger::check;

use super::{bytes, check_failures, file, list, raw, recovery, text};

static FILE: LazyLock<Value> = LazyLock::new(|| file("ledger.json"));
static FAILURES: LazyLock<Value> = LazyLock::new(|| file("ledger-failures.json"));

/// A device that remembers nothing. By the recovery code, whose slot costs no Argon2id.
fn device(name: &str) -> Vault {
    let account = recovery::account(name);
    let (sealed, slots) = (recovery::vault_of(account), recovery::slots_of(account));
    let code = text(&account["slots"][1]["text"]);
    Vault::unlock(&sealed, slots.iter().map(Vec::as_slice), UnlockWith::RecoveryCode(code)).unwrap()
}

fn entries(ledger: &Value) -> Vec<Vec<u8>> {
    list(&ledger["entries"]).map(|entry| bytes(&entry["entry"])).collect()
}

/// A device that followed the first entries.
fn followed(ledger: &Value, after: usize) -> Vault {
    let vault = device(text(&ledger["account"]));
    let entries = entries(ledger);
    assert_eq!(vault.ledger().follow(entries[..after].iter().map(Vec::as_slice), false), Ok(after));
    vault
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap()
}

fn id<const N: usize>(value: &Value) -> Option<[u8; N]> {
    (!value.is_null()).then(|| bytes(value).try_into().unwrap())
}

fn event(event: &Value) -> Event {
    Event {
        kind: EventKind::ALL[number(&event["kind"]) as usize - 1],
        at: number(&event["at"]),
        drawer: event["drawer"].as_u64().map(|drawer| if drawer == 0 { Drawer::Private } else { Drawer::Chart }),
        record: id(&event["record"]).map(RecordId),
        version: event["version"].as_u64(),
        client: id(&event["client"]).map(ClientId),
        person: id(&event["person"]).map(AccountId),
        hash: id(&event["hash"]).map(Hash),
        detail: event["detail"].as_str().map(str::to_owned),
    }
}

fn events(entry: &Value) -> Vec<Event> {
    (0..entry["repeat"].as_u64().unwrap_or(1)).flat_map(|_| list(&entry["events"]).map(event)).collect()
}

#[test]
fn entries_are_what_the_specification_says() {
    for ledger in list(&FILE["ledgers"]) {
        for vector in list(&ledger["entries"]) {
            let entry = bytes(&vector["entry"]);
            let decoded = LedgerEntry::decode(&entry).unwrap();
            let account = decoded.payload.account;
            let payload = EntryPayload {
                account: text(&vector["account"]).parse().unwrap(),
                sequence: number(&vector["sequence"]),
                previous: id(&vector["previous"]).map(Hash),
                epoch: number(&vector["epoch"]),
                made_at: number(&vector["made_at"]),
                sealed: Hash(id(&vector["sealed"]).unwrap()),
                commitment: Hash(id(&vector["commitment"]).unwrap()),
            };
            assert_eq!((payload.encode(), &decoded.payload), (bytes(&vector["payload"]), &payload));
            assert_eq!(decoded.head().hash.to_string(), text(&vector["hash"]));
            let message = to_be_signed(Purpose::Ledger, decoded.signed.key_id, decoded.signed.payload);
            assert_eq!(message, bytes(&vector["sig_structure"]));
            let parameters = events_parameters(account, payload.sequence, payload.epoch);
            assert_eq!(parameters, bytes(&vector["parameters"]));
            assert_eq!(decoded.sealed.associated_data(), bytes(&vector["enc_structure"]));
            assert_eq!(LedgerEntry::encode(decoded.signed.raw, decoded.sealed.raw), entry);

            let contents = bytes(&vector["contents"]);
            let salt = id(&vector["salt"]).unwrap();
            let device = id(&vector["device"]).map(DeviceId);
            assert_eq!(Events { salt, device, events: events(vector) }.encode(), contents);
            assert_eq!(Events::decode(&contents).unwrap().events, events(vector));
            assert_eq!(Events::commitment(&contents), payload.commitment);
        }
    }
}

#[test]
fn every_device_follows_from_wherever_it_stood() {
    for vector in list(&FILE["ledgers"]) {
        let entries = entries(vector);
        let last = list(&vector["entries"]).last().unwrap();
        let head = LedgerHead { sequence: entries.len() as u64, hash: text(&last["hash"]).parse().unwrap() };
        for after in 0..=entries.len() {
            let vault = followed(vector, after);
            let ledger = vault.ledger();
            ledger.expect(head).unwrap();
            assert_eq!(ledger.follow(entries[after..].iter().map(Vec::as_slice), true), Ok(entries.len() - after));
            assert_eq!(ledger.head(), Some(head));
            check_state(vector, &vault);
        }
        let read = device(text(&vector["account"])).ledger().read(entries.iter().map(Vec::as_slice)).unwrap();
        for (read, vector) in read.iter().zip(list(&vector["entries"])) {
            assert_eq!((read.sequence, read.made_at.0), (number(&vector["sequence"]), number(&vector["made_at"])));
            assert_eq!(read.device, id(&vector["device"]).map(DeviceId));
            assert_eq!(read.events, events(vector));
        }
    }
}

fn check_state(vector: &Value, vault: &Vault) {
    for (drawer, code) in [(Drawer::Private, 0), (Drawer::Chart, 1)] {
        let newest = list(&vector["newest"]).filter(|row| row["drawer"] == code);
        let newest: Vec<_> = newest
            .map(|row| {
                let hash = text(&row["hash"]).parse().unwrap();
                (RecordId(id(&row["record"]).unwrap()), number(&row["version"]), hash)
            })
            .collect();
        assert_eq!(vault.ledger().compare(drawer, &newest, Whole::Drawer), []);
        assert_eq!(vault.ledger().compare(drawer, &[], Whole::Drawer).len(), newest.len());
    }
    for row in list(&vector["readers"]) {
        let reader = (text(&row["account"]).parse().unwrap(), list(&row["versions"]).map(number).collect());
        assert_eq!(vault.ledger().readers(RecordId(id(&row["record"]).unwrap())), [reader]);
    }
}

#[test]
fn what_waits_is_kept_until_it_is_stored() {
    for ledger in list(&FILE["ledgers"]).filter(|ledger| ledger.get("memory").is_some()) {
        let vector = &ledger["memory"];
        let sealed = bytes(&vector["sealed"]);
        let memory = Memory::decode(&sealed).unwrap();
        assert_eq!(Memory::parameters(memory.account, memory.epoch), bytes(&vector["parameters"]));
        assert_eq!(memory.sealed.associated_data(), bytes(&vector["enc_structure"]));
        let waiting = list(&vector["waiting"]);
        let waiting: Vec<_> = waiting
            .map(|waits| Waiting { event: event(&waits["event"]), within: id(&waits["within"]).map(Hash) })
            .collect();
        assert_eq!(Waiting::encode_all(&waiting), bytes(&vector["contents"]));
        assert_eq!(Waiting::decode_all(&bytes(&vector["contents"])).unwrap(), waiting);

        let vault = device(text(&ledger["account"]));
        assert_eq!((vault.ledger().restore(&sealed), vault.ledger().pending()), (Ok(2), 2));
        vault.ledger().follow(entries(ledger).iter().map(Vec::as_slice), true).unwrap();
        assert_eq!(vault.ledger().pending(), 1, "the other one was stored");
    }
}

#[test]
fn bundles() {
    for ledger in list(&FILE["ledgers"]) {
        for vector in list(&ledger["bundles"]) {
            let bundle = bytes(&vector["bundle"]);
            let report = check(&bundle).unwrap();
            let disclosed: Vec<_> = list(&vector["disclosed"]).map(number).collect();
            assert_eq!(report.disclosed.iter().map(|(sequence, _)| *sequence).collect::<Vec<_>>(), disclosed);
            for (sequence, found) in &report.disclosed {
                assert_eq!(found.events, events(&ledger["entries"][*sequence as usize - 1]));
            }
            check_export(ledger, &report.head.map(|head| head.sequence), &disclosed, &bundle);
        }
    }
}

/// What its owner exports of the same entries is the same bundle.
fn check_export(ledger: &Value, head: &Option<u64>, disclosed: &[u64], bundle: &[u8]) {
    let account = recovery::account(text(&ledger["account"]));
    let key_log: Vec<_> = list(&account["key_log"]).map(|entry| bytes(&entry["entry"])).collect();
    let made_at = |sequence: u64| number(&ledger["entries"][sequence as usize - 1]["made_at"]);
    let dates = match disclosed {
        [first, .., last] => (Timestamp(made_at(*first)), Timestamp(made_at(*last) + 1)),
        _ => (Timestamp(0), Timestamp(0)),
    };
    let entries = entries(ledger);
    let entries = entries.iter().map(Vec::as_slice).take(head.map_or(0, |head| head as usize));
    let key_log: Vec<_> = key_log.iter().map(Vec::as_slice).collect();
    assert_eq!(device(text(&ledger["account"])).ledger().export(&key_log, entries, dates).unwrap(), bundle);
}

#[test]
fn failures() {
    check_failures(&FAILURES, |operation, case, input| attempt(operation, case, input).err());
}

fn attempt(operation: &str, case: &Value, input: &dyn Fn(&str) -> Vec<u8>) -> Result<(), Error> {
    if operation == "openMemory" {
        return device(text(&case["account"])).ledger().restore(&input("memory")).map(drop);
    }
    if operation == "checkBundle" {
        return check(&input("bundle")).map(drop).map_err(|failure| failure.error().into());
    }
    let ledger = list(&FILE["ledgers"]).find(|ledger| ledger["account"] == case["account"]).unwrap();
    let vault = followed(ledger, number(&case["after"]) as usize);
    for head in case.get("seen").into_iter().flat_map(list) {
        let head = LedgerHead { sequence: number(&head[0]), hash: text(&head[1]).parse().unwrap() };
        vault.ledger().expect(head)?;
    }
    match operation {
        "expectHead" => Ok(()),
        "followEntry" => vault.ledger().follow([input("entry").as_slice()], true).map(drop),
        _ => {
            let entries: Vec<_> = list(&case["entries"]).map(|entry| raw(&FAILURES["objects"], entry)).collect();
            vault.ledger().follow(entries.iter().map(Vec::as_slice), case["all"] == true).map(drop)
        }
    }
}
