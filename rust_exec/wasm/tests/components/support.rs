//! Nodes made of components, compiled in this process.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use remotemedia_engine::{
    Cancel, EffectiveLimits, FileSource, LogRecord, LogSink, NodeFailure, NodeInstance, NodeRuntime, NodeSpec, Outputs,
};
use remotemedia_packet::{Audio, Body, Layout, Packet, SampleFormat};
use remotemedia_wasm::WasmRuntime;
use serde_json::{Value, json};

/// A file of the repository.
pub(crate) fn repository(path: &str) -> Vec<u8> {
    let root = std::env::var("CARGO_MANIFEST_DIR").expect("cargo runs the tests");
    std::fs::read(Path::new(&root).join("../..").join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

pub(crate) fn runtime() -> &'static WasmRuntime {
    static RUNTIME: OnceLock<WasmRuntime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        WasmRuntime::new(Path::new(env!("CARGO_TARGET_TMPDIR")), None, |_| {}).expect("the runtime is made")
    })
}

/// One file, in the place of a package.
struct File(Vec<u8>);

impl FileSource for File {
    fn read(&self, _: &str) -> Result<Vec<u8>, NodeFailure> {
        Ok(self.0.clone())
    }

    fn python_sources(&self) -> Result<Vec<(String, String)>, NodeFailure> {
        Ok(Vec::new())
    }

    fn local_path(&self, _: &str) -> Option<PathBuf> {
        None
    }
}

/// Keeps what a node logs.
#[derive(Default)]
pub(crate) struct Lines(pub(crate) Mutex<Vec<String>>);

impl LogSink for Lines {
    fn log(&self, record: &LogRecord<'_>) {
        self.0.lock().unwrap().push(record.message.to_owned());
    }
}

pub(crate) fn spec(wasm: Vec<u8>, params: &Value) -> (NodeSpec, Arc<Lines>) {
    let lines = Arc::new(Lines::default());
    let mut params = params.as_object().expect("parameters are an object").clone();
    params.insert("component".into(), json!({"$file": "node.wasm"}));
    let spec = NodeSpec {
        id: "node".into(),
        node_type: "WasmNode".into(),
        entry: None,
        params,
        inputs: vec!["in".into()],
        outputs: vec!["out".into()],
        fed: true,
        files: Arc::new(File(wasm)),
        limits: EffectiveLimits {
            timeout: Duration::from_millis(400),
            memory: 64 << 20,
            output_bytes: 10 << 20,
            output_packets: 1000,
            ..EffectiveLimits::default()
        },
        grants: Vec::new(),
        seed: 7,
        log: Arc::clone(&lines) as Arc<dyn LogSink>,
        cancel: Cancel::new(),
    };
    (spec, lines)
}

pub(crate) fn make(wasm: Vec<u8>, params: &Value) -> Result<Box<dyn NodeInstance>, NodeFailure> {
    runtime().instantiate(&spec(wasm, params).0)
}

/// What one call of the node gives.
pub(crate) fn process(node: &mut dyn NodeInstance, packet: Packet) -> Result<Vec<Packet>, NodeFailure> {
    let mut out = Outputs::new();
    node.process(0, packet, &mut out)?;
    Ok(out.drain().map(|(_, packet)| packet).collect())
}

pub(crate) fn sound(samples: &[f32]) -> Packet {
    let data = samples.iter().flat_map(|it| it.to_le_bytes()).collect::<Vec<u8>>();
    let (format, layout) = (SampleFormat::F32, Layout::Planar);
    Packet::new(Body::Audio(Audio { format, rate: 8000, channels: 1, layout, data: Bytes::from(data) }))
}

pub(crate) fn samples(packet: &Packet) -> Vec<f32> {
    let Body::Audio(audio) = &packet.body else { panic!("expected sound") };
    audio.data.chunks_exact(4).map(|it| f32::from_le_bytes(it.try_into().unwrap())).collect()
}
