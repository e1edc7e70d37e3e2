//! Shares: k of n people together open what none of them can alone (SPEC.md §8.4).

use sealed_notes_format::{
    Purpose,
    cose::Sign1,
    grant::Suite,
    id::{AccountId, DealId},
    recovery::{DealKind, MAX_SHARES, RequestKind, Share, SharePlace},
    slot::{SlotKind, Way},
};
use zeroize::Zeroizing;

use super::{
    copied,
    identity::{Identity, VerifiedIdentity},
    request::Request,
    sealed_to::{self, Context},
    slot::Opener,
    vault::{UnlockSlot, Vault, make_slot_id},
    ways::{VaultChange, check_name},
};
use crate::{
    Error, Timestamp,
    crypto::{secret::Secret, shamir},
};

/// Who is to hold a share.
#[derive(Clone, Copy, Debug)]
pub struct ShareFor<'a> {
    /// What the vault's owner calls them.
    pub name: &'a str,
    /// Whose account it is sealed to; without one it is printed.
    pub to: Option<&'a VerifiedIdentity>,
}

/// A dealing, as the vault remembers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deal {
    pub kind: DealKind,
    pub deal: DealId,
    pub threshold: u64,
    pub dealt_at: Timestamp,
    pub shares: Vec<DealtTo>,
}

/// Who holds a share; on paper if there is no account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DealtTo {
    pub name: String,
    pub account: Option<AccountId>,
}

/// A share that was dealt.
#[derive(Clone)]
pub enum DealtShare {
    /// Store it for its recipient.
    Sealed { name: String, recipient: AccountId, bytes: Vec<u8> },
    /// To be printed: 48 groups of 4.
    Printed { name: String, text: Zeroizing<String> },
}

impl core::fmt::Debug for DealtShare {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Sealed { recipient, .. } => write!(f, "Sealed({recipient})"),
            Self::Printed { .. } => f.write_str("Printed(..)"),
        }
    }
}

/// Shares of one secret, and the change of the vault that remembers them.
#[derive(Debug)]
pub struct Dealt {
    pub deal: DealId,
    pub shares: Vec<DealtShare>,
    pub change: VaultChange,
}

impl Vault {
    /// Lets `threshold` of these people together open the account: an unlock slot in place of the former trustees'.
    pub fn deal_trustees(&mut self, threshold: u64, people: &[ShareFor<'_>], now: Timestamp) -> Result<Dealt, Error> {
        let (id, secret) = (make_slot_id()?, Secret::make()?);
        let place = self.first_place(DealKind::Trustees, DealId(id.0), threshold, people)?;
        let shares = self.deal(place, &secret, people)?;
        let change = self.change(|vault, made| {
            let former = |slot: &UnlockSlot| slot.kind == SlotKind::Trustees;
            made.removed.extend(vault.slots.iter().filter(|slot| former(slot)).map(|slot| slot.slot));
            vault.slots.retain(|slot| !former(slot));
            made.slots.push(vault.put_slot(id, Way::Trustees, Opener::Secret(secret.expose()), String::new(), now)?);
            vault.remember(place, people, now)
        })?;
        Ok(Dealt { deal: place.deal, shares, change })
    }

    pub(super) fn first_place(
        &self,
        kind: DealKind,
        deal: DealId,
        threshold: u64,
        people: &[ShareFor<'_>],
    ) -> Result<SharePlace, Error> {
        let place =
            SharePlace { account: self.account(), kind, deal, threshold, count: people.len() as u64, number: 1 };
        if !place.is_possible() {
            return Err(Error::InvalidInput { reason: "there are 2 to 16 shares, and 2 to all of them are needed" });
        }
        let mut accounts: Vec<_> = people.iter().filter_map(|person| person.to.map(|to| to.account())).collect();
        accounts.push(self.account());
        accounts.sort_unstable();
        if let Some(twice) = accounts.windows(2).find(|pair| pair.first() == pair.last()).and_then(<[_]>::first) {
            return Err(Error::DuplicateRecipient { account: twice.to_string() });
        }
        people.iter().try_for_each(|person| check_name(person.name).map(drop))?;
        Ok(place)
    }

    /// Splits `secret`, signs each share, and seals or spells it.
    pub(super) fn deal(
        &self,
        place: SharePlace,
        secret: &Secret<32>,
        people: &[ShareFor<'_>],
    ) -> Result<Vec<DealtShare>, Error> {
        let signing = &self.newest_epoch()?.signing;
        let values = shamir::split(secret, place.threshold as usize, people.len())?;
        values
            .iter()
            .zip(people)
            .map(|(share, person)| {
                let place = SharePlace { number: share.number.into(), ..place };
                let payload = Zeroizing::new(place.encode(share.value.expose()));
                let signed = Zeroizing::new(signing.sign(Purpose::Share, &payload));
                let name = check_name(person.name)?;
                Ok(match person.to {
                    None => DealtShare::Printed { name, text: to_text(&Share::decode(&signed)?) },
                    Some(to) => {
                        let bytes = sealed_to::seal(context(&place), &to.identity().keys().xwing, &signed)?;
                        DealtShare::Sealed { name, recipient: to.account(), bytes }
                    }
                })
            })
            .collect()
    }

    pub(super) fn remember(&mut self, place: SharePlace, people: &[ShareFor<'_>], now: Timestamp) -> Result<(), Error> {
        let SharePlace { kind, deal, threshold, .. } = place;
        let shares = people
            .iter()
            .map(|person| Ok(DealtTo { name: check_name(person.name)?, account: person.to.map(|to| to.account()) }))
            .collect::<Result<Vec<_>, Error>>()?;
        self.deals.retain(|former| former.kind != kind);
        self.deals.push(Deal { kind, deal, threshold, dealt_at: now, shares });
        Ok(())
    }

    /// A share that `owner` dealt to this account, and what it says.
    pub fn open_share(
        &self,
        owner: &Identity,
        kind: DealKind,
        deal: DealId,
        sealed: &[u8],
    ) -> Result<OpenedShare, Error> {
        let context = Context::Share { account: owner.account(), kind, deal };
        let secret = self.receiving_secret(Suite::XWing, sealed_to::key_id(context, sealed)?)?;
        let bytes = sealed_to::open(context, secret, sealed)?;
        let share = Share::decode(&bytes)?;
        owner.verify(&share.signed).map_err(|_| Error::WrongShare { place: 1 })?;
        if (share.place.account, share.place.kind, share.place.deal) != (owner.account(), kind, deal) {
            return Err(Error::WrongShare { place: 1 });
        }
        Ok(OpenedShare { place: share.place, bytes })
    }

    /// Hands a share on to whoever made `request`, whose code she read aloud.
    pub fn answer_with_share(&self, share: &OpenedShare, request: &[u8], code: &str) -> Result<Vec<u8>, Error> {
        let request = Request::decode(request)?;
        request.check_code(code)?;
        request.check_asks_for(share.place.account, share.place.kind)?;
        request.answer(&share.bytes)
    }

    /// Opens an answer to a request that this vault made for a will.
    pub fn open_answer(&self, request: &[u8], answer: &[u8]) -> Result<OpenedShare, Error> {
        let request = Request::decode(request)?;
        if request.kind != RequestKind::Will {
            return Err(Error::Tampered);
        }
        let secret = self.receiving_secret(Suite::XWing, request.key_id())?;
        request.open_share(secret, answer)
    }
}

fn context(place: &SharePlace) -> Context {
    Context::Share { account: place.account, kind: place.kind, deal: place.deal }
}

/// A share in the hands of whoever holds it. Alone it tells nothing of the secret.
pub struct OpenedShare {
    pub place: SharePlace,
    pub bytes: Zeroizing<Vec<u8>>,
}

impl OpenedShare {
    pub(super) fn decode(bytes: Zeroizing<Vec<u8>>) -> Result<Self, Error> {
        let place = Share::decode(&bytes)?.place;
        Ok(Self { place, bytes })
    }

    /// Reads a printed share of `owner`, whose signature on it is checked.
    pub fn from_text(owner: &Identity, text: &str) -> Result<Self, Error> {
        const LEN: usize = PRINTED + CHECKSUM;
        let bytes = copied::decode::<LEN>(text).ok_or(Error::InvalidShare)?;
        let (printed, checksum) = bytes.split_at_checked(PRINTED).ok_or(Error::InvalidShare)?;
        if checksum != checksum_of(printed) {
            return Err(Error::InvalidShare);
        }
        let [kind, threshold, count, number, rest @ ..] = printed else { return Err(Error::InvalidShare) };
        let (deal, rest) = rest.split_first_chunk().ok_or(Error::InvalidShare)?;
        let (value, signature) = rest.split_first_chunk().ok_or(Error::InvalidShare)?;
        let signature: &[u8; 64] = signature.try_into().map_err(|_| Error::InvalidShare)?;
        let kinds = [DealKind::Trustees, DealKind::Will];
        let place = SharePlace {
            account: owner.account(),
            kind: kinds.into_iter().find(|known| *known as u8 == *kind).ok_or(Error::InvalidShare)?,
            deal: DealId(*deal),
            threshold: (*threshold).into(),
            count: (*count).into(),
            number: (*number).into(),
        };
        let payload = Zeroizing::new(place.encode(value));
        for key_id in owner.signing_key_ids() {
            let signed = Zeroizing::new(Sign1::encode(Purpose::Share, key_id, &payload, signature));
            if Share::decode(&signed).is_ok_and(|share| owner.verify(&share.signed).is_ok()) {
                return Ok(Self { place, bytes: signed });
            }
        }
        Err(Error::WrongShare { place: 1 })
    }
}

impl core::fmt::Debug for OpenedShare {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "OpenedShare({:?})", self.place)
    }
}

/// kind ‖ threshold ‖ count ‖ number, deal, value, signature. The rest is the same for every share of an account.
const PRINTED: usize = 4 + 16 + 32 + 64;
const CHECKSUM: usize = 4;

fn checksum_of(printed: &[u8]) -> [u8; CHECKSUM] {
    let hash = sealed_notes_format::id::Hash::for_purpose(Purpose::Share, printed).0;
    hash.first_chunk().copied().unwrap_or_default()
}

fn to_text(share: &Share<'_>) -> Zeroizing<String> {
    let place = &share.place;
    let mut bytes = Zeroizing::new(Vec::with_capacity(PRINTED + CHECKSUM));
    bytes.extend([place.kind as u8, place.threshold as u8, place.count as u8, place.number as u8]);
    bytes.extend_from_slice(&place.deal.0);
    bytes.extend_from_slice(share.value);
    bytes.extend_from_slice(share.signed.signature());
    let checksum = checksum_of(&bytes);
    bytes.extend(checksum);
    copied::encode(&bytes)
}

/// The secret that shares of one deal rebuild. Each must carry the owner's signature and belong to the deal, so that
/// what is wrong is named; the caller checks the rebuilt secret against a commitment all the same.
pub(super) fn combine(owner: &Identity, shares: &[&[u8]], kind: DealKind, deal: DealId) -> Result<Secret<32>, Error> {
    let mut distinct: Vec<Share<'_>> = Vec::new();
    for (at, bytes) in shares.iter().enumerate() {
        let wrong = Error::WrongShare { place: at + 1 };
        let share = Share::decode(bytes).map_err(|_| wrong.clone())?;
        let place = &share.place;
        if owner.verify(&share.signed).is_err()
            || (place.account, place.kind, place.deal) != (owner.account(), kind, deal)
        {
            return Err(wrong);
        }
        if distinct.iter().all(|other| other.place.number != place.number) {
            distinct.push(share);
        }
    }
    let needed = distinct.first().map_or(2, |share| share.place.threshold);
    let given = distinct.len() as u64;
    if given < needed {
        return Err(Error::TooFewShares { given, needed });
    }
    let used = distinct.iter().take(needed.min(MAX_SHARES) as usize);
    shamir::combine(used.map(|share| (share.place.number as u8, share.value)))
}
