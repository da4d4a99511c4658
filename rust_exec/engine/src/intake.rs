//! Where a stage's packets come from.

use std::collections::VecDeque;

use remotemedia_packet::Packet;

use crate::content::{Batch, Message};
use crate::error::NodeFailure;
use crate::merge::Merge;
use crate::node::PortId;
use crate::outlet::Sequence;
use crate::queue::{Taken, Taker};

/// The run's input.
pub(crate) type Input<'a> = Box<dyn Iterator<Item = Result<Packet, NodeFailure>> + Send + 'a>;

/// Where a stage's packets come from.
pub(crate) enum Intake<'a> {
    /// From nowhere: the first node is a source.
    Source,
    /// From the run's input, without a queue.
    Run { input: Input<'a>, sequence: Sequence, taken: u64, at_hand: bool },
    /// From other stages.
    Queue(Queue),
}

/// What is there for a stage.
pub(crate) enum Next {
    /// A packet for an input port of the first node.
    Packet(PortId, Packet),
    /// Several of them.
    Packets(Batch),
    /// Nothing now; more may come.
    Nothing,
    /// Behind what was taken a checkpoint begins.
    Barrier,
    /// Nothing more comes.
    End,
    /// The run's input failed.
    Failed(NodeFailure),
    /// The run is stopped, or a giver failed.
    Stopped,
}

/// The queue of a stage, into which one or several edges lead.
pub(crate) struct Queue {
    taker: Taker,
    /// What was taken from it.
    taken: VecDeque<Message>,
    /// Edges that have not ended.
    open: usize,
    /// Of those, the ones whose barrier has come.
    barred: usize,
    /// Where packets are to be taken in the order of their times.
    merge: Option<Merge>,
}

impl Intake<'_> {
    /// The next packet, or so many at the most. Waits for it, unless the stage is called to something else.
    pub(crate) fn next(&mut self, most: usize) -> Next {
        match self {
            Self::Source => Next::End,
            Self::Run { input, sequence, taken, .. } => match input.next() {
                None => Next::End,
                Some(Err(failure)) => Next::Failed(failure),
                Some(Ok(mut packet)) => {
                    sequence.number(&mut packet);
                    *taken += 1;
                    Next::Packet(0, packet)
                }
            },
            Self::Queue(queue) => queue.next(most, true),
        }
    }

    /// The same, if it is there already.
    pub(crate) fn ready(&mut self, most: usize) -> Next {
        match self {
            Self::Run { at_hand: true, .. } => self.next(most),
            Self::Source | Self::Run { .. } => Next::Nothing,
            Self::Queue(queue) => queue.next(most, false),
        }
    }
}

impl Queue {
    /// The end of a queue into which so many edges lead.
    pub(crate) fn new(taker: Taker, edges: usize, merge: Option<Merge>) -> Self {
        Self { taker, taken: VecDeque::new(), open: edges, barred: 0, merge }
    }

    /// Packets that wait for those of other edges.
    pub(crate) fn merge(&mut self) -> Option<&mut Merge> {
        self.merge.as_mut()
    }

    pub(crate) fn taker(&self) -> &Taker {
        &self.taker
    }

    fn next(&mut self, most: usize, wait: bool) -> Next {
        loop {
            let is_delayed = self.barred > 0;
            if let Some((port, packet)) = self.merge.as_mut().and_then(|it| it.pop(is_delayed)) {
                return Next::Packet(port, packet);
            }
            if is_delayed && self.barred == self.open {
                self.barred = 0;
                return Next::Barrier;
            }
            match (self.taken.pop_front(), &mut self.merge) {
                (Some(Message::Packets { edge, mut packets }), None) => {
                    if packets.len() > most {
                        let rest = packets.split_off(most);
                        self.taken.push_front(Message::Packets { edge, packets: rest });
                    }
                    return Next::Packets(packets);
                }
                (Some(Message::Packets { edge, packets }), Some(merge)) => {
                    packets.into_iter().for_each(|(port, packet)| merge.push(edge, port, packet));
                }
                (Some(Message::End { edge }), merge) => {
                    self.open -= 1;
                    if let Some(merge) = merge {
                        merge.end(edge);
                    }
                }
                (Some(Message::Barrier), _) => self.barred += 1,
                (None, _) if self.open == 0 => return Next::End,
                (None, _) => match self.taker.take(&mut self.taken, wait) {
                    Taken::Some if self.taken.is_empty() => return Next::Nothing,
                    Taken::Some => {}
                    Taken::Nothing => return Next::Nothing,
                    Taken::Closed | Taken::Stopped => return Next::Stopped,
                },
            }
        }
    }
}
