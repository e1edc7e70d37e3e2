//! The vectors of tests/vectors, which an independent implementation wrote from SPEC.md: what must open opens,
//! every intermediate value that is public is what SPEC.md says, and what must fail fails with its code.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a malformed vector fails the test")]

use std::{collections::BTreeMap, fs, path::Path, sync::LazyLock};

#[path = "vectors/ledger.rs"]
mod ledger;
#[path = "vectors/recovery.rs"]
mod recovery;
#[path = "vectors/trust.rs"]
mod trust;

use ed25519_dalek::{Signer, SigningKey};
use sealed_notes::{
    ClientId, Error, Identity, NewPrivateNote, Stretched, Timestamp, UnlockWith, Vault, VerifiedIdentity,
    format::{
        Purpose,
        account::Login,
        body::Draft,
        container::{ChartRecord, PrivateNote},
        cose::{Encrypted, Sign1, TAG_LEN, to_be_signed},
        grant::Grant,
        id::KeyId,
        keylog::KeyLogEntry,
        pad,
        slot::Slot,
        version::{Drawer, Manifest},
    },
    keys::account_secret,
};
use serde_json::Value;

fn file(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors").join(name);
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

static ACCOUNTS: LazyLock<Value> = LazyLock::new(|| file("accounts.json"));
static NOW: LazyLock<Timestamp> = LazyLock::new(|| Timestamp(ACCOUNTS["now"].as_u64().unwrap()));
static VAULTS: LazyLock<BTreeMap<&str, Vault>> = LazyLock::new(|| {
    with_vault()
        .map(|account| {
            let (vault, slot) = (bytes(&account["vault"]["sealed"]), bytes(&account["slot"]["sealed"]));
            let passphrase = String::from_utf8(bytes(&account["slot"]["passphrase_nfkc"])).unwrap();
            let secret = text(&account["account_secret_text"]);
            (text(&account["name"]), unlock(&vault, &[slot], &passphrase, secret).unwrap())
        })
        .collect()
});

fn unlock(vault: &[u8], slots: &[Vec<u8>], passphrase: &str, account_secret: &str) -> Result<Vault, Error> {
    let stretched = Stretched::for_slots(passphrase, slots.iter().map(Vec::as_slice))?;
    let with = UnlockWith::Passphrase { stretched: &stretched, account_secret };
    Vault::unlock(vault, slots.iter().map(Vec::as_slice), with)
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().unwrap().iter()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

fn bytes(value: &Value) -> Vec<u8> {
    hex::decode(text(value)).unwrap()
}

/// Accounts whose vault is among the vectors; the others are recipients only.
fn with_vault() -> impl Iterator<Item = &'static Value> {
    list(&ACCOUNTS["accounts"]).filter(|account| account.get("vault").is_some())
}

fn account(name: &str) -> &'static Value {
    list(&ACCOUNTS["accounts"]).find(|account| account["name"] == name).unwrap()
}

fn identity(name: &str) -> Identity {
    let account = account(name);
    let entry = bytes(&account["key_log"]["entry"]);
    Identity::from_key_log(text(&account["account"]).parse().unwrap(), [entry.as_slice()]).unwrap()
}

/// `author` as `reader` sees her, pinned in the reader's vault.
fn verified(reader: &str, author: &str) -> VerifiedIdentity {
    VAULTS[reader].verified(&identity(author)).unwrap_or_else(|| panic!("{reader} pinned no {author}"))
}

fn sections(value: &Value) -> BTreeMap<String, String> {
    value.as_object().unwrap().iter().map(|(name, text)| (name.clone(), self::text(text).to_owned())).collect()
}

fn opened(sections: BTreeMap<String, zeroize::Zeroizing<String>>) -> BTreeMap<String, String> {
    sections.into_iter().map(|(name, text)| (name, text.to_string())).collect()
}

/// What sealing ends in.
fn seals(vault: &Vault) -> &'static str {
    let note = NewPrivateNote { client: ClientId([1; 16]), session: None, record: None, text: "x", is_final: false };
    vault.private().seal(note, *NOW).err().map_or("sealed", |error| error.code())
}

#[test]
fn accounts() {
    for vector in with_vault() {
        let vault = &VAULTS[text(&vector["name"])];
        assert_eq!(vault.account().to_string(), text(&vector["account"]));
        assert_eq!(vault.fingerprint(), text(&vector["fingerprint"]));
        assert_eq!(vault.generation(), vector["vault"]["generation"].as_u64().unwrap());
        assert_eq!(vault.reveal_account_secret().as_str(), text(&vector["account_secret_text"]));
        list(&vector["pins"]).for_each(|pin| assert!(vault.verified(&identity(text(pin))).is_some()));

        let entry = bytes(&vector["key_log"]["entry"]);
        let entry = KeyLogEntry::decode_unverified(&entry).unwrap();
        let payload = KeyLogEntry::encode_payload(entry.sequence, entry.previous, entry.at, &entry.statement);
        assert_eq!(payload, bytes(&vector["key_log"]["payload"]));
        assert_eq!(entry.signed.key_id.to_string(), text(&vector["public"]["key_id_ed25519"]));
        let message = to_be_signed(Purpose::KeyLog, entry.signed.key_id, entry.signed.payload);
        assert_eq!(message, bytes(&vector["key_log"]["sig_structure"]));

        let slot = bytes(&vector["slot"]["sealed"]);
        let slot = Slot::decode(&slot).unwrap();
        assert_eq!(slot.parameters.encode(), bytes(&vector["slot"]["parameters"]));
        assert_eq!(slot.commitment.as_slice(), bytes(&vector["slot"]["commitment"]));
        assert_eq!(slot.sealed.associated_data(), bytes(&vector["slot"]["enc_structure"]));
        assert_eq!(seals(vault), "no_recovery", "a vault of the first form has no recovery code");
    }
    for vector in list(&ACCOUNTS["logins"]) {
        let vault = &VAULTS[text(&vector["account"])];
        let challenge: [u8; 32] = bytes(&vector["challenge"]).try_into().unwrap();
        let login = vault.login(&challenge, text(&vector["origin"])).unwrap();
        assert_eq!(login, bytes(&vector["login"]), "Ed25519 is deterministic: so are we");
        assert_eq!(Login::decode(&login).unwrap().challenge, &challenge);
    }
    list(&ACCOUNTS["account_secrets"]["accepted"])
        .for_each(|typed| assert!(account_secret::is_well_formed(text(typed))));
}

#[test]
fn private_notes() {
    for vector in list(&file("private-notes.json")["notes"]) {
        let sealed = bytes(&vector["sealed"]);
        let note = VAULTS[text(&vector["author"])].private().open(&sealed).unwrap();
        assert_eq!(note.text.as_str(), text(&vector["texts"]["note"]));
        let decoded = PrivateNote::decode(&sealed).unwrap();
        check_version(vector, &decoded.version.manifest, decoded.version.signed.payload);
        assert_eq!(decoded.version.hash().to_string(), text(&vector["version"]["hash"]));
        assert_eq!(decoded.body.associated_data(), bytes(&vector["sections"][0]["enc_structure"]));
        assert_eq!(decoded.wrap.associated_data(), bytes(&vector["wrap"]["enc_structure"]));
        // The keys' 32 bytes, and where there is one the author's tag.
        let tagged = vector["wrap"].get("author_tag").map_or(0, |tag| bytes(tag).len());
        assert_eq!(decoded.wrap.ciphertext.len(), 32 + tagged + TAG_LEN);
        let again = PrivateNote::encode(decoded.version.signed.raw, decoded.wrap.raw, decoded.body.raw);
        assert_eq!(again, sealed);
    }
}

fn check_version(vector: &Value, manifest: &Manifest, payload: &[u8]) {
    assert_eq!(manifest.encode(), payload);
    assert_eq!(payload, bytes(&vector["version"]["manifest"]));
    for section in list(&vector["sections"]) {
        let name = text(&section["section"]);
        assert_eq!(manifest.context(name).to_string(), text(&section["context"]));
        assert_eq!(manifest.section(name).unwrap().body.to_string(), text(&section["hash"]));
    }
}

#[test]
fn chart_records() {
    for vector in list(&file("chart-records.json")["records"]) {
        let sealed = bytes(&vector["sealed"]);
        let author = text(&vector["author"]);
        let chart = VAULTS[author].chart();
        assert_eq!(opened(chart.open(&sealed).unwrap().sections), sections(&vector["texts"]));
        let decoded = ChartRecord::decode(&sealed).unwrap();
        check_version(vector, &decoded.version.manifest, decoded.version.signed.payload);
        for grant in list(&vector["grants"]) {
            let recipient = text(&grant["recipient"]);
            let (bytes_of_grant, shared) = (bytes(&grant["grant"]), bytes(&grant["shared"]));
            if let Some(vault) = VAULTS.get(recipient) {
                let author = verified(recipient, author);
                let read = vault.chart().open_shared(&shared, &bytes_of_grant, &author, *NOW).unwrap();
                assert_eq!(opened(read.sections), sections(&grant["texts"]));
            }
            check_grant(grant, &Grant::decode(&bytes_of_grant).unwrap());
            let exported = chart.export_sections(&sealed, [bytes_of_grant.as_slice()]).unwrap();
            assert_eq!(exported.len(), grant["export"].as_object().unwrap().len());
            exported.iter().for_each(|(name, exported)| assert_eq!(*exported, bytes(&grant["export"][name])));
        }
    }
}

fn check_grant(vector: &Value, grant: &Grant<'_>) {
    for (key, (section, recipient)) in list(&vector["keys"]).zip(&grant.keys) {
        assert_eq!(*section, text(&key["section"]));
        assert_eq!(grant.header.context(section).to_string(), text(&key["context"]));
        assert_eq!(recipient.info(), bytes(&key["info"]));
        assert_eq!(recipient.encapsulated_key, bytes(&key["ek"]));
    }
    assert_eq!(grant.signed.proof().is_some(), vector.get("tree").is_some());
}

/// Ed25519 is deterministic and so is the tree: the grants that were made at once come out as they are, receipts and all.
#[test]
fn grants_made_at_once() {
    let seed = bytes(&account("demo-clinician")["epoch"]["ed25519_seed"]).try_into().unwrap();
    let signing = SigningKey::from_bytes(&seed);
    let mut trees = BTreeMap::<&str, BTreeMap<u64, &Value>>::new();
    let records = file("chart-records.json");
    for grant in list(&records["records"]).flat_map(|record| list(&record["grants"])) {
        if let Some(tree) = grant.get("tree") {
            trees.entry(text(&tree["name"])).or_default().insert(tree["index"].as_u64().unwrap(), grant);
        }
    }
    assert_eq!(trees.values().map(BTreeMap::len).collect::<Vec<_>>(), [5, 3, 2]);
    for grants in trees.into_values() {
        let made: Vec<Vec<u8>> = grants.values().map(|grant| bytes(&grant["grant"])).collect();
        let decoded: Vec<_> = made.iter().map(|bytes| Grant::decode(bytes).unwrap()).collect();
        let payloads: Vec<&[u8]> = decoded.iter().map(|grant| grant.signed.payload).collect();
        let again = Sign1::encode_together(
            Purpose::Grants,
            KeyId::of_ed25519(&signing.verifying_key()),
            &payloads,
            |message| {
                grants.values().for_each(|grant| assert_eq!(message, bytes(&grant["sig_structure"])));
                signing.sign(message).to_bytes()
            },
        );
        assert_eq!(again, made);
        for (grant, decoded) in grants.values().zip(&decoded) {
            assert_eq!(decoded.signed.proof().unwrap(), bytes(&grant["tree"]["proof"]));
            assert_eq!(decoded.signed.signature().as_slice(), bytes(&grant["signature"]));
        }
    }
}

#[test]
fn drafts() {
    for vector in list(&file("drafts.json")["drafts"]) {
        let sealed = bytes(&vector["sealed"]);
        let vault = &VAULTS[text(&vector["author"])];
        let drawer = if vector["drawer"] == "private" { Drawer::Private } else { Drawer::Chart };
        let decoded = Draft::decode(&sealed, drawer).unwrap();
        assert_eq!(decoded.parameters.encode(), bytes(&vector["encoded_parameters"]));
        match drawer {
            Drawer::Private => {
                assert_eq!(vault.private().open_draft(&sealed).unwrap().text.as_str(), text(&vector["text"]));
            }
            Drawer::Chart => {
                let draft = vault.chart().open_draft(&sealed).unwrap();
                assert_eq!(opened(draft.sections), sections(&vector["texts"]));
            }
        }
    }
}

fn floor(vector: &Value) -> pad::Floor {
    if vector["floor"] == 4096 { pad::Floor::Vault } else { pad::Floor::Text }
}

#[test]
fn padding() {
    let file = file("padding.json");
    for vector in list(&file["lengths"]) {
        let length = vector["length"].as_u64().unwrap() as usize;
        assert_eq!(pad::padded_len(length, floor(vector)) as u64, vector["padded_length"].as_u64().unwrap());
    }
    for vector in list(&file["padded"]) {
        let mut padded = bytes(&vector["text"]);
        pad::pad(&mut padded, 0, floor(vector));
        assert_eq!(padded, bytes(&vector["padded"]));
    }
}

/// Carries out an operation of failures.json; the error, if it is refused.
fn run(operation: &str, case: &Value, input: &dyn Fn(&str) -> Vec<u8>) -> Option<Error> {
    let vault = || &VAULTS[text(&case["account"])];
    match operation {
        "unlock" => {
            unlock(&input("vault"), &[input("slot")], text(&case["passphrase"]), text(&case["account_secret"])).err()
        }
        "readKeyLog" => {
            let account = text(&case["id"]).parse().unwrap();
            Identity::from_key_log(account, [input("entry").as_slice()]).err()
        }
        "accountSecret" => {
            (!account_secret::is_well_formed(text(&case["text"]))).then_some(Error::InvalidAccountSecret)
        }
        "unpad" => pad::unpad(&input("padded"), pad::Floor::Text).err().map(Error::from),
        "openPrivateNote" => vault().private().open(&input("sealed")).err(),
        "openChartRecord" => vault().chart().open(&input("sealed")).err(),
        "openPrivateDraft" => vault().private().open_draft(&input("sealed")).err(),
        "openChartDraft" => vault().chart().open_draft(&input("sealed")).err(),
        "openSharedChartRecord" => {
            let author = verified(text(&case["account"]), text(&case["author"]));
            vault().chart().open_shared(&input("sealed"), &input("grant"), &author, *NOW).err()
        }
        other => panic!("unknown operation {other}"),
    }
}

/// An input as written, or a named object with edits: `[at, removed, inserted, repeat?]` from its start.
fn raw(objects: &Value, value: &Value) -> Vec<u8> {
    let Some(name) = value.get("of") else { return bytes(value) };
    let base = bytes(&objects[text(name)]);
    let (mut out, mut end) = (Vec::new(), 0);
    for edit in value.get("edits").and_then(Value::as_array).into_iter().flatten() {
        let number = |index: usize| edit.get(index).map_or(1, |value| value.as_u64().unwrap() as usize);
        out.extend_from_slice(&base[end..number(0)]);
        out.extend(bytes(&edit[2]).repeat(number(3)));
        end = number(0) + number(1);
    }
    out.extend_from_slice(&base[end..]);
    out
}

#[test]
fn failures() {
    check_failures(&file("failures.json"), run);
}

/// A case, and its inputs by name.
type Run = fn(&str, &Value, &dyn Fn(&str) -> Vec<u8>) -> Option<Error>;

fn check_failures(file: &Value, run: Run) {
    let mut wrong = Vec::new();
    let mut expect = |case: &Value, error: Option<Error>| {
        let code = error.map_or("opened", |error| error.code());
        if !list(&case["errors"]).any(|expected| expected == code) {
            wrong.push(format!("{}: {code}, expected {}", case["name"], case["errors"]));
        }
    };
    for case in list(&file["cases"]) {
        expect(case, run(text(&case["operation"]), case, &|field| raw(&file["objects"], &case[field])));
    }
    for sweep in list(&file["sweeps"]) {
        let field = text(&sweep["field"]);
        let base = raw(&file["objects"], &sweep[field]);
        for at in (0..base.len()).step_by(sweep["step"].as_u64().unwrap() as usize) {
            let mut altered = base.clone();
            match text(&sweep["kind"]) {
                "truncate" => altered.truncate(at),
                _ => altered[at] ^= 1 << (at % 8),
            }
            let input = |name: &str| {
                if name == field { altered.clone() } else { raw(&file["objects"], &sweep[name]) }
            };
            expect(sweep, run(text(&sweep["operation"]), sweep, &input));
        }
    }
    assert!(wrong.is_empty(), "{} of the failures differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn a_chart_body_is_no_private_body() {
    let record = bytes(&file("chart-records.json")["records"][0]["sections"][0]["body"]);
    assert!(Encrypted::decode(&record, Purpose::ChartBody).is_ok());
    assert!(Encrypted::decode(&record, Purpose::PrivateBody).is_err());
}
