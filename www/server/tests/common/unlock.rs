//! Making, unlocking and changing vaults, and what the server's routes take of it.

use std::sync::OnceLock;

use sealed_notes::{
    AccountId, CreatedVault, DealtShare, Error, Identity, Stretched, TenantId, UnlockWith, Vault, VaultChange,
};
use serde_json::{Value, json};

use super::{Host, base64, bytes, now};

pub const PASSPHRASE: &str = "four synthetic random words";
pub const NEXT_PASSPHRASE: &str = "another four synthetic words";

impl Host {
    /// What anybody is handed for a handle.
    pub async fn unlock_data(&self, handle: &str) -> UnlockData {
        UnlockData::of(&self.get(&format!("/api/accounts/{handle}/unlock"), None).await.expect(200))
    }
}

pub struct UnlockData {
    pub vault: Vec<u8>,
    pub slots: Vec<Vec<u8>>,
    pub key_log: Vec<Vec<u8>>,
    account: AccountId,
}

impl UnlockData {
    pub fn of(answer: &Value) -> Self {
        let list = |name: &str| answer[name].as_array().unwrap().iter().map(bytes).collect();
        let account = answer["account"].as_str().unwrap().parse().unwrap();
        Self { vault: bytes(&answer["vault"]), slots: list("slots"), key_log: list("keyLog"), account }
    }

    pub fn slots(&self) -> impl Iterator<Item = &[u8]> + Clone {
        self.slots.iter().map(Vec::as_slice)
    }

    pub fn identity(&self) -> Identity {
        Identity::from_key_log(self.account, self.key_log.iter().map(Vec::as_slice)).unwrap()
    }

    pub fn unlock(&self, with: UnlockWith<'_>) -> Result<Vault, Error> {
        Vault::unlock(&self.vault, self.slots(), with)
    }

    pub fn unlock_by_passphrase(&self, passphrase: &str, account_secret: &str) -> Result<Vault, Error> {
        let stretched = &Stretched::for_slots(passphrase, self.slots())?;
        self.unlock(UnlockWith::Passphrase { stretched, account_secret })
    }
}

/// Stretched once for all: it takes a third of a second.
pub fn stretched() -> &'static Stretched {
    static STRETCHED: OnceLock<Stretched> = OnceLock::new();
    STRETCHED.get_or_init(|| Stretched::make(PASSPHRASE).unwrap())
}

/// Another one.
pub fn stretched_anew() -> &'static Stretched {
    static STRETCHED: OnceLock<Stretched> = OnceLock::new();
    STRETCHED.get_or_init(|| Stretched::make(NEXT_PASSPHRASE).unwrap())
}

pub fn create(tenant: TenantId) -> CreatedVault {
    Vault::create(tenant, stretched(), now()).unwrap()
}

pub fn confirmed(mut created: CreatedVault) -> (CreatedVault, VaultChange) {
    let slots = created.slots.iter().map(Vec::as_slice);
    let change = created.vault.confirm_recovery_code(slots, &created.recovery_code, now()).unwrap();
    (created, change)
}

/// A change of the vault, made from generation `expects`, as PUT /api/vault takes it.
pub fn change_of(change: &VaultChange, expects: u64) -> Value {
    let mut body = json!({
        "vault": base64(&change.sealed_vault),
        "slots": change.slots.iter().map(|slot| base64(slot)).collect::<Vec<_>>(),
        "remove": change.removed.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "expects": expects,
    });
    if !change.key_log_entries.is_empty() {
        body["keyLogEntries"] = change.key_log_entries.iter().map(|entry| base64(entry)).collect();
    }
    if let Some(group) = &change.group {
        let sealed = group.sealed_keys.iter();
        body["group"] = json!({
            "account": group.account.to_string(),
            "keyLogEntries": group.key_log_entries.iter().map(|entry| base64(entry)).collect::<Vec<_>>(),
            "sealedKeys": sealed
                .map(|(member, bytes)| json!({ "member": member.to_string(), "bytes": base64(bytes) }))
                .collect::<Vec<_>>(),
        });
    }
    body
}

/// Shares as PUT /api/deals/{deal} takes them; printed ones stay at home.
pub fn shares_of(shares: &[DealtShare]) -> Vec<Value> {
    let sealed = shares.iter().filter_map(|share| match share {
        DealtShare::Sealed { recipient, bytes, .. } => {
            Some(json!({ "recipient": recipient.to_string(), "sealed": base64(bytes) }))
        }
        DealtShare::Printed { .. } => None,
    });
    sealed.collect()
}
