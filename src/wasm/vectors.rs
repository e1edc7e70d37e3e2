//! The test vectors of the primitives, in the wasm that the browser runs. Only in the build of feature `vectors`.

use sealed_notes_primitives::compare;
use serde::Serialize;
use wasm_bindgen::prelude::*;

use super::js::to_js;
use crate::crypto::vectors::PRIMITIVES;

#[derive(Serialize)]
struct Outcome {
    name: &'static str,
    expected: usize,
    count: Option<usize>,
    failure: Option<String>,
}

/// `cases` random texts, sealed and opened here and by the crate `chacha20poly1305`; how many there were in all.
#[wasm_bindgen(js_name = compareAead)]
pub fn compare_aead(seed: u32, cases: u32) -> Result<f64, String> {
    compare::aead(seed.into(), cases.into()).map(|count| count as f64)
}

/// What became of every primitive.
#[wasm_bindgen(js_name = checkPrimitives)]
pub fn check_primitives() -> Result<JsValue, JsValue> {
    let outcomes = PRIMITIVES.each_ref().map(|primitive| {
        let outcome = primitive.check();
        Outcome {
            name: primitive.name,
            expected: primitive.expected,
            count: outcome.as_ref().ok().copied(),
            failure: outcome.err(),
        }
    });
    to_js(&outcomes.as_slice()).map_err(|error| error.to_string().into())
}
