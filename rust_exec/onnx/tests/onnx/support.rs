//! Models of the fixtures as nodes, and speech.

use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use remotemedia_engine::{
    Cancel, EffectiveLimits, FileSource, LogRecord, LogSink, More, NodeFailure, NodeInstance, NodeRuntime, NodeSpec,
    Outputs,
};
use remotemedia_kernels::Decoder;
use remotemedia_onnx::OnnxRuntime;
use remotemedia_packet::{Audio, Body, Packet, Tensor};
use serde::Deserialize;
use serde_json::{Value, json};

pub(crate) static RUNTIME: LazyLock<OnnxRuntime> = LazyLock::new(|| {
    let library = std::env::var_os("REMOTEMEDIA_ONNXRUNTIME");
    let library =
        library.expect("REMOTEMEDIA_ONNXRUNTIME must name libonnxruntime.so; `pip install onnxruntime` has one");
    OnnxRuntime::new(Some(Path::new(&library))).unwrap()
});

pub(crate) const SILERO: &str = "silero_vad_16k_op15.onnx";

pub(crate) fn data() -> PathBuf {
    Path::new(&std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("tests/data")
}

pub(crate) fn testdata() -> PathBuf {
    Path::new(&std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("../../testdata")
}

/// The small models beside these tests, and the large one.
pub(crate) struct Files;

impl FileSource for Files {
    fn read(&self, path: &str) -> Result<Vec<u8>, NodeFailure> {
        let directory = match path {
            SILERO => testdata().join("models"),
            _ if path.starts_with("hostile/") => testdata().join("models"),
            _ => data(),
        };
        std::fs::read(directory.join(path)).map_err(|error| NodeFailure::new("RM306", format!("`{path}`: {error}")))
    }

    fn python_sources(&self) -> Result<Vec<(String, String)>, NodeFailure> {
        Ok(Vec::new())
    }

    fn local_path(&self, _: &str) -> Option<PathBuf> {
        None
    }
}

impl LogSink for Files {
    fn log(&self, _: &LogRecord<'_>) {}
}

pub(crate) fn instantiate(params: Value) -> Result<Box<dyn NodeInstance>, NodeFailure> {
    node_of("OnnxNode", params)
}

pub(crate) fn node_of(node_type: &str, params: Value) -> Result<Box<dyn NodeInstance>, NodeFailure> {
    RUNTIME.instantiate(&spec(node_type, params))
}

/// A node with the ports that its parameters name.
pub(crate) fn spec(node_type: &str, params: Value) -> NodeSpec {
    let names = |found: Vec<&str>, default: &str| {
        let mut names: Vec<String> = Vec::new();
        for name in found {
            if names.iter().all(|it| it != name) {
                names.push(name.to_owned());
            }
        }
        if names.is_empty() { vec![default.to_owned()] } else { names }
    };
    let members = |name: &str| params[name].as_object().into_iter().flatten();
    NodeSpec {
        id: "model".into(),
        node_type: node_type.into(),
        entry: None,
        inputs: names(members("inputs").filter_map(|(_, port)| port.as_str()).collect(), "in"),
        outputs: names(members("outputs").map(|(port, _)| port.as_str()).collect(), "out"),
        params: params.as_object().unwrap().clone(),
        fed: true,
        files: Arc::new(Files),
        limits: EffectiveLimits::default(),
        grants: Vec::new(),
        seed: 0,
        log: Arc::new(Files),
        cancel: Cancel::new(),
    }
}

/// A node over a small model whose input is `x` and whose output is `y`.
pub(crate) fn small(model: &str, more: Value) -> Result<Box<dyn NodeInstance>, NodeFailure> {
    let mut params = json!({"model": {"$file": format!("{model}.onnx")}, "input": "x", "output": "y"});
    params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    instantiate(params)
}

pub(crate) fn silero() -> Box<dyn NodeInstance> {
    instantiate(json!({
        "model": {"$file": SILERO}, "state": {"state": "stateN"}, "context": 64, "constants": {"sr": 16000},
    }))
    .unwrap()
}

pub(crate) fn process(node: &mut dyn NodeInstance, packet: Packet) -> Result<Packet, NodeFailure> {
    let mut out = Outputs::new();
    assert_eq!(node.process(0, packet, &mut out)?, More::No);
    let mut given: Vec<_> = out.drain().collect();
    assert_eq!(given.len(), 1);
    Ok(given.remove(0).1)
}

pub(crate) fn sound(samples: &[f32], channels: u16) -> Packet {
    Packet::new(Body::Audio(Audio::from_planar_f32(samples.to_vec(), 16_000, channels)))
}

pub(crate) fn tensor(packet: &Packet) -> &Tensor {
    match &packet.body {
        Body::Tensor(tensor) => tensor,
        other => panic!("expected a tensor, got {other:?}"),
    }
}

pub(crate) fn floats(packet: &Packet) -> Vec<f32> {
    tensor(packet).as_slice::<f32>().unwrap().into_owned()
}

#[derive(Deserialize)]
pub(crate) struct Wanted {
    pub(crate) speech: String,
    pub(crate) probabilities: Vec<f32>,
}

/// What Python's onnxruntime says, and the windows it says it of.
pub(crate) fn speech() -> (Wanted, Vec<Vec<f32>>) {
    let wanted: Wanted = serde_json::from_slice(&std::fs::read(data().join("silero.json")).unwrap()).unwrap();
    let mut decoder = Decoder::open(&testdata().join("speech").join(&wanted.speech)).unwrap();
    let mut samples = Vec::new();
    while let Some(block) = decoder.next_block().unwrap() {
        samples.extend(block.into_samples());
    }
    (wanted, samples.chunks_exact(512).map(<[f32]>::to_vec).collect())
}

/// The probability of speech in each window.
pub(crate) fn probabilities(node: &mut dyn NodeInstance, windows: &[Vec<f32>]) -> Vec<f32> {
    let probability = |window: &Vec<f32>| floats(&process(&mut *node, sound(window, 1)).unwrap())[0];
    windows.iter().map(probability).collect()
}

pub(crate) fn assert_close(got: &[f32], wanted: &[f32]) {
    assert_eq!(got.len(), wanted.len());
    for (index, (got, wanted)) in got.iter().zip(wanted).enumerate() {
        assert!((got - wanted).abs() < 1e-4, "window {index}: expected {wanted}, got {got}");
    }
}
