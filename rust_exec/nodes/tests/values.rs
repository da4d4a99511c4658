//! The native nodes for values of any kind, as the engine calls them.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::PathBuf;
use std::sync::Arc;

use remotemedia_engine::{
    Cancel, EffectiveLimits, FileSource, LogRecord, LogSink, NodeFailure, NodeInstance, NodeRuntime, NodeSpec, Outputs,
};
use remotemedia_manifest::RuntimeKind;
use remotemedia_manifest::table::node_types;
use remotemedia_nodes::NativeRuntime;
use remotemedia_packet::{Body, Packet, Tensor, jsonl};
use serde_json::{Value, json};

/// No files, and nobody who reads a log.
struct Nothing;

impl FileSource for Nothing {
    fn read(&self, path: &str) -> Result<Vec<u8>, NodeFailure> {
        Err(NodeFailure::new("RM306", path))
    }

    fn python_sources(&self) -> Result<Vec<(String, String)>, NodeFailure> {
        Ok(Vec::new())
    }

    fn local_path(&self, _: &str) -> Option<PathBuf> {
        None
    }
}

impl LogSink for Nothing {
    fn log(&self, _: &LogRecord<'_>) {}
}

fn spec(node_type: &str, params: &Value) -> NodeSpec {
    NodeSpec {
        id: "node".into(),
        node_type: node_type.into(),
        entry: None,
        params: params.as_object().unwrap().clone(),
        inputs: vec!["in".into()],
        outputs: vec!["out".into()],
        fed: true,
        files: Arc::new(Nothing),
        limits: EffectiveLimits::default(),
        grants: Vec::new(),
        seed: 0,
        log: Arc::new(Nothing),
        cancel: Cancel::new(),
    }
}

fn node(node_type: &str, params: Value) -> Box<dyn NodeInstance> {
    NativeRuntime.instantiate(&spec(node_type, &params)).unwrap()
}

fn packet(line: &str) -> Packet {
    jsonl::from_line(line, false).unwrap()
}

/// What a node gives for a packet, as a line.
fn given(node: &mut dyn NodeInstance, packet: Packet) -> Result<String, NodeFailure> {
    let mut out = Outputs::new();
    node.process(0, packet, &mut out)?;
    let lines: Vec<String> = out.drain().map(|(_, it)| jsonl::to_line(&it, false).unwrap()).collect();
    Ok(lines.join("\n"))
}

#[test]
fn a_constant_changes_while_the_node_runs() {
    for (node_type, name, results) in
        [("MultiplyNode", "factor", ["8.0", "[12]"]), ("AddNode", "addend", ["6.0", "[7]"])]
    {
        let mut node = node(node_type, json!({name: 2.0}));
        assert_eq!(given(&mut *node, packet("4")).unwrap(), results[0]);
        node.set_param(name, &json!(3)).unwrap();
        assert_eq!(given(&mut *node, packet("[4]")).unwrap(), results[1]);
        assert_eq!(node.set_param(name, &json!("3")).unwrap_err().code, "RM211");
        assert_eq!(node.set_param("name", &json!(3)).unwrap_err().code, "RM619");
    }
    for (node_type, name) in [("AudioGainNode", "gain_db"), ("AudioGateNode", "threshold_db")] {
        let mut node = node(node_type, json!({}));
        node.set_param(name, &json!(-10)).unwrap();
        assert_eq!(node.set_param(name, &json!(-1e9)).unwrap_err().code, "RM211");
    }
}

#[test]
fn results_are_told_with_who_made_them() {
    let mut node = node("CalculatorNode", json!({"name": "calc", "unit": "m"}));
    assert_eq!(
        given(&mut *node, packet(r#"{"operation":"power","args":[2,64]}"#)).unwrap(),
        r#"{"$json":"{\"operation\":\"power\",\"args\":[2,64],\"result\":{\"$int\":\"18446744073709551616\"},\"processed_by\":\"CalculatorNode[calc]\",\"node_config\":{\"unit\":\"m\"}}","data":""}"#
    );
    let refused = given(&mut *node, packet(r#"{"operation":"divide","args":[1.5,0]}"#)).unwrap_err();
    assert_eq!(
        (refused.code, refused.message.as_str()),
        ("RM606", "expected numbers with a result for `divide`, got `[1.5, 0]`: float division by zero")
    );
}

#[test]
fn a_function_without_a_kernel_is_refused() {
    for function in [json!({"$py": "textwrap:dedent"}), json!("upper"), json!(null)] {
        let spec = spec("TextTransformNode", &json!({"transform_func": function}));
        assert_eq!(NativeRuntime.instantiate(&spec).err().unwrap().code, "RM211");
    }
    // Of a list it would be the length, too, which is no work on text.
    let spec = spec("DataTransform", &json!({"transform_func": {"$py": "builtins:len"}}));
    assert_eq!(NativeRuntime.instantiate(&spec).err().unwrap().code, "RM211");
}

#[test]
fn every_function_of_the_table_has_a_kernel() {
    for node_type in node_types().iter().filter(|it| it.kinds.contains(&RuntimeKind::Native)) {
        for param in &node_type.params {
            for entry in param.native.iter().flatten() {
                let function = entry.as_ref().map_or(Value::Null, |it| json!({"$py": it}));
                let made = NativeRuntime.instantiate(&spec(&node_type.name, &json!({param.name.as_str(): function})));
                assert!(made.is_ok(), "{} with {entry:?}", node_type.name);
            }
        }
    }
}

#[test]
fn a_node_is_known_to_rust_node_by_its_name() {
    let mut node = node("RustNode", json!({"node": "MultiplyNode", "factor": 5}));
    assert_eq!(given(&mut *node, packet("[1,2.5]")).unwrap(), "[5,12.5]");
    let spec = spec("RustNode", &json!({"node": "MultiplyNode", "factors": 5}));
    assert_eq!(NativeRuntime.instantiate(&spec).err().unwrap().code, "RM211");
}

#[test]
fn a_value_of_more_parts_than_the_memory_holds_is_refused() {
    let mut spec = spec("FormatConverter", &json!({}));
    spec.limits.memory = 1 << 20;
    let mut node = NativeRuntime.instantiate(&spec).unwrap();
    let array = Tensor::from_vec(vec![0_u8; 100_000], &[100_000]).unwrap();
    assert_eq!(given(&mut *node, Packet::new(Body::Tensor(array))).unwrap_err().code, "RM604");
    let list = format!("[{}0]", "0,".repeat(100_000));
    assert_eq!(given(&mut *node, packet(&list)).unwrap_err().code, "RM604");
    assert_eq!(given(&mut *node, packet("[0,1]")).unwrap(), "[0,1]");
}
