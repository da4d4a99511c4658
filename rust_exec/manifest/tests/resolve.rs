//! Parameters and overrides of one run.

use std::collections::BTreeMap;

use remotemedia_manifest::{Manifest, ManifestError};
use serde_json::{Value, json};

fn base() -> Manifest {
    let value = json!({
        "version": "v1",
        "metadata": {"name": "resolve"},
        "nodes": [
            {"id": "re.sample", "node_type": "AudioResampleNode", "params": {"target_sample_rate": {"$param": "rate"}}},
            {"id": "onnx", "node_type": "OnnxNode", "params": {"model": {"$param": "model"}}},
            {"id": "own", "node_type": "Own", "entry": "m:Own", "params": {
                "list": [1, {"deep": {"$param": "gain"}}], "own": {"$$param": "rate"}, "file": {"$file": "a.txt"},
                "token": {"$secret": "TOKEN"}
            }},
        ],
        "connections": [],
        "parameters": {
            "rate": {"default": 16000}, "gain": {"default": 0.5}, "model": {"default": {"$file": "vad.onnx"}},
            "any": {"default": null}
        },
        "secrets": ["TOKEN"],
    });
    Manifest::parse(value.to_string().as_bytes()).expect("a valid manifest").0
}

fn resolve(overrides: &[(&str, Value)]) -> Result<Manifest, ManifestError> {
    let overrides: BTreeMap<_, _> = overrides.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    base().resolve(&overrides)
}

#[test]
fn defaults_stand_where_nothing_is_given() {
    let resolved = resolve(&[]).expect("a manifest");
    assert_eq!(resolved.nodes[0].params["target_sample_rate"], 16000);
    assert_eq!(resolved.nodes[1].params["model"], json!({"$file": "vad.onnx"}));
    assert_eq!(resolved.nodes[2].params["list"], json!([1, {"deep": 0.5}]));
    assert_eq!(resolved.nodes[2].params["own"], json!({"$$param": "rate"}));
    assert_eq!(resolved.nodes[2].params["token"], json!({"$secret": "TOKEN"}));
}

#[test]
fn overrides_take_the_place_of_defaults() {
    let resolved = resolve(&[
        ("rate", json!(8000)),
        ("gain", json!(2)),
        ("any", json!([1])),
        ("own.new", json!("x")),
        ("re.sample.quality", json!("low")),
    ])
    .expect("a manifest");
    assert_eq!(resolved.nodes[0].params["target_sample_rate"], 8000);
    assert_eq!(resolved.nodes[0].params["quality"], "low");
    assert_eq!(resolved.nodes[2].params["list"], json!([1, {"deep": 2}]));
    assert_eq!(resolved.nodes[2].params["new"], "x");
    assert_eq!(resolved.parameters["rate"].default, 8000);
    assert_eq!(resolved.resolve(&BTreeMap::new()).expect("a manifest"), resolved);
}

#[test]
fn overrides_are_type_checked() {
    for (name, value, code) in [
        ("rate", json!("16000"), "RM211"),
        ("rate", json!(1.5), "RM211"),
        ("rate", json!(5), "RM211"),
        ("rate", json!(true), "RM211"),
        ("gain", json!(null), "RM211"),
        ("model", json!({"$file": "../x"}), "RM215"),
        ("model", json!({"file": "x"}), "RM211"),
        ("re.sample.quality", json!("best"), "RM211"),
        ("re.sample.qualty", json!("low"), "RM214"),
        ("speed", json!(1), "RM214"),
        ("nowhere.rate", json!(1), "RM214"),
        ("own.x", json!({"$secret": "OTHER"}), "RM214"),
        ("any", json!({"$param": "rate"}), "RM214"),
    ] {
        let error = resolve(&[(name, value.clone())]).expect_err(name);
        assert_eq!(error.code, code, "{name} = {value}: {error:?}");
    }
}

#[test]
fn secrets_are_put_in_their_places_once_all_are_given() {
    let given = |names: &[&str]| names.iter().map(|it| ((*it).to_owned(), "s3cr3t".to_owned())).collect();
    let revealed = base().reveal(&given(&["TOKEN"])).expect("a manifest");
    assert_eq!(revealed.nodes[2].params["token"], "s3cr3t");
    let missing = base().reveal(&given(&[])).expect_err("a refusal");
    assert_eq!((missing.code, missing.message.as_str()), ("RM214", "expected a value of the secret `TOKEN`, got none"));
    let unknown = base().reveal(&given(&["TOKEN", "OTHER"])).expect_err("a refusal");
    assert_eq!(
        (unknown.code, unknown.message.as_str()),
        ("RM214", "expected a declared secret (`TOKEN`), got `OTHER`")
    );
}

/// A value with something in it at each place where values stand.
fn everywhere(value: &Value) -> Value {
    let node = json!({"node_type": "Own", "entry": "m:Own", "params": {"a": value}});
    json!({
        "map": {"$map": [[1, value]]}, "set": {"$set": [value]},
        "new": {"$new": {"entry": "m:C", "params": {"a": value}}}, "node": {"$node": node},
        "pipeline": {"$pipeline": {"name": "p", "connections": [], "nodes": [
            {"id": "x", "node_type": "Own", "entry": "m:Own", "params": {"a": value}}
        ]}},
    })
}

#[test]
fn values_are_found_wherever_they_stand() {
    let path = format!("data/{}.npy", "0a".repeat(32));
    let manifest = |value: Value| {
        let mut manifest = base();
        manifest.nodes[2].params.insert("everywhere".to_owned(), everywhere(&value));
        manifest
    };
    let resolved = manifest(json!({"$param": "rate"})).resolve(&BTreeMap::new()).expect("a manifest");
    assert_eq!(resolved.nodes[2].params["everywhere"], everywhere(&json!(16000)));
    let secrets = [("TOKEN".to_owned(), "s3cr3t".to_owned())].into();
    let revealed = manifest(json!({"$secret": "TOKEN"})).reveal(&secrets).expect("a manifest");
    assert_eq!(revealed.nodes[2].params["everywhere"], everywhere(&json!("s3cr3t")));
    assert_eq!(manifest(json!({"$ref": path})).data(), [path.as_str()].into());
    assert_eq!(manifest(json!({"$file": "b.txt"})).files()[1].path, "b.txt");
}

#[test]
fn a_model_for_one_parameter_is_a_model_for_all() {
    let mut manifest = base();
    manifest.nodes[2].params.insert("model".to_owned(), json!({"$file": "vad.onnx"}));
    assert_eq!(manifest.files().iter().filter(|file| file.path == "vad.onnx").count(), 1);
    assert!(manifest.files().iter().any(|file| file.path == "vad.onnx" && file.is_model));
}

#[test]
fn files_are_listed_with_their_use() {
    let files: Vec<_> = base().files().into_iter().map(|file| (file.path, file.is_model)).collect();
    assert_eq!(files, [("a.txt".to_owned(), false), ("vad.onnx".to_owned(), true)]);
}
