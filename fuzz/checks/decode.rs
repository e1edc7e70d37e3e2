//! Decoders: none panics, and what one accepts is written back as the same bytes, so that nothing signed, hashed or
//! sealed has two spellings.

use sealed_notes::format::{
    Purpose,
    account::{Login, Vault},
    body::{Draft, decode_sections, encode_sections},
    cbor::{Decoder, Encoder},
    container::{ChartRecord, PrivateNote},
    cose::{Encrypted, EncryptedBuilder, Recipient, Sign1},
    grant::{self, Grant},
    inspect::inspect,
    keylog::{KeyLog, KeyLogEntry},
    ledger::{Events, LedgerBundle, LedgerEntry, Memory, Waiting},
    pad::{Floor, pad, unpad},
    receipt::Proof,
    recovery::{Request, SealedTo, Share, Will},
    slot::Slot,
    version::{Drawer, Manifest, Version},
};

/// Every check of this module.
pub fn all(bytes: &[u8]) {
    structures(bytes);
    container(bytes);
    account(bytes);
    recovery(bytes);
    ledger(bytes);
    cbor(bytes);
    let _ = inspect(bytes);
}

fn sign1(signed: &Sign1<'_>, purpose: Purpose) {
    assert_eq!(signed.proof(), None);
    assert_eq!(Sign1::encode(purpose, signed.key_id, signed.payload, signed.signature()), signed.raw);
}

/// Made alone, or at once with others.
fn sign1_or_receipt(signed: &Sign1<'_>, alone: Purpose, together: Purpose) {
    let Some(proof) = signed.proof() else { return sign1(signed, alone) };
    assert_eq!(Proof::decode(proof).expect("it was decoded").encode(), proof);
    let Sign1 { key_id, payload, .. } = *signed;
    assert_eq!(Sign1::encode_with_receipt(together, key_id, payload, proof, signed.signature()), signed.raw);
}

fn encrypted(sealed: &Encrypted<'_>, purpose: Purpose) {
    let builder = EncryptedBuilder::new(purpose, sealed.header, *sealed.iv);
    assert_eq!(builder.associated_data(), sealed.associated_data());
    let (text, tag) = sealed.ciphertext.split_last_chunk::<16>().expect("a tag was checked");
    let mut object = builder.head(text.len());
    object.extend_from_slice(text);
    assert_eq!(builder.close(object, tag), sealed.raw);
}

fn recipient(recipient: &Recipient<'_>) {
    let protected = Recipient::protected(recipient.alg, recipient.key_id, recipient.context);
    assert_eq!(Recipient::encode(&protected, recipient.encapsulated_key, recipient.ciphertext), recipient.raw);
}

/// The COSE structures, for every purpose there is.
pub fn structures(bytes: &[u8]) {
    for purpose in Purpose::ALL.iter().copied() {
        if let Ok(signed) = Sign1::decode(bytes, purpose) {
            sign1(&signed, purpose);
        }
        if let Ok(signed) = Sign1::decode_any(bytes, Purpose::Grant, purpose) {
            sign1_or_receipt(&signed, Purpose::Grant, purpose);
        }
        if let Ok(sealed) = Encrypted::decode(bytes, purpose) {
            encrypted(&sealed, purpose);
        }
    }
    if let Ok(decoded) = Decoder::all(bytes, Recipient::decode) {
        recipient(&decoded);
    }
}

fn version(version: &Version<'_>) {
    sign1(&version.signed, Purpose::Version);
    assert_eq!(version.manifest.encode(), version.signed.payload);
}

/// Versions, notes, records, grants, drafts.
pub fn container(bytes: &[u8]) {
    if let Ok(manifest) = Manifest::decode(bytes) {
        assert_eq!(manifest.encode(), bytes);
    }
    if let Ok(decoded) = Version::decode(bytes) {
        version(&decoded);
    }
    if let Ok(note) = PrivateNote::decode(bytes) {
        version(&note.version);
        encrypted(&note.wrap, Purpose::PrivateWrap);
        encrypted(&note.body, Purpose::PrivateBody);
        assert_eq!(PrivateNote::encode(note.version.signed.raw, note.wrap.raw, note.body.raw), bytes);
    }
    if let Ok(record) = ChartRecord::decode(bytes) {
        version(&record.version);
        record.wrap.iter().for_each(|wrap| encrypted(wrap, Purpose::ChartWrap));
        record.bodies.iter().for_each(|(_, body)| encrypted(body, Purpose::ChartBody));
        let bodies = record.bodies.iter().map(|(_, body)| body.raw);
        let wrap = record.wrap.as_ref().map(|wrap| wrap.raw);
        assert_eq!(ChartRecord::encode(record.version.signed.raw, wrap, bodies), bytes);
    }
    if let Ok(decoded) = Grant::decode(bytes) {
        sign1_or_receipt(&decoded.signed, Purpose::Grant, Purpose::Grants);
        decoded.keys.iter().for_each(|(_, key)| recipient(key));
        let keys: Vec<_> = decoded.keys.iter().map(|(section, key)| (*section, key.raw.to_vec())).collect();
        assert_eq!(grant::encode_payload(&decoded.header, &keys, decoded.seen.as_ref()), decoded.signed.payload);
    }
    for drawer in [Drawer::Private, Drawer::Chart] {
        if let Ok(draft) = Draft::decode(bytes, drawer) {
            encrypted(&draft.sealed, drawer.draft_purpose());
            assert_eq!(Ok(draft.parameters.encode().as_slice()), draft.sealed.parameters());
        }
    }
    if let Ok(sections) = decode_sections(bytes) {
        assert_eq!(encode_sections(sections.into_iter()), bytes);
    }
    for floor in [Floor::Text, Floor::Vault] {
        if let Ok(text) = unpad(bytes, floor) {
            let mut padded = text.to_vec();
            pad(&mut padded, 0, floor);
            assert_eq!(padded, bytes);
        }
    }
}

/// Key log entries, vaults, unlock slots, logins.
pub fn account(bytes: &[u8]) {
    if let Ok(entry) = KeyLogEntry::decode_unverified(bytes) {
        sign1(&entry.signed, Purpose::KeyLog);
        let payload = KeyLogEntry::encode_payload(entry.sequence, entry.previous, entry.at, &entry.statement);
        assert_eq!(payload, entry.signed.payload);
    }
    if let Ok(mut log) = KeyLog::begin(bytes) {
        assert!(log.append(bytes).is_err(), "no entry follows itself");
    }
    if let Ok(vault) = Vault::decode(bytes) {
        encrypted(&vault.sealed, Purpose::Vault);
        assert_eq!(Ok(vault.parameters.encode().as_slice()), vault.sealed.parameters());
    }
    if let Ok(slot) = Slot::decode(bytes) {
        encrypted(&slot.sealed, Purpose::Slot);
        assert_eq!(Ok(slot.parameters.encode().as_slice()), slot.sealed.parameters());
    }
    if let Ok(login) = Login::decode(bytes) {
        sign1(&login.signed, Purpose::Login);
        let payload = Login::encode_payload(login.account, login.origin, login.challenge);
        assert_eq!(payload, login.signed.payload);
    }
}

/// Requests, shares, what is sealed to one key, wills.
pub fn recovery(bytes: &[u8]) {
    if let Ok(request) = Request::decode(bytes) {
        assert_eq!(Request::encode(request.account, request.kind, &request.xwing, request.created_at), bytes);
    }
    if let Ok(share) = Share::decode(bytes) {
        sign1(&share.signed, Purpose::Share);
        assert_eq!(share.place.encode(share.value), share.signed.payload);
    }
    for purpose in [Purpose::SealedShare, Purpose::Answer] {
        if let Ok(sealed) = SealedTo::decode(bytes, purpose) {
            recipient(&sealed.recipient);
            encrypted(&sealed.sealed, purpose);
            assert_eq!(SealedTo::encode(purpose, sealed.recipient.raw, sealed.sealed.raw), bytes);
        }
    }
    if let Ok(will) = Will::decode(bytes) {
        encrypted(&will.sealed, Purpose::Will);
        assert_eq!(will.parameters.encode(), will.encoded_parameters);
    }
}

/// Ledger entries, their events, and what auditors are handed.
pub fn ledger(bytes: &[u8]) {
    if let Ok(entry) = LedgerEntry::decode(bytes) {
        sign1(&entry.signed, Purpose::Ledger);
        encrypted(&entry.sealed, Purpose::LedgerEvents);
        assert_eq!(entry.payload.encode(), entry.signed.payload);
        assert_eq!(LedgerEntry::encode(entry.signed.raw, entry.sealed.raw), bytes);
    }
    if let Ok(events) = Events::decode(bytes) {
        assert_eq!(events.encode(), bytes);
    }
    if let Ok(bundle) = LedgerBundle::decode(bytes) {
        assert_eq!(bundle.encode(), bytes);
    }
    if let Ok(memory) = Memory::decode(bytes) {
        encrypted(&memory.sealed, Purpose::Memory);
    }
    if let Ok(waiting) = Waiting::decode_all(bytes) {
        assert_eq!(Waiting::encode_all(&waiting), bytes);
    }
}

fn written(write: impl FnOnce(&mut Encoder) -> &mut Encoder) -> Vec<u8> {
    let mut out = Encoder::new();
    write(&mut out);
    out.finish()
}

/// Single items.
pub fn cbor(bytes: &[u8]) {
    if let Ok(value) = Decoder::all(bytes, Decoder::uint) {
        assert_eq!(written(|out| out.uint(value)), bytes);
    }
    if let Ok(value) = Decoder::all(bytes, Decoder::int) {
        assert_eq!(written(|out| out.int(value)), bytes);
    }
    if let Ok(value) = Decoder::all(bytes, Decoder::bytes) {
        assert_eq!(written(|out| out.bytes(value)), bytes);
    }
    if let Ok(value) = Decoder::all(bytes, Decoder::text) {
        assert_eq!(written(|out| out.text(value)), bytes);
    }
    if let Ok(Some(value)) = Decoder::all(bytes, |input| input.optional(Decoder::uint)) {
        assert_eq!(written(|out| out.uint(value)), bytes);
    }
    let _ = Decoder::new(bytes).array();
    let _ = Decoder::new(bytes).map();
}
