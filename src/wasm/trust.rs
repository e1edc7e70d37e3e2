use serde::Serialize;
use wasm_bindgen::prelude::*;

use super::{
    identity::{IdentityHandle, KnownAuthorHandle, VerifiedIdentityHandle},
    js::{expiry, id, now, run, to_js},
    kit::change,
    vault::VaultHandle,
};
use crate::{GroupKind, Identity, Role, Standing, TrustedAs, VerifiedIdentity, error::Error};

/// Identities of one call: practices, or remaining members.
#[wasm_bindgen]
#[derive(Default)]
pub struct Identities(Vec<Identity>);

#[wasm_bindgen]
impl Identities {
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    pub fn add(&mut self, identity: &IdentityHandle) {
        self.0.push(identity.0.clone());
    }
}

impl Identities {
    fn list(&self) -> Vec<&Identity> {
        self.0.iter().collect()
    }
}

#[wasm_bindgen]
#[derive(Default)]
pub struct VerifiedIdentities(Vec<VerifiedIdentity>);

#[wasm_bindgen]
impl VerifiedIdentities {
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    pub fn add(&mut self, identity: &VerifiedIdentityHandle) {
        self.0.push(identity.0.clone());
    }
}

#[wasm_bindgen]
pub struct StandingHandle(Standing);

#[wasm_bindgen]
impl StandingHandle {
    pub fn verified(&self) -> Option<VerifiedIdentityHandle> {
        self.0.clone().verified().map(VerifiedIdentityHandle)
    }

    /// Whose keys have changed.
    pub fn known(&self) -> Option<KnownAuthorHandle> {
        if let Standing::KeysChanged(author) = &self.0 { Some(KnownAuthorHandle(author.clone())) } else { None }
    }
}

fn trusted_as(name: &str) -> Result<TrustedAs, Error> {
    let found = TrustedAs::ALL.into_iter().find(|known| known.name() == name);
    found.ok_or(Error::InvalidInput { reason: "an account is trusted as a person, practice or team" })
}

fn role(name: &str) -> Result<Role, Error> {
    let found = Role::ALL.into_iter().find(|known| known.name() == name);
    found.ok_or(Error::InvalidInput {
        reason: "a role is clinician, supervisor, biller, scheduler, administrator, client or team",
    })
}

const fn kind_name(kind: GroupKind) -> &'static str {
    match kind {
        GroupKind::Practice => "practice",
        GroupKind::Team => "team",
    }
}

#[wasm_bindgen]
impl VaultHandle {
    pub fn standing(&self, identity: &IdentityHandle, practices: &Identities) -> Result<StandingHandle, JsValue> {
        run(|| self.open()?.standing(&identity.0, &practices.list(), now()).map(StandingHandle))
    }

    /// The change to store; the identity is then had from [`VaultHandle::standing`].
    pub fn confirm(
        &mut self,
        identity: &IdentityHandle,
        fingerprint: &str,
        trust_as: &str,
        name: Option<String>,
    ) -> Result<JsValue, JsValue> {
        run(|| {
            let (vault, trust_as) = (self.open_mut()?, trusted_as(trust_as)?);
            change(vault.confirm(&identity.0, fingerprint, trust_as, name.as_deref(), now())?.1)
        })
    }

    #[wasm_bindgen(js_name = acceptKeys)]
    pub fn accept_keys(&mut self, identity: &IdentityHandle) -> Result<JsValue, JsValue> {
        run(|| change(self.open_mut()?.accept_keys(&identity.0, now())?.1))
    }

    pub fn see(&mut self, identity: &IdentityHandle, practices: &Identities) -> Result<JsValue, JsValue> {
        run(|| {
            let seen = self.open_mut()?.see(&identity.0, &practices.list(), now())?;
            seen.map_or(Ok(JsValue::UNDEFINED), change)
        })
    }

    pub fn distrust(&mut self, account: &str) -> Result<JsValue, JsValue> {
        run(|| change(self.open_mut()?.distrust(id(account)?)?))
    }

    pub fn trusted(&self) -> Result<JsValue, JsValue> {
        #[derive(Serialize)]
        struct Trusted<'a> {
            account: String,
            r#as: &'static str,
            name: &'a str,
        }
        run(|| {
            let trusted = self.open()?.trusted();
            let trusted = trusted.map(|(account, kind, name)| {
                let account = account.to_string();
                Trusted { account, r#as: kind.name(), name }
            });
            to_js(&trusted.collect::<Vec<_>>())
        })
    }

    #[wasm_bindgen(js_name = checkOwnKeyLog)]
    pub fn check_own_key_log(&self, identity: &IdentityHandle) -> Result<(), JsValue> {
        run(|| self.open()?.check_own_key_log(&identity.0))
    }

    pub fn groups(&self) -> Result<JsValue, JsValue> {
        #[derive(Serialize)]
        struct JsGroup<'a> {
            account: String,
            kind: &'static str,
            name: &'a str,
            fingerprint: String,
        }
        run(|| {
            let groups = self.open()?.groups().iter().map(|group| JsGroup {
                account: group.account.to_string(),
                kind: kind_name(group.kind),
                name: &group.name,
                fingerprint: group.account.fingerprint(),
            });
            to_js(&groups.collect::<Vec<_>>())
        })
    }

    #[wasm_bindgen(js_name = createGroup)]
    pub fn create_group(&mut self, kind: &str, name: &str) -> Result<JsValue, JsValue> {
        run(|| {
            let kind = [GroupKind::Practice, GroupKind::Team].into_iter().find(|known| kind_name(*known) == kind);
            let kind = kind.ok_or(Error::InvalidInput { reason: "a group is a practice or a team" })?;
            change(self.open_mut()?.create_group(kind, name, now())?.1)
        })
    }

    #[wasm_bindgen(js_name = addMember)]
    pub fn add_member(
        &mut self,
        group: &IdentityHandle,
        member: &VerifiedIdentityHandle,
        role_name: &str,
        expires: Option<f64>,
    ) -> Result<JsValue, JsValue> {
        run(|| {
            let (role, expires) = (role(role_name)?, expiry(expires)?);
            change(self.open_mut()?.add_member(&group.0, &member.0, role, expires, now())?)
        })
    }

    #[wasm_bindgen(js_name = removeMember)]
    pub fn remove_member(
        &mut self,
        group: &IdentityHandle,
        member: &str,
        remaining: &VerifiedIdentities,
    ) -> Result<JsValue, JsValue> {
        run(|| {
            let remaining: Vec<&VerifiedIdentity> = remaining.0.iter().collect();
            change(self.open_mut()?.remove_member(&group.0, id(member)?, &remaining, now())?)
        })
    }

    #[wasm_bindgen(js_name = renewGroup)]
    pub fn renew_group(
        &mut self,
        group: &IdentityHandle,
        members: &VerifiedIdentities,
        stolen_since: Option<f64>,
    ) -> Result<JsValue, JsValue> {
        run(|| {
            let (members, since): (Vec<_>, _) = (members.0.iter().collect(), expiry(stolen_since)?);
            change(self.open_mut()?.renew_group(&group.0, &members, since, now())?)
        })
    }

    #[wasm_bindgen(js_name = enterTeam)]
    pub fn enter_team(&mut self, team: &VerifiedIdentityHandle, sealed: &[u8]) -> Result<(), JsValue> {
        run(|| self.open_mut()?.enter_team(&team.0, sealed, now()))
    }

    /// What colleagues were told of this account's ledger, and whether it fits.
    #[wasm_bindgen(js_name = ledgerCrossReferences)]
    pub fn ledger_cross_references(&self) -> Result<JsValue, JsValue> {
        #[derive(Serialize)]
        struct CrossReference {
            person: String,
            sequence: u64,
            agreement: &'static str,
        }
        run(|| {
            let told = self.open()?.ledger().cross_references().into_iter();
            let told = told.map(|(person, head, agreement)| CrossReference {
                person: person.to_string(),
                sequence: head.sequence,
                agreement: agreement.name(),
            });
            to_js(&told.collect::<Vec<_>>())
        })
    }
}
