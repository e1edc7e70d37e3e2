use js_sys::Array;
use serde::Serialize;
use wasm_bindgen::prelude::*;

use super::{
    js::{Place, from_js, id, now, optional_id, run, to_js},
    ledger::access,
    page::{Page, Sealed},
    vault::VaultHandle,
};
use crate::{NewPrivateNote, PrivateDraft, SealedPrivateNote, error::Error};

#[derive(Serialize)]
struct JsSealed {
    record: String,
    version: u64,
    #[serde(with = "serde_bytes")]
    bytes: Vec<u8>,
}

fn sealed(note: SealedPrivateNote) -> Result<JsValue, Error> {
    to_js(&JsSealed { record: note.record.to_string(), version: note.version, bytes: note.bytes })
}

#[wasm_bindgen]
impl VaultHandle {
    #[wasm_bindgen(js_name = sealPrivate)]
    pub fn seal_private(&self, place: JsValue, text: &str, is_final: bool) -> Result<JsValue, JsValue> {
        run(|| {
            let place: Place = from_js(place)?;
            let note = NewPrivateNote {
                client: id(&place.client)?,
                session: optional_id(place.session.as_ref())?,
                record: optional_id(place.record.as_ref())?,
                text,
                is_final,
            };
            sealed(self.open()?.private().seal(note, now())?)
        })
    }

    #[wasm_bindgen(js_name = editPrivate)]
    pub fn edit_private(&self, previous: &[u8], text: &str, is_final: bool) -> Result<JsValue, JsValue> {
        run(|| sealed(self.open()?.private().edit(previous, text, is_final, now())?))
    }

    /// A [`Page`] of as many notes. `records` are the ids that were asked for.
    #[wasm_bindgen(js_name = openPrivate)]
    pub fn open_private(&self, notes: &Array, records: &Array, how: &str) -> Result<JsValue, JsValue> {
        run(|| {
            let (drawer, access, now, mut page) = (self.open()?.private(), access(how)?, now(), Page::default());
            let mut sealed = Sealed::of(notes, records)?;
            sealed.each(|_, bytes, record| page.note(drawer.open_as(bytes, record, access, now)))?;
            Ok(page.into_js())
        })
    }

    #[wasm_bindgen(js_name = sealPrivateDraft)]
    pub fn seal_private_draft(&self, place: JsValue, base_version: f64, text: &str) -> Result<Vec<u8>, JsValue> {
        run(|| {
            let place: Place = from_js(place)?;
            self.open()?.private().seal_draft(PrivateDraft {
                record: optional_id(place.record.as_ref())?.ok_or(Error::InvalidId)?,
                client: id(&place.client)?,
                session: optional_id(place.session.as_ref())?,
                base_version: base_version as u64,
                text,
            })
        })
    }

    #[wasm_bindgen(js_name = openPrivateDraft)]
    pub fn open_private_draft(&self, bytes: &[u8]) -> Result<JsValue, JsValue> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Opened<'a> {
            record: String,
            client: String,
            #[serde(skip_serializing_if = "Option::is_none")]
            session: Option<String>,
            base_version: u64,
            text: &'a str,
        }
        run(|| {
            let draft = self.open()?.private().open_draft(bytes)?;
            to_js(&Opened {
                record: draft.record.to_string(),
                client: draft.client.to_string(),
                session: draft.session.map(|id| id.to_string()),
                base_version: draft.base_version,
                text: &draft.text,
            })
        })
    }
}
