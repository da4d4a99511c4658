//! What a hop from node to node costs: a line of native nodes that pass packets on.
//!
//! ```text
//! cargo run --release --example hops -- fused|threads [NODES [PACKETS [BYTES]]]
//! ```
//!
//! Prints one JSON object: nanoseconds of wall and of processor time per packet and hop.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a program for benchmarks")]

mod line;

use std::time::Instant;

use line::{Step, processor_seconds};
use remotemedia_engine::{Cancel, Pipeline};
use remotemedia_packet::{Body, Packet};
use serde_json::json;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let number = |index: usize, default: u64| args.get(index).map_or(default, |it| it.parse().unwrap());
    let fused = args.first().is_none_or(|it| it == "fused");
    let (nodes, packets, bytes) = (number(1, 10) as usize, number(2, 1_000_000), number(3, 1280));
    let pipeline = line::line(nodes, |_| Step { alone: !fused, busy: std::time::Duration::ZERO })
        .with_input_at_hand()
        .with_quick_sink();
    let report = run(pipeline, packets, bytes as usize);
    println!("{report}");
}

fn run(pipeline: Pipeline, packets: u64, bytes: usize) -> serde_json::Value {
    let nodes = pipeline.monitor().report().nodes.len() as u64;
    let packet = Packet::new(Body::Bytes(vec![0; bytes].into()));
    let input = (0..packets).map(move |_| Ok(packet.clone()));
    let (began, used, mut seen) = (Instant::now(), processor_seconds(), 0_u64);
    let mut sink = |_: &str, _: Packet| {
        seen += 1;
        Ok(())
    };
    pipeline.run(input, &mut sink, &Cancel::new()).unwrap();
    assert_eq!(seen, packets);
    let per_hop = |seconds: f64| (seconds * 1e9 / (packets * nodes) as f64 * 10.0).round() / 10.0;
    let (wall, cpu) = (began.elapsed().as_secs_f64(), processor_seconds() - used);
    json!({"nodes": nodes, "packets": packets, "bytes": bytes, "wall_ns_per_hop": per_hop(wall), "cpu_ns_per_hop": per_hop(cpu)})
}
