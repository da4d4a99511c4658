//! Packets as values of Python, within the memory that a node may have.

use remotemedia_engine::{NodeFailure, NodeSpec};
use remotemedia_packet::{Body, Packet, PacketError, Value};

/// How many parts a value of a node may have: a short text may hold very many.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room(usize);

impl Room {
    pub(crate) fn of(spec: &NodeSpec) -> Self {
        let memory = usize::try_from(spec.limits.memory).unwrap_or(usize::MAX);
        // A tree of JSON stands beside the value while that is made.
        Self(memory / (2 * size_of::<Value>()))
    }

    /// The value that a packet arrives as.
    pub(crate) fn value(self, packet: &Packet) -> Result<Value, NodeFailure> {
        if let Body::Json(json) = &packet.body {
            self.expect(json.text.bytes().filter(|it| *it == b',').count() as u64)?;
        }
        Value::of(packet).map_err(failure)
    }

    /// Refuse a value of too many parts.
    pub(crate) fn expect(self, parts: u64) -> Result<(), NodeFailure> {
        if parts <= self.0 as u64 {
            return Ok(());
        }
        let message =
            format!("expected a value of at most {} parts, got {parts}: more exceed the node's memory", self.0);
        Err(NodeFailure::new("RM604", message).with_hint("give it more with `--memory`"))
    }
}

/// A packet with a value in the place of another's; none for `None`.
pub(crate) fn with_value(packet: &Packet, value: Value) -> Result<Option<Packet>, NodeFailure> {
    Ok(value.into_body().map_err(failure)?.map(|body| packet.with_body(body)))
}

/// What the table of packets refuses, as a node's failure.
pub(crate) fn failure(error: PacketError) -> NodeFailure {
    NodeFailure::new(error.code, error.message)
}

/// A value that a node does not take, in the words of the Python classes.
pub(crate) fn unusable(expected: &str, got: &Value) -> NodeFailure {
    NodeFailure::new("RM606", format!("expected {expected}, got `{}`", crate::repr::shortened(got)))
}

/// A text in a value.
pub(crate) fn text(it: &str) -> Value {
    Value::Text(it.to_owned())
}

/// The item of a dict.
pub(crate) fn item<'a>(value: &'a Value, key: &str) -> Option<&'a Value> {
    let Value::Dict(entries) = value else { return None };
    entries.iter().find(|(it, _)| matches!(it, Value::Text(name) if name == key)).map(|(_, item)| item)
}
