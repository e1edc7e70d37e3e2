//! Keys to open with: the synthetic accounts of tests/vectors, unlocked once per process.

use std::{collections::BTreeMap, sync::OnceLock};

use sealed_notes::{
    DealId, Identity, OpenedShare, OpenedWill, OwnRequest, Stretched, Timestamp, UnlockWith, Vault, VerifiedIdentity,
    format::id::AccountId,
};
use serde_json::Value;

use super::vectors::{bytes, file, list, text};

pub struct Account {
    pub id: AccountId,
    pub vault: Vault,
    pub key_log: Vec<Vec<u8>>,
    pub sealed_vault: Vec<u8>,
    pub slots: Vec<Vec<u8>>,
    /// Of a passkey slot.
    pub prf: Option<[u8; 32]>,
    pub recovery_code: String,
}

/// A stored object and what it holds, by section; `note` for a private note, empty where there is no section.
pub struct Sealed {
    pub owner: String,
    pub bytes: Vec<u8>,
    pub texts: BTreeMap<String, String>,
}

/// What a reader was handed.
pub struct Shared {
    pub reader: String,
    pub author: VerifiedIdentity,
    pub record: Vec<u8>,
    pub grant: Vec<u8>,
    pub texts: BTreeMap<String, String>,
}

pub struct Deal {
    pub owner: Identity,
    pub deal: DealId,
    pub is_will: bool,
    pub shares: Vec<Vec<u8>>,
    /// As printed.
    pub texts: Vec<String>,
    /// Holder, and the share sealed to her.
    pub sealed: Vec<(String, Vec<u8>)>,
}

pub struct World {
    pub now: Timestamp,
    pub accounts: BTreeMap<String, Account>,
    pub notes: Vec<Sealed>,
    pub records: Vec<Sealed>,
    pub private_drafts: Vec<Sealed>,
    pub chart_drafts: Vec<Sealed>,
    pub shared: Vec<Shared>,
    pub deals: Vec<Deal>,
    /// Device and trustees: with the key, which was kept under a passphrase.
    pub own_requests: Vec<OwnRequest>,
    pub kept: Vec<Vec<u8>>,
    pub kept_under: Stretched,
    /// Device, trustees, will: request, its code, the answer.
    pub requests: Vec<(Vec<u8>, String, Vec<u8>)>,
    pub claimant: String,
    /// With the place of its deal.
    pub wills: Vec<(Vec<u8>, usize)>,
    pub opened_wills: Vec<OpenedWill>,
}

pub fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(make)
}

impl World {
    pub fn identity(&self, name: &str) -> Identity {
        let account = &self.accounts[name];
        Identity::from_key_log(account.id, account.key_log.iter().map(Vec::as_slice)).unwrap()
    }
}

fn texts(value: &Value) -> BTreeMap<String, String> {
    value.as_object().unwrap().iter().map(|(name, value)| (name.clone(), text(value).to_owned())).collect()
}

fn sealed(value: &Value, texts: BTreeMap<String, String>) -> Sealed {
    Sealed { owner: text(&value["author"]).to_owned(), bytes: bytes(&value["sealed"]), texts }
}

/// An account of recovery.json: by its recovery code, which takes no stretching.
fn rotated(account: &Value) -> Account {
    let sealed_vault = bytes(&account["vault"]["sealed"]);
    let slots: Vec<_> = list(&account["slots"]).map(|slot| bytes(&slot["sealed"])).collect();
    let of_kind = |kind: u64| list(&account["slots"]).find(move |slot| slot["kind"] == kind);
    let recovery_code = text(&of_kind(3).unwrap()["text"]).to_owned();
    let with = UnlockWith::RecoveryCode(&recovery_code);
    Account {
        id: text(&account["account"]).parse().unwrap(),
        vault: Vault::unlock(&sealed_vault, slots.iter().map(Vec::as_slice), with).unwrap(),
        key_log: list(&account["key_log"]).map(|entry| bytes(&entry["entry"])).collect(),
        prf: of_kind(2).map(|slot| bytes(&slot["secret"]).try_into().unwrap()),
        sealed_vault,
        slots,
        recovery_code,
    }
}

/// An account of accounts.json, which has a passphrase only.
fn first_form(account: &Value) -> Account {
    let (sealed_vault, slots) = (bytes(&account["vault"]["sealed"]), vec![bytes(&account["slot"]["sealed"])]);
    let passphrase = String::from_utf8(bytes(&account["slot"]["passphrase_nfkc"])).unwrap();
    let stretched = &Stretched::for_slots(&passphrase, slots.iter().map(Vec::as_slice)).unwrap();
    let with = UnlockWith::Passphrase { stretched, account_secret: text(&account["account_secret_text"]) };
    Account {
        id: text(&account["account"]).parse().unwrap(),
        vault: Vault::unlock(&sealed_vault, slots.iter().map(Vec::as_slice), with).unwrap(),
        key_log: vec![bytes(&account["key_log"]["entry"])],
        sealed_vault,
        slots,
        prf: None,
        recovery_code: String::new(),
    }
}

fn make() -> World {
    let (first, rotation) = (file("accounts.json"), file("recovery.json"));
    let records = [file("chart-records.json"), rotation.clone()];
    let notes = [file("private-notes.json"), rotation.clone()];
    let drafts = file("drafts.json");
    let with_vault = list(&first["accounts"]).filter(|account| account.get("vault").is_some());
    let accounts = with_vault
        .map(|account| (text(&account["name"]).to_owned(), first_form(account)))
        .chain(list(&rotation["accounts"]).map(|account| (text(&account["name"]).to_owned(), rotated(account))));
    let kept = |at: usize| bytes(&rotation["requests"][at]["kept"]["sealed"]);
    let kept = vec![kept(0), kept(1)];
    let passphrase = text(&rotation["requests"][0]["kept"]["passphrase"]);
    let mut world = World {
        now: Timestamp(first["now"].as_u64().unwrap()),
        accounts: accounts.collect(),
        notes: notes.iter().flat_map(|file| list(&file["notes"])).map(|v| sealed(v, texts(&v["texts"]))).collect(),
        records: records.iter().flat_map(|f| list(&f["records"])).map(|v| sealed(v, texts(&v["texts"]))).collect(),
        private_drafts: list(&drafts["drafts"])
            .filter(|draft| draft["drawer"] == "private")
            .map(|draft| sealed(draft, [(String::new(), text(&draft["text"]).to_owned())].into()))
            .collect(),
        chart_drafts: list(&drafts["drafts"])
            .filter(|draft| draft["drawer"] == "chart")
            .map(|draft| sealed(draft, texts(&draft["texts"])))
            .collect(),
        shared: Vec::new(),
        deals: Vec::new(),
        own_requests: Vec::new(),
        kept_under: Stretched::for_slots(passphrase, [kept[0].as_slice()]).unwrap(),
        kept,
        requests: list(&rotation["requests"])
            .map(|v| (bytes(&v["request"]), text(&v["code"]).to_owned(), bytes(&v["answers"][0]["sealed"])))
            .collect(),
        claimant: text(&rotation["requests"][2]["claimant"]).to_owned(),
        wills: Vec::new(),
        opened_wills: Vec::new(),
    };
    world.share(&records);
    world.deal(&rotation);
    world.ask(&rotation);
    world
}

impl World {
    fn share(&mut self, files: &[Value]) {
        for record in files.iter().flat_map(|file| list(&file["records"])) {
            for grant in list(&record["grants"]) {
                let reader = text(&grant["recipient"]).to_owned();
                let Some(account) = self.accounts.get(&reader) else { continue };
                let Some(author) = account.vault.verified(&self.identity(text(&record["author"]))) else { continue };
                let (shared, texts) = (bytes(&grant["shared"]), texts(&grant["texts"]));
                // Some were granted for a time, which is over.
                let grant = bytes(&grant["grant"]);
                if account.vault.chart().open_shared(&shared, &grant, &author, self.now).is_ok() {
                    self.shared.push(Shared { reader, author, record: shared, grant, texts });
                }
            }
        }
        assert!(self.shared.len() > 3, "only {} grants to open", self.shared.len());
    }

    fn deal(&mut self, rotation: &Value) {
        for deal in list(&rotation["deals"]) {
            let of = |field: &'static str| list(&deal["shares"]).map(move |share| &share[field]);
            let sealed = list(&deal["shares"]).filter(|share| share["sealed"].is_object());
            self.deals.push(Deal {
                owner: self.identity(text(&deal["owner"])),
                deal: DealId(bytes(&deal["deal"]).try_into().unwrap()),
                is_will: deal["kind"] == 2,
                shares: of("share").map(bytes).collect(),
                texts: of("text").map(|value| text(value).to_owned()).collect(),
                sealed: sealed
                    .map(|share| (text(&share["holder"]).to_owned(), bytes(&share["sealed"]["sealed"])))
                    .collect(),
            });
        }
        let names: Vec<_> = list(&rotation["deals"]).map(|deal| &deal["name"]).collect();
        for will in list(&rotation["wills"]) {
            let at = names.iter().position(|name| **name == will["deal"]).unwrap();
            let (sealed, deal) = (bytes(&will["sealed"]), &self.deals[at]);
            let shares = [deal.shares[0].as_slice(), &deal.shares[1]];
            self.opened_wills.push(OpenedWill::open(&sealed, &deal.owner, &shares).unwrap());
            self.wills.push((sealed, at));
        }
        let printed = self.deals.iter().flat_map(|deal| deal.texts.iter().map(|text| (&deal.owner, text)));
        printed.for_each(|(owner, text)| drop(OpenedShare::from_text(owner, text).unwrap()));
    }

    /// A device and trustees asked: each kept key has a salt of its own, and so takes a stretching of its own.
    fn ask(&mut self, rotation: &Value) {
        for (kept, (request, ..)) in self.kept.iter().zip(&self.requests) {
            let passphrase = text(&rotation["requests"][0]["kept"]["passphrase"]);
            let stretched = Stretched::for_slots(passphrase, [kept.as_slice()]).unwrap();
            self.own_requests.push(OwnRequest::resume(request, kept, &stretched).unwrap());
        }
    }
}
