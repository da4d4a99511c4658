//! What one window of voice activity detection costs, as one JSON object: nanoseconds, the least of several rounds.
//!
//! ```text
//! REMOTEMEDIA_ONNXRUNTIME=… cargo run --release -p remotemedia-onnx --example vad_calls -- library|node
//! ```
//!
//! `library` is the library alone: windows of recorded speech through a session with inputs of any length, through one that was
//! told the lengths, and through that with everything bound beforehand, which is the least that can be had. `node` is the node,
//! which also takes packets apart, keeps the state, watches the deadline and makes packets.

#![allow(clippy::print_stdout, reason = "a program that prints")]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use ort::session::Session;
use ort::value::Tensor;
use remotemedia_engine::{
    Cancel, EffectiveLimits, FileSource, LogRecord, LogSink, NodeFailure, NodeInstance, NodeRuntime, NodeSpec, Outputs,
};
use remotemedia_kernels::Decoder;
use remotemedia_onnx::OnnxRuntime;
use remotemedia_packet::{Audio, Body, Layout, Packet, SampleFormat};
use serde_json::{Value, json};

const WINDOW: usize = 512;
const CONTEXT: usize = 64;
const ROUNDS: usize = 8;
const WINDOWS: usize = 500;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let speech = speech()?;
    let side = std::env::args().nth(1);
    let report = match side.as_deref() {
        Some("library") => library(&speech)?,
        Some("node") => node(&speech)?,
        _ => return Err("expected `library` or `node`".into()),
    };
    println!("{report:#}");
    Ok(())
}

/// A process has one environment of the library, and the node's is its own: hence two programs.
fn library(speech: &[f32]) -> Result<Value> {
    let environment = ort::init_from(named_library()?)?.with_telemetry(false).build()?;
    let windows: Vec<&[f32]> = speech.windows(WINDOW + CONTEXT).step_by(WINDOW).collect();
    let session = |lengths: &[(&str, i64)]| -> Result<Session> {
        let mut builder = Session::builder(&environment)?.with_inter_threads(1)?.with_intra_threads(1)?;
        for (name, length) in lengths {
            builder = builder.with_dimension_override(*name, *length)?;
        }
        Ok(builder.commit_from_file(testdata("models/silero_vad_16k_op15.onnx"))?)
    };
    let lengths = [("batch", 1), ("sequence", i64::try_from(WINDOW + CONTEXT)?)];
    let (mut any, mut told, mut bound) = (session(&[])?, session(&lengths)?, Bound::new(session(&lengths)?)?);
    let (mut any_ns, mut told_ns, mut bound_ns) = (u64::MAX, u64::MAX, u64::MAX);
    for _ in 0..ROUNDS {
        any_ns = any_ns.min(timed(|| plain(&mut any, &windows))?);
        told_ns = told_ns.min(timed(|| plain(&mut told, &windows))?);
        bound_ns = bound_ns.min(timed(|| bound.run(&windows))?);
    }
    Ok(json!({"run_any_length_ns": any_ns, "run_told_length_ns": told_ns, "run_bound_ns": bound_ns}))
}

fn node(speech: &[f32]) -> Result<Value> {
    let runtime = OnnxRuntime::new(Some(&named_library()?))?;
    let mut node = make(&runtime)?;
    let packets: Vec<Packet> = speech.chunks_exact(WINDOW).take(WINDOWS).map(packet).collect();
    let mut node_ns = u64::MAX;
    for _ in 0..ROUNDS {
        node_ns = node_ns.min(timed(|| packets.iter().try_for_each(|it| call(node.as_mut(), it)))?);
    }
    Ok(json!({"node_ns": node_ns}))
}

fn named_library() -> Result<PathBuf> {
    Ok(std::env::var_os("REMOTEMEDIA_ONNXRUNTIME")
        .ok_or("expected REMOTEMEDIA_ONNXRUNTIME to name the library")?
        .into())
}

/// Nanoseconds of one window.
fn timed(work: impl FnOnce() -> Result<()>) -> Result<u64> {
    let started = Instant::now();
    work()?;
    Ok(u64::try_from(started.elapsed().as_nanos())? / WINDOWS as u64)
}

/// As one writes it: new values for each run.
fn plain(session: &mut Session, windows: &[&[f32]]) -> Result<()> {
    let rate = Tensor::from_array(([0_usize; 0], vec![16_000_i64]))?;
    let mut state = Tensor::from_array(([2_usize, 1, 128], vec![0.0_f32; 256]))?.into_dyn();
    for window in windows {
        let input = Tensor::from_array(([1, window.len()], window.to_vec()))?;
        let mut outputs = session.run(ort::inputs!["input" => input, "state" => &state, "sr" => &rate])?;
        state = outputs.remove("stateN").ok_or("expected a state")?;
    }
    Ok(())
}

/// A session whose inputs and outputs stay where they are.
struct Bound {
    session: Session,
    input: Tensor<f32>,
    binding: ort::session::IoBinding,
}

impl Bound {
    fn new(session: Session) -> Result<Self> {
        let input = Tensor::from_array(([1, WINDOW + CONTEXT], vec![0.0_f32; WINDOW + CONTEXT]))?;
        let mut binding = session.create_binding()?;
        binding.bind_input("input", &input)?;
        binding.bind_input("state", &Tensor::from_array(([2_usize, 1, 128], vec![0.0_f32; 256]))?)?;
        binding.bind_input("sr", &Tensor::from_array(([0_usize; 0], vec![16_000_i64]))?)?;
        binding.bind_output("output", Tensor::<f32>::new(session.allocator(), [1_usize, 1])?)?;
        binding.bind_output("stateN", Tensor::<f32>::new(session.allocator(), [2_usize, 1, 128])?)?;
        Ok(Self { session, input, binding })
    }

    fn run(&mut self, windows: &[&[f32]]) -> Result<()> {
        for window in windows {
            self.input.extract_tensor_mut().1.copy_from_slice(window);
            self.session.run_binding(&self.binding)?;
        }
        Ok(())
    }
}

fn make(runtime: &OnnxRuntime) -> Result<Box<dyn NodeInstance>> {
    let params: Value = json!({
        "model": {"$file": "model.onnx"}, "state": {"state": "stateN"}, "context": CONTEXT, "constants": {"sr": 16_000},
    });
    let spec = NodeSpec {
        id: "vad".into(),
        node_type: "OnnxNode".into(),
        entry: None,
        params: params.as_object().cloned().unwrap_or_default(),
        inputs: vec!["in".into()],
        outputs: vec!["out".into()],
        fed: true,
        files: Arc::new(Model),
        limits: EffectiveLimits::default(),
        grants: Vec::new(),
        seed: 0,
        cancel: Cancel::new(),
        log: Arc::new(Model),
    };
    Ok(runtime.instantiate(&spec)?)
}

fn call(node: &mut dyn NodeInstance, packet: &Packet) -> Result<()> {
    let mut out = Outputs::new();
    node.process(0, packet.clone(), &mut out)?;
    if out.len() == 1 { Ok(()) } else { Err("expected one packet".into()) }
}

fn packet(window: &[f32]) -> Packet {
    let data = Bytes::copy_from_slice(bytemuck::cast_slice(window));
    let (format, layout) = (SampleFormat::F32, Layout::Planar);
    Packet::new(Body::Audio(Audio { format, rate: 16_000, channels: 1, layout, data }))
}

/// Recorded speech, as long as is needed.
fn speech() -> Result<Vec<f32>> {
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(testdata("speech"))?.map(|it| Ok(it?.path())).collect::<Result<_>>()?;
    paths.retain(|it| it.extension().is_some_and(|it| it == "wav"));
    paths.sort();
    let mut samples = Vec::new();
    for path in paths {
        let mut decoder = Decoder::open(&path)?;
        while let Some(block) = decoder.next_block()? {
            samples.extend(block.into_samples());
        }
    }
    Ok(samples.into_iter().cycle().take(WINDOWS * WINDOW + CONTEXT).collect())
}

fn testdata(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata").join(path)
}

struct Model;

impl FileSource for Model {
    fn read(&self, _: &str) -> std::result::Result<Vec<u8>, NodeFailure> {
        std::fs::read(testdata("models/silero_vad_16k_op15.onnx"))
            .map_err(|it| NodeFailure::new("RM306", it.to_string()))
    }

    fn python_sources(&self) -> std::result::Result<Vec<(String, String)>, NodeFailure> {
        Ok(Vec::new())
    }

    fn local_path(&self, _: &str) -> Option<PathBuf> {
        None
    }
}

impl LogSink for Model {
    fn log(&self, _: &LogRecord<'_>) {}
}
