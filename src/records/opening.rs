//! Opening what was granted, alone or many at once.

use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};

use sealed_notes_format::{
    cose::Verified,
    grant::{Grant, Suite},
    id::KeyId,
    kept::kept,
    version::Version,
};

use super::chart::Chart;
use crate::{
    Error, KnownAuthor, Timestamp, Vault,
    crypto::{
        hpke::{self, Shared},
        secret::Secret,
    },
};

/// What serves several grants that are opened one after the other. Keys to them are in it: drop it soon.
#[derive(Default)]
pub struct Opening {
    /// By key id and encapsulated key.
    shared: BTreeMap<(KeyId, Vec<u8>), Shared>,
    verified: Verified,
}

/// The content keys that a grant holds for this vault.
pub(super) fn open(
    vault: &Vault,
    version: &Version<'_>,
    grant: &[u8],
    author: &KnownAuthor,
    opening: &mut Opening,
    now: Timestamp,
) -> Result<Vec<(String, Secret<32>)>, Error> {
    let grant = Grant::decode(grant)?;
    let recipient = grant.header.recipient;
    if recipient != vault.account() && !vault.reads_for(recipient) {
        return Err(Error::NotARecipient);
    }
    if version.manifest.author != author.account() {
        return Err(Error::NotTheAuthor);
    }
    if version.manifest.tenant != vault.tenant {
        return Err(Error::Tampered);
    }
    if kept("grant's version") {
        grant.check_version(version)?;
    }
    // The grant's signature covers the version's hash, and its granter is the author: one check serves both.
    if kept("grant's signature") {
        author.verify(&grant.signed, grant.header.granted_at, &mut opening.verified)?;
    }
    if grant.header.expires_at.is_some_and(|at| at <= now.0) {
        return Err(Error::GrantExpired);
    }
    let suite = grant.header.suite;
    let first = grant.keys.first().map(|(_, recipient)| *recipient).ok_or(Error::Tampered)?;
    let (secret, public) = if recipient == vault.account() {
        let epoch = vault.receiving_epoch(suite, first.key_id)?;
        (epoch.receiving_key(suite), Some(&epoch.public()?.x25519))
    } else {
        (vault.team_secret(recipient, suite, first.key_id)?, None)
    };
    let mut keys = Vec::with_capacity(grant.keys.len());
    for (section, key) in &grant.keys {
        if key.key_id != first.key_id {
            return Err(Error::Tampered);
        }
        let shared = match opening.shared.entry((key.key_id, key.encapsulated_key.to_vec())) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(hpke::decapsulate(suite, secret, public, key.encapsulated_key)?),
        };
        keys.push(((*section).to_owned(), shared.unwrap(key)?));
    }
    remember_told(vault, &grant);
    Ok(keys)
}

/// What a grant tells of ledgers, once it has opened.
pub(super) fn remember_told(vault: &Vault, grant: &Grant<'_>) {
    if let Some(seen) = grant.seen {
        vault.told(grant.header.granter, grant.header.recipient, seen);
    }
}

impl Chart<'_> {
    /// For grants that are about to be opened: their X25519 keys are exchanged at once, which is quicker.
    pub fn opening<'g>(&self, grants: impl Iterator<Item = &'g [u8]>) -> Opening {
        let mut wanted: BTreeMap<KeyId, BTreeSet<[u8; 32]>> = BTreeMap::new();
        for grant in grants.filter_map(|bytes| Grant::decode(bytes).ok()) {
            if grant.header.suite == Suite::X25519 && grant.header.recipient == self.0.account() {
                for (_, key) in &grant.keys {
                    wanted.entry(key.key_id).or_default().extend(<[u8; 32]>::try_from(key.encapsulated_key));
                }
            }
        }
        let mut opening = Opening::default();
        for (key_id, encapsulated) in wanted {
            // What is missing or refused here fails where it is opened, with the error that belongs to it.
            let Ok(epoch) = self.0.receiving_epoch(Suite::X25519, key_id) else { continue };
            let Ok(public) = epoch.public() else { continue };
            let encapsulated: Vec<[u8; 32]> = encapsulated.into_iter().collect();
            let all = hpke::decapsulate_all(epoch.receiving_key(Suite::X25519), &public.x25519, &encapsulated);
            let shared =
                encapsulated.iter().zip(all).filter_map(|(key, shared)| Some(((key_id, key.to_vec()), shared?)));
            opening.shared.extend(shared);
        }
        opening
    }
}
