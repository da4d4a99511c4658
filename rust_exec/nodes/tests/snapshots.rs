//! Every native node with state, remade from its snapshot before each packet: what it gives stays the same.
#![allow(clippy::unwrap_used, clippy::cast_precision_loss, reason = "tests")]

use std::path::PathBuf;
use std::sync::Arc;

use remotemedia_engine::{
    Cancel, EffectiveLimits, FileSource, LogRecord, LogSink, More, NodeFailure, NodeInstance, NodeRuntime, NodeSpec,
    Outputs,
};
use remotemedia_kernels::{Planes, WavFormat, WavWriter};
use remotemedia_nodes::NativeRuntime;
use remotemedia_packet::{Audio, Body, Packet};
use serde_json::{Value, json};

/// A directory of the user's own.
struct Files(PathBuf);

impl FileSource for Files {
    fn read(&self, path: &str) -> Result<Vec<u8>, NodeFailure> {
        Err(NodeFailure::new("RM306", path))
    }

    fn python_sources(&self) -> Result<Vec<(String, String)>, NodeFailure> {
        Ok(Vec::new())
    }

    fn local_path(&self, path: &str) -> Option<PathBuf> {
        Some(self.0.join(path))
    }
}

impl LogSink for Files {
    fn log(&self, _: &LogRecord<'_>) {}
}

fn spec(node_type: &str, params: &Value, root: &std::path::Path) -> NodeSpec {
    NodeSpec {
        id: "node".into(),
        node_type: node_type.into(),
        entry: None,
        params: params.as_object().unwrap().clone(),
        inputs: vec!["in".into()],
        outputs: vec!["out".into()],
        fed: true,
        files: Arc::new(Files(root.into())),
        limits: EffectiveLimits::default(),
        grants: Vec::new(),
        seed: 0,
        log: Arc::new(Files(root.into())),
        cancel: Cancel::new(),
    }
}

/// A node, and how it is made.
struct Remade {
    spec: NodeSpec,
    node: Box<dyn NodeInstance>,
    remakes: bool,
    given: Vec<Packet>,
}

impl Remade {
    fn new(spec: NodeSpec, remakes: bool) -> Self {
        let node = NativeRuntime.instantiate(&spec).unwrap();
        Self { spec, node, remakes, given: Vec::new() }
    }

    fn call(&mut self, call: impl FnOnce(&mut dyn NodeInstance, &mut Outputs) -> Result<More, NodeFailure>) -> More {
        if self.remakes {
            let state = self.node.snapshot().unwrap().expect("it has a state");
            self.node = NativeRuntime.instantiate(&self.spec).unwrap();
            self.node.restore(&state).unwrap();
        }
        let mut out = Outputs::new();
        let more = call(&mut *self.node, &mut out).unwrap();
        self.given.extend(out.drain().map(|(_, packet)| packet));
        more
    }
}

fn sound(frames: usize, seed: usize, rate: u32) -> Vec<f32> {
    (0..frames)
        .map(|it| ((it * it + seed) % 977) as f32 / 977.0 * ((it % rate as usize) as f32 / rate as f32))
        .collect()
}

/// Two sessions, one of which changes its rate in mid-stream.
fn packets() -> Vec<Packet> {
    let packet = |index: usize| {
        let (session, rate) =
            if index.is_multiple_of(3) { ("b", 16_000) } else { ("a", if index < 12 { 44_100 } else { 8_000 }) };
        let audio = Audio::from_planar_f32(sound(700 + 97 * index, index, rate), rate, 1);
        let body = Body::Audio(audio);
        Packet { session: Some(session.into()), meta: Some(r#"{"by":1}"#.into()), ..Packet::new(body) }
    };
    (0..24).map(packet).collect()
}

#[test]
fn a_node_that_is_remade_between_packets_gives_the_same() {
    for (node_type, params) in [
        ("AudioResampleNode", json!({"target_sample_rate": 16_000, "quality": "low"})),
        ("AudioTransform", json!({"output_sample_rate": 22_050, "output_channels": 2})),
        ("AudioWindowNode", json!({"size": 400, "hop": 160})),
        ("AudioBuffer", json!({"buffer_size_samples": 333})),
        ("VoiceActivityDetector", json!({"frame_duration_ms": 20, "energy_threshold": 0.1})),
        ("AudioGateNode", json!({"threshold_db": -6, "hold_ms": 3, "release_ms": 20})),
        ("BufferNode", json!({"buffer_size": 2})),
    ] {
        let run = |remakes: bool| {
            let mut node = Remade::new(spec(node_type, &params, "/nowhere".as_ref()), remakes);
            for packet in packets() {
                let mut more = node.call(|node, out| node.process(0, packet, out));
                while more == More::Yes {
                    let mut out = Outputs::new();
                    more = node.node.pull(16, &mut out).unwrap();
                    node.given.extend(out.drain().map(|(_, packet)| packet));
                }
            }
            assert_eq!(node.call(|node, out| node.flush(out)), More::No);
            node.given
        };
        let given = run(false);
        assert!(given.len() > 10, "{node_type}");
        assert_eq!(run(true), given, "{node_type}");
    }
}

#[test]
fn a_source_that_is_remade_goes_on_in_its_file() {
    let directory = tempfile::tempdir().unwrap();
    let file = std::fs::File::create(directory.path().join("a.wav")).unwrap();
    let mut writer = WavWriter::new(file, 16_000, 1, WavFormat::I16).unwrap();
    writer.write(Planes::new(&sound(20_000, 1, 16_000), 1)).unwrap();
    writer.finish().unwrap();
    let run = |remakes: bool| {
        let mut node = Remade::new(spec("AudioSource", &json!({"path": "a.wav"}), directory.path()), remakes);
        while node.call(|node, out| node.pull(1, out)) == More::Yes {}
        node.given
    };
    let given = run(false);
    assert!(given.len() > 3);
    assert_eq!(run(true), given);
}

#[test]
fn what_is_no_snapshot_is_refused() {
    for node_type in ["AudioBuffer", "AudioGateNode", "BufferNode", "VoiceActivityDetector"] {
        let params = json!({"buffer_size_samples": 1, "frame_duration_ms": 20, "energy_threshold": 0.1});
        let mut node = NativeRuntime.instantiate(&spec(node_type, &params, "/nowhere".as_ref())).unwrap();
        assert_eq!(node.restore(&[9; 30]).unwrap_err().code, "RM602", "{node_type}");
    }
}
