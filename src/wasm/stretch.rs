//! Argon2id in an instance of its own: its 64 MiB go with it. What comes back is sealed to a key that never left the
//! instance which asked, so that no stretched passphrase passes through JavaScript.

use js_sys::Array;
use sealed_notes_format::{Purpose, grant::Suite, slot::Cost};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

use super::js::{byte_arrays, from_js, run, slices, to_js};
use crate::{
    Stretched,
    crypto::{hpke, kdf, secret::Secret},
    error::Error,
    keys::{
        sealed_to,
        slot::{check_length, fresh, passphrase_parameters},
    },
};

/// A passphrase that is being stretched elsewhere.
#[wasm_bindgen]
pub struct StretchingHandle {
    secret: Secret<32>,
    salt: [u8; 16],
    cost: Cost,
}

/// Whoever takes it takes it by value, so that it is wiped after its one use.
#[wasm_bindgen]
pub struct StretchedHandle(pub(super) Stretched);

#[derive(Serialize, Deserialize)]
struct Task {
    #[serde(with = "serde_bytes")]
    salt: Vec<u8>,
    memory: u32,
    passes: u32,
    lanes: u32,
    /// X25519.
    #[serde(with = "serde_bytes")]
    to: Vec<u8>,
}

impl StretchingHandle {
    fn of((salt, cost): ([u8; 16], Cost)) -> Result<Self, Error> {
        Ok(Self { secret: Secret::make()?, salt, cost })
    }
}

#[wasm_bindgen]
impl StretchingHandle {
    /// For a new slot. The passphrase itself is only measured here.
    #[wasm_bindgen(js_name = forNew)]
    pub fn for_new(passphrase: &str) -> Result<StretchingHandle, JsValue> {
        run(|| check_length(passphrase).and_then(|()| Self::of(fresh()?)))
    }

    #[wasm_bindgen(js_name = forSlots)]
    pub fn for_slots(slots: &Array) -> Result<StretchingHandle, JsValue> {
        run(|| Self::of(passphrase_parameters(slices(&byte_arrays(slots)?))?))
    }

    /// What the other instance needs besides the passphrase.
    pub fn task(&self) -> Result<JsValue, JsValue> {
        run(|| {
            let Cost { memory, passes, lanes } = self.cost;
            let to = hpke::public_key::<32>(Suite::X25519, &self.secret)?.to_vec();
            to_js(&Task { salt: self.salt.to_vec(), memory, passes, lanes, to })
        })
    }

    pub fn finish(self, sealed: &[u8]) -> Result<StretchedHandle, JsValue> {
        run(|| {
            let secret = sealed_to::open_key(Purpose::Stretched, &self.secret, sealed)?;
            Ok(StretchedHandle(Stretched::of(secret, self.salt, self.cost)))
        })
    }
}

/// Stretches, and seals the result to whoever asked.
#[wasm_bindgen]
pub fn stretch(passphrase: &str, task: JsValue) -> Result<Vec<u8>, JsValue> {
    run(|| {
        let Task { salt, memory, passes, lanes, to } = from_js(task)?;
        let salt = salt.as_slice().try_into().map_err(|_| Error::InvalidInput { reason: "a salt is 16 bytes" })?;
        let stretched = kdf::stretch(passphrase, salt, Cost { memory, passes, lanes })?;
        sealed_to::seal_key(Purpose::Stretched, &to, &stretched)
    })
}
