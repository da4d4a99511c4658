//! Where a stage's packets go: the queues of other stages, or the run's sink.

use std::collections::HashMap;
use std::sync::Arc;

use crossbeam_channel::{Sender, TrySendError, select_biased};
use remotemedia_packet::Packet;

use crate::cancel::Cancel;
use crate::metrics::Depth;
use crate::node::PortId;

/// What travels in the queue of a stage.
pub(crate) enum Message {
    /// A packet of one edge, for an input port.
    Packet { edge: usize, port: PortId, packet: Packet },
    /// Nothing more comes along this edge. A queue that closes without it was abandoned: a giver failed.
    End { edge: usize },
}

/// The run is stopped, or nobody takes what is sent.
#[derive(Debug)]
pub(crate) struct Stopped;

/// The giving end of one edge.
pub(crate) struct Lane {
    pub(crate) queue: Sender<Message>,
    /// Which edge of the taking stage this is.
    pub(crate) edge: usize,
    /// The input port it leads to.
    pub(crate) port: PortId,
    pub(crate) depth: Arc<Depth>,
    pub(crate) sequence: Sequence,
}

/// The giving end of a leaf: index of the node and its packet, to the thread that called `run`.
pub(crate) struct SinkLane {
    pub(crate) queue: Sender<(usize, Packet)>,
    pub(crate) node: usize,
    pub(crate) sequence: Sequence,
}

/// Where the packets of a stage's last node go.
pub(crate) enum Outlet {
    /// By output port; what is emitted on a port that no edge leaves goes nowhere.
    Lanes(Vec<Vec<Lane>>),
    /// No edge leaves the node.
    Sink(SinkLane),
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
}

impl Outlet {
    /// Send a packet along every edge of its port; waits while a queue is full.
    pub(crate) fn emit(&mut self, port: PortId, packet: Packet, stop: &Cancel) -> Result<(), Stopped> {
        match self {
            Self::Sink(lane) => {
                let mut packet = packet;
                lane.sequence.number(&mut packet);
                send(&lane.queue, (lane.node, packet), stop)
            }
            Self::Lanes(ports) => {
                let Some((last, others)) = ports.get_mut(port as usize).and_then(|it| it.split_last_mut()) else {
                    return Ok(());
                };
                for lane in others {
                    lane.emit(packet.clone(), stop)?;
                }
                last.emit(packet, stop)
            }
        }
    }

    /// Tell every taker that nothing more comes.
    pub(crate) fn end(&mut self, stop: &Cancel) -> Result<(), Stopped> {
        match self {
            Self::Sink(_) => Ok(()),
            Self::Lanes(ports) => ports.iter().flatten().try_for_each(|lane| lane.end(stop)),
        }
    }
}

impl Lane {
    pub(crate) fn emit(&mut self, mut packet: Packet, stop: &Cancel) -> Result<(), Stopped> {
        self.sequence.number(&mut packet);
        // Counted before it is sent, for the taker may be quicker than the line after.
        self.depth.enter();
        send(&self.queue, Message::Packet { edge: self.edge, port: self.port, packet }, stop)
    }

    pub(crate) fn end(&self, stop: &Cancel) -> Result<(), Stopped> {
        send(&self.queue, Message::End { edge: self.edge }, stop)
    }
}

fn send<T>(queue: &Sender<T>, message: T, stop: &Cancel) -> Result<(), Stopped> {
    match queue.try_send(message) {
        Ok(()) => Ok(()),
        Err(TrySendError::Disconnected(_)) => Err(Stopped),
        Err(TrySendError::Full(message)) => select_biased! {
            recv(stop.signal()) -> _ => Err(Stopped),
            send(queue, message) -> sent => sent.map_err(|_| Stopped),
        },
    }
}
