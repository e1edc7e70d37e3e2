//! Leaves out one check, in the build that shows that `cargo xtask verify hostile` notices. Only there.

use wasm_bindgen::prelude::*;

#[wasm_bindgen(js_name = leaveOut)]
pub fn leave_out(check: &str) {
    sealed_notes_format::kept::leave_out(check);
}
