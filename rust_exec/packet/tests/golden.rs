//! The golden vectors of `testdata/packets/`, which host Python, the sandbox and Rust all read.

use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use remotemedia_packet::{Flat, Packet, jsonl, wire};
use serde::Deserialize;

#[derive(Deserialize)]
struct Vector {
    name: String,
    packet: Values,
    proto: String,
    jsonl: String,
    envelope: String,
}

/// The ten values, with `data` in base64.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Values {
    port: u32,
    stream: u32,
    seq: u64,
    pts: i64,
    duration: i64,
    kind: u32,
    head: String,
    meta: String,
    session: String,
    data: String,
}

impl Values {
    fn flat(self) -> Flat {
        let Self { port, stream, seq, pts, duration, kind, head, meta, session, data } = self;
        Flat { port, stream, seq, pts, duration, kind, head, meta, session, data: bytes(&data) }
    }
}

fn bytes(text: &str) -> Bytes {
    STANDARD.decode(text).expect("base64").into()
}

fn files() -> Vec<PathBuf> {
    let directory =
        Path::new(&std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("../../testdata/packets");
    let entries = std::fs::read_dir(directory).expect("the folder of vectors");
    let mut files: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    files
}

/// Calls `test` with the label of each vector, its values, and the rest of it.
fn each(test: impl Fn(&str, Flat, &str, &str, &str)) {
    let mut count = 0;
    for file in files() {
        let text = std::fs::read(&file).expect("a file of vectors");
        let vectors: Vec<Vector> =
            serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        for vector in vectors {
            let label = format!("{}: {}", file.display(), vector.name);
            test(&label, vector.packet.flat(), &vector.proto, &vector.jsonl, &vector.envelope);
            count += 1;
        }
    }
    assert!(count > 0, "no vectors were found");
}

fn packet(label: &str, flat: &Flat) -> (u32, Packet) {
    flat.clone().into_packet().unwrap_or_else(|error| panic!("{label}: {error}"))
}

#[test]
fn flat_values_come_back() {
    each(|label, flat, _, _, _| {
        let (port, packet) = packet(label, &flat);
        assert_eq!(Flat::from_packet(&packet, port).as_ref(), Ok(&flat), "{label}");
    });
}

#[test]
fn messages_are_those_of_another_encoder() {
    each(|label, flat, proto, _, _| {
        let (port, packet) = packet(label, &flat);
        assert_eq!(wire::encode(&packet, port), Ok(bytes(proto)), "{label}");
        assert_eq!(wire::decode(bytes(proto)), Ok((port, packet.clone())), "{label}");
        assert_eq!(wire::decode(&*bytes(proto)), Ok((port, packet)), "{label}");
    });
}

#[test]
fn lines_are_those_of_another_writer() {
    each(|label, flat, _, line, envelope| {
        let (_, packet) = packet(label, &flat);
        assert_eq!(jsonl::to_line(&packet, false).as_deref(), Ok(line), "{label}");
        assert_eq!(jsonl::from_line(line, false), Ok(Packet::new(packet.body.clone())), "{label}");
        assert_eq!(jsonl::to_line(&packet, true).as_deref(), Ok(envelope), "{label}");
        assert_eq!(jsonl::from_line(envelope, true), Ok(Packet { session: None, ..packet }), "{label}");
    });
}
