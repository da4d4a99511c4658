//! A component that does harm (`testdata/components/hostile.c`): a typed failure in time, and a host that lives.

use std::time::{Duration, Instant};

use remotemedia_engine::{NodeFailure, NodeInstance, NodeRuntime};
use remotemedia_packet::{Body, Packet};
use serde_json::json;

use crate::support::{make, process, repository, runtime, spec};

/// What the deadline of 400 ms may be overrun by.
const IN_TIME: Duration = Duration::from_millis(500);

fn hostile(way: &str) -> Result<Box<dyn NodeInstance>, NodeFailure> {
    make(repository("testdata/components/hostile.wasm"), &json!({"way": way}))
}

fn packet() -> Packet {
    Packet::new(Body::Text("a".into()))
}

#[test]
fn harm_is_a_typed_failure_in_time() {
    for (way, code) in [
        ("loop", "RM603"),
        ("trap", "RM611"),
        ("nest", "RM611"),
        ("memory", "RM604"),
        ("huge", "RM604"),
        ("many", "RM607"),
        ("beyond", "RM611"),
        ("too much random", "RM611"),
        ("no utf-8", "RM611"),
        ("no kind", "RM605"),
        ("no port", "RM605"),
        ("no json", "RM605"),
        ("no shape", "RM605"),
        ("fails", "RM602"),
    ] {
        let mut node = hostile(way).unwrap();
        let started = Instant::now();
        let failure = process(node.as_mut(), packet()).unwrap_err();
        assert!(started.elapsed() < IN_TIME, "{way}: {:?}", started.elapsed());
        assert_eq!(failure.code, code, "{way}: {failure:?}");
        assert!(!failure.message.contains('\x1b'), "{failure:?}");
    }
}

#[test]
fn harm_at_the_start_and_at_the_end_is_bounded_too() {
    for (way, code) in [("loop in init", "RM603"), ("trap in init", "RM611")] {
        let started = Instant::now();
        assert_eq!(hostile(way).err().unwrap().code, code);
        assert!(started.elapsed() < IN_TIME + IN_TIME, "{way}");
    }
    let mut node = hostile("hang at the end").unwrap();
    let started = Instant::now();
    node.close();
    assert!(started.elapsed() < IN_TIME);
}

#[test]
fn a_flood_of_the_log_is_cut() {
    let (spec, lines) = spec(repository("testdata/components/hostile.wasm"), &json!({"way": "flood"}));
    let mut node = runtime().instantiate(&spec).unwrap();
    process(node.as_mut(), packet()).unwrap();
    let lines = lines.0.lock().unwrap();
    assert!(lines.iter().map(String::len).sum::<usize>() < 65 << 10);
    assert!(lines.last().unwrap().ends_with("bytes of log were cut"));
}

#[test]
fn a_cancelled_run_does_not_wait_for_its_nodes() {
    let (mut spec, _) = spec(repository("testdata/components/hostile.wasm"), &json!({"way": "loop"}));
    spec.limits.timeout = Duration::from_secs(60);
    let mut node = runtime().instantiate(&spec).unwrap();
    let cancel = spec.cancel.clone();
    let asked = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(50));
        cancel.cancel();
        Instant::now()
    });
    assert_eq!(process(node.as_mut(), packet()).unwrap_err().code, "RM615");
    assert!(asked.join().unwrap().elapsed() < Duration::from_millis(200));
}
