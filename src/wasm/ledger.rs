use js_sys::Array;
use sealed_notes_format::{
    id::Hash,
    ledger::{Event, EventKind, LedgerHead},
    version::Drawer,
};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

use super::{
    js::{byte_arrays, from_js, id, now, optional_id, run, slices, to_js},
    vault::VaultHandle,
};
use crate::{AboutToStore, Access, Receipt, Timestamp, Whole, error::Error};

pub(super) fn access(name: &str) -> Result<Access, Error> {
    match name {
        "newest" => Ok(Access::Newest),
        "listing" => Ok(Access::Listing),
        "earlier" => Ok(Access::Earlier),
        _ => Err(Error::InvalidInput { reason: "access is newest, listing or earlier" }),
    }
}

fn drawer(name: &str) -> Result<Drawer, Error> {
    match name {
        "private" => Ok(Drawer::Private),
        "chart" => Ok(Drawer::Chart),
        _ => Err(Error::InvalidInput { reason: "a drawer is private or chart" }),
    }
}

fn seconds(value: f64) -> Timestamp {
    Timestamp(value.max(0.0) as u64)
}

#[derive(Serialize, Deserialize)]
pub(super) struct JsHead {
    sequence: u64,
    hash: String,
}

impl JsHead {
    pub(super) fn of(head: LedgerHead) -> Self {
        Self { sequence: head.sequence, hash: head.hash.to_string() }
    }

    pub(super) fn head(self) -> Result<LedgerHead, Error> {
        Ok(LedgerHead { sequence: self.sequence, hash: id(&self.hash)? })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct JsRevoked {
    record: String,
    recipient: String,
    replaced_by: u64,
}

#[derive(Deserialize)]
struct JsListed {
    record: String,
    version: u64,
    hash: String,
}

/// What a page says was done with what.
#[derive(Deserialize)]
struct JsNote {
    kind: String,
    detail: String,
    client: Option<String>,
    drawer: Option<String>,
    record: Option<String>,
    version: Option<u64>,
    hash: Option<String>,
    person: Option<String>,
}

#[derive(Serialize)]
struct JsFinding {
    record: String,
    problem: &'static str,
    expected: u64,
    found: u64,
}

#[derive(Serialize)]
struct JsEvent {
    kind: &'static str,
    at: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    drawer: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    record: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    person: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hash: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JsEntry {
    sequence: u64,
    made_at: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    device: Option<String>,
    events: Vec<JsEvent>,
}

fn event(event: Event) -> JsEvent {
    JsEvent {
        kind: event.kind.name(),
        at: event.at,
        drawer: event.drawer.map(|drawer| if drawer == Drawer::Private { "private" } else { "chart" }),
        record: event.record.map(|id| id.to_string()),
        version: event.version,
        client: event.client.map(|id| id.to_string()),
        person: event.person.map(|id| id.to_string()),
        hash: event.hash.map(|hash| hash.to_string()),
        detail: event.detail,
    }
}

#[wasm_bindgen]
impl VaultHandle {
    #[wasm_bindgen(js_name = ledgerHead)]
    pub fn ledger_head(&self) -> Result<JsValue, JsValue> {
        run(|| {
            let head = self.open()?.ledger().head();
            to_js(&head.map(JsHead::of))
        })
    }

    #[wasm_bindgen(js_name = ledgerPending)]
    pub fn ledger_pending(&self) -> Result<usize, JsValue> {
        run(|| Ok(self.open()?.ledger().pending()))
    }

    #[wasm_bindgen(js_name = ledgerExpect)]
    pub fn ledger_expect(&self, head: JsValue) -> Result<(), JsValue> {
        run(|| {
            let head: JsHead = from_js(head)?;
            self.open()?.ledger().expect(head.head()?)
        })
    }

    #[wasm_bindgen(js_name = ledgerNote)]
    pub fn ledger_note(&self, note: JsValue) -> Result<(), JsValue> {
        run(|| {
            let note: JsNote = from_js(note)?;
            let kind = EventKind::ALL.iter().find(|known| known.name() == note.kind);
            let kind = *kind.ok_or(Error::InvalidInput { reason: "a ledger takes prints and exports from outside" })?;
            self.open()?.ledger().note(Event {
                drawer: note.drawer.as_deref().map(drawer).transpose()?,
                record: optional_id(note.record.as_ref())?,
                version: note.version,
                client: optional_id(note.client.as_ref())?,
                person: optional_id(note.person.as_ref())?,
                hash: optional_id(note.hash.as_ref())?,
                detail: Some(note.detail),
                ..Event::new(kind, now().0)
            })
        })
    }

    #[wasm_bindgen(js_name = ledgerPendingSealed)]
    pub fn ledger_pending_sealed(&self) -> Result<Option<Vec<u8>>, JsValue> {
        run(|| self.open()?.ledger().pending_sealed())
    }

    #[wasm_bindgen(js_name = ledgerRestore)]
    pub fn ledger_restore(&self, sealed: &[u8]) -> Result<usize, JsValue> {
        run(|| self.open()?.ledger().restore(sealed))
    }

    #[wasm_bindgen(js_name = ledgerAccept)]
    pub fn ledger_accept(&self, entries: &Array) -> Result<(), JsValue> {
        run(|| {
            let entries = byte_arrays(entries)?;
            self.open()?.ledger().accept(slices(&entries), now())
        })
    }

    #[wasm_bindgen(js_name = ledgerSeal)]
    pub fn ledger_seal(
        &self,
        versions: &Array,
        grants: &Array,
        revoked: JsValue,
        device: Option<String>,
    ) -> Result<Option<Vec<u8>>, JsValue> {
        run(|| {
            let (versions, grants) = (byte_arrays(versions)?, byte_arrays(grants)?);
            let (versions, grants): (Vec<_>, Vec<_>) = (slices(&versions).collect(), slices(&grants).collect());
            let revoked: Vec<JsRevoked> = from_js(revoked)?;
            let receipt = |revoked: &JsRevoked| {
                let (record, recipient) = (id(&revoked.record)?, id(&revoked.recipient)?);
                let (versions, revoked_at) = (Vec::new(), now());
                Ok(Receipt { record, recipient, versions, revoked_at, replaced_by: revoked.replaced_by })
            };
            let revoked = revoked.iter().map(receipt).collect::<Result<Vec<_>, Error>>()?;
            let store = AboutToStore { versions: &versions, grants: &grants, revoked: &revoked };
            self.open()?.ledger().seal(store, optional_id(device.as_ref())?, now())
        })
    }

    #[wasm_bindgen(js_name = ledgerStored)]
    pub fn ledger_stored(&self, entry: &[u8]) -> Result<(), JsValue> {
        run(|| self.open()?.ledger().stored(entry))
    }

    #[wasm_bindgen(js_name = ledgerFollow)]
    pub fn ledger_follow(&self, entries: &Array, is_all: bool) -> Result<usize, JsValue> {
        run(|| {
            let entries = byte_arrays(entries)?;
            self.open()?.ledger().follow(slices(&entries), is_all)
        })
    }

    #[wasm_bindgen(js_name = ledgerRead)]
    pub fn ledger_read(&self, entries: &Array) -> Result<JsValue, JsValue> {
        run(|| {
            let entries = byte_arrays(entries)?;
            let read = self.open()?.ledger().read(slices(&entries))?.into_iter().map(|entry| JsEntry {
                sequence: entry.sequence,
                made_at: entry.made_at.0,
                device: entry.device.map(|device| device.to_string()),
                events: entry.events.into_iter().map(event).collect(),
            });
            to_js(&read.collect::<Vec<_>>())
        })
    }

    #[wasm_bindgen(js_name = ledgerExport)]
    pub fn ledger_export(&self, key_log: &Array, entries: &Array, from: f64, until: f64) -> Result<Vec<u8>, JsValue> {
        run(|| {
            let (key_log, entries) = (byte_arrays(key_log)?, byte_arrays(entries)?);
            let key_log: Vec<_> = slices(&key_log).collect();
            self.open()?.ledger().export(&key_log, slices(&entries), (seconds(from), seconds(until)))
        })
    }

    #[wasm_bindgen(js_name = ledgerCompare)]
    pub fn ledger_compare(&self, of: &str, heads: JsValue, whole: &str) -> Result<JsValue, JsValue> {
        run(|| {
            let whole = match whole {
                "none" => Whole::None,
                "drawer" => Whole::Drawer,
                "clients" => Whole::Clients,
                client => Whole::Client(id(client)?),
            };
            let heads: Vec<JsListed> = from_js(heads)?;
            let head = |head: &JsListed| Ok((id(&head.record)?, head.version, id::<Hash>(&head.hash)?));
            let heads = heads.iter().map(head).collect::<Result<Vec<_>, Error>>()?;
            let findings = self.open()?.ledger().compare(drawer(of)?, &heads, whole).into_iter();
            let findings = findings.map(|finding| JsFinding {
                record: finding.record.to_string(),
                problem: finding.problem.name(),
                expected: finding.expected,
                found: finding.found,
            });
            to_js(&findings.collect::<Vec<_>>())
        })
    }

    /// Who was granted a record and not taken off it since, with the versions.
    #[wasm_bindgen(js_name = ledgerReaders)]
    pub fn ledger_readers(&self, record: &str) -> Result<JsValue, JsValue> {
        #[derive(Serialize)]
        struct JsReader {
            account: String,
            versions: Vec<u64>,
        }
        run(|| {
            let readers = self.open()?.ledger().readers(id(record)?).into_iter();
            to_js(
                &readers
                    .map(|(account, versions)| JsReader { account: account.to_string(), versions })
                    .collect::<Vec<_>>(),
            )
        })
    }
}
