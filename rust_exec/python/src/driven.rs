//! Python nodes that run on an event loop: a `Driver` of `remotemedia.runtime` stands between it and the node's thread.

use std::collections::VecDeque;

use pyo3::prelude::*;
use pyo3::types::{PyCFunction, PyList};
use remotemedia_engine::{More, NodeFailure, NodeInstance, Outputs, PortId, Waker};
use remotemedia_packet::{Foreign, Packet};

use crate::host::{Owner, after, nothing};
use crate::lines::Blame;
use crate::value::{Object, many, many_packet};

pub(crate) struct DrivenInstance {
    owner: Owner,
    driver: Py<PyAny>,
    is_source: bool,
    /// Packets that were given to the driver, from the one in the node's hand on.
    given: VecDeque<Packet>,
    /// How many were given before those.
    done: usize,
    /// Whether it stands for several nodes.
    is_line: bool,
}

/// Where a line failed: the number of the node, the call, and what it was given.
type At<'py> = (usize, String, Bound<'py, PyAny>);

/// What a driver gives: values, each with how many the node had taken by then, and whether more come without being asked for.
type Taken<'py> = (Vec<(usize, Bound<'py, PyAny>)>, bool);

impl DrivenInstance {
    pub(crate) fn new(owner: Owner, driver: Py<PyAny>, is_source: bool, is_line: bool) -> Self {
        Self { owner, driver, is_source, given: VecDeque::new(), done: 0, is_line }
    }

    /// Wait for what the node gives next.
    fn take(&mut self, py: Python<'_>, out: &mut Outputs) -> Result<More, NodeFailure> {
        let taken = self.driver.bind(py).call_method0("take").and_then(|it| it.extract::<Taken<'_>>());
        let (values, more) = taken.map_err(|e| self.failure(py, e))?;
        if self.owner.batched {
            let values: Vec<_> = values.into_iter().map(|(_, value)| value.unbind()).collect();
            if !values.is_empty() {
                out.push(many_packet(values));
            }
            return Ok(if more { More::Yes } else { More::No });
        }
        for (count, value) in values {
            self.advance(count);
            let like = self.given.front().cloned().unwrap_or_else(nothing);
            self.owner.emit(value, &like, out)?;
        }
        Ok(if more { More::Yes } else { More::No })
    }

    /// The failure of the node, or of that in the line that it is.
    fn failure(&self, py: Python<'_>, error: PyErr) -> NodeFailure {
        let at = self.is_line.then(|| self.driver.bind(py).getattr("blame").and_then(|it| it.extract::<At<'_>>()));
        let Some(Ok((at, call, value))) = at else { return self.owner.failure(py, error) };
        // Of what the first was given the engine knows more, where it gave it.
        if at > 0 || self.owner.batched {
            let call = if call == "flush" { "flush" } else { "process" };
            let input = (call == "process").then(|| Object(value.unbind()).summary());
            self.owner.blame(at, Blame { call, seq: self.owner.seq(at).filter(|_| call == "process"), input });
        }
        self.owner.failure_at(py, at, error)
    }

    /// The node has taken so many packets; the last of them is in its hand.
    fn advance(&mut self, count: usize) {
        while self.done + 1 < count && self.given.len() > 1 {
            self.given.pop_front();
            self.done += 1;
        }
    }
}

impl NodeInstance for DrivenInstance {
    fn process(&mut self, port: PortId, packet: Packet, out: &mut Outputs) -> Result<More, NodeFailure> {
        self.process_all(vec![(port, packet)], out)
    }

    fn process_all(&mut self, packets: Vec<(PortId, Packet)>, out: &mut Outputs) -> Result<More, NodeFailure> {
        Python::attach(|py| {
            let values = PyList::empty(py);
            for (_, packet) in packets {
                if let Some(many) = many(&packet) {
                    many.iter().try_for_each(|it| values.append(it)).map_err(|e| self.owner.failure(py, e))?;
                    continue;
                }
                let value = self.owner.codec.value(py, &packet);
                self.given.push_back(packet);
                values.append(value?).map_err(|e| self.owner.failure(py, e))?;
            }
            self.driver.bind(py).call_method1("give", (values,)).map_err(|e| self.owner.failure(py, e))?;
            self.take(py, out)
        })
    }

    fn in_hand(&mut self) -> Option<Packet> {
        let count = Python::attach(|py| self.driver.bind(py).getattr("taken").and_then(|it| it.extract()));
        self.advance(count.unwrap_or(0));
        self.given.front().cloned()
    }

    fn pull(&mut self, _max: usize, out: &mut Outputs) -> Result<More, NodeFailure> {
        Python::attach(|py| self.take(py, out))
    }

    fn flush(&mut self, out: &mut Outputs) -> Result<More, NodeFailure> {
        Python::attach(|py| {
            self.advance(usize::MAX);
            self.given.front_mut().map(after);
            self.driver.bind(py).call_method0("end").map_err(|e| self.owner.failure(py, e))?;
            self.take(py, out)
        })
    }

    fn is_source(&self) -> bool {
        self.is_source
    }

    fn waits(&self) -> bool {
        true
    }

    fn wakes(&mut self, waker: Waker) {
        if self.is_line {
            Python::attach(|py| {
                let wake = PyCFunction::new_closure(py, None, None, move |_, _| waker.wake());
                // It is kept only; nothing of the user's runs.
                let _ = wake.and_then(|it| self.driver.bind(py).call_method1("wakes", (it,)));
            });
        }
    }

    fn has_more(&mut self) -> bool {
        self.is_line
            && Python::attach(|py| self.driver.bind(py).getattr("ready").and_then(|it| it.extract()).unwrap_or(false))
    }

    fn close(&mut self) {
        Python::attach(|py| {
            // The run is over, whatever the node has to say about its end.
            let _ = self.driver.call_method0(py, "cancel");
        });
    }
}
