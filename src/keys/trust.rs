//! Whom the owner of a vault trusts, and with which keys. All of it is sealed in the vault.

use sealed_notes_format::{
    id::{AccountId, Hash},
    kept::kept,
    keylog::{KeyLog, Role},
    ledger::{Event, EventKind, LedgerHead},
};

use super::{
    group::{GroupKind, check_newest},
    identity::{Identity, KnownAuthor, VerifiedIdentity, Voucher},
    vault::Vault,
    ways::{VaultChange, check_name},
};
use crate::{Error, Timestamp};

/// What an account is trusted as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrustedAs {
    Person = 0,
    /// Whom it endorses is trusted too.
    Practice = 1,
    /// Its owner gives it new keys whenever a member leaves: those that its key log goes on to are its own.
    Team = 2,
}

impl TrustedAs {
    pub const ALL: [Self; 3] = [Self::Person, Self::Practice, Self::Team];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Practice => "practice",
            Self::Team => "team",
        }
    }

    /// Whether the newest keys of `log` are those that were trusted when `head` was its newest entry.
    fn covers(self, log: &KeyLog, head: Hash) -> bool {
        if self == Self::Team || !kept("changed keys") { log.includes(head) } else { log.has_newest_keys_at(head) }
    }
}

/// What is remembered of somebody's key log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pin {
    pub(super) account: AccountId,
    /// What the owner knows her by, such as the handle she was found under; may be empty.
    pub(super) name: String,
    /// The newest entry when the fingerprint was compared or new keys were accepted; none: known by a practice alone.
    pub(super) accepted: Option<Hash>,
    pub(super) at: u64,
    /// The newest entry that was ever seen, and its sequence. A log that lacks it is an old one.
    pub(super) seen: (u64, Hash),
    pub(super) trusted_as: TrustedAs,
    /// The newest entry of her ledger that she told of.
    pub(crate) ledger: Option<LedgerHead>,
}

/// How far an identity that a server handed out can be trusted.
#[derive(Clone, Debug)]
pub enum Standing {
    /// Its fingerprint was compared, or a practice endorses it, with these very keys.
    Verified(VerifiedIdentity),
    /// It was, and has made new keys since. What the former ones signed still opens; sharing takes a decision:
    /// [`Vault::accept_keys`].
    KeysChanged(KnownAuthor),
    /// Nobody has said yet that it is the person.
    Unverified,
}

impl Standing {
    pub fn verified(self) -> Option<VerifiedIdentity> {
        if let Self::Verified(identity) = self { Some(identity) } else { None }
    }
}

impl Vault {
    /// Oneself, as a recipient's library wants the author.
    pub fn own_identity(&self) -> VerifiedIdentity {
        VerifiedIdentity::trust(self.identity.clone(), Voucher::Fingerprint)
    }

    /// How far `identity` can be trusted: by its own fingerprint, or by one of `practices` that introduces it. Refuses a
    /// key log that lacks the newest entry that was ever seen of it.
    pub fn standing(&self, identity: &Identity, practices: &[&Identity], now: Timestamp) -> Result<Standing, Error> {
        let account = identity.account();
        if account == self.account() {
            self.check_own_key_log(identity)?;
            return Ok(Standing::Verified(VerifiedIdentity::trust(identity.clone(), Voucher::Fingerprint)));
        }
        let pin = self.pin(account);
        if let Some(pin) = pin {
            check_seen(identity, pin.seen)?;
        }
        let accepted = pin.and_then(|pin| Some((pin.trusted_as, pin.accepted?)));
        if accepted.is_some_and(|(trusted_as, head)| trusted_as.covers(&identity.log, head)) {
            return Ok(Standing::Verified(VerifiedIdentity::trust(identity.clone(), Voucher::Fingerprint)));
        }
        let mut known = accepted.map(|(_, head)| head);
        for practice in practices {
            if !self.introduces(practice)? {
                continue;
            }
            let Some(endorsement) = practice.log.endorsement_of(account, now.0) else { continue };
            if !identity.log.includes(endorsement.head) {
                return Err(Error::InvalidKey);
            }
            let endorsed_as = if endorsement.role == Role::Team { TrustedAs::Team } else { TrustedAs::Person };
            if endorsed_as.covers(&identity.log, endorsement.head) {
                let voucher = Voucher::of(practice.account(), endorsement);
                return Ok(Standing::Verified(VerifiedIdentity::trust(identity.clone(), voucher)));
            }
            known = known.or(Some(endorsement.head));
        }
        let epoch = known.and_then(|head| identity.log.epoch_at(head));
        Ok(epoch.map_or(Standing::Unverified, |epoch| Standing::KeysChanged(KnownAuthor::new(identity.clone(), epoch))))
    }

    /// The identity, if its own fingerprint was compared, with the keys it has now.
    pub fn verified(&self, identity: &Identity) -> Option<VerifiedIdentity> {
        self.standing(identity, &[], Timestamp(0)).ok().and_then(Standing::verified)
    }

    /// Whether whom `practice` endorses is trusted: this vault keeps it, or its fingerprint was compared as a practice's
    /// and its keys are those.
    fn introduces(&self, practice: &Identity) -> Result<bool, Error> {
        let account = practice.account();
        if let Some(group) = self.groups.iter().find(|group| group.account == account) {
            check_newest(group, practice)?;
            return Ok(group.kind == GroupKind::Practice);
        }
        let Some(pin) = self.pin(account).filter(|pin| pin.trusted_as == TrustedAs::Practice) else { return Ok(false) };
        check_seen(practice, pin.seen)?;
        Ok(pin.accepted.is_some_and(|accepted| TrustedAs::Practice.covers(&practice.log, accepted)))
    }

    pub(crate) fn pin(&self, account: AccountId) -> Option<&Pin> {
        self.pins.iter().find(|pin| pin.account == account)
    }

    /// Trusts `identity` if `fingerprint` is what its owner read out, and remembers it in the vault. Not in effect on other
    /// devices until the sealed vault is stored. `name` is what she is known by: who looks somebody up by a server's word
    /// compares it, or the server could answer with another person who is trusted too. At most 200 bytes.
    pub fn confirm(
        &mut self,
        identity: &Identity,
        fingerprint: &str,
        trusted_as: TrustedAs,
        name: Option<&str>,
        now: Timestamp,
    ) -> Result<(VerifiedIdentity, VaultChange), Error> {
        identity.check_fingerprint(fingerprint)?;
        let name = name.map(check_name).transpose()?;
        let change = self.accept(identity, trusted_as, name, EventKind::Verified, now)?;
        Ok((VerifiedIdentity::trust(identity.clone(), Voucher::Fingerprint), change))
    }

    /// Goes on trusting somebody who made new keys, after she said that she did, elsewhere than through the server.
    pub fn accept_keys(
        &mut self,
        identity: &Identity,
        now: Timestamp,
    ) -> Result<(VerifiedIdentity, VaultChange), Error> {
        let pin = self.pin(identity.account()).filter(|pin| pin.accepted.is_some());
        let trusted_as = pin.ok_or(Error::FingerprintMismatch)?.trusted_as;
        let change = self.accept(identity, trusted_as, None, EventKind::KeysAccepted, now)?;
        Ok((VerifiedIdentity::trust(identity.clone(), Voucher::Fingerprint), change))
    }

    fn accept(
        &mut self,
        identity: &Identity,
        trusted_as: TrustedAs,
        name: Option<String>,
        kind: EventKind,
        now: Timestamp,
    ) -> Result<VaultChange, Error> {
        let (account, log) = (identity.account(), &identity.log);
        if let Some(pin) = self.pin(account) {
            check_seen(identity, pin.seen)?;
        }
        let change = self.change(|vault, _| {
            let (formerly, ledger) =
                vault.pin(account).map_or((String::new(), None), |pin| (pin.name.clone(), pin.ledger));
            let name = name.unwrap_or(formerly);
            vault.pins.retain(|pin| pin.account != account);
            let (accepted, seen) = (Some(log.head()), (log.sequence(), log.head()));
            vault.pins.push(Pin { account, name, accepted, at: now.0, seen, trusted_as, ledger });
            Ok(())
        })?;
        self.write_down(Event { person: Some(account), hash: Some(log.head()), ..Event::new(kind, now.0) });
        Ok(change)
    }

    /// Remembers how far a trusted identity's key log goes, so that no device goes back behind it: call it when a log is
    /// longer than before. `None` where that is remembered, or where the identity is not trusted.
    pub fn see(
        &mut self,
        identity: &Identity,
        practices: &[&Identity],
        now: Timestamp,
    ) -> Result<Option<VaultChange>, Error> {
        let (account, log) = (identity.account(), &identity.log);
        let is_known = !matches!(self.standing(identity, practices, now)?, Standing::Unverified);
        let seen = (log.sequence(), log.head());
        if account == self.account() || !is_known || self.pin(account).is_some_and(|pin| pin.seen == seen) {
            return Ok(None);
        }
        let change = self.change(|vault, _| {
            match vault.pins.iter_mut().find(|pin| pin.account == account) {
                Some(pin) => pin.seen = seen,
                None => {
                    let (accepted, trusted_as, ledger) = (None, TrustedAs::Person, None);
                    let name = String::new();
                    vault.pins.push(Pin { account, name, accepted, at: now.0, seen, trusted_as, ledger });
                }
            }
            Ok(())
        })?;
        Ok(Some(change))
    }

    /// Stops trusting somebody. How far her key log went stays remembered.
    pub fn distrust(&mut self, account: AccountId) -> Result<VaultChange, Error> {
        self.change(|vault, _| {
            let pin = vault.pins.iter_mut().find(|pin| pin.account == account);
            let pin = pin.ok_or(Error::UnknownRecipient { account: account.to_string() })?;
            pin.accepted = None;
            Ok(())
        })
    }

    /// Everybody whose fingerprint was compared, as what, and by which name.
    pub fn trusted(&self) -> impl Iterator<Item = (AccountId, TrustedAs, &str)> {
        let accepted = self.pins.iter().filter(|pin| pin.accepted.is_some());
        accepted.map(|pin| (pin.account, pin.trusted_as, pin.name.as_str()))
    }

    /// That the key log which the server shows of this account ends where the vault says: otherwise it serves an old log,
    /// an old vault, or a log of its own.
    pub fn check_own_key_log(&self, identity: &Identity) -> Result<(), Error> {
        let (own, shown) = (&self.identity.log, &identity.log);
        if shown.account != own.account {
            return Err(Error::InvalidKey);
        }
        check_seen(identity, (own.sequence(), own.head()))?;
        if shown.sequence() > own.sequence() {
            // Only the vault's own epochs sign entries, and vault and entry are stored together: this vault is the older.
            return Err(Error::RolledBack { expected: shown.sequence(), found: own.sequence() });
        }
        Ok(())
    }
}

/// That a key log holds the newest entry that was ever seen of it.
pub(super) fn check_seen(identity: &Identity, (sequence, hash): (u64, Hash)) -> Result<(), Error> {
    let found = identity.log.sequence();
    match () {
        () if identity.log.includes(hash) || !kept("seen key log") => Ok(()),
        // Earlier vaults did not say which entry it was: 0.
        () if sequence == 0 => Err(Error::RolledBack { expected: found.saturating_add(1), found }),
        () if found < sequence => Err(Error::RolledBack { expected: sequence, found }),
        () => Err(Error::Forked),
    }
}
