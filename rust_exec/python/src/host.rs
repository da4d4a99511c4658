//! Nodes that are Python objects of this process, as a runtime of the engine.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use pyo3::prelude::*;
use pyo3::types::{PyIterator, PyType};
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
        let calls = Calls::of(node.bind(py))?;
        Ok(Box::new(HostInstance {
            owner,
            node: node.clone_ref(py),
            calls,
            is_source,
            entered: false,
            values: None,
            hand: nothing(),
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

/// The Python functions that a call of a node goes through, looked up once.
struct Calls {
    /// Runs a function with the node's context variables.
    run: Py<PyAny>,
    process: Py<PyAny>,
    flush: Option<Py<PyAny>>,
    /// An iterator of what a node gave that has still to be awaited; `None` of any other value.
    later: Py<PyAny>,
    next: Py<PyAny>,
    /// What `next` gives when there is nothing more.
    end: Py<PyAny>,
    generator: Py<PyAny>,
    /// The type of a value that is no work to be done: most nodes give one type all the time.
    plain: Option<Py<PyType>>,
}

/// What a node's last call still has to give.
enum Values {
    /// Of its own generator, which runs with its context variables.
    Generator(Py<PyAny>),
    /// From an event loop.
    Awaited(Py<PyIterator>),
}

struct HostInstance {
    owner: Owner,
    node: Py<PyAny>,
    calls: Calls,
    is_source: bool,
    /// Whether the node knows its thread.
    entered: bool,
    values: Option<Values>,
    /// The packet that the values are given for, and whose times they take; with nothing in it when there is none.
    hand: Packet,
    /// What ended the values, after those that were given before it.
    failed: Option<NodeFailure>,
}

impl NodeInstance for HostInstance {
    fn process(&mut self, _port: PortId, packet: Packet, out: &mut Outputs) -> Result<More, NodeFailure> {
        Python::attach(|py| {
            let value = self.owner.codec.value(py, &packet)?;
            self.hand = packet;
            self.enter(py)?;
            let given = self.calls.run.bind(py).call1((&self.calls.process, value));
            self.given(py, given, out)
        })
    }

    fn pull(&mut self, max: usize, out: &mut Outputs) -> Result<More, NodeFailure> {
        if let Some(failure) = self.failed.take() {
            return Err(failure);
        }
        Python::attach(|py| {
            if std::mem::take(&mut self.is_source) {
                self.enter(py)?;
                let given = self.calls.run.bind(py).call1((&self.calls.process,));
                self.begin(py, given, out)?;
            }
            self.drain(py, max, out)
        })
    }

    fn flush(&mut self, out: &mut Outputs) -> Result<More, NodeFailure> {
        Python::attach(|py| {
            self.let_go();
            after(&mut self.hand);
            let Some(flush) = &self.calls.flush else { return Ok(More::No) };
            let given = self.calls.run.bind(py).call1((flush,));
            self.given(py, given, out)
        })
    }

    fn in_hand(&mut self) -> Option<Packet> {
        matches!(self.hand.body, Body::Object(_)).then(|| self.hand.clone())
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
    /// Tell the node, once, on which thread it is called.
    fn enter(&mut self, py: Python<'_>) -> Result<(), NodeFailure> {
        if !std::mem::replace(&mut self.entered, true) {
            self.node.call_method0(py, "enter").map_err(|e| self.owner.failure(py, e))?;
        }
        Ok(())
    }

    /// Emit what a call gave, as far as it is there.
    fn given(
        &mut self,
        py: Python<'_>,
        given: PyResult<Bound<'_, PyAny>>,
        out: &mut Outputs,
    ) -> Result<More, NodeFailure> {
        self.begin(py, given, out)?;
        if self.values.is_none() { Ok(self.done()) } else { self.drain(py, BATCH, out) }
    }

    /// Emit a value, or keep what has still to give values.
    fn begin(
        &mut self,
        py: Python<'_>,
        given: PyResult<Bound<'_, PyAny>>,
        out: &mut Outputs,
    ) -> Result<(), NodeFailure> {
        let given = given.map_err(|e| self.owner.failure(py, e))?;
        let kind = given.get_type();
        if given.is_none() {
            Ok(())
        } else if self.calls.plain.as_ref().is_some_and(|it| kind.is(it)) {
            self.owner.emit(given, &self.hand, out)
        } else if kind.is(&self.calls.generator) {
            self.values = Some(Values::Generator(given.unbind()));
            Ok(())
        } else {
            let later = self.calls.later.bind(py).call1((&given,)).map_err(|e| self.owner.failure(py, e))?;
            if later.is_none() {
                self.calls.plain = Some(kind.unbind());
                return self.owner.emit(given, &self.hand, out);
            }
            let later = later.cast_into::<PyIterator>().map_err(|e| self.owner.failure(py, e.into()))?;
            self.values = Some(Values::Awaited(later.unbind()));
            Ok(())
        }
    }

    fn next<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        match &self.values {
            None => Ok(None),
            Some(Values::Awaited(values)) => values.bind(py).clone().next().transpose(),
            Some(Values::Generator(values)) => {
                let Calls { run, next, end, .. } = &self.calls;
                let value = run.bind(py).call1((next, values, end))?;
                Ok(Some(value).filter(|it| !it.is(end)))
            }
        }
    }

    fn drain(&mut self, py: Python<'_>, max: usize, out: &mut Outputs) -> Result<More, NodeFailure> {
        for _ in 0..max {
            let emitted = match self.next(py) {
                Ok(None) => return Ok(self.done()),
                Ok(Some(value)) if value.is_none() => Ok(()),
                Ok(Some(value)) => self.owner.emit(value, &self.hand, out),
                Err(error) => Err(self.owner.failure(py, error)),
            };
            if let Err(failure) = emitted {
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

    /// The call has nothing more to give.
    fn done(&mut self) -> More {
        self.let_go();
        More::No
    }

    /// Keep the times of the packet in hand, and let go of its value.
    fn let_go(&mut self) {
        (self.values, self.hand.body) = (None, nothing().body);
    }
}

impl Calls {
    fn of(node: &Bound<'_, PyAny>) -> PyResult<Self> {
        let py = node.py();
        let parts = node.call_method0("calls")?;
        let (run, process, flush, later) = parts.extract::<(Py<PyAny>, Py<PyAny>, Option<Py<PyAny>>, Py<PyAny>)>()?;
        let next = py.import("builtins")?.getattr("next")?.unbind();
        let end = py.import("builtins")?.getattr("object")?.call0()?.unbind();
        let generator = py.import("types")?.getattr("GeneratorType")?.unbind();
        Ok(Self { run, process, flush, later, next, end, generator, plain: None })
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
