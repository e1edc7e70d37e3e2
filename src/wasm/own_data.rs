use js_sys::Uint8Array;
use sealed_notes_format::{cose::TAG_LEN, own_data::MAX_HEAD};
use wasm_bindgen::prelude::*;

use super::{
    js::{run, run_shallow},
    vault::VaultHandle,
};
use crate::{OpeningOwnData, OwnData, SealingOwnData, error::Error};

/// One object at a time goes through it.
#[wasm_bindgen]
pub struct OwnDataHandle {
    own: OwnData,
    sealing: Option<SealingOwnData>,
    opening: Option<OpeningOwnData>,
}

#[wasm_bindgen]
impl VaultHandle {
    #[wasm_bindgen(js_name = ownData)]
    pub fn own_data(&self, name: &str) -> Result<OwnDataHandle, JsValue> {
        run(|| Ok(OwnDataHandle { own: self.open()?.own_data(name)?, sealing: None, opening: None }))
    }
}

#[wasm_bindgen]
impl OwnDataHandle {
    /// Begins to seal as many bytes; the length of the object they will be.
    #[wasm_bindgen(js_name = beginSeal)]
    pub fn begin_seal(&mut self, len: usize) -> Result<usize, JsValue> {
        run_shallow(|| Ok(self.sealing.insert(self.own.seal(len)?).sealed_len()))
    }

    /// Seals up to `most` further bytes of `bytes`; whether that was all.
    pub fn seal(&mut self, bytes: &Uint8Array, into: &Uint8Array, most: usize) -> Result<bool, JsValue> {
        run_shallow(|| {
            let sealing = self.sealing.as_mut().ok_or(NOT_BEGUN)?;
            let read = |at, buffer: &mut [u8]| copy_from(bytes, at, buffer);
            if !sealing.step(&mut self.own, most, read, |at, sealed| copy_to(into, at, sealed))? {
                return Ok(false);
            }
            let sealing = self.sealing.take().ok_or(NOT_BEGUN)?;
            let end = sealing.sealed_len() - TAG_LEN;
            copy_to(into, end, &sealing.finish());
            Ok(true)
        })
    }

    /// Begins to open an object; the room it needs.
    #[wasm_bindgen(js_name = beginOpen)]
    pub fn begin_open(&mut self, sealed: &Uint8Array) -> Result<usize, JsValue> {
        run_shallow(|| {
            let mut start = [0; MAX_HEAD];
            let start = start.get_mut(..MAX_HEAD.min(sealed.length() as usize)).unwrap_or_default();
            copy_from(sealed, 0, start);
            Ok(self.opening.insert(self.own.open(start, sealed.length() as usize)?).padded_len())
        })
    }

    /// Opens up to `most` further bytes; the text's length, once that was all. If this throws, what was written to `into` is
    /// nothing.
    pub fn open(&mut self, sealed: &Uint8Array, into: &Uint8Array, most: usize) -> Result<Option<usize>, JsValue> {
        run_shallow(|| {
            let opening = self.opening.as_mut().ok_or(NOT_BEGUN)?;
            let read = |at, buffer: &mut [u8]| copy_from(sealed, at, buffer);
            if !opening.step(&mut self.own, most, read, |at, text| copy_to(into, at, text))? {
                return Ok(None);
            }
            let mut tag = [0; TAG_LEN];
            let end = (sealed.length() as usize).checked_sub(TAG_LEN).ok_or(Error::Truncated)?;
            copy_from(sealed, end, &mut tag);
            self.opening.take().ok_or(NOT_BEGUN)?.finish(&tag).map(Some)
        })
    }
}

const NOT_BEGUN: Error = Error::InvalidInput { reason: "one call at a time: await each before the next" };

fn copy_from(array: &Uint8Array, at: usize, buffer: &mut [u8]) {
    array.subarray(at as u32, (at + buffer.len()) as u32).copy_to(buffer);
}

fn copy_to(array: &Uint8Array, at: usize, bytes: &[u8]) {
    array.subarray(at as u32, (at + bytes.len()) as u32).copy_from(bytes);
}
