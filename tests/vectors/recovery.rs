//! recovery.json and recovery-failures.json: after a rotation, through every way in, in the hands of executors.

use std::{collections::BTreeMap, sync::LazyLock};

use sealed_notes::{
    DealId, DealKind, Error, Identity, OpenedShare, OpenedWill, OwnRequest, Request, RequestKind, SlotKind, Stretched,
    Timestamp, UnlockWith, Vault, VerifiedIdentity, WillScope,
    format::{
        Purpose,
        container::{ChartRecord, PrivateNote},
        cose::to_be_signed,
        grant::Grant,
        id::AccountId,
        keylog::{KeyLog, KeyLogEntry},
        recovery::{SealedTo, Share, Will},
        slot::Slot,
    },
    keys::account_secret,
};
use serde_json::Value;

use super::{NOW, bytes, check_failures, check_grant, check_version, file, list, opened, raw, seals, sections, text};

static FILE: LazyLock<Value> = LazyLock::new(|| file("recovery.json"));
static VAULTS: LazyLock<BTreeMap<&str, Vault>> = LazyLock::new(|| {
    list(&FILE["accounts"])
        .map(|account| {
            let (passphrase, secret) = (&account["slots"][0]["passphrase"], &account["account_secret_text"]);
            let vault = super::unlock(&vault_of(account), &slots_of(account), text(passphrase), text(secret)).unwrap();
            (text(&account["name"]), vault)
        })
        .collect()
});

pub(super) fn account(name: &str) -> &'static Value {
    list(&FILE["accounts"]).find(|account| account["name"] == name).unwrap()
}

fn account_id(name: &str) -> AccountId {
    text(&account(name)["account"]).parse().unwrap()
}

pub(super) fn vault_of(account: &Value) -> Vec<u8> {
    bytes(&account["vault"]["sealed"])
}

pub(super) fn slots_of(account: &Value) -> Vec<Vec<u8>> {
    list(&account["slots"]).map(|slot| bytes(&slot["sealed"])).collect()
}

/// From the first `entries` of the account's key log, or all.
pub(super) fn identity(name: &str, entries: Option<u64>) -> Result<Identity, Error> {
    let log: Vec<_> = list(&account(name)["key_log"]).map(|entry| bytes(&entry["entry"])).collect();
    let entries = entries.map_or(log.len(), |entries| entries as usize);
    Identity::from_key_log(account_id(name), log[..entries].iter().map(Vec::as_slice))
}

fn owner(vector: &Value) -> Identity {
    identity(text(&vector["owner"]), None).unwrap()
}

fn deal(field: &str, value: &Value) -> &'static Value {
    list(&FILE["deals"]).find(|deal| deal[field] == *value).unwrap()
}

fn deal_id(bytes: Vec<u8>) -> DealId {
    DealId(bytes.try_into().unwrap())
}

fn as_slices(shares: &[Vec<u8>]) -> Vec<&[u8]> {
    shares.iter().map(Vec::as_slice).collect()
}

fn shares_of(deal: &Value, numbers: &Value) -> Vec<Vec<u8>> {
    let number = |number: &Value| number.as_u64().unwrap() as usize - 1;
    list(numbers).map(|at| bytes(&deal["shares"][number(at)]["share"])).collect()
}

#[test]
fn every_slot_opens_its_vault() {
    for account in list(&FILE["accounts"]) {
        let (sealed, slots) = (vault_of(account), slots_of(account));
        // What a later release adds is passed over.
        let later = [slots[1].as_slice(), b"v1.slot", b"v2.slot"];
        let at = later[0].windows(7).position(|window| window == later[1]).unwrap();
        let later = [&later[0][..at], later[2], &later[0][at + 7..]].concat();
        let all = || [later.as_slice()].into_iter().chain(slots.iter().map(Vec::as_slice));
        for (vector, sealed_slot) in list(&account["slots"]).zip(&slots) {
            let slot = Slot::decode(sealed_slot).unwrap();
            assert_eq!(slot.parameters.encode(), bytes(&vector["parameters"]));
            assert_eq!(slot.commitment.as_slice(), bytes(&vector["commitment"]));
            assert_eq!(slot.sealed.associated_data(), bytes(&vector["enc_structure"]));
            let kind = slot.parameters.way.kind();
            assert_eq!(kind as u64, vector["kind"].as_u64().unwrap());

            let name = text(&account["name"]);
            let unlock = |with: UnlockWith<'_>| Vault::unlock(&sealed, all(), with).unwrap();
            let vault = match kind {
                SlotKind::Passphrase => {
                    let stretched = Stretched::for_slots(text(&vector["passphrase"]), all()).unwrap();
                    let account_secret = text(&account["account_secret_text"]);
                    unlock(UnlockWith::Passphrase { stretched: &stretched, account_secret })
                }
                SlotKind::Passkey => unlock(UnlockWith::Passkey { prf: &bytes(&vector["secret"]).try_into().unwrap() }),
                SlotKind::RecoveryCode => unlock(UnlockWith::RecoveryCode(text(&vector["text"]))),
                SlotKind::Trustees => {
                    let (deal, owner) = (deal("deal", &vector["slot"]), identity(name, None).unwrap());
                    let rebuilt = list(&deal["rebuilt_by"]).map(|numbers| {
                        let shares = shares_of(deal, numbers);
                        unlock(UnlockWith::Shares { owner: &owner, shares: &as_slices(&shares) })
                    });
                    rebuilt.last().unwrap()
                }
            };
            check_vault(account, &vault, kind);
        }
    }
}

fn check_vault(account: &Value, vault: &Vault, through: SlotKind) {
    let used_up = through == SlotKind::RecoveryCode;
    assert_eq!(vault.has_confirmed_recovery(), !used_up);
    assert_eq!(seals(vault), if used_up { "no_recovery" } else { "sealed" });
    assert_eq!(vault.account().to_string(), text(&account["account"]));
    assert_eq!(vault.fingerprint(), text(&account["fingerprint"]));
    assert_eq!(vault.generation(), account["vault"]["generation"].as_u64().unwrap());
    assert_eq!(vault.epoch_number(), list(&account["epochs"]).count() as u64);
    assert_eq!(vault.reveal_account_secret().as_str(), text(&account["account_secret_text"]));
    assert_eq!(vault.unlock_slots().len(), list(&account["slots"]).count());
    for (slot, vector) in vault.unlock_slots().iter().zip(list(&account["slots"])) {
        let checked_at = vector["checked_at"].as_u64().map(Timestamp);
        assert_eq!((slot.slot.to_string(), slot.checked_at), (text(&vector["slot"]).to_owned(), checked_at));
        assert_eq!((slot.kind as u64, slot.generation), (number(&vector["kind"]), number(&vector["generation"])));
        assert_eq!((slot.name.as_str(), slot.added_at.0), (text(&vector["name"]), number(&vector["added_at"])));
    }
    for (device, vector) in vault.devices().iter().zip(list(&account["devices"])) {
        assert_eq!(device.device.to_string(), text(&vector["device"]));
        assert_eq!((device.name.as_str(), device.added_at.0), (text(&vector["name"]), number(&vector["added_at"])));
    }
    assert_eq!(vault.devices().len(), list(&account["devices"]).count());
    assert_eq!(vault.deals().len(), list(&account["deals"]).count());
    for (known, name) in vault.deals().iter().zip(list(&account["deals"])) {
        let vector = deal("name", name);
        assert_eq!(
            (known.kind as u64, known.deal.to_string()),
            (number(&vector["kind"]), text(&vector["deal"]).to_owned())
        );
        assert_eq!((known.threshold, known.dealt_at.0), (number(&vector["threshold"]), number(&vector["dealt_at"])));
        for (share, vector) in known.shares.iter().zip(list(&vector["shares"])) {
            assert_eq!(
                (share.name.as_str(), share.account),
                (text(&vector["name"]), vector["holder"].as_str().map(account_id))
            );
        }
    }
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap()
}

#[test]
fn key_logs() {
    for account in list(&FILE["accounts"]) {
        let entries: Vec<_> = list(&account["key_log"]).map(|entry| bytes(&entry["entry"])).collect();
        let id = account_id(text(&account["name"]));
        KeyLog::read(id, entries.iter().map(Vec::as_slice)).unwrap();
        for (bytes_of_entry, vector) in entries.iter().zip(list(&account["key_log"])) {
            let entry = KeyLogEntry::decode_unverified(bytes_of_entry).unwrap();
            let payload = KeyLogEntry::encode_payload(entry.sequence, entry.previous, entry.at, &entry.statement);
            assert_eq!(payload, bytes(&vector["payload"]));
            assert_eq!(entry.signed.hash().to_string(), text(&vector["hash"]));
            let message = to_be_signed(Purpose::KeyLog, entry.signed.key_id, entry.signed.payload);
            assert_eq!(message, bytes(&vector["sig_structure"]));
        }
    }
    for row in list(&FILE["verified"]) {
        let known = identity(text(&row["account"]), row["entries"].as_u64()).unwrap();
        assert_eq!(VAULTS[text(&row["by"])].verified(&known).is_some(), row["verified"].as_bool().unwrap(), "{row}");
    }
}

#[test]
fn recovery_codes() {
    list(&FILE["recovery_codes"]["accepted"])
        .for_each(|typed| assert!(account_secret::is_well_formed_code(text(typed)), "{typed}"));
}

#[test]
fn what_was_sealed_under_either_epoch_opens() {
    for vector in list(&FILE["notes"]) {
        let sealed = bytes(&vector["sealed"]);
        let note = VAULTS[text(&vector["author"])].private().open(&sealed).unwrap();
        assert_eq!(note.text.as_str(), text(&vector["texts"]["note"]));
        let decoded = PrivateNote::decode(&sealed).unwrap();
        assert_eq!(decoded.version.manifest.epoch, number(&vector["manifest"]["epoch"]));
        check_version(vector, &decoded.version.manifest, decoded.version.signed.payload);
    }
    for vector in list(&FILE["records"]) {
        let (sealed, author) = (bytes(&vector["sealed"]), text(&vector["author"]));
        let chart = VAULTS[author].chart();
        assert_eq!(opened(chart.open(&sealed).unwrap().sections), sections(&vector["texts"]));
        let decoded = ChartRecord::decode(&sealed).unwrap();
        check_version(vector, &decoded.version.manifest, decoded.version.signed.payload);
        for grant in list(&vector["grants"]) {
            let (bytes_of_grant, shared) = (bytes(&grant["grant"]), bytes(&grant["shared"]));
            check_grant(grant, &Grant::decode(&bytes_of_grant).unwrap());
            let reader = &VAULTS[text(&grant["recipient"])];
            let author = trusted(reader, &identity(author, None).unwrap());
            let read = reader.chart().open_shared(&shared, &bytes_of_grant, &author, *NOW).unwrap();
            assert_eq!(opened(read.sections), sections(&grant["texts"]));
            let exported = chart.export_sections(&sealed, [bytes_of_grant.as_slice()]).unwrap();
            exported.iter().for_each(|(name, exported)| assert_eq!(*exported, bytes(&grant["export"][name])));
        }
    }
}

/// Whom `reader` pinned, once she accepted the keys that came after.
fn trusted(reader: &Vault, author: &Identity) -> VerifiedIdentity {
    reader.verified(author).unwrap_or_else(|| reader.clone().accept_keys(author, *NOW).unwrap().0)
}

fn kind_of(deal: &Value) -> DealKind {
    if deal["kind"] == 1 { DealKind::Trustees } else { DealKind::Will }
}

#[test]
fn shares() {
    for deal in list(&FILE["deals"]) {
        let owner = owner(deal);
        for vector in list(&deal["shares"]) {
            let share = bytes(&vector["share"]);
            let decoded = Share::decode(&share).unwrap();
            assert_eq!(decoded.place.encode(decoded.value), bytes(&vector["payload"]));
            assert_eq!(decoded.value.as_slice(), bytes(&vector["value"]));
            let message = to_be_signed(Purpose::Share, decoded.signed.key_id, decoded.signed.payload);
            assert_eq!(message, bytes(&vector["sig_structure"]));
            for typed in [text(&vector["text"]).to_owned(), text(&vector["text"]).to_lowercase().replace('-', " ")] {
                assert_eq!(*OpenedShare::from_text(&owner, &typed).unwrap().bytes, share);
            }
            let Some(holder) = vector["holder"].as_str() else { continue };
            let sealed = bytes(&vector["sealed"]["sealed"]);
            check_sealed_to(&vector["sealed"], &SealedTo::decode(&sealed, Purpose::SealedShare).unwrap());
            let opened =
                VAULTS[holder].open_share(&owner, kind_of(deal), deal_id(bytes(&deal["deal"])), &sealed).unwrap();
            assert_eq!((opened.place, opened.bytes.as_slice()), (decoded.place, share.as_slice()));
        }
    }
}

fn check_sealed_to(vector: &Value, sealed: &SealedTo<'_>) {
    assert_eq!(sealed.recipient.context.to_string(), text(&vector["context"]));
    assert_eq!(sealed.recipient.info(), bytes(&vector["info"]));
    assert_eq!(sealed.recipient.encapsulated_key, bytes(&vector["ek"]));
    assert_eq!(sealed.sealed.associated_data(), bytes(&vector["enc_structure"]));
}

#[test]
fn requests_and_answers() {
    for vector in list(&FILE["requests"]) {
        let request = bytes(&vector["request"]);
        let decoded = Request::decode(&request).unwrap();
        assert_eq!(
            (decoded.account, decoded.created_at),
            (account_id(text(&vector["account"])), number(&vector["created_at"]))
        );
        assert_eq!(decoded.xwing.as_slice(), bytes(&vector["xwing"]));
        assert_eq!(
            (decoded.hash().to_string().as_str(), decoded.code().as_str()),
            (text(&vector["hash"]), text(&vector["code"]))
        );
        assert_eq!(decoded.kind as u64, number(&vector["kind"]));
        let (sealed, plaintext) = (bytes(&vector["answers"][0]["sealed"]), bytes(&vector["answers"][0]["plaintext"]));
        check_sealed_to(&vector["answers"][0], &SealedTo::decode(&sealed, Purpose::Answer).unwrap());
        if decoded.kind == RequestKind::Will {
            let claimant = &VAULTS[text(&vector["claimant"])];
            assert_eq!(claimant.claim_will(decoded.account, Timestamp(decoded.created_at)), request);
            assert_eq!(*claimant.open_answer(&request, &sealed).unwrap().bytes, plaintext);
            continue;
        }
        let kept = bytes(&vector["kept"]["sealed"]);
        let stretched = Stretched::for_slots(text(&vector["kept"]["passphrase"]), [kept.as_slice()]).unwrap();
        let own = OwnRequest::resume(&request, &kept, &stretched).unwrap();
        if decoded.kind == RequestKind::Trustees {
            assert_eq!(*own.open_share(&sealed).unwrap().bytes, plaintext);
            continue;
        }
        let secret = &account(text(&vector["account"]))["account_secret_text"];
        assert_eq!(own.open_device_answer(&sealed).unwrap().account_secret.as_str(), text(secret));
        for code in list(&vector["accepted"]) {
            let answer = VAULTS[text(&vector["account"])].answer_device(&request, text(code)).unwrap();
            assert_eq!(own.open_device_answer(&answer).unwrap().account_secret.as_str(), text(secret));
        }
    }
}

#[test]
fn wills() {
    let notes = list(&FILE["notes"]).map(|note| (&note["name"], note, true));
    let records: Vec<_> = notes.chain(list(&FILE["records"]).map(|record| (&record["name"], record, false))).collect();
    for vector in list(&FILE["wills"]) {
        let (sealed, deal) = (bytes(&vector["sealed"]), deal("name", &vector["deal"]));
        let decoded = Will::decode(&sealed).unwrap();
        assert_eq!(decoded.parameters.encode(), bytes(&vector["parameters"]));
        assert_eq!(decoded.commitment.as_slice(), bytes(&vector["commitment"]));
        assert_eq!(decoded.sealed.associated_data(), bytes(&vector["enc_structure"]));
        for numbers in list(&deal["rebuilt_by"]) {
            let shares = shares_of(deal, numbers);
            let will = OpenedWill::open(&sealed, &owner(vector), &as_slices(&shares)).unwrap();
            assert_eq!(will.scope as u64, number(&vector["scope"]));
            assert_eq!(will.scope == WillScope::ChartAndPrivate, list(&vector["opens"]).count() > 1);
            for name in list(&vector["opens"]) {
                let (_, record, is_private) = records.iter().find(|(known, ..)| *known == name).unwrap();
                let sealed = bytes(&record["sealed"]);
                if *is_private {
                    assert_eq!(will.open_private(&sealed).unwrap().text.as_str(), text(&record["texts"]["note"]));
                } else {
                    assert_eq!(opened(will.open_chart(&sealed).unwrap().sections), sections(&record["texts"]));
                }
            }
        }
    }
}

#[test]
fn failures() {
    check_failures(&FAILURES, run);
}

static FAILURES: LazyLock<Value> = LazyLock::new(|| file("recovery-failures.json"));

/// The shares of a case, as bytes or as they are printed.
fn shares_in(case: &Value) -> Result<Vec<Vec<u8>>, Error> {
    if let Some(shares) = case.get("shares") {
        return Ok(list(shares).map(|share| raw(&FAILURES["objects"], share)).collect());
    }
    list(&case["texts"]).map(|typed| Ok(OpenedShare::from_text(&owner(case), text(typed))?.bytes.to_vec())).collect()
}

fn open_will(case: &Value, will: &[u8]) -> Result<OpenedWill, Error> {
    let shares = shares_in(case)?;
    OpenedWill::open(will, &owner(case), &as_slices(&shares))
}

fn run(operation: &str, case: &Value, input: &dyn Fn(&str) -> Vec<u8>) -> Option<Error> {
    attempt(operation, case, input).err()
}

fn attempt(operation: &str, case: &Value, input: &dyn Fn(&str) -> Vec<u8>) -> Result<(), Error> {
    let vault = || &VAULTS[text(&case["account"])];
    let unlock = |with: UnlockWith<'_>| Vault::unlock(&input("vault"), [input("slot").as_slice()], with).map(drop);
    let kind = || if case["deal_kind"] == "trustees" { DealKind::Trustees } else { DealKind::Will };
    match operation {
        "unlockWithPasskey" => unlock(UnlockWith::Passkey { prf: &input("prf").try_into().unwrap() }),
        "unlockWithRecoveryCode" => unlock(UnlockWith::RecoveryCode(text(&case["recovery_code"]))),
        "unlockWithShares" => {
            let shares = shares_in(case)?;
            unlock(UnlockWith::Shares { owner: &owner(case), shares: &as_slices(&shares) })
        }
        "readKeyLog" => {
            let entries = [Some(input("entry")), case.get("next").map(|_| input("next"))];
            let entries = entries.iter().flatten().map(Vec::as_slice);
            Identity::from_key_log(text(&case["id"]).parse().unwrap(), entries).map(drop)
        }
        "recoveryCode" => {
            account_secret::is_well_formed_code(text(&case["text"])).then_some(()).ok_or(Error::InvalidRecoveryCode)
        }
        "openRequest" => Request::decode(&input("request")).map(drop),
        "answerDevice" => vault().answer_device(&input("request"), text(&case["code"])).map(drop),
        "answerWithShare" => {
            let share = OpenedShare::from_text(&owner(case), text(&case["text"]))?;
            vault().answer_with_share(&share, &input("request"), text(&case["code"])).map(drop)
        }
        "openShare" => vault().open_share(&owner(case), kind(), deal_id(input("deal")), &input("sealed")).map(drop),
        "openAnswer" => vault().open_answer(&input("request"), &input("answer")).map(drop),
        "readPrintedShare" => OpenedShare::from_text(&owner(case), text(&case["text"])).map(drop),
        "openWill" => open_will(case, &input("will")).map(drop),
        "openPrivateNoteByWill" => open_will(case, &input("will"))?.open_private(&input("sealed")).map(drop),
        "openChartRecordByWill" => open_will(case, &input("will"))?.open_chart(&input("sealed")).map(drop),
        "openSharedChartRecord" => {
            let author = trusted(vault(), &identity(text(&case["author"]), case["entries"].as_u64())?);
            vault().chart().open_shared(&input("sealed"), &input("grant"), &author, *NOW).map(drop)
        }
        _ => super::run(operation, case, input).map_or(Ok(()), Err),
    }
}
