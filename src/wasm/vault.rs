use js_sys::Array;
use serde::Serialize;
use wasm_bindgen::prelude::*;

use super::{
    identity::{IdentityHandle, VerifiedIdentityHandle},
    js::{byte_arrays, id, now, run, slices, to_js, wipe_stack},
};
use crate::{CreatedVault, TenantId, Vault, error::Error};

/// A vault; empty once it is locked.
#[wasm_bindgen]
pub struct VaultHandle(Option<Vault>);

/// A new account, before JavaScript has taken it apart.
#[wasm_bindgen]
pub struct CreatedVaultHandle(CreatedVault);

#[wasm_bindgen]
impl CreatedVaultHandle {
    pub fn parts(&self) -> Result<JsValue, JsValue> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Parts<'a> {
            account_secret: &'a str,
            #[serde(with = "serde_bytes")]
            key_log_entry: &'a [u8],
            #[serde(with = "serde_bytes")]
            sealed_vault: &'a [u8],
            #[serde(with = "serde_bytes")]
            slot: &'a [u8],
        }
        let created = &self.0;
        run(|| {
            to_js(&Parts {
                account_secret: &created.account_secret,
                key_log_entry: &created.key_log_entry,
                sealed_vault: &created.sealed_vault,
                slot: &created.slot,
            })
        })
    }

    #[wasm_bindgen(js_name = intoVault)]
    pub fn into_vault(self) -> VaultHandle {
        VaultHandle(Some(self.0.vault))
    }
}

#[wasm_bindgen]
impl VaultHandle {
    pub fn create(passphrase: &str, tenant: Option<String>) -> Result<CreatedVaultHandle, JsValue> {
        run(|| {
            let tenant = tenant.map_or(Ok(TenantId([0; 16])), |tenant| id(&tenant))?;
            Vault::create(tenant, passphrase, now()).map(CreatedVaultHandle)
        })
    }

    pub fn unlock(
        sealed_vault: &[u8],
        slots: &Array,
        passphrase: &str,
        account_secret: &str,
    ) -> Result<VaultHandle, JsValue> {
        run(|| {
            let slots = byte_arrays(slots)?;
            Vault::unlock(sealed_vault, slices(&slots), passphrase, account_secret).map(|vault| Self(Some(vault)))
        })
    }

    /// Wipes every key.
    pub fn lock(&mut self) {
        self.0 = None;
        wipe_stack();
    }

    pub fn locked(&self) -> bool {
        self.0.is_none()
    }

    pub fn account(&self) -> Result<String, JsValue> {
        run(|| Ok(self.open()?.account().to_string()))
    }

    pub fn fingerprint(&self) -> Result<String, JsValue> {
        run(|| Ok(self.open()?.fingerprint()))
    }

    pub fn generation(&self) -> Result<f64, JsValue> {
        run(|| Ok(self.open()?.generation() as f64))
    }

    #[wasm_bindgen(js_name = ownIdentity)]
    pub fn own_identity(&self) -> Result<VerifiedIdentityHandle, JsValue> {
        run(|| Ok(VerifiedIdentityHandle(self.open()?.own_identity())))
    }

    #[wasm_bindgen(js_name = revealAccountSecret)]
    pub fn reveal_account_secret(&self) -> Result<String, JsValue> {
        run(|| Ok(self.open()?.reveal_account_secret().to_string()))
    }

    #[wasm_bindgen(js_name = changePassphrase)]
    pub fn change_passphrase(&mut self, slots: &Array, current: &str, next: &str) -> Result<JsValue, JsValue> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Changed {
            #[serde(with = "serde_bytes")]
            sealed_vault: Vec<u8>,
            #[serde(with = "serde_bytes")]
            slot: Vec<u8>,
        }
        run(|| {
            let slots = byte_arrays(slots)?;
            let changed = self.open_mut()?.change_passphrase(slices(&slots), current, next)?;
            to_js(&Changed { sealed_vault: changed.sealed_vault, slot: changed.slot })
        })
    }

    pub fn login(&self, challenge: &[u8], origin: &str) -> Result<Vec<u8>, JsValue> {
        run(|| {
            let challenge =
                challenge.try_into().map_err(|_| Error::InvalidInput { reason: "a challenge is 32 bytes" })?;
            self.open()?.login(challenge, origin)
        })
    }

    /// The sealed vault to store; the identity is then had from [`VaultHandle::verified`].
    pub fn confirm(&mut self, identity: &IdentityHandle, fingerprint: &str) -> Result<Vec<u8>, JsValue> {
        run(|| Ok(self.open_mut()?.confirm(&identity.0, fingerprint, now())?.1))
    }

    pub fn verified(&self, identity: &IdentityHandle) -> Result<Option<VerifiedIdentityHandle>, JsValue> {
        run(|| Ok(self.open()?.verified(&identity.0).map(VerifiedIdentityHandle)))
    }
}

impl VaultHandle {
    pub(super) fn open(&self) -> Result<&Vault, Error> {
        self.0.as_ref().ok_or(Error::Locked)
    }

    fn open_mut(&mut self) -> Result<&mut Vault, Error> {
        self.0.as_mut().ok_or(Error::Locked)
    }
}
