use js_sys::Array;
use serde::Serialize;
use wasm_bindgen::prelude::*;

use super::{
    js::{ByteArrays, byte_arrays, expiry, from_js, id, now, run, slices, to_js},
    stretch::StretchedHandle,
    vault::VaultHandle,
};
use crate::{Deal, DealtTo, GroupChange, PreparedKit, VaultChange, error::Error};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct JsChange<'a> {
    #[serde(with = "serde_bytes")]
    sealed_vault: &'a [u8],
    slots: ByteArrays<'a>,
    removed: Vec<String>,
    key_log_entries: ByteArrays<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<JsGroupChange<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JsGroupChange<'a> {
    account: String,
    key_log_entries: ByteArrays<'a>,
    sealed_keys: Vec<JsSealedKeys<'a>>,
}

#[derive(Serialize)]
struct JsSealedKeys<'a> {
    member: String,
    bytes: &'a serde_bytes::Bytes,
}

fn group(change: &GroupChange) -> JsGroupChange<'_> {
    let sealed = change.sealed_keys.iter();
    JsGroupChange {
        account: change.account.to_string(),
        key_log_entries: ByteArrays(&change.key_log_entries),
        sealed_keys: sealed
            .map(|(member, bytes)| JsSealedKeys { member: member.to_string(), bytes: serde_bytes::Bytes::new(bytes) })
            .collect(),
    }
}

pub(super) fn js_change(change: &VaultChange) -> JsChange<'_> {
    JsChange {
        sealed_vault: &change.sealed_vault,
        slots: ByteArrays(&change.slots),
        removed: change.removed.iter().map(ToString::to_string).collect(),
        key_log_entries: ByteArrays(&change.key_log_entries),
        group: change.group.as_ref().map(group),
    }
}

#[allow(clippy::needless_pass_by_value, reason = "every caller has just made it")]
pub(super) fn change(change: VaultChange) -> Result<JsValue, Error> {
    to_js(&js_change(&change))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct JsDeal<'a> {
    kind: &'static str,
    deal: String,
    threshold: u64,
    dealt_at: u64,
    shares: Vec<JsHolder<'a>>,
}

#[derive(Serialize)]
struct JsHolder<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<String>,
}

pub(super) fn deal(deal: &Deal) -> JsDeal<'_> {
    let holder = |share: &'_ DealtTo| share.account.map(|account| account.to_string());
    JsDeal {
        kind: deal.kind.name(),
        deal: deal.deal.to_string(),
        threshold: deal.threshold,
        dealt_at: deal.dealt_at.0,
        shares: deal.shares.iter().map(|share| JsHolder { name: &share.name, account: holder(share) }).collect(),
    }
}

/// A recovery kit that is not in effect yet.
#[wasm_bindgen]
pub struct PreparedKitHandle(PreparedKit);

#[wasm_bindgen]
impl PreparedKitHandle {
    pub fn parts(&self) -> Result<JsValue, JsValue> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Parts<'a> {
            account_secret: &'a str,
            recovery_code: &'a str,
            ended: Vec<JsDeal<'a>>,
        }
        run(|| {
            to_js(&Parts {
                account_secret: &self.0.account_secret,
                recovery_code: &self.0.recovery_code,
                ended: self.0.ended.iter().map(deal).collect(),
            })
        })
    }

    pub fn confirm(&mut self, typed: &str) -> Result<(), JsValue> {
        run(|| self.0.confirm(typed, now()))
    }

    pub fn change(&mut self) -> Result<JsValue, JsValue> {
        run(|| change(self.0.change()?))
    }
}

/// What a passkey is asked for: credential ids and the inputs of their PRFs.
#[wasm_bindgen]
pub fn passkeys(slots: &Array) -> Result<JsValue, JsValue> {
    #[derive(Serialize)]
    struct Passkey {
        slot: String,
        #[serde(with = "serde_bytes")]
        credential: Vec<u8>,
        #[serde(with = "serde_bytes")]
        salt: Vec<u8>,
    }
    run(|| {
        let slots = byte_arrays(slots)?;
        let passkeys = slices(&slots).filter_map(|bytes| {
            let parameters = sealed_notes_format::slot::Slot::decode(bytes).ok()?.parameters;
            let sealed_notes_format::slot::Way::Passkey { salt, credential } = parameters.way else { return None };
            let (slot, credential) = (parameters.slot.to_string(), credential.to_vec());
            Some(Passkey { slot, credential, salt: salt.to_vec() })
        });
        to_js(&passkeys.collect::<Vec<_>>())
    })
}

#[wasm_bindgen(js_name = checkRecoveryCode)]
pub fn check_recovery_code(text: &str) -> bool {
    let well_formed = crate::keys::account_secret::is_well_formed_code(text);
    super::js::wipe_stack();
    well_formed
}

#[wasm_bindgen]
impl VaultHandle {
    #[wasm_bindgen(js_name = prepareKit)]
    pub fn prepare_kit(&self, passphrase: Option<StretchedHandle>) -> Result<PreparedKitHandle, JsValue> {
        let passphrase = passphrase.as_ref().map(|handle| &handle.0);
        run(|| self.open()?.prepare_kit(passphrase, now()).map(PreparedKitHandle))
    }

    #[wasm_bindgen(js_name = prepareRotation)]
    pub fn prepare_rotation(
        &self,
        passphrase: StretchedHandle,
        forget: JsValue,
        stolen_since: Option<f64>,
    ) -> Result<PreparedKitHandle, JsValue> {
        run(|| {
            let forget: Vec<String> = from_js(forget)?;
            let forget = forget.iter().map(|device| id(device)).collect::<Result<Vec<_>, _>>()?;
            let vault = self.open()?;
            vault.prepare_rotation(&passphrase.0, &forget, expiry(stolen_since)?, now()).map(PreparedKitHandle)
        })
    }

    /// Goes on as the vault that a stored kit belongs to.
    pub fn commit(&mut self, kit: PreparedKitHandle) -> Result<(), JsValue> {
        run(|| {
            let vault = self.open_mut()?;
            *vault = kit.0.commit()?;
            Ok(())
        })
    }
}
