//! `FormatConverter`: a value as plain JSON data, text or bytes.

use bytes::Bytes;
use remotemedia_engine::{More, NodeFailure, NodeInstance, NodeSpec, Outputs, PortId};
use remotemedia_packet::{Packet, Value};

use crate::params::Params;
use crate::plain::{json, plain};
use crate::repr::shortened;
use crate::values::{Room, with_value};

struct FormatConverter {
    format: Format,
    room: Room,
}

/// What a value becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Plain JSON data: arrays as nested lists, tuples as lists, bytes as base64.
    Json,
    /// A text as it is, other values as JSON text.
    Text,
    /// The UTF-8 of that text, an array's own bytes.
    Bytes,
}

pub(crate) fn make(spec: &NodeSpec) -> Result<Box<dyn NodeInstance>, NodeFailure> {
    let params = Params::of(spec);
    let name = params.string("target_format")?;
    let format = Format::named(name).ok_or_else(|| params.refuse("target_format", "a format", &name.into()))?;
    Ok(Box::new(FormatConverter { format, room: Room::of(spec) }))
}

impl NodeInstance for FormatConverter {
    fn process(&mut self, _port: PortId, packet: Packet, out: &mut Outputs) -> Result<More, NodeFailure> {
        let value = self.room.value(&packet)?;
        self.room.expect(elements(&value))?;
        let shown = shortened(&value);
        let converted = self.format.of(value).map_err(|reason| {
            let format = self.format.name();
            NodeFailure::new("RM606", format!("expected a value that has a form as {format}, got `{shown}`: {reason}"))
        })?;
        with_value(&packet, converted)?.into_iter().for_each(|it| out.push(it));
        Ok(More::No)
    }
}

impl Format {
    /// The format of that name: `json`, `text` or `bytes`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Json, Self::Text, Self::Bytes].into_iter().find(|it| it.name() == name)
    }

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Text => "text",
            Self::Bytes => "bytes",
        }
    }

    /// A value in this format.
    ///
    /// # Errors
    ///
    /// Why it has no such form, in Python's words.
    pub fn of(self, value: Value) -> Result<Value, String> {
        match (self, value) {
            (Self::Json, value) => plain(value),
            (Self::Text, Value::Text(text)) => Ok(Value::Text(text)),
            (Self::Text, Value::Bytes(bytes)) => text(&bytes).map(Value::Text),
            (Self::Text, value) => json(&plain(value)?).map(Value::Text),
            (Self::Bytes, Value::Bytes(bytes)) => Ok(Value::Bytes(bytes)),
            (Self::Bytes, Value::Array(array)) => Ok(Value::Bytes(array.data)),
            (Self::Bytes, Value::Text(text)) => Ok(Value::Bytes(Bytes::from(text))),
            (Self::Bytes, value) => Ok(Value::Bytes(Bytes::from(json(&plain(value)?)?))),
        }
    }
}

fn text(bytes: &[u8]) -> Result<String, String> {
    str::from_utf8(bytes).map(str::to_owned).map_err(|error| {
        let at = error.valid_up_to();
        format!("'utf-8' codec can't decode byte 0x{:02x} in position {at}", bytes.get(at).copied().unwrap_or(0))
    })
}

/// How many elements all arrays of a value have.
fn elements(value: &Value) -> u64 {
    match value {
        Value::Array(tensor) => tensor.shape.iter().product(),
        Value::List(items) | Value::Tuple(items) => items.iter().map(elements).sum(),
        Value::Dict(entries) => entries.iter().map(|(_, item)| elements(item)).sum(),
        _ => 0,
    }
}
