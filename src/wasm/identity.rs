use js_sys::Array;
use sealed_notes_format::keylog::Membership;
use serde::Serialize;
use wasm_bindgen::prelude::*;

use super::js::{byte_arrays, expiry, from_js, id, run, slices, to_js};
use crate::{
    GrantRequest, Identity, KnownAuthor, PurposeOfUse, Suite, Timestamp, VerifiedIdentity, Voucher, error::Error,
};

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

    /// Newest epoch, when its keys were made, and everybody this account ever endorsed.
    pub fn parts(&self) -> Result<JsValue, JsValue> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Parts {
            epoch: u64,
            keys_made_at: u64,
            members: Vec<JsMember>,
        }
        run(|| {
            let keys = self.0.keys();
            let members = self.0.memberships().iter().map(member).collect();
            to_js(&Parts { epoch: keys.epoch, keys_made_at: keys.created_at, members })
        })
    }
}

#[derive(Serialize)]
struct JsMember {
    account: String,
    role: &'static str,
    from: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires: Option<u64>,
}

fn member(membership: &Membership) -> JsMember {
    let Membership { endorsement, from, until } = *membership;
    let (account, role) = (endorsement.member.to_string(), endorsement.role.name());
    JsMember { account, role, from, until, expires: endorsement.expires_at }
}

#[wasm_bindgen]
pub struct VerifiedIdentityHandle(pub(super) VerifiedIdentity);

#[wasm_bindgen]
pub struct KnownAuthorHandle(pub(super) KnownAuthor);

#[wasm_bindgen]
impl KnownAuthorHandle {
    pub fn account(&self) -> String {
        self.0.account().to_string()
    }
}

#[wasm_bindgen]
impl VerifiedIdentityHandle {
    pub fn account(&self) -> String {
        self.0.account().to_string()
    }

    pub fn fingerprint(&self) -> String {
        self.0.fingerprint()
    }

    pub fn author(&self) -> KnownAuthorHandle {
        KnownAuthorHandle((*self.0).clone())
    }

    /// The practice that endorses it; undefined where its own fingerprint was compared.
    #[wasm_bindgen(js_name = endorsedBy)]
    pub fn endorsed_by(&self) -> Result<JsValue, JsValue> {
        #[derive(Serialize)]
        struct Endorsed {
            practice: String,
            role: &'static str,
            #[serde(skip_serializing_if = "Option::is_none")]
            expires: Option<u64>,
        }
        run(|| match self.0.voucher {
            Voucher::Fingerprint => Ok(JsValue::UNDEFINED),
            Voucher::Practice { practice, role, expires_at } => {
                let expires = expires_at.map(|at| at.0);
                to_js(&Endorsed { practice: practice.to_string(), role: role.name(), expires })
            }
        })
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
            if self.0.iter().any(|known| known.to.account() == to.0.account()) {
                return Err(Error::DuplicateRecipient { account: to.0.account().to_string() });
            }
            self.0.push(Recipient {
                to: to.0.clone(),
                purpose_of_use: purpose_of_use.ok_or(Error::InvalidInput {
                    reason: "a purpose is treatment, supervision, payment, operations or client-access",
                })?,
                expires_at: expiry(expires)?,
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
