//! Numbers, texts and values of any kind: what the nodes of the same names do, for their Python classes.

use num_bigint::BigInt;
use pyo3::exceptions::{PyArithmeticError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyFloat, PyInt};
use remotemedia_kernels::{Change, ElementType, KernelError, Number, Operation, TextOperation, TextResult, each};
use remotemedia_nodes::Format;
use remotemedia_packet::{Flat, Packet, PacketError, Value};

use crate::buffer::{Buffer, bytes_of};

/// What comes of numbers, from left to right.
#[pyfunction]
#[pyo3(signature = (operation, args, /))]
pub(crate) fn calculate<'py>(
    py: Python<'py>,
    operation: &str,
    args: Vec<Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let operation = Operation::named(operation).ok_or_else(|| unknown(operation))?;
    let numbers = args.iter().map(number_of).collect::<PyResult<Vec<_>>>()?;
    object_of(py, operation.over(&numbers).map_err(|e| no_result(&e))?)
}

/// The names of the operations of `calculate`.
#[pyfunction]
pub(crate) fn calculations() -> Vec<&'static str> {
    Operation::ALL.map(Operation::name).to_vec()
}

/// The elements of an array, as bytes, to each of which a constant is added, or which are multiplied by it; with their type.
#[pyfunction]
#[pyo3(signature = (operation, constant, dtype, elements, /))]
pub(crate) fn elementwise(
    operation: &str,
    constant: &Bound<'_, PyAny>,
    dtype: &str,
    elements: &Bound<'_, PyAny>,
) -> PyResult<(&'static str, Buffer)> {
    let change = match operation {
        "add" => Change::Add,
        "multiply" => Change::Multiply,
        other => return Err(unknown(other)),
    };
    let of = ElementType::named(dtype).ok_or_else(|| unknown(dtype))?;
    let made = each(&bytes_of(elements)?, of, change, &number_of(constant)?);
    let (made, data) = made.map_err(|e| no_result(&e))?;
    Ok((made.name(), Buffer(data.into())))
}

/// What an operation of `text_operations` makes of a text.
#[pyfunction]
#[pyo3(signature = (operation, text, /))]
pub(crate) fn process_text<'py>(py: Python<'py>, operation: &str, text: &str) -> PyResult<Bound<'py, PyAny>> {
    let operation = TextOperation::named(operation)
        .or_else(|| TextOperation::of_function(operation))
        .ok_or_else(|| unknown(operation))?;
    match operation.of(text) {
        TextResult::Text(text) => Ok(text.into_pyobject(py)?.into_any()),
        TextResult::Count(count) => Ok(count.into_pyobject(py)?.into_any()),
        TextResult::Words(words) => Ok(words.into_pyobject(py)?.into_any()),
    }
}

/// The names of the operations of `process_text`.
#[pyfunction]
pub(crate) fn text_operations() -> Vec<&'static str> {
    TextOperation::names().collect()
}

/// A packet's body as it crosses into a sandbox: kind, head, meta and data.
type Crossing = (u32, String, String, Buffer);

/// The only item of a list, in the format `json`, `text` or `bytes`; `None` for `None`.
#[pyfunction]
#[pyo3(signature = (target, head, data, /))]
pub(crate) fn formatted(target: &str, head: String, data: &Bound<'_, PyAny>) -> PyResult<Option<Crossing>> {
    let format = Format::named(target).ok_or_else(|| unknown(target))?;
    let (pts, duration, data) = (i64::MIN, i64::MIN, bytes_of(data)?);
    let (meta, session) = (String::new(), String::new());
    let flat = Flat { port: 0, stream: 0, seq: 0, pts, duration, kind: 5, head, meta, session, data };
    let (_, packet) = flat.into_packet().map_err(|e| refused(&e))?;
    let value = match Value::of(&packet).map_err(|e| refused(&e))? {
        Value::List(mut items) => items.pop().unwrap_or(Value::None),
        other => other,
    };
    let made = format.of(value).map_err(PyValueError::new_err)?.into_body().map_err(|e| refused(&e))?;
    let Some(body) = made else { return Ok(None) };
    let flat = Flat::from_packet(&Packet::new(body), 0).map_err(|e| refused(&e))?;
    Ok(Some((flat.kind, flat.head, flat.meta, Buffer(flat.data))))
}

fn number_of(object: &Bound<'_, PyAny>) -> PyResult<Number> {
    if let Ok(float) = object.cast::<PyFloat>() {
        return Ok(Number::Float(float.value()));
    }
    if !object.is_instance_of::<PyInt>() {
        return Err(PyTypeError::new_err(format!("expected a number, got {}", object.get_type().name()?)));
    }
    match object.extract::<i64>() {
        Ok(small) => Ok(Number::Int(small)),
        Err(_) => object.extract::<BigInt>().map(Number::Long),
    }
}

fn object_of(py: Python<'_>, number: Number) -> PyResult<Bound<'_, PyAny>> {
    Ok(match number {
        Number::Int(it) => it.into_pyobject(py)?.into_any(),
        Number::Long(it) => it.into_pyobject(py)?.into_any(),
        Number::Float(it) => PyFloat::new(py, it).into_any(),
    })
}

fn unknown(name: &str) -> PyErr {
    PyValueError::new_err(format!("expected the name of an operation, a type or a format, got {name}"))
}

fn no_result(error: &KernelError) -> PyErr {
    PyArithmeticError::new_err(error.message.clone())
}

fn refused(error: &PacketError) -> PyErr {
    PyValueError::new_err(error.message.clone())
}
