//! The boundary to JavaScript: wrappers without logic, the only place that names wasm_bindgen.
//!
//! What crosses inwards: passphrase, account secret, recovery code, PRF output, printed shares, text, sealed bytes, ids.
//! Outwards: text that was opened, sealed bytes, what a person copies by hand, ids and fingerprints. Keys never.

#![allow(unreachable_pub, reason = "wasm_bindgen takes public items only")]

mod chart;
mod identity;
mod js;
mod kit;
mod ledger;
mod own_data;
mod page;
mod people;
mod private;
mod stretch;
mod trust;
mod vault;
#[cfg(feature = "vectors")]
mod vectors;
#[cfg(sealed_notes_without)]
mod without;
mod worker;

use zeroizing_alloc::ZeroAlloc;

/// Memory is wiped when it is given back, whoever used it.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<std::alloc::System> = ZeroAlloc(std::alloc::System);
