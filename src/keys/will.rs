//! The professional will: executors together open what its scope names, and nothing else (SPEC.md §8.4).

use sealed_notes_format::{
    FormatError, Purpose,
    cbor::{Decoder, Encoder},
    cose::Header,
    id::{AccountId, DealId, TenantId},
    pad::Floor,
    recovery::{DealKind, Will, WillParameters, WillScope},
    version::Drawer,
};
use zeroize::Zeroizing;

use super::{
    contents::list,
    identity::Identity,
    shares::{DealtShare, ShareFor, combine_of},
    vault::Vault,
    ways::VaultChange,
};
use crate::{
    Error, Timestamp,
    crypto::{aead, kdf, random, secret::Secret},
    records::{
        chart::{self, OpenedChartRecord},
        private::{self, OpenedPrivateNote},
    },
};

/// A will that was issued: store `will` and the sealed shares, print the others.
#[derive(Debug)]
pub struct IssuedWill {
    pub deal: DealId,
    pub will: Vec<u8>,
    pub shares: Vec<DealtShare>,
    pub change: VaultChange,
}

/// The longest waiting period that can be asked for, in days.
pub const MAX_WAITING_DAYS: u64 = 365;

/// One epoch's keys of the will's scope.
struct WillEpoch {
    number: u64,
    own_chart: Secret<32>,
    private_drawer: Option<Secret<32>>,
}

/// A will that its executors opened: it reads what the scope names, and can neither write nor unlock.
pub struct OpenedWill {
    tenant: TenantId,
    account: AccountId,
    pub scope: WillScope,
    epochs: Vec<WillEpoch>,
}

impl Vault {
    /// Lets `threshold` of these executors together read what `scope` names, once the server let `waiting_days` pass
    /// since one of them claimed it. Replaces the former will.
    pub fn issue_will(
        &mut self,
        scope: WillScope,
        waiting_days: u64,
        threshold: u64,
        executors: &[ShareFor<'_>],
        now: Timestamp,
    ) -> Result<IssuedWill, Error> {
        if waiting_days > MAX_WAITING_DAYS {
            return Err(Error::InvalidInput { reason: "a will waits 0 to 365 days" });
        }
        let (deal, secret) = (DealId(random::make()?), Secret::make()?);
        let place = self.first_place(DealKind::Will, deal, threshold, executors)?;
        let shares = self.deal(place, &secret, executors)?;
        let parameters = WillParameters { account: self.account(), deal, scope, waiting_days, sealed_at: now.0 };
        let encoded = parameters.encode();
        let commitment = kdf::derive(secret.expose(), &encoded, Purpose::WillCommitment)?;
        let will = aead::seal(
            Purpose::Will,
            Header::Committed { parameters: &encoded, commitment: *commitment.expose() },
            &kdf::derive(secret.expose(), &encoded, Purpose::Will)?,
            &self.will_contents(scope),
            aead::Padding::Padme(Floor::Text),
        )?;
        let change = self.change(|vault, _| vault.remember(place, executors, now))?;
        Ok(IssuedWill { deal, will, shares, change })
    }

    /// Forgets the will. The server drops it; shares that remain open nothing.
    pub fn revoke_will(&mut self) -> Result<VaultChange, Error> {
        self.change(|vault, _| {
            vault.deals.retain(|deal| deal.kind != DealKind::Will);
            Ok(())
        })
    }

    fn will_contents(&self, scope: WillScope) -> Zeroizing<Vec<u8>> {
        let mut out = Encoder::with_capacity(64 + 96 * self.epochs.len());
        out.array(2).bytes(&self.tenant.0).array(self.epochs.len());
        for epoch in &self.epochs {
            let private = (scope == WillScope::ChartAndPrivate).then(|| epoch.drawer_key(Drawer::Private));
            out.array(3).uint(epoch.number).bytes(epoch.drawer_key(Drawer::Chart).expose());
            out.optional(private, |out, key| {
                out.bytes(key.expose());
            });
        }
        Zeroizing::new(out.finish())
    }
}

impl OpenedWill {
    /// Opens a will with its executors' shares. `owner` is the key log of whoever issued it.
    pub fn open(will: &[u8], owner: &Identity, shares: &[&[u8]]) -> Result<Self, Error> {
        let will = Will::decode(will)?;
        let WillParameters { account, deal, scope, .. } = will.parameters;
        if account != owner.account() {
            return Err(Error::Tampered);
        }
        let secret = combine_of(owner, shares, DealKind::Will, deal)?;
        let commitment = kdf::derive(secret.expose(), will.encoded_parameters, Purpose::WillCommitment)?;
        if !commitment.equals(&will.commitment) {
            return Err(Error::WrongShares);
        }
        let key = kdf::derive(secret.expose(), will.encoded_parameters, Purpose::Will)?;
        let contents = aead::open_padded(&will.sealed, &key, Floor::Text)?;
        let (tenant, epochs) = Decoder::all(&contents, |input| {
            input.array_of(2)?;
            Ok((TenantId::decode(input)?, list(input, decode_epoch)?))
        })?;
        let fits = |epoch: &WillEpoch| epoch.private_drawer.is_some() == (scope == WillScope::ChartAndPrivate);
        if epochs.is_empty() || !epochs.iter().all(fits) {
            return Err(Error::NotSealed { reason: "a will whose keys are not those of its scope" });
        }
        Ok(Self { tenant, account, scope, epochs })
    }

    pub fn account(&self) -> AccountId {
        self.account
    }

    pub fn open_chart(&self, bytes: &[u8]) -> Result<OpenedChartRecord, Error> {
        chart::open_own(self, bytes)
    }

    /// Refuses unless the scope includes the private drawer: the will then holds no key to it.
    pub fn open_private(&self, bytes: &[u8]) -> Result<OpenedPrivateNote, Error> {
        private::open_own(self, bytes)
    }
}

fn decode_epoch(input: &mut Decoder<'_>) -> Result<WillEpoch, FormatError> {
    input.array_of(3)?;
    Ok(WillEpoch {
        number: input.uint()?,
        own_chart: Secret::copy_from(input.byte_array()?),
        private_drawer: input.optional(|input| input.byte_array().map(Secret::copy_from))?,
    })
}

impl crate::records::sealing::DrawerKeys for OpenedWill {
    fn author(&self) -> AccountId {
        self.account
    }

    fn tenant(&self) -> TenantId {
        self.tenant
    }

    fn drawer_key(&self, epoch: u64, drawer: Drawer) -> Result<&Secret<32>, Error> {
        let epoch = self.epochs.iter().find(|known| known.number == epoch).ok_or(Error::OutOfScope)?;
        match drawer {
            Drawer::Chart => Ok(&epoch.own_chart),
            Drawer::Private => epoch.private_drawer.as_ref().ok_or(Error::OutOfScope),
        }
    }
}

impl core::fmt::Debug for OpenedWill {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "OpenedWill({:?})", self.scope)
    }
}
