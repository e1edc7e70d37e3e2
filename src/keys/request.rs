//! Asking others for a way in: a new device its older sibling, somebody locked out her trustees, an executor the others.

use core::ops::Deref;

use sealed_notes_format::{
    FormatError,
    cbor::{Decoder, Encoder},
    grant::Suite,
    id::{AccountId, SlotId},
    ledger::LedgerHead,
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

    fn open(&self, secret: &Secret<32>, answer: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
        if sealed_to::key_id(self.context(), answer)? != self.0.key_id() {
            return Err(Error::Tampered);
        }
        sealed_to::open(self.context(), secret, answer)
    }

    /// The share in an answer. Whether its owner signed it shows when shares are put together.
    pub(super) fn open_share(&self, secret: &Secret<32>, answer: &[u8]) -> Result<OpenedShare, Error> {
        let share = OpenedShare::decode(self.open(secret, answer)?)?;
        self.check_asks_for(share.place.account, share.place.kind)?;
        Ok(share)
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

    /// What another device of the account sent. It is checked by unlocking with it: only the account's own passphrase slot
    /// opens under its account secret.
    pub fn open_device_answer(&self, answer: &[u8]) -> Result<DeviceAnswer, Error> {
        let plaintext = Request::decode(&self.bytes)?.open(&self.secret, answer)?;
        // Answers of earlier releases hold the account secret alone.
        let (secret, seen) = match <&[u8; 16]>::try_from(plaintext.as_slice()) {
            Ok(secret) => (AccountSecret::copy_from(secret), None),
            Err(_) => decode_device_answer(&plaintext).map_err(|_| Error::WrongObject)?,
        };
        Ok(DeviceAnswer { account_secret: account_secret::to_text(&secret), seen })
    }

    /// A trustee's share.
    pub fn open_share(&self, answer: &[u8]) -> Result<OpenedShare, Error> {
        Request::decode(&self.bytes)?.open_share(&self.secret, answer)
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

/// How far an account's vault and ledger went when a device of it looked last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Of the vault.
    pub generation: u64,
    pub ledger: Option<LedgerHead>,
}

/// What an unlocked device sends to a new one.
pub struct DeviceAnswer {
    /// 8 groups of 4.
    pub account_secret: Zeroizing<String>,
    /// To be held against what the server shows: [`Vault::expect`].
    pub seen: Option<Seen>,
}

fn decode_device_answer(plaintext: &[u8]) -> Result<(AccountSecret, Option<Seen>), FormatError> {
    Decoder::all(plaintext, |input| {
        input.array_of(3)?;
        let secret = AccountSecret::copy_from(input.byte_array()?);
        let (generation, ledger) = (input.uint()?, input.optional(LedgerHead::decode)?);
        Ok((secret, Some(Seen { generation, ledger })))
    })
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
    /// there, it unlocks; alone it opens nothing. How far vault and ledger go is sent along: a new device remembers
    /// nothing that a server could not roll back.
    pub fn answer_device(&self, request: &[u8], code: &str) -> Result<Vec<u8>, Error> {
        let request = Request::decode(request)?;
        if request.account != self.account() || request.kind != RequestKind::Device {
            return Err(Error::WrongObject);
        }
        request.check_code(code)?;
        let mut out = Encoder::with_capacity(96);
        out.array(3).bytes(self.account_secret.expose()).uint(self.generation);
        out.optional(self.ledger().seen(), |out, head| head.encode(out));
        request.answer(&Zeroizing::new(out.finish()))
    }

    /// Refuses this vault, or a ledger that does not go as far, where this device or another one saw a newer one.
    pub fn expect(&self, seen: Seen) -> Result<(), Error> {
        if seen.generation > self.generation {
            return Err(Error::RolledBack { expected: seen.generation, found: self.generation });
        }
        seen.ledger.map_or(Ok(()), |head| self.ledger().expect(head))
    }

    /// Whether a request is a claim that names one of this vault's keys: a server could show another in its place,
    /// with a key of its own or for trustees' shares.
    pub fn made_request(&self, request: &[u8]) -> Result<bool, Error> {
        let request = Request::decode(request)?;
        let is_own = self.receiving_secret(Suite::XWing, request.key_id()).is_ok();
        Ok(request.kind == RequestKind::Will && is_own)
    }

    /// Asks the other executors of `account`'s will for their shares.
    pub fn claim_will(&self, account: AccountId, now: Timestamp) -> Vec<u8> {
        Format::encode(account, RequestKind::Will, &self.identity.keys().xwing, now.0)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failure fails the test")]
mod tests {
    use sealed_notes_format::{
        Purpose,
        cose::{Recipient, recipient_structure},
        id::{DealId, KeyId},
        recovery::{SealedTo, SharePlace},
    };

    use super::*;
    use crate::crypto::sign::SigningKey;

    const NOW: Timestamp = Timestamp(1_767_225_600);
    const ACCOUNT: AccountId = AccountId([3; 32]);

    fn share(account: AccountId, kind: DealKind) -> Vec<u8> {
        let place = SharePlace { account, kind, deal: DealId([4; 16]), threshold: 2, count: 3, number: 1 };
        SigningKey::from_seed(&Secret::make().unwrap()).sign(Purpose::Share, &place.encode(&[5; 32]))
    }

    /// Whoever answers chooses what is in the answer.
    #[test]
    fn an_answer_holds_what_was_asked_for() {
        let own = OwnRequest::make(ACCOUNT, RequestKind::Trustees, NOW).unwrap();
        let request = Request::decode(&own.bytes).unwrap();
        let open = |plaintext: &[u8]| own.open_share(&request.answer(plaintext).unwrap()).map(drop);
        assert_eq!(open(&share(ACCOUNT, DealKind::Trustees)), Ok(()));
        assert_eq!(open(&share(ACCOUNT, DealKind::Will)), Err(Error::WrongObject));
        assert_eq!(open(&share(AccountId([9; 32]), DealKind::Trustees)), Err(Error::WrongObject));
        assert!(open(&[7; 16]).is_err(), "an account secret");
        let answer = request.answer(&share(ACCOUNT, DealKind::Trustees)).unwrap();
        assert_eq!(own.open_device_answer(&answer).err(), Some(Error::WrongObject));
    }

    /// A server that serves one thing in another's place: the key would open it, the context says what it is.
    #[test]
    fn an_answer_is_bound_to_its_request() {
        let secret = Secret::make().unwrap();
        let public = hpke::public_key::<1216>(Suite::XWing, &secret).unwrap();
        let make = |now| OwnRequest {
            bytes: Format::encode(ACCOUNT, RequestKind::Trustees, &public, now),
            secret: secret.clone(),
        };
        let (one, other) = (make(1), make(2));
        let answer = |to: &OwnRequest| Request::decode(&to.bytes).unwrap().answer(&[6; 16]).unwrap();
        let (of_one, of_other) = (answer(&one), answer(&other));
        assert!(one.open_device_answer(&of_one).is_ok());
        assert_eq!(one.open_device_answer(&of_other).err(), Some(Error::Tampered));
        // Key of one answer, body of another.
        let [one_sealed, other_sealed] =
            [&of_one, &of_other].map(|answer| SealedTo::decode(answer, Purpose::Answer).unwrap());
        let mixed = SealedTo::encode(Purpose::Answer, one_sealed.recipient.raw, other_sealed.sealed.raw);
        assert_eq!(one.open_device_answer(&mixed).err(), Some(Error::Tampered));
        // Sealed to the right key under another's name.
        let protected = Recipient::protected(Suite::XWing.alg(), KeyId([0; 16]), one_sealed.recipient.context);
        let content_key = hpke::unwrap(Suite::XWing, &secret, &one_sealed.recipient).unwrap();
        let (key, wrapped) =
            hpke::wrap(Suite::XWing, public.as_slice(), &recipient_structure(&protected), &content_key).unwrap();
        let recipient = Recipient::encode(&protected, &key, &wrapped);
        let misnamed = SealedTo::encode(Purpose::Answer, &recipient, one_sealed.sealed.raw);
        assert_eq!(one.open_device_answer(&misnamed).err(), Some(Error::Tampered));
    }
}
