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
    shares::{DealtShare, ShareFor, combine},
    vault::Vault,
    ways::VaultChange,
};
use crate::{
    Error, Timestamp,
    crypto::{aead, kdf, random, secret::Secret, sign::SigningKey},
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
    owner: Identity,
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
        let secret = combine(owner, shares, DealKind::Will, deal)?;
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
        Ok(Self { tenant, owner: owner.clone(), scope, epochs })
    }

    pub fn account(&self) -> AccountId {
        self.owner.account()
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
    fn author(&self) -> &Identity {
        &self.owner
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

    fn signing_key(&self, _: u64) -> Option<&SigningKey> {
        None
    }
}

impl core::fmt::Debug for OpenedWill {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "OpenedWill({:?})", self.scope)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, reason = "a failure fails the test")]
mod tests {
    use sealed_notes_format::{id::ClientId, slot::Cost};

    use super::*;
    use crate::{
        DealtShare, NewChartRecord, NewPrivateNote, OpenedShare, Stretched, crypto::sign::SigningKey,
        records::chart::Sections,
    };

    const NOW: Timestamp = Timestamp(1_767_225_600);

    /// Executors hold the drawer keys of their scope: with the server's help they could put versions of their own in
    /// the owner's drawers, if a wrap were all that is asked for.
    #[test]
    fn whoever_reads_by_a_will_cannot_write_in_the_owners_name() {
        let passphrase = Stretched::of(Secret::make().unwrap(), [1; 16], Cost::DEFAULT);
        let created = Vault::create(TenantId([1; 16]), &passphrase, NOW).unwrap();
        let owner = Identity::from_key_log(created.vault.account(), [created.key_log_entry.as_slice()]).unwrap();
        let mut vault = created.vault;
        vault.confirm_recovery_code(created.slots.iter().map(Vec::as_slice), &created.recovery_code, NOW).unwrap();
        let paper = [ShareFor { name: "One", to: None }, ShareFor { name: "Two", to: None }];
        let issued = vault.issue_will(WillScope::ChartAndPrivate, 0, 2, &paper, NOW).unwrap();
        let shares = issued.shares.iter().map(|share| match share {
            DealtShare::Printed { text, .. } => OpenedShare::from_text(&owner, text).unwrap().bytes,
            DealtShare::Sealed { .. } => panic!("it is on paper"),
        });
        let shares: Vec<_> = shares.collect();
        let shares: Vec<&[u8]> = shares.iter().map(|share| share.as_slice()).collect();
        let will = OpenedWill::open(&issued.will, &owner, &shares).unwrap();

        let mut forger = vault.clone();
        for epoch in &mut forger.epochs {
            epoch.signing = SigningKey::from_seed(&Secret::make().unwrap());
        }
        let seal = |vault: &Vault| {
            let note =
                NewPrivateNote { client: ClientId([7; 16]), session: None, record: None, text: "x", is_final: false };
            let sections = Sections::from([("plan", "x")]);
            let record =
                NewChartRecord { client: ClientId([7; 16]), session: None, record: None, sections, is_final: false };
            (vault.private().seal(note, NOW).unwrap().bytes, vault.chart().seal(&record, &[], NOW).unwrap().bytes)
        };
        let (note, record) = seal(&vault);
        assert!(vault.private().open(&note).is_ok() && will.open_private(&note).is_ok());
        assert!(vault.chart().open(&record).is_ok() && will.open_chart(&record).is_ok());
        let (note, record) = seal(&forger);
        for refused in [
            vault.private().open(&note).err(),
            vault.private().edit(&note, "y", false, NOW).err(),
            vault.chart().open(&record).err(),
            vault.chart().share(&record, &[], NOW).err(),
            will.open_private(&note).err(),
            will.open_chart(&record).err(),
        ] {
            assert_eq!(refused, Some(Error::Tampered));
        }
    }
}
