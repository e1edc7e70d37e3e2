//! Everything that can go wrong, in the caller's words.

use sealed_notes_format::FormatError;

macro_rules! errors {
    ($($(#[$doc:meta])* $name:ident $({ $($field:ident: $type:ty),* })? => $code:literal, $message:literal;)*) => {
        /// One flat list. A message holds its cure; none ever holds text or key material.
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Error { $($(#[$doc])* $name $({ $($field: $type),* })?,)* }

        impl Error {
            /// Every code, in the order of this list.
            pub const CODES: &[&str] = &[$($code,)*];

            /// Stable across releases.
            pub const fn code(&self) -> &'static str {
                match self { $(Self::$name $({ $($field: _),* })? => $code,)* }
            }
        }

        impl core::fmt::Display for Error {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                match self { $(Self::$name $({ $($field),* })? => write!(f, $message $($(, $field = $field)*)?),)* }
            }
        }
    };
}

errors! {
    /// The vault was locked.
    Locked => "locked", "The vault is locked. Unlock it and try again; nothing was lost.";
    /// Passphrase or account secret is wrong; which one is not told.
    WrongPassphrase => "wrong_passphrase", "The passphrase or the account secret is not right. Check both and try again.";
    /// Shorter than twelve characters.
    WeakPassphrase => "weak_passphrase", "The passphrase is too short. Use at least 12 characters; four random words are good.";
    /// Not what [`Vault::create`](crate::Vault::create) gave out.
    InvalidAccountSecret => "invalid_account_secret", "The account secret has a typing error. It is 8 groups of 4 letters and digits; compare it with your copy.";
    /// Argon2id cost below the floor or above the ceiling.
    WeakParameters => "weak_parameters", "The server sent an unlock slot with a cost outside the safe range. Do not enter the passphrase again; tell whoever runs the server.";
    /// Another account's recovery code, or one that was replaced.
    WrongRecoveryCode => "wrong_recovery_code", "This recovery code does not open this account. It may have been replaced: look for the newest kit.";
    /// Not what a kit shows.
    InvalidRecoveryCode => "invalid_recovery_code", "The recovery code has a typing error. It is 10 groups of 4 letters and digits; compare it with the kit.";
    /// Another passkey, or one whose slot was replaced.
    WrongPasskey => "wrong_passkey", "This passkey does not open this account. Choose another, or unlock with the passphrase.";
    /// Signed shares that rebuild another secret.
    WrongShares => "wrong_shares", "These shares do not open this account: they are from an earlier dealing. Ask for the newest ones.";
    /// Fewer different shares than the deal needs.
    TooFewShares { given: u64, needed: u64 } => "too_few_shares", "{given} of the {needed} shares that are needed are here. Ask the others for theirs.";
    /// Changed, of another deal, or not signed by the account.
    WrongShare { place: usize } => "wrong_share", "Share {place} was changed, or belongs to another deal or account. Leave it out and use another.";
    /// Not what a printed share shows.
    InvalidShare => "invalid_share", "The share has a typing error. It is 48 groups of 4 letters and digits; compare it with the paper.";
    /// What was read aloud is not this request's code.
    WrongCode => "wrong_code", "The code is not that of this request. Compare it again with the person, and do not answer a request that differs.";
    /// Outside what the will's author allowed.
    OutOfScope => "out_of_scope", "The professional will does not include this. Its author chose what executors may open.";
    /// No confirmed recovery code.
    NoRecovery => "no_recovery", "There is no confirmed way back into this account yet, so nothing is sealed. Print the recovery kit and confirm its code.";
    /// The last recovery code, or the last everyday way.
    LastWayBack => "last_way_back", "An account keeps a recovery code, and a passphrase or a passkey for every day. Add another one first.";
    /// Another device gave the account new keys.
    Rotated => "rotated", "Another device gave this account new keys, and a new kit with them. Lock, and unlock with the new passphrase.";
    /// No such slot among those passed, or in the vault.
    UnknownSlot => "unknown_slot", "The account has no such way to unlock. Choose another one.";
    /// From before a passphrase change.
    StaleSlot => "stale_slot", "This way to unlock was replaced or removed since. Use the newest one; if you just did, tell whoever runs the server. Your notes are not affected.";
    /// Bytes are missing at the end.
    Truncated => "truncated", "The object is cut short. Fetch it again.";
    /// Foreign or malformed bytes.
    NotSealed { reason: &'static str } => "not_sealed", "These bytes are not a sealed object ({reason}). Pass the bytes exactly as they were returned when sealing.";
    /// A sealed object of another kind, or of the other drawer.
    WrongObject => "wrong_object", "This is a sealed object of another kind or of the other drawer. Open private notes with the private drawer and chart records with the chart.";
    /// Made by a later release.
    UnsupportedVersion => "unsupported_version", "The object was made by a later release. Update sealed-notes to open it.";
    /// A signature, hash, commitment or authentication tag is not right.
    Tampered => "tampered", "The object was changed after it was sealed, or belongs elsewhere. It was not opened. Fetch it again; if that fails, tell whoever runs the server.";
    /// Only the author may do this.
    NotTheAuthor => "not_the_author", "The record was written by another account. Ask its author, or open it with the grant she gave.";
    /// No grant for this account.
    NotARecipient => "not_a_recipient", "This grant is for another account. Ask the author for a grant to yours.";
    /// Past its expiry.
    GrantExpired => "grant_expired", "The grant has expired. Ask the author to share the record again.";
    /// An account that holds no grant, or whose identity was not passed.
    UnknownRecipient { account: String } => "unknown_recipient", "Account {account} is not among the readers, or its verified identity is missing. List the readers and pass one identity for each.";
    /// Named twice, or already a reader.
    DuplicateRecipient { account: String } => "duplicate_recipient", "Account {account} is named twice, or is the author, who reads anyway. Name each recipient once.";
    /// Public keys that are none, do not belong to the account, or are older than those that were trusted.
    InvalidKey => "invalid_key", "The keys handed out for this account are not valid keys of it. Do not share with it; tell whoever runs the server.";
    /// A person whose fingerprint was compared has made new keys since, and no practice endorses them.
    KeysChanged => "keys_changed", "This person's account has new keys since you verified it. Ask her, not through this server, whether she made new ones; then accept them, or compare the fingerprint again.";
    /// Signed by keys that their owner had revoked by then.
    KeyRevoked => "key_revoked", "The keys that signed this were revoked by their owner as of that day. Ask her whether it is hers, and to share it again.";
    /// Digits that differ.
    FingerprintMismatch => "fingerprint_mismatch", "The digits differ. Do not share: compare them again with the person, on a call.";
    /// Over 1 MiB.
    SectionTooLarge { section: String, bytes: usize } => "section_too_large", "Section {section} has {bytes} bytes; the most is 1048576 (1 MiB). Split it or attach it as a file.";
    /// A name outside `[a-z0-9-]{1,32}`, repeated, or not in the record.
    InvalidSection { section: String } => "invalid_section", "Section {section:?} cannot be used: a section is named once, with 1 to 32 of a-z, 0-9 and -, and a grant names sections of its record.";
    /// A record without any.
    NoSections => "no_sections", "A record needs 1 to 64 sections. Pass at least one.";
    /// An id of the wrong form.
    InvalidId => "invalid_id", "An id is 32 (accounts: 64) lowercase hexadecimal digits. Use newId() or an id the library returned.";
    /// A value from the caller that cannot be used.
    InvalidInput { reason: &'static str } => "invalid_input", "The call cannot be carried out: {reason}.";
    /// An older state than one that was seen before.
    RolledBack { expected: u64, found: u64 } => "rolled_back", "The server gave number {found}, and number {expected} was seen before: it is withholding what is newer. Nothing was opened. Tell whoever runs the server; if they restored a backup, they can say from when.";
    /// Two histories that exclude each other.
    Forked => "forked", "The server shows another history than it showed before. Do not go on; compare with your other devices, and tell whoever runs the server.";
    /// The platform gave no random bytes.
    RandomUnavailable => "random_unavailable", "The browser gave no random bytes, so nothing was sealed. Use a secure context (https) and a current browser.";
}

impl core::error::Error for Error {}

impl From<FormatError> for Error {
    fn from(error: FormatError) -> Self {
        match error {
            FormatError::Truncated => Self::Truncated,
            FormatError::NotSealed(reason) => Self::NotSealed { reason },
            FormatError::AnotherPurpose => Self::WrongObject,
            FormatError::UnsupportedVersion => Self::UnsupportedVersion,
            FormatError::BadSignature | FormatError::Mismatch(_) => Self::Tampered,
            FormatError::RevokedKey => Self::KeyRevoked,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_distinct() {
        let mut codes = Error::CODES.to_vec();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), Error::CODES.len());
    }
}
