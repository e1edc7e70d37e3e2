use js_sys::Array;
use serde::Serialize;
use wasm_bindgen::prelude::*;

use super::js::{byte_arrays, from_js, id, run, slices, to_js};
use crate::{GrantRequest, Identity, PurposeOfUse, Suite, Timestamp, VerifiedIdentity, error::Error};

#[wasm_bindgen]
pub struct IdentityHandle(pub(super) Identity);

#[wasm_bindgen]
impl IdentityHandle {
    #[wasm_bindgen(js_name = fromKeyLog)]
    pub fn from_key_log(account: &str, entries: &Array) -> Result<IdentityHandle, JsValue> {
        run(|| Identity::from_key_log(id(account)?, slices(&byte_arrays(entries)?)).map(Self))
    }

    pub fn account(&self) -> String {
        self.0.account().to_string()
    }

    pub fn fingerprint(&self) -> String {
        self.0.fingerprint()
    }
}

#[wasm_bindgen]
pub struct VerifiedIdentityHandle(pub(super) VerifiedIdentity);

#[wasm_bindgen]
impl VerifiedIdentityHandle {
    pub fn account(&self) -> String {
        self.0.account().to_string()
    }

    pub fn fingerprint(&self) -> String {
        self.0.fingerprint()
    }
}

/// Recipients of one call, collected from JavaScript one by one.
#[wasm_bindgen]
#[derive(Default)]
pub struct Recipients(Vec<Recipient>);

struct Recipient {
    to: VerifiedIdentity,
    purpose_of_use: PurposeOfUse,
    expires_at: Option<Timestamp>,
    sections: Option<Vec<String>>,
    suite: Suite,
}

#[wasm_bindgen]
impl Recipients {
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    pub fn add(
        &mut self,
        to: &VerifiedIdentityHandle,
        purpose: &str,
        expires: Option<f64>,
        sections: JsValue,
        post_quantum: bool,
    ) -> Result<(), JsValue> {
        run(|| {
            let purpose_of_use = PurposeOfUse::ALL.into_iter().find(|known| known.name() == purpose);
            let expires_at = expires.map(|seconds| match seconds {
                0.0..=9e15 => Ok(Timestamp(seconds as u64)),
                _ => Err(Error::InvalidInput { reason: "the expiry of a grant is no date" }),
            });
            self.0.push(Recipient {
                to: to.0.clone(),
                purpose_of_use: purpose_of_use.ok_or(Error::InvalidInput {
                    reason: "a purpose is treatment, supervision, payment, operations or client-access",
                })?,
                expires_at: expires_at.transpose()?,
                sections: from_js(sections)?,
                suite: if post_quantum { Suite::XWing } else { Suite::X25519 },
            });
            Ok(())
        })
    }
}

impl Recipients {
    pub(super) fn requests(&self) -> Vec<GrantRequest<'_>> {
        self.0
            .iter()
            .map(|recipient| GrantRequest {
                to: &recipient.to,
                purpose_of_use: recipient.purpose_of_use,
                expires_at: recipient.expires_at,
                sections: recipient.sections.clone(),
                suite: recipient.suite,
            })
            .collect()
    }

    pub(super) fn identities(&self) -> Vec<&VerifiedIdentity> {
        self.0.iter().map(|recipient| &recipient.to).collect()
    }
}

/// What anyone without keys can read of a sealed object.
#[wasm_bindgen]
pub fn inspect(bytes: &[u8]) -> Result<JsValue, JsValue> {
    #[derive(Serialize)]
    struct Field {
        name: &'static str,
        value: String,
    }
    #[derive(Serialize)]
    struct Description {
        r#type: &'static str,
        size: usize,
        fields: Vec<Field>,
    }
    run(|| {
        let description = sealed_notes_format::inspect::inspect(bytes)?;
        let fields = description.fields.into_iter().map(|(name, value)| Field { name, value }).collect();
        to_js(&Description { r#type: description.kind, size: bytes.len(), fields })
    })
}

/// 16 random bytes as an id.
#[wasm_bindgen(js_name = newId)]
pub fn new_id() -> Result<String, JsValue> {
    run(|| crate::make_record_id().map(|id| id.to_string()))
}

#[wasm_bindgen(js_name = checkAccountSecret)]
pub fn check_account_secret(text: &str) -> bool {
    let well_formed = crate::keys::account_secret::is_well_formed(text);
    super::js::wipe_stack();
    well_formed
}
