//! A manifest and its nodes, run to the end.

use std::collections::{HashMap, HashSet, VecDeque};
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{RecvTimeoutError, bounded};
use pyo3::prelude::*;
use pyo3::types::PyIterator;
use remotemedia_engine::{
    EffectiveLimits, LogRecord, LogSink, NodeFailure, NodeParts, NodeRuntime, NodeSpec, Pipeline, RunError, Sink,
};
use remotemedia_manifest::{Manifest, RuntimeKind};
use remotemedia_nodes::{NativeRuntime, Sound, sound};
use remotemedia_packet::Packet;
use serde_json::{Value, json};

use crate::cancel::Cancel;
use crate::failure::{from_failure, from_manifest, raise};
use crate::files::ProjectFiles;
use crate::host::{HostRuntime, Raised, nothing};
use crate::models::Models;
use crate::value::{Codec, object_packet};

/// How long an interruption by the user may go unnoticed.
const ATTENTION: Duration = Duration::from_millis(50);
/// Values of an input at hand that are taken at a time.
const AT_HAND: usize = 64;
/// How long the nodes of an interrupted run may take to end.
const GRACE: Duration = Duration::from_secs(1);

/// Run a manifest whose Python nodes are given as `HostNode` objects; hands every result to `emit`, and returns what was
/// counted and measured, as JSON.
///
/// `cancel` ends the run from another thread. `interrupt` is called when the user ends it: it ends what the nodes are doing.
///
/// The input is an iterator of values, which never waits for anybody where `at_hand`, or a sound file. `decode` and `encode` are those of
/// `remotemedia.values`. Raises `NativeError`, whose cause is the exception that a node raised.
#[pyfunction]
#[pyo3(signature = (manifest, *, root, nodes, decode, encode, values, at_hand, sound, models, emit, interrupt, cancel))]
#[allow(clippy::too_many_arguments, reason = "all are keywords in Python")]
pub(crate) fn run_pipeline(
    py: Python<'_>,
    manifest: &[u8],
    root: PathBuf,
    nodes: HashMap<String, Py<PyAny>>,
    decode: Py<PyAny>,
    encode: Py<PyAny>,
    values: Option<Py<PyIterator>>,
    at_hand: bool,
    sound: Option<PathBuf>,
    models: &Models,
    emit: Py<PyAny>,
    interrupt: Py<PyAny>,
    cancel: &Cancel,
) -> PyResult<String> {
    let (manifest, _) = Manifest::parse(manifest).map_err(|e| from_manifest(&e))?;
    let manifest = manifest.resolve(&Default::default()).map_err(|e| from_manifest(&e))?;
    let codec = Arc::new(Codec::new(decode, encode));
    let raised = Arc::new(Raised::default());
    let host = HostRuntime { objects: python_only(&manifest), nodes, codec: Arc::clone(&codec), raised };
    let raised = Arc::clone(&host.raised);
    let parts = py.detach(|| instances(&manifest, &root, models, host))?;
    let pipeline = Pipeline::new(&manifest, parts).map_err(|e| run_error(e, &raised, py))?;
    let objects = roots(&manifest).all(|index| is_python(&manifest.nodes[index]));
    let packets: Packets = match (sound, values) {
        (Some(path), _) => Box::new(open_sound(&path)?),
        (None, Some(values)) => Box::new({
            let at_once = if at_hand { AT_HAND } else { 1 };
            Input { values, codec: Arc::clone(&codec), objects, at_once, taken: VecDeque::new() }
        }),
        (None, None) => Box::new(std::iter::empty()),
    };
    let pipeline = if at_hand { pipeline.with_input_at_hand() } else { pipeline }.with_quick_sink();
    let ended = drive(py, pipeline, packets, Results { codec, emit, raised: None }, &interrupt, &cancel.0)?;
    let report = ended.map_err(|e| run_error(e, &raised, py))?;
    Ok(serde_json::to_string(&report).unwrap_or_default())
}

fn open_sound(path: &Path) -> PyResult<Sound> {
    let name = path.display().to_string();
    let file = File::open(path)
        .map_err(|e| from_failure(&NodeFailure::new("RM612", format!("input `{name}` cannot be read: {e}"))))?;
    sound(&name, file).map_err(|e| from_failure(&e))
}

type Packets = Box<dyn Iterator<Item = Result<Packet, NodeFailure>> + Send>;
type Ended = Result<remotemedia_engine::Report, RunError>;

/// Run on a thread of its own, so that this one can notice Ctrl-C, and leave if a node does not return.
fn drive(
    py: Python<'_>,
    pipeline: Pipeline,
    input: Packets,
    mut results: Results,
    interrupt: &Py<PyAny>,
    stop: &remotemedia_engine::Cancel,
) -> PyResult<Ended> {
    let cancel = stop.clone();
    let (end, ended) = bounded(1);
    std::thread::spawn(move || {
        let report = catch_unwind(AssertUnwindSafe(|| pipeline.run_to(input, &mut results, &cancel)));
        // Nobody listens any more if the run was given up.
        let _ = end.send((report, results.raised));
    });
    loop {
        match py.detach(|| ended.recv_timeout(ATTENTION)) {
            Ok((_, Some(error))) => {
                interrupt.call0(py)?;
                return Err(error);
            }
            Ok((ended, None)) => return Ok(ended.unwrap_or_else(|panic| resume_unwind(panic))),
            Err(RecvTimeoutError::Disconnected) => return Ok(Err(RunError::Cancelled)),
            Err(RecvTimeoutError::Timeout) => {}
        }
        if let Err(error) = py.check_signals() {
            stop.cancel();
            interrupt.call0(py)?;
            // A node that waits in foreign code cannot be ended, and must not keep its user from leaving.
            let _ = py.detach(|| ended.recv_timeout(GRACE));
            return Err(error);
        }
    }
}

/// Hands the results of a run to Python.
struct Results {
    codec: Arc<Codec>,
    emit: Py<PyAny>,
    /// What ended that.
    raised: Option<PyErr>,
}

impl Sink for Results {
    fn take(&mut self, packets: &mut dyn Iterator<Item = (&str, Packet)>) -> Result<(), NodeFailure> {
        // To attach to the interpreter costs more than a value.
        let handed = Python::attach(|py| -> PyResult<()> {
            for (_, packet) in packets {
                let value = self.codec.value(py, &packet).map_err(|e| from_failure(&e))?;
                self.emit.bind(py).call1((value,))?;
            }
            Ok(())
        });
        handed.map_err(|error| {
            self.raised = Some(error);
            NodeFailure::new("RM615", "the run was interrupted")
        })
    }
}

/// The instances of all nodes: those with a Python object in the host, the others in the runtime of their type.
fn instances(manifest: &Manifest, root: &Path, models: &Models, host: HostRuntime) -> PyResult<Vec<NodeParts>> {
    let files = Arc::new(ProjectFiles { root: root.to_owned() });
    let native = NativeRuntime;
    let wants_onnx = manifest.nodes.iter().any(|it| kind(it) == RuntimeKind::Onnx);
    let onnx = wants_onnx.then(|| models.runtime()).transpose().map_err(|e| from_failure(&e))?;
    let mut parts = Vec::with_capacity(manifest.nodes.len());
    for node in &manifest.nodes {
        // The author's own objects: nothing bounds what they emit.
        let limits = EffectiveLimits { output_bytes: u64::MAX, output_packets: u64::MAX, ..Default::default() };
        let spec = NodeSpec { limits, ..NodeSpec::of(manifest, node, Arc::clone(&files) as _, Arc::new(NoLog)) };
        let runtime: &dyn NodeRuntime = match (kind(node), &onnx) {
            (RuntimeKind::Native, _) => &native,
            (RuntimeKind::Onnx, Some(onnx)) => onnx.as_ref(),
            _ => &host,
        };
        let made = NodeParts::make(runtime, spec);
        parts.push(made.map_err(|e| raise(&node_error(&e)))?);
    }
    Ok(parts)
}

fn kind(node: &remotemedia_manifest::Node) -> RuntimeKind {
    node.built_in().and_then(|it| it.kinds.first().copied()).unwrap_or(RuntimeKind::Python)
}

/// Whether the node is a Python object here.
fn is_python(node: &remotemedia_manifest::Node) -> bool {
    !matches!(kind(node), RuntimeKind::Native | RuntimeKind::Onnx)
}

/// Indices of the nodes that no edge leads to.
fn roots(manifest: &Manifest) -> impl Iterator<Item = usize> + '_ {
    let led_to: HashSet<&str> = manifest.connections.iter().map(|it| it.to.as_str()).collect();
    (0..manifest.nodes.len()).filter(move |&index| !led_to.contains(manifest.nodes[index].id.as_str()))
}

/// Ids of the nodes whose values only Python sees: every edge from them leads to a Python node, or none does.
fn python_only(manifest: &Manifest) -> HashSet<String> {
    let python: HashSet<&str> = manifest.nodes.iter().filter(|it| is_python(it)).map(|it| it.id.as_str()).collect();
    let native = manifest.connections.iter().filter(|it| !python.contains(it.to.as_str()));
    let seen: HashSet<&str> = native.map(|it| it.from.as_str()).collect();
    let only = |id: &str| !seen.contains(id);
    manifest.nodes.iter().filter(|it| only(&it.id)).map(|it| it.id.clone()).collect()
}

/// The values of a Python iterator as packets.
struct Input {
    values: Py<PyIterator>,
    codec: Arc<Codec>,
    /// Whether only Python nodes take them, so that they pass as they are.
    objects: bool,
    /// How many are taken at a time: to attach to the interpreter costs more than a value.
    at_once: usize,
    taken: VecDeque<Result<Packet, NodeFailure>>,
}

impl Iterator for Input {
    type Item = Result<Packet, NodeFailure>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.taken.is_empty() {
            Python::attach(|py| {
                let mut values = self.values.bind(py).clone();
                while self.taken.len() < self.at_once {
                    let Some(value) = values.next() else { break };
                    let packet = self.packet(value);
                    self.taken.extend(packet.transpose());
                }
            });
        }
        self.taken.pop_front()
    }
}

impl Input {
    /// The packet of a value; nothing for one that is no packet.
    fn packet(&self, value: PyResult<Bound<'_, PyAny>>) -> Result<Option<Packet>, NodeFailure> {
        let value = value.map_err(|error| NodeFailure::new("RM612", format!("the input raised {error}")))?;
        if self.objects { Ok(Some(object_packet(value, &nothing()))) } else { self.codec.packet(&value, &nothing()) }
    }
}

/// Python nodes log by `logging`; the nodes of this crate have nothing to say.
struct NoLog;

impl LogSink for NoLog {
    fn log(&self, _record: &LogRecord<'_>) {}
}

fn run_error(error: RunError, raised: &Raised, py: Python<'_>) -> PyErr {
    match error {
        RunError::Node(it) => {
            let shown = raise(&node_error(&it));
            shown.set_cause(py, raised.take(&it.node));
            shown
        }
        RunError::Setup(it) | RunError::Input(it) | RunError::Output(it) => from_failure(&it),
        RunError::Cancelled => raise(&json!({"code": "RM615", "message": "the run was interrupted"})),
    }
}

fn node_error(error: &remotemedia_engine::NodeError) -> Value {
    let mut fields = serde_json::to_value(error).unwrap_or_default();
    fields["message"] = error.to_string().into();
    fields
}
