//! The library itself, compiled for this machine instead of for WebAssembly.

use std::rc::Rc;

use anyhow::{Context, Result, ensure};
use sealed_notes::{
    ClientId, GrantRequest, GroupKind, Identity, NewChartRecord, NewPrivateNote, PurposeOfUse, Stretched, Suite,
    TenantId, Timestamp, TrustedAs, UnlockWith, Vault, VerifiedIdentity,
};

use crate::Work;

const NOW: Timestamp = Timestamp(1_767_225_600);
const PASSPHRASE: &str = "four quiet random words";
const CLIENT: ClientId = ClientId([1; 16]);

/// An author, a reader who knows her, and teams whom the author knows: accounts made without Argon2id.
pub(crate) struct Accounts {
    author: Rc<Account>,
    reader: Rc<Account>,
    author_as_known: Rc<VerifiedIdentity>,
    recipients: Vec<VerifiedIdentity>,
}

struct Account {
    vault: Vault,
    identity: Identity,
    secret: String,
    slots: Vec<Vec<u8>>,
    sealed: Vec<u8>,
}

impl Account {
    fn make(stretched: &Stretched) -> Result<Self> {
        let created = Vault::create(TenantId([0; 16]), stretched, NOW)?;
        let (mut vault, slots) = (created.vault, created.slots);
        vault.confirm_recovery_code(slots.iter().map(Vec::as_slice), &created.recovery_code, NOW)?;
        let identity = Identity::from_key_log(vault.account(), [created.key_log_entry.as_slice()])?;
        let secret = created.account_secret.as_str().to_owned();
        Ok(Self { vault, identity, secret, slots, sealed: created.sealed_vault })
    }

    fn know(&mut self, other: &Identity) -> Result<VerifiedIdentity> {
        Ok(self.vault.confirm(other, &other.fingerprint(), TrustedAs::Person, None, NOW)?.0)
    }
}

impl Accounts {
    pub(crate) fn make() -> Result<Self> {
        let stretched = Stretched::make(PASSPHRASE)?;
        let (mut author, mut reader) = (Account::make(&stretched)?, Account::make(&stretched)?);
        let recipients = vec![author.know(&reader.identity)?];
        let author_as_known = Rc::new(reader.know(&author.identity)?);
        Ok(Self { author: author.into(), reader: reader.into(), author_as_known, recipients })
    }

    /// The first `count` recipients, made as they are needed.
    fn recipients(&mut self, count: usize) -> Result<Vec<VerifiedIdentity>> {
        if self.recipients.len() < count {
            let mut registrar = Account::make(&Stretched::make(PASSPHRASE)?)?;
            while self.recipients.len() < count {
                let (account, change) = registrar.vault.create_group(GroupKind::Team, "recipient", NOW)?;
                let entries = change.group.context("a new group has a key log")?.key_log_entries;
                let identity = Identity::from_key_log(account, entries.iter().map(Vec::as_slice))?;
                self.recipients.push(registrar.know(&identity)?);
            }
        }
        Ok(self.recipients.iter().take(count).cloned().collect())
    }

    pub(crate) fn work(&mut self, job: &str, parameter: usize) -> Result<Option<Work>> {
        Ok(Some(match job {
            "seal" => self.seal(parameter, Suite::X25519)?,
            "hybrid" => self.seal(parameter, Suite::XWing)?,
            "open-shared" => self.open_shared(parameter)?,
            "open-own" => self.open_own(parameter)?,
            "unlock" => self.unlock(),
            _ => return Ok(None),
        }))
    }

    fn seal(&mut self, readers: usize, suite: Suite) -> Result<Work> {
        let recipients = self.recipients(readers)?;
        let author = Rc::clone(&self.author);
        Ok(Box::new(move || {
            author.vault.chart().seal(&record(&text()), &grants(&recipients, suite), NOW)?;
            Ok(())
        }))
    }

    fn open_shared(&self, count: usize) -> Result<Work> {
        let grant = grants(self.recipients.get(..1).context("the reader")?, Suite::X25519);
        let seal = || Ok(self.author.vault.chart().seal(&record(&text()), &grant, NOW)?);
        let sealed = (0..count).map(|_| seal()).collect::<Result<Vec<_>>>()?;
        let (reader, author) = (Rc::clone(&self.reader), Rc::clone(&self.author_as_known));
        Ok(Box::new(move || {
            for record in &sealed {
                let grant = record.grants.first().context("one was made")?;
                reader.vault.chart().open_shared(&record.bytes, &grant.bytes, &author, NOW)?;
            }
            Ok(())
        }))
    }

    fn open_own(&self, count: usize) -> Result<Work> {
        let text = text();
        let note = NewPrivateNote { client: CLIENT, session: None, record: None, text: &text, is_final: false };
        let seal = || Ok(self.author.vault.private().seal(note, NOW)?);
        let sealed = (0..count).map(|_| seal()).collect::<Result<Vec<_>>>()?;
        let author = Rc::clone(&self.author);
        Ok(Box::new(move || {
            for note in &sealed {
                author.vault.private().open(&note.bytes)?;
            }
            Ok(())
        }))
    }

    fn unlock(&self) -> Work {
        let author = Rc::clone(&self.author);
        Box::new(move || {
            let slots = || author.slots.iter().map(Vec::as_slice);
            let stretched = Stretched::for_slots(PASSPHRASE, slots())?;
            let with = UnlockWith::Passphrase { stretched: &stretched, account_secret: &author.secret };
            let vault = Vault::unlock(&author.sealed, slots(), with)?;
            ensure!(vault.account() == author.vault.account(), "another vault was unlocked");
            Ok(())
        })
    }
}

fn text() -> String {
    "x".repeat(4096)
}

fn record(text: &str) -> NewChartRecord<'_> {
    let sections = [("note", text)].into();
    NewChartRecord { client: CLIENT, session: None, record: None, sections, is_final: false }
}

fn grants(recipients: &[VerifiedIdentity], suite: Suite) -> Vec<GrantRequest<'_>> {
    let grant =
        |to| GrantRequest { to, purpose_of_use: PurposeOfUse::Treatment, expires_at: None, sections: None, suite };
    recipients.iter().map(grant).collect()
}
