//! Arbitrary input never panics.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use remotemedia_manifest::{Manifest, ManifestError};
use serde_json::{Value, json};

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        prop_oneof!["v1", "\\PC{0,8}", "[$]file|a|m:C|a:1"].prop_map(Value::from),
    ];
    let key = prop_oneof![
        prop::sample::select(vec![
            "version",
            "metadata",
            "nodes",
            "connections",
            "parameters",
            "secrets",
            "requires",
            "name",
            "id",
            "node_type",
            "params",
            "entry",
            "runtime",
            "capabilities",
            "limits",
            "grants",
            "from",
            "to",
            "default",
            "$file",
            "$param",
        ])
        .prop_map(str::to_owned),
        "\\PC{0,4}",
    ];
    leaf.prop_recursive(6, 64, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((key.clone(), inner), 0..6)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

fn parse(value: &Value) -> Result<Manifest, ManifestError> {
    Manifest::parse(value.to_string().as_bytes()).map(|(manifest, _)| manifest)
}

/// As "billion laughs" in XML: what is small as text must not become large.
#[test]
fn many_references_to_a_large_default_are_refused() {
    let whole = |references: usize, default: Value| {
        json!({
            "version": "v1", "metadata": {"name": "x"}, "connections": [],
            "nodes": [{"id": "a", "node_type": "A", "entry": "m:A", "params": {"x": vec![json!({"$param": "p"}); references]}}],
            "parameters": {"p": {"default": default}},
        })
    };
    let large = Value::from("x".repeat(1 << 20));
    assert_eq!(parse(&whole(1000, large.clone())).expect_err("a refusal").code, "RM202");
    let few = parse(&whole(2, large.clone())).expect("a manifest");
    assert!(few.resolve(&BTreeMap::new()).is_ok());
    let small = parse(&whole(1000, Value::from("x"))).expect("a manifest");
    let overrides = BTreeMap::from([("p".to_owned(), large)]);
    assert_eq!(small.resolve(&overrides).expect_err("a refusal").code, "RM202");
}

#[test]
fn warnings_are_bounded() {
    let mut whole = json!({"version": "v1", "metadata": {"name": "x"}, "nodes": [], "connections": []});
    for number in 0..10_000 {
        whole[format!("unknown {number}")] = Value::Null;
    }
    let (_, warnings) = Manifest::parse(whole.to_string().as_bytes()).expect("a manifest");
    assert_eq!(warnings.len(), 101);
}

/// The largest manifests of many small things are judged in time that is linear in their size.
#[test]
fn large_manifests_are_judged_quickly() {
    let count = 30_000;
    let secrets: Vec<_> = (0..count).map(|number| format!("S{number}")).collect();
    let params: Vec<_> = secrets.iter().map(|name| json!({"$secret": name})).collect();
    let nodes: Vec<_> =
        (0..count).map(|number| json!({"id": number.to_string(), "node_type": "AudioMixNode"})).collect();
    let start = Instant::now();
    let whole = json!({
        "version": "v1", "metadata": {"name": "x"}, "nodes": nodes, "secrets": secrets, "connections": [],
        "parameters": {"unused": {"default": null}},
    });
    parse(&whole).expect("a manifest");
    let own = json!({"id": "a", "node_type": "A", "entry": "m:A", "params": {"x": params}});
    let whole = json!({
        "version": "v1", "metadata": {"name": "x"}, "nodes": [own], "secrets": secrets, "connections": [],
    });
    parse(&whole).expect("a manifest");
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
}

proptest! {
    #[test]
    fn arbitrary_bytes(bytes in prop::collection::vec(any::<u8>(), 0..512)) {
        let _ = Manifest::parse(&bytes);
    }

    #[test]
    fn almost_json(text in r#"[\[\]{}",:\\u0-9a-e.+\- ]{0,200}"#) {
        let _ = Manifest::parse(text.as_bytes());
    }

    #[test]
    fn arbitrary_fields(nodes in value(), connections in value(), parameters in value()) {
        let whole = json!({
            "version": "v1", "metadata": {"name": "x"},
            "nodes": nodes, "connections": connections, "parameters": parameters,
        });
        let _ = Manifest::parse(whole.to_string().as_bytes());
    }

    #[test]
    fn arbitrary_values_in_params(params in value()) {
        let whole = json!({
            "version": "v1", "metadata": {"name": "x"}, "connections": [],
            "nodes": [{"id": "a", "node_type": "OnnxNode", "params": {"model": params}}],
        });
        if let Ok((manifest, _)) = Manifest::parse(whole.to_string().as_bytes()) {
            prop_assert_eq!(manifest.resolve(&Default::default()), Ok(manifest));
        }
    }
}
