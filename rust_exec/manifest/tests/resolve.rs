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
fn files_are_listed_with_their_use() {
    let files: Vec<_> = base().files().into_iter().map(|file| (file.path, file.is_model)).collect();
    assert_eq!(files, [("a.txt".to_owned(), false), ("vad.onnx".to_owned(), true)]);
}
