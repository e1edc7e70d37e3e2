//! What an auditor checks of an exported ledger, without any key (SPEC.md §8.5): that the key log belongs to the account,
//! that no entry is missing, changed or out of order, and that the events handed out are those that were signed.

use std::fmt::{self, Display, Write};

use sealed_notes_format::{
    FormatError,
    id::AccountId,
    keylog::{KeyLog, PublicKeys},
    ledger::{Event, Events, LedgerBundle, LedgerEntry, LedgerHead},
    version::Drawer,
};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// What holds of a bundle.
#[derive(Debug)]
pub struct Report {
    pub account: AccountId,
    pub entries: usize,
    pub head: Option<LedgerHead>,
    /// Of the entries whose events were handed out, in order.
    pub disclosed: Vec<(u64, Events)>,
}

/// Which part of a bundle does not hold.
#[derive(Debug, PartialEq, Eq)]
pub enum Failure {
    /// Not a bundle at all.
    Bundle(FormatError),
    /// The key log's entry of this place, from 1.
    KeyLog(usize, FormatError),
    /// The ledger's entry of this place, from 1.
    Entry(usize, FormatError),
    /// The events handed out with the entry of this place.
    Events(usize, FormatError),
}

impl Failure {
    /// Why it does not hold.
    pub const fn error(&self) -> FormatError {
        match self {
            Self::Bundle(error) | Self::KeyLog(_, error) | Self::Entry(_, error) | Self::Events(_, error) => *error,
        }
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bundle(error) => write!(f, "this is no exported ledger: {error}"),
            Self::KeyLog(at, error) => write!(f, "entry {at} of the key log does not hold: {error}"),
            Self::Entry(at, error) => write!(f, "entry {at} of the ledger does not hold: {error}"),
            Self::Events(at, error) => write!(f, "the events of entry {at} do not hold: {error}"),
        }
    }
}

/// Checks every entry and every disclosed event.
pub fn check(bundle: &[u8]) -> Result<Report, Failure> {
    let bundle = LedgerBundle::decode(bundle).map_err(Failure::Bundle)?;
    let epochs = epochs(&bundle)?;
    let (mut head, mut newest_epoch) = (None, 0);
    let mut disclosed = Vec::new();
    for (place, (bytes, events)) in (1..).zip(&bundle.entries) {
        let entry = next(&bundle, &epochs, bytes, head, newest_epoch).map_err(|error| Failure::Entry(place, error))?;
        (head, newest_epoch) = (Some(entry.head()), entry.payload.epoch);
        if let Some(contents) = events {
            let events = committed(&entry, contents).map_err(|error| Failure::Events(place, error))?;
            disclosed.push((entry.payload.sequence, events));
        }
    }
    Ok(Report { account: bundle.account, entries: bundle.entries.len(), head, disclosed })
}

fn next<'a>(
    bundle: &LedgerBundle<'_>,
    epochs: &[PublicKeys],
    bytes: &'a [u8],
    head: Option<LedgerHead>,
    newest_epoch: u64,
) -> Result<LedgerEntry<'a>, FormatError> {
    let entry = LedgerEntry::decode(bytes)?;
    let of_epoch = |number| epochs.iter().find(|keys| keys.epoch == number).map(|keys| keys.ed25519);
    entry.check(bundle.account, of_epoch)?;
    if !entry.follows(head) {
        return Err(FormatError::Mismatch("not the next entry of this ledger"));
    }
    if entry.payload.epoch < newest_epoch {
        return Err(FormatError::Mismatch("signed with keys that were replaced before"));
    }
    Ok(entry)
}

fn committed(entry: &LedgerEntry<'_>, contents: &[u8]) -> Result<Events, FormatError> {
    if Events::commitment(contents) != entry.payload.commitment {
        return Err(FormatError::Mismatch("not the events that were signed"));
    }
    Events::decode(contents)
}

/// The account's id is the hash of the first entry, and each later one is signed by the newest key before it.
fn epochs(bundle: &LedgerBundle<'_>) -> Result<Vec<PublicKeys>, Failure> {
    let mut log: Option<KeyLog> = None;
    for (place, bytes) in (1..).zip(&bundle.key_log) {
        let failure = |error| Failure::KeyLog(place, error);
        match &mut log {
            Some(log) => {
                log.append(bytes).map_err(failure)?;
            }
            None => log = Some(KeyLog::begin(bytes).map_err(failure)?),
        }
        if log.as_ref().is_some_and(|log| log.account != bundle.account) {
            return Err(failure(FormatError::Mismatch("the key log of another account")));
        }
    }
    let log = log.ok_or(Failure::KeyLog(1, FormatError::NotSealed("nothing says whose ledger it is")))?;
    Ok(log.epochs().cloned().collect())
}

impl Report {
    /// The disclosed events as CSV (RFC 4180).
    pub fn csv(&self) -> String {
        let mut out = "entry,device,at,kind,drawer,client,record,version,person,detail\r\n".to_owned();
        for (sequence, events) in &self.disclosed {
            let device = events.device.map(|device| device.to_string()).unwrap_or_default();
            for event in &events.events {
                // Writing to a String does not fail.
                let _ = write!(out, "{sequence},{device},{}\r\n", row(event));
            }
        }
        out
    }
}

fn row(event: &Event) -> String {
    fn text(value: Option<impl Display>) -> String {
        value.map(|value| value.to_string()).unwrap_or_default()
    }
    let drawer = event.drawer.map(|drawer| if drawer == Drawer::Private { "private" } else { "chart" });
    // The only free text, and the account chose it: quoted, and marked as text where a spreadsheet would compute it.
    let detail = event.detail.as_ref().map(|detail| {
        let mark = if detail.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
        format!("\"{mark}{}\"", detail.replace('"', "\"\""))
    });
    [
        date(event.at),
        event.kind.name().to_owned(),
        text(drawer),
        text(event.client),
        text(event.record),
        text(event.version),
        text(event.person),
        text(detail),
    ]
    .join(",")
}

fn date(seconds: u64) -> String {
    let date = i64::try_from(seconds).ok().and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok());
    date.and_then(|date| date.format(&Rfc3339).ok()).unwrap_or_else(|| seconds.to_string())
}
