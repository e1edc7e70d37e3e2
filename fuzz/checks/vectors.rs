//! Objects to start from: everything in tests/vectors, the good and the bad.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

/// Longer ones only make fuzzing slow; what is special about them is their length, and tests/vectors.rs has that.
const LONGEST: usize = 8192;

/// Whichever package these checks are built into.
fn folder() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = [package.join("tests/vectors"), package.join("../tests/vectors")];
    folders.into_iter().find(|path| path.is_dir()).unwrap()
}

pub fn file(name: &str) -> Value {
    serde_json::from_slice(&fs::read(folder().join(name)).unwrap()).unwrap()
}

pub fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().unwrap().iter()
}

pub fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

pub fn bytes(value: &Value) -> Vec<u8> {
    hex::decode(text(value)).unwrap()
}

/// Every byte string of the vectors, and every case of what must be refused, once each.
pub fn objects() -> BTreeSet<Vec<u8>> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "json") {
            let file: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
            collect(&file, &file["objects"], &mut found);
        }
    }
    found
}

fn collect(value: &Value, objects: &Value, found: &mut BTreeSet<Vec<u8>>) {
    match value {
        Value::String(text) => add(hex::decode(text).unwrap_or_default(), found),
        Value::Array(list) => list.iter().for_each(|value| collect(value, objects, found)),
        Value::Object(fields) if fields.contains_key("of") => add(edited(value, objects), found),
        Value::Object(fields) => fields.values().for_each(|value| collect(value, objects, found)),
        _ => {}
    }
}

fn add(bytes: Vec<u8>, found: &mut BTreeSet<Vec<u8>>) {
    if (1..=LONGEST).contains(&bytes.len()) {
        found.insert(bytes);
    }
}

/// A case's bytes: an object with edits (tests/vectors/README.md).
fn edited(case: &Value, objects: &Value) -> Vec<u8> {
    let object = hex::decode(objects[case["of"].as_str().unwrap()].as_str().unwrap_or_default()).unwrap();
    let mut out = Vec::new();
    let mut at = 0;
    for edit in case["edits"].as_array().into_iter().flatten() {
        let number = |of: usize| edit[of].as_u64().map(|number| number as usize);
        let (start, remove) = (number(0).unwrap(), number(1).unwrap());
        out.extend_from_slice(&object[at..start]);
        let insert = hex::decode(edit[2].as_str().unwrap()).unwrap();
        let repeat = number(3).unwrap_or(1);
        if insert.len() * repeat > LONGEST {
            return Vec::new();
        }
        out.extend(insert.repeat(repeat));
        at = start + remove;
    }
    out.extend_from_slice(&object[at..]);
    out
}
