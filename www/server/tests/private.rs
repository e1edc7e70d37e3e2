//! The private drawer: saving, loading, conflicts, and what is refused.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

mod common;

use common::{
    forger::{Forger, seal},
    *,
};
use reqwest::Method;
use sealed_notes::{
    NewPrivateNote, PrivateDraft, TenantId,
    format::{
        Purpose,
        container::PrivateNote,
        cose::Header,
        id::Hash,
        version::{Drawer, PRIVATE_SECTION},
    },
};
use serde_json::{Value, json};

#[tokio::test]
async fn a_note_comes_back_byte_for_byte() {
    let host = Host::start().await;
    let anna = host.person("demo-anna").await;
    let first = anna.note("Synthetic reflection.");
    let stored = anna.put_note(&first).await.expect(201);
    assert_eq!((&stored["version"], stored["hash"].as_str().unwrap().len()), (&json!(1), 64));
    assert_eq!(anna.put_note(&first).await.expect(200), stored, "repeating is harmless");
    let second = anna.vault().private().edit(&first.bytes, "Second thought.", true, now()).unwrap();
    anna.put_note(&second).await.expect(201);
    anna.put_note(&first).await.expect(200);

    let path = format!("/api/private/notes/{}", first.record);
    let expected = |note: &sealed_notes::SealedPrivateNote| json!({ "record": note.record.to_string(), "version": note.version, "sealed": base64(&note.bytes) });
    assert_eq!(anna.get(&path).await.expect(200), expected(&second));
    assert_eq!(anna.get(&format!("{path}/versions/1")).await.expect(200), expected(&first));
    assert_eq!(anna.get(&format!("{path}/versions/2")).await.expect(200), expected(&second));
    let versions = anna.get(&format!("{path}/versions")).await.expect(200);
    assert_eq!(versions["versions"][0], stored);
    assert_eq!(versions["versions"].as_array().unwrap().len(), 2);
    assert!(versions["versions"][1]["storedAt"].as_str().unwrap().ends_with('Z'));
    let opened = anna.vault().private().open(&bytes(&anna.get(&path).await.expect(200)["sealed"])).unwrap();
    assert_eq!(opened.text.as_str(), "Second thought.");
    anna.get(&format!("{path}/versions/3")).await.refused(404, "not_found");
    anna.get(&format!("/api/private/notes/{}", fresh_record())).await.refused(404, "not_found");
    for version in ["0", "-1", "x", "9223372036854775808"] {
        let reply = anna.get(&format!("{path}/versions/{version}")).await;
        assert!([400, 404, 422].contains(&reply.status.as_u16()), "{}", reply.body);
        reply.refusal();
    }
}

#[tokio::test]
async fn lists_hold_heads_by_client_in_pages() {
    let host = Host::start().await;
    let (anna, bert) = (host.person("demo-anna").await, host.person("demo-bert").await);
    let mut records = Vec::new();
    for number in 0..5 {
        let note =
            NewPrivateNote { client: client(number % 2), session: None, record: None, text: "", is_final: false };
        let first = anna.vault().private().seal(note, now()).unwrap();
        anna.put_note(&first).await.expect(201);
        let second = anna.vault().private().edit(&first.bytes, "again", false, now()).unwrap();
        anna.put_note(&second).await.expect(201);
        records.push(second.record.to_string());
    }
    records.sort();
    let list = async |query: &str| anna.get(&format!("/api/private/notes{query}")).await.expect(200);
    let ids = |page: &Value| {
        let notes = page["notes"].as_array().unwrap();
        assert!(notes.iter().all(|note| note["version"] == 2), "heads only");
        notes.iter().map(|note| note["record"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let all = list("").await;
    assert_eq!((ids(&all), &all["next"]), (records.clone(), &Value::Null));
    let first = list("?limit=3").await;
    assert_eq!((ids(&first), &first["next"]), (records[..3].to_vec(), &json!(records[2])));
    let rest = list(&format!("?limit=3&after={}", records[2])).await;
    assert_eq!((ids(&rest), &rest["next"]), (records[3..].to_vec(), &Value::Null));
    let exact = list("?limit=5").await;
    assert_eq!((ids(&exact).len(), &exact["next"]), (5, &Value::Null));
    assert_eq!(ids(&list(&format!("?client={}", client(0))).await).len(), 3);
    assert_eq!(ids(&list(&format!("?client={}", client(9))).await).len(), 0);
    for query in ["?limit=0", "?limit=501", "?limit=x", "?client=zz", "?nonsense=1"] {
        anna.get(&format!("/api/private/notes{query}")).await.refused(400, "bad_request");
    }
    assert_eq!(bert.get("/api/private/notes").await.expect(200), json!({ "notes": [], "next": null }));
}

/// Many large notes come in several answers, not in one that would exhaust memory.
#[tokio::test]
async fn a_page_ends_before_it_grows_too_large() {
    let host = Host::start().await;
    let anna = host.person("demo-anna").await;
    let text = "x".repeat(1 << 20);
    for _ in 0..10 {
        anna.put_note(&anna.note(&text)).await.expect(201);
    }
    let first = anna.get("/api/private/notes").await.expect(200);
    assert_eq!(first["notes"].as_array().unwrap().len(), 8);
    let rest = anna.get(&format!("/api/private/notes?after={}", first["next"].as_str().unwrap())).await.expect(200);
    assert_eq!((rest["notes"].as_array().unwrap().len(), &rest["next"]), (2, &Value::Null));
}

#[tokio::test]
async fn a_stale_save_is_a_conflict_and_overwrites_nothing() {
    let host = Host::start().await;
    let anna = host.person("demo-anna").await;
    let drawer = anna.vault().private();
    let first = anna.note("one");
    let here = drawer.edit(&first.bytes, "edited here", false, now()).unwrap();
    let there = drawer.edit(&first.bytes, "edited there", false, now()).unwrap();

    let early = anna.put_note(&here).await.refused(409, "conflict");
    assert_eq!(early["error"].get("current"), None, "nothing is stored yet");
    anna.put_note(&first).await.expect(201);
    let stored = anna.put_note(&here).await.expect(201);
    let conflict = anna.put_note(&there).await.refused(409, "conflict");
    assert_eq!(conflict["error"]["current"], json!({ "version": 2, "hash": stored["hash"] }));
    let later = drawer.edit(&there.bytes, "on top of what was refused", false, now()).unwrap();
    anna.put_note(&later).await.refused(409, "conflict");
    let other = NewPrivateNote {
        client: client(1),
        session: None,
        record: Some(first.record),
        text: "another first version",
        is_final: false,
    };
    anna.put_note(&drawer.seal(other, now()).unwrap()).await.refused(409, "conflict");
    let head = anna.get(&format!("/api/private/notes/{}", first.record)).await.expect(200);
    assert_eq!(bytes(&head["sealed"]), here.bytes);
}

#[tokio::test]
async fn what_is_not_a_sealed_note_of_this_author_at_this_place_is_refused() {
    let host = Host::start().await;
    let (anna, bert) = (host.person("demo-anna").await, host.person("demo-bert").await);
    let note = anna.note("Synthetic.");
    let path = |version: u64| format!("/api/private/notes/{}/versions/{version}", note.record);
    let put = async |bytes: &[u8]| anna.put(&path(1), json!({ "sealed": base64(bytes) })).await;

    put(b"She wept about her brother.").await.refused(422, "not_sealed: malformed");
    put(b"").await.refused(422, "not_sealed: truncated");
    put(&anna.record(&[]).bytes).await.refused(422, "not_sealed: wrong_purpose");
    put(&bert.note("Synthetic.").bytes).await.refused(422, "not_sealed: wrong_author");
    put(&anna.note("Synthetic.").bytes).await.refused(422, "not_sealed: wrong_record");
    let sealed = json!({ "sealed": base64(&note.bytes) });
    anna.put(&path(2), sealed.clone()).await.refused(422, "not_sealed: wrong_version");
    anna.put(&format!("/api/chart/records/{}/versions/1", note.record), sealed.clone())
        .await
        .refused(422, "not_sealed: wrong_purpose");
    bert.put(&path(1), sealed).await.refused(422, "not_sealed: wrong_author");
    let elsewhere = create(TenantId([9; 16]));
    host.post("/api/accounts", sign_up("demo-elsewhere", &elsewhere)).await.expect(201);
    anna.put(&path(1), json!({})).await.refused(400, "bad_request");
    anna.put(&path(1), json!({ "sealed": "not base64!" })).await.refused(400, "bad_request");
    anna.put(&path(1), json!({ "sealed": base64(&note.bytes), "grants": [] })).await.refused(400, "bad_request");
    for end in [1, 40, 200, note.bytes.len() / 2, note.bytes.len() - 1] {
        put(&note.bytes[..end]).await.refused(422, "not_sealed: truncated");
    }
    put(&[note.bytes.as_slice(), &[0]].concat()).await.refused(422, "not_sealed: malformed");
    anna.get(&path(1)).await.refused(404, "not_found");
    anna.put_note(&note).await.expect(201);
}

/// Every byte of the signed version and of the body, and every one that gives the object its structure. (What is
/// inside the author's wrap only she can check: it is her own copy of the key.)
#[tokio::test]
async fn no_flipped_bit_gets_in() {
    let host = Host::start_with(&["--account-per-minute", "100000", "--ip-per-minute", "100000"]).await;
    let anna = host.person("demo-anna").await;
    let note = anna.note("Synthetic.");
    let path = format!("/api/private/notes/{}/versions/1", note.record);
    let wrap = PrivateNote::decode(&note.bytes).unwrap().wrap;
    let offset = |part: &[u8]| note.bytes.windows(part.len()).position(|window| window == part).unwrap();
    let (iv, key) = (offset(wrap.iv), offset(wrap.ciphertext));
    let opaque = |at: &usize| (iv..iv + 12).contains(at) || (key..key + wrap.ciphertext.len()).contains(at);
    for at in (0..note.bytes.len()).filter(|at| !opaque(at)) {
        let mut flipped = note.bytes.clone();
        flipped[at] ^= 1 << (at % 8);
        let reply = anna.put(&path, json!({ "sealed": base64(&flipped) })).await;
        assert_eq!(reply.status, 422, "byte {at}: {}", reply.body);
    }
    anna.put_note(&note).await.expect(201);
}

/// Well signed by the account's own key, and still not what it may store there.
#[tokio::test]
async fn a_hostile_author_cannot_store_what_does_not_fit() {
    let host = Host::start().await;
    let mallory = Forger::new(host.tenant, 1);
    let cookie = mallory.join(&host, "demo-mallory").await;
    let record = fresh_record();
    let put = async |sealed: &[u8], version: u64| {
        let path = format!("/api/private/notes/{record}/versions/{version}");
        host.send(Method::PUT, &path, Some(&cookie), Some(&json!({ "sealed": base64(sealed) }))).await
    };
    let note = [PRIVATE_SECTION];
    let manifest = |after| mallory.manifest(Drawer::Private, record, after);
    let first = mallory.version(manifest(None), &note, 1);

    // Under her name, by another's key: with its own key id, and with hers.
    let mut impostor = Forger::new(host.tenant, 2);
    put(&impostor.version(manifest(None), &note, 1).sealed, 1).await.refused(422, "not_sealed: bad_signature");
    impostor.shown = mallory.shown;
    put(&impostor.version(manifest(None), &note, 1).sealed, 1).await.refused(422, "not_sealed: bad_signature");
    let mut foreign = manifest(None);
    foreign.tenant = TenantId([9; 16]);
    put(&mallory.version(foreign, &note, 1).sealed, 1).await.refused(422, "not_sealed: wrong_tenant");
    let mut later = manifest(None);
    later.epoch = 2;
    put(&mallory.version(later, &note, 1).sealed, 1).await.refused(422, "not_sealed: wrong_epoch");
    put(&mallory.version(manifest(None), &["note", "other"], 1).sealed, 1).await.refused(422, "not_sealed: malformed");
    put(&mallory.version(manifest(None), &["other"], 1).sealed, 1).await.refused(422, "not_sealed: malformed");
    let parts = PrivateNote::decode(&first.sealed).unwrap();
    let (wrap, body) = (parts.wrap.raw, parts.body.raw);
    let unpadded = seal(Purpose::PrivateBody, Header::Context(first.manifest.context("note")), 300);
    put(&PrivateNote::encode(&first.version, wrap, &unpadded), 1).await.refused(422, "not_sealed: malformed");
    let moved = seal(Purpose::PrivateWrap, Header::Context(Hash([1; 32])), 32);
    put(&PrivateNote::encode(&first.version, &moved, body), 1).await.refused(422, "not_sealed: malformed");
    let signature_of_grant = mallory.sign(Purpose::Grant, &first.manifest.encode());
    put(&PrivateNote::encode(&signature_of_grant, wrap, body), 1).await.refused(422, "not_sealed: wrong_purpose");

    put(&first.sealed, 1).await.expect(201);
    let mut about_another = manifest(Some(&first));
    about_another.client = client(9);
    put(&mallory.version(about_another, &note, 1).sealed, 2).await.refused(422, "not_sealed: wrong_client");
    let mut unchained = manifest(Some(&first));
    unchained.previous = Some(Hash([1; 32]));
    put(&mallory.version(unchained, &note, 1).sealed, 2).await.refused(409, "conflict");
    let huge = mallory.version(
        sealed_notes::format::version::Manifest { version: u64::MAX, ..manifest(Some(&first)) },
        &note,
        1,
    );
    put(&huge.sealed, u64::MAX).await.refused(400, "bad_request");
    put(&mallory.version(manifest(Some(&first)), &note, 1).sealed, 2).await.expect(201);
}

#[tokio::test]
async fn drafts_are_the_authors_own() {
    let host = Host::start().await;
    let (anna, bert) = (host.person("demo-anna").await, host.person("demo-bert").await);
    let record = fresh_record();
    let draft = |text, record| {
        let draft = PrivateDraft { record, client: client(1), session: None, base_version: 0, text };
        anna.vault().private().seal_draft(draft).unwrap()
    };
    let path = format!("/api/private/drafts/{record}");
    let sealed = |bytes: &[u8]| json!({ "sealed": base64(bytes) });
    anna.get(&path).await.refused(404, "not_found");
    anna.put(&path, sealed(&draft("fir", record))).await.expect(200);
    let newest = draft("first words", record);
    let stored_at = anna.put(&path, sealed(&newest)).await.expect(200)["storedAt"].clone();
    let expected = json!({ "record": record.to_string(), "sealed": base64(&newest), "storedAt": stored_at });
    assert_eq!(anna.get(&path).await.expect(200), expected);
    let all = json!({ "drafts": [expected], "next": null });
    assert_eq!(anna.get("/api/private/drafts").await.expect(200), all);

    // Another account's drawer is another drawer.
    bert.get(&path).await.refused(404, "not_found");
    bert.put(&path, sealed(&newest)).await.refused(422, "not_sealed: wrong_author");
    assert_eq!(bert.delete(&path).await.status, 204);
    assert_eq!(bert.get("/api/private/drafts").await.expect(200), json!({ "drafts": [], "next": null }));
    assert_eq!(anna.get(&path).await.expect(200), expected);

    anna.put(&path, sealed(b"in the clear")).await.refused(422, "not_sealed: malformed");
    anna.put(&path, sealed(&draft("x", fresh_record()))).await.refused(422, "not_sealed: wrong_record");
    anna.put(&path, sealed(&anna.note("x").bytes)).await.refused(422, "not_sealed: malformed");
    anna.put(&format!("/api/chart/drafts/{record}"), sealed(&newest)).await.refused(422, "not_sealed: wrong_purpose");
    assert_eq!(anna.delete(&path).await.status, 204);
    assert_eq!(anna.delete(&path).await.status, 204);
    anna.get(&path).await.refused(404, "not_found");
}

#[tokio::test]
async fn the_author_sees_the_rows_that_the_server_keeps() {
    let host = Host::start().await;
    let (anna, bert) = (host.person("demo-anna").await, host.person("demo-bert").await);
    let note = anna.note("Synthetic.");
    anna.put_note(&note).await.expect(201);
    let path = format!("/api/private/notes/{}/stored", note.record);
    let stored = anna.get(&path).await.expect(200);
    let rows = stored["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0]["table"], "private_versions");
    let columns = &rows[0]["columns"];
    let parts = PrivateNote::decode(&note.bytes).unwrap();
    assert_eq!(bytes(&columns["body"]["bytes"]), parts.body.raw);
    assert_eq!(bytes(&columns["wrap"]["bytes"]), parts.wrap.raw);
    assert_eq!(bytes(&columns["signed"]["bytes"]), parts.version.signed.raw);
    assert_eq!(bytes(&columns["client"]["bytes"]), client(1).0);
    assert_eq!(columns["version"], 1);
    bert.get(&path).await.refused(404, "not_found");
}
