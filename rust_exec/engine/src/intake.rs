//! Where a stage's packets come from.

use std::sync::Arc;

use crossbeam_channel::{Receiver, TryRecvError, select_biased};
use remotemedia_packet::Packet;

use crate::cancel::Cancel;
use crate::error::NodeFailure;
use crate::merge::Merge;
use crate::metrics::Depth;
use crate::node::PortId;
use crate::outlet::{Message, Sequence};

/// The run's input.
pub(crate) type Input<'a> = Box<dyn Iterator<Item = Result<Packet, NodeFailure>> + Send + 'a>;

/// Where a stage's packets come from.
pub(crate) enum Intake<'a> {
    /// From nowhere: the first node is a source.
    Source,
    /// From the run's input, without a queue.
    Run { input: Input<'a>, sequence: Sequence },
    /// From other stages.
    Queue(Queue),
}

/// What is there for a stage.
pub(crate) enum Next {
    /// A packet for an input port of the first node.
    Packet(PortId, Packet),
    /// Nothing now; more may come. Only where it was asked not to wait.
    Nothing,
    /// Nothing more comes.
    End,
    /// The run's input failed.
    Failed(NodeFailure),
    /// The run is stopped, or a giver failed.
    Stopped,
}

/// The queue of a stage, into which one or several edges lead.
pub(crate) struct Queue {
    receiver: Receiver<Message>,
    /// By the edge's number in this queue.
    depths: Vec<Arc<Depth>>,
    /// Edges that have not ended.
    open: usize,
    /// Where packets are to be taken in the order of their times.
    merge: Option<Merge>,
}

impl Intake<'_> {
    /// The next packet; waits for it.
    pub(crate) fn next(&mut self, stop: &Cancel) -> Next {
        match self {
            Self::Source => Next::End,
            Self::Run { input, sequence } => match input.next() {
                None => Next::End,
                Some(Err(failure)) => Next::Failed(failure),
                Some(Ok(mut packet)) => {
                    sequence.number(&mut packet);
                    Next::Packet(0, packet)
                }
            },
            Self::Queue(queue) => queue.next(Some(stop)),
        }
    }

    /// The next packet, if it is there already.
    pub(crate) fn ready(&mut self) -> Next {
        match self {
            Self::Source | Self::Run { .. } => Next::Nothing,
            Self::Queue(queue) => queue.next(None),
        }
    }
}

impl Queue {
    pub(crate) fn new(receiver: Receiver<Message>, depths: Vec<Arc<Depth>>, merge: Option<Merge>) -> Self {
        Self { receiver, open: depths.len(), depths, merge }
    }

    /// Waits only where there is something to wait beside.
    fn next(&mut self, wait: Option<&Cancel>) -> Next {
        loop {
            if let Some((port, packet)) = self.merge.as_mut().and_then(Merge::pop) {
                return Next::Packet(port, packet);
            }
            if self.open == 0 {
                return Next::End;
            }
            let message = match (self.receiver.try_recv(), wait) {
                (Ok(message), _) => message,
                (Err(TryRecvError::Disconnected), _) => return Next::Stopped,
                (Err(TryRecvError::Empty), None) => return Next::Nothing,
                (Err(TryRecvError::Empty), Some(stop)) => {
                    let received = select_biased! {
                        recv(stop.signal()) -> _ => return Next::Stopped,
                        recv(self.receiver) -> received => received,
                    };
                    let Ok(message) = received else { return Next::Stopped };
                    message
                }
            };
            match (message, &mut self.merge) {
                (Message::Packet { edge, port, packet }, merge) => {
                    self.depths[edge].leave();
                    match merge {
                        None => return Next::Packet(port, packet),
                        Some(merge) => merge.push(edge, port, packet),
                    }
                }
                (Message::End { edge }, merge) => {
                    self.open -= 1;
                    if let Some(merge) = merge {
                        merge.end(edge);
                    }
                }
            }
        }
    }
}
