//! Queues are bounded by packets and by bytes, so that a slow sink holds a source that has no end.
#![allow(clippy::unwrap_used, reason = "tests")]

mod harness;

use std::time::{Duration, Instant};

use harness::{Call, count, node, pipeline};
use remotemedia_engine::{BURST_CAPACITY, CAPACITY_BYTES, Cancel, DEFAULT_CAPACITY, More, NodeParts, Pace};
use remotemedia_manifest::RuntimeKind::{Native, Onnx, Wasm};
use remotemedia_packet::{Body, Packet};

/// Gives packets of so many bytes, so many in all.
fn flood(id: &str, bytes: usize, packets: u64) -> NodeParts {
    let mut left = packets;
    let mut parts = node(id, Native, move |call, out| {
        if let Call::Pull(_) = call {
            // Written, so that it counts.
            out.push(Packet::new(Body::Bytes(vec![1; bytes].into())));
            left -= 1;
            return Ok(if left > 0 { More::Yes } else { More::No });
        }
        Ok(More::No)
    });
    parts.spec.inputs.clear();
    parts
}

fn pass(id: &str, kind: remotemedia_manifest::RuntimeKind) -> NodeParts {
    node(id, kind, |call, out| {
        if let Call::Process(_, packet) = call {
            out.push(packet);
        }
        Ok(More::No)
    })
}

fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|it| it.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() << 10
}

#[test]
fn scenario_a_slow_sink_holds_a_source_of_ten_gigabytes() {
    let before = resident_bytes();
    let nodes = vec![flood("a", 1 << 20, 10 << 10), pass("b", Wasm), pass("c", Onnx)];
    let (cancel, begin) = (Cancel::new(), Instant::now());
    let (mut most, stop) = (0, cancel.clone());
    let mut sink = |_: &str, _: Packet| {
        std::thread::sleep(Duration::from_millis(10));
        most = most.max(resident_bytes());
        if begin.elapsed() > Duration::from_millis(700) {
            stop.cancel();
        }
        Ok(())
    };
    let line = pipeline(nodes, &["a b", "b c"]);
    let monitor = line.monitor();
    line.run(std::iter::empty(), &mut sink, &cancel).unwrap_err();
    assert!(most - before < 100 << 20, "{} MiB more than before", (most - before) >> 20);
    let report = monitor.report();
    assert!(report.nodes[0].packets_out > 8 && report.nodes[0].packets_out < 1024);
    for edge in &report.edges {
        assert!((1..=CAPACITY_BYTES as u64 >> 20).contains(&edge.high_water), "{edge:?}");
    }
}

#[test]
fn a_packet_larger_than_a_queue_passes_alone() {
    let line = pipeline(vec![flood("a", CAPACITY_BYTES + 1, 5), pass("b", Wasm)], &["a b"]);
    let mut seen = 0;
    let mut sink = |_: &str, _: Packet| {
        seen += 1;
        Ok(())
    };
    let report = line.run(std::iter::empty(), &mut sink, &Cancel::new()).unwrap();
    assert_eq!((seen, report.edges[0].high_water), (5, 1));
}

#[test]
fn a_live_queue_never_holds_more_for_a_quick_taker() {
    for (pace, most) in [(Pace::Batch, BURST_CAPACITY), (Pace::Live, DEFAULT_CAPACITY)] {
        let line = pipeline(vec![count("a", Native, 20_000), pass("b", Wasm)], &["a b"]).with_pace(pace);
        let report = line.run(std::iter::empty(), &mut |_: &str, _| Ok(()), &Cancel::new()).unwrap();
        let edge = &report.edges[0];
        assert!((1..=most as u64).contains(&edge.high_water), "{edge:?}");
        assert_eq!(edge.packets + edge.dropped, 20_000);
    }
}
