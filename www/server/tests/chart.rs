//! The chart: saving, loading, and what is refused.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

mod common;

use common::{
    forger::{Forged, Forger, seal},
    *,
};
use reqwest::Method;
use sealed_notes::{
    AccountId, ChartDraft, GrantRequest, NewChartRecord, RecordId, SealedChartRecord, Suite, TenantId,
    format::{
        Purpose,
        container::ChartRecord,
        cose::Header,
        grant::Grant,
        id::{Hash, KeyId},
        version::Drawer,
    },
};
use serde_json::{Value, json};

#[tokio::test]
async fn a_record_comes_back_byte_for_byte() {
    let host = Host::start().await;
    let (anna, bert) = (host.person("demo-anna").await, host.person("demo-bert").await);
    let berts = bert.identity();
    let first = anna.record(&[grant_to(&berts)]);
    let stored = anna.put_record(&first, &[]).await.expect(201);
    assert_eq!(anna.put_record(&first, &[]).await.expect(200), stored, "repeating is harmless");
    let second = edit(&anna, &first.bytes, &[]);
    anna.put_record(&second, &[]).await.expect(201);
    anna.put_record(&first, &[]).await.expect(200);

    let expected = |record: &SealedChartRecord| json!({ "record": record.record.to_string(), "version": record.version, "sealed": base64(&record.bytes) });
    let path = path(&first);
    assert_eq!(anna.get(&path).await.expect(200), expected(&second));
    assert_eq!(anna.get(&format!("{path}/versions/1")).await.expect(200), expected(&first));
    assert_eq!(anna.get(&format!("{path}/versions/2")).await.expect(200), expected(&second));
    let versions = anna.get(&format!("{path}/versions")).await.expect(200);
    assert_eq!(versions["versions"][0], stored);
    assert_eq!(versions["versions"].as_array().unwrap().len(), 2);
    anna.vault().chart().open(&second.bytes).unwrap();

    // The same version once more, but with other grants or revocations, is not the same upload.
    let mut without = first.clone();
    without.grants.clear();
    anna.put_record(&without, &[]).await.expect(200);
    let mut with_another = first.clone();
    with_another.grants = anna.vault().chart().share(&first.bytes, &[grant_to(&berts)], now()).unwrap();
    anna.put_record(&with_another, &[]).await.refused(409, "conflict");
    anna.put_record(&without, &[&bert]).await.refused(409, "conflict");
}

#[tokio::test]
async fn clients_are_records_named_by_themselves() {
    let host = Host::start().await;
    let anna = host.person("demo-anna").await;
    let own = |record: RecordId| {
        let sections = [("name", "Synthetic Client")].into();
        let client = sealed_notes::ClientId(record.0);
        let record = NewChartRecord { client, session: None, record: Some(record), sections, is_final: false };
        anna.vault().chart().seal(&record, &[], now()).unwrap()
    };
    let (one, two) = (own(fresh_record()), own(fresh_record()));
    let note = anna.record(&[]);
    for record in [&one, &two, &note] {
        anna.put_record(record, &[]).await.expect(201);
    }
    let ids = |list: &Value| {
        list["records"].as_array().unwrap().iter().map(|r| r["record"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let clients = anna.get("/api/chart/clients").await.expect(200);
    assert_eq!(ids(&clients), [one.record.to_string(), two.record.to_string()]);
    assert_eq!(bytes(&clients["records"][0]["sealed"]), one.bytes);
    assert_eq!(ids(&anna.get("/api/chart/records").await.expect(200)).len(), 3);
    let of_client = anna.get(&format!("/api/chart/records?client={}", client(1))).await.expect(200);
    assert_eq!(ids(&of_client), [note.record.to_string()]);
    let page = anna.get("/api/chart/records?limit=2").await.expect(200);
    assert_eq!(ids(&page).len(), 2);
    let rest = anna.get(&format!("/api/chart/records?after={}", page["next"].as_str().unwrap())).await.expect(200);
    assert_eq!((ids(&rest).len(), &rest["next"]), (1, &Value::Null));
}

#[tokio::test]
async fn a_record_belongs_to_its_first_author() {
    let host = Host::start().await;
    let (anna, bert, carl) =
        (host.person("demo-anna").await, host.person("demo-bert").await, host.person("demo-carl").await);
    let (berts, carls) = (bert.identity(), carl.identity());
    let record = anna.record(&[grant_to(&berts)]);
    anna.put_record(&record, &[]).await.expect(201);
    // Bert, who knows the record's id, seals one of his own under it.
    let usurped = |grant_to: &[GrantRequest<'_>]| {
        let sections = [("plan", "Another plan.")].into();
        let new =
            NewChartRecord { client: client(1), session: None, record: Some(record.record), sections, is_final: false };
        bert.vault().chart().seal(&new, grant_to, now()).unwrap()
    };
    let first = usurped(&[grant_to(&carls)]);
    bert.put_record(&first, &[]).await.refused(404, "not_found");
    let second = bert.vault().chart().edit(&first.bytes, &[("plan", "x")].into(), false, &[], now()).unwrap();
    bert.put_record(&second, &[]).await.refused(404, "not_found");
    anna.put_record(&second, &[]).await.refused(422, "not_sealed: wrong_author");
    // Nor can he share on what was shared with him, or slip his grant under her record.
    let grant = json!({ "grants": [base64(&first.grants[0].bytes)] });
    let grants = format!("{}/versions/1/grants", path(&record));
    bert.post(&grants, grant.clone()).await.refused(404, "not_found");
    anna.post(&grants, grant).await.refused(422, "not_sealed: wrong_author");
    carl.get(&shared(record.record)).await.refused(404, "not_found");
    assert_eq!(bytes(&anna.get(&path(&record)).await.expect(200)["sealed"]), record.bytes);
}

#[tokio::test]
async fn what_is_not_a_sealed_record_of_this_author_at_this_place_is_refused() {
    let host = Host::start().await;
    let (anna, bert) = (host.person("demo-anna").await, host.person("demo-bert").await);
    let record = anna.record(&[]);
    let put_at = async |version: u64, bytes: &[u8]| {
        anna.put(&format!("{}/versions/{version}", path(&record)), json!({ "sealed": base64(bytes) })).await
    };
    let put = async |bytes: &[u8]| put_at(1, bytes).await;
    put(b"Progress: fair.").await.refused(422, "not_sealed: malformed");
    put(&anna.note("x").bytes).await.refused(422, "not_sealed: wrong_purpose");
    put(&bert.record(&[]).bytes).await.refused(422, "not_sealed: wrong_author");
    put(&anna.record(&[]).bytes).await.refused(422, "not_sealed: wrong_record");
    put_at(2, &record.bytes).await.refused(422, "not_sealed: wrong_version");

    let parts = ChartRecord::decode(&record.bytes).unwrap();
    let (signed, wrap) = (parts.version.signed.raw, parts.wrap.as_ref().unwrap().raw);
    let bodies: Vec<&[u8]> = parts.bodies.iter().map(|(_, body)| body.raw).collect();
    let built = |wrap: Option<&[u8]>, bodies: &[&[u8]]| ChartRecord::encode(signed, wrap, bodies.iter().copied());
    put(&built(None, &bodies)).await.refused(422, "not_sealed: no_wrap");
    put(&built(Some(wrap), &bodies[..1])).await.refused(422, "not_sealed: malformed");
    put(&built(Some(wrap), &[bodies[1], bodies[0]])).await.refused(422, "not_sealed: malformed");
    put(&built(Some(wrap), &[bodies[0], bodies[0]])).await.refused(422, "not_sealed: malformed");
    put(&built(Some(wrap), &[bodies[0], bodies[1], bodies[1]])).await.refused(422, "not_sealed: malformed");
    let others = anna.record(&[]).bytes;
    let others = ChartRecord::decode(&others).unwrap();
    put(&built(Some(wrap), &[bodies[0], others.bodies[1].1.raw])).await.refused(422, "not_sealed: malformed");
    put(&built(Some(others.wrap.as_ref().unwrap().raw), &bodies)).await.refused(422, "not_sealed: malformed");
    for end in (0..record.bytes.len()).step_by(37) {
        put(&record.bytes[..end]).await.refused(422, "not_sealed: truncated");
    }
    put(&built(Some(wrap), &bodies)).await.expect(201);
}

/// Well signed by the account's own key, and still not what it may store.
#[tokio::test]
async fn a_hostile_author_cannot_store_a_grant_that_does_not_fit() {
    let host = Host::start().await;
    let (mallory, bert) = (Forger::new(host.tenant, 1), Forger::new(host.tenant, 2));
    let cookie = mallory.join(&host, "demo-mallory").await;
    bert.join(&host, "demo-bert").await;
    let record = fresh_record();
    let first = mallory.version(mallory.manifest(Drawer::Chart, record, None), &["assessment", "plan"], 1);
    let upload = async |version: &Forged, grants: &[Vec<u8>]| {
        let grants: Vec<_> = grants.iter().map(|grant| base64(grant)).collect();
        let path = format!("/api/chart/records/{record}/versions/{}", version.manifest.version);
        let body = json!({ "sealed": base64(&version.sealed), "grants": grants });
        host.send(Method::PUT, &path, Some(&cookie), Some(&body)).await
    };
    let put = async |grant: Vec<u8>| upload(&first, &[grant]).await;
    let header = mallory.grant_header(&first, bert.account);
    let (plan, key) = (["plan"], bert.key_id());
    let with = |change: &dyn Fn(&mut sealed_notes::format::grant::GrantHeader)| {
        let mut header = header.clone();
        change(&mut header);
        mallory.grant(&header, &plan, key)
    };
    put(with(&|h| h.tenant = TenantId([9; 16]))).await.refused(422, "not_sealed: wrong_version");
    put(with(&|h| h.record = fresh_record())).await.refused(422, "not_sealed: wrong_version");
    put(with(&|h| h.version = 2)).await.refused(422, "not_sealed: wrong_version");
    put(with(&|h| h.version_hash = Hash([1; 32]))).await.refused(422, "not_sealed: wrong_version");
    put(with(&|h| h.granter = bert.account)).await.refused(422, "not_sealed: wrong_author");
    put(with(&|h| h.recipient = AccountId([1; 32]))).await.refused(422, "not_sealed: unknown_recipient");
    put(with(&|h| h.suite = Suite::XWing)).await.refused(422, "not_sealed: wrong_key");
    put(with(&|h| h.expires_at = Some(u64::MAX))).await.refused(422, "not_sealed: malformed");
    put(mallory.grant(&header, &plan, KeyId([1; 16]))).await.refused(422, "not_sealed: wrong_key");
    put(mallory.grant(&header, &plan, mallory.key_id())).await.refused(422, "not_sealed: wrong_key");
    put(mallory.grant(&header, &["plan", "secret"], key)).await.refused(422, "not_sealed: wrong_version");
    put(mallory.grant(&header, &["plan", "assessment"], key)).await.refused(422, "not_sealed: malformed");
    put(mallory.grant(&header, &["plan", "plan"], key)).await.refused(422, "not_sealed: malformed");
    put(mallory.grant(&header, &[], key)).await.refused(422, "not_sealed: malformed");
    let mut impostor = Forger::new(host.tenant, 3);
    impostor.shown = mallory.shown;
    put(impostor.grant(&header, &plan, key)).await.refused(422, "not_sealed: bad_signature");
    put(bert.grant(&header, &plan, key)).await.refused(422, "not_sealed: bad_signature");
    let unsigned = impostor.version(mallory.manifest(Drawer::Chart, record, None), &plan, 1);
    upload(&unsigned, &[]).await.refused(422, "not_sealed: bad_signature");
    let mut forged = mallory.grant(&header, &plan, key);
    *forged.last_mut().unwrap() ^= 1;
    put(forged).await.refused(422, "not_sealed: bad_signature");
    put(first.version.clone()).await.refused(422, "not_sealed: wrong_purpose");
    put(b"bert may read it".to_vec()).await.refused(422, "not_sealed: malformed");
    // One bad grant among good ones, and nothing at all is stored.
    let good = mallory.grant_to(&first, &bert, &plan);
    let bad = with(&|h| h.recipient = AccountId([1; 32]));
    upload(&first, &[good.clone(), bad]).await.refused(422, "not_sealed: unknown_recipient");
    let head = format!("/api/chart/records/{record}");
    host.get(&head, Some(&cookie)).await.refused(404, "not_found");
    upload(&first, &[good]).await.expect(201);

    // No grant reaches a private note: not on its own route, not through the chart.
    let private = mallory.version(mallory.manifest(Drawer::Private, fresh_record(), None), &["note"], 1);
    let path = format!("/api/private/notes/{}/versions/1", private.manifest.record);
    let body = json!({ "sealed": base64(&private.sealed) });
    host.send(Method::PUT, &path, Some(&cookie), Some(&body)).await.expect(201);
    let grant = mallory.grant_to(&private, &bert, &["note"]);
    let body = json!({ "grants": [base64(&grant)] });
    let grants = format!("/api/chart/records/{}/versions/1/grants", private.manifest.record);
    host.send(Method::POST, &grants, Some(&cookie), Some(&body)).await.refused(404, "not_found");
    upload(&first, &[grant]).await.refused(422, "not_sealed: wrong_version");
    // A body of the other drawer under a chart version.
    let body = seal(Purpose::PrivateBody, Header::Context(first.manifest.context("plan")), 256);
    let mut manifest = mallory.manifest(Drawer::Chart, record, Some(&first));
    manifest.sections = vec![sealed_notes::format::version::Section {
        name: "plan".into(),
        body: Hash::of(&body),
        commitment: [1; 32],
    }];
    let version = mallory.sign(Purpose::Version, &manifest.encode());
    let wrap = seal(Purpose::ChartWrap, Header::Context(Hash::of(&version)), 32);
    let sealed = ChartRecord::encode(&version, Some(&wrap), std::iter::once(body.as_slice()));
    upload(&Forged { manifest, version, sealed }, &[]).await.refused(422, "not_sealed: malformed");
}

#[tokio::test]
async fn grants_made_at_once_are_stored_each_with_its_receipt() {
    let host = Host::start().await;
    let (mallory, bert, carl) = (Forger::new(host.tenant, 1), Forger::new(host.tenant, 2), Forger::new(host.tenant, 3));
    let cookie = mallory.join(&host, "demo-mallory").await;
    bert.join(&host, "demo-bert").await;
    carl.join(&host, "demo-carl").await;
    let record = fresh_record();
    let first = mallory.version(mallory.manifest(Drawer::Chart, record, None), &["plan"], 1);
    let put = async |grants: &[Vec<u8>]| {
        let grants: Vec<_> = grants.iter().map(|grant| base64(grant)).collect();
        let body = json!({ "sealed": base64(&first.sealed), "grants": grants });
        host.send(Method::PUT, &format!("/api/chart/records/{record}/versions/1"), Some(&cookie), Some(&body)).await
    };
    let payloads = [&bert, &carl]
        .map(|to| Forger::grant_payload(&mallory.grant_header(&first, to.account), &["plan"], to.key_id()));
    let good = mallory.grants_at_once(&payloads);
    // The proof's index is the byte behind its size; the receipt ends in null and 66 bytes of signature.
    let proof = Grant::decode(&good[0]).unwrap().signed.proof().unwrap().to_vec();
    let at = good[0].windows(proof.len()).position(|bytes| bytes == proof).unwrap();
    for (offset, error) in [(1, "malformed"), (2, "bad_signature"), (proof.len() - 1, "bad_signature")] {
        let mut changed = good[0].clone();
        changed[at + offset] ^= 1;
        put(&[changed, good[1].clone()]).await.refused(422, &format!("not_sealed: {error}"));
    }
    let mut impostor = Forger::new(host.tenant, 4);
    impostor.shown = mallory.shown;
    put(&impostor.grants_at_once(&payloads)).await.refused(422, "not_sealed: bad_signature");
    put(&good).await.expect(201);
    put(&good).await.expect(200);
}

#[tokio::test]
async fn chart_drafts_and_rows_are_the_authors_own() {
    let host = Host::start().await;
    let (anna, bert) = (host.person("demo-anna").await, host.person("demo-bert").await);
    let berts = bert.identity();
    let record = anna.record(&[grant_to(&berts)]);
    anna.put_record(&record, &[]).await.expect(201);
    let sections = [("plan", "Unsaved.")].into();
    let draft = ChartDraft { record: record.record, client: client(1), session: None, base_version: 1, sections };
    let draft = anna.vault().chart().seal_draft(draft).unwrap();
    let at = format!("/api/chart/drafts/{}", record.record);
    let body = json!({ "sealed": base64(&draft) });
    anna.put(&at, body.clone()).await.expect(200);
    assert_eq!(bytes(&anna.get(&at).await.expect(200)["sealed"]), draft);
    bert.get(&at).await.refused(404, "not_found");
    bert.put(&at, body.clone()).await.refused(422, "not_sealed: wrong_author");
    anna.put(&format!("/api/private/drafts/{}", record.record), body).await.refused(422, "not_sealed: wrong_purpose");

    let stored = format!("{}/stored", path(&record));
    let rows = anna.get(&stored).await.expect(200);
    let tables: Vec<_> = rows["rows"].as_array().unwrap().iter().map(|row| row["table"].as_str().unwrap()).collect();
    assert_eq!(tables, ["chart_versions", "chart_bodies", "chart_bodies", "grants", "chart_drafts"]);
    assert_eq!(bytes(&rows["rows"][3]["columns"]["sealed"]["bytes"]), record.grants[0].bytes);
    assert_eq!(rows["rows"][3]["columns"]["revoked_at"], Value::Null);
    bert.get(&stored).await.refused(404, "not_found");
    assert_eq!(anna.delete(&at).await.status, 204);
    assert_eq!(anna.get("/api/chart/drafts").await.expect(200), json!({ "drafts": [], "next": null }));
}
