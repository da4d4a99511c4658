//! Where the packets of a run go to.

use std::collections::VecDeque;

use remotemedia_packet::Packet;

use crate::cancel::Cancel;
use crate::checkpoint::Leaves;
use crate::content::{Batch, Message};
use crate::error::{NodeFailure, RunError};
use crate::metrics::Board;
use crate::queue::{Taken, Taker};

/// Takes the packets of a run, on the thread that runs it.
pub trait Sink {
    /// Take packets, each with the id of the leaf that gave it: all that are there, in order per leaf.
    ///
    /// # Errors
    ///
    /// They cannot be taken, which ends the run.
    fn take(&mut self, packets: &mut dyn Iterator<Item = (&str, Packet)>) -> Result<(), NodeFailure>;
}

impl<F: FnMut(&str, Packet) -> Result<(), NodeFailure>> Sink for F {
    fn take(&mut self, packets: &mut dyn Iterator<Item = (&str, Packet)>) -> Result<(), NodeFailure> {
        for (leaf, packet) in packets {
            self(leaf, packet)?;
        }
        Ok(())
    }
}

/// Hands what comes out of the leaves to the sink.
pub(crate) struct Drain<'a, 'c> {
    pub(crate) outputs: Taker,
    pub(crate) sink: &'a mut dyn Sink,
    pub(crate) board: &'a Board,
    pub(crate) leaves: Leaves<'a, 'c>,
    pub(crate) cancel: &'a Cancel,
}

impl Drain<'_, '_> {
    /// Until the last leaf has ended.
    pub(crate) fn run(mut self) -> Result<(), RunError> {
        while self.once(true)? {}
        Ok(())
    }

    /// What is there; whether more may come.
    pub(crate) fn once(&mut self, wait: bool) -> Result<bool, RunError> {
        let mut taken = VecDeque::new();
        match self.outputs.take(&mut taken, wait) {
            Taken::Some => {}
            Taken::Nothing => return Ok(true),
            Taken::Closed => return Ok(false),
            Taken::Stopped => return Err(RunError::Cancelled),
        }
        let cancel = self.cancel;
        self.board.output();
        let mut messages = taken.into_iter();
        let (mut node, mut batch) = (0, Batch::new());
        loop {
            let mut mark = None;
            let mut packets = std::iter::from_fn(|| {
                while !cancel.is_cancelled() {
                    if let Some((_, packet)) = batch.pop_front() {
                        return Some((self.board.nodes[node].0.as_str(), packet));
                    }
                    match messages.next()? {
                        Message::Packets { edge, packets } => (node, batch) = (edge, packets),
                        // What was before it is with the sink, before anything is made of it.
                        other => {
                            mark = Some(other);
                            return None;
                        }
                    }
                }
                None
            });
            self.sink.take(&mut packets).map_err(RunError::Output)?;
            let marked = match mark {
                Some(Message::Barrier) => self.leaves.bar(),
                Some(_) => self.leaves.end(),
                None if cancel.is_cancelled() => return Err(RunError::Cancelled),
                None => return Ok(true),
            };
            marked.map_err(RunError::Output)?;
        }
    }
}
