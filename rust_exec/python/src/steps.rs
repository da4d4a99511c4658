//! Coroutine functions in a row, called on their event loop as long as none has to wait.

use std::sync::Arc;
use std::time::{Duration, Instant};

use pyo3::exceptions::PyRuntimeError;
use pyo3::ffi;
use pyo3::ffi::PySendResult;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyType};
use pyo3::wrap_pyfunction;
use remotemedia_engine::{Meter, NodeCounts};

/// How long calls are made before the loop may see to others.
const MOMENT: Duration = Duration::from_millis(1);

/// A line of coroutine functions.
#[pyclass(module = "remotemedia._native")]
pub(crate) struct Steps {
    members: Vec<Member>,
    begin: Py<PyAny>,
    coroutine: Py<PyAny>,
    /// Types of what a call may give besides a value.
    unfinished: Vec<Py<PyAny>>,
    /// Which call is under way or has failed, and what it was given.
    #[pyo3(get)]
    at: usize,
    #[pyo3(get)]
    value: Option<Py<PyAny>>,
}

struct Member {
    /// Runs a function with the node's context variables.
    run: Py<PyAny>,
    process: Py<PyAny>,
    meter: Meter,
    start: Option<Instant>,
    /// The type of a value that is known to be finished: most nodes give one type all the time.
    plain: Option<Py<PyType>>,
}

/// A call that cannot be ended here: by the number of its node; the coroutine, with what it waits for if it was begun, or what else it gave.
type Stuck = (usize, Py<PyAny>, bool, Option<Py<PyAny>>);

/// What became of a call.
enum Came<'py> {
    Value(Bound<'py, PyAny>),
    Nothing,
    Stuck(Stuck),
}

impl Steps {
    /// Of nodes with what runs them with their context variables, and their `process`.
    pub(crate) fn new(py: Python<'_>, members: Vec<(Py<PyAny>, Py<PyAny>, Arc<NodeCounts>)>) -> PyResult<Self> {
        let types = py.import("types")?;
        let kind = |name: &str| types.getattr(name).map(Bound::unbind);
        let member =
            |(run, process, counts)| Member { run, process, meter: Meter::new(counts), start: None, plain: None };
        Ok(Self {
            members: members.into_iter().map(member).collect(),
            begin: wrap_pyfunction!(begin, py)?.into_any().unbind(),
            coroutine: kind("CoroutineType")?,
            unfinished: vec![kind("AsyncGeneratorType")?, kind("CoroutineType")?, kind("GeneratorType")?],
            at: 0,
            value: None,
        })
    }

    /// Call a node.
    fn call<'py>(&mut self, py: Python<'py>, value: &Bound<'py, PyAny>) -> PyResult<Came<'py>> {
        let Self { members, begin, coroutine, unfinished, at, .. } = self;
        let member = &mut members[*at];
        member.meter.took(1);
        member.start = member.meter.begin();
        let call = member.process.bind(py).call1((value,))?;
        let given = if call.get_type().is(&*coroutine) {
            // The loop's own way to run it, without an exception for each result.
            let given = member.run.bind(py).call1((&*begin, &call))?;
            if let Ok(Waits(waits)) = given.cast_exact::<Waits>().map(Bound::get) {
                return Ok(Came::Stuck((*at, call.unbind(), true, Some(waits.clone_ref(py)))));
            }
            given
        } else {
            call
        };
        if given.is_none() {
            member.meter.end(member.start.take());
            return Ok(Came::Nothing);
        }
        let kind = given.get_type();
        if member.plain.as_ref().is_none_or(|it| !kind.is(it)) {
            if unfinished.iter().any(|it| kind.is(it)) {
                return Ok(Came::Stuck((*at, given.unbind(), false, None)));
            }
            member.plain = Some(kind.unbind());
        }
        member.meter.end(member.start.take());
        member.meter.gave(1);
        Ok(Came::Value(given))
    }
}

#[pymethods]
impl Steps {
    /// Put values through all nodes; what comes of the value with the number `N` is appended to `given` as `(N, value)`.
    ///
    /// Ends with the values, after a moment, or at a call that has to wait. Returns how many values were taken, and the call.
    fn run(
        &mut self,
        py: Python<'_>,
        values: &Bound<'_, PyList>,
        number: usize,
        given: &Bound<'_, PyList>,
    ) -> PyResult<(usize, Option<Stuck>)> {
        let begin = Instant::now();
        for (index, value) in values.iter().enumerate() {
            let mut value = Some(value);
            for at in 0..self.members.len() {
                let Some(taken) = value.take() else { break };
                self.at = at;
                let came = self.call(py, &taken).inspect_err(|_| self.value = Some(taken.clone().unbind()))?;
                match came {
                    Came::Value(next) => value = Some(next),
                    Came::Nothing => {}
                    Came::Stuck(stuck) => {
                        self.value = Some(taken.unbind());
                        return Ok((index + 1, Some(stuck)));
                    }
                }
            }
            if let Some(value) = value {
                given.append((number + index, value))?;
            }
            if begin.elapsed() >= MOMENT {
                return Ok((index + 1, None));
            }
        }
        Ok((values.len(), None))
    }

    /// A call of a node begins elsewhere, for a value if it is that of one.
    fn begin(&mut self, at: usize, fed: bool) {
        let member = &mut self.members[at];
        member.meter.took(u64::from(fed));
        member.start = member.meter.begin();
    }

    /// The call under way has ended, here or elsewhere.
    fn end(&mut self, at: usize) {
        let member = &mut self.members[at];
        member.meter.end(member.start.take());
    }

    /// The node gave a value.
    fn gave(&self, at: usize) {
        self.members[at].meter.gave(1);
    }
}

/// What a coroutine waits for.
#[pyclass(frozen, module = "remotemedia._native")]
struct Waits(Py<PyAny>);

/// Run a coroutine from its beginning to where it first waits: its result, or what it waits for as [`Waits`].
///
/// The interpreter's own call for it needs no exception for a result, as `send` of Python does.
#[pyfunction]
#[allow(unsafe_code, reason = "the call is in C only")]
fn begin<'py>(coroutine: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = coroutine.py();
    let mut result = std::ptr::null_mut();
    // SAFETY: coroutine and None are valid objects, and the interpreter's lock is held, as `py` shows.
    let state = unsafe { ffi::PyIter_Send(coroutine.as_ptr(), ffi::Py_None(), &raw mut result) };
    // SAFETY: by its contract the result is a new reference, or null where an exception is set.
    let result = unsafe { Bound::from_owned_ptr_or_opt(py, result) };
    match (state, result) {
        (PySendResult::PYGEN_RETURN, Some(value)) => Ok(value),
        (PySendResult::PYGEN_NEXT, Some(waits)) => Ok(Bound::new(py, Waits(waits.unbind()))?.into_any()),
        _ => Err(PyErr::take(py).unwrap_or_else(|| PyRuntimeError::new_err("a coroutine failed without an exception"))),
    }
}
