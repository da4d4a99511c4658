//! The example in C.

use remotemedia_engine::NodeInstance;
use remotemedia_packet::{Body, Packet};
use serde_json::{Value, json};

use crate::support::{make, process, repository, samples, sound};

fn gain(params: &Value) -> Box<dyn NodeInstance> {
    make(repository("examples/wasm_gain/gain.wasm"), params).unwrap()
}

#[test]
fn a_component_does_its_work_with_its_parameters() {
    let mut node = gain(&json!({"factor": 0.5, "name": "gain"}));
    let packet = Packet { pts_ns: Some(5), session: Some("s".into()), trace: Some("t".into()), ..sound(&[1.0, -2.0]) };
    let given = process(node.as_mut(), packet).unwrap();
    assert_eq!(samples(&given[0]), [0.5, -1.0]);
    assert_eq!(
        (given[0].pts_ns, given[0].session.as_deref(), given[0].trace.as_deref()),
        (Some(5), Some("s"), Some("t"))
    );
    node.set_param("factor", &json!(3)).unwrap();
    assert_eq!(samples(&process(node.as_mut(), sound(&[1.0])).unwrap()[0]), [3.0]);
    assert_eq!(node.set_param("other", &json!(3)).unwrap_err().code, "RM619");
    let state = node.snapshot().unwrap().unwrap();
    let mut other = gain(&json!({"factor": 1}));
    other.restore(&state).unwrap();
    assert_eq!(samples(&process(other.as_mut(), sound(&[1.0])).unwrap()[0]), [3.0]);
    assert_eq!(other.restore(b"no").unwrap_err().code, "RM602");
}

#[test]
fn what_it_refuses_is_told_by_its_own_code() {
    let failure = make(repository("examples/wasm_gain/gain.wasm"), &json!({})).err().unwrap();
    assert_eq!((failure.code, &*failure.message), ("RM211", "expected a number as `factor`, got none"));
    let failure = process(gain(&json!({"factor": 1})).as_mut(), Packet::new(Body::Text("a".into()))).unwrap_err();
    assert_eq!((failure.code, &*failure.message), ("RM606", "expected sound of float samples"));
}

#[test]
fn a_long_life_takes_no_more_memory() {
    let mut node = gain(&json!({"factor": 1}));
    let packet = sound(&vec![0.5; 64 << 10]);
    // 500 × 256 KiB are twice what the guest may have in all.
    for _ in 0..500 {
        assert_eq!(process(node.as_mut(), packet.clone()).unwrap().len(), 1);
    }
}
