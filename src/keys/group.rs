//! Practices and teams: accounts that the owner of a vault keeps the keys of (SPEC.md §8.6). A practice says who people
//! are; a team reads for its members.

use std::collections::BTreeMap;

use sealed_notes_format::{
    FormatError, Purpose,
    cbor::{Decoder, Encoder},
    grant::Suite,
    id::{AccountId, Hash, KeyId},
    keylog::{Endorsement, KeyLog, KeyLogEntry, PublicKeys, Role, Statement},
    ledger::{Event, EventKind},
};
use zeroize::Zeroizing;

use super::{
    contents::list,
    identity::{Identity, VerifiedIdentity},
    keyring::Epoch,
    sealed_to::{self, Context},
    trust::check_seen,
    vault::{Vault, first_epoch},
    ways::{VaultChange, check_name},
};
use crate::{
    Error, Timestamp,
    crypto::{hpke, secret::Secret},
};

/// What a group is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupKind {
    /// Endorses its members: whoever compared its fingerprint need not compare theirs.
    Practice = 1,
    /// Endorses its members, and lets them read what is granted to it.
    Team = 2,
}

/// A group that this vault keeps the keys of.
#[derive(Clone, Debug)]
pub struct Group {
    pub account: AccountId,
    pub kind: GroupKind,
    pub name: String,
    /// Sequence and hash of its newest key log entry.
    pub(super) head: (u64, Hash),
    /// In ascending order; never empty.
    pub(super) epochs: Vec<Epoch>,
}

/// What a change of a group adds, to be stored in one step with the vault.
#[derive(Clone, Debug)]
pub struct GroupChange {
    pub account: AccountId,
    pub key_log_entries: Vec<Vec<u8>>,
    /// A team's keys, each sealed to one member. They replace those that she had.
    pub sealed_keys: Vec<(AccountId, Vec<u8>)>,
}

/// The receiving secrets of one epoch of a team.
struct TeamEpoch {
    epoch: u64,
    x25519: Secret<32>,
    xwing: Secret<32>,
}

/// Receiving secrets of the teams that a vault reads for, by the ids that grants name.
pub(super) type Teams = BTreeMap<AccountId, Vec<(KeyId, Secret<32>)>>;

fn encode_team_keys(team: AccountId, epochs: &[Epoch]) -> Zeroizing<Vec<u8>> {
    let mut out = Encoder::with_capacity(64 + 96 * epochs.len());
    out.array(2).bytes(&team.0).array(epochs.len());
    for epoch in epochs {
        let [x25519, xwing] = [Suite::X25519, Suite::XWing].map(|suite| epoch.receiving_key(suite).expose());
        out.array(3).uint(epoch.number).bytes(x25519).bytes(xwing);
    }
    Zeroizing::new(out.finish())
}

fn decode_team_keys(plaintext: &[u8]) -> Result<(AccountId, Vec<TeamEpoch>), FormatError> {
    Decoder::all(plaintext, |input| {
        input.array_of(2)?;
        let team = AccountId::decode(input)?;
        let epochs = list(input, |input| {
            input.array_of(3)?;
            let epoch = input.uint()?;
            let mut secret = || input.byte_array().map(Secret::copy_from);
            Ok(TeamEpoch { epoch, x25519: secret()?, xwing: secret()? })
        })?;
        Ok((team, epochs))
    })
}

impl Group {
    /// Signs `statement` as the next entry of the key log.
    fn append(&mut self, statement: &Statement, now: Timestamp) -> Result<Vec<u8>, Error> {
        let (sequence, previous) = self.head;
        let sequence = sequence.checked_add(1).filter(|next| *next < KeyLog::MAX_ENTRIES as u64);
        let sequence =
            sequence.ok_or(Error::InvalidInput { reason: "the group's key log is full: make a new group" })?;
        let payload = KeyLogEntry::encode_payload(sequence, Some(previous), now.0, statement);
        let entry = self.newest_epoch()?.signing.sign(Purpose::KeyLog, &payload);
        self.head = (sequence, Hash::of(&entry));
        Ok(entry)
    }

    fn newest_epoch(&self) -> Result<&Epoch, Error> {
        self.epochs.last().ok_or(Error::Tampered)
    }

    fn seal_keys(&self, member: &VerifiedIdentity) -> Result<(AccountId, Vec<u8>), Error> {
        let context = Context::TeamKey { team: self.account, member: member.account() };
        let plaintext = encode_team_keys(self.account, &self.epochs);
        Ok((member.account(), sealed_to::seal(context, &member.identity().keys().xwing, &plaintext)?))
    }

    /// Makes the keys of the next epoch.
    fn renew(&mut self, now: Timestamp) -> Result<Vec<u8>, Error> {
        let number = self.newest_epoch()?.number.checked_add(1).ok_or(Error::Tampered)?;
        let epoch = Epoch::make(number, now)?;
        let entry = self.append(&Statement::Keys(epoch.public()?.clone()), now)?;
        self.epochs.push(epoch);
        Ok(entry)
    }

    /// A team's keys for every member in force, each of whom must be among `verified`.
    fn seal_to_all(
        &self,
        members: &[Endorsement],
        verified: &[&VerifiedIdentity],
        now: Timestamp,
    ) -> Result<Vec<(AccountId, Vec<u8>)>, Error> {
        let in_force = members.iter().filter(|known| known.expires_at.is_none_or(|at| at > now.0));
        let seal = |known: &Endorsement| {
            let identity = verified.iter().find(|identity| identity.account() == known.member);
            self.seal_keys(identity.ok_or_else(|| Error::UnknownRecipient { account: known.member.to_string() })?)
        };
        in_force.map(seal).collect()
    }

    pub(super) fn encode(&self, out: &mut Encoder) {
        out.array(6).bytes(&self.account.0).uint(self.kind as u64).text(&self.name);
        out.uint(self.head.0).bytes(&self.head.1.0).array(self.epochs.len());
        self.epochs.iter().for_each(|epoch| epoch.encode(out));
    }

    pub(super) fn decode(input: &mut Decoder<'_>) -> Result<Self, FormatError> {
        input.array_of(6)?;
        Ok(Self {
            account: AccountId::decode(input)?,
            kind: match input.uint()? {
                1 => GroupKind::Practice,
                2 => GroupKind::Team,
                _ => return Err(FormatError::UnsupportedVersion),
            },
            name: input.text()?.to_owned(),
            head: (input.uint()?, Hash::decode(input)?),
            epochs: list(input, Epoch::decode)?,
        })
    }
}

impl Vault {
    /// Every group that this vault keeps the keys of.
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// Makes a practice or a team. Its fingerprint is [`AccountId::fingerprint`].
    pub fn create_group(
        &mut self,
        kind: GroupKind,
        name: &str,
        now: Timestamp,
    ) -> Result<(AccountId, VaultChange), Error> {
        let name = check_name(name)?;
        let (epoch, entry, Identity { log }) = first_epoch(now)?;
        let account = log.account;
        let change = self.change(|vault, made| {
            let head = (log.sequence(), log.head());
            vault.groups.push(Group { account, kind, name, head, epochs: vec![epoch] });
            made.group = Some(GroupChange { account, key_log_entries: vec![entry], sealed_keys: Vec::new() });
            Ok(())
        })?;
        Ok((account, change))
    }

    /// Endorses `member` with her present keys, and lets her read what is granted to a team: one sealed key, however many
    /// records. Once more: another role, another end, or the keys she has made since. `log` is the group's key log.
    pub fn add_member(
        &mut self,
        log: &Identity,
        member: &VerifiedIdentity,
        role: Role,
        expires_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<VaultChange, Error> {
        if expires_at.is_some_and(|at| at <= now) {
            return Err(Error::InvalidInput { reason: "the end of a membership lies in the past" });
        }
        let identity = member.identity();
        let endorsement = Endorsement {
            member: member.account(),
            head: identity.log.head(),
            role,
            expires_at: expires_at.map(|at| at.0),
        };
        let change = self.change_group(log, |group| {
            if group.account == endorsement.member {
                return Err(Error::DuplicateRecipient { account: group.account.to_string() });
            }
            let entry = group.append(&Statement::Endorsed(endorsement), now)?;
            let sealed_keys = if group.kind == GroupKind::Team { vec![group.seal_keys(member)?] } else { Vec::new() };
            Ok((vec![entry], sealed_keys))
        })?;
        self.write_down_member(EventKind::MemberAdded, log, member.account(), Some(role), now);
        Ok(change)
    }

    /// Withdraws what a group said of `member`. A team gets new keys, sealed to `remaining`: all members that are left. What
    /// was granted before stays readable to whoever kept the former ones.
    pub fn remove_member(
        &mut self,
        log: &Identity,
        member: AccountId,
        remaining: &[&VerifiedIdentity],
        now: Timestamp,
    ) -> Result<VaultChange, Error> {
        let memberships = log.memberships().iter().filter(|membership| membership.until.is_none());
        let (leaving, left): (Vec<_>, Vec<_>) =
            memberships.map(|membership| membership.endorsement).partition(|known| known.member == member);
        if leaving.is_empty() {
            return Err(Error::UnknownRecipient { account: member.to_string() });
        }
        let change = self.change_group(log, |group| {
            let mut entries = vec![group.append(&Statement::Withdrawn { member }, now)?];
            if group.kind == GroupKind::Practice {
                return Ok((entries, Vec::new()));
            }
            entries.push(group.renew(now)?);
            Ok((entries, group.seal_to_all(&left, remaining, now)?))
        })?;
        self.write_down_member(EventKind::MemberRemoved, log, member, None, now);
        Ok(change)
    }

    /// Gives a group new keys, such as after its manager's were stolen: a team's are sealed to `members`, all of them, and
    /// whoever trusts a practice has to accept its new ones. `stolen_since`: from when on what the former keys signed is refused.
    pub fn renew_group(
        &mut self,
        log: &Identity,
        members: &[&VerifiedIdentity],
        stolen_since: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<VaultChange, Error> {
        let memberships = log.memberships().iter().filter(|membership| membership.until.is_none());
        let present: Vec<_> = memberships.map(|membership| membership.endorsement).collect();
        let change = self.change_group(log, |group| {
            let former = group.newest_epoch()?.number;
            let mut entries = vec![group.renew(now)?];
            if let Some(since) = stolen_since.filter(|since| *since <= now) {
                entries.push(group.append(&Statement::KeysRevoked { epoch: former, since: since.0 }, now)?);
            }
            let is_team = group.kind == GroupKind::Team;
            Ok((entries, if is_team { group.seal_to_all(&present, members, now)? } else { Vec::new() }))
        })?;
        let (version, hash) = (log.keys().epoch.checked_add(1), Some(Hash(log.account().0)));
        self.write_down(Event { version, hash, ..Event::new(EventKind::KeysRotated, now.0) });
        Ok(change)
    }

    fn change_group(
        &mut self,
        log: &Identity,
        make: impl FnOnce(&mut Group) -> Result<(Vec<Vec<u8>>, Vec<(AccountId, Vec<u8>)>), Error>,
    ) -> Result<VaultChange, Error> {
        let account = log.account();
        self.change(|vault, made| {
            let mut groups = vault.groups.iter_mut();
            let group = groups.find(|group| group.account == account).ok_or(Error::NotTheAuthor)?;
            check_newest(group, log)?;
            let (key_log_entries, sealed_keys) = make(group)?;
            made.group = Some(GroupChange { account, key_log_entries, sealed_keys });
            Ok(())
        })
    }

    fn write_down_member(
        &self,
        kind: EventKind,
        log: &Identity,
        member: AccountId,
        role: Option<Role>,
        now: Timestamp,
    ) {
        let detail = role.map(|role| role.name().to_owned());
        let (person, hash) = (Some(member), Some(Hash(log.account().0)));
        self.write_down(Event { person, hash, detail, ..Event::new(kind, now.0) });
    }

    /// Reads for a team from now on: `sealed` is what its owner sealed to this account.
    pub fn enter_team(&mut self, team: &VerifiedIdentity, sealed: &[u8], now: Timestamp) -> Result<(), Error> {
        let (account, log) = (team.account(), &team.identity().log);
        if log.endorsement_of(self.account(), now.0).is_none() {
            return Err(Error::NotARecipient);
        }
        let context = Context::TeamKey { team: account, member: self.account() };
        let secret = self.receiving_secret(Suite::XWing, sealed_to::key_id(context, sealed)?)?;
        let plaintext = sealed_to::open(context, secret, sealed)?;
        let (named, epochs) = decode_team_keys(&plaintext).map_err(|_| Error::Tampered)?;
        if named != account {
            return Err(Error::Tampered);
        }
        let found = epochs.last().map_or(0, |newest| newest.epoch);
        let mut keys = Vec::with_capacity(2 * epochs.len());
        for epoch in epochs {
            keys.extend(checked(epoch, log)?);
        }
        if found != log.keys.epoch {
            return Err(Error::RolledBack { expected: log.keys.epoch, found });
        }
        self.teams.insert(account, keys);
        Ok(())
    }

    /// Whether grants to this team open here.
    pub(crate) fn reads_for(&self, team: AccountId) -> bool {
        self.teams.contains_key(&team) || self.groups.iter().any(|group| group.account == team)
    }

    /// The secret of a receiving key of a team that was entered, or that this vault keeps.
    pub(crate) fn team_secret(&self, team: AccountId, suite: Suite, key_id: KeyId) -> Result<&Secret<32>, Error> {
        if let Some(group) = self.groups.iter().find(|group| group.account == team) {
            for epoch in &group.epochs {
                if epoch.receives(suite, key_id)? {
                    return Ok(epoch.receiving_key(suite));
                }
            }
        }
        let entered = self.teams.get(&team).ok_or(Error::NotARecipient)?;
        let found = entered.iter().find(|(known, _)| *known == key_id);
        found.map(|(_, secret)| secret).ok_or(Error::Tampered)
    }
}

/// That the group's key log ends where the vault that keeps it says.
pub(super) fn check_newest(group: &Group, log: &Identity) -> Result<(), Error> {
    check_seen(log, group.head)?;
    match log.log.sequence() {
        newest if newest > group.head.0 => Err(Error::RolledBack { expected: newest, found: group.head.0 }),
        _ => Ok(()),
    }
}

/// The secrets by the ids of the keys that the team's key log names, if they are those of these keys.
fn checked(secrets: TeamEpoch, log: &KeyLog) -> Result<[(KeyId, Secret<32>); 2], Error> {
    let TeamEpoch { epoch, x25519, xwing } = secrets;
    let public: &PublicKeys = log.epochs().find(|keys| keys.epoch == epoch).ok_or(Error::Tampered)?;
    let is_theirs = *hpke::public_key::<32>(Suite::X25519, &x25519)? == public.x25519
        && hpke::public_key::<1216>(Suite::XWing, &xwing)? == public.xwing;
    if !is_theirs {
        return Err(Error::Tampered);
    }
    let id = |suite| public.receiving_key_id(suite);
    Ok([(id(Suite::X25519), x25519), (id(Suite::XWing), xwing)])
}
