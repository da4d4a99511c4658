//! Nodes that are Python objects of this process, as a runtime of the engine.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use pyo3::prelude::*;
use pyo3::types::PyIterator;
use remotemedia_engine::{Guard, More, NodeFailure, NodeInstance, NodeRuntime, NodeSpec, Outputs, PortId};
use remotemedia_manifest::RuntimeKind;
use remotemedia_packet::{Body, Packet};

use crate::driven::DrivenInstance;
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

    /// The failure that an exception of a node is; keeps the exception.
    pub(crate) fn failure(&self, py: Python<'_>, node: &str, error: PyErr) -> NodeFailure {
        let kind = error.get_type(py).to_string();
        let kind = kind.trim_start_matches("<class '").trim_end_matches("'>").to_owned();
        let message = message_of(py, &error);
        let trace = error.traceback(py).and_then(|it| it.format().ok());
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(node.to_owned(), error);
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
        let is_source = node.getattr(py, "is_source")?.extract(py)?;
        let owner = Owner {
            id: spec.id.clone(),
            codec: Arc::clone(&self.codec),
            raised: Arc::clone(&self.raised),
            objects: self.objects.contains(&spec.id),
        };
        let driver = node.call_method0(py, "driver")?;
        if !driver.is_none(py) {
            return Ok(Box::new(DrivenInstance::new(owner, driver, is_source)));
        }
        let (node, like) = (node.clone_ref(py), Packet::new(Body::Text("".into())));
        Ok(Box::new(HostInstance {
            owner,
            node,
            is_source,
            started: false,
            values: None,
            like,
            hand: None,
            failed: None,
        }))
    }
}

/// What is known of a node that is a Python object.
pub(crate) struct Owner {
    pub(crate) id: String,
    pub(crate) codec: Arc<Codec>,
    raised: Arc<Raised>,
    /// Whether only Python sees its values.
    objects: bool,
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
}

/// Holds the interpreter's lock.
struct Attached;

impl Guard for Attached {
    fn hold(&self, batch: &mut dyn FnMut()) {
        Python::attach(|_| batch());
    }
}

struct HostInstance {
    owner: Owner,
    node: Py<PyAny>,
    is_source: bool,
    started: bool,
    /// What the node's last call still has to give.
    values: Option<Py<PyIterator>>,
    /// The packet whose times the values take.
    like: Packet,
    /// The packet that the values are given for.
    hand: Option<Packet>,
    /// What ended the values, after those that were given before it.
    failed: Option<NodeFailure>,
}

impl NodeInstance for HostInstance {
    fn process(&mut self, _port: PortId, packet: Packet, out: &mut Outputs) -> Result<More, NodeFailure> {
        Python::attach(|py| {
            let value = self.owner.codec.value(py, &packet)?;
            self.like = packet.with_body(Body::Text("".into()));
            self.hand = Some(packet);
            self.call(py, "process", Some(value))?;
            self.drain(py, BATCH, out)
        })
    }

    fn pull(&mut self, max: usize, out: &mut Outputs) -> Result<More, NodeFailure> {
        if let Some(failure) = self.failed.take() {
            return Err(failure);
        }
        Python::attach(|py| {
            if self.is_source && !std::mem::replace(&mut self.started, true) {
                self.call(py, "produce", None)?;
            }
            self.drain(py, max, out)
        })
    }

    fn flush(&mut self, out: &mut Outputs) -> Result<More, NodeFailure> {
        Python::attach(|py| {
            after(&mut self.like);
            self.hand = None;
            self.call(py, "flush", None)?;
            self.drain(py, BATCH, out)
        })
    }

    fn in_hand(&mut self) -> Option<Packet> {
        self.hand.clone()
    }

    fn is_source(&self) -> bool {
        self.is_source
    }

    /// Attaching to the interpreter costs more than a small node: once for a batch.
    fn guard(&self) -> Option<Arc<dyn Guard>> {
        Some(Arc::new(Attached))
    }

    fn close(&mut self) {
        Python::attach(|py| {
            self.values = None;
            // The run is over, whatever a generator has to say about its end.
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
        self.values = Some(values.map_err(|e| self.owner.failure(py, e))?.unbind());
        Ok(())
    }

    fn drain(&mut self, py: Python<'_>, max: usize, out: &mut Outputs) -> Result<More, NodeFailure> {
        let Some(values) = &self.values else { return Ok(More::No) };
        let mut values = values.bind(py).clone();
        for _ in 0..max {
            let failure = match values.next() {
                Some(Ok(value)) => self.owner.emit(value, &self.like, out).err(),
                Some(Err(error)) => Some(self.owner.failure(py, error)),
                None => {
                    (self.values, self.hand) = (None, None);
                    return Ok(More::No);
                }
            };
            if let Some(failure) = failure {
                // What was given before goes its way first: the engine drops what a failed call emits.
                if out.is_empty() {
                    return Err(failure);
                }
                self.failed = Some(failure);
                break;
            }
        }
        Ok(More::Yes)
    }
}

/// Make the times those of what comes after a packet.
pub(crate) fn after(like: &mut Packet) {
    like.pts_ns = like.pts_ns.map(|pts| pts + like.duration_ns.unwrap_or(0));
    like.duration_ns = None;
}
