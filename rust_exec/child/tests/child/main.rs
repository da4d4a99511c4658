//! Nodes in real child processes: what they give, and what becomes of those that do not behave.
#![allow(clippy::unwrap_used, reason = "tests")]

mod hostile;
mod programs;
mod support;

use remotemedia_engine::{More, NodeInstance as _, Outputs};
use serde_json::json;

use crate::support::{Kept, child, spec, text, texts};

#[test]
fn packets_come_back_as_they_went_with_port_times_and_trace() {
    let mut node = child(&spec("Echo")).unwrap();
    let mut packet = text("hallo");
    (packet.seq, packet.pts_ns, packet.trace) = (7, Some(-3), Some("00-a-b-01".into()));
    let mut out = Outputs::new();
    assert_eq!(node.process(1, packet.clone(), &mut out), Ok(More::No));
    assert_eq!(out.drain().collect::<Vec<_>>(), [(1, packet)]);
}

#[test]
fn a_batch_is_answered_in_its_order() {
    let mut node = child(&spec("Echo")).unwrap();
    let mut out = Outputs::new();
    let packets = (0..1000).map(|it| (0, text(&it.to_string()))).collect();
    assert_eq!(node.process_all(packets, &mut out), Ok(More::No));
    let expected: Vec<_> = (0..1000).map(|it| it.to_string()).collect();
    assert_eq!(texts(&mut out), expected);
}

#[test]
fn what_is_not_finished_is_pulled_and_then_the_packets_behind_it() {
    let mut node = child(&spec("Many")).unwrap();
    let mut out = Outputs::new();
    let mut more = node.process_all(vec![(0, text("a")), (0, text("b"))], &mut out).unwrap();
    let mut pulls = 0;
    while more == More::Yes {
        more = node.pull(10, &mut out).unwrap();
        pulls += 1;
    }
    let countdown: Vec<String> = (1..=100).rev().map(|it| it.to_string()).collect();
    assert_eq!(texts(&mut out), [countdown.clone(), countdown].concat());
    assert!(pulls >= 9, "{pulls}");
}

#[test]
fn a_bound_of_output_is_each_packets_own() {
    let mut node = child(&{
        let mut spec = spec("Echo");
        spec.limits.output_bytes = 1000;
        spec
    })
    .unwrap();
    let mut out = Outputs::new();
    let packets = (0..3).map(|_| (0, text(&"x".repeat(600)))).collect();
    let mut more = node.process_all(packets, &mut out).unwrap();
    let mut got = vec![texts(&mut out).len()];
    while more == More::Yes {
        more = node.pull(10, &mut out).unwrap();
        got.push(texts(&mut out).len());
    }
    assert_eq!(got, [1, 1, 1]);
}

#[test]
fn a_failure_tells_its_packet_and_comes_between_those_before_and_behind_it() {
    let mut node = child(&spec("Odd")).unwrap();
    let mut out = Outputs::new();
    let packets = ["1", "2", "3"].map(|it| (0, text(it))).to_vec();
    assert_eq!(node.process_all(packets, &mut out), Ok(More::Yes));
    assert_eq!(texts(&mut out), ["1"]);
    let failure = node.pull(10, &mut out).unwrap_err();
    assert_eq!((failure.code, failure.message.as_str()), ("RM602", "expected odd, got even"));
    assert_eq!(node.in_hand(), Some(text("2")));
    assert!(node.goes_on());
    assert_eq!(node.pull(10, &mut out), Ok(More::No));
    assert_eq!(texts(&mut out), ["3"]);
    assert!(!node.goes_on());
}

#[test]
fn a_source_is_driven_by_pulls() {
    let mut spec = spec("Many");
    spec.inputs.clear();
    let mut node = child(&spec).unwrap();
    assert!(node.is_source());
    let mut out = Outputs::new();
    assert_eq!(node.pull(10, &mut out), Ok(More::No));
}

#[test]
fn state_and_parameters_reach_the_node() {
    let mut first = child(&spec("Echo")).unwrap();
    let mut out = Outputs::new();
    first.process(0, text("a"), &mut out).unwrap();
    let state = first.snapshot().unwrap().unwrap();
    let mut second = child(&spec("Echo")).unwrap();
    second.restore(&state).unwrap();
    second.set_param("gain", &json!(2.5)).unwrap();
    assert_eq!(second.set_param("pitch", &json!(1)).unwrap_err().code, "RM619");
    out.drain().for_each(drop);
    second.flush(&mut out).unwrap();
    assert_eq!(texts(&mut out), ["1 packets at 2.5"]);
    assert_eq!(second.restore(b"short").unwrap_err().code, "RM602");
    second.close();
}

#[test]
fn files_come_from_the_parent_which_may_refuse() {
    let mut node = child(&spec("File")).unwrap();
    let failure = node.process(0, text(""), &mut Outputs::new()).unwrap_err();
    assert_eq!((failure.code, failure.message.as_str()), ("RM306", "expected a file, got `no.txt`"));
}

#[test]
fn a_node_that_is_not_made_says_why() {
    let failure = child(&spec("Unmade")).err().unwrap();
    assert_eq!(
        (failure.code, failure.message.as_str(), failure.hint.as_deref()),
        ("RM608", "expected a model, got none", Some("give one"))
    );
}

#[test]
fn logs_are_cleaned_placed_and_bounded() {
    let kept = Kept::new();
    let mut spec = spec("Flood");
    (spec.log, spec.limits.log_bytes) = (kept.clone(), 100);
    let mut node = child(&spec).unwrap();
    node.process(0, text(""), &mut Outputs::new()).unwrap();
    let lines = kept.lines();
    assert_eq!(lines[0], "node.py:7: \u{fffd}[2Jagain and again and again");
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert_eq!(lines[2], "3699926 bytes of log were cut");
}
