//! Nodes that are Python objects of this process, as a runtime of the engine.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use pyo3::prelude::*;
use pyo3::types::{PyIterator, PyTracebackMethods};
use remotemedia_engine::{Guard, More, NodeFailure, NodeInstance, NodeRuntime, NodeSpec, Outputs, PortId};
use remotemedia_manifest::RuntimeKind;
use remotemedia_packet::{Body, Packet};

use crate::value::{Codec, object_packet};

/// How many values are taken from a node's iterator before the engine may see to others.
const BATCH: usize = 64;

/// Runs `HostNode` objects of `remotemedia.runtime`.
pub(crate) struct HostRuntime {
    pub(crate) nodes: HashMap<String, Py<PyAny>>,
    pub(crate) codec: Arc<Codec>,
    /// Ids of the nodes whose values only Python sees: those pass as they are.
    pub(crate) objects: HashSet<String>,
    pub(crate) raised: Arc<Raised>,
}

/// The exceptions that nodes raised, by node, so that the caller's own exception can be chained.
#[derive(Default)]
pub(crate) struct Raised(Mutex<HashMap<String, PyErr>>);

impl Raised {
    pub(crate) fn take(&self, node: &str) -> Option<PyErr> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(node)
    }

    fn keep(&self, node: &str, error: PyErr) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(node.to_owned(), error);
    }
}

impl NodeRuntime for HostRuntime {
    fn kind(&self) -> RuntimeKind {
        RuntimeKind::Python
    }

    fn instantiate(&self, spec: &NodeSpec) -> Result<Box<dyn NodeInstance>, NodeFailure> {
        let Some(node) = self.nodes.get(&spec.id) else {
            return Err(NodeFailure::new("RM601", format!("no Python object was given for node `{}`", spec.id)));
        };
        Ok(Box::new(HostInstance {
            id: spec.id.clone(),
            node: Python::attach(|py| node.clone_ref(py)),
            codec: Arc::clone(&self.codec),
            raised: Arc::clone(&self.raised),
            objects: self.objects.contains(&spec.id),
            values: None,
            like: Packet::new(Body::Text("".into())),
        }))
    }
}

/// Holds the interpreter's lock.
struct Attached;

impl Guard for Attached {
    fn hold(&self, batch: &mut dyn FnMut()) {
        Python::attach(|_| batch());
    }
}

struct HostInstance {
    id: String,
    node: Py<PyAny>,
    codec: Arc<Codec>,
    raised: Arc<Raised>,
    objects: bool,
    /// What the node's last call still has to give.
    values: Option<Py<PyIterator>>,
    /// The packet whose times the values take.
    like: Packet,
}

impl NodeInstance for HostInstance {
    fn process(&mut self, _port: PortId, packet: Packet, out: &mut Outputs) -> Result<More, NodeFailure> {
        Python::attach(|py| {
            let value = self.codec.value(py, &packet)?;
            let body = Body::Text("".into());
            self.like = Packet { body, ..packet };
            self.call(py, "process", Some(value))?;
            self.drain(py, BATCH, out)
        })
    }

    fn pull(&mut self, max: usize, out: &mut Outputs) -> Result<More, NodeFailure> {
        Python::attach(|py| self.drain(py, max, out))
    }

    fn flush(&mut self, out: &mut Outputs) -> Result<More, NodeFailure> {
        Python::attach(|py| {
            self.like.pts_ns = self.like.pts_ns.map(|pts| pts + self.like.duration_ns.unwrap_or(0));
            self.like.duration_ns = None;
            self.call(py, "flush", None)?;
            self.drain(py, BATCH, out)
        })
    }

    /// Attaching to the interpreter costs more than a small node: once for a batch.
    fn guard(&self) -> Option<Arc<dyn Guard>> {
        Some(Arc::new(Attached))
    }

    fn close(&mut self) {
        Python::attach(|py| {
            self.values = None;
            // The run is over, whatever the node's event loop has to say about its end.
            let _ = self.node.call_method0(py, "close");
        });
    }
}

impl HostInstance {
    fn call(&mut self, py: Python<'_>, method: &str, value: Option<Bound<'_, PyAny>>) -> Result<(), NodeFailure> {
        let node = self.node.bind(py);
        let given = match value {
            Some(value) => node.call_method1(method, (value,)),
            None => node.call_method0(method),
        };
        let values = given.and_then(|it| Ok(it.cast_into::<PyIterator>()?));
        self.values = Some(values.map_err(|e| self.failure(py, e))?.unbind());
        Ok(())
    }

    fn drain(&mut self, py: Python<'_>, max: usize, out: &mut Outputs) -> Result<More, NodeFailure> {
        let Some(values) = &self.values else { return Ok(More::No) };
        let mut values = values.bind(py).clone();
        for _ in 0..max {
            match values.next() {
                Some(Ok(value)) if self.objects => out.push(object_packet(value, &self.like)),
                Some(Ok(value)) => {
                    if let Some(packet) = self.codec.packet(&value, &self.like)? {
                        out.push(packet);
                    }
                }
                Some(Err(error)) => return Err(self.failure(py, error)),
                None => {
                    self.values = None;
                    return Ok(More::No);
                }
            }
        }
        Ok(More::Yes)
    }

    fn failure(&self, py: Python<'_>, error: PyErr) -> NodeFailure {
        let kind = error.get_type(py).to_string();
        let kind = kind.trim_start_matches("<class '").trim_end_matches("'>").to_owned();
        let message = error.value(py).to_string();
        let trace = error.traceback(py).and_then(|it| it.format().ok());
        self.raised.keep(&self.id, error);
        NodeFailure::new("RM602", format!("{kind}: {message}")).with_cause(kind, message, trace)
    }
}
