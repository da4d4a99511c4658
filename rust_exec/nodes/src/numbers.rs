//! Numbers in values and in parameters.

use remotemedia_kernels::Number;
use remotemedia_packet::{Dtype, Tensor, Value};
use serde_json::Value as Param;

/// The number that a value is; a boolean is one.
pub(crate) fn number(value: &Value) -> Option<Number> {
    Some(match value {
        Value::Bool(it) => Number::Int((*it).into()),
        Value::Int(it) => Number::Int(*it),
        Value::Long(digits) => Number::parse(digits)?,
        Value::Float(it) => Number::Float(*it),
        _ => return None,
    })
}

/// A number as a value.
pub(crate) fn value(number: Number) -> Value {
    match number {
        Number::Int(it) => Value::Int(it),
        Number::Long(it) => Value::Long(it.to_string().into()),
        Number::Float(it) => Value::Float(it),
    }
}

/// The number that a parameter is, in any of its forms.
pub(crate) fn of_param(param: &Param) -> Option<Number> {
    match param {
        Param::Number(it) => match (it.as_i64(), it.as_u64()) {
            (Some(it), _) => Some(Number::Int(it)),
            (None, Some(it)) => Number::parse(&it.to_string()),
            _ => it.as_f64().map(Number::Float),
        },
        Param::Object(form) => match (form.get("$int"), form.get("$float")) {
            (Some(Param::String(digits)), _) => Number::parse(digits),
            (_, Some(Param::String(name))) => match name.as_str() {
                "nan" => Some(Number::Float(f64::NAN)),
                "inf" => Some(Number::Float(f64::INFINITY)),
                "-inf" => Some(Number::Float(f64::NEG_INFINITY)),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    }
}

/// The elements of an array as values, in order.
#[allow(clippy::cast_possible_wrap, reason = "what does not fit is written by its digits")]
pub(crate) fn elements(tensor: &Tensor) -> impl Iterator<Item = Value> + '_ {
    let long = |it: u64| i64::try_from(it).map_or_else(|_| Value::Long(it.to_string().into()), Value::Int);
    tensor.data.chunks_exact(tensor.dtype.size()).map(move |bytes| {
        let mut eight = [0; 8];
        eight[..bytes.len()].copy_from_slice(bytes);
        let word = u64::from_le_bytes(eight);
        let signed = |bits: usize| (word << (64 - bits)) as i64 >> (64 - bits);
        match tensor.dtype {
            Dtype::Bool => Value::Bool(word != 0),
            Dtype::I8 | Dtype::I16 | Dtype::I32 | Dtype::I64 => Value::Int(signed(8 * bytes.len())),
            Dtype::U8 | Dtype::U16 | Dtype::U32 | Dtype::U64 => long(word),
            #[allow(clippy::cast_possible_truncation, reason = "so many bits were read")]
            Dtype::F16 => Value::Float(half::f16::from_bits(word as u16).to_f64()),
            #[allow(clippy::cast_possible_truncation, reason = "so many bits were read")]
            Dtype::F32 => Value::Float(f32::from_bits(word as u32).into()),
            Dtype::F64 => Value::Float(f64::from_bits(word)),
        }
    })
}
