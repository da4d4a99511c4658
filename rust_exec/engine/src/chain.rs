//! The fused nodes of one stage, called in turn.
//!
//! The deepest node that has work is always called first, so that no more than one call's packets wait before any node.
//! The chain is a state machine rather than a recursion: it may be a thousand nodes long, and may be left between any two calls.

use std::sync::Arc;

use remotemedia_packet::{Body, Packet};

use crate::cancel::Cancel;
use crate::content::Batch;
use crate::error::{NodeError, NodeFailure};
use crate::member::{Call, Member};
use crate::node::{Guard, Outputs, PortId};

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
    emitted: Batch,
    current: Current,
}

/// The call under way, as far as a failure of it is told.
#[derive(Default)]
struct Current {
    index: usize,
    call: &'static str,
    /// Packets that are in the call.
    packets: u64,
    /// Number, time and body of the packet it was given, if one alone.
    given: Option<(u64, Option<i64>, Body)>,
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

impl Chain {
    /// A chain whose first member is a source where `source`.
    pub(crate) fn new(mut members: Vec<Member>, source: bool) -> Self {
        if let Some(first) = members.first_mut() {
            first.more = source;
        }
        let (outputs, emitted, current) = (Outputs::new(), Batch::new(), Current::default());
        Self { members, cursor: 0, ended: source, flushed: 0, outputs, emitted, current }
    }

    /// The member of that id.
    pub(crate) fn member(&mut self, id: &str) -> Option<&mut Member> {
        self.members.iter_mut().find(|it| it.parts.spec.id == id)
    }

    /// Id of the first node.
    pub(crate) fn name(&self) -> &str {
        self.members.first().map_or("", |it| &it.parts.spec.id)
    }

    /// What is to be held around a batch of calls.
    pub(crate) fn guard(&self) -> Option<Arc<dyn Guard>> {
        self.members.first().and_then(|it| it.parts.instance.guard())
    }

    /// Put a packet before the first node.
    pub(crate) fn feed(&mut self, port: PortId, packet: Packet) {
        self.members[0].inbox.push_back((port, packet));
    }

    /// Put packets before the first node.
    pub(crate) fn feed_all(&mut self, mut packets: Batch) {
        let inbox = &mut self.members[0].inbox;
        if inbox.is_empty() {
            *inbox = packets;
        } else {
            inbox.append(&mut packets);
        }
    }

    /// The thread was woken: the first node, if it waits, may have something to give.
    pub(crate) fn woken(&mut self) {
        if let Some(first) = self.members.first_mut().filter(|it| it.parts.instance.waits()) {
            first.more |= first.parts.instance.has_more();
        }
    }

    /// No further packet comes.
    pub(crate) fn end(&mut self) {
        self.ended = true;
    }

    /// Ask the first member, a source, for no more.
    pub(crate) fn end_source(&mut self) {
        if self.flushed == 0 {
            self.members[0].more = false;
        }
    }

    /// What the last node emitted, and nobody has taken from here.
    pub(crate) fn emitted(&mut self) -> &mut Batch {
        &mut self.emitted
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

    /// Whether there is nothing to do but to ask the first member, a source, for more.
    pub(crate) fn is_at_source(&self) -> bool {
        let first = &self.members[0];
        self.cursor == 0 && self.flushed == 0 && first.more && first.inbox.is_empty()
    }

    pub(crate) fn members(&mut self) -> &mut [Member] {
        &mut self.members
    }

    /// Make a call, and those behind it that its packet comes to by itself. To be asked only while [`State::Busy`].
    ///
    /// # Errors
    ///
    /// A failure that ends the run.
    pub(crate) fn step(&mut self, stop: &Cancel) -> Result<(), Box<NodeError>> {
        let mut index = self.cursor;
        let first = &mut self.members[index];
        let mut other = first.next_call();
        if other.is_none() {
            match first.inbox.pop_front() {
                Some((port, packet)) => self.outputs.load(port, packet),
                None => {
                    index = self.flushed;
                    self.flushed += 1;
                    other = Some(Call::Flush);
                }
            }
        }
        loop {
            self.note(index, other.as_ref());
            let member = &mut self.members[index];
            let made = match other.take() {
                None => member.process(&mut self.outputs),
                Some(call) => member.make(call, &mut self.outputs),
            };
            self.cursor = index;
            if let Err(failure) = made {
                return self.failed(failure, false);
            }
            if !self.pass_on(index, stop) {
                break;
            }
            index += 1;
        }
        self.current.given = None;
        Ok(())
    }

    /// The call under way failed: do what the node's policy says.
    pub(crate) fn failed(&mut self, failure: NodeFailure, panicked: bool) -> Result<(), Box<NodeError>> {
        let index = self.current.index;
        // Of many packets that were given at once, one may have failed alone.
        let lost = if self.members[index].parts.instance.goes_on() { 1 } else { self.current.packets };
        let error = self.blame(failure);
        let lost = lost.max(u64::from(error.seq.is_some()));
        self.members[index].handle(error, lost, panicked)?;
        // What begins anew has work again.
        self.cursor = self.cursor.max(index);
        Ok(())
    }

    /// The last call of every node.
    pub(crate) fn close(&mut self) {
        for member in &mut self.members {
            // A node that panics in its last call must not keep the others from theirs.
            let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| member.parts.instance.close()));
        }
    }

    fn note(&mut self, index: usize, other: Option<&Call>) {
        self.current.index = index;
        (self.current.call, self.current.packets) = match other {
            None => ("process", 1),
            Some(Call::All(packets)) => ("process", packets.len() as u64),
            // By the author's method that it continues.
            Some(Call::Pull) => (if index < self.flushed { "flush" } else { "process" }, 0),
            Some(Call::Flush) => ("flush", 0),
        };
        let given = self.outputs.single().filter(|_| other.is_none());
        self.current.given = given.map(|(_, packet)| (packet.seq, packet.pts_ns, packet.body.clone()));
    }

    fn blame(&mut self, failure: NodeFailure) -> Box<NodeError> {
        let Current { index, call, given, .. } = std::mem::take(&mut self.current);
        let parts = &mut self.members[index].parts;
        let packet = given.map(|(seq, pts_ns, body)| Packet { seq, pts_ns, ..Packet::new(body) });
        let packet = packet.or_else(|| parts.instance.in_hand());
        Box::new(NodeError {
            node: parts.spec.id.clone(),
            runtime: parts.kind,
            call,
            seq: packet.as_ref().map(|it| it.seq),
            input: packet.as_ref().map(Packet::summary),
            failure,
        })
    }

    /// Move what a node emitted to where it goes. A single packet stays where it is, ready for the next call; whether it
    /// does.
    fn pass_on(&mut self, index: usize, stop: &Cancel) -> bool {
        let [giver, rest @ ..] = &mut self.members[index..] else { return false };
        let (Some(forward), [taker, ..]) = (&mut giver.forward, rest) else {
            self.outputs.move_to(&mut self.emitted);
            return false;
        };
        let bytes = self.outputs.bytes();
        if let Some((port, packet)) = self.outputs.single()
            && *port == forward.from
            && !taker.more
            && taker.inbox.is_empty()
            && !stop.is_cancelled()
        {
            *port = forward.to;
            forward.sequence.number(packet);
            forward.counts.pass(1, bytes);
            return true;
        }
        for (_, mut packet) in self.outputs.drain().filter(|(port, _)| *port == forward.from) {
            forward.sequence.number(&mut packet);
            forward.counts.pass(1, packet.byte_len() as u64);
            taker.inbox.push_back((forward.to, packet));
            self.cursor = index + 1;
        }
        false
    }
}
