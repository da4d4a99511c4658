//! What a run of the model gave, as packets.

use bytes::{Bytes, BytesMut};
use ort::value::DynValue;
use remotemedia_engine::{NodeFailure, Outputs};
use remotemedia_packet::{Body, Json, Packet, Tensor};
use serde_json::{Map, Value, json};

use crate::config::{Config, What};
use crate::value::{Element, element, into_tensor, to_strings};

/// Buffers start at multiples of this many bytes.
const ALIGNMENT: usize = 8;

/// Emit what one run gave, with the times of the packet that it was made of.
///
/// `batched`: the first axis is the batch's, of which the packet knew nothing; where it is 1 long it is taken away.
pub(crate) fn emit(
    config: &Config,
    values: Vec<DynValue>,
    packet: &Packet,
    batched: bool,
    out: &mut Outputs,
) -> Result<(), NodeFailure> {
    let mut values: Vec<Option<DynValue>> = values.into_iter().map(Some).collect();
    let mut take = |index: usize| -> Result<Given, NodeFailure> {
        let missing =
            || NodeFailure::new("RM608", format!("expected the model's output `{}`, got none", config.outputs[index]));
        let value = values.get_mut(index).and_then(Option::take).ok_or_else(missing)?;
        Given::of(&config.outputs[index], value, batched)
    };
    for emit in &config.emits {
        let body = match &emit.what {
            What::One(index) => take(*index)?.into_body(),
            What::Named(indexes) => {
                let mut named = Named::default();
                for index in indexes {
                    named.add(&config.outputs[*index], take(*index)?);
                }
                named.into_body()
            }
        };
        out.push_to(emit.port, packet.with_body(body));
    }
    Ok(())
}

/// One output.
enum Given {
    Numbers(Tensor),
    Strings(Vec<u64>, Vec<String>),
}

impl Given {
    fn of(name: &str, value: DynValue, batched: bool) -> Result<Self, NodeFailure> {
        let unbatch = |shape: &mut Vec<u64>| {
            if batched && shape.first() == Some(&1) {
                shape.remove(0);
            }
        };
        Ok(match element(name, &value)? {
            Element::Number(_) => {
                let mut tensor = into_tensor(value)?;
                unbatch(&mut tensor.shape);
                Self::Numbers(tensor)
            }
            Element::Text => {
                let (shape, strings) = to_strings(name, &value)?;
                let mut shape = shape.iter().map(|it| u64::try_from(*it).unwrap_or(0)).collect();
                unbatch(&mut shape);
                Self::Strings(shape, strings)
            }
        })
    }

    /// A single string is text.
    fn into_body(self) -> Body {
        match self {
            Self::Numbers(tensor) => Body::Tensor(tensor),
            Self::Strings(_, strings) if strings.len() == 1 => Body::Text(strings.concat().into()),
            Self::Strings(shape, strings) => {
                let text = nested(&shape, &mut strings.into_iter()).to_string();
                Body::Json(Json { text: text.into(), data: Bytes::new() })
            }
        }
    }
}

/// Several outputs by name.
#[derive(Default)]
struct Named {
    members: Map<String, Value>,
    data: BytesMut,
}

impl Named {
    fn add(&mut self, name: &str, given: Given) {
        let value = match given {
            Given::Strings(shape, strings) => nested(&shape, &mut strings.into_iter()),
            Given::Numbers(tensor) => {
                self.data.resize(self.data.len().next_multiple_of(ALIGNMENT), 0);
                let offset = self.data.len();
                self.data.extend_from_slice(&tensor.data);
                json!({"$buf": offset, "dtype": tensor.dtype.name(), "shape": tensor.shape})
            }
        };
        // An own key that begins with `$` is told from ours by a second one.
        let key = if name.starts_with('$') { format!("${name}") } else { name.to_owned() };
        self.members.insert(key, value);
    }

    fn into_body(self) -> Body {
        let text = Value::Object(self.members).to_string();
        Body::Json(Json { text: text.into(), data: self.data.freeze() })
    }
}

/// Strings as a nested list of this shape.
fn nested(shape: &[u64], strings: &mut dyn Iterator<Item = String>) -> Value {
    // However long the other axes are.
    if shape.contains(&0) {
        return Value::Array(Vec::new());
    }
    match shape.split_first() {
        None => strings.next().map_or(Value::Null, Value::String),
        Some((length, inner)) => (0..*length).map(|_| nested(inner, strings)).collect(),
    }
}
