//! Two accounts that know each other, made once per test program: each takes a real Argon2id run.
#![allow(dead_code, unreachable_pub, reason = "each test program uses a part")]
#![allow(clippy::unwrap_used, reason = "a test that cannot set up has failed")]

use std::sync::LazyLock;

use sealed_notes::{
    ClientId, CreatedVault, Error, GrantRequest, Identity, NewChartRecord, NewPrivateNote, PreparedKit, PurposeOfUse,
    SessionId, Stretched, Suite, TenantId, Timestamp, TrustedAs, UnlockWith, Vault, VerifiedIdentity,
    records::chart::Sections,
};

pub const NOW: Timestamp = Timestamp(1_767_225_600);
pub const LATER: Timestamp = Timestamp(NOW.0 + 3600);
pub const CLIENT: ClientId = ClientId([7; 16]);
pub const SESSION: SessionId = SessionId([8; 16]);
pub const PASSPHRASE: &str = "correct horse battery staple";

pub struct Account {
    pub created: CreatedVault,
}

impl Account {
    /// An account whose recovery code was confirmed.
    pub fn make() -> Self {
        let mut created = Vault::create(TenantId([9; 16]), &Stretched::make(PASSPHRASE).unwrap(), NOW).unwrap();
        let change = created.vault.confirm_recovery_code(slices(&created.slots), &created.recovery_code, NOW).unwrap();
        created.sealed_vault = change.sealed_vault;
        Self { created }
    }

    pub fn slots(&self) -> impl Iterator<Item = &[u8]> + Clone {
        slices(&self.created.slots)
    }

    pub fn vault(&self) -> &Vault {
        &self.created.vault
    }

    pub fn identity(&self) -> Identity {
        Identity::from_key_log(self.vault().account(), [self.created.key_log_entry.as_slice()]).unwrap()
    }

    /// Signs a second copy of this account in, so that a test may change it.
    pub fn unlock(&self) -> Vault {
        let CreatedVault { sealed_vault, account_secret, .. } = &self.created;
        unlock(sealed_vault, self.slots(), PASSPHRASE, account_secret).unwrap()
    }

    /// `other` as this account sees it once the digits were compared.
    pub fn trusts(&self, other: &Account) -> VerifiedIdentity {
        let identity = other.identity();
        self.unlock().confirm(&identity, &identity.fingerprint(), TrustedAs::Person, None, NOW).unwrap().0
    }
}

/// As its owner does with the printed kit in her hands.
pub fn confirm(kit: &mut PreparedKit) {
    let typed = kit.recovery_code.clone();
    kit.confirm(&typed, LATER).unwrap();
}

pub fn slices(bytes: &[Vec<u8>]) -> impl Iterator<Item = &[u8]> + Clone {
    bytes.iter().map(Vec::as_slice)
}

/// As a person does it: with passphrase and account secret.
pub fn unlock<'s>(
    sealed_vault: &[u8],
    slots: impl Iterator<Item = &'s [u8]> + Clone,
    passphrase: &str,
    account_secret: &str,
) -> Result<Vault, Error> {
    let stretched = &Stretched::for_slots(passphrase, slots.clone())?;
    Vault::unlock(sealed_vault, slots, UnlockWith::Passphrase { stretched, account_secret })
}

pub static AUTHOR: LazyLock<Account> = LazyLock::new(Account::make);
pub static COLLEAGUE: LazyLock<Account> = LazyLock::new(Account::make);
pub static BILLER: LazyLock<Account> = LazyLock::new(Account::make);
pub static COLLEAGUE_OF_AUTHOR: LazyLock<VerifiedIdentity> = LazyLock::new(|| AUTHOR.trusts(&COLLEAGUE));
pub static BILLER_OF_AUTHOR: LazyLock<VerifiedIdentity> = LazyLock::new(|| AUTHOR.trusts(&BILLER));
pub static AUTHOR_OF_COLLEAGUE: LazyLock<VerifiedIdentity> = LazyLock::new(|| COLLEAGUE.trusts(&AUTHOR));
pub static AUTHOR_OF_BILLER: LazyLock<VerifiedIdentity> = LazyLock::new(|| BILLER.trusts(&AUTHOR));

pub fn note(text: &str) -> NewPrivateNote<'_> {
    NewPrivateNote { client: CLIENT, session: Some(SESSION), record: None, text, is_final: false }
}

pub fn record<'t>(sections: &[(&'t str, &'t str)]) -> NewChartRecord<'t> {
    let sections: Sections<'t> = sections.iter().copied().collect();
    NewChartRecord { client: CLIENT, session: Some(SESSION), record: None, sections, is_final: false }
}

pub fn grant(to: &VerifiedIdentity) -> GrantRequest<'_> {
    GrantRequest { to, purpose_of_use: PurposeOfUse::Treatment, expires_at: None, sections: None, suite: Suite::X25519 }
}

/// The code of what must fail; text that came out in its place is not printed.
pub fn code<T>(result: Result<T, Error>) -> &'static str {
    match result {
        Ok(_) => "no error",
        Err(error) => error.code(),
    }
}

/// Every copy of `bytes` with one bit flipped.
pub fn flips(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    (0..bytes.len() * 8).map(move |bit| {
        let mut flipped = bytes.to_vec();
        if let Some(byte) = flipped.get_mut(bit / 8) {
            *byte ^= 1 << (bit % 8);
        }
        flipped
    })
}
