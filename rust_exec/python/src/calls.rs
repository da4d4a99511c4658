//! The calls of one Python node that is a plain function or a generator.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::{PyIterator, PyType};
use remotemedia_engine::{Meter, NodeCounts};
use remotemedia_packet::{Foreign, Packet};

use crate::host::nothing;
use crate::lines::Blame;
use crate::value::Object;

/// A node, with all that its calls go through looked up once.
pub(crate) struct Calls {
    node: Py<PyAny>,
    /// Runs a function with the node's context variables.
    run: Py<PyAny>,
    process: Py<PyAny>,
    flush: Option<Py<PyAny>>,
    /// An iterator of what a node gave that has still to be awaited; `None` of any other value.
    later: Py<PyAny>,
    next: Py<PyAny>,
    /// What `next` gives when there is nothing more.
    end: Py<PyAny>,
    generator: Py<PyAny>,
    /// The type of a value that is no work to be done: most nodes give one type all the time.
    plain: Option<Py<PyType>>,
    meter: Meter,
    is_flushed: bool,
    /// What the last call has still to give.
    values: Option<Values>,
    /// The packet whose times the values take, without its body.
    pub(crate) hand: Arc<Packet>,
    /// The value that the values are given for.
    pub(crate) held: Option<Py<PyAny>>,
}

/// What `HostNode.calls` returns.
pub(crate) type Parts = (Py<PyAny>, Py<PyAny>, Option<Py<PyAny>>, Py<PyAny>);

/// What a node's last call still has to give.
enum Values {
    /// Of its own generator, which runs with its context variables.
    Generator(Py<PyAny>),
    /// From an event loop.
    Awaited(Py<PyIterator>),
}

/// What came of a call.
pub(crate) enum Given<'py> {
    Nothing,
    Value(Bound<'py, PyAny>),
    /// Values that [`Calls::next`] gives.
    More,
}

impl Calls {
    /// The calls of a `HostNode`.
    pub(crate) fn of(node: &Bound<'_, PyAny>, counts: Arc<NodeCounts>) -> PyResult<Self> {
        let py = node.py();
        let (run, process, flush, later) = node.call_method0("calls")?.extract::<Parts>()?;
        Ok(Self {
            node: node.clone().unbind(),
            run,
            process,
            flush,
            later,
            next: py.import("builtins")?.getattr("next")?.unbind(),
            end: py.import("builtins")?.getattr("object")?.call0()?.unbind(),
            generator: py.import("types")?.getattr("GeneratorType")?.unbind(),
            plain: None,
            meter: Meter::new(counts),
            is_flushed: false,
            values: None,
            hand: Arc::new(nothing()),
            held: None,
        })
    }

    pub(crate) fn enter(&self, py: Python<'_>) -> PyResult<()> {
        self.node.call_method0(py, "enter").map(drop)
    }

    /// Call the node with a value, or as a source without one.
    pub(crate) fn process<'py>(&mut self, py: Python<'py>, value: Option<&Bound<'py, PyAny>>) -> PyResult<Given<'py>> {
        let start = self.meter.begin();
        let run = self.run.bind(py);
        let given = match value {
            Some(value) => {
                self.meter.took(1);
                run.call1((&self.process, value))
            }
            None => run.call1((&self.process,)),
        };
        self.meter.end(start);
        self.given(given?)
    }

    pub(crate) fn flush<'py>(&mut self, py: Python<'py>) -> PyResult<Given<'py>> {
        self.is_flushed = true;
        let Some(flush) = &self.flush else { return Ok(Given::Nothing) };
        let start = self.meter.begin();
        let given = self.run.bind(py).call1((flush,));
        self.meter.end(start);
        self.given(given?)
    }

    /// Whether the last call has more to give.
    pub(crate) fn has_more(&self) -> bool {
        self.values.is_some()
    }

    /// The next value of the last call.
    pub(crate) fn next<'py>(&mut self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        loop {
            let start = self.meter.begin();
            let value = self.draw(py);
            self.meter.end(start);
            match value? {
                Some(value) if value.is_none() => {}
                Some(value) => {
                    self.meter.gave(1);
                    return Ok(Some(value));
                }
                None => {
                    (self.values, self.held) = (None, None);
                    return Ok(None);
                }
            }
        }
    }

    /// Where a failure of the last call is to be sought.
    pub(crate) fn blame(&self, py: Python<'_>) -> Blame {
        let call = if self.is_flushed { "flush" } else { "process" };
        let held = self.held.as_ref().filter(|_| !self.is_flushed);
        let input = held.map(|it| Object(it.clone_ref(py)).summary());
        Blame { call, seq: self.meter.counts().taken().checked_sub(1).filter(|_| !self.is_flushed), input }
    }

    /// The last call.
    pub(crate) fn close(&mut self, py: Python<'_>) {
        (self.values, self.held) = (None, None);
        // The run is over, whatever a generator has to say about its end.
        let _ = self.node.call_method0(py, "close");
    }

    fn draw<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        match &self.values {
            None => Ok(None),
            Some(Values::Awaited(values)) => values.bind(py).clone().next().transpose(),
            Some(Values::Generator(values)) => {
                let value = self.run.bind(py).call1((&self.next, values, &self.end))?;
                Ok(Some(value).filter(|it| !it.is(&self.end)))
            }
        }
    }

    /// Tell a value from what has still to give values.
    fn given<'py>(&mut self, given: Bound<'py, PyAny>) -> PyResult<Given<'py>> {
        let py = given.py();
        let kind = given.get_type();
        if given.is_none() {
            return Ok(Given::Nothing);
        }
        if self.plain.as_ref().is_none_or(|it| !kind.is(it)) {
            if kind.is(&self.generator) {
                self.values = Some(Values::Generator(given.unbind()));
                return Ok(Given::More);
            }
            let later = self.later.bind(py).call1((&given,))?;
            if !later.is_none() {
                self.values = Some(Values::Awaited(later.cast_into::<PyIterator>()?.unbind()));
                return Ok(Given::More);
            }
            self.plain = Some(kind.unbind());
        }
        self.meter.gave(1);
        Ok(Given::Value(given))
    }
}
