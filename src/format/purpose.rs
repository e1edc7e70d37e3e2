//! The closed list of purposes (SPEC.md §2.1).

use crate::{FormatError, kept::kept};

macro_rules! purposes {
    ($($name:ident => $label:literal,)*) => {
        /// What a signature, ciphertext, key derivation or derived id is for. There is no default, and no
        /// way to name another: bytes made for one purpose are refused for every other.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Purpose { $($name,)* }

        impl Purpose {
            pub const ALL: &[Purpose] = &[$(Purpose::$name,)*];

            /// The label that goes into `typ`, HKDF `info` or a hash.
            pub const fn label(self) -> &'static str {
                match self { $(Purpose::$name => concat!("application/vnd.sealed-notes.v1.", $label),)* }
            }
        }
    };
}

purposes! {
    Version => "version",
    Grant => "grant",
    Grants => "grants",
    KeyLog => "key-log",
    Login => "login",
    PrivateBody => "private-body",
    ChartBody => "chart-body",
    PrivateWrap => "private-wrap",
    ChartWrap => "chart-wrap",
    AuthorTag => "author-tag",
    PrivateDraft => "private-draft",
    ChartDraft => "chart-draft",
    Vault => "vault",
    Slot => "slot",
    SlotKey => "slot-key",
    SlotCommitment => "slot-commitment",
    RecoveryCode => "recovery-code",
    Share => "share",
    SealedShare => "sealed-share",
    Request => "request",
    Answer => "answer",
    TeamKey => "team-key",
    Will => "will",
    WillCommitment => "will-commitment",
    Commitment => "commitment",
    Context => "context",
    Stretched => "stretched",
    Worker => "worker",
    OwnData => "own-data",
    Ledger => "ledger",
    LedgerEvents => "ledger-events",
    LedgerEntry => "ledger-entry",
    LedgerBundle => "ledger-bundle",
    Memory => "memory",
    Fingerprint => "fingerprint",
    KeyIdEd25519 => "key-id-ed25519",
    KeyIdX25519 => "key-id-x25519",
    KeyIdXWing => "key-id-xwing",
    PrivateNote => "private-note",
    ChartRecord => "chart-record",
}

const FAMILY: &str = "application/vnd.sealed-notes.v";

/// Checks that `label` is that of `expected`, and tells a later format version from something foreign.
pub fn check_label(label: &str, expected: Purpose) -> Result<(), FormatError> {
    if label == expected.label() || !kept("purpose") {
        return Ok(());
    }
    match label.strip_prefix(FAMILY) {
        Some(rest) if !rest.starts_with("1.") => Err(FormatError::UnsupportedVersion),
        Some(_) => Err(FormatError::AnotherPurpose),
        None => Err(FormatError::NotSealed("not an object of this format")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_distinct() {
        let mut labels: Vec<_> = Purpose::ALL.iter().map(|purpose| purpose.label()).collect();
        labels.sort_unstable();
        labels.dedup();
        assert_eq!(labels.len(), Purpose::ALL.len());
    }
}
