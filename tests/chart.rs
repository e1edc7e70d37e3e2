//! Chart records: seal, grant, list, revoke, export, and every way that must fail.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "what must succeed here has its own error otherwise")]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::{
    AUTHOR, AUTHOR_OF_BILLER, AUTHOR_OF_COLLEAGUE, BILLER, BILLER_OF_AUTHOR, CLIENT, COLLEAGUE, COLLEAGUE_OF_AUTHOR,
    LATER, NOW, code, flips, grant, note, record,
};
use sealed_notes::{
    AccountId, ChartDraft, GrantRequest, PurposeOfUse, SealedChartRecord, Suite, Timestamp,
    format::{MAX_SECTION, container::ChartRecord, cose::Encrypted, grant::Grant},
    make_record_id,
    records::chart::Sections,
};

const TWO: [(&str, &str); 2] = [("billing", "90834"), ("note", "We made a plan.")];

fn shared() -> SealedChartRecord {
    AUTHOR.vault().chart().seal(&record(&TWO), &[grant(&COLLEAGUE_OF_AUTHOR)], NOW).unwrap()
}

fn grants(sealed: &SealedChartRecord) -> Vec<&[u8]> {
    sealed.grants.iter().map(|grant| grant.bytes.as_slice()).collect()
}

/// What a server hands a recipient: no wrap, and just some bodies.
fn handed_out(bytes: &[u8], sections: &[&str]) -> Vec<u8> {
    let record = ChartRecord::decode(bytes).unwrap();
    let bodies: Vec<&[u8]> =
        record.bodies.iter().filter(|(s, _)| sections.contains(&s.name.as_str())).map(|(_, b)| b.raw).collect();
    ChartRecord::encode(record.version.signed.raw, None, bodies.into_iter())
}

#[test]
fn the_author_alone_reads_by_default() {
    let chart = AUTHOR.vault().chart();
    let sealed = chart.seal(&record(&TWO), &[], NOW).unwrap();
    assert!(sealed.grants.is_empty() && chart.readers(&sealed.bytes, []).unwrap().is_empty());
    let opened = chart.open(&sealed.bytes).unwrap();
    assert_eq!(opened.sections.get("note").unwrap().as_str(), "We made a plan.");
    assert_eq!(code(COLLEAGUE.vault().chart().open(&sealed.bytes)), "not_the_author");
}

#[test]
fn a_recipient_reads_what_the_grant_gives_under_either_suite() {
    for suite in [Suite::X25519, Suite::XWing] {
        let request = GrantRequest { suite, sections: Some(vec!["billing".into()]), ..grant(&BILLER_OF_AUTHOR) };
        let all = GrantRequest { suite, ..grant(&COLLEAGUE_OF_AUTHOR) };
        let sealed = AUTHOR.vault().chart().seal(&record(&TWO), &[request, all], NOW).unwrap();
        let [billing, everything] = grants(&sealed).try_into().unwrap();
        let open = |bytes: &[u8]| BILLER.vault().chart().open_shared(bytes, billing, &AUTHOR_OF_BILLER, NOW);
        let opened = open(&handed_out(&sealed.bytes, &["billing"])).unwrap();
        assert_eq!(opened.sections.len(), 1);
        assert_eq!(opened.sections.get("billing").unwrap().as_str(), "90834");
        let opened = COLLEAGUE.vault().chart().open_shared(&sealed.bytes, everything, &AUTHOR_OF_COLLEAGUE, NOW);
        assert_eq!(opened.unwrap().sections.len(), 2);
        assert_eq!(code(open(&handed_out(&sealed.bytes, &["note"]))), "tampered", "a hidden section is noticed");
    }
}

#[test]
fn a_recipient_is_added_without_rewriting_a_body() {
    let chart = AUTHOR.vault().chart();
    let sealed = chart.seal(&record(&TWO), &[], NOW).unwrap();
    let added = chart.share(&sealed.bytes, &[grant(&COLLEAGUE_OF_AUTHOR)], LATER).unwrap();
    let [added] = added.try_into().unwrap();
    let opened = COLLEAGUE.vault().chart().open_shared(&sealed.bytes, &added.bytes, &AUTHOR_OF_COLLEAGUE, LATER);
    assert_eq!(opened.unwrap().sections.get("note").unwrap().as_str(), "We made a plan.");
    let readers = chart.readers(&sealed.bytes, [added.bytes.as_slice()]).unwrap();
    let [reader] = readers.try_into().unwrap();
    assert_eq!((reader.account, reader.version), (COLLEAGUE.vault().account(), 1));
    assert_eq!((reader.purpose_of_use, reader.granted_at), (PurposeOfUse::Treatment, LATER));
    assert_eq!(reader.sections, ["billing", "note"]);
}

#[test]
fn many_versions_are_granted_at_once() {
    let chart = AUTHOR.vault().chart();
    let sealed = [TWO.as_slice(), &[("note", "Another one.")]].map(|it| chart.seal(&record(it), &[], NOW).unwrap());
    let versions = sealed.each_ref().map(|sealed| sealed.bytes.as_slice());
    for suite in [Suite::X25519, Suite::XWing] {
        let to = [grant(&COLLEAGUE_OF_AUTHOR), grant(&BILLER_OF_AUTHOR)];
        let made = chart.share_many(&versions, &to.map(|to| GrantRequest { suite, ..to }), NOW).unwrap();
        let readers = [(COLLEAGUE.vault(), &*AUTHOR_OF_COLLEAGUE), (BILLER.vault(), &*AUTHOR_OF_BILLER)];
        let mut encapsulated = BTreeMap::<AccountId, BTreeSet<Vec<u8>>>::new();
        for (made, (version, (reader, author))) in
            made.iter().zip(versions.iter().flat_map(|version| readers.map(|reader| (version, reader))))
        {
            assert_eq!(made.recipient, reader.account());
            let opened = reader.chart().open_shared(version, &made.bytes, author, NOW).unwrap();
            assert_eq!(opened.sections, chart.open(version).unwrap().sections);
            let decoded = Grant::decode(&made.bytes).unwrap();
            let keys = decoded.keys.iter().map(|(_, key)| key.encapsulated_key.to_vec());
            encapsulated.entry(made.recipient).or_default().extend(keys);
            assert!(decoded.signed.proof().is_some(), "it has a receipt");
        }
        assert_eq!(made.len(), 4);
        assert!(encapsulated.values().all(|keys| keys.len() == 1), "one for all that somebody is granted");
    }
    let to = [grant(&COLLEAGUE_OF_AUTHOR), grant(&BILLER_OF_AUTHOR)];
    let made = chart.share_many(&versions, &to, NOW).unwrap();
    let first = &made[0];
    let proof = Grant::decode(&first.bytes).unwrap().signed.proof().unwrap().to_vec();
    let at = first.bytes.windows(proof.len()).position(|bytes| bytes == proof).unwrap();
    // Size and index of the leaf, the path's two hashes.
    for flipped in flips(&proof) {
        let changed = [&first.bytes[..at], &flipped, &first.bytes[at + proof.len()..]].concat();
        let opened = COLLEAGUE.vault().chart().open_shared(versions[0], &changed, &AUTHOR_OF_COLLEAGUE, NOW);
        assert!(["tampered", "not_sealed", "truncated"].contains(&code(opened)));
    }
    let alone = chart.share_many(&versions[..1], &[grant(&COLLEAGUE_OF_AUTHOR)], NOW).unwrap();
    let [alone] = alone.try_into().unwrap();
    assert_eq!(Grant::decode(&alone.bytes).unwrap().signed.proof(), None, "a lone grant is signed alone");
    assert_eq!(code(chart.share_many(&[versions[0], b"no record"], &to, NOW)), "not_sealed", "all or nothing");
}

#[test]
fn only_whom_the_grant_names_and_only_from_a_verified_author() {
    let sealed = shared();
    let [grant] = grants(&sealed).try_into().unwrap();
    let biller = BILLER.vault().chart().open_shared(&sealed.bytes, grant, &AUTHOR_OF_BILLER, NOW);
    assert_eq!(code(biller), "not_a_recipient");
    let another_author = COLLEAGUE.trusts(&BILLER);
    let other = COLLEAGUE.vault().chart().open_shared(&sealed.bytes, grant, &another_author, NOW);
    assert_eq!(code(other), "not_the_author");
}

#[test]
fn a_grant_ends_when_it_expires() {
    let request = GrantRequest { expires_at: Some(LATER), ..grant(&COLLEAGUE_OF_AUTHOR) };
    let sealed = AUTHOR.vault().chart().seal(&record(&TWO), std::slice::from_ref(&request), NOW).unwrap();
    let [grant] = grants(&sealed).try_into().unwrap();
    let open = |now| code(COLLEAGUE.vault().chart().open_shared(&sealed.bytes, grant, &AUTHOR_OF_COLLEAGUE, now));
    assert_eq!(open(Timestamp(LATER.0 - 1)), "no error");
    assert_eq!(open(LATER), "grant_expired");
    assert_eq!(code(AUTHOR.vault().chart().share(&sealed.bytes, &[request], LATER)), "invalid_input");
}

#[test]
fn a_grant_opens_no_other_record_and_no_other_version() {
    let (one, two) = (shared(), shared());
    let [grant_one] = grants(&one).try_into().unwrap();
    let chart = COLLEAGUE.vault().chart();
    assert_eq!(code(chart.open_shared(&two.bytes, grant_one, &AUTHOR_OF_COLLEAGUE, NOW)), "tampered");
    let sections: Sections<'_> = TWO.into_iter().collect();
    let next = AUTHOR.vault().chart().edit(&one.bytes, &sections, false, &[], LATER).unwrap();
    assert_eq!(code(chart.open_shared(&next.bytes, grant_one, &AUTHOR_OF_COLLEAGUE, NOW)), "tampered");
    let private = AUTHOR.vault().private().seal(note("mine"), NOW).unwrap();
    assert_eq!(code(chart.open_shared(&private.bytes, grant_one, &AUTHOR_OF_COLLEAGUE, NOW)), "wrong_object");
}

#[test]
fn recipients_are_named_once_and_sections_exist() {
    let chart = AUTHOR.vault().chart();
    let seal = |requests: &[GrantRequest<'_>]| code(chart.seal(&record(&TWO), requests, NOW));
    let colleague = grant(&COLLEAGUE_OF_AUTHOR);
    assert_eq!(seal(&[colleague.clone(), colleague.clone()]), "duplicate_recipient");
    assert_eq!(seal(&[grant(&AUTHOR.vault().own_identity())]), "duplicate_recipient");
    let sections = |names: &[&str]| {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        seal(&[GrantRequest { sections: Some(names), ..colleague.clone() }])
    };
    assert_eq!(sections(&["diagnosis"]), "invalid_section");
    assert_eq!(sections(&["note", "note"]), "invalid_section");
    assert_eq!(sections(&[]), "no_sections");
    assert_eq!(sections(&["note"]), "no error");
}

#[test]
fn bad_sections_are_refused() {
    let chart = AUTHOR.vault().chart();
    let seal = |sections: &[(&str, &str)]| code(chart.seal(&record(sections), &[], NOW));
    assert_eq!(seal(&[]), "no_sections");
    assert_eq!(seal(&[("Mrs Jones", "")]), "invalid_section");
    assert_eq!(seal(&[("", "")]), "invalid_section");
    let big = "x".repeat(MAX_SECTION + 1);
    assert_eq!(seal(&[("note", &big)]), "section_too_large");
}

#[test]
fn revoking_seals_the_next_version_for_those_who_remain() {
    let chart = AUTHOR.vault().chart();
    let both = [grant(&COLLEAGUE_OF_AUTHOR), grant(&BILLER_OF_AUTHOR)];
    let first = chart.seal(&record(&TWO), &both, NOW).unwrap();
    let sections: Sections<'_> = [("note", "second")].into_iter().collect();
    let second = chart.edit(&first.bytes, &sections, false, &both, NOW).unwrap();
    let held: Vec<&[u8]> = grants(&first).into_iter().chain(grants(&second)).collect();
    let biller = BILLER.vault().account();
    let revoke = |recipient: AccountId, remaining: &[_]| {
        chart.revoke(&second.bytes, held.iter().copied(), recipient, remaining, LATER)
    };
    assert_eq!(code(revoke(biller, &[])), "unknown_recipient", "the identity of who remains is missing");
    assert_eq!(code(revoke(AUTHOR.vault().account(), &[])), "unknown_recipient");

    let revoked = revoke(biller, &[&COLLEAGUE_OF_AUTHOR]).unwrap();
    assert_eq!((revoked.receipt.recipient, revoked.receipt.versions.as_slice()), (biller, [1, 2].as_slice()));
    assert_eq!((revoked.receipt.replaced_by, revoked.receipt.revoked_at), (3, LATER));
    let third = &revoked.sealed;
    let [kept] = grants(third).try_into().unwrap();
    let opened = COLLEAGUE.vault().chart().open_shared(&third.bytes, kept, &AUTHOR_OF_COLLEAGUE, LATER).unwrap();
    assert_eq!(opened.sections.get("note").unwrap().as_str(), "second");
    assert_eq!(
        code(BILLER.vault().chart().open_shared(&third.bytes, kept, &AUTHOR_OF_BILLER, LATER)),
        "not_a_recipient"
    );

    // Fresh keys: the old grant's content keys open nothing of the new version.
    let (old, new) = (ChartRecord::decode(&second.bytes).unwrap(), ChartRecord::decode(&third.bytes).unwrap());
    let commitment = |record: &ChartRecord<'_>| record.version.manifest.section("note").unwrap().commitment;
    assert_ne!(commitment(&old), commitment(&new));
}

#[test]
fn a_server_cannot_invent_a_reader() {
    let chart = AUTHOR.vault().chart();
    let (ours, other) = (shared(), shared());
    assert_eq!(code(chart.readers(&ours.bytes, grants(&other))), "tampered");
    let [grant] = grants(&ours).try_into().unwrap();
    for changed in flips(grant).step_by(7) {
        assert_ne!(code(chart.readers(&ours.bytes, [changed.as_slice()])), "no error");
    }
}

#[test]
fn every_changed_bit_is_noticed_by_author_and_recipient() {
    let sealed =
        AUTHOR.vault().chart().seal(&record(&[("note", "text")]), &[grant(&COLLEAGUE_OF_AUTHOR)], NOW).unwrap();
    for changed in flips(&sealed.bytes) {
        assert_ne!(code(AUTHOR.vault().chart().open(&changed)), "no error");
    }
    let [grant] = grants(&sealed).try_into().unwrap();
    let open = |bytes: &[u8], grant: &[u8]| {
        code(COLLEAGUE.vault().chart().open_shared(bytes, grant, &AUTHOR_OF_COLLEAGUE, NOW))
    };
    assert_eq!(open(&sealed.bytes, grant), "no error");
    for changed in flips(grant) {
        assert_ne!(open(&sealed.bytes, &changed), "no error");
    }
    let plain = handed_out(&sealed.bytes, &["note"]);
    for changed in flips(&plain) {
        assert_ne!(open(&changed, grant), "no error");
    }
}

#[test]
fn an_export_is_a_cose_encrypt_with_the_grants_as_recipients() {
    let chart = AUTHOR.vault().chart();
    let billing = GrantRequest { sections: Some(vec!["billing".into()]), ..grant(&BILLER_OF_AUTHOR) };
    let sealed = chart.seal(&record(&TWO), &[grant(&COLLEAGUE_OF_AUTHOR), billing], NOW).unwrap();
    let exported = chart.export_sections(&sealed.bytes, grants(&sealed)).unwrap();
    assert_eq!(exported.keys().collect::<Vec<_>>(), ["billing", "note"]);
    // What is exported is refused as something stored: a stored body has no recipients.
    let billing = exported.get("billing").unwrap();
    assert!(Encrypted::decode(billing, sealed_notes::format::Purpose::ChartBody).is_err());
    assert!(chart.export_sections(&sealed.bytes, []).unwrap().is_empty(), "nobody granted, nothing exported");
}

#[test]
fn drafts_keep_their_sections() {
    let chart = AUTHOR.vault().chart();
    let id = make_record_id().unwrap();
    let sections: Sections<'_> = TWO.into_iter().collect();
    let draft = ChartDraft { record: id, client: CLIENT, session: None, base_version: 0, sections };
    let bytes = chart.seal_draft(draft).unwrap();
    let opened = chart.open_draft(&bytes).unwrap();
    assert_eq!((opened.record, opened.base_version, opened.sections.len()), (id, 0, 2));
    assert_eq!(opened.sections.get("billing").unwrap().as_str(), "90834");
    assert_eq!(code(COLLEAGUE.vault().chart().open_draft(&bytes)), "not_the_author");
}
