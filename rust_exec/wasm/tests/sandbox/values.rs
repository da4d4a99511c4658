//! What arrives at a node, and what leaves it.

use std::fs;
use std::path::Path;

use bytes::Bytes;
use remotemedia_engine::Outputs;
use remotemedia_packet::{Audio, Body, Flat, Layout, Packet, SampleFormat, Tensor};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::support::{draft, json_packet};

/// One golden vector; what else it holds is for other readers.
#[derive(Deserialize)]
struct Vector {
    name: String,
    packet: Value,
}

const ECHO: &str = "
class N:
    def process(self, value):
        return value
";

#[test]
fn every_golden_vector_is_echoed_as_the_same_ten_values() {
    let mut echo = draft(ECHO).make();
    let mut seen = 0;
    for file in fs::read_dir(
        Path::new(&std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("../../testdata/packets"),
    )
    .unwrap()
    {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|it| it != "json") {
            continue;
        }
        let vectors: Vec<Vector> = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        for vector in vectors {
            let name = format!("{}: {}", path.display(), vector.name);
            let given = flat(&vector.packet);
            let (_, packet) = given.clone().into_packet().unwrap_or_else(|error| panic!("{name}: {error}"));
            let back = echo.try_packet(packet).unwrap_or_else(|error| panic!("{name}: {error} {:?}", error.causes));
            assert_eq!(back.len(), 1, "{name}");
            // The node has one output, and positions are the engine's to count.
            let expected = Flat { port: 0, seq: 0, ..given };
            assert_eq!(Flat::from_packet(&back[0], 0).unwrap(), expected, "{name}");
            seen += 1;
        }
    }
    assert!(seen > 50, "only {seen} vectors were found");
}

fn flat(it: &Value) -> Flat {
    let text = |key: &str| it[key].as_str().unwrap().to_owned();
    Flat {
        port: u32::try_from(it["port"].as_u64().unwrap()).unwrap(),
        stream: u32::try_from(it["stream"].as_u64().unwrap()).unwrap(),
        seq: it["seq"].as_u64().unwrap(),
        pts: it["pts"].as_i64().unwrap(),
        duration: it["duration"].as_i64().unwrap(),
        kind: u32::try_from(it["kind"].as_u64().unwrap()).unwrap(),
        head: text("head"),
        meta: text("meta"),
        session: text("session"),
        data: Bytes::from(base64(&text("data"))),
    }
}

fn base64(text: &str) -> Vec<u8> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bytes = Vec::new();
    for group in text.as_bytes().chunks(4) {
        let digits: Vec<u32> =
            group.iter().filter_map(|c| DIGITS.iter().position(|it| it == c)).map(|it| it as u32).collect();
        let word = digits.iter().enumerate().fold(0, |word, (at, digit)| word | digit << (18 - 6 * at));
        bytes.extend(&word.to_be_bytes()[1..digits.len()]);
    }
    bytes
}

#[test]
fn sound_may_change_its_form_from_packet_to_packet() {
    let mut node =
        draft("class N:\n    def process(self, v):\n        if v[1] == 9000: raise ValueError\n        return v\n")
            .make();
    let sound = |rate, samples: usize| {
        let data = Bytes::from(vec![7; samples * 4]);
        Packet::new(Body::Audio(Audio { format: SampleFormat::F32, rate, channels: 1, layout: Layout::Planar, data }))
    };
    for (rate, samples) in [(8000, 4), (8000, 4), (8000, 5), (8000, 0), (16_000, 4), (8000, 9000), (9000, 1), (8000, 1)]
    {
        let given = sound(rate, samples);
        if rate == 9000 {
            assert!(node.node.process(0, given.clone(), &mut Outputs::new()).is_err());
            assert!(node.node.process(0, given, &mut Outputs::new()).is_err());
            continue;
        }
        assert_eq!(node.packet(given.clone()), [given], "{samples} samples of {rate} Hz");
        assert_eq!(node.packet(json_packet(&json!([1, 2]))), [json_packet(&json!([1, 2]))]);
    }
}

#[test]
fn sound_arrives_as_array_and_rate_and_interleaved_sound_as_planes() {
    let mut node = draft(
        "
class N:
    def process(self, value):
        samples, rate = value
        return [samples.shape, rate, samples.tolist()]
",
    )
    .make();
    let data: Vec<u8> = [1i16, -1, 2, -2, 3, -3].iter().flat_map(|it| it.to_le_bytes()).collect();
    let sound = |channels, layout| {
        let data = Bytes::from(data.clone());
        Packet::new(Body::Audio(Audio { format: SampleFormat::I16, rate: 16000, channels, layout, data }))
    };
    let expect = |shape: &str, samples: &str| format!("[{{\"$tuple\":{shape}}},16000,{samples}]");
    for (channels, layout, expected) in [
        (1, Layout::Planar, expect("[6]", "[1,-1,2,-2,3,-3]")),
        (2, Layout::Planar, expect("[2,3]", "[[1,-1,2],[-2,3,-3]]")),
        (2, Layout::Interleaved, expect("[2,3]", "[[1,2,3],[-1,-2,-3]]")),
    ] {
        let Body::Json(json) = &node.packet(sound(channels, layout))[0].body else { panic!("json was expected") };
        assert_eq!(&*json.text, expected);
    }
}

#[test]
fn what_is_emitted_has_the_place_and_time_of_its_packet() {
    let mut node = draft(ECHO).make();
    let given = Packet {
        stream: 3,
        seq: 9,
        pts_ns: Some(-5),
        duration_ns: Some(20),
        session: Some("s".into()),
        trace: Some("00-ab-cd-01".into()),
        ..json_packet(&json!({"a": 1}))
    };
    let back = node.packet(given.clone());
    assert_eq!(back, [Packet { seq: 0, ..given }]);
}

#[test]
fn what_is_flushed_has_the_end_of_the_last_packet_as_its_time() {
    let mut node = draft(
        "
class N:
    def process(self, value):
        self.last = value
    async def flush(self):
        return self.last
",
    )
    .make();
    let packet = Packet { pts_ns: Some(100), duration_ns: Some(20), ..json_packet(&json!("x")) };
    assert!(node.packet(packet).is_empty());
    let last = node.flush();
    assert_eq!((last[0].pts_ns, last[0].duration_ns), (Some(120), None));
    let packet = Packet { pts_ns: Some(i64::MAX), duration_ns: Some(20), ..json_packet(&json!("x")) };
    node.packet(packet);
    assert_eq!(node.flush()[0].pts_ns, Some(i64::MAX));
}

#[test]
fn a_value_outside_the_table_is_refused_with_its_type() {
    let mut node = draft("class N:\n    def process(self, value): return {'a': [1, {2}]}").make();
    let failure = node.failure();
    assert_eq!(failure.code, "RM605");
    assert!(failure.message.contains("`set`") && failure.message.contains("['a'][1]"), "{}", failure.message);
}

#[test]
fn an_object_of_the_host_never_enters() {
    let mut node = draft(ECHO).make();
    struct Thing;
    impl remotemedia_packet::Foreign for Thing {}
    let object = Packet::new(Body::Object(std::sync::Arc::new(Thing)));
    assert_eq!(node.try_packet(object).unwrap_err().code, "RM605");
}

#[test]
fn a_large_tensor_passes_unchanged() {
    let mut node = draft(ECHO).make();
    let data = Bytes::from((0..1 << 22).map(|it: u32| it.to_le_bytes()[1]).collect::<Vec<_>>());
    let tensor = Tensor { dtype: remotemedia_packet::Dtype::U8, shape: vec![2048, 2048], data };
    let packet = Packet::new(Body::Tensor(tensor));
    assert_eq!(node.packet(packet.clone()), [packet]);
}
