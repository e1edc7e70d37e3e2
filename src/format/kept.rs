//! Checks that a test build can leave out, to show that `cargo xtask verify hostile` notices when one is missing. Nothing but
//! that build sets the flag, and it is no cargo feature, so that no dependency can switch a check off.

/// Whether a check takes place. It does.
#[cfg(not(sealed_notes_without))]
#[inline(always)]
pub const fn kept(_: &str) -> bool {
    true
}

#[cfg(sealed_notes_without)]
pub use without::{kept, leave_out};

#[cfg(sealed_notes_without)]
mod without {
    use std::sync::{Mutex, PoisonError};

    static LEFT_OUT: Mutex<String> = Mutex::new(String::new());

    /// Leaves out this check, and no other.
    pub fn leave_out(check: &str) {
        *LEFT_OUT.lock().unwrap_or_else(PoisonError::into_inner) = check.to_owned();
    }

    pub fn kept(check: &str) -> bool {
        *LEFT_OUT.lock().unwrap_or_else(PoisonError::into_inner) != check
    }
}
