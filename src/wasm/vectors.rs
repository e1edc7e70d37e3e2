//! The test vectors of the primitives, in the wasm that the browser runs. Only in the build of feature `vectors`.

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
