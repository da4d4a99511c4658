//! Packets as Python values, and back, by the codec of `remotemedia.values`.

use std::any::Any;
use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::PyTuple;
use remotemedia_engine::NodeFailure;
use remotemedia_packet::{Body, Flat, Foreign, Packet};

use crate::buffer::{Buffer, bytes_of};

/// A Python object as the body of a packet that stays in this process.
pub(crate) struct Object(pub(crate) Py<PyAny>);

impl Foreign for Object {
    fn summary(&self) -> String {
        Python::attach(|py| {
            let object = self.0.bind(py);
            let kind = object.get_type().qualname().map_or_else(|_| "object".to_owned(), |it| it.to_string());
            let shape = object.getattr("shape").and_then(|it| it.extract::<Vec<usize>>());
            match (shape, object.len()) {
                (Ok(shape), _) => format!("object of type `{kind}`, shape {shape:?}"),
                (_, Ok(length)) => format!("object of type `{kind}`, length {length}"),
                _ => format!("object of type `{kind}`"),
            }
        })
    }
}

/// Several objects as the body of one packet, between an input at hand, one line, and the caller: each counts there as a value.
struct Many(Vec<Py<PyAny>>);

impl Foreign for Many {
    fn summary(&self) -> String {
        format!("{} objects", self.0.len())
    }
}

/// A packet of several objects.
pub(crate) fn many_packet(values: Vec<Py<PyAny>>) -> Packet {
    Packet::new(Body::Object(Arc::new(Many(values))))
}

/// The objects of a packet of several.
pub(crate) fn many(packet: &Packet) -> Option<&[Py<PyAny>]> {
    let Body::Object(object) = &packet.body else { return None };
    (&**object as &dyn Any).downcast_ref::<Many>().map(|it| &it.0[..])
}

/// `remotemedia.values`, handed in so that this crate need not know where it lives.
pub(crate) struct Codec {
    decode: Py<PyAny>,
    encode: Py<PyAny>,
}

impl Codec {
    /// `decode(kind, head, meta, data) -> value` and `encode(value) -> (kind, head, meta, data) | None`.
    pub(crate) fn new(decode: Py<PyAny>, encode: Py<PyAny>) -> Self {
        Self { decode, encode }
    }

    /// The value that a packet arrives as.
    pub(crate) fn value<'py>(&self, py: Python<'py>, packet: &Packet) -> Result<Bound<'py, PyAny>, NodeFailure> {
        if let Body::Object(object) = &packet.body
            && let Some(Object(object)) = (&**object as &dyn Any).downcast_ref()
        {
            return Ok(object.bind(py).clone());
        }
        let flat = Flat::from_packet(packet, 0).map_err(|e| NodeFailure::new(e.code, e.message))?;
        let arguments = (flat.kind, flat.head, flat.meta, Buffer(flat.data));
        self.decode.bind(py).call1(arguments).map_err(|e| refused(py, &e))
    }

    /// The packet that a value becomes, with the times of `like`; nothing for `None`.
    pub(crate) fn packet(&self, value: &Bound<'_, PyAny>, like: &Packet) -> Result<Option<Packet>, NodeFailure> {
        let py = value.py();
        let encoded = self.encode.bind(py).call1((value,)).map_err(|e| refused(py, &e))?;
        if encoded.is_none() {
            return Ok(None);
        }
        let (kind, head, meta, data) = fields(&encoded).map_err(|e| refused(py, &e))?;
        let data = bytes_of(&data).map_err(|e| refused(py, &e))?;
        let session = String::new();
        let flat =
            Flat { port: 0, stream: 0, seq: 0, pts: i64::MIN, duration: i64::MIN, kind, head, meta, session, data };
        let (_, packet) = flat.into_packet().map_err(|e| NodeFailure::new(e.code, e.message))?;
        Ok(Some(Packet { meta: packet.meta, body: packet.body, ..like.clone() }))
    }
}

type Fields<'py> = (u32, String, String, Bound<'py, PyAny>);

fn fields<'py>(encoded: &Bound<'py, PyAny>) -> PyResult<Fields<'py>> {
    encoded.cast::<PyTuple>()?.extract()
}

/// A value as the body of a packet that stays in this process, with the times of `like`.
pub(crate) fn object_packet(value: Bound<'_, PyAny>, like: &Packet) -> Packet {
    let Packet { stream, seq, pts_ns, duration_ns, ref session, ref trace, .. } = *like;
    let (session, trace) = (session.clone(), trace.clone());
    let body = Body::Object(Arc::new(Object(value.unbind())));
    Packet { stream, seq, pts_ns, duration_ns, session, trace, meta: None, body }
}

fn refused(py: Python<'_>, error: &PyErr) -> NodeFailure {
    NodeFailure::new("RM605", error.value(py).to_string())
}
