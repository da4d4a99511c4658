//! What a session computes with, where its weights come from, and models that do harm.

use std::time::{Duration, Instant};

use remotemedia_engine::{EffectiveLimits, NodeRuntime, NodeSpec};
use serde_json::json;

use crate::support::*;

#[test]
fn providers_and_threads_are_held_against_the_library() {
    for (params, code, message) in [
        (json!({"providers": ["abacus"]}), "RM608", "expected an execution provider of this ONNX Runtime library (cpu"),
        (json!({"providers": "cpu"}), "RM211", "expected a list of names for `providers`, got `\"cpu\"`"),
        (json!({"threads": 300}), "RM211", "expected an integer from 0 to 256 for `threads`, got `300`"),
        (
            json!({"batch": "many"}),
            "RM211",
            "expected `auto`, `off` or an integer from 1 to 1024 for `batch`, got `\"many\"`",
        ),
        (json!({"batch": 0}), "RM211", "expected `auto`, `off` or an integer from 1 to 1024 for `batch`, got `0`"),
    ] {
        let failure = small("echo-rank-1", params).err().unwrap();
        assert_eq!(failure.code, code, "{failure}");
        assert!(failure.message.starts_with(message), "{failure}");
    }
    let mut node = small("echo-rank-1", json!({"providers": ["cpu"], "threads": 2})).unwrap();
    assert_eq!(floats(&process(&mut *node, sound(&[1.0], 1)).unwrap()), [1.0]);
}

#[test]
fn a_run_that_does_not_end_is_ended_and_the_node_lives_on() {
    let params = json!({"model": {"$file": "hostile/endless-loop.onnx"}, "input": "x", "output": "y"});
    let limits = EffectiveLimits { timeout: Duration::from_millis(100), ..EffectiveLimits::default() };
    let mut node = RUNTIME.instantiate(&NodeSpec { limits, ..spec("OnnxNode", params) }).unwrap();
    for _ in 0..2 {
        let begin = Instant::now();
        let failure = process(&mut *node, sound(&[1.0], 1)).unwrap_err();
        assert_eq!(
            (failure.code, failure.message.as_str()),
            ("RM603", "expected a run of the model within 0.1 s, got none")
        );
        assert!(begin.elapsed() < Duration::from_millis(600), "{:?}", begin.elapsed());
    }
}

#[test]
fn a_run_that_nobody_waits_for_is_ended() {
    let params = json!({"model": {"$file": "hostile/endless-loop.onnx"}, "input": "x", "output": "y"});
    let spec = spec("OnnxNode", params);
    let mut node = RUNTIME.instantiate(&spec).unwrap();
    let begin = Instant::now();
    let failure = std::thread::scope(|scope| {
        let run = scope.spawn(|| process(&mut *node, sound(&[1.0], 1)).unwrap_err());
        std::thread::sleep(Duration::from_millis(30));
        spec.cancel.cancel();
        run.join().unwrap()
    });
    assert_eq!(failure.code, "RM615");
    assert!(begin.elapsed() < Duration::from_secs(2), "{:?}", begin.elapsed());
}

#[test]
fn weights_lie_beside_the_model() {
    for (name, code, message) in [
        ("weights-above", "RM608", "expected weights beside the model, got `../../../etc/passwd`"),
        ("weights-absolute", "RM608", "expected weights beside the model, got `/etc/passwd`"),
        ("weights-missing", "RM306", "`hostile/missing.bin`"),
    ] {
        let params = json!({"model": {"$file": format!("hostile/{name}.onnx")}, "input": "x", "output": "y"});
        let failure = instantiate(params).err().unwrap();
        assert_eq!(failure.code, code, "{failure}");
        assert!(failure.message.starts_with(message), "{failure}");
    }
}
