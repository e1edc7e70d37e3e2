use js_sys::Uint8Array;
use sealed_notes_format::{cose::TAG_LEN, own_data::MAX_HEAD};
use wasm_bindgen::prelude::*;

use super::{
    js::{run, run_shallow},
    vault::VaultHandle,
};
use crate::{OpeningOwnData, OwnData, SealingOwnData, error::Error};

#[wasm_bindgen]
pub struct OwnDataHandle(OwnData);

/// Own data on its way into `into`, or out of `from`.
#[wasm_bindgen]
pub struct OwnDataSeal(SealingOwnData);

#[wasm_bindgen]
pub struct OwnDataOpen(OpeningOwnData);

#[wasm_bindgen]
impl VaultHandle {
    #[wasm_bindgen(js_name = ownData)]
    pub fn own_data(&self, name: &str) -> Result<OwnDataHandle, JsValue> {
        run(|| self.open()?.own_data(name).map(OwnDataHandle))
    }
}

#[wasm_bindgen]
impl OwnDataHandle {
    /// Begins to seal as many bytes.
    pub fn seal(&self, len: usize) -> Result<OwnDataSeal, JsValue> {
        run_shallow(|| self.0.seal(len).map(OwnDataSeal))
    }

    /// Begins to open an object.
    pub fn open(&self, sealed: &Uint8Array) -> Result<OwnDataOpen, JsValue> {
        run_shallow(|| {
            let mut start = [0; MAX_HEAD];
            let count = MAX_HEAD.min(sealed.length() as usize);
            let start = start.get_mut(..count).unwrap_or_default();
            copy_from(sealed, 0, start);
            self.0.open(start, sealed.length() as usize).map(OwnDataOpen)
        })
    }
}

#[wasm_bindgen]
impl OwnDataSeal {
    #[wasm_bindgen(js_name = sealedLength)]
    pub fn sealed_len(&self) -> usize {
        self.0.sealed_len()
    }

    /// Seals up to `most` further bytes of `bytes`; whether that was all.
    pub fn step(&mut self, bytes: &Uint8Array, into: &Uint8Array, most: usize) -> Result<bool, JsValue> {
        run_shallow(|| {
            self.0.step(most, |at, buffer| copy_from(bytes, at, buffer), |at, sealed| copy_to(into, at, sealed))
        })
    }

    pub fn finish(self, into: &Uint8Array) -> Result<(), JsValue> {
        run_shallow(|| {
            let end = self.0.sealed_len() - TAG_LEN;
            copy_to(into, end, &self.0.finish());
            Ok(())
        })
    }
}

#[wasm_bindgen]
impl OwnDataOpen {
    /// Bytes that `into` must have room for.
    #[wasm_bindgen(js_name = paddedLength)]
    pub fn padded_len(&self) -> usize {
        self.0.padded_len()
    }

    pub fn step(&mut self, sealed: &Uint8Array, into: &Uint8Array, most: usize) -> Result<bool, JsValue> {
        run_shallow(|| {
            self.0.step(most, |at, buffer| copy_from(sealed, at, buffer), |at, text| copy_to(into, at, text))
        })
    }

    /// The text's length. If this throws, what was written to `into` is nothing.
    pub fn finish(self, sealed: &Uint8Array) -> Result<usize, JsValue> {
        run_shallow(|| {
            let mut tag = [0; TAG_LEN];
            let end = (sealed.length() as usize).checked_sub(TAG_LEN).ok_or(Error::Truncated)?;
            copy_from(sealed, end, &mut tag);
            self.0.finish(&tag)
        })
    }
}

fn copy_from(array: &Uint8Array, at: usize, buffer: &mut [u8]) {
    array.subarray(at as u32, (at + buffer.len()) as u32).copy_to(buffer);
}

fn copy_to(array: &Uint8Array, at: usize, bytes: &[u8]) {
    array.subarray(at as u32, (at + bytes.len()) as u32).copy_from(bytes);
}
