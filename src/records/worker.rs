//! Granting and opening where another instance of the library does the work, and the vault's own keeps the ledger.
#![cfg_attr(not(target_arch = "wasm32"), allow(dead_code, reason = "the boundary to JavaScript alone has workers"))]

use sealed_notes_format::{
    FormatError,
    cbor::{Decoder, Encoder},
    container::ChartRecord,
    grant::{CrossReferences, Grant, PurposeOfUse, Suite},
    id::RecordId,
    kept::kept,
    ledger::LedgerHead,
    version::Drawer,
};

use super::{
    chart::{Chart, Own},
    grants::{self, GrantRequest, Granted, SealedGrant},
    opening::{self, Opening},
};
use crate::{
    Error, KnownAuthor, OpenedChartRecord, Timestamp, Vault, VerifiedIdentity, Voucher,
    keys::{
        identity::Identity,
        worker::{For, Session},
    },
    ledger::Access,
};

/// Requests as a worker has them, with what the grants tell their recipients of the ledger, which it does not have.
pub(crate) struct Sharing(Vec<Request>);

struct Request {
    to: VerifiedIdentity,
    purpose_of_use: PurposeOfUse,
    expires_at: Option<Timestamp>,
    sections: Option<Vec<String>>,
    suite: Suite,
    seen: CrossReferences,
}

impl Sharing {
    pub(crate) fn seal(session: &Session, vault: &Vault, requests: &[GrantRequest<'_>]) -> Result<Vec<u8>, Error> {
        let mut out = Encoder::new();
        out.array(requests.len());
        for request in requests {
            out.array(7);
            request.to.identity().encode_keys(&mut out);
            out.uint(request.purpose_of_use as u64).uint(request.suite as u64);
            out.optional(request.expires_at, |out, at| {
                out.uint(at.0);
            });
            out.optional(request.sections.as_ref(), |out, sections| {
                out.array(sections.len());
                sections.iter().for_each(|section| {
                    out.text(section);
                });
            });
            let seen = vault.cross_references(request.to.account());
            out.optional(seen.granter, |out, head| head.encode(out));
            out.optional(seen.recipient, |out, head| head.encode(out));
        }
        session.seal(For::Sharing, &out.finish())
    }

    pub(crate) fn open(session: &Session, sealed: &[u8]) -> Result<Self, Error> {
        let requests = Decoder::all(&session.open(For::Sharing, sealed)?, |input| {
            let mut requests = Vec::new();
            for _ in 0..input.array()? {
                requests.push(Request::decode(input)?);
            }
            Ok(requests)
        })?;
        Ok(Self(requests))
    }

    /// As [`Chart::share_many`].
    pub(crate) fn share(&self, vault: &Vault, versions: &[&[u8]], now: Timestamp) -> Result<Vec<SealedGrant>, Error> {
        let requests: Vec<_> = self.0.iter().map(Request::as_given).collect();
        let seen: Vec<_> = self.0.iter().map(|request| request.seen).collect();
        vault.chart().share_telling(versions, &requests, &seen, now)
    }
}

impl Request {
    fn decode(input: &mut Decoder<'_>) -> Result<Self, FormatError> {
        input.array_of(7)?;
        let to = VerifiedIdentity::trust(Identity::decode_keys(input)?, Voucher::Fingerprint);
        let (purpose, suite) = (input.uint()?, input.uint()?);
        let purpose_of_use = PurposeOfUse::ALL.into_iter().find(|known| *known as u64 == purpose);
        let suite = [Suite::X25519, Suite::XWing].into_iter().find(|known| *known as u64 == suite);
        Ok(Self {
            to,
            purpose_of_use: purpose_of_use.ok_or(FormatError::UnsupportedVersion)?,
            suite: suite.ok_or(FormatError::UnsupportedVersion)?,
            expires_at: input.optional(Decoder::uint)?.map(Timestamp),
            sections: input.optional(|input| {
                let mut sections = Vec::new();
                for _ in 0..input.array()? {
                    sections.push(input.text()?.to_owned());
                }
                Ok(sections)
            })?,
            seen: CrossReferences {
                granter: input.optional(LedgerHead::decode)?,
                recipient: input.optional(LedgerHead::decode)?,
            },
        })
    }

    fn as_given(&self) -> GrantRequest<'_> {
        let Self { to, purpose_of_use, expires_at, sections, suite, .. } = self;
        GrantRequest {
            to,
            purpose_of_use: *purpose_of_use,
            expires_at: *expires_at,
            sections: sections.clone(),
            suite: *suite,
        }
    }
}

impl Chart<'_> {
    /// As [`Chart::share_many`], with what each recipient is told of the ledger.
    pub(super) fn share_telling(
        &self,
        versions: &[&[u8]],
        grant_to: &[GrantRequest<'_>],
        seen: &[CrossReferences],
        now: Timestamp,
    ) -> Result<Vec<SealedGrant>, Error> {
        let own = versions.iter().map(|bytes| self.own(bytes)).collect::<Result<Vec<_>, _>>()?;
        let versions = own.iter().map(|Own { record, content_keys }| {
            let (manifest, hash) = (&record.version.manifest, record.version.hash());
            Granted { manifest, hash, content_keys }
        });
        grants::seal_telling(self.0, &versions.collect::<Vec<_>>(), grant_to, seen, now)
    }

    /// In a worker: as [`Chart::open_shared`]. What it opened is not given out before [`Chart::note_shared`] let it pass.
    pub(crate) fn open_for_another(
        &self,
        bytes: &[u8],
        grant: &[u8],
        author: &KnownAuthor,
        opening: &mut Opening,
        now: Timestamp,
    ) -> Result<OpenedChartRecord, Error> {
        self.open_granted(&ChartRecord::decode(bytes)?, grant, author, opening, now)
    }

    /// What [`Chart::open_shared_as`] does besides opening, of a record that a worker has opened.
    pub(crate) fn note_shared(
        &self,
        bytes: &[u8],
        grant: &[u8],
        wanted: Option<RecordId>,
        access: Access,
        now: Timestamp,
    ) -> Result<(), Error> {
        let undecodable = |error| self.0.note_undecodable(Drawer::Chart, wanted, error, now);
        let record = ChartRecord::decode(bytes).map_err(undecodable)?;
        self.0.note_opened(&record.version, wanted, access, now, || {
            let grant = Grant::decode(grant)?;
            if kept("grant's version") {
                grant.check_version(&record.version)?;
            }
            opening::remember_told(self.0, &grant);
            Ok(())
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failure fails the test")]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::{NewChartRecord, NewPrivateNote, Stretched, TenantId, format::id::ClientId};

    const NOW: Timestamp = Timestamp(1_700_000_000);

    fn person() -> Vault {
        let passphrase = Stretched::make("four quiet random words").unwrap();
        let created = Vault::create(TenantId([0; 16]), &passphrase, NOW).unwrap();
        let (mut vault, slots) = (created.vault, created.slots);
        vault.confirm_recovery_code(slots.iter().map(Vec::as_slice), &created.recovery_code, NOW).unwrap();
        vault
    }

    fn copy(session: &Session, vault: &Vault) -> Vault {
        session.open_vault(&session.seal_vault(vault).unwrap()).unwrap()
    }

    #[test]
    fn a_copy_grants_and_opens_and_has_no_private_drawer() {
        let (author, reader, session) = (person(), person(), Session::make().unwrap());
        let place = (ClientId([1; 16]), None, None);
        let note = NewPrivateNote { client: place.0, session: place.1, record: place.2, text: "mine", is_final: false };
        let note = author.private().seal(note, NOW).unwrap();
        let sections = BTreeMap::from([("plan", "ours")]);
        let record = NewChartRecord { client: place.0, session: place.1, record: place.2, sections, is_final: false };
        let record = author.chart().seal(&record, &[], NOW).unwrap();

        let worker = copy(&session, &author);
        assert_eq!(worker.private().open(&note.bytes).err().map(|error| error.code()), Some("tampered"));
        assert_ne!(*worker.reveal_account_secret(), *author.reveal_account_secret());
        let to = reader.own_identity();
        let request = GrantRequest {
            to: &to,
            purpose_of_use: PurposeOfUse::Supervision,
            expires_at: None,
            sections: None,
            suite: Suite::XWing,
        };
        let sealed = Sharing::seal(&session, &author, &[request]).unwrap();
        let granted = Sharing::open(&session, &sealed).unwrap().share(&worker, &[&record.bytes], NOW).unwrap();

        let by = session.open_author(&session.seal_author(&author.own_identity()).unwrap()).unwrap();
        let (chart, grant) = (copy(&session, &reader), &granted.first().unwrap().bytes);
        let opened = chart.chart().open_for_another(&record.bytes, grant, &by, &mut Opening::default(), NOW).unwrap();
        assert_eq!(opened.sections.get("plan").map(|text| text.as_str()), Some("ours"));
    }

    #[test]
    fn another_session_or_another_part_of_it_opens_nothing() {
        let (vault, session, other) = (person(), Session::make().unwrap(), Session::make().unwrap());
        let sealed = session.seal_vault(&vault).unwrap();
        assert!(other.open_vault(&sealed).is_err());
        assert!(session.open_author(&sealed).is_err());
        assert!(Sharing::open(&session, &sealed).is_err());
    }
}
