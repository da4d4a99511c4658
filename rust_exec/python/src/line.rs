//! Python nodes in a row that are plain functions or generators, as one node of the engine.
//!
//! A value goes from call to call as the object it is. The deepest node that has more to give gives next, so that nothing waits between
//! the nodes, and what a generator gives is used before it is asked for more.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use pyo3::prelude::*;
use remotemedia_engine::{Cancel, Guard, More, NodeFailure, NodeInstance, Outputs, PortId};
use remotemedia_packet::{Body, Packet};

use crate::calls::{Calls, Given};
use crate::host::{Owner, after, nothing};
use crate::value::{many, many_packet};

/// How many values are given before the engine may see to others.
const BATCH: usize = 64;

/// How long values may wait for those that come after them.
const MOMENT: Duration = Duration::from_millis(1);

/// Values between two looks at the clock.
const STRIDE: u32 = 8;

pub(crate) struct Line {
    owner: Owner,
    members: Vec<Calls>,
    is_source: bool,
    cancel: Cancel,
    /// Whether the nodes know their thread.
    entered: bool,
    /// No node from here on has more to give.
    open: usize,
    /// How many nodes have been flushed; `None` before the input is at its end.
    flushed: Option<usize>,
    /// What the first node was given, while it gives.
    body: Body,
    /// Values that were given at once with the one under way.
    pending: VecDeque<Py<PyAny>>,
    /// Values that go out together.
    ready: Vec<Py<PyAny>>,
    /// What ended a call, after the values that were given before it.
    failed: Option<NodeFailure>,
}

/// Holds the interpreter's lock.
struct Attached;

impl Guard for Attached {
    fn hold(&self, batch: &mut dyn FnMut()) {
        Python::attach(|_| batch());
    }
}

impl Line {
    pub(crate) fn new(owner: Owner, members: Vec<Calls>, is_source: bool, cancel: Cancel) -> Self {
        let (pending, ready) = (VecDeque::new(), Vec::new());
        Self {
            owner,
            members,
            is_source,
            cancel,
            entered: false,
            open: 0,
            flushed: None,
            body: nothing().body,
            pending,
            ready,
            failed: None,
        }
    }

    /// Tell the nodes, once, on which thread they are called.
    fn enter(&mut self, py: Python<'_>) -> Result<(), NodeFailure> {
        if !std::mem::replace(&mut self.entered, true) {
            for (at, member) in self.members.iter().enumerate() {
                member.enter(py).map_err(|e| self.owner.failure_at(py, at, e))?;
            }
        }
        Ok(())
    }

    /// Let a value go from node to node until one takes it in, has more to give for it, or the last has given it.
    fn pass(
        &mut self,
        py: Python<'_>,
        at: usize,
        value: Bound<'_, PyAny>,
        out: &mut Outputs,
    ) -> Result<(), NodeFailure> {
        let (mut at, mut value) = (at, value);
        while at < self.members.len() {
            // Where the run stops, no other call begins.
            if at > 0 && self.cancel.is_cancelled() {
                return Ok(());
            }
            if at > 0 {
                let [giver, taker] = &mut self.members[at - 1..=at] else { return Ok(()) };
                taker.hand.clone_from(&giver.hand);
            }
            let given = self.members[at].process(py, Some(&value));
            if self.is_told(at) && !matches!(given, Ok(Given::Nothing | Given::Value(_))) {
                self.members[at].held = Some(value.clone().unbind());
            }
            match self.given(py, at, given)? {
                Given::Nothing | Given::More => return Ok(()),
                Given::Value(next) => (at, value) = (at + 1, next),
            }
        }
        if self.owner.batched {
            self.ready.push(value.unbind());
            return Ok(());
        }
        let hand = self.members.last().map(|it| &*it.hand);
        hand.map_or(Ok(()), |hand| self.owner.emit(value, hand, out))
    }

    /// What came of a call; of a failed one the failure.
    fn given<'py>(
        &mut self,
        py: Python<'py>,
        at: usize,
        given: PyResult<Given<'py>>,
    ) -> Result<Given<'py>, NodeFailure> {
        let given = given.map_err(|error| self.fail(py, at, error))?;
        if matches!(given, Given::More) {
            self.open = at + 1;
        }
        Ok(given)
    }

    /// Whether what the node was given is told here; of what it gave itself the engine knows more.
    fn is_told(&self, at: usize) -> bool {
        at > 0 || self.owner.batched
    }

    fn fail(&mut self, py: Python<'_>, at: usize, error: PyErr) -> NodeFailure {
        if let Some(member) = self.members.get(at).filter(|_| self.is_told(at)) {
            self.owner.blame(at, member.blame(py));
        }
        self.owner.failure_at(py, at, error)
    }

    /// Give what there is still to give, as far as it is there.
    fn drain(&mut self, py: Python<'_>, max: usize, out: &mut Outputs) -> Result<More, NodeFailure> {
        let more = self.drain_to(py, max, out);
        if !self.ready.is_empty() {
            out.push(many_packet(std::mem::take(&mut self.ready)));
        }
        more
    }

    fn drain_to(&mut self, py: Python<'_>, max: usize, out: &mut Outputs) -> Result<More, NodeFailure> {
        let (begin, mut steps) = (Instant::now(), 0_u32);
        loop {
            if out.len() + self.ready.len() >= max || self.cancel.is_cancelled() {
                return Ok(More::Yes);
            }
            let drawn = match self.deepest() {
                Some(at) => self.draw(py, at, out),
                None if !self.pending.is_empty() => self.pass_next(py, out),
                None if self.flushed.is_none_or(|it| it == self.members.len()) => {
                    self.body = nothing().body;
                    return Ok(More::No);
                }
                None => self.flush_next(py, out),
            };
            if let Err(failure) = drawn {
                // What was given before goes its way first: the engine drops what a failed call emits.
                if out.is_empty() && self.ready.is_empty() {
                    return Err(failure);
                }
                self.failed = Some(failure);
                return Ok(More::Yes);
            }
            steps += 1;
            // A look at the clock costs as much as a small node, but somebody may wait for the value that is there.
            if (!self.owner.batched || steps % STRIDE == 0) && begin.elapsed() >= MOMENT {
                return Ok(More::Yes);
            }
        }
    }

    /// The deepest node that has more to give.
    fn deepest(&mut self) -> Option<usize> {
        while self.open > 0 && !self.members[self.open - 1].has_more() {
            self.open -= 1;
        }
        self.open.checked_sub(1)
    }

    /// Let a node give one more value.
    fn draw(&mut self, py: Python<'_>, at: usize, out: &mut Outputs) -> Result<(), NodeFailure> {
        match self.members[at].next(py) {
            Ok(Some(value)) => self.pass(py, at + 1, value, out),
            Ok(None) => Ok(()),
            Err(error) => Err(self.fail(py, at, error)),
        }
    }

    /// Flush the node whose turn it is.
    fn flush_next(&mut self, py: Python<'_>, out: &mut Outputs) -> Result<(), NodeFailure> {
        let at = self.flushed.unwrap_or(0);
        self.flushed = Some(at + 1);
        let member = &mut self.members[at];
        after(Arc::make_mut(&mut member.hand));
        let given = member.flush(py);
        match self.given(py, at, given)? {
            Given::Value(value) => self.pass(py, at + 1, value, out),
            Given::Nothing | Given::More => Ok(()),
        }
    }
}

impl Line {
    /// Pass the next of the values that were given at once.
    fn pass_next(&mut self, py: Python<'_>, out: &mut Outputs) -> Result<(), NodeFailure> {
        let Some(value) = self.pending.pop_front() else { return Ok(()) };
        self.pass(py, 0, value.into_bound(py), out)
    }
}

impl NodeInstance for Line {
    fn process(&mut self, _port: PortId, mut packet: Packet, out: &mut Outputs) -> Result<More, NodeFailure> {
        Python::attach(|py| {
            if let Some(many) = many(&packet) {
                self.enter(py)?;
                self.pending.extend(many.iter().map(|it| it.clone_ref(py)));
                return self.drain(py, BATCH, out);
            }
            let value = self.owner.codec.value(py, &packet)?;
            self.body = std::mem::replace(&mut packet.body, nothing().body);
            self.members[0].hand = Arc::new(packet);
            self.enter(py)?;
            self.pass(py, 0, value, out)?;
            if self.open > 0 {
                return self.drain(py, BATCH, out);
            }
            self.body = nothing().body;
            Ok(More::No)
        })
    }

    fn pull(&mut self, max: usize, out: &mut Outputs) -> Result<More, NodeFailure> {
        if let Some(failure) = self.failed.take() {
            return Err(failure);
        }
        Python::attach(|py| {
            if std::mem::take(&mut self.is_source) {
                self.enter(py)?;
                let given = self.members[0].process(py, None);
                if let Given::Value(value) = self.given(py, 0, given)? {
                    self.pass(py, 1, value, out)?;
                }
            }
            // A packet of several values costs no more than one.
            self.drain(py, if self.owner.batched { BATCH } else { max }, out)
        })
    }

    fn flush(&mut self, out: &mut Outputs) -> Result<More, NodeFailure> {
        self.flushed = Some(0);
        Python::attach(|py| self.drain(py, BATCH, out))
    }

    fn in_hand(&mut self) -> Option<Packet> {
        let body = matches!(self.body, Body::Object(_)).then(|| self.body.clone())?;
        Some(Packet { body, ..(*self.members[0].hand).clone() })
    }

    fn is_source(&self) -> bool {
        self.is_source
    }

    /// Attaching to the interpreter costs more than a small node: once for a batch.
    fn guard(&self) -> Option<Arc<dyn Guard>> {
        Some(Arc::new(Attached))
    }

    fn close(&mut self) {
        Python::attach(|py| self.members.iter_mut().for_each(|it| it.close(py)));
    }
}
