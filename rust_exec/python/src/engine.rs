//! A manifest and its nodes, run to the end.

use std::collections::{HashMap, HashSet, VecDeque};
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use pyo3::prelude::*;
use pyo3::types::PyIterator;
use remotemedia_engine::{
    EffectiveLimits, LogRecord, LogSink, NodeFailure, NodeParts, NodeRuntime, NodeSpec, Pipeline, RunError, Sink,
};
use remotemedia_manifest::table::NodeType;
use remotemedia_manifest::{Manifest, RuntimeKind};
use remotemedia_nodes::{NativeRuntime, Sound, sound};
use remotemedia_packet::Packet;
use serde_json::{Value, json};

use crate::cancel::Cancel;
use crate::failure::{from_failure, from_manifest, raise};
use crate::files::ProjectFiles;
use crate::host::{HostRuntime, Raised, nothing};
use crate::lines::Lines;
use crate::models::Models;
use crate::value::{Codec, many, many_packet, object_packet};

/// How long an interruption by the user may go unnoticed.
const ATTENTION: Duration = Duration::from_millis(50);
/// Values of an input at hand that are taken at a time.
const AT_HAND: usize = 64;
/// The same for one packet of several values.
const AT_ONCE: usize = 128;
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
    let forms = forms(py, &manifest, &nodes)?;
    let lines = Arc::new(Lines::new(manifest, forms));
    let manifest = &lines.manifest;
    let codec = Arc::new(Codec::new(decode, encode));
    let raised = Arc::new(Raised::default());
    let (objects, line) = (python_only(manifest), Arc::clone(&lines));
    let batched = at_hand && values.is_some() && lines.is_one();
    let host =
        HostRuntime { objects, nodes, lines: line, codec: Arc::clone(&codec), raised: Arc::clone(&raised), batched };
    let parts = py.detach(|| instances(manifest, &root, models, host))?;
    let pipeline = Pipeline::new(manifest, parts).map_err(|e| run_error(e, &raised, py))?;
    let objects = roots(manifest).all(|index| is_python(&manifest.nodes[index]));
    let packets: Packets = match (sound, values) {
        (Some(path), _) => Box::new(open_sound(&path)?),
        (None, Some(values)) => Box::new({
            let at_once = match (at_hand, batched) {
                (true, true) => AT_ONCE,
                (true, false) => AT_HAND,
                (false, _) => 1,
            };
            Input { values, codec: Arc::clone(&codec), objects, at_once, batched, taken: VecDeque::new() }
        }),
        (None, None) => Box::new(std::iter::empty()),
    };
    let pipeline = if at_hand { pipeline.with_input_at_hand() } else { pipeline }.with_quick_sink();
    let ended = drive(py, pipeline, packets, Results { codec, emit, raised: None }, &interrupt, &cancel.0)?;
    let report = ended.map_err(|e| run_error(e, &raised, py))?;
    Ok(serde_json::to_string(&lines.report(report)).unwrap_or_default())
}

/// The forms of the nodes that can stand in a line.
fn forms(py: Python<'_>, manifest: &Manifest, nodes: &HashMap<String, Py<PyAny>>) -> PyResult<HashMap<String, String>> {
    let hosts = manifest.nodes.iter().filter(|it| is_python(it)).filter_map(|it| nodes.get_key_value(&it.id));
    let form = |(id, host): (&String, &Py<PyAny>)| {
        let form = host.getattr(py, "form").and_then(|it| it.extract::<Option<String>>(py));
        form.map(|it| Some((id.clone(), it?))).transpose()
    };
    hosts.filter_map(form).collect()
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
    let ended = Arc::new(Slot::default());
    let end = Arc::clone(&ended);
    std::thread::spawn(move || {
        let report = catch_unwind(AssertUnwindSafe(|| pipeline.run_to(input, &mut results, &cancel)));
        end.put((report, results.raised));
    });
    loop {
        match py.detach(|| ended.take(ATTENTION)) {
            Some((_, Some(error))) => {
                interrupt.call0(py)?;
                return Err(error);
            }
            Some((ended, None)) => return Ok(ended.unwrap_or_else(|panic| resume_unwind(panic))),
            None => {}
        }
        if let Err(error) = py.check_signals() {
            stop.cancel();
            interrupt.call0(py)?;
            // A node that waits in foreign code cannot be ended, and must not keep its user from leaving.
            let _ = py.detach(|| ended.take(GRACE));
            return Err(error);
        }
    }
}

/// What one thread hands to another, once. A channel's taker yields the processor some times before it sleeps.
struct Slot<T>(Mutex<Option<T>>, Condvar);

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self(Mutex::new(None), Condvar::new())
    }
}

impl<T> Slot<T> {
    fn put(&self, value: T) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
        self.1.notify_all();
    }

    /// What was put there; waits for it, but not for longer than that.
    fn take(&self, at_most: Duration) -> Option<T> {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.1.wait_timeout_while(held, at_most, |it| it.is_none());
        waited.unwrap_or_else(PoisonError::into_inner).0.take()
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
                if let Some(many) = many(&packet) {
                    many.iter().try_for_each(|it| self.emit.bind(py).call1((it,)).map(drop))?;
                    continue;
                }
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
    node.built_in().map_or(RuntimeKind::Python, NodeType::kind_in_process)
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
    /// Whether all that are taken at a time are one packet.
    batched: bool,
    taken: VecDeque<Result<Packet, NodeFailure>>,
}

impl Iterator for Input {
    type Item = Result<Packet, NodeFailure>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.taken.is_empty() {
            Python::attach(|py| {
                let mut values = self.values.bind(py).clone();
                if self.batched {
                    let many = values.by_ref().take(self.at_once).map(|it| it.map(Bound::unbind));
                    let many: PyResult<Vec<_>> = many.collect();
                    let many = many.map_err(|error| NodeFailure::new("RM612", format!("the input raised {error}")));
                    let packet = many.map(|it| (!it.is_empty()).then(|| many_packet(it)));
                    self.taken.extend(packet.transpose());
                    return;
                }
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
            let it = raised.told(*it);
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
