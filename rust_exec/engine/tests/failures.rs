//! What fails, ends: what was given before reaches the sink, and no thread stays.
#![allow(clippy::unwrap_used, reason = "tests")]

mod harness;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use harness::{Call, count, manifest, map, node, pipeline, run, text, text_of};
use remotemedia_engine::{
    Cancel, EffectiveLimits, Guard, More, NodeFailure, NodeInstance, NodeParts, NodeRuntime, NodeSpec, Outputs,
    Pipeline, PortId, RunError,
};
use remotemedia_manifest::RuntimeKind::{self, Native, Onnx, Python, Wasm};
use remotemedia_packet::{Body, Packet};

/// Fails on the packet `5`.
fn fragile(id: &str, kind: RuntimeKind) -> NodeParts {
    node(id, kind, |call, out| {
        if let Call::Process(_, packet) = call {
            if text_of(&packet) == "5" {
                return Err(NodeFailure::new("RM602", "five").with_cause("ValueError", "five", None));
            }
            out.push(packet);
        }
        Ok(More::No)
    })
}

fn echo(id: &str, kind: RuntimeKind) -> NodeParts {
    map(id, kind, |text| text)
}

fn node_error(error: &RunError) -> &remotemedia_engine::NodeError {
    match error {
        RunError::Node(error) => error,
        other => panic!("expected a node's error, got {other:?}"),
    }
}

#[test]
fn what_was_given_before_an_error_reaches_the_sink() {
    for (first, second, third) in [(Native, Native, Native), (Wasm, Onnx, Wasm), (Python, Python, Native)] {
        let nodes = vec![count("a", first, 1_000_000), fragile("b", second), echo("c", third)];
        let ran = run(pipeline(nodes, &["a b", "b c"]), &[]);
        assert_eq!(ran.of("c"), ["0", "1", "2", "3", "4"]);
        let error = ran.result.unwrap_err();
        let error = node_error(&error);
        assert_eq!((error.node.as_str(), error.runtime, error.call, error.seq), ("b", second, "process", Some(5)));
        assert_eq!((error.failure.code, error.to_string().as_str()), ("RM602", "node `b` failed in process: five"));
        assert!(error.input.as_ref().unwrap().contains("text"));
    }
}

#[test]
fn an_error_in_one_branch_ends_the_others() {
    let nodes =
        vec![count("a", Wasm, u64::MAX), fragile("b", Wasm), echo("c", Wasm), count("lonely", Native, u64::MAX)];
    let ran = run(pipeline(nodes, &["a b", "a c"]), &[]);
    assert_eq!(ran.of("b"), ["0", "1", "2", "3", "4"]);
    assert_eq!(node_error(&ran.result.unwrap_err()).node, "b");
}

#[test]
fn errors_of_flush_and_pull_name_the_method_that_failed() {
    for (call, at) in [("flush", 2), ("process", 1), ("flush", 3)] {
        let bad = node("bad", Native, move |it, _| match (it, at) {
            (Call::Flush, 2) | (Call::Pull(_), 1 | 3) => Err(NodeFailure::new("RM602", "no")),
            (Call::Process(..), 1) | (Call::Flush, 3) => Ok(More::Yes),
            _ => Ok(More::No),
        });
        let error = run(pipeline(vec![bad], &[]), &["1"]).result.unwrap_err();
        assert_eq!((node_error(&error).call, node_error(&error).seq), (call, None));
    }
}

#[test]
fn a_panic_is_an_error_of_its_node() {
    for kind in [Native, Wasm] {
        let bad = map("bad", kind, |text| {
            assert_ne!(text, "1", "one is too many");
            text
        });
        let ran = run(pipeline(vec![bad, echo("c", kind)], &["bad c"]), &["0", "1", "2"]);
        assert_eq!(ran.of("c"), ["0"]);
        let error = ran.result.unwrap_err();
        let error = node_error(&error);
        assert_eq!((error.node.as_str(), error.failure.code, error.seq), ("bad", "RM602", Some(1)));
        assert!(error.failure.message.starts_with("the node panicked: "), "{error}");
        assert!(error.failure.message.contains("one is too many"), "{error}");
    }
}

#[test]
fn a_panic_while_a_node_is_made_is_an_error_of_its_node() {
    struct Bad;
    impl NodeRuntime for Bad {
        fn kind(&self) -> RuntimeKind {
            Onnx
        }
        fn instantiate(&self, _: &NodeSpec) -> Result<Box<dyn NodeInstance>, NodeFailure> {
            panic!("not today")
        }
    }
    let error = NodeParts::make(&Bad, harness::spec("a")).err().unwrap();
    assert_eq!((error.call, error.runtime), ("init", Onnx));
    assert_eq!(error.failure.message, "the node panicked: not today");
}

#[test]
fn every_node_is_closed_however_the_run_ends() {
    let closed = Arc::new(AtomicUsize::new(0));
    let closing = |id: &str| {
        let closed = Arc::clone(&closed);
        node(id, Native, move |call, out| {
            match call {
                Call::Process(_, packet) => out.push(packet),
                Call::Close => {
                    closed.fetch_add(1, Ordering::SeqCst);
                    panic!("also when closing");
                }
                _ => {}
            }
            Ok(More::No)
        })
    };
    let ran = run(pipeline(vec![closing("a"), fragile("b", Wasm), closing("c")], &["a b", "b c"]), &["5"]);
    assert!(ran.result.is_err());
    assert_eq!(closed.load(Ordering::SeqCst), 2);
}

#[test]
fn a_failing_input_ends_the_run() {
    let input = [Ok(text("1")), Err(NodeFailure::new("RM612", "line 2 is not JSON")), Ok(text("3"))];
    for nodes in [vec![echo("a", Native)], vec![echo("a", Native), echo("b", Native)]] {
        let mut seen = Vec::new();
        let mut sink = |_: &str, packet: Packet| {
            seen.push(text_of(&packet));
            Ok(())
        };
        let leaves = nodes.len();
        let error = pipeline(nodes, &[]).run(input.clone().into_iter(), &mut sink, &Cancel::new()).unwrap_err();
        assert_eq!(error, RunError::Input(NodeFailure::new("RM612", "line 2 is not JSON")));
        assert_eq!(seen, vec!["1"; leaves]);
    }
}

#[test]
fn a_failing_sink_ends_the_run() {
    let mut seen = 0;
    let mut sink = |_: &str, _: Packet| {
        seen += 1;
        if seen == 3 { Err(NodeFailure::new("RM616", "disk full")) } else { Ok(()) }
    };
    let endless = pipeline(vec![count("a", Native, u64::MAX), echo("b", Wasm)], &["a b"]);
    let error = endless.run(std::iter::empty(), &mut sink, &Cancel::new()).unwrap_err();
    assert_eq!((error.code(), seen), ("RM616", 3));
}

#[test]
fn a_flood_is_stopped_and_costs_no_memory() {
    let limits = EffectiveLimits { output_packets: 10, output_bytes: 100, ..EffectiveLimits::default() };
    for (packets, size, floods) in [(10, 10, false), (11, 1, true), (1, 101, true), (1_000_000, 1, true)] {
        let mut parts = node("a", Native, move |call, out| {
            if let Call::Process(..) = call {
                (0..packets).for_each(|_| out.push(text(&"x".repeat(size))));
                assert!(out.len() <= 10, "what is too much is not kept");
            }
            Ok(More::No)
        });
        parts.spec.limits = limits;
        let result = run(pipeline(vec![parts], &[]), &["1"]).result;
        match result {
            Ok(_) => assert!(!floods),
            Err(error) => {
                assert!(floods);
                assert_eq!(error.code(), "RM607");
                assert_eq!(
                    node_error(&error).failure.message,
                    "expected at most 10 packets and 100 bytes a call, got more"
                );
            }
        }
    }
}

#[test]
fn a_packet_of_the_wrong_kind_is_refused_before_the_node_sees_it() {
    let mut manifest = manifest(&["a", "mix"], &["a mix"]);
    manifest.nodes[1].node_type = "AudioMixNode".into();
    manifest.nodes[1].entry = None;
    let mix = node("mix", Native, |call, _| match call {
        Call::Process(..) => panic!("reached"),
        _ => Ok(More::No),
    });
    let ran = run(Pipeline::new(&manifest, vec![echo("a", Native), mix]).unwrap(), &["words"]);
    let error = ran.result.unwrap_err();
    let error = node_error(&error);
    assert_eq!((error.node.as_str(), error.failure.code), ("mix", "RM606"));
    assert!(error.failure.message.starts_with("expected audio on port `in`, got text"), "{error}");
}

#[test]
fn a_slow_sink_holds_a_fast_source_back() {
    let given = Arc::new(AtomicUsize::new(0));
    let taken = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&given);
    let mut source = node("a", Native, move |call, out| {
        if let Call::Pull(_) = call {
            out.push(text("x"));
            return Ok(if counter.fetch_add(1, Ordering::SeqCst) < 300 { More::Yes } else { More::No });
        }
        Ok(More::No)
    });
    source.spec.inputs.clear();
    let mut most = 0;
    let mut sink = |_: &str, _: Packet| {
        std::thread::sleep(Duration::from_micros(200));
        let in_flight = given.load(Ordering::SeqCst) - taken.fetch_add(1, Ordering::SeqCst);
        most = most.max(in_flight);
        Ok(())
    };
    let line = pipeline(vec![source, echo("b", Wasm), echo("c", Onnx)], &["a b", "b c"]).with_capacity(4);
    line.run(std::iter::empty(), &mut sink, &Cancel::new()).unwrap();
    assert_eq!(taken.load(Ordering::SeqCst), 301);
    // Three queues of four, and a batch of four in each of three stages and in the sink.
    assert!(most <= 3 * 4 + 3 * 4 + 4, "{most} packets in flight");
}

/// Runs `line` and cancels it after 100 ms; how long it then took to end.
fn cancelled(line: Pipeline, sink: &mut dyn FnMut(&str, Packet) -> Result<(), NodeFailure>) -> Duration {
    let cancel = Cancel::new();
    let trigger = cancel.clone();
    let canceller = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(100));
        trigger.cancel();
        Instant::now()
    });
    let error = line.run(std::iter::empty(), sink, &cancel).unwrap_err();
    let ended = Instant::now();
    assert_eq!(error, RunError::Cancelled);
    assert_eq!(error.code(), "RM615");
    ended.saturating_duration_since(canceller.join().unwrap())
}

#[test]
fn cancellation_ends_a_busy_pipeline_at_once() {
    let line = pipeline(vec![count("a", Native, u64::MAX), echo("b", Wasm), echo("c", Native)], &["a b", "b c"]);
    let took = cancelled(line, &mut |_, _| Ok(()));
    assert!(took < Duration::from_millis(200), "{took:?}");
}

#[test]
fn cancellation_ends_a_pipeline_that_gives_nothing() {
    let silent = node("silent", Wasm, |call, _| match call {
        Call::Pull(_) | Call::Process(..) => Ok(More::Yes),
        _ => Ok(More::No),
    });
    let took = cancelled(pipeline(vec![count("a", Native, u64::MAX), silent], &["a silent"]), &mut |_, _| Ok(()));
    assert!(took < Duration::from_millis(200), "{took:?}");
}

#[test]
fn cancellation_frees_those_who_wait_for_a_full_queue() {
    let line = pipeline(vec![count("a", Wasm, u64::MAX), echo("b", Wasm), echo("c", Wasm)], &["a b", "b c"]);
    let took = cancelled(line.with_capacity(1), &mut |_, _| {
        std::thread::sleep(Duration::from_millis(20));
        Ok(())
    });
    assert!(took < Duration::from_millis(200), "{took:?}");
}

#[test]
fn no_thread_stays() {
    let threads = || std::fs::read_dir("/proc/self/task").unwrap().count();
    let names = || {
        let tasks = std::fs::read_dir("/proc/self/task").unwrap();
        let name = |it: std::io::Result<std::fs::DirEntry>| std::fs::read_to_string(it.unwrap().path().join("comm"));
        tasks.filter_map(|it| name(it).ok()).filter(|it| it.starts_with("leak-test")).count()
    };
    let nodes = vec![count("leak-test-a", Wasm, u64::MAX), fragile("leak-test-b", Wasm), echo("leak-test-c", Wasm)];
    let ran = run(pipeline(nodes, &["leak-test-a leak-test-b", "leak-test-b leak-test-c"]), &[]);
    assert!(ran.result.is_err());
    assert_eq!(names(), 0, "of {} threads", threads());
}

/// A guard that knows whether it is held.
struct Lock(AtomicBool, AtomicUsize);

impl Guard for Lock {
    fn hold(&self, batch: &mut dyn FnMut()) {
        assert!(!self.0.swap(true, Ordering::SeqCst), "held twice");
        self.1.fetch_add(1, Ordering::SeqCst);
        batch();
        self.0.store(false, Ordering::SeqCst);
    }
}

struct Guarded(Arc<Lock>);

impl NodeInstance for Guarded {
    fn process(&mut self, _: PortId, packet: Packet, out: &mut Outputs) -> Result<More, NodeFailure> {
        assert!(self.0.0.load(Ordering::SeqCst), "called without the guard");
        out.push(packet.with_body(Body::Text(text_of(&packet).into())));
        Ok(More::No)
    }

    fn guard(&self) -> Option<Arc<dyn Guard>> {
        Some(Arc::clone(&self.0) as Arc<dyn Guard>)
    }
}

#[test]
fn a_guard_is_held_for_whole_batches_and_never_while_waiting() {
    let lock = Arc::new(Lock(AtomicBool::new(false), AtomicUsize::new(0)));
    let guarded = |id: &str| {
        let instance = Box::new(Guarded(Arc::clone(&lock)));
        NodeParts::new(harness::spec(id), Python, instance)
    };
    let ran = run(pipeline(vec![guarded("a"), guarded("b")], &["a b"]).with_capacity(256), &["x"; 2_000]);
    assert_eq!(ran.outputs.len(), 2_000);
    ran.result.unwrap();
    let held = lock.1.load(Ordering::SeqCst);
    assert!(held < 4_000, "held {held} times for 4 000 calls");
    assert!(!lock.0.load(Ordering::SeqCst));
}
