//! Psychotherapy notes and chart records, sealed where they are written.
//!
//! A therapist keeps two drawers. The [private drawer](records::private) holds her own reflections under keys
//! that only she has: no type in that module can name a reader. The [chart](records::chart) holds what others
//! may have to read: each recipient gets a [grant](format::grant), and only for identities whose fingerprint
//! was compared ([`VerifiedIdentity`]). The hosting server stores what these return, and can read none of it.
//!
//! ```
//! use sealed_notes::{ClientId, NewPrivateNote, Stretched, TenantId, Timestamp, Vault};
//!
//! let now = Timestamp(1_767_225_600);
//! let passphrase = Stretched::make("correct horse battery staple")?;
//! let created = Vault::create(TenantId([0; 16]), &passphrase, now)?;
//! let mut vault = created.vault;
//! // Her recovery kit is printed; she types its code back once. Nothing is sealed before that.
//! vault.confirm_recovery_code(created.slots.iter().map(Vec::as_slice), &created.recovery_code, now)?;
//!
//! let note = NewPrivateNote { client: ClientId([1; 16]), session: None, record: None, text: "She smiled.", is_final: false };
//! let sealed = vault.private().seal(note, now)?;
//! assert_eq!(vault.private().open(&sealed.bytes)?.text.as_str(), "She smiled.");
//! # Ok::<(), sealed_notes::Error>(())
//! ```
//!
//! Imports point down only: `wasm` → [`ledger`], `records` → `keys` → `crypto`, [`format`] → [`error`].

mod crypto;
pub mod error;
pub mod keys;
pub mod ledger;
pub mod records;
#[cfg(target_arch = "wasm32")]
mod wasm;

pub use error::Error;
pub use keys::{
    group::{Group, GroupChange, GroupKind},
    identity::{Identity, KnownAuthor, VerifiedIdentity, Voucher},
    kit::PreparedKit,
    request::{DeviceAnswer, OwnRequest, Request, Seen},
    shares::{Deal, Dealt, DealtShare, DealtTo, OpenedShare, ShareFor},
    slot::Stretched,
    trust::{Standing, TrustedAs},
    vault::{CreatedVault, Device, UnlockSlot, UnlockWith, Vault},
    ways::VaultChange,
    will::{IssuedWill, OpenedWill},
};
pub use ledger::{AboutToStore, Access, Agreement, Finding, Ledger, Problem, ReadEntry, Whole};
pub use records::{
    chart::{Chart, ChartDraft, NewChartRecord, OpenedChartRecord, SealedChartRecord, Shared},
    grants::{GrantRequest, Reader, Receipt, Revocation, SealedGrant},
    opening::Opening,
    own_data::{OpeningOwnData, OwnData, SealingOwnData},
    private::{NewPrivateNote, OpenedPrivateNote, PrivateDraft, PrivateDrawer, SealedPrivateNote},
};
pub use sealed_notes_format as format;
pub use sealed_notes_format::{
    grant::{PurposeOfUse, Suite},
    id::{AccountId, ClientId, DealId, DeviceId, RecordId, SessionId, SlotId, TenantId},
    keylog::Role,
    recovery::{DealKind, RequestKind, WillScope},
    slot::SlotKind,
};

/// Whole seconds since 1970-01-01T00:00:00Z, as the caller's clock has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(pub u64);

/// A new random record id, for a draft that is to be saved later. Client and session ids are made alike.
pub fn make_record_id() -> Result<RecordId, Error> {
    crypto::random::make().map(RecordId)
}
