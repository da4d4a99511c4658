//! Several inputs and outputs, by name.

use half::f16;
use remotemedia_engine::{NodeInstance, Outputs};
use remotemedia_packet::{Body, Dtype, Json, Packet, Tensor};
use serde_json::{Value, json};

use crate::support::*;

fn pair(more: Value) -> Box<dyn NodeInstance> {
    let mut params = json!({"model": {"$file": "pair.onnx"}});
    params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    instantiate(params).unwrap()
}

fn numbers(values: &[f32]) -> Packet {
    Packet::new(Body::Tensor(Tensor::from_vec(values.to_vec(), &[values.len() as u64]).unwrap()))
}

fn give(node: &mut dyn NodeInstance, port: u32, packet: Packet) -> Vec<(u32, Packet)> {
    let mut out = Outputs::new();
    node.process(port, packet, &mut out).unwrap();
    out.drain().collect()
}

fn text(packet: &Packet) -> Value {
    match &packet.body {
        Body::Json(json) => serde_json::from_str(&json.text).unwrap(),
        other => panic!("expected json, got {other:?}"),
    }
}

fn json_packet(value: &Value, data: &[f32]) -> Packet {
    let data: Vec<u8> = data.iter().flat_map(|it| it.to_le_bytes()).collect();
    Packet::new(Body::Json(Json { text: value.to_string().into(), data: data.into() }))
}

#[test]
fn one_packet_of_each_port_makes_a_run() {
    let mut node = pair(json!({
        "inputs": {"a": "left", "b": "right"}, "outputs": {"sums": "sum", "both": ["sum", "product"]},
    }));
    assert!(give(&mut *node, 0, Packet { pts_ns: Some(9), ..numbers(&[1.0, 2.0]) }).is_empty());
    assert!(give(&mut *node, 0, numbers(&[5.0])).is_empty());
    let snapshot = node.snapshot().unwrap().unwrap();
    let given = give(&mut *node, 1, Packet { pts_ns: Some(4), ..numbers(&[3.0, 4.0]) });
    assert_eq!(given.iter().map(|it| it.0).collect::<Vec<_>>(), [0, 1]);
    assert_eq!((floats(&given[0].1), given[0].1.pts_ns), (vec![4.0, 6.0], Some(9)));
    let expected = json!({
        "sum": {"$buf": 0, "dtype": "f32", "shape": [2]}, "product": {"$buf": 8, "dtype": "f32", "shape": [2]},
    });
    assert_eq!(text(&given[1].1), expected);
    let Body::Json(body) = &given[1].1.body else { panic!("expected json") };
    assert_eq!(body.data.len(), 16);
    assert_eq!(floats(&give(&mut *node, 1, numbers(&[1.0]))[0].1), [6.0]);
    node.flush(&mut Outputs::new()).unwrap();
    // What waited is part of the state.
    node.restore(&snapshot).unwrap();
    assert_eq!(floats(&give(&mut *node, 1, numbers(&[3.0, 4.0]))[0].1), [4.0, 6.0]);
    let failure = node.flush(&mut Outputs::new()).unwrap_err();
    let message = "expected as many packets on each of the ports left, right, got [1, 0] more";
    assert_eq!((failure.code, failure.message.as_str()), ("RM608", message));
}

#[test]
fn a_port_gives_several_inputs_by_their_names() {
    let mut node = pair(json!({"inputs": {"a": "in", "b": "in"}, "output": "product"}));
    let lists = json_packet(&json!({"a": [2, 3], "b": [5, 7.5]}), &[]);
    assert_eq!(floats(&process(&mut *node, lists).unwrap()), [10.0, 22.5]);
    let arrays =
        json!({"b": {"$buf": 8, "dtype": "f32", "shape": [2]}, "a": {"$buf": 0, "dtype": "f32", "shape": [2]}});
    assert_eq!(floats(&process(&mut *node, json_packet(&arrays, &[1.0, 2.0, 3.0, 4.0])).unwrap()), [3.0, 8.0]);
    for (packet, code, message) in [
        (numbers(&[1.0]), "RM606", "expected json with the members `a`, `b`, got tensor f32 [1]"),
        (
            json_packet(&json!({"a": [1]}), &[]),
            "RM608",
            "expected an array or an even nested list of `f32` for the model's input `b`, got `null`",
        ),
        (
            json_packet(&json!({"a": [[1]], "b": [1]}), &[]),
            "RM608",
            "expected `f32` of shape [?] in the model's input `a`, got `f32` of shape [1, 1]",
        ),
    ] {
        let failure = process(&mut *node, packet).unwrap_err();
        assert_eq!((failure.code, failure.message.as_str()), (code, message));
    }
}

#[test]
fn names_are_held_against_model_and_node() {
    for (params, code, message) in [
        (
            json!({"inputs": {"a": "in"}, "output": "sum"}),
            "RM608",
            "expected the model's input `b` to be given once, got it 0 times",
        ),
        (json!({"inputs": {"z": "in"}}), "RM608", "expected an input of the model (a, b), got `z`"),
        (
            json!({"inputs": {"a": "in", "b": 3}}),
            "RM211",
            "expected the names of ports by names of inputs for `inputs`, got `3`",
        ),
        (
            json!({"inputs": {"a": "in", "b": "in"}, "outputs": {"out": []}}),
            "RM211",
            "expected the names of outputs by names of ports for `outputs`, got `[]`",
        ),
        (
            json!({"inputs": {"a": "in", "b": "in"}, "outputs": {"out": "z"}}),
            "RM608",
            "expected an output of the model (sum, product), got `z`",
        ),
        (json!({"batch": 0}), "RM608", "expected an input of the model (a, b), got `input`"),
    ] {
        let mut all = json!({"model": {"$file": "pair.onnx"}});
        all.as_object_mut().unwrap().extend(params.as_object().unwrap().clone());
        let failure = instantiate(all).err().unwrap();
        assert_eq!((failure.code, failure.message.as_str()), (code, message));
    }
}

#[test]
fn half_floats_and_strings_are_taken_and_given() {
    let halves = Tensor::from_vec(vec![f16::from_f32(1.5), f16::from_f32(-0.25)], &[2]).unwrap();
    let given =
        process(&mut *small("echo-f16", json!({})).unwrap(), Packet::new(Body::Tensor(halves.clone()))).unwrap();
    assert_eq!((tensor(&given), tensor(&given).dtype), (&halves, Dtype::F16));
    let mut node = small("echo-string", json!({})).unwrap();
    let given = process(&mut *node, Packet::new(Body::Text("good morning".into()))).unwrap();
    assert_eq!(given.body, Body::Text("good morning".into()));
    let given = process(&mut *node, json_packet(&json!(["a", "ä"]), &[])).unwrap();
    assert_eq!(text(&given), json!(["a", "ä"]));
    let failure = process(&mut *node, numbers(&[1.0])).unwrap_err();
    assert_eq!(failure.message, "expected `string` of shape [?] in the model's input `x`, got `f32` of shape [1]");
}
