//! One node of a stage, and what the engine keeps beside it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use remotemedia_packet::{Kind, Packet};

use crate::content::Batch;
use crate::error::{NodeError, NodeFailure};
use crate::metrics::{EdgeCounts, Meter};
use crate::node::{EffectiveLimits, More, Outputs, PortId};
use crate::outlet::Sequence;
use crate::parts::{NodeParts, instantiate};
use crate::policy::{Action, FailureSink, Policy};

/// How many packets a node may give in one `pull`.
const PULL: usize = 16;

/// One node of a chain.
pub(crate) struct Member {
    pub(crate) parts: NodeParts,
    pub(crate) inputs: Vec<Input>,
    /// Where what it gives goes on to; `None` for the last.
    pub(crate) forward: Option<Forward>,
    pub(crate) meter: Meter,
    pub(crate) inbox: Batch,
    /// Whether it has more to give before it wants further input.
    pub(crate) more: bool,
    restarts: u32,
    told: Option<Arc<dyn FailureSink>>,
}

/// The way from one member to the next.
pub(crate) struct Forward {
    /// The port on which the one gives.
    pub(crate) from: PortId,
    /// The port on which the other takes.
    pub(crate) to: PortId,
    pub(crate) sequence: Sequence,
    pub(crate) counts: Arc<EdgeCounts>,
}

/// What is known of an input port.
pub(crate) struct Input {
    pub(crate) name: String,
    /// The kinds of packet it takes, where that is known.
    pub(crate) types: Option<Vec<Kind>>,
}

/// A call of a node other than that of one packet.
pub(crate) enum Call {
    All(Vec<(PortId, Packet)>),
    Pull,
    Flush,
}

impl Member {
    pub(crate) fn new(parts: NodeParts, inputs: Vec<Input>, meter: Meter, told: Option<Arc<dyn FailureSink>>) -> Self {
        let restarts = if let Policy::Restart(times) = parts.policy { times } else { 0 };
        Self { parts, inputs, forward: None, meter, inbox: Batch::new(), more: false, restarts, told }
    }

    /// The call that is due, if it is not that of one packet: what the node has still to give goes before what it is to be
    /// given.
    pub(crate) fn next_call(&mut self) -> Option<Call> {
        if self.more {
            Some(Call::Pull)
        } else if !self.inbox.is_empty() && self.parts.instance.waits() {
            Some(Call::All(std::mem::take(&mut self.inbox).into()))
        } else {
            None
        }
    }

    /// Give the node the one packet that `outputs` holds; it then holds what the node emitted.
    pub(crate) fn process(&mut self, outputs: &mut Outputs) -> Result<(), NodeFailure> {
        let counts = &self.meter.counts;
        counts.packets_in.add(1);
        counts.bytes_in.add(outputs.bytes());
        if let Some((port, packet)) = outputs.single() {
            check(&self.inputs, *port, packet)?;
        }
        let Some((port, packet)) = outputs.pop() else { return Ok(()) };
        outputs.reset(&self.parts.spec.limits);
        let start = self.meter.begin();
        let more = self.parts.instance.process(port, packet, outputs);
        self.meter.end(start);
        self.made(more, outputs)
    }

    /// Make another call than that of one packet.
    pub(crate) fn make(&mut self, call: Call, outputs: &mut Outputs) -> Result<(), NodeFailure> {
        outputs.reset(&self.parts.spec.limits);
        if let Call::All(packets) = &call {
            let counts = &self.meter.counts;
            counts.packets_in.add(packets.len() as u64);
            counts.bytes_in.add(packets.iter().map(|(_, packet)| packet.byte_len() as u64).sum());
            packets.iter().try_for_each(|(port, packet)| check(&self.inputs, *port, packet))?;
            // Most nodes give as many as they take.
            outputs.reserve(packets.len());
        }
        let start = self.meter.begin();
        let instance = &mut self.parts.instance;
        let more = match call {
            Call::All(packets) => instance.process_all(packets, outputs),
            Call::Pull => instance.pull(PULL, outputs),
            Call::Flush => instance.flush(outputs),
        };
        self.meter.end(start);
        self.made(more, outputs)
    }

    /// A call returned.
    fn made(&mut self, more: Result<More, NodeFailure>, outputs: &Outputs) -> Result<(), NodeFailure> {
        self.more = more? == More::Yes;
        if outputs.exceeded() {
            let EffectiveLimits { output_packets, output_bytes, .. } = self.parts.spec.limits;
            let message =
                format!("expected at most {output_packets} packets and {output_bytes} bytes a call, got more");
            return Err(NodeFailure::new("RM607", message));
        }
        self.meter.counts.packets_out.add(outputs.len() as u64);
        self.meter.counts.bytes_out.add(outputs.bytes());
        Ok(())
    }

    /// Do what the node's policy says of a failure; `lost` packets were in the call.
    ///
    /// # Errors
    ///
    /// The failure, where it ends the run.
    pub(crate) fn handle(&mut self, error: Box<NodeError>, lost: u64, panicked: bool) -> Result<(), Box<NodeError>> {
        self.meter.counts.errors.add(1);
        let action = match self.parts.policy {
            Policy::Skip => {
                // What failed to continue is not continued; what waits behind it is.
                self.more = self.parts.instance.goes_on();
                Action::Skip
            }
            Policy::Restart(_) if self.restarts > 0 => {
                self.restarts -= 1;
                self.restart(panicked)
                    .map_err(|failure| Box::new(NodeError { call: "init", failure, ..(*error).clone() }))?;
                self.meter.counts.restarts.add(1);
                Action::Restart
            }
            Policy::Fail | Policy::Restart(_) => return Err(error),
        };
        self.meter.counts.skipped.add(lost);
        if let Some(told) = &self.told {
            told.handled(action, &error);
        }
        Ok(())
    }

    /// Make the node anew, with the state of the old one if that can still tell it; after a panic it is not to be trusted.
    fn restart(&mut self, panicked: bool) -> Result<(), NodeFailure> {
        let Some(runtime) = self.parts.runtime.clone() else {
            let message = format!("expected a runtime to make node `{}` anew, got none", self.parts.spec.id);
            return Err(NodeFailure::new("RM610", message));
        };
        let old = &mut self.parts.instance;
        let state = if panicked { None } else { caught(|| old.snapshot()).ok().and_then(Result::ok).flatten() };
        // It makes room before another is made.
        let _ = caught(|| old.close());
        let mut new = instantiate(&*runtime, &self.parts.spec)?;
        if let Some(state) = state {
            new.restore(&state)?;
        }
        self.parts.instance = new;
        // Only a source can have more to give from the start; one that failed when it was done is not begun again.
        self.more &= self.parts.is_source();
        Ok(())
    }
}

/// Whether the port takes the packet.
fn check(inputs: &[Input], port: PortId, packet: &Packet) -> Result<(), NodeFailure> {
    let Some(Input { name, types: Some(types) }) = inputs.get(port as usize) else { return Ok(()) };
    let got = packet.body.kind();
    // An object stays between nodes that know what it is.
    if got == Kind::Object || types.contains(&got) {
        return Ok(());
    }
    let expected: Vec<&str> = types.iter().map(|it| it.name()).collect();
    let (expected, got) = (expected.join(" or "), packet.summary());
    Err(NodeFailure::new("RM606", format!("expected {expected} on port `{name}`, got {got}")))
}

/// A call that must not take its thread along.
fn caught<T>(call: impl FnOnce() -> T) -> std::thread::Result<T> {
    catch_unwind(AssertUnwindSafe(call))
}
