//! A node of the engine that is a guest of the sandbox.

use std::sync::Arc;

use remotemedia_engine::{More, NodeFailure, NodeInstance, NodeSpec, Outputs, PortId};
use remotemedia_packet::{Flat, Packet};
use wasmtime::Store;

use crate::bindings::Failure;
use crate::failure::Stage;
use crate::guest::{Emission, Guest};
use crate::instance::{End, Instance, Timer};
use crate::recipe::Recipe;
use crate::sandbox::Sandbox;

/// A node, made by its recipe.
pub(crate) struct SandboxedNode {
    spec: NodeSpec,
    timer: Timer,
    is_source: bool,
    /// The guest, or what ended it.
    guest: Result<Instance, NodeFailure>,
    /// Trace context of the packet in hand; the guest does not see it.
    trace: Option<Arc<str>>,
}

impl SandboxedNode {
    pub(crate) fn new(recipe: &Recipe, spec: &NodeSpec) -> Result<Self, NodeFailure> {
        let timer = Timer::new()?;
        let (instance, is_source) = recipe.make(spec, &timer)?;
        Ok(Self { spec: spec.clone(), timer, is_source, guest: Ok(instance), trace: None })
    }

    /// Call the guest; one that does not survive it is dropped, and later calls fail like this one.
    fn call<T>(
        &mut self,
        call: impl AsyncFnOnce(&mut Guest, &mut Store<Sandbox>) -> wasmtime::Result<Result<T, Failure>>,
    ) -> Result<T, NodeFailure> {
        let instance = self.guest.as_mut().map_err(|failure| failure.clone())?;
        instance.call(&self.timer, &self.spec, Stage::Run, call).map_err(|end| match end {
            End::Raised(failure) => failure,
            End::Dead(failure) => {
                self.guest = Err(failure.clone());
                failure
            }
        })
    }

    /// Hand on what the guest gave, as far as it may give it.
    fn emit(&self, Emission { packets, more }: Emission, out: &mut Outputs) -> Result<More, NodeFailure> {
        let limits = &self.spec.limits;
        let size = |it: &Flat| (it.head.len() + it.meta.len() + it.session.len() + it.data.len()) as u64;
        let bytes: u64 = packets.iter().map(size).sum();
        if bytes > limits.output_bytes {
            let message = format!("expected at most {} bytes a call, got {bytes}", limits.output_bytes);
            return Err(NodeFailure::new("RM607", message));
        }
        if packets.len() as u64 > limits.output_packets {
            let message = format!("expected at most {} packets a call, got {}", limits.output_packets, packets.len());
            return Err(NodeFailure::new("RM607", message));
        }
        for packet in packets {
            let (port, mut packet) = packet.into_packet().map_err(|it| NodeFailure::new(it.code, it.message))?;
            if port as usize >= self.spec.outputs.len() {
                let ports = self.spec.outputs.len();
                let message = format!("expected a packet for one of {ports} ports, got port {port}");
                return Err(NodeFailure::new("RM605", message));
            }
            packet.trace.clone_from(&self.trace);
            out.push_to(port, packet);
        }
        Ok(if more { More::Yes } else { More::No })
    }
}

impl NodeInstance for SandboxedNode {
    fn process(&mut self, port: PortId, packet: Packet, out: &mut Outputs) -> Result<More, NodeFailure> {
        let packet = packet.into_planar();
        let flat = Flat::from_packet(&packet, port).map_err(|it| NodeFailure::new(it.code, it.message))?;
        self.trace.clone_from(&packet.trace);
        let emission = self.call(async |guest, store| guest.process(store, &flat).await)?;
        self.emit(emission, out)
    }

    fn pull(&mut self, max: usize, out: &mut Outputs) -> Result<More, NodeFailure> {
        let max = u32::try_from(max).unwrap_or(u32::MAX);
        let emission = self.call(async |guest, store| guest.pull(store, max).await)?;
        self.emit(emission, out)
    }

    fn flush(&mut self, out: &mut Outputs) -> Result<More, NodeFailure> {
        let emission = self.call(async |guest, store| guest.flush(store).await)?;
        self.emit(emission, out)
    }

    fn snapshot(&mut self) -> Result<Option<Vec<u8>>, NodeFailure> {
        self.call(async |guest, store| guest.snapshot(store).await).map(Some)
    }

    fn restore(&mut self, state: &[u8]) -> Result<(), NodeFailure> {
        self.call(async |guest, store| guest.restore(store, state).await)
    }

    fn set_param(&mut self, name: &str, value: &serde_json::Value) -> Result<(), NodeFailure> {
        let value = value.to_string();
        self.call(async |guest, store| guest.set_param(store, name, &value).await)
    }

    fn is_source(&self) -> bool {
        self.is_source
    }

    fn close(&mut self) {
        // The node is done with: how its last call ends changes nothing.
        let _ = self.call(async |guest, store| guest.close(store).await);
        self.guest = Err(NodeFailure::new("RM611", "the node was closed"));
    }
}
