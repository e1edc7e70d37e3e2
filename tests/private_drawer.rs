//! Private notes: seal, open, edit, draft, and every way that must fail.
#![allow(clippy::unwrap_used, reason = "what must succeed here has its own error otherwise")]

mod common;

use common::{AUTHOR, CLIENT, COLLEAGUE, LATER, NOW, SESSION, code, flips, note, record};
use sealed_notes::{PrivateDraft, format::MAX_SECTION, make_record_id};

#[test]
fn comes_back_as_it_was_written() {
    let drawer = AUTHOR.vault().private();
    for text in ["", "Sie lächelte — 笑顔.", &"x".repeat(5000), &"y".repeat(MAX_SECTION)] {
        let sealed = drawer.seal(note(text), NOW).unwrap();
        let opened = drawer.open(&sealed.bytes).unwrap();
        assert_eq!((opened.text.as_str(), opened.version, opened.record), (text, 1, sealed.record));
        assert_eq!((opened.client, opened.session, opened.written_at), (CLIENT, Some(SESSION), NOW));
        assert_eq!(opened.author, AUTHOR.vault().account());
    }
}

#[test]
fn an_edit_is_a_new_version_and_the_old_one_stays() {
    let drawer = AUTHOR.vault().private();
    let first = drawer.seal(note("one"), NOW).unwrap();
    let second = drawer.edit(&first.bytes, "two", true, LATER).unwrap();
    let third = drawer.edit(&second.bytes, "three", false, LATER).unwrap();
    assert_eq!((second.record, second.version, third.version), (first.record, 2, 3));
    assert_eq!(drawer.open(&first.bytes).unwrap().text.as_str(), "one");
    assert_eq!(drawer.open(&second.bytes).unwrap().text.as_str(), "two");
    let closed = drawer.open(&third.bytes).unwrap();
    assert!(closed.is_final, "what follows a closed version is an addendum to it");
}

#[test]
fn lengths_hide_in_steps() {
    let drawer = AUTHOR.vault().private();
    let len = |text: &str| drawer.seal(note(text), NOW).unwrap().bytes.len();
    assert_eq!(len(""), len(&"x".repeat(255)));
    assert_eq!(len(&"x".repeat(4100)), len(&"x".repeat(4200)));
    assert_ne!(len(""), len(&"x".repeat(256)));
}

#[test]
fn nobody_else_opens_it() {
    let sealed = AUTHOR.vault().private().seal(note("mine"), NOW).unwrap();
    assert_eq!(code(COLLEAGUE.vault().private().open(&sealed.bytes)), "not_the_author");
    assert_eq!(code(COLLEAGUE.vault().private().edit(&sealed.bytes, "", false, NOW)), "not_the_author");
}

#[test]
fn the_drawers_do_not_take_each_others_bytes() {
    let vault = AUTHOR.vault();
    let private = vault.private().seal(note("mine"), NOW).unwrap();
    let chart = vault.chart().seal(&record(&[("note", "ours")]), &[], NOW).unwrap();
    assert_eq!(code(vault.chart().open(&private.bytes)), "wrong_object");
    assert_eq!(code(vault.private().open(&chart.bytes)), "wrong_object");
    assert_eq!(code(vault.chart().share(&private.bytes, &[], NOW)), "wrong_object");
}

#[test]
fn every_changed_bit_is_noticed() {
    let drawer = AUTHOR.vault().private();
    let sealed = drawer.seal(note("text"), NOW).unwrap();
    for (bit, changed) in flips(&sealed.bytes).enumerate() {
        let code = code(drawer.open(&changed));
        let refused = ["tampered", "truncated", "not_sealed", "wrong_object", "unsupported_version", "not_the_author"];
        assert!(refused.contains(&code), "bit {bit}: {code}");
    }
}

#[test]
fn every_truncation_and_extension_is_noticed() {
    let drawer = AUTHOR.vault().private();
    let sealed = drawer.seal(note("text"), NOW).unwrap();
    for len in 0..sealed.bytes.len() {
        let (short, _) = sealed.bytes.split_at(len);
        assert_eq!(code(drawer.open(short)), "truncated", "{len}");
    }
    let long = [sealed.bytes.as_slice(), &[0]].concat();
    assert_eq!(code(drawer.open(&long)), "not_sealed");
    assert_eq!(code(drawer.open(b"just some text")), "not_sealed");
}

#[test]
fn a_later_format_says_so() {
    let drawer = AUTHOR.vault().private();
    let sealed = drawer.seal(note("text"), NOW).unwrap();
    let mut later = sealed.bytes.clone();
    let at = later.windows(3).position(|w| w == b"v1.").unwrap();
    *later.get_mut(at + 1).unwrap() = b'2';
    assert_eq!(code(drawer.open(&later)), "unsupported_version");
}

#[test]
fn parts_of_different_versions_do_not_mix() {
    let drawer = AUTHOR.vault().private();
    let first = drawer.seal(note("one"), NOW).unwrap();
    let second = drawer.edit(&first.bytes, "two", false, LATER).unwrap();
    let split = |bytes: &[u8]| {
        sealed_notes::format::cbor::Decoder::all(bytes, |input| {
            input.array_of(4)?;
            input.text()?;
            Ok([input.bytes()?.to_vec(), input.bytes()?.to_vec(), input.bytes()?.to_vec()])
        })
        .unwrap()
    };
    let ([version_1, wrap_1, body_1], [version_2, wrap_2, body_2]) = (split(&first.bytes), split(&second.bytes));
    let mixed = |version: &[u8], wrap: &[u8], body: &[u8]| {
        code(drawer.open(&sealed_notes::format::container::PrivateNote::encode(version, wrap, body)))
    };
    assert_eq!(mixed(&version_1, &wrap_1, &body_1), "no error");
    assert_eq!(mixed(&version_1, &wrap_2, &body_1), "tampered");
    assert_eq!(mixed(&version_1, &wrap_1, &body_2), "tampered");
    assert_eq!(mixed(&version_2, &wrap_1, &body_2), "tampered");
}

#[test]
fn over_one_mebibyte_is_refused_before_anything_is_sealed() {
    let drawer = AUTHOR.vault().private();
    let text = "x".repeat(MAX_SECTION + 1);
    let error = drawer.seal(note(&text), NOW).unwrap_err();
    assert_eq!(error.code(), "section_too_large");
    assert!(error.to_string().contains("1048577") && error.to_string().contains("1 MiB"));
}

#[test]
fn drafts_are_the_authors_alone() {
    let drawer = AUTHOR.vault().private();
    let record = make_record_id().unwrap();
    let draft = |text| PrivateDraft { record, client: CLIENT, session: None, base_version: 3, text };
    let bytes = drawer.seal_draft(draft("half a sentence")).unwrap();
    let opened = drawer.open_draft(&bytes).unwrap();
    assert_eq!((opened.text.as_str(), opened.record, opened.base_version), ("half a sentence", record, 3));
    assert_eq!(code(COLLEAGUE.vault().private().open_draft(&bytes)), "not_the_author");
    assert_eq!(code(AUTHOR.vault().chart().open_draft(&bytes)), "wrong_object");
    for changed in flips(&bytes) {
        assert_ne!(code(drawer.open_draft(&changed)), "no error");
    }
}
