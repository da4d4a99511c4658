//! Changed packets in each of their forms: nothing panics, takes long or takes much memory, and what is accepted comes
//! back the same.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use remotemedia_fuzz::fuzz;
use remotemedia_packet::{Flat, Packet, jsonl, wire};
use serde::Deserialize;

const TOKENS: &[&[u8]] = &[
    b"{\"$buf\":0,\"dtype\":\"f64\",\"shape\":[1]}",
    b"{\"$bytes\":0,\"length\":9}",
    b"{\"$float\":\"nan\"}",
    b"{\"$int\":\"9\"}",
    b"{\"$tuple\":[]}",
    b"\"$audio\"",
    b"[[[[",
    b"NaN",
    b"\\u0000",
    b"\"shape\":[0,18446744073709551615]",
];

/// The forms of a golden vector.
#[derive(Deserialize)]
struct Vector {
    packet: Values,
    proto: String,
    jsonl: String,
    envelope: String,
}

#[derive(Deserialize)]
struct Values {
    kind: u8,
    head: String,
    meta: String,
    data: String,
}

/// One form of every golden vector.
fn corpus(form: impl Fn(&Vector) -> Vec<u8>) -> Vec<Vec<u8>> {
    let root = Path::new(&std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("../../testdata/packets");
    let files = std::fs::read_dir(root).expect("the folder of vectors").map(|it| it.expect("an entry").path());
    let mut inputs = Vec::new();
    for file in files.filter(|it| it.extension().is_some_and(|it| it == "json")) {
        let vectors: Vec<Vector> = serde_json::from_slice(&std::fs::read(file).expect("vectors")).expect("JSON");
        inputs.extend(vectors.iter().map(&form).filter(|it| it.len() < 1 << 16));
    }
    inputs
}

fn decoded(base64: &str) -> Vec<u8> {
    STANDARD.decode(base64).expect("base64")
}

/// That every reader may rely on a packet that was accepted, and every form gives it back.
fn sound(packet: &Packet, port: u32) {
    packet.check().expect("a packet that was accepted");
    let message = wire::encode(packet, port).expect("a message");
    assert_eq!(wire::decode(message).expect("what was written"), (port, packet.clone()));
    let flat = Flat::from_packet(packet, port).expect("ten values");
    let (_, back) = flat.into_packet().expect("what was written");
    assert_eq!(Packet { trace: packet.trace.clone(), ..back }, *packet);
    assert!(packet.summary().len() < 1024);
}

#[test]
fn changed_messages() {
    let corpus = corpus(|it| decoded(&it.proto));
    let tried = fuzz("packet-wire", &corpus, TOKENS, |input| {
        if let Ok((port, packet)) = wire::decode(Bytes::copy_from_slice(input)) {
            sound(&packet, port);
        }
    });
    assert!(tried > 100);
}

fn change_lines(corpus: &[Vec<u8>], envelope: bool) {
    let tried = fuzz("packet-line", corpus, TOKENS, |input| {
        let Ok(line) = std::str::from_utf8(input) else { return };
        let Ok(packet) = jsonl::from_line(line, envelope) else { return };
        sound(&packet, 0);
        let again = jsonl::to_line(&packet, envelope).expect("a line");
        assert_eq!(jsonl::from_line(&again, envelope).expect("what was written"), packet);
    });
    assert!(tried > 100);
}

#[test]
fn changed_lines() {
    change_lines(&corpus(|it| it.jsonl.as_bytes().to_vec()), false);
}

#[test]
fn changed_envelopes() {
    change_lines(&corpus(|it| it.envelope.as_bytes().to_vec()), true);
}

/// Lengths of head and metadata, then both, then the data: what a guest hands over (`schemas/node.wit`).
fn packed(kind: u8, head: &[u8], meta: &[u8], data: &[u8]) -> Vec<u8> {
    let lengths = [head, meta].map(|it| u16::try_from(it.len()).unwrap_or(u16::MAX).to_le_bytes());
    [&[kind][..], &lengths.concat(), head, meta, data].concat()
}

fn unpacked(input: &[u8]) -> Option<Flat> {
    let (&[kind, a, b, c, d], rest) = input.split_first_chunk()?;
    let (head, rest) = rest.split_at_checked(u16::from_le_bytes([a, b]).into())?;
    let (meta, data) = rest.split_at_checked(u16::from_le_bytes([c, d]).into())?;
    Some(Flat {
        port: 0,
        stream: 0,
        seq: u64::MAX,
        pts: i64::MIN + 1,
        duration: i64::MAX,
        kind: kind.into(),
        // The boundary itself refuses what is not UTF-8.
        head: String::from_utf8(head.to_vec()).ok()?,
        meta: String::from_utf8(meta.to_vec()).ok()?,
        session: String::new(),
        data: Bytes::copy_from_slice(data),
    })
}

#[test]
fn changed_values_of_a_guest() {
    let corpus = corpus(|it| {
        let Values { kind, head, meta, data } = &it.packet;
        packed(*kind, head.as_bytes(), meta.as_bytes(), &decoded(data))
    });
    let tried = fuzz("packet-flat", &corpus, TOKENS, |input| {
        if let Some((port, packet)) = unpacked(input).and_then(|it| it.into_packet().ok()) {
            sound(&packet, port);
        }
    });
    assert!(tried > 100);
}
