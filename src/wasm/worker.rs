//! Granting and opening in parallel: each worker has an instance of its own with a copy of the vault. Keys go from one to the
//! other sealed to a key that never left the worker's instance, and so do the recipients and authors that were verified.

use js_sys::Array;
use sealed_notes_format::grant::Suite;
use wasm_bindgen::prelude::*;

use super::{
    chart::grants,
    identity::{KnownAuthorHandle, Recipients},
    js::{byte_arrays, now, run, slices, to_js},
    page::{Page, Sealed},
    vault::VaultHandle,
};
use crate::{
    Vault,
    crypto::{hpke, secret::Secret},
    error::Error,
    keys::worker::Session,
    records::worker::Sharing,
};

/// The vault's side. Freeing it wipes its key.
#[wasm_bindgen]
pub struct SessionHandle {
    session: Session,
    vault: Vec<u8>,
}

#[wasm_bindgen]
impl SessionHandle {
    /// Lets the worker with this X25519 key in.
    pub fn invite(&self, worker: &[u8]) -> Result<Vec<u8>, JsValue> {
        run(|| self.session.invite(worker))
    }

    /// The copy of the vault for those who were invited.
    pub fn vault(&self) -> Vec<u8> {
        self.vault.clone()
    }

    pub fn opening(&self, author: &KnownAuthorHandle) -> Result<Vec<u8>, JsValue> {
        run(|| self.session.seal_author(&author.0))
    }
}

#[wasm_bindgen]
impl VaultHandle {
    /// Begins a session with workers, as the vault is now.
    pub fn session(&self) -> Result<SessionHandle, JsValue> {
        run(|| {
            let session = Session::make()?;
            let vault = session.seal_vault(self.open()?)?;
            Ok(SessionHandle { session, vault })
        })
    }

    /// Another number after everything that may have changed the vault.
    pub fn revision(&self) -> f64 {
        f64::from(self.1)
    }

    /// The recipients for [`WorkerHandle::share`].
    pub fn sharing(&self, session: &SessionHandle, grant_to: &Recipients) -> Result<Vec<u8>, JsValue> {
        run(|| Sharing::seal(&session.session, self.open()?, &grant_to.requests()))
    }
}

/// The worker's side.
#[wasm_bindgen]
pub struct WorkerHandle {
    secret: Secret<32>,
    joined: Option<(Session, Vault)>,
}

#[wasm_bindgen]
pub struct SharingHandle(Sharing);

#[wasm_bindgen]
impl WorkerHandle {
    pub fn make() -> Result<WorkerHandle, JsValue> {
        run(|| Ok(Self { secret: Secret::make()?, joined: None }))
    }

    #[wasm_bindgen(js_name = publicKey)]
    pub fn public_key(&self) -> Result<Vec<u8>, JsValue> {
        run(|| Ok(hpke::public_key::<32>(Suite::X25519, &self.secret)?.to_vec()))
    }

    pub fn join(&mut self, invitation: &[u8], vault: &[u8]) -> Result<(), JsValue> {
        run(|| {
            let session = Session::join(&self.secret, invitation)?;
            let vault = session.open_vault(vault)?;
            self.joined = Some((session, vault));
            Ok(())
        })
    }

    fn joined(&self) -> Result<&(Session, Vault), Error> {
        self.joined.as_ref().ok_or(Error::Locked)
    }

    pub fn sharing(&self, sealed: &[u8]) -> Result<SharingHandle, JsValue> {
        run(|| Sharing::open(&self.joined()?.0, sealed).map(SharingHandle))
    }

    pub fn opening(&self, sealed: &[u8]) -> Result<KnownAuthorHandle, JsValue> {
        run(|| self.joined()?.0.open_author(sealed).map(KnownAuthorHandle))
    }

    /// As [`VaultHandle::share`] to all of the recipients.
    pub fn share(&self, versions: &Array, sharing: &SharingHandle) -> Result<JsValue, JsValue> {
        run(|| {
            let versions = byte_arrays(versions)?;
            let versions: Vec<&[u8]> = slices(&versions).collect();
            to_js(&grants(sharing.0.share(&self.joined()?.1, &versions, now())?))
        })
    }

    /// As [`VaultHandle::open_shared`], without the ledger.
    #[wasm_bindgen(js_name = openShared)]
    pub fn open_shared(&self, sealed: &Array, grants: &Array, author: &KnownAuthorHandle) -> Result<JsValue, JsValue> {
        run(|| {
            let (chart, now, mut page) = (self.joined()?.1.chart(), now(), Page::default());
            let grants = byte_arrays(grants)?;
            let mut opening = chart.opening(slices(&grants));
            let unnamed = Array::new();
            Sealed::of(sealed, &unnamed)?.each(|index, bytes, _| {
                let grant = grants.get(index as usize).map(Vec::as_slice).unwrap_or_default();
                page.record(chart.open_for_another(bytes, grant, &author.0, &mut opening, now));
            })?;
            Ok(page.into_js())
        })
    }
}
