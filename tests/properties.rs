//! Round trips of what is encoded, for any values, and bit flips of what was sealed, for any bit.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "what must succeed here fails the test otherwise")]

#[path = "../fuzz/checks/mod.rs"]
mod checks;

use std::sync::{LazyLock, atomic::Ordering};

use ed25519_dalek::{Signer, SigningKey};
use proptest::{collection::btree_map, option, prelude::*, sample::select};
use sealed_notes::{
    PurposeOfUse, Suite,
    format::{
        Purpose,
        body::{Draft, DraftParameters, decode_sections, encode_sections},
        cbor::{Decoder, Encoder},
        cose::{EncryptedBuilder, Header, Recipient, Sign1, to_be_signed},
        grant::{self, CrossReferences, Grant, GrantHeader},
        id::{AccountId, ClientId, Hash, KeyId, RecordId, SessionId, TenantId},
        keylog::{Endorsement, KeyLog, KeyLogEntry, PublicKeys, Role, Statement},
        ledger::LedgerHead,
        pad::{Floor, pad, unpad},
        version::{ADDENDUM, Drawer, FINAL, Manifest, PRIVATE_SECTION, Section, Version},
    },
};

fn written(write: impl FnOnce(&mut Encoder) -> &mut Encoder) -> Vec<u8> {
    let mut out = Encoder::new();
    write(&mut out);
    out.finish()
}

fn floor() -> impl Strategy<Value = Floor> {
    select(vec![Floor::Text, Floor::Vault])
}

fn drawer() -> impl Strategy<Value = Drawer> {
    select(vec![Drawer::Private, Drawer::Chart])
}

fn section_name() -> impl Strategy<Value = String> {
    "[a-z][a-z0-9]{0,30}"
}

prop_compose! {
    fn manifest()(
        (tenant, record, client) in any::<([u8; 16], [u8; 16], [u8; 16])>(),
        drawer in drawer(),
        session in option::of(any::<[u8; 16]>()),
        version in 1u64..,
        (previous, author) in any::<([u8; 32], [u8; 32])>(),
        epoch in 1u64..,
        flags in select(vec![0, FINAL, ADDENDUM, FINAL | ADDENDUM]),
        written_at: u64,
        sections in btree_map(section_name(), any::<[[u8; 32]; 2]>(), 1..=64),
    ) -> Manifest {
        let sections = sections.into_iter();
        let sections = sections.map(|(name, [body, commitment])| Section { name, body: Hash(body), commitment });
        let mut sections: Vec<_> = sections.collect();
        if drawer == Drawer::Private {
            sections.truncate(1);
            sections[0].name = PRIVATE_SECTION.to_owned();
        }
        Manifest {
            tenant: TenantId(tenant),
            record: RecordId(record),
            drawer,
            client: ClientId(client),
            session: session.map(SessionId),
            version,
            previous: (version > 1).then_some(Hash(previous)),
            author: AccountId(author),
            epoch,
            flags,
            written_at,
            sections,
        }
    }
}

prop_compose! {
    fn grant_header()(
        (tenant, record) in any::<([u8; 16], [u8; 16])>(),
        (version_hash, granter, recipient) in any::<([u8; 32], [u8; 32], [u8; 32])>(),
        suite in select(vec![Suite::X25519, Suite::XWing]),
        purpose_of_use in select(PurposeOfUse::ALL.to_vec()),
        (version, granted_at) in any::<(u64, u64)>(),
        expires_at in option::of(any::<u64>()),
    ) -> GrantHeader {
        GrantHeader {
            tenant: TenantId(tenant),
            record: RecordId(record),
            version,
            version_hash: Hash(version_hash),
            granter: AccountId(granter),
            recipient: AccountId(recipient),
            suite,
            purpose_of_use,
            granted_at,
            expires_at,
        }
    }
}

fn ledger_head() -> impl Strategy<Value = LedgerHead> {
    any::<(u64, [u8; 32])>().prop_map(|(sequence, hash)| LedgerHead { sequence, hash: Hash(hash) })
}

fn statement() -> impl Strategy<Value = Statement> {
    let endorsed = (any::<([u8; 32], [u8; 32])>(), select(Role::ALL.to_vec()), option::of(any::<u64>()));
    prop_oneof![
        (2..u64::MAX, any::<u64>()).prop_map(|(epoch, at)| Statement::Keys(keys([2; 32], epoch, at).1)),
        any::<(u64, u64)>().prop_map(|(epoch, since)| Statement::KeysRevoked { epoch, since }),
        endorsed.prop_map(|((member, head), role, expires_at)| {
            Statement::Endorsed(Endorsement { member: AccountId(member), head: Hash(head), role, expires_at })
        }),
        any::<[u8; 32]>().prop_map(|member| Statement::Withdrawn { member: AccountId(member) }),
    ]
}

/// A key that makes signatures, and the public keys it stands among. Any receiving key will do that is one.
fn keys(seed: [u8; 32], epoch: u64, created_at: u64) -> (SigningKey, PublicKeys) {
    let signing = SigningKey::from_bytes(&seed);
    let mut xwing = Box::new([7; 1216]);
    xwing[1184..].copy_from_slice(&[9; 32]);
    let keys = PublicKeys { epoch, created_at, ed25519: signing.verifying_key(), x25519: [9; 32], xwing };
    (signing, keys)
}

fn sign(key: &SigningKey, purpose: Purpose, payload: &[u8]) -> Vec<u8> {
    let key_id = KeyId::of_ed25519(&key.verifying_key());
    let signature = key.sign(&to_be_signed(purpose, key_id, payload)).to_bytes();
    Sign1::encode(purpose, key_id, payload, &signature)
}

/// Everything that opens. Of printed text, another spelling is the same share: flips of that are no alterations.
static SEALED: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let printed = checks::open::WAYS.iter().position(|(way, ..)| *way == "printed share").unwrap();
    let seeds = checks::open::seeds().into_iter();
    seeds.filter(|seed| usize::from(seed[0]) != printed).collect()
});

proptest! {
    #[test]
    fn cbor_items_come_back(uint: u64, int: i64, bytes: Vec<u8>, text in ".*") {
        prop_assert_eq!(Decoder::all(&written(|out| out.uint(uint)), Decoder::uint), Ok(uint));
        prop_assert_eq!(Decoder::all(&written(|out| out.int(int)), Decoder::int), Ok(int));
        let (item, words) = (written(|out| out.bytes(&bytes)), written(|out| out.text(&text)));
        prop_assert_eq!(Decoder::all(&item, Decoder::bytes), Ok(bytes.as_slice()));
        prop_assert_eq!(Decoder::all(&words, Decoder::text), Ok(text.as_str()));
    }

    #[test]
    fn padding_comes_off(text in prop::collection::vec(any::<u8>(), 0..10_000), before in 0usize..9, floor in floor()) {
        let mut buffer = vec![0xff; before];
        buffer.extend_from_slice(&text);
        pad(&mut buffer, before, floor);
        prop_assert_eq!(unpad(&buffer[before..], floor), Ok(text.as_slice()));
    }

    #[test]
    fn manifests_come_back(manifest in manifest(), key_id: [u8; 16], signature in any::<[[u8; 32]; 2]>()) {
        let payload = manifest.encode();
        prop_assert_eq!(Manifest::decode(&payload), Ok(manifest.clone()));
        let signature = signature.concat().try_into().unwrap();
        let signed = Sign1::encode(Purpose::Version, KeyId(key_id), &payload, &signature);
        let version = Version::decode(&signed).unwrap();
        prop_assert_eq!(version.manifest, manifest);
        prop_assert_eq!(version.signed.signature(), &signature);
    }

    #[test]
    fn grants_come_back(
        header in grant_header(),
        sections in btree_map(section_name(), any::<[u8; 32]>(), 1..9),
        seen in option::of((option::of(ledger_head()), option::of(ledger_head()))),
    ) {
        let seen = seen.map(|(granter, recipient)| CrossReferences { granter, recipient });
        let keys: Vec<_> = sections.iter().map(|(name, key)| {
            let protected = Recipient::protected(header.suite.alg(), KeyId([3; 16]), header.context(name));
            let encapsulated = vec![key[0]; header.suite.encapsulated_key_len()];
            (name.as_str(), Recipient::encode(&protected, &encapsulated, &[&key[..], &[0; 16]].concat()))
        }).collect();
        let payload = grant::encode_payload(&header, &keys, seen.as_ref());
        let signed = Sign1::encode(Purpose::Grant, KeyId([4; 16]), &payload, &[5; 64]);
        let grant = Grant::decode(&signed).unwrap();
        prop_assert_eq!((grant.header, grant.seen), (header, seen));
        let decoded: Vec<_> = grant.keys.iter().map(|(name, key)| (*name, key.raw.to_vec())).collect();
        prop_assert_eq!(decoded, keys);
    }

    #[test]
    fn payloads_signed_at_once_come_back_and_no_bit_of_them_can_change(
        payloads in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..50), 2..40),
        at: prop::sample::Index,
        bit: prop::sample::Index,
    ) {
        let signing = SigningKey::from_bytes(&[1; 32]);
        let key = signing.verifying_key();
        let sign = |message: &[u8]| signing.sign(message).to_bytes();
        let sealed = Sign1::encode_together(Purpose::Grants, KeyId::of_ed25519(&key), &payloads, sign);
        prop_assert_eq!(sealed.len(), payloads.len());
        for (bytes, payload) in sealed.iter().zip(&payloads) {
            let signed = Sign1::decode_any(bytes, Purpose::Grant, Purpose::Grants).unwrap();
            prop_assert_eq!(signed.payload, payload);
            prop_assert_eq!(signed.verify(&key), Ok(()));
            checks::decode::all(bytes);
        }
        // Of payload, path, size, index, headers and signature.
        let mut changed = at.get(&sealed).clone();
        let bit = bit.index(8 * changed.len());
        changed[bit / 8] ^= 1 << (bit % 8);
        let verified = Sign1::decode_any(&changed, Purpose::Grant, Purpose::Grants).and_then(|it| it.verify(&key));
        prop_assert!(verified.is_err(), "verifies with bit {} flipped", bit);
    }

    #[test]
    fn drafts_come_back(
        ids in any::<([u8; 16], [u8; 32], [u8; 16], [u8; 16])>(),
        session in option::of(any::<[u8; 16]>()),
        (base_version, epoch) in any::<(u64, u64)>(),
        (iv, tag) in any::<([u8; 12], [u8; 16])>(),
        drawer in drawer(),
        mut text: Vec<u8>,
    ) {
        let parameters = DraftParameters {
            tenant: TenantId(ids.0),
            account: AccountId(ids.1),
            record: RecordId(ids.2),
            client: ClientId(ids.3),
            session: session.map(SessionId),
            base_version,
            epoch,
        };
        pad(&mut text, 0, Floor::Text);
        let header = parameters.encode();
        let builder = EncryptedBuilder::new(drawer.draft_purpose(), Header::Parameters(&header), iv);
        let mut object = builder.head(text.len());
        object.extend_from_slice(&text);
        let object = builder.close(object, &tag);
        let draft = Draft::decode(&object, drawer).unwrap();
        prop_assert_eq!(draft.parameters, parameters);
        prop_assert_eq!(draft.sealed.ciphertext, [&text[..], &tag].concat());
        prop_assert_eq!(draft.sealed.associated_data(), builder.associated_data());
    }

    #[test]
    fn sections_of_a_chart_draft_come_back(sections in btree_map(section_name(), ".*", 0..9)) {
        let sections: Vec<_> = sections.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        let encoded = encode_sections(sections.iter().copied());
        prop_assert_eq!(decode_sections(&encoded), Ok(sections));
    }

    #[test]
    fn what_key_logs_say_comes_back(said in statement(), sequence in 1..u64::MAX, previous: [u8; 32], at: u64) {
        let (signing, _) = keys([1; 32], 1, 0);
        // Keys name their own time.
        let at = if let Statement::Keys(keys) = &said { keys.created_at } else { at };
        let payload = KeyLogEntry::encode_payload(sequence, Some(Hash(previous)), at, &said);
        let bytes = sign(&signing, Purpose::KeyLog, &payload);
        let entry = KeyLogEntry::decode_unverified(&bytes).unwrap();
        let read = (entry.sequence, entry.previous, entry.at, entry.statement);
        prop_assert_eq!(read, (sequence, Some(Hash(previous)), at, said));
    }

    #[test]
    fn key_logs_come_back_and_go_on_under_the_key_before(seeds: [[u8; 32]; 3], at: u64) {
        let (first_key, first) = keys(seeds[0], 1, at);
        let (second_key, second) = keys(seeds[1], 2, at);
        let payload = KeyLogEntry::encode_payload(0, None, at, &Statement::Keys(first.clone()));
        let log = KeyLog::begin(&sign(&first_key, Purpose::KeyLog, &payload)).unwrap();
        prop_assert_eq!(&log.keys, &first);
        let rotation = KeyLogEntry::encode_payload(1, Some(log.head()), at, &Statement::Keys(second.clone()));
        let mut gone_on = log.clone();
        gone_on.append(&sign(&first_key, Purpose::KeyLog, &rotation)).unwrap();
        prop_assert_eq!(&gone_on.keys, &second);
        for other in [second_key, SigningKey::from_bytes(&seeds[2])] {
            prop_assert!(log.clone().append(&sign(&other, Purpose::KeyLog, &rotation)).is_err());
        }
    }

    #[test]
    fn no_decoder_panics(bytes: Vec<u8>) {
        checks::decode::all(&bytes);
    }

    /// The check panics if text comes out; that nothing at all opens is counted here.
    #[test]
    fn a_flipped_bit_is_refused(at: prop::sample::Index, bit: prop::sample::Index) {
        let mut seed = at.get(&SEALED).clone();
        let bit = 8 + bit.index(8 * (seed.len() - 1));
        seed[bit / 8] ^= 1 << (bit % 8);
        let before = checks::open::OPENED.load(Ordering::Relaxed);
        checks::open::check(&seed);
        prop_assert_eq!(checks::open::OPENED.load(Ordering::Relaxed), before, "opened with bit {} flipped", bit);
        checks::decode::all(&seed[1..]);
    }
}
