//! The example in Rust.

use remotemedia_engine::NodeInstance;
use remotemedia_packet::{Body, Packet};
use serde_json::{Value, json};

use crate::support::{make, process, repository, samples, sound};

fn gate(params: &Value) -> Box<dyn NodeInstance> {
    make(repository("examples/wasm_gate/gate.wasm"), params).unwrap()
}

/// Whether sound as loud as this passes; it lasts 0.1 s.
fn passes(node: &mut dyn NodeInstance, loudness: f32) -> bool {
    let given = process(node, sound(&[loudness; 800])).unwrap();
    let first = samples(&given[0])[0];
    assert!(first == loudness || first == 0.0, "{first}");
    first == loudness
}

#[test]
fn a_gate_stays_open_for_a_while_and_carries_that_over() {
    let mut node = gate(&json!({"threshold": 0.1, "hold": 0.15}));
    let loudnesses = [0.05, 0.5, 0.05, 0.05, 0.05];
    assert_eq!(loudnesses.map(|it| passes(node.as_mut(), it)), [false, true, true, true, false]);
    node.set_param("threshold", &json!(0.01)).unwrap();
    assert!(passes(node.as_mut(), 0.05));
    let state = node.snapshot().unwrap().unwrap();
    let mut other = gate(&json!({"threshold": 0.9, "hold": 0}));
    other.restore(&state).unwrap();
    assert_eq!([0.005, 0.005, 0.005].map(|it| passes(other.as_mut(), it)), [true, true, false]);
    assert_eq!(other.restore(b"no").unwrap_err().code, "RM602");
}

#[test]
fn what_it_refuses_is_told_by_its_own_code() {
    let failure = make(repository("examples/wasm_gate/gate.wasm"), &json!({})).err().unwrap();
    assert_eq!((failure.code, &*failure.message), ("RM211", "expected a number as `threshold`, got none"));
    let mut node = gate(&json!({"threshold": 1}));
    let failure = process(node.as_mut(), Packet::new(Body::Text("a".into()))).unwrap_err();
    assert_eq!((failure.code, &*failure.message), ("RM606", "expected sound of float samples"));
    assert_eq!(node.set_param("other", &json!(3)).unwrap_err().code, "RM619");
    assert_eq!(node.set_param("threshold", &json!("x")).unwrap_err().code, "RM602");
}
