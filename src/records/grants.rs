//! Who may read a chart record: grant, list, revoke, export.

use std::collections::{BTreeMap, BTreeSet};

use sealed_notes_format::{
    Purpose,
    cose::{Recipient, recipient_structure},
    grant::{CrossReferences, Grant, GrantHeader, PurposeOfUse, Suite, encode_payload},
    id::{AccountId, Hash, RecordId},
    version::{Manifest, Version},
};

use super::{
    chart::{Chart, Own, SealedChartRecord, Sections},
    sealing::Place,
};
use crate::{
    Error, Timestamp, Vault, VerifiedIdentity,
    crypto::{
        hpke::{self, Encapsulation},
        secret::Secret,
    },
};

/// One recipient to be granted.
#[derive(Clone, Debug)]
pub struct GrantRequest<'i> {
    pub to: &'i VerifiedIdentity,
    pub purpose_of_use: PurposeOfUse,
    /// From when on the grant is refused.
    pub expires_at: Option<Timestamp>,
    /// None: every section.
    pub sections: Option<Vec<String>>,
    /// X-Wing unless there is a reason.
    pub suite: Suite,
}

/// A signed grant: store it for its recipient.
#[derive(Clone, Debug)]
pub struct SealedGrant {
    pub recipient: AccountId,
    pub bytes: Vec<u8>,
}

/// Who can read which version since when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reader {
    pub account: AccountId,
    pub version: u64,
    pub purpose_of_use: PurposeOfUse,
    pub sections: Vec<String>,
    pub granted_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    pub suite: Suite,
}

/// The next version, and what the former recipient keeps.
#[derive(Clone, Debug)]
pub struct Revocation {
    pub sealed: SealedChartRecord,
    pub receipt: Receipt,
}

/// What a revocation cannot take back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    pub record: RecordId,
    pub recipient: AccountId,
    /// Versions that she had a grant to, and could already have read.
    pub versions: Vec<u64>,
    pub revoked_at: Timestamp,
    /// The first version that she has no grant to.
    pub replaced_by: u64,
}

/// One's own version with its content keys, about to be granted.
pub(super) struct Granted<'a> {
    pub(super) manifest: &'a Manifest,
    pub(super) hash: Hash,
    pub(super) content_keys: &'a [Secret<32>],
}

/// Seals one grant per version and request, in this order. Whoever is granted several versions at once gets one
/// encapsulation for all of them, and all grants that are made at once have one signature.
pub(super) fn seal(
    vault: &Vault,
    versions: &[Granted<'_>],
    requests: &[GrantRequest<'_>],
    now: Timestamp,
) -> Result<Vec<SealedGrant>, Error> {
    let seen: Vec<_> = requests.iter().map(|request| vault.cross_references(request.to.account())).collect();
    seal_telling(vault, versions, requests, &seen, now)
}

/// The same with what each recipient is told of the ledger.
pub(super) fn seal_telling(
    vault: &Vault,
    versions: &[Granted<'_>],
    requests: &[GrantRequest<'_>],
    seen: &[CrossReferences],
    now: Timestamp,
) -> Result<Vec<SealedGrant>, Error> {
    let mut named = BTreeSet::from([vault.account()]);
    if let Some(twice) = requests.iter().find(|request| !named.insert(request.to.account())) {
        return Err(Error::DuplicateRecipient { account: twice.to.account().to_string() });
    }
    if requests.iter().any(|request| request.expires_at.is_some_and(|at| at <= now)) {
        return Err(Error::InvalidInput { reason: "the expiry of a grant lies in the past" });
    }
    let encapsulations = encapsulate(requests)?;
    let mut payloads = Vec::with_capacity(versions.len() * requests.len());
    for Granted { manifest, hash, content_keys } in versions {
        for ((request, encapsulation), seen) in requests.iter().zip(&encapsulations).zip(seen) {
            let header = GrantHeader {
                tenant: manifest.tenant,
                record: manifest.record,
                version: manifest.version,
                version_hash: *hash,
                granter: vault.account(),
                recipient: request.to.account(),
                suite: request.suite,
                purpose_of_use: request.purpose_of_use,
                granted_at: now.0,
                expires_at: request.expires_at.map(|at| at.0),
            };
            let (_, key_id) = request.to.identity().receiving_key(request.suite);
            let keys = chosen(manifest, content_keys, request.sections.as_deref())?
                .into_iter()
                .map(|(section, content_key)| {
                    let protected = Recipient::protected(request.suite.alg(), key_id, header.context(section));
                    // It names version and section, and with them the one content key that it is used with.
                    let info = recipient_structure(&protected);
                    let ciphertext = encapsulation.shared.wrap(&info, content_key)?;
                    Ok((section, Recipient::encode(&protected, &encapsulation.encapsulated, &ciphertext)))
                })
                .collect::<Result<Vec<_>, Error>>()?;
            payloads.push(encode_payload(&header, &keys, Some(seen)));
        }
    }
    let sealed = vault.newest_epoch()?.signing.sign_all(Purpose::Grant, Purpose::Grants, &payloads);
    let recipients = requests.iter().map(|request| request.to.account()).cycle();
    Ok(sealed.into_iter().zip(recipients).map(|(bytes, recipient)| SealedGrant { recipient, bytes }).collect())
}

/// To each request's recipient, those of one suite together.
fn encapsulate(requests: &[GrantRequest<'_>]) -> Result<Vec<Encapsulation>, Error> {
    let mut made = BTreeMap::new();
    for suite in [Suite::X25519, Suite::XWing] {
        let of_suite = || requests.iter().enumerate().filter(move |(_, request)| request.suite == suite);
        let publics: Vec<&[u8]> = of_suite().map(|(_, request)| request.to.identity().receiving_key(suite).0).collect();
        made.extend(of_suite().map(|(index, _)| index).zip(hpke::encapsulate(suite, &publics)?));
    }
    Ok(made.into_values().collect())
}

/// The sections a grant is for, each with its content key, in the manifest's order.
fn chosen<'m>(
    manifest: &'m Manifest,
    content_keys: &'m [Secret<32>],
    names: Option<&[String]>,
) -> Result<Vec<(&'m str, &'m Secret<32>)>, Error> {
    let invalid = |section: &str| Error::InvalidSection { section: section.to_owned() };
    let mut wanted = BTreeSet::new();
    for name in names.unwrap_or_default() {
        if manifest.section(name).is_none() || !wanted.insert(name.as_str()) {
            return Err(invalid(name));
        }
    }
    if names.is_some_and(<[String]>::is_empty) {
        return Err(Error::NoSections);
    }
    let all = manifest.sections.iter().map(|section| section.name.as_str()).zip(content_keys);
    Ok(all.filter(|(name, _)| names.is_none() || wanted.contains(name)).collect())
}

impl Chart<'_> {
    /// Grants further recipients the version in `bytes`, which stays as it is.
    pub fn share(
        &self,
        bytes: &[u8],
        grant_to: &[GrantRequest<'_>],
        now: Timestamp,
    ) -> Result<Vec<SealedGrant>, Error> {
        self.share_many(&[bytes], grant_to, now)
    }

    /// The same of many versions at once, such as a caseload to a new supervisor: for each version, in order, one grant for
    /// each request. Nothing is granted if one of them does not open.
    pub fn share_many(
        &self,
        versions: &[&[u8]],
        grant_to: &[GrantRequest<'_>],
        now: Timestamp,
    ) -> Result<Vec<SealedGrant>, Error> {
        let seen: Vec<_> = grant_to.iter().map(|request| self.0.cross_references(request.to.account())).collect();
        self.share_telling(versions, grant_to, &seen, now)
    }

    /// Who can read, from the grants that the server holds. Each must carry this vault's signature, so a
    /// server can hide a reader but not invent one.
    pub fn readers<'g>(&self, bytes: &[u8], grants: impl IntoIterator<Item = &'g [u8]>) -> Result<Vec<Reader>, Error> {
        let Own { record, .. } = self.own(bytes)?;
        let grants = self.own_grants(&record.version, grants)?;
        Ok(grants.iter().map(|(_, grant)| reader(grant)).collect())
    }

    fn own_grants<'g>(
        &self,
        version: &Version<'_>,
        grants: impl IntoIterator<Item = &'g [u8]>,
    ) -> Result<Vec<(&'g [u8], Grant<'g>)>, Error> {
        grants
            .into_iter()
            .map(|bytes| {
                let grant = Grant::decode(bytes)?;
                if grant.header.record != version.manifest.record || grant.header.granter != self.0.account() {
                    return Err(Error::Tampered);
                }
                if grant.header.version == version.manifest.version {
                    grant.check_version(version)?;
                }
                self.0.identity.verify(&grant.signed)?;
                Ok((bytes, grant))
            })
            .collect()
    }

    /// Takes `recipient` off the record: the next version, under fresh content keys, for those who remain.
    /// `grants` are all that the server holds on any version; `remaining` the identities of the others.
    pub fn revoke<'g>(
        &self,
        bytes: &[u8],
        grants: impl IntoIterator<Item = &'g [u8]>,
        recipient: AccountId,
        remaining: &[&VerifiedIdentity],
        now: Timestamp,
    ) -> Result<Revocation, Error> {
        let own = self.own(bytes)?;
        let manifest = &own.record.version.manifest;
        let grants = self.own_grants(&own.record.version, grants)?;
        let readable: BTreeSet<u64> = grants
            .iter()
            .filter(|(_, grant)| grant.header.recipient == recipient)
            .map(|(_, grant)| grant.header.version)
            .collect();
        if readable.is_empty() {
            return Err(Error::UnknownRecipient { account: recipient.to_string() });
        }
        let current = grants.iter().map(|(_, grant)| grant).filter(|grant| {
            let header = &grant.header;
            header.version == manifest.version
                && header.recipient != recipient
                && header.expires_at.is_none_or(|at| at > now.0)
        });
        let grant_to = current
            .map(|grant| {
                let account = grant.header.recipient;
                let to = remaining.iter().find(|identity| identity.account() == account);
                Ok(GrantRequest {
                    to: to.ok_or_else(|| Error::UnknownRecipient { account: account.to_string() })?,
                    purpose_of_use: grant.header.purpose_of_use,
                    expires_at: grant.header.expires_at.map(Timestamp),
                    sections: Some(grant.keys.iter().map(|(section, _)| (*section).to_owned()).collect()),
                    suite: grant.header.suite,
                })
            })
            .collect::<Result<Vec<_>, Error>>()?;
        let opened = self.open(bytes)?;
        let sections: Sections<'_> =
            opened.sections.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        let place = Place::after(&own.record.version)?;
        let sealed = self.seal_at(place, &sections, false, &grant_to, now)?;
        let receipt = Receipt {
            record: sealed.record,
            recipient,
            versions: readable.into_iter().collect(),
            revoked_at: now,
            replaced_by: sealed.version,
        };
        Ok(Revocation { sealed, receipt })
    }

    /// Each section as a plain COSE_Encrypt that any COSE-HPKE library opens with a recipient's key.
    pub fn export_sections<'g>(
        &self,
        bytes: &[u8],
        grants: impl IntoIterator<Item = &'g [u8]>,
    ) -> Result<BTreeMap<String, Vec<u8>>, Error> {
        let Own { record, .. } = self.own(bytes)?;
        let grants = self.own_grants(&record.version, grants)?;
        let mut exported = BTreeMap::new();
        for (section, body) in &record.bodies {
            let recipients: Vec<&[u8]> = grants
                .iter()
                .filter(|(_, grant)| grant.header.version == record.version.manifest.version)
                .flat_map(|(_, grant)| &grant.keys)
                .filter(|(name, _)| *name == section.name)
                .map(|(_, key)| key.raw)
                .collect();
            // COSE knows no ciphertext without a recipient: a section nobody was granted is not exported.
            if !recipients.is_empty() {
                exported.insert(section.name.clone(), body.with_recipients(&recipients));
            }
        }
        Ok(exported)
    }
}

fn reader(grant: &Grant<'_>) -> Reader {
    Reader {
        account: grant.header.recipient,
        version: grant.header.version,
        purpose_of_use: grant.header.purpose_of_use,
        sections: grant.keys.iter().map(|(section, _)| (*section).to_owned()).collect(),
        granted_at: Timestamp(grant.header.granted_at),
        expires_at: grant.header.expires_at.map(Timestamp),
        suite: grant.header.suite,
    }
}
