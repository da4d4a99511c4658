//! `TextTransformNode` and `DataTransform`, where their function is one of Python's that has a kernel.

use remotemedia_engine::{More, NodeFailure, NodeInstance, NodeSpec, Outputs, PortId};
use remotemedia_kernels::TextOperation;
use remotemedia_packet::{Body, Packet, Value};

use crate::params::Params;
use crate::text_processor::value;
use crate::values::{Room, with_value};

const PARAM: &str = "transform_func";

struct TextTransformNode {
    operation: TextOperation,
    room: Room,
}

struct DataTransform {
    /// The function's name and what it does; values are passed on without it.
    function: Option<(String, TextOperation)>,
    room: Room,
}

pub(crate) fn make_text(spec: &NodeSpec) -> Result<Box<dyn NodeInstance>, NodeFailure> {
    let (_, operation) = function(spec)?.ok_or_else(|| {
        let params = Params::of(spec);
        params.refuse(PARAM, "a function", &serde_json::Value::Null)
    })?;
    Ok(Box::new(TextTransformNode { operation, room: Room::of(spec) }))
}

pub(crate) fn make_data(spec: &NodeSpec) -> Result<Box<dyn NodeInstance>, NodeFailure> {
    Ok(Box::new(DataTransform { function: function(spec)?, room: Room::of(spec) }))
}

fn function(spec: &NodeSpec) -> Result<Option<(String, TextOperation)>, NodeFailure> {
    let params = Params::of(spec);
    let (param, given) = params.value(PARAM)?;
    if given.is_null() && param.nullable {
        return Ok(None);
    }
    let known = param.native.as_deref().unwrap_or_default();
    let entry = given.get("$py").and_then(|it| it.as_str()).unwrap_or_default();
    let operation = TextOperation::of_function(entry).filter(|_| known.iter().flatten().any(|it| it == entry));
    let names = || known.iter().flatten().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(", ");
    operation
        .map(|it| Some((entry.to_owned(), it)))
        .ok_or_else(|| params.refuse(PARAM, &format!("a function that has a native form ({})", names()), given))
}

impl NodeInstance for TextTransformNode {
    fn process(&mut self, _port: PortId, packet: Packet, out: &mut Outputs) -> Result<More, NodeFailure> {
        let changed = match &packet.body {
            Body::Text(text) => value(self.operation.of(text)),
            Body::Json(json) if json.text.starts_with(r#"{"$tuple":[""#) => match self.room.value(&packet)? {
                Value::Tuple(mut items) => {
                    if let Some(first) = items.first_mut()
                        && let Value::Text(text) = first
                    {
                        *first = value(self.operation.of(text));
                    }
                    Value::Tuple(items)
                }
                other => other,
            },
            _ => {
                out.push(packet);
                return Ok(More::No);
            }
        };
        with_value(&packet, changed)?.into_iter().for_each(|it| out.push(it));
        Ok(More::No)
    }
}

impl NodeInstance for DataTransform {
    fn process(&mut self, _port: PortId, packet: Packet, out: &mut Outputs) -> Result<More, NodeFailure> {
        let Some((entry, operation)) = &self.function else {
            out.push(packet);
            return Ok(More::No);
        };
        let Body::Text(text) = &packet.body else {
            return Err(inapplicable(entry, &self.room.value(&packet)?));
        };
        with_value(&packet, value(operation.of(text)))?.into_iter().for_each(|it| out.push(it));
        Ok(More::No)
    }
}

/// What Python says of a method of `str` that is called with something else.
fn inapplicable(entry: &str, value: &Value) -> NodeFailure {
    let kind = match value {
        Value::None => "NoneType",
        Value::Bool(_) => "bool",
        Value::Int(_) | Value::Long(_) => "int",
        Value::Float(_) => "float",
        Value::Text(_) => "str",
        Value::List(_) => "list",
        Value::Tuple(_) => "tuple",
        Value::Dict(_) => "dict",
        Value::Array(_) => "numpy.ndarray",
        Value::Bytes(_) => "bytes",
    };
    let method = entry.rsplit('.').next().unwrap_or(entry);
    let message = format!("descriptor '{method}' for 'str' objects doesn't apply to a '{kind}' object");
    NodeFailure::new("RM602", format!("TypeError: {message}")).with_cause("TypeError", message, None)
}
