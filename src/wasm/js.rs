//! Conversions, and the one way in and out.

use core::{hint::black_box, str::FromStr};

use js_sys::{Array, ArrayBuffer, Date, Reflect, Uint8Array};
use sealed_notes_format::FormatError;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use wasm_bindgen::{JsCast, JsValue};

use crate::{Error, Timestamp};

/// Deeper than any call goes.
const STACK_TO_WIPE: usize = 256 * 1024;

/// Runs a call, then wipes the stack it used: a wasm stack is ordinary memory, which the next call need not
/// reach, and keys and text that passed through registers are spilled there.
pub(super) fn run<T>(call: impl FnOnce() -> Result<T, Error>) -> Result<T, JsValue> {
    let result = outlined(call);
    wipe_stack();
    result.map_err(|error| to_js_error(&error))
}

/// The same for calls that go no deeper than the cipher: to wipe more would take longer than they do.
pub(super) fn run_shallow<T>(call: impl FnOnce() -> Result<T, Error>) -> Result<T, JsValue> {
    let result = outlined(call);
    wipe_shallow_stack();
    result.map_err(|error| to_js_error(&error))
}

#[inline(never)]
fn outlined<T>(call: impl FnOnce() -> T) -> T {
    call()
}

#[inline(never)]
fn wipe_shallow_stack() {
    black_box(&mut [0u8; STACK_TO_WIPE / 32]);
}

#[inline(never)]
pub(super) fn wipe_stack() {
    black_box(&mut [0u8; STACK_TO_WIPE]);
}

fn to_js_error(error: &Error) -> JsValue {
    let js = js_sys::Error::new(&error.to_string());
    // A plain Error always takes a property.
    let _ = Reflect::set(&js, &"code".into(), &error.code().into());
    js.into()
}

pub(super) fn now() -> Timestamp {
    Timestamp((Date::now() / 1000.0).max(0.0) as u64)
}

/// The end of a grant or membership, in seconds.
pub(super) fn expiry(seconds: Option<f64>) -> Result<Option<Timestamp>, Error> {
    let at = |seconds: f64| match seconds {
        0.0..=9e15 => Ok(Timestamp(seconds as u64)),
        _ => Err(Error::InvalidInput { reason: "the expiry is no date" }),
    };
    seconds.map(at).transpose()
}

pub(super) fn id<T: FromStr<Err = FormatError>>(text: &str) -> Result<T, Error> {
    text.parse().map_err(|_| Error::InvalidId)
}

pub(super) fn optional_id<T: FromStr<Err = FormatError>>(text: Option<&String>) -> Result<Option<T>, Error> {
    text.map(|text| id(text)).transpose()
}

pub(super) fn from_js<T: DeserializeOwned>(value: JsValue) -> Result<T, Error> {
    serde_wasm_bindgen::from_value(value).map_err(|_| Error::InvalidInput {
        reason: "a field is missing or of the wrong type; see the types of the package",
    })
}

pub(super) fn to_js(value: &impl Serialize) -> Result<JsValue, Error> {
    let serializer = serde_wasm_bindgen::Serializer::new().serialize_maps_as_objects(true);
    value.serialize(&serializer).map_err(|_| Error::InvalidInput { reason: "the result does not fit into JavaScript" })
}

/// What is no array is refused before it is asked for its length: a JavaScript exception passes through WebAssembly
/// without unwinding it, and would leave a vault borrowed for ever, which then cannot even be locked.
pub(super) fn check_array(values: &Array) -> Result<(), Error> {
    if Array::is_array(values) {
        Ok(())
    } else {
        Err(Error::InvalidInput { reason: "expected an array of Uint8Array" })
    }
}

pub(super) fn byte_arrays(values: &Array) -> Result<Vec<Vec<u8>>, Error> {
    check_array(values)?;
    values.iter().map(|value| bytes(&value).map(Uint8Array::to_vec)).collect()
}

/// Not by instanceof: a frame, or a test runner, has a Uint8Array of its own.
pub(super) fn bytes(value: &JsValue) -> Result<&Uint8Array, Error> {
    match ArrayBuffer::is_view(value) {
        true => Ok(value.unchecked_ref()),
        false => Err(Error::InvalidInput { reason: "expected an array of Uint8Array" }),
    }
}

pub(super) fn slices(arrays: &[Vec<u8>]) -> impl Iterator<Item = &[u8]> {
    arrays.iter().map(Vec::as_slice)
}

/// Byte arrays as an array of Uint8Array.
pub(super) struct ByteArrays<'a>(pub(super) &'a [Vec<u8>]);

impl Serialize for ByteArrays<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|bytes| serde_bytes::Bytes::new(bytes)))
    }
}

/// Where a new record belongs.
#[derive(Deserialize)]
pub(super) struct Place {
    pub(super) client: String,
    pub(super) session: Option<String>,
    pub(super) record: Option<String>,
}
