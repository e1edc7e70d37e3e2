//! Asking others for a way in: a new device its older sibling, somebody locked out her trustees, an executor the others.

use core::ops::Deref;

use sealed_notes_format::{
    grant::Suite,
    id::{AccountId, SlotId},
    recovery::{DealKind, Request as Format, RequestKind},
    slot::{Slot, SlotParameters},
};
use zeroize::Zeroizing;

use super::{
    account_secret::{self, AccountSecret},
    copied,
    sealed_to::{self, Context},
    shares::OpenedShare,
    slot::{self, Opener, Stretched},
    vault::Vault,
};
use crate::{
    Error, Timestamp,
    crypto::{hpke, secret::Secret},
};

/// A request as others see it.
pub struct Request<'a>(Format<'a>);

impl<'a> Request<'a> {
    pub fn decode(bytes: &'a [u8]) -> Result<Self, Error> {
        Ok(Self(Format::decode(bytes)?))
    }

    /// 4 groups of 4: 80 bits of the request's hash. Whoever asks reads it aloud or shows it as a QR code; whoever
    /// answers compares it, since a server could have put a request of its own in its place.
    pub fn code(&self) -> String {
        let hash = self.0.hash().0;
        copied::encode(hash.first_chunk::<10>().unwrap_or(&[0; 10])).to_string()
    }

    pub(super) fn check_code(&self, typed: &str) -> Result<(), Error> {
        let typed = copied::decode::<10>(typed).ok_or(Error::WrongCode)?;
        if self.0.hash().0.starts_with(typed.as_slice()) { Ok(()) } else { Err(Error::WrongCode) }
    }

    pub(super) fn check_asks_for(&self, account: AccountId, kind: DealKind) -> Result<(), Error> {
        let asked = match self.0.kind {
            RequestKind::Device => None,
            RequestKind::Trustees => Some(DealKind::Trustees),
            RequestKind::Will => Some(DealKind::Will),
        };
        if self.0.account == account && asked == Some(kind) { Ok(()) } else { Err(Error::WrongObject) }
    }

    fn context(&self) -> Context {
        Context::Answer { request: self.0.hash() }
    }

    pub(super) fn answer(&self, plaintext: &[u8]) -> Result<Vec<u8>, Error> {
        sealed_to::seal(self.context(), &self.0.xwing, plaintext)
    }

    pub(super) fn open(&self, secret: &Secret<32>, answer: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
        if sealed_to::key_id(self.context(), answer)? != self.0.key_id() {
            return Err(Error::Tampered);
        }
        sealed_to::open(self.context(), secret, answer)
    }
}

impl<'a> Deref for Request<'a> {
    type Target = Format<'a>;

    fn deref(&self) -> &Format<'a> {
        &self.0
    }
}

/// A request in the hands of whoever made it, with the key that opens its answers.
pub struct OwnRequest {
    bytes: Vec<u8>,
    secret: Secret<32>,
}

impl OwnRequest {
    /// For a new device, or for somebody who lost every other way.
    pub fn make(account: AccountId, kind: RequestKind, now: Timestamp) -> Result<Self, Error> {
        if kind == RequestKind::Will {
            return Err(Error::InvalidInput { reason: "a will is claimed with a vault" });
        }
        let secret = Secret::make()?;
        let public = hpke::public_key::<1216>(Suite::XWing, &secret)?;
        Ok(Self { bytes: Format::encode(account, kind, &public, now.0), secret })
    }

    /// Public: send it to the server.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub fn code(&self) -> Result<String, Error> {
        Ok(Request::decode(&self.bytes)?.code())
    }

    /// The account secret that another device of the account sent. It is checked by unlocking with it: only the
    /// account's own passphrase slot opens under it.
    pub fn open_account_secret(&self, answer: &[u8]) -> Result<Zeroizing<String>, Error> {
        let plaintext = Request::decode(&self.bytes)?.open(&self.secret, answer)?;
        let secret: &[u8; 16] = plaintext.as_slice().try_into().map_err(|_| Error::WrongObject)?;
        Ok(account_secret::to_text(&AccountSecret::copy_from(secret)))
    }

    /// A trustee's share.
    pub fn open_share(&self, answer: &[u8]) -> Result<OpenedShare, Error> {
        OpenedShare::decode(Request::decode(&self.bytes)?.open(&self.secret, answer)?)
    }

    /// The key under a passphrase, to be kept on the device next to the request while trustees take their days.
    pub fn keep(&self, passphrase: &Stretched) -> Result<Vec<u8>, Error> {
        let account = Request::decode(&self.bytes)?.account;
        let parameters = SlotParameters { account, slot: self.kept_id()?, generation: 1, way: passphrase.way() };
        slot::seal(&self.secret, &parameters, kept_opener(passphrase, &no_account_secret()))
    }

    /// Takes up a request that was kept.
    pub fn resume(bytes: &[u8], kept: &[u8], passphrase: &Stretched) -> Result<Self, Error> {
        let slot = Slot::decode(kept)?;
        let secret = slot::open(&slot, kept_opener(passphrase, &no_account_secret()))?;
        let resumed = Self { bytes: bytes.to_vec(), secret };
        if slot.parameters.slot == resumed.kept_id()? { Ok(resumed) } else { Err(Error::Tampered) }
    }

    fn kept_id(&self) -> Result<SlotId, Error> {
        let hash = Request::decode(&self.bytes)?.hash().0;
        Ok(SlotId(hash.first_chunk().copied().unwrap_or_default()))
    }
}

/// Whoever lost every way in has no account secret to mix in.
fn no_account_secret() -> AccountSecret {
    AccountSecret::copy_from(&[0; 16])
}

fn kept_opener<'a>(stretched: &'a Stretched, account_secret: &'a AccountSecret) -> Opener<'a> {
    Opener::Passphrase { stretched, account_secret }
}

impl core::fmt::Debug for OwnRequest {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("OwnRequest(..)")
    }
}

impl Vault {
    /// Sends the account secret to a new device, whose request shows this code. With the passphrase, which is typed
    /// there, it unlocks; alone it opens nothing.
    pub fn answer_device(&self, request: &[u8], code: &str) -> Result<Vec<u8>, Error> {
        let request = Request::decode(request)?;
        if request.account != self.account() || request.kind != RequestKind::Device {
            return Err(Error::WrongObject);
        }
        request.check_code(code)?;
        request.answer(self.account_secret.expose())
    }

    /// Whether a request names one of this vault's keys: a server could show its own in its place.
    pub fn made_request(&self, request: &[u8]) -> Result<bool, Error> {
        Ok(self.receiving_secret(Suite::XWing, Request::decode(request)?.key_id()).is_ok())
    }

    /// Asks the other executors of `account`'s will for their shares.
    pub fn claim_will(&self, account: AccountId, now: Timestamp) -> Vec<u8> {
        Format::encode(account, RequestKind::Will, &self.identity.keys.xwing, now.0)
    }
}
