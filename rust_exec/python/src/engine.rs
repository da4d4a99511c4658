//! A manifest and its nodes, run to the end.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{RecvTimeoutError, Sender, bounded};
use pyo3::prelude::*;
use pyo3::types::PyIterator;
use remotemedia_engine::{
    EffectiveLimits, LogRecord, LogSink, NodeFailure, NodeParts, NodeRuntime, NodeSpec, Pipeline, RunError,
};
use remotemedia_manifest::{Manifest, RuntimeKind};
use remotemedia_nodes::{NativeRuntime, Sound, sound};
use remotemedia_packet::{Body, Packet};
use serde_json::{Value, json};

use crate::cancel::Cancel;
use crate::failure::{from_failure, from_manifest, raise};
use crate::files::ProjectFiles;
use crate::host::{HostRuntime, Raised};
use crate::models::Models;
use crate::value::{Codec, object_packet};

/// How long an interruption by the user may go unnoticed.
const ATTENTION: Duration = Duration::from_millis(50);
/// How long the nodes of an interrupted run may take to end.
const GRACE: Duration = Duration::from_secs(1);
/// Results that wait for Python at most.
const RESULTS: usize = 64;

/// Run a manifest whose Python nodes are given as `HostNode` objects; hands every result to `emit`, and returns what was
/// counted and measured, as JSON.
///
/// `cancel` ends the run from another thread. `interrupt` is called when the user ends it: it ends what the nodes are doing.
///
/// The input is an iterator of values, or a sound file. `decode` and `encode` are those of
/// `remotemedia.values`. Raises `NativeError`, whose cause is the exception that a node raised.
#[pyfunction]
#[pyo3(signature = (manifest, *, root, nodes, decode, encode, values, sound, models, emit, interrupt, cancel))]
#[allow(clippy::too_many_arguments, reason = "all are keywords in Python")]
pub(crate) fn run_pipeline(
    py: Python<'_>,
    manifest: &[u8],
    root: PathBuf,
    nodes: HashMap<String, Py<PyAny>>,
    decode: Py<PyAny>,
    encode: Py<PyAny>,
    values: Option<Py<PyIterator>>,
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
        (None, Some(values)) => Box::new(Values { values, codec: Arc::clone(&codec), objects }),
        (None, None) => Box::new(std::iter::empty()),
    };
    let ended = drive(py, pipeline, packets, &codec, &emit, &interrupt, &cancel.0)?;
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

/// Run on a thread of its own, so that this one can hand results to Python and notice Ctrl-C.
fn drive(
    py: Python<'_>,
    pipeline: Pipeline,
    input: Packets,
    codec: &Codec,
    emit: &Py<PyAny>,
    interrupt: &Py<PyAny>,
    stop: &remotemedia_engine::Cancel,
) -> PyResult<Ended> {
    let cancel = stop.clone();
    let (results, taken) = bounded::<Packet>(RESULTS);
    let (end, ended) = bounded(1);
    std::thread::spawn(move || {
        let mut sink = |_leaf: &str, packet| send(&results, packet);
        let report = catch_unwind(AssertUnwindSafe(|| pipeline.run(input, &mut sink, &cancel)));
        // Nobody listens any more if the run was given up.
        let _ = end.send(report);
    });
    let mut outcome = Ok(());
    loop {
        let packet = match py.detach(|| taken.recv_timeout(ATTENTION)) {
            Ok(packet) => Some(packet),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => break,
        };
        // With the interpreter's lock in hand, also what else is there: to let go of it costs more than a value.
        let handed =
            packet.into_iter().chain(taken.try_iter().take(RESULTS)).try_for_each(|it| hand_out(py, &it, codec, emit));
        outcome = handed.and_then(|()| py.check_signals());
        if outcome.is_err() {
            stop.cancel();
            drop(taken);
            break;
        }
    }
    if outcome.is_err() {
        interrupt.call0(py)?;
        // A node that waits in foreign code cannot be ended, and must not keep its user from leaving.
        let _ = py.detach(|| ended.recv_timeout(GRACE));
    }
    outcome?;
    match py.detach(|| ended.recv()) {
        Ok(ended) => Ok(ended.unwrap_or_else(|panic| resume_unwind(panic))),
        Err(_) => Ok(Err(RunError::Cancelled)),
    }
}

fn send(results: &Sender<Packet>, packet: Packet) -> Result<(), NodeFailure> {
    results.send(packet).map_err(|_| NodeFailure::new("RM615", "the run was interrupted"))
}

fn hand_out(py: Python<'_>, packet: &Packet, codec: &Codec, emit: &Py<PyAny>) -> PyResult<()> {
    let value = codec.value(py, packet).map_err(|e| from_failure(&e))?;
    emit.call1(py, (value,)).map(drop)
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
struct Values {
    values: Py<PyIterator>,
    codec: Arc<Codec>,
    /// Whether only Python nodes take them, so that they pass as they are.
    objects: bool,
}

impl Iterator for Values {
    type Item = Result<Packet, NodeFailure>;

    fn next(&mut self) -> Option<Self::Item> {
        let like = Packet::new(Body::Text("".into()));
        Python::attach(|py| {
            let mut values = self.values.bind(py).clone();
            loop {
                let value = match values.next()? {
                    Ok(value) => value,
                    Err(error) => return Some(Err(NodeFailure::new("RM612", format!("the input raised {error}")))),
                };
                if self.objects {
                    return Some(Ok(object_packet(value, &like)));
                }
                if let Some(packet) = self.codec.packet(&value, &like).transpose() {
                    return Some(packet);
                }
            }
        })
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
