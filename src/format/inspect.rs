//! What anyone without a key can read of an object: the metadata that a server sees.

use crate::{
    FormatError, Purpose,
    account::{KeyLogEntry, Vault},
    body::{Draft, DraftParameters},
    container::{ChartRecord, PrivateNote},
    cose::Encrypted,
    grant::Grant,
    recovery::{Request, SealedTo, Share, Will, WillScope},
    slot::{Slot, Way},
    version::{Drawer, Manifest, Version},
};

/// An object's kind and its readable fields, in the order of SPEC.md.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    pub kind: &'static str,
    pub fields: Vec<(&'static str, String)>,
}

type Fields = Vec<(&'static str, String)>;
type Describe = fn(&[u8]) -> Result<Description, FormatError>;

/// Describes any object of this format.
pub fn inspect(bytes: &[u8]) -> Result<Description, FormatError> {
    let kinds: [Describe; 14] = [
        |bytes| PrivateNote::decode(bytes).map(|note| private_note(&note)),
        |bytes| ChartRecord::decode(bytes).map(|record| chart_record(&record)),
        |bytes| Grant::decode(bytes).map(|grant| describe_grant(&grant)),
        |bytes| Version::decode(bytes).map(|found| of("version", version(&found))),
        |bytes| Draft::decode(bytes, Drawer::Private).map(|d| draft("private draft", &d)),
        |bytes| Draft::decode(bytes, Drawer::Chart).map(|d| draft("chart draft", &d)),
        |bytes| Vault::decode(bytes).map(|vault| describe_vault(&vault)),
        |bytes| Slot::decode(bytes).map(|slot| describe_slot(&slot)),
        |bytes| KeyLogEntry::decode_unverified(bytes).map(|entry| key_log_entry(&entry)),
        |bytes| Request::decode(bytes).map(|request| describe_request(&request)),
        |bytes| SealedTo::decode(bytes, Purpose::SealedShare).map(|sealed| sealed_to("sealed share", &sealed)),
        |bytes| SealedTo::decode(bytes, Purpose::Answer).map(|sealed| sealed_to("answer", &sealed)),
        |bytes| Share::decode(bytes).map(|share| describe_share(&share)),
        |bytes| Will::decode(bytes).map(|will| describe_will(&will)),
    ];
    let mut telling = FormatError::NotSealed("not an object of this format");
    for describe in kinds {
        match describe(bytes) {
            Ok(description) => return Ok(description),
            Err(error @ (FormatError::UnsupportedVersion | FormatError::Truncated)) => telling = error,
            Err(_) => {}
        }
    }
    Err(telling)
}

fn of(kind: &'static str, fields: Fields) -> Description {
    Description { kind, fields }
}

fn version(version: &Version<'_>) -> Fields {
    let mut fields = manifest(&version.manifest);
    fields.push(("hash", version.hash().to_string()));
    fields
}

fn manifest(manifest: &Manifest) -> Fields {
    let none = || "none".to_owned();
    let mut fields = vec![
        ("tenant", manifest.tenant.to_string()),
        ("record", manifest.record.to_string()),
        ("drawer", if manifest.drawer == Drawer::Private { "private" } else { "chart" }.to_owned()),
        ("client", manifest.client.to_string()),
        ("session", manifest.session.map_or_else(none, |id| id.to_string())),
        ("version", manifest.version.to_string()),
        ("previous", manifest.previous.map_or_else(none, |hash| hash.to_string())),
        ("author", manifest.author.to_string()),
        ("epoch", manifest.epoch.to_string()),
        ("final", manifest.is_final().to_string()),
        ("written_at", manifest.written_at.to_string()),
    ];
    fields.extend(manifest.sections.iter().map(|section| ("section", section.name.clone())));
    fields
}

fn ciphertext(sealed: &Encrypted<'_>) -> (&'static str, String) {
    ("ciphertext_bytes", sealed.ciphertext.len().to_string())
}

fn private_note(note: &PrivateNote<'_>) -> Description {
    let mut fields = version(&note.version);
    fields.push(ciphertext(&note.body));
    of("private note", fields)
}

fn chart_record(record: &ChartRecord<'_>) -> Description {
    let mut fields = version(&record.version);
    fields.extend(record.bodies.iter().map(|(_, body)| ciphertext(body)));
    of("chart record", fields)
}

fn describe_grant(grant: &Grant<'_>) -> Description {
    let header = &grant.header;
    let mut fields = vec![
        ("tenant", header.tenant.to_string()),
        ("record", header.record.to_string()),
        ("version", header.version.to_string()),
        ("granter", header.granter.to_string()),
        ("recipient", header.recipient.to_string()),
        ("suite", (header.suite as u64).to_string()),
        ("purpose_of_use", header.purpose_of_use.name().to_owned()),
        ("granted_at", header.granted_at.to_string()),
        ("expires_at", header.expires_at.map_or_else(|| "never".to_owned(), |at| at.to_string())),
    ];
    fields.extend(grant.keys.iter().map(|(section, _)| ("section", (*section).to_owned())));
    of("grant", fields)
}

fn draft(kind: &'static str, draft: &Draft<'_>) -> Description {
    let DraftParameters { tenant, account, record, client, session, base_version, epoch } = &draft.parameters;
    let fields = vec![
        ("tenant", tenant.to_string()),
        ("account", account.to_string()),
        ("record", record.to_string()),
        ("client", client.to_string()),
        ("session", session.map_or_else(|| "none".to_owned(), |id| id.to_string())),
        ("base_version", base_version.to_string()),
        ("epoch", epoch.to_string()),
        ciphertext(&draft.sealed),
    ];
    of(kind, fields)
}

fn describe_vault(vault: &Vault<'_>) -> Description {
    let fields = vec![
        ("account", vault.parameters.account.to_string()),
        ("generation", vault.parameters.generation.to_string()),
        ciphertext(&vault.sealed),
    ];
    of("vault", fields)
}

fn describe_slot(slot: &Slot<'_>) -> Description {
    let parameters = &slot.parameters;
    let mut fields = vec![
        ("account", parameters.account.to_string()),
        ("slot", parameters.slot.to_string()),
        ("kind", parameters.way.kind().name().to_owned()),
        ("generation", parameters.generation.to_string()),
    ];
    match parameters.way {
        Way::Passphrase { cost, .. } => fields.extend([
            ("argon2id_memory_kib", cost.memory.to_string()),
            ("argon2id_passes", cost.passes.to_string()),
            ("argon2id_lanes", cost.lanes.to_string()),
        ]),
        Way::Passkey { credential, .. } => fields.push(("credential_bytes", credential.len().to_string())),
        Way::RecoveryCode | Way::Trustees => {}
    }
    fields.push(ciphertext(&slot.sealed));
    of("unlock slot", fields)
}

fn key_log_entry(entry: &KeyLogEntry<'_>) -> Description {
    let mut fields = vec![
        ("epoch", entry.keys.epoch.to_string()),
        ("created_at", entry.keys.created_at.to_string()),
        ("signing_key_id", entry.signed.key_id.to_string()),
    ];
    match entry.previous {
        None => fields.insert(0, ("account", entry.account().to_string())),
        Some(hash) => fields.insert(0, ("previous", hash.to_string())),
    }
    of("key log entry", fields)
}

fn describe_request(request: &Request<'_>) -> Description {
    let fields = vec![
        ("account", request.account.to_string()),
        ("kind", request.kind.name().to_owned()),
        ("receiving_key_id", request.key_id().to_string()),
        ("created_at", request.created_at.to_string()),
    ];
    of("request", fields)
}

fn sealed_to(kind: &'static str, sealed: &SealedTo<'_>) -> Description {
    of(kind, vec![("receiving_key_id", sealed.recipient.key_id.to_string()), ciphertext(&sealed.sealed)])
}

fn describe_share(share: &Share<'_>) -> Description {
    let place = &share.place;
    let fields = vec![
        ("account", place.account.to_string()),
        ("kind", place.kind.name().to_owned()),
        ("deal", place.deal.to_string()),
        ("threshold", place.threshold.to_string()),
        ("count", place.count.to_string()),
        ("number", place.number.to_string()),
    ];
    of("share", fields)
}

fn describe_will(will: &Will<'_>) -> Description {
    let parameters = &will.parameters;
    let scope = if parameters.scope == WillScope::Chart { "chart" } else { "chart and private drawer" };
    let fields = vec![
        ("account", parameters.account.to_string()),
        ("deal", parameters.deal.to_string()),
        ("scope", scope.to_owned()),
        ("waiting_days", parameters.waiting_days.to_string()),
        ("sealed_at", parameters.sealed_at.to_string()),
        ciphertext(&will.sealed),
    ];
    of("will", fields)
}
