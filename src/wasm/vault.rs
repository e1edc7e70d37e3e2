use js_sys::Array;
use serde::Serialize;
use wasm_bindgen::prelude::*;

use super::{
    identity::{IdentityHandle, VerifiedIdentityHandle},
    js::{ByteArrays, byte_arrays, id, now, run, run_shallow, slices, to_js, wipe_stack},
    kit::{change, deal},
    people::Shares,
    stretch::StretchedHandle,
};
use crate::{CreatedVault, TenantId, UnlockWith, Vault, error::Error};

/// A vault; empty once it is locked. And how often it was handed out to be changed.
#[wasm_bindgen]
pub struct VaultHandle(pub(super) Option<Vault>, pub(super) u32);

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
            recovery_code: &'a str,
            #[serde(with = "serde_bytes")]
            key_log_entry: &'a [u8],
            #[serde(with = "serde_bytes")]
            sealed_vault: &'a [u8],
            slots: ByteArrays<'a>,
        }
        let created = &self.0;
        run(|| {
            to_js(&Parts {
                account_secret: &created.account_secret,
                recovery_code: &created.recovery_code,
                key_log_entry: &created.key_log_entry,
                sealed_vault: &created.sealed_vault,
                slots: ByteArrays(&created.slots),
            })
        })
    }

    #[wasm_bindgen(js_name = intoVault)]
    pub fn into_vault(self) -> VaultHandle {
        VaultHandle(Some(self.0.vault), 0)
    }
}

fn unlock(sealed_vault: &[u8], slots: &Array, with: UnlockWith<'_>) -> Result<VaultHandle, Error> {
    let slots = byte_arrays(slots)?;
    let slots: Vec<&[u8]> = slices(&slots).collect();
    Vault::unlock(sealed_vault, slots.iter().copied(), with).map(|vault| VaultHandle(Some(vault), 0))
}

#[wasm_bindgen]
impl VaultHandle {
    pub fn create(passphrase: StretchedHandle, tenant: Option<String>) -> Result<CreatedVaultHandle, JsValue> {
        run(|| {
            let tenant = tenant.map_or(Ok(TenantId([0; 16])), |tenant| id(&tenant))?;
            Vault::create(tenant, &passphrase.0, now()).map(CreatedVaultHandle)
        })
    }

    pub fn unlock(
        sealed_vault: &[u8],
        slots: &Array,
        passphrase: StretchedHandle,
        account_secret: &str,
    ) -> Result<VaultHandle, JsValue> {
        run(|| unlock(sealed_vault, slots, UnlockWith::Passphrase { stretched: &passphrase.0, account_secret }))
    }

    #[wasm_bindgen(js_name = unlockWithPasskey)]
    pub fn unlock_with_passkey(sealed_vault: &[u8], slots: &Array, prf: &[u8]) -> Result<VaultHandle, JsValue> {
        run(|| unlock(sealed_vault, slots, UnlockWith::Passkey { prf: prf_output(prf)? }))
    }

    #[wasm_bindgen(js_name = unlockWithRecoveryCode)]
    pub fn unlock_with_recovery_code(sealed_vault: &[u8], slots: &Array, code: &str) -> Result<VaultHandle, JsValue> {
        run(|| unlock(sealed_vault, slots, UnlockWith::RecoveryCode(code)))
    }

    #[wasm_bindgen(js_name = unlockWithShares)]
    pub fn unlock_with_shares(
        sealed_vault: &[u8],
        slots: &Array,
        owner: &IdentityHandle,
        shares: Shares,
    ) -> Result<VaultHandle, JsValue> {
        run(|| unlock(sealed_vault, slots, UnlockWith::Shares { owner: &owner.0, shares: &shares.slices() }))
    }

    pub fn refresh(&mut self, sealed_vault: &[u8]) -> Result<bool, JsValue> {
        run(|| self.open_mut()?.refresh(sealed_vault))
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

    pub fn epoch(&self) -> Result<f64, JsValue> {
        run_shallow(|| Ok(self.open()?.epoch_number() as f64))
    }

    #[wasm_bindgen(js_name = ownIdentity)]
    pub fn own_identity(&self) -> Result<VerifiedIdentityHandle, JsValue> {
        run(|| Ok(VerifiedIdentityHandle(self.open()?.own_identity())))
    }

    #[wasm_bindgen(js_name = revealAccountSecret)]
    pub fn reveal_account_secret(&self) -> Result<String, JsValue> {
        run(|| Ok(self.open()?.reveal_account_secret().to_string()))
    }

    #[wasm_bindgen(js_name = checkAccountSecret)]
    pub fn check_account_secret(&self, typed: &str) -> Result<(), JsValue> {
        run(|| self.open()?.check_account_secret(typed))
    }

    #[wasm_bindgen(js_name = hasConfirmedRecovery)]
    pub fn has_confirmed_recovery(&self) -> Result<bool, JsValue> {
        run(|| Ok(self.open()?.has_confirmed_recovery()))
    }

    #[wasm_bindgen(js_name = unlockSlots)]
    pub fn unlock_slots(&self) -> Result<JsValue, JsValue> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct JsSlot<'a> {
            slot: String,
            generation: u64,
            kind: &'static str,
            name: &'a str,
            added_at: u64,
            #[serde(skip_serializing_if = "Option::is_none")]
            checked_at: Option<u64>,
        }
        run(|| {
            let slots = self.open()?.unlock_slots().iter().map(|slot| JsSlot {
                slot: slot.slot.to_string(),
                generation: slot.generation,
                kind: slot.kind.name(),
                name: &slot.name,
                added_at: slot.added_at.0,
                checked_at: slot.checked_at.map(|at| at.0),
            });
            to_js(&slots.collect::<Vec<_>>())
        })
    }

    pub fn devices(&self) -> Result<JsValue, JsValue> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct JsDevice<'a> {
            device: String,
            name: &'a str,
            added_at: u64,
        }
        run(|| {
            let devices = self.open()?.devices().iter().map(|device| JsDevice {
                device: device.device.to_string(),
                name: &device.name,
                added_at: device.added_at.0,
            });
            to_js(&devices.collect::<Vec<_>>())
        })
    }

    pub fn deals(&self) -> Result<JsValue, JsValue> {
        run(|| to_js(&self.open()?.deals().iter().map(deal).collect::<Vec<_>>()))
    }

    #[wasm_bindgen(js_name = changePassphrase)]
    pub fn change_passphrase(
        &mut self,
        slots: &Array,
        current: StretchedHandle,
        next: StretchedHandle,
    ) -> Result<JsValue, JsValue> {
        run(|| {
            let slots = byte_arrays(slots)?;
            change(self.open_mut()?.change_passphrase(slices(&slots), &current.0, &next.0, now())?)
        })
    }

    #[wasm_bindgen(js_name = setPassphrase)]
    pub fn set_passphrase(&mut self, next: StretchedHandle) -> Result<JsValue, JsValue> {
        run(|| change(self.open_mut()?.set_passphrase(&next.0, now())?))
    }

    #[wasm_bindgen(js_name = addPasskey)]
    pub fn add_passkey(&mut self, name: &str, credential: &[u8], salt: &[u8], prf: &[u8]) -> Result<JsValue, JsValue> {
        run(|| {
            let salt = salt.try_into().map_err(|_| Error::InvalidInput { reason: "a passkey's salt is 32 bytes" })?;
            change(self.open_mut()?.add_passkey(name, credential, salt, prf_output(prf)?, now())?)
        })
    }

    #[wasm_bindgen(js_name = removeSlot)]
    pub fn remove_slot(&mut self, slot: &str) -> Result<JsValue, JsValue> {
        run(|| change(self.open_mut()?.remove_slot(id(slot)?)?))
    }

    #[wasm_bindgen(js_name = confirmRecoveryCode)]
    pub fn confirm_recovery_code(&mut self, slots: &Array, code: &str) -> Result<JsValue, JsValue> {
        run(|| {
            let slots = byte_arrays(slots)?;
            change(self.open_mut()?.confirm_recovery_code(slices(&slots), code, now())?)
        })
    }

    pub fn reseal(&mut self) -> Result<JsValue, JsValue> {
        run(|| change(self.open_mut()?.reseal()?))
    }

    #[wasm_bindgen(js_name = addDevice)]
    pub fn add_device(&mut self, device: &str, name: &str) -> Result<JsValue, JsValue> {
        run(|| change(self.open_mut()?.add_device(id(device)?, name, now())?))
    }

    #[wasm_bindgen(js_name = forgetDevice)]
    pub fn forget_device(&mut self, device: &str) -> Result<JsValue, JsValue> {
        run(|| change(self.open_mut()?.forget_device(id(device)?, now())?))
    }

    pub fn login(&self, challenge: &[u8], origin: &str) -> Result<Vec<u8>, JsValue> {
        run(|| {
            let challenge =
                challenge.try_into().map_err(|_| Error::InvalidInput { reason: "a challenge is 32 bytes" })?;
            self.open()?.login(challenge, origin)
        })
    }
}

fn prf_output(prf: &[u8]) -> Result<&[u8; 32], Error> {
    prf.try_into().map_err(|_| Error::InvalidInput { reason: "a PRF output is 32 bytes" })
}

impl VaultHandle {
    pub(super) fn open(&self) -> Result<&Vault, Error> {
        self.0.as_ref().ok_or(Error::Locked)
    }

    pub(super) fn open_mut(&mut self) -> Result<&mut Vault, Error> {
        self.1 = self.1.wrapping_add(1);
        self.0.as_mut().ok_or(Error::Locked)
    }
}
