//! A node whose packets are looked at on their way out.

use std::sync::{Arc, Mutex};

use remotemedia_engine::{Guard, More, NodeFailure, NodeInstance, NodeRuntime, NodeSpec, Outputs, PortId};
use remotemedia_manifest::RuntimeKind;
use remotemedia_packet::Packet;
use serde_json::Value;

use super::{Spot, see};

/// The node itself does all that it is asked; only what it emits is seen.
pub(super) struct Probed {
    pub(super) inner: Box<dyn NodeInstance>,
    pub(super) spot: Arc<Mutex<Spot>>,
}

impl Probed {
    fn seen(&self, out: &Outputs, more: Result<More, NodeFailure>) -> Result<More, NodeFailure> {
        out.iter().for_each(|(_, packet)| see(&self.spot, packet));
        more
    }
}

/// Makes the node anew, where its policy says so; what it emits is seen as before.
pub(super) struct ProbedRuntime {
    pub(super) inner: Arc<dyn NodeRuntime>,
    pub(super) spot: Arc<Mutex<Spot>>,
}

impl NodeRuntime for ProbedRuntime {
    fn kind(&self) -> RuntimeKind {
        self.inner.kind()
    }

    fn instantiate(&self, spec: &NodeSpec) -> Result<Box<dyn NodeInstance>, NodeFailure> {
        let inner = self.inner.instantiate(spec)?;
        Ok(Box::new(Probed { inner, spot: Arc::clone(&self.spot) }))
    }
}

impl NodeInstance for Probed {
    fn process(&mut self, port: PortId, packet: Packet, out: &mut Outputs) -> Result<More, NodeFailure> {
        let more = self.inner.process(port, packet, out);
        self.seen(out, more)
    }

    fn process_all(&mut self, packets: Vec<(PortId, Packet)>, out: &mut Outputs) -> Result<More, NodeFailure> {
        let more = self.inner.process_all(packets, out);
        self.seen(out, more)
    }

    fn in_hand(&mut self) -> Option<Packet> {
        self.inner.in_hand()
    }

    fn goes_on(&self) -> bool {
        self.inner.goes_on()
    }

    fn pull(&mut self, max: usize, out: &mut Outputs) -> Result<More, NodeFailure> {
        let more = self.inner.pull(max, out);
        self.seen(out, more)
    }

    fn flush(&mut self, out: &mut Outputs) -> Result<More, NodeFailure> {
        let more = self.inner.flush(out);
        self.seen(out, more)
    }

    fn snapshot(&mut self) -> Result<Option<Vec<u8>>, NodeFailure> {
        self.inner.snapshot()
    }

    fn restore(&mut self, state: &[u8]) -> Result<(), NodeFailure> {
        self.inner.restore(state)
    }

    fn set_param(&mut self, name: &str, value: &Value) -> Result<(), NodeFailure> {
        self.inner.set_param(name, value)
    }

    fn close(&mut self) {
        self.inner.close();
    }

    fn is_source(&self) -> bool {
        self.inner.is_source()
    }

    fn waits(&self) -> bool {
        self.inner.waits()
    }

    fn guard(&self) -> Option<Arc<dyn Guard>> {
        self.inner.guard()
    }
}
