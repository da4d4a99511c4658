//! Bounds that only a mistake would exceed: a hundred times what is measured when nothing else runs.

use std::time::{Duration, Instant};

use bytes::Bytes;
use remotemedia_packet::{Audio, Body, Layout, Packet, SampleFormat};
use serde_json::json;

use crate::support::{draft, json_packet};

#[test]
fn a_packet_costs_microseconds_and_a_fresh_node_milliseconds() {
    let source = "class N:\n    n = 0\n    def process(self, v):\n        self.n += 1\n        return v";
    drop(draft(source).make());
    let started = Instant::now();
    let mut node = draft(source).make();
    node.packet(json_packet(&json!({"text": "hello", "n": 3})));
    let fresh = started.elapsed();
    let sound = Audio {
        format: SampleFormat::F32,
        rate: 16000,
        channels: 1,
        layout: Layout::Planar,
        data: Bytes::from(vec![0; 1280]),
    };
    let mut per_call = |packet: Packet| {
        let mut best = Duration::MAX;
        for _ in 0..2000 {
            let packet = packet.clone();
            let started = Instant::now();
            node.packet(packet);
            best = best.min(started.elapsed());
        }
        best
    };
    let text = per_call(json_packet(&json!({"text": "hello", "n": 3})));
    let audio = per_call(Packet::new(Body::Audio(sound)));
    eprintln!("fresh node to first packet {fresh:?}, tiny json {text:?}, 1280 bytes of sound {audio:?}");
    assert!(fresh < Duration::from_millis(500) && text < Duration::from_millis(2) && audio < Duration::from_millis(2));
}
