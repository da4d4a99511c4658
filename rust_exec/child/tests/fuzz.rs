//! Changed frames of a child, who may be a stranger's program: what is read is bounded, and what is accepted is sound.

use bytes::Bytes;
use remotemedia_child::frame::{self, Emitted, Kind};
use remotemedia_child::message::{Failed, Hello, Line, Ready};
use remotemedia_engine::EffectiveLimits;
use remotemedia_fuzz::fuzz;
use remotemedia_packet::{Body, Packet};

const MOST: usize = 1 << 20;
const TOKENS: &[&[u8]] = &[
    &[0xff, 0xff, 0xff, 0x7f],
    &[0, 0, 0, 0, 0x82],
    &[0x81],
    &[0x84],
    &[0x85],
    b"{\"protocol\":1}",
    b"{\"code\":\"RM602\",\"message\":\"\"}",
    b"\"causes\":[",
    b"\\u0000",
];

fn limits() -> EffectiveLimits {
    EffectiveLimits { output_packets: 8, output_bytes: 4096, ..EffectiveLimits::default() }
}

/// Frames as a child writes them.
fn frames() -> Vec<Vec<u8>> {
    let packets = [(0, Packet::new(Body::Text("a".into()))), (1, Packet::new(Body::Text("b".into())))];
    let encoded = frame::encode_packets(&packets).expect("packets");
    let emitted = [&[1][..], &encoded.concat().concat()].concat();
    let said: [(Kind, &[u8]); 6] = [
        (Kind::Hello, b"{\"protocol\":1}"),
        (Kind::Ready, b"{}"),
        (Kind::Emitted, &emitted),
        (Kind::Failed, b"{\"code\":\"RM602\",\"message\":\"no\",\"causes\":[]}"),
        (Kind::Log, b"{\"level\":\"info\",\"message\":\"here\"}"),
        (Kind::Read, b"models/a.onnx"),
    ];
    said.map(|(kind, payload)| {
        let mut bytes = Vec::new();
        frame::write(&mut bytes, kind, payload).expect("a frame");
        bytes
    })
    .to_vec()
}

#[test]
fn changed_frames() {
    let limits = limits();
    let tried = fuzz("child-frame", &frames(), TOKENS, |input| {
        let mut rest = input;
        while let Ok(Some(read)) = frame::read(&mut rest, MOST) {
            assert!(read.payload.len() <= MOST);
            match read.kind {
                Kind::Emitted => sound(read.payload, &limits),
                Kind::Hello => drop(serde_json::from_slice::<Hello>(&read.payload)),
                Kind::Ready => drop(serde_json::from_slice::<Ready>(&read.payload)),
                Kind::Failed => drop(serde_json::from_slice::<Failed>(&read.payload)),
                Kind::Log => drop(serde_json::from_slice::<Line>(&read.payload)),
                _ => {}
            }
        }
    });
    assert!(tried > 100);
}

/// What is accepted keeps its bounds, and is whole.
fn sound(payload: Bytes, limits: &EffectiveLimits) {
    if let Ok(emitted) = Emitted::decode(payload, limits) {
        assert!(emitted.packets.len() as u64 <= limits.output_packets);
        for (_, packet) in &emitted.packets {
            packet.check().expect("a packet that was accepted");
        }
    }
}
