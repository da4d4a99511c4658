//! The fused nodes of one stage, called in turn.
//!
//! The deepest node that has work is always called first, so that no more than one call's packets wait before any node.
//! The chain is a state machine rather than a recursion: it may be a thousand nodes long, and may be left between any two calls.

use std::collections::VecDeque;

use remotemedia_manifest::RuntimeKind;
use remotemedia_packet::{Body, Packet};

use crate::error::{NodeError, NodeFailure};
use crate::metrics::Meter;
use crate::node::{EffectiveLimits, Guard, More, NodeInstance, Outputs, PortId};
use crate::outlet::Sequence;

/// How many packets a node may give in one `pull`.
const PULL: usize = 16;

/// One node of a chain.
pub(crate) struct Member {
    pub(crate) id: String,
    pub(crate) runtime: RuntimeKind,
    pub(crate) instance: Box<dyn NodeInstance>,
    pub(crate) limits: EffectiveLimits,
    /// Names of the input ports, and the kinds of packet each takes where that is known.
    pub(crate) inputs: Vec<(String, Option<Vec<String>>)>,
    /// The port on which it gives, and the port of the next member that takes; `None` for the last.
    pub(crate) forward: Option<(PortId, PortId)>,
    pub(crate) meter: Meter,
    pub(crate) sequence: Sequence,
    inbox: VecDeque<(PortId, Packet)>,
    more: bool,
}

/// The fused nodes of one stage.
pub(crate) struct Chain {
    members: Vec<Member>,
    /// No member behind this one has work.
    cursor: usize,
    /// No packet comes from before the chain.
    ended: bool,
    /// How many members, from the first on, have been flushed.
    flushed: usize,
    outputs: Outputs,
    /// What the last member emitted.
    emitted: VecDeque<(PortId, Packet)>,
    /// The call under way: the member, the call's name and the packet it was given.
    current: Option<(usize, &'static str, Option<Packet>)>,
}

/// What a chain waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// There are calls to make.
    Busy,
    /// It needs a packet, or the end of the input.
    Hungry,
    /// Every node has been flushed and has no more to give.
    Done,
}

enum Call {
    Process(PortId, Packet),
    All(Vec<(PortId, Packet)>),
    Pull,
    Flush,
}

impl Member {
    pub(crate) fn new(
        id: String,
        runtime: RuntimeKind,
        instance: Box<dyn NodeInstance>,
        limits: EffectiveLimits,
        inputs: Vec<(String, Option<Vec<String>>)>,
    ) -> Self {
        let (meter, sequence, inbox) = (Meter::new(), Sequence::default(), VecDeque::new());
        Self { id, runtime, instance, limits, inputs, forward: None, meter, sequence, inbox, more: false }
    }

    /// Put a packet before the node.
    fn feed(&mut self, port: PortId, packet: Packet) {
        self.meter.packets_in += 1;
        self.inbox.push_back((port, packet));
    }

    /// Whether the port takes the packet.
    fn check(&self, port: PortId, packet: &Packet) -> Result<(), NodeFailure> {
        let Some((name, Some(types))) = self.inputs.get(port as usize) else {
            return Ok(());
        };
        let got = packet.body.kind().name();
        // An object stays between nodes that know what it is.
        if matches!(packet.body, Body::Object(_)) || types.iter().any(|it| it == got) {
            return Ok(());
        }
        let expected = types.join(" or ");
        Err(NodeFailure::new("RM606", format!("expected {expected} on port `{name}`, got {}", packet.summary())))
    }
}

impl Chain {
    /// A chain whose first member is a source where `source`.
    pub(crate) fn new(mut members: Vec<Member>, source: bool) -> Self {
        if let Some(first) = members.first_mut() {
            first.more = source;
        }
        let (outputs, emitted) = (Outputs::new(), VecDeque::new());
        Self { members, cursor: 0, ended: source, flushed: 0, outputs, emitted, current: None }
    }

    pub(crate) fn members(&self) -> &[Member] {
        &self.members
    }

    /// What is to be held around a batch of calls.
    pub(crate) fn guard(&self) -> Option<std::sync::Arc<dyn Guard>> {
        self.members.first().and_then(|it| it.instance.guard())
    }

    /// Put a packet before the first node.
    pub(crate) fn feed(&mut self, port: PortId, packet: Packet) {
        self.members[0].feed(port, packet);
    }

    /// No further packet comes.
    pub(crate) fn end(&mut self) {
        self.ended = true;
    }

    /// What the last node emitted since this was last asked.
    pub(crate) fn take_emitted(&mut self) -> impl Iterator<Item = (PortId, Packet)> + use<> {
        std::mem::take(&mut self.emitted).into_iter()
    }

    pub(crate) fn emitted(&self) -> usize {
        self.emitted.len()
    }

    /// What the chain waits for; moves the cursor to the deepest node that has work.
    pub(crate) fn state(&mut self) -> State {
        loop {
            let member = &self.members[self.cursor];
            if member.more || !member.inbox.is_empty() {
                return State::Busy;
            }
            // Before the member that was flushed last, nothing can have work.
            if self.cursor > self.flushed.saturating_sub(1) {
                self.cursor -= 1;
            } else if self.flushed == self.members.len() {
                return State::Done;
            } else {
                return if self.ended { State::Busy } else { State::Hungry };
            }
        }
    }

    /// Make one call. To be asked only while [`State::Busy`].
    pub(crate) fn step(&mut self) -> Result<(), Box<NodeError>> {
        let call = self.next_call();
        let index = self.cursor;
        self.current = Some(match &call {
            Call::Process(_, packet) => (index, "process", Some(packet.clone())),
            Call::All(_) => (index, "process", None),
            // By the author's method that it continues.
            Call::Pull => (index, if index < self.flushed { "flush" } else { "process" }, None),
            Call::Flush => (index, "flush", None),
        });
        self.make(index, call).map_err(|failure| self.blame(failure))?;
        self.current = None;
        self.pass_on(index);
        Ok(())
    }

    /// The call under way failed; makes the error of it.
    pub(crate) fn blame(&mut self, failure: NodeFailure) -> Box<NodeError> {
        let (index, call, packet) = self.current.take().unwrap_or((0, "close", None));
        let member = &mut self.members[index];
        let packet = packet.or_else(|| member.instance.in_hand());
        Box::new(NodeError {
            node: member.id.clone(),
            runtime: member.runtime,
            call,
            seq: packet.as_ref().map(|it| it.seq),
            input: packet.as_ref().map(Packet::summary),
            failure,
        })
    }

    /// The last call of every node.
    pub(crate) fn close(&mut self) {
        for member in &mut self.members {
            // A node that panics in its last call must not keep the others from theirs.
            let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| member.instance.close()));
        }
    }

    /// Which call is next; the cursor stands on its node.
    fn next_call(&mut self) -> Call {
        let member = &mut self.members[self.cursor];
        if member.more {
            return Call::Pull;
        }
        if !member.inbox.is_empty() && member.instance.waits() {
            return Call::All(member.inbox.drain(..).collect());
        }
        if let Some((port, packet)) = member.inbox.pop_front() {
            return Call::Process(port, packet);
        }
        self.cursor = self.flushed;
        self.flushed += 1;
        Call::Flush
    }

    fn make(&mut self, index: usize, call: Call) -> Result<(), NodeFailure> {
        let (member, outputs) = (&mut self.members[index], &mut self.outputs);
        outputs.reset(&member.limits);
        match &call {
            Call::Process(port, packet) => member.check(*port, packet)?,
            Call::All(packets) => packets.iter().try_for_each(|(port, packet)| member.check(*port, packet))?,
            Call::Pull | Call::Flush => {}
        }
        let start = member.meter.begin();
        let more = match call {
            Call::Process(port, packet) => member.instance.process(port, packet, outputs),
            Call::All(packets) => member.instance.process_all(packets, outputs),
            Call::Pull => member.instance.pull(PULL, outputs),
            Call::Flush => member.instance.flush(outputs),
        };
        member.meter.end(start);
        member.more = more? == More::Yes;
        if outputs.exceeded() {
            let EffectiveLimits { output_packets, output_bytes, .. } = member.limits;
            let message =
                format!("expected at most {output_packets} packets and {output_bytes} bytes a call, got more");
            return Err(NodeFailure::new("RM607", message));
        }
        member.meter.packets_out += outputs.len() as u64;
        member.meter.bytes_out += outputs.bytes();
        Ok(())
    }

    /// Move what a node emitted to where it goes.
    fn pass_on(&mut self, index: usize) {
        let (head, tail) = self.members.split_at_mut(index + 1);
        let (Some(giver), Some(taker)) = (head.last_mut(), tail.first_mut()) else {
            self.emitted.extend(self.outputs.drain());
            return;
        };
        let Some((from, to)) = giver.forward else { return };
        for (_, mut packet) in self.outputs.drain().filter(|(port, _)| *port == from) {
            giver.sequence.number(&mut packet);
            taker.feed(to, packet);
            self.cursor = index + 1;
        }
    }
}
