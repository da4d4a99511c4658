//! Where a stage's packets go: the queues of other stages, or the run's sink.

use std::collections::HashMap;
use std::sync::Arc;

use remotemedia_packet::Packet;

use crate::checkpoint::SequenceState;
use crate::content::{Batch, Message};
use crate::metrics::EdgeCounts;
use crate::node::PortId;
use crate::queue::{Giver, Stopped};

/// The giving end of one edge.
pub(crate) struct Lane {
    queue: Giver,
    /// Which edge of the taking stage this is; at the sink, the index of the node.
    edge: usize,
    /// The input port it leads to.
    port: PortId,
    counts: Arc<EdgeCounts>,
    pub(crate) sequence: Sequence,
    waiting: Batch,
}

/// Where the packets of a stage's last node go.
pub(crate) struct Outlet {
    /// By output port; what is emitted on a port that no edge leaves goes nowhere.
    pub(crate) ports: Vec<Vec<Lane>>,
    /// Whether all ports are the first: no edge leaves the node, and its packets go to the sink.
    pub(crate) is_leaf: bool,
    /// Whether packets that find a queue full are dropped: those of a live source.
    pub(crate) drops: bool,
}

/// Numbers the packets of one edge, stream by stream.
#[derive(Debug, Default)]
pub(crate) struct Sequence {
    first: u64,
    others: HashMap<u32, u64>,
}

impl Sequence {
    /// Give a packet its number.
    pub(crate) fn number(&mut self, packet: &mut Packet) {
        let next = match packet.stream {
            0 => &mut self.first,
            stream => self.others.entry(stream).or_default(),
        };
        packet.seq = *next;
        *next += 1;
    }

    /// The next numbers, for a checkpoint.
    pub(crate) fn noted(&self) -> SequenceState {
        let mut others: Vec<_> = self.others.iter().map(|(stream, next)| (*stream, *next)).collect();
        others.sort_unstable();
        SequenceState(self.first, others)
    }

    /// Go on with the numbers of a checkpoint.
    pub(crate) fn resume(&mut self, SequenceState(first, others): &SequenceState) {
        (self.first, self.others) = (*first, others.iter().copied().collect());
    }
}

impl Outlet {
    /// Send packets along every edge of their ports, and leave none; waits while a queue is full.
    pub(crate) fn send(&mut self, packets: &mut Batch) -> Result<(), Stopped> {
        let is_leaf = self.is_leaf;
        if let [lanes] = &mut self.ports[..]
            && let [lane] = &mut lanes[..]
            && lane.waiting.is_empty()
            && packets.iter().all(|(port, _)| is_leaf || *port == 0)
        {
            lane.push_all(packets);
            return lane.flush(!self.drops);
        }
        for (port, packet) in packets.drain(..) {
            let port = if self.is_leaf { 0 } else { port as usize };
            let Some((last, others)) = self.ports.get_mut(port).and_then(|it| it.split_last_mut()) else { continue };
            others.iter_mut().for_each(|lane| lane.push(packet.clone()));
            last.push(packet);
        }
        let wait = !self.drops;
        self.ports.iter_mut().flatten().try_for_each(|lane| lane.flush(wait))
    }

    /// Tell every taker that a checkpoint begins here.
    pub(crate) fn bar(&mut self) -> Result<(), Stopped> {
        self.ports.iter_mut().flatten().try_for_each(Lane::bar)
    }

    /// The numbers of every edge, in their order.
    pub(crate) fn sequences(&mut self) -> impl Iterator<Item = &mut Sequence> {
        self.ports.iter_mut().flatten().map(|it| &mut it.sequence)
    }

    /// Tell every taker that nothing more comes.
    pub(crate) fn end(&mut self) -> Result<(), Stopped> {
        self.ports.iter_mut().flatten().try_for_each(Lane::end)
    }
}

impl Lane {
    pub(crate) fn new(queue: Giver, edge: usize, port: PortId, counts: Arc<EdgeCounts>) -> Self {
        Self { queue, edge, port, counts, sequence: Sequence::default(), waiting: Batch::new() }
    }

    /// Put a packet behind those that are sent next.
    pub(crate) fn push(&mut self, mut packet: Packet) {
        self.sequence.number(&mut packet);
        self.waiting.push_back((self.port, packet));
    }

    /// Put all packets there, in the buffer that holds them, where there are none.
    fn push_all(&mut self, packets: &mut Batch) {
        std::mem::swap(&mut self.waiting, packets);
        for (port, packet) in &mut self.waiting {
            *port = self.port;
            self.sequence.number(packet);
        }
    }

    /// Send what was put there.
    pub(crate) fn flush(&mut self, wait: bool) -> Result<(), Stopped> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        self.queue.send(self.edge, &mut self.waiting, &self.counts, wait)
    }

    /// Say that a checkpoint begins here.
    pub(crate) fn bar(&mut self) -> Result<(), Stopped> {
        self.flush(true)?;
        self.queue.mark(Message::Barrier)
    }

    /// Say that nothing more comes.
    pub(crate) fn end(&mut self) -> Result<(), Stopped> {
        self.flush(true)?;
        self.queue.mark(Message::End { edge: self.edge })
    }
}
