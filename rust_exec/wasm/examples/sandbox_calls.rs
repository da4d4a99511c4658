//! What a call into the sandboxed Python costs, as one JSON object: nanoseconds.
//!
//! ```text
//! REMOTEMEDIA_RUNNER=runtime/_runner cargo run --release -p remotemedia-wasm --example sandbox_calls
//! ```
//!
//! `benchmarks/python_calls.py` runs it beside the interpreter it is compared with.

#![allow(clippy::print_stdout, reason = "a program that prints")]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use remotemedia_engine::{
    Cancel, EffectiveLimits, FileSource, LogRecord, LogSink, NodeFailure, NodeInstance, NodeRuntime, NodeSpec, Outputs,
};
use remotemedia_packet::{Audio, Body, Dtype, Json, Layout, Packet, SampleFormat, Tensor};
use remotemedia_wasm::{PythonWasmRuntime, Runner};
use serde_json::{Map, json};

/// As in `benchmarks/python_calls.py`.
const SOURCE: &str = "class N:\n    n = 0\n    def process(self, v):\n        self.n += 1\n        return v\n";

fn main() -> Result<(), Box<dyn Error>> {
    let runner = std::env::var_os("REMOTEMEDIA_RUNNER").ok_or("expected REMOTEMEDIA_RUNNER to name a directory")?;
    let cache = std::env::temp_dir().join("remotemedia-calls");
    let runtime = PythonWasmRuntime::new(Runner::load(Path::new(&runner), &cache, &mut |_| {})?);
    let text = Packet::new(Body::Json(Json { text: r#"{"text": "hello", "n": 3}"#.into(), data: Bytes::new() }));
    let fresh = rested(|| {
        let mut node = make(&runtime)?;
        call(node.as_mut(), &text)
    })?;
    let mut node = make(&runtime)?;
    call(node.as_mut(), &text)?;
    let carried = rested(|| {
        let state = node.snapshot()?.ok_or("expected a state")?;
        node = make(&runtime)?;
        node.restore(&state)?;
        call(node.as_mut(), &text)
    })?;
    let mut per_call = |packet: &Packet, size| best(100, size, || call(node.as_mut(), packet));
    let report = json!({
        "fresh_to_first_packet_ns": fresh,
        "snapshot_fresh_restore_ns": carried,
        "tiny_json_ns": per_call(&text, 200)?,
        "audio_20_ms_ns": per_call(&Packet::new(Body::Audio(sound())), 200)?,
        "tensor_1_mib_ns": per_call(&Packet::new(Body::Tensor(tensor())), 3)?,
    });
    println!("{report:#}");
    Ok(())
}

fn make(runtime: &PythonWasmRuntime) -> Result<Box<dyn NodeInstance>, NodeFailure> {
    runtime.instantiate(&NodeSpec {
        id: "node".into(),
        node_type: "N".into(),
        entry: Some("pipeline:N".into()),
        params: Map::new(),
        inputs: vec!["in".into()],
        outputs: vec!["out".into()],
        fed: true,
        files: Arc::new(Sources),
        limits: EffectiveLimits::default(),
        grants: Vec::new(),
        seed: 7,
        cancel: Cancel::new(),
        log: Arc::new(Silence),
    })
}

fn call(node: &mut dyn NodeInstance, packet: &Packet) -> Result<(), Box<dyn Error>> {
    let mut out = Outputs::new();
    node.process(0, packet.clone(), &mut out)?;
    if out.len() == 1 { Ok(()) } else { Err("expected one packet".into()) }
}

/// Duration of one of many calls in nanoseconds: the mean of a batch, of the fastest batch.
fn best(
    batches: usize,
    size: u32,
    mut work: impl FnMut() -> Result<(), Box<dyn Error>>,
) -> Result<u64, Box<dyn Error>> {
    let mut least = Duration::MAX;
    for _ in 0..batches {
        let started = Instant::now();
        for _ in 0..size {
            work()?;
        }
        least = least.min(started.elapsed() / size);
    }
    Ok(u64::try_from(least.as_nanos())?)
}

/// Duration of one of few calls with a pause before each, in which the next guest gets ready.
fn rested(mut work: impl FnMut() -> Result<(), Box<dyn Error>>) -> Result<u64, Box<dyn Error>> {
    (0..20).try_fold(u64::MAX, |least, _| {
        thread::sleep(Duration::from_millis(60));
        Ok(least.min(best(1, 1, &mut work)?))
    })
}

/// 20 ms of sound at 16 kHz.
fn sound() -> Audio {
    let data = Bytes::from(vec![0; 320 * 4]);
    Audio { format: SampleFormat::F32, rate: 16_000, channels: 1, layout: Layout::Planar, data }
}

fn tensor() -> Tensor {
    Tensor { dtype: Dtype::F32, shape: vec![512, 512], data: Bytes::from(vec![0; 1 << 20]) }
}

struct Sources;

impl FileSource for Sources {
    fn read(&self, path: &str) -> Result<Vec<u8>, NodeFailure> {
        Err(NodeFailure::new("RM306", format!("no file `{path}`")))
    }

    fn python_sources(&self) -> Result<Vec<(String, String)>, NodeFailure> {
        Ok(vec![("pipeline.py".into(), SOURCE.into())])
    }

    fn local_path(&self, _: &str) -> Option<PathBuf> {
        None
    }
}

struct Silence;

impl LogSink for Silence {
    fn log(&self, _: &LogRecord<'_>) {}
}
