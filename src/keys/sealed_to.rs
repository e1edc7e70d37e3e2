//! Sealing something to one X-Wing key: a share to its trustee, an answer to a request (SPEC.md §8.4), a
//! team's keys to a member (§8.6); and a key to another instance of the library.

use sealed_notes_format::{
    Purpose,
    cbor::{Decoder, Encoder},
    cose::{Header, Recipient, recipient_structure},
    grant::Suite,
    id::{AccountId, DealId, Hash, KeyId},
    pad::Floor,
    recovery::{DealKind, SealedTo},
};
use zeroize::Zeroizing;

use crate::{
    Error,
    crypto::{aead, hpke, secret::Secret},
};

/// What a sealed object belongs to; its hash is in both headers.
#[derive(Clone, Copy, Debug)]
pub(super) enum Context {
    /// A share of an account's deal.
    Share { account: AccountId, kind: DealKind, deal: DealId },
    /// The answer to a request.
    Answer { request: Hash },
    /// A team's keys for one member.
    TeamKey { team: AccountId, member: AccountId },
}

impl Context {
    fn purpose(&self) -> Purpose {
        match self {
            Self::Share { .. } => Purpose::SealedShare,
            Self::Answer { .. } => Purpose::Answer,
            Self::TeamKey { .. } => Purpose::TeamKey,
        }
    }

    fn hash(&self) -> Hash {
        let mut out = Encoder::with_capacity(160);
        match self {
            Self::Share { account, kind, deal } => {
                out.array(4).text(self.purpose().label()).bytes(&account.0).uint(*kind as u64).bytes(&deal.0)
            }
            Self::Answer { request } => out.array(2).text(self.purpose().label()).bytes(&request.0),
            Self::TeamKey { team, member } => out.array(3).text(self.purpose().label()).bytes(&team.0).bytes(&member.0),
        };
        Hash::for_purpose(Purpose::Context, &out.finish())
    }
}

pub(super) fn seal(context: Context, xwing: &[u8; 1216], plaintext: &[u8]) -> Result<Vec<u8>, Error> {
    let (purpose, hash) = (context.purpose(), context.hash());
    let content_key = Secret::make()?;
    let protected = Recipient::protected(Suite::XWing.alg(), KeyId::of_xwing(xwing), hash);
    let (encapsulated, ciphertext) = hpke::wrap(Suite::XWing, xwing, &recipient_structure(&protected), &content_key)?;
    let padding = aead::Padding::Padme(Floor::Text);
    let sealed = aead::seal(purpose, Header::Context(hash), &content_key, plaintext, padding)?;
    Ok(SealedTo::encode(purpose, &Recipient::encode(&protected, &encapsulated, &ciphertext), &sealed))
}

/// The key id that `sealed` names; its owner's secret key opens it.
pub(super) fn key_id(context: Context, sealed: &[u8]) -> Result<KeyId, Error> {
    Ok(SealedTo::decode(sealed, context.purpose())?.recipient.key_id)
}

pub(super) fn open(context: Context, secret: &Secret<32>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
    let sealed = SealedTo::decode(sealed, context.purpose())?;
    if sealed.recipient.context != context.hash() {
        return Err(Error::Tampered);
    }
    let content_key = hpke::unwrap(Suite::XWing, secret, &sealed.recipient)?;
    aead::open_padded(&sealed.sealed, &content_key, Floor::Text)
}

/// Seals a key to the X25519 key of another instance of the library, in the same browser; nothing of it is stored or sent.
pub(crate) fn seal_key(purpose: Purpose, to: &[u8], key: &Secret<32>) -> Result<Vec<u8>, Error> {
    let to: &[u8; 32] = to.try_into().map_err(|_| Error::InvalidKey)?;
    let context = Hash::for_purpose(purpose, to);
    let protected = Recipient::protected(Suite::X25519.alg(), KeyId::of_x25519(to), context);
    let (encapsulated, ciphertext) = hpke::wrap(Suite::X25519, to, &recipient_structure(&protected), key)?;
    Ok(Recipient::encode(&protected, &encapsulated, &ciphertext))
}

/// Opens what [`seal_key`] sealed for `purpose` to the public key of `secret`.
pub(crate) fn open_key(purpose: Purpose, secret: &Secret<32>, sealed: &[u8]) -> Result<Secret<32>, Error> {
    let sealed = Decoder::all(sealed, Recipient::decode)?;
    let public = hpke::public_key::<32>(Suite::X25519, secret)?;
    if sealed.alg != Suite::X25519.alg() || sealed.context != Hash::for_purpose(purpose, public.as_slice()) {
        return Err(Error::Tampered);
    }
    hpke::unwrap(Suite::X25519, secret, &sealed)
}
