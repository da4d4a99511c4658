//! The verdicts that `testdata/manifests/index.json` demands; the Python side reads the same index.

use std::path::{Path, PathBuf};

use remotemedia_manifest::Manifest;
use serde::Deserialize;

#[derive(Deserialize)]
struct Index {
    valid: Vec<Valid>,
    invalid: Vec<Invalid>,
}

#[derive(Deserialize)]
struct Valid {
    name: String,
    file: String,
    warnings: Vec<String>,
}

#[derive(Deserialize)]
struct Invalid {
    name: String,
    code: String,
    message: String,
    file: Option<String>,
    generate: Option<Generate>,
}

#[derive(Deserialize)]
struct Generate {
    prefix: String,
    repeat: String,
    count: usize,
    suffix: String,
}

fn directory() -> PathBuf {
    Path::new(&std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("../../testdata/manifests")
}

fn index() -> Index {
    let text = std::fs::read(directory().join("index.json")).expect("an index");
    serde_json::from_slice(&text).expect("an index of the expected shape")
}

fn document(case: &Invalid) -> Vec<u8> {
    match (&case.file, &case.generate) {
        (Some(file), None) => std::fs::read(directory().join(file)).expect("a fixture"),
        (None, Some(it)) => [it.prefix.clone(), it.repeat.repeat(it.count), it.suffix.clone()].concat().into_bytes(),
        _ => panic!("{}: expected `file` or `generate`", case.name),
    }
}

#[test]
fn valid_manifests_are_accepted_with_their_warnings() {
    let cases = index().valid;
    assert!(!cases.is_empty());
    for case in cases {
        let bytes = std::fs::read(directory().join(&case.file)).expect("a fixture");
        let (_, warnings) = Manifest::parse(&bytes).unwrap_or_else(|error| panic!("{}: {error:?}", case.name));
        let pointers: Vec<_> = warnings.into_iter().map(|warning| warning.pointer).collect();
        assert_eq!(pointers, case.warnings, "{}", case.name);
    }
}

#[test]
fn invalid_manifests_are_refused_with_their_code() {
    let cases = index().invalid;
    assert!(!cases.is_empty());
    for case in cases {
        let error = Manifest::parse(&document(&case)).expect_err(&case.name);
        assert_eq!(error.code, case.code, "{}: {error:?}", case.name);
        assert!(error.message.contains(&case.message), "{}: {error:?}", case.name);
        assert!(error.message.len() < 1000, "{}: a message of {} bytes", case.name, error.message.len());
    }
}

#[test]
fn every_code_of_the_manifest_has_a_vector() {
    let table = std::fs::read(directory().join("../../schemas/errors.v1.json")).expect("the table of errors");
    let table: serde_json::Value = serde_json::from_slice(&table).expect("JSON");
    let cases = index().invalid;
    for error in table["errors"].as_array().expect("an array") {
        let code = error["code"].as_str().expect("a code");
        if code.starts_with("RM2") {
            assert!(cases.iter().any(|case| case.code == code), "no vector has {code}");
        }
    }
}

#[test]
fn fixtures_and_index_agree() {
    let index = index();
    for (folder, named) in [
        ("valid", index.valid.iter().map(|case| case.file.clone()).collect::<Vec<_>>()),
        ("invalid", index.invalid.iter().filter_map(|case| case.file.clone()).collect()),
    ] {
        for entry in std::fs::read_dir(directory().join(folder)).expect("a folder") {
            let name = entry.expect("an entry").file_name();
            let file = format!("{folder}/{}", name.to_string_lossy());
            assert!(named.contains(&file), "{file} is not in the index");
        }
    }
}

#[test]
fn what_is_read_is_written_back() {
    for case in index().valid {
        let bytes = std::fs::read(directory().join(&case.file)).expect("a fixture");
        let (manifest, _) = Manifest::parse(&bytes).expect("a valid manifest");
        let again = serde_json::to_vec(&manifest).expect("JSON");
        assert_eq!(Manifest::parse(&again).expect("still valid").0, manifest, "{}", case.name);
    }
}

fn read(file: &str) -> Result<Manifest, remotemedia_manifest::ManifestError> {
    let bytes = std::fs::read(directory().join(file)).expect("a fixture");
    Manifest::parse(&bytes).map(|(manifest, _)| manifest)
}

/// GIVEN a manifest missing "nodes" field, WHEN runtime loads it, THEN it SHALL reject with error listing required fields.
#[test]
fn scenario_validate_required_fields() {
    let error = read("invalid/missing-nodes.json").expect_err("a refusal");
    for field in ["version", "metadata", "nodes", "connections"] {
        assert!(error.message.contains(&format!("`{field}`")), "{error:?}");
    }
}

/// GIVEN a manifest with unsupported node type, WHEN runtime parses it, THEN it SHALL return error indicating supported types.
#[test]
fn scenario_validate_node_type_compatibility() {
    let error = read("invalid/unknown-node-type.json").expect_err("a refusal");
    for node_type in remotemedia_manifest::table::node_types() {
        assert!(error.message.contains(&format!("`{}`", node_type.name)), "{error:?}");
    }
}

/// GIVEN a manifest with version "2.0" but runtime supports "1.x", WHEN loading manifest,
/// THEN runtime SHALL reject with version mismatch error.
#[test]
fn scenario_check_version_compatibility() {
    let error = read("invalid/version-2.json").expect_err("a refusal");
    assert_eq!(error.code, "RM206");
    assert!(error.message.contains("`2.0`") && error.message.contains("`1.x`"), "{error:?}");
    // What else is new in a future manifest does not hide the reason.
    let future = br#"{"version": "2.0", "stages": [], "nodes": {"new": "form"}}"#;
    assert_eq!(Manifest::parse(future).expect_err("a refusal").code, "RM206");
}
