use std::collections::BTreeMap;

use js_sys::Array;
use serde::Serialize;
use wasm_bindgen::prelude::*;

use super::{
    identity::{KnownAuthorHandle, Recipients},
    js::{Place, byte_arrays, from_js, id, now, optional_id, run, slices, to_js},
    ledger::access,
    page::{Page, Sealed},
    vault::VaultHandle,
};
use crate::{
    ChartDraft, NewChartRecord, Reader, Receipt, SealedChartRecord, SealedGrant, Shared, Suite, error::Error,
    records::chart::Sections,
};

#[derive(Serialize)]
pub(super) struct JsGrant {
    recipient: String,
    #[serde(with = "serde_bytes")]
    bytes: Vec<u8>,
}

#[derive(Serialize)]
struct JsSealed {
    record: String,
    version: u64,
    #[serde(with = "serde_bytes")]
    bytes: Vec<u8>,
    grants: Vec<JsGrant>,
    #[serde(skip_serializing_if = "Option::is_none")]
    receipt: Option<JsReceipt>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JsReceipt {
    record: String,
    recipient: String,
    versions: Vec<u64>,
    revoked_at: u64,
    replaced_by: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JsReader {
    account: String,
    version: u64,
    purpose: &'static str,
    sections: Vec<String>,
    granted_at: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires: Option<u64>,
    post_quantum: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JsDraft<'a> {
    record: String,
    client: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<String>,
    base_version: u64,
    sections: BTreeMap<&'a str, &'a str>,
}

pub(super) fn grants(grants: Vec<SealedGrant>) -> Vec<JsGrant> {
    grants.into_iter().map(|grant| JsGrant { recipient: grant.recipient.to_string(), bytes: grant.bytes }).collect()
}

fn sealed(sealed: SealedChartRecord, receipt: Option<&Receipt>) -> Result<JsValue, Error> {
    to_js(&JsSealed {
        record: sealed.record.to_string(),
        version: sealed.version,
        bytes: sealed.bytes,
        grants: grants(sealed.grants),
        receipt: receipt.map(|receipt| JsReceipt {
            record: receipt.record.to_string(),
            recipient: receipt.recipient.to_string(),
            versions: receipt.versions.clone(),
            revoked_at: receipt.revoked_at.0,
            replaced_by: receipt.replaced_by,
        }),
    })
}

fn borrowed(sections: &BTreeMap<String, String>) -> Sections<'_> {
    sections.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect()
}

fn reader(reader: Reader) -> JsReader {
    JsReader {
        account: reader.account.to_string(),
        version: reader.version,
        purpose: reader.purpose_of_use.name(),
        sections: reader.sections,
        granted_at: reader.granted_at.0,
        expires: reader.expires_at.map(|at| at.0),
        post_quantum: reader.suite == Suite::XWing,
    }
}

#[wasm_bindgen]
impl VaultHandle {
    #[wasm_bindgen(js_name = sealChart)]
    pub fn seal_chart(
        &self,
        place: JsValue,
        sections: JsValue,
        is_final: bool,
        grant_to: &Recipients,
    ) -> Result<JsValue, JsValue> {
        run(|| {
            let place: Place = from_js(place)?;
            let sections: BTreeMap<String, String> = from_js(sections)?;
            let record = NewChartRecord {
                client: id(&place.client)?,
                session: optional_id(place.session.as_ref())?,
                record: optional_id(place.record.as_ref())?,
                sections: borrowed(&sections),
                is_final,
            };
            sealed(self.open()?.chart().seal(&record, &grant_to.requests(), now())?, None)
        })
    }

    #[wasm_bindgen(js_name = editChart)]
    pub fn edit_chart(
        &self,
        previous: &[u8],
        sections: JsValue,
        is_final: bool,
        grant_to: &Recipients,
    ) -> Result<JsValue, JsValue> {
        run(|| {
            let sections: BTreeMap<String, String> = from_js(sections)?;
            let chart = self.open()?.chart();
            sealed(chart.edit(previous, &borrowed(&sections), is_final, &grant_to.requests(), now())?, None)
        })
    }

    /// A [`Page`] of as many records. `records` are the ids that were asked for.
    #[wasm_bindgen(js_name = openChart)]
    pub fn open_chart(&self, sealed: &Array, records: &Array, how: &str) -> Result<JsValue, JsValue> {
        run(|| {
            let (chart, access, now, mut page) = (self.open()?.chart(), access(how)?, now(), Page::default());
            let mut sealed = Sealed::of(sealed, records)?;
            sealed.each(|_, bytes, record| page.record(chart.open_as(bytes, record, access, now)))?;
            Ok(page.into_js())
        })
    }

    /// The same of records that one author granted. Of those that a worker has opened, which `opened` has a 1 for, the page says
    /// no more than whether the ledger lets them pass.
    #[wasm_bindgen(js_name = openShared)]
    pub fn open_shared(
        &self,
        sealed: &Array,
        grants: &Array,
        author: &KnownAuthorHandle,
        records: &Array,
        how: &str,
        opened: &[u8],
    ) -> Result<JsValue, JsValue> {
        run(|| {
            let (chart, access, now, mut page) = (self.open()?.chart(), access(how)?, now(), Page::default());
            let grants = byte_arrays(grants)?;
            let is_opened = |index: usize| opened.get(index) == Some(&1);
            let closed = slices(&grants).enumerate().filter(|(index, _)| !is_opened(*index));
            let mut opening = chart.opening(closed.map(|(_, grant)| grant));
            let mut sealed = Sealed::of(sealed, records)?;
            sealed.each(|index, bytes, record| {
                let grant = grants.get(index as usize).map(Vec::as_slice).unwrap_or_default();
                if is_opened(index as usize) {
                    page.passed(chart.note_shared(bytes, grant, record, access, now));
                    return;
                }
                let shared = Shared { bytes, grant, author: &author.0 };
                page.record(chart.open_shared_as(shared, &mut opening, record, access, now));
            })?;
            Ok(page.into_js())
        })
    }

    /// For each version in order, one grant for each of `count` recipients.
    pub fn share(
        &self,
        versions: &Array,
        grant_to: &Recipients,
        from: usize,
        count: usize,
    ) -> Result<JsValue, JsValue> {
        run(|| {
            let versions = byte_arrays(versions)?;
            let versions: Vec<&[u8]> = slices(&versions).collect();
            let requests: Vec<_> = grant_to.requests().into_iter().skip(from).take(count).collect();
            to_js(&grants(self.open()?.chart().share_many(&versions, &requests, now())?))
        })
    }

    pub fn readers(&self, bytes: &[u8], grants: &Array) -> Result<JsValue, JsValue> {
        run(|| {
            let grants = byte_arrays(grants)?;
            let readers = self.open()?.chart().readers(bytes, slices(&grants))?;
            to_js(&readers.into_iter().map(reader).collect::<Vec<_>>())
        })
    }

    pub fn revoke(
        &self,
        bytes: &[u8],
        grants: &Array,
        recipient: &str,
        remaining: &Recipients,
    ) -> Result<JsValue, JsValue> {
        run(|| {
            let grants = byte_arrays(grants)?;
            let chart = self.open()?.chart();
            let revoked = chart.revoke(bytes, slices(&grants), id(recipient)?, &remaining.identities(), now())?;
            sealed(revoked.sealed, Some(&revoked.receipt))
        })
    }

    #[wasm_bindgen(js_name = exportSections)]
    pub fn export_sections(&self, bytes: &[u8], grants: &Array) -> Result<JsValue, JsValue> {
        run(|| {
            let grants = byte_arrays(grants)?;
            let exported = self.open()?.chart().export_sections(bytes, slices(&grants))?;
            let exported: BTreeMap<_, _> =
                exported.into_iter().map(|(name, bytes)| (name, serde_bytes::ByteBuf::from(bytes))).collect();
            to_js(&exported)
        })
    }

    #[wasm_bindgen(js_name = sealChartDraft)]
    pub fn seal_chart_draft(&self, place: JsValue, base_version: f64, sections: JsValue) -> Result<Vec<u8>, JsValue> {
        run(|| {
            let place: Place = from_js(place)?;
            let sections: BTreeMap<String, String> = from_js(sections)?;
            self.open()?.chart().seal_draft(ChartDraft {
                record: optional_id(place.record.as_ref())?.ok_or(Error::InvalidId)?,
                client: id(&place.client)?,
                session: optional_id(place.session.as_ref())?,
                base_version: base_version as u64,
                sections: borrowed(&sections),
            })
        })
    }

    #[wasm_bindgen(js_name = openChartDraft)]
    pub fn open_chart_draft(&self, bytes: &[u8]) -> Result<JsValue, JsValue> {
        run(|| {
            let draft = self.open()?.chart().open_draft(bytes)?;
            to_js(&JsDraft {
                record: draft.record.to_string(),
                client: draft.client.to_string(),
                session: draft.session.map(|id| id.to_string()),
                base_version: draft.base_version,
                sections: draft.sections.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect(),
            })
        })
    }
}
