//! Nodes that are Python objects of this process, as a runtime of the engine.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use remotemedia_engine::{NodeCounts, NodeError, NodeFailure, NodeInstance, NodeRuntime, NodeSpec, Outputs};
use remotemedia_manifest::RuntimeKind;
use remotemedia_packet::{Body, Packet};

use crate::calls::{Calls, Parts};
use crate::driven::DrivenInstance;
use crate::line::Line;
use crate::lines::{Blame, COROUTINE, Lines};
use crate::steps::Steps;
use crate::value::{Codec, object_packet};

/// Runs `HostNode` objects of `remotemedia.runtime`.
pub(crate) struct HostRuntime {
    pub(crate) nodes: HashMap<String, Py<PyAny>>,
    pub(crate) lines: Arc<Lines>,
    pub(crate) codec: Arc<Codec>,
    /// Ids of the nodes whose values only Python sees: those pass as they are.
    pub(crate) objects: HashSet<String>,
    pub(crate) raised: Arc<Raised>,
    /// Whether input, line and results hand over several values in one packet.
    pub(crate) batched: bool,
}

/// The exceptions that nodes raised, by node, so that the caller's own exception can be chained; and where in a line the node is,
/// by the name of the line.
#[derive(Default)]
pub(crate) struct Raised {
    errors: Mutex<HashMap<String, PyErr>>,
    blamed: Mutex<HashMap<String, (String, Blame)>>,
}

impl Raised {
    pub(crate) fn take(&self, node: &str) -> Option<PyErr> {
        self.errors.lock().unwrap_or_else(PoisonError::into_inner).remove(node)
    }

    /// The failure of an engine's node as that of the node of its line that failed.
    pub(crate) fn told(&self, error: NodeError) -> NodeError {
        match self.blamed.lock().unwrap_or_else(PoisonError::into_inner).remove(&error.node) {
            Some((node, Blame { call, seq, input })) => NodeError { node, call, seq, input, ..error },
            None => error,
        }
    }

    /// The failure that an exception of a node is; keeps the exception.
    pub(crate) fn failure(&self, py: Python<'_>, node: &str, error: PyErr) -> NodeFailure {
        let kind = error.get_type(py).to_string();
        let kind = kind.trim_start_matches("<class '").trim_end_matches("'>").to_owned();
        let message = message_of(py, &error);
        let trace = error.traceback(py).and_then(|it| it.format().ok());
        self.errors.lock().unwrap_or_else(PoisonError::into_inner).insert(node.to_owned(), error);
        NodeFailure::new("RM602", format!("{kind}: {message}")).with_cause(kind, message, trace)
    }
}

/// What an exception says of itself; of one that cannot, nothing.
fn message_of(py: Python<'_>, error: &PyErr) -> String {
    let text = error.value(py).str().and_then(|it| it.extract());
    text.unwrap_or_else(|other| format!("its message cannot be given: {}", other.get_type(py)))
}

impl NodeRuntime for HostRuntime {
    fn kind(&self) -> RuntimeKind {
        RuntimeKind::Python
    }

    fn instantiate(&self, spec: &NodeSpec) -> Result<Box<dyn NodeInstance>, NodeFailure> {
        let Some(node) = self.nodes.get(&spec.id) else {
            return Err(NodeFailure::new("RM601", format!("no Python object was given for node `{}`", spec.id)));
        };
        Python::attach(|py| self.made(py, spec, node)).map_err(|e| NodeFailure::new("RM601", e.to_string()))
    }
}

impl HostRuntime {
    fn made(&self, py: Python<'_>, spec: &NodeSpec, node: &Py<PyAny>) -> PyResult<Box<dyn NodeInstance>> {
        let is_source: bool = node.getattr(py, "is_source")?.extract(py)?;
        let (ids, counts): (Vec<_>, Vec<_>) = self.lines.members(&spec.id).unwrap_or_default().into_iter().unzip();
        let owner = Owner {
            id: spec.id.clone(),
            members: ids.clone(),
            counts: counts.clone(),
            codec: Arc::clone(&self.codec),
            raised: Arc::clone(&self.raised),
            objects: self.objects.contains(&spec.id),
            batched: self.batched,
        };
        let hosts: Vec<&Bound<'_, PyAny>> =
            ids.iter().filter_map(|id| self.nodes.get(id)).map(|it| it.bind(py)).collect();
        match self.lines.form(&spec.id) {
            Some(COROUTINE) => {
                let driver = line_driver(&hosts, counts)?;
                Ok(Box::new(DrivenInstance::new(owner, driver, false, true)))
            }
            Some(_) => {
                let calls: PyResult<_> =
                    hosts.iter().zip(counts).map(|(host, counts)| Calls::of(host, counts)).collect();
                Ok(Box::new(Line::new(owner, calls?, is_source, spec.cancel.clone())))
            }
            None => {
                let driver = node.call_method0(py, "driver")?;
                Ok(Box::new(DrivenInstance::new(owner, driver, is_source, false)))
            }
        }
    }
}

/// What drives coroutine functions in a row.
fn line_driver(hosts: &[&Bound<'_, PyAny>], counts: Vec<Arc<NodeCounts>>) -> PyResult<Py<PyAny>> {
    let Some((first, behind)) = hosts.split_first() else {
        return Err(PyRuntimeError::new_err("expected nodes of a line, got none"));
    };
    let members = hosts.iter().zip(counts).map(|(host, counts)| {
        let (run, process, ..) = host.call_method0("calls")?.extract::<Parts>()?;
        Ok((run, process, counts))
    });
    let steps = Steps::new(first.py(), members.collect::<PyResult<_>>()?)?;
    let driver = first.call_method1("begin_line", (behind.to_vec(), Bound::new(first.py(), steps)?))?;
    Ok(driver.unbind())
}

/// What is known of a node that is a Python object.
pub(crate) struct Owner {
    pub(crate) id: String,
    /// Ids of the nodes that it stands for, where it is a line.
    members: Vec<String>,
    pub(crate) codec: Arc<Codec>,
    raised: Arc<Raised>,
    /// How many values each of them was given.
    counts: Vec<Arc<NodeCounts>>,
    /// Whether only Python sees its values.
    objects: bool,
    /// Whether it takes and gives several values in one packet.
    pub(crate) batched: bool,
}

impl Owner {
    /// Emit a value with the times of `like`; nothing for `None`.
    pub(crate) fn emit(&self, value: Bound<'_, PyAny>, like: &Packet, out: &mut Outputs) -> Result<(), NodeFailure> {
        if self.objects {
            out.push(object_packet(value, like));
        } else if let Some(packet) = self.codec.packet(&value, like)? {
            out.push(packet);
        }
        Ok(())
    }

    pub(crate) fn failure(&self, py: Python<'_>, error: PyErr) -> NodeFailure {
        self.raised.failure(py, &self.id, error)
    }

    /// The failure of a node of the line.
    pub(crate) fn failure_at(&self, py: Python<'_>, at: usize, error: PyErr) -> NodeFailure {
        self.raised.failure(py, self.members.get(at).unwrap_or(&self.id), error)
    }

    /// The number of the value that a node of the line was given last.
    pub(crate) fn seq(&self, at: usize) -> Option<u64> {
        self.counts.get(at)?.taken().checked_sub(1)
    }

    /// Where in the line the failure is that comes next.
    pub(crate) fn blame(&self, at: usize, blame: Blame) {
        if let Some(member) = self.members.get(at) {
            let mut blamed = self.raised.blamed.lock().unwrap_or_else(PoisonError::into_inner);
            blamed.insert(self.id.clone(), (member.clone(), blame));
        }
    }
}

/// A packet without times and without anything in it.
pub(crate) fn nothing() -> Packet {
    Packet::new(Body::Bytes(bytes::Bytes::new()))
}

/// Make the times those of what comes after a packet.
pub(crate) fn after(like: &mut Packet) {
    like.pts_ns = like.pts_ns.map(|pts| pts + like.duration_ns.unwrap_or(0));
    like.duration_ns = None;
}
