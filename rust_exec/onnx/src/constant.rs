//! Numbers, strings and nested lists of them as tensors of the type that a model's input has.

use half::f16;
use ort::value::DynValue;
use remotemedia_engine::NodeFailure;
use remotemedia_manifest::Reference;
use remotemedia_packet::{Dtype, Tensor};
use serde_json::Value;

use crate::model::TensorType;
use crate::value::{Element, from_strings, lengths, to_value};

/// A value as a tensor.
pub(crate) enum Constant {
    Numbers(Tensor),
    Strings(Vec<u64>, Vec<String>),
}

/// Why a value is no tensor of the type.
pub(crate) enum Unfit {
    /// It holds something else.
    Element,
    /// It has this shape.
    Shape(Vec<u64>),
}

impl Constant {
    /// A number or nested list as a tensor of the model's type; a number fills as many axes of length 1 as it takes.
    pub(crate) fn of(value: &Value, like: &TensorType) -> Result<Self, Unfit> {
        let mut axes = shape_of(value);
        let constant = match like.element {
            Element::Number(dtype) => {
                let mut data = Vec::new();
                visit(value, &axes, &mut |it| write(it, dtype, &mut data)).ok_or(Unfit::Element)?;
                fit(&mut axes, like)?;
                Self::Numbers(Tensor { dtype, shape: axes, data: data.into() })
            }
            Element::Text => {
                let mut strings = Vec::new();
                let mut push = |it: &Value| it.as_str().map(|it| strings.push(it.to_owned()));
                visit(value, &axes, &mut push).ok_or(Unfit::Element)?;
                fit(&mut axes, like)?;
                Self::Strings(axes, strings)
            }
        };
        Ok(constant)
    }

    pub(crate) fn value(&self) -> Result<DynValue, NodeFailure> {
        match self {
            Self::Numbers(tensor) => to_value(tensor),
            Self::Strings(shape, strings) => from_strings(strings, lengths(shape)),
        }
    }
}

fn fit(axes: &mut Vec<u64>, like: &TensorType) -> Result<(), Unfit> {
    if axes.is_empty() {
        *axes = vec![1; like.shape.len()];
    }
    let fits = axes.len() == like.shape.len()
        && axes.iter().zip(&like.shape).all(|(got, it)| *it < 0 || i64::try_from(*got) == Ok(*it));
    if fits { Ok(()) } else { Err(Unfit::Shape(std::mem::take(axes))) }
}

/// The shape of a nested list, if it is even.
fn shape_of(mut value: &Value) -> Vec<u64> {
    let mut axes = Vec::new();
    while let Value::Array(items) = value {
        axes.push(items.len() as u64);
        match items.first() {
            Some(first) => value = first,
            None => break,
        }
    }
    axes
}

/// Visit what stands in a nested list of this shape in order; `None` if it has another.
fn visit(value: &Value, axes: &[u64], write: &mut dyn FnMut(&Value) -> Option<()>) -> Option<()> {
    match (axes.split_first(), value) {
        (None, number) => write(number),
        (Some((length, inner)), Value::Array(items)) if items.len() as u64 == *length => {
            items.iter().try_for_each(|item| visit(item, inner, write))
        }
        _ => None,
    }
}

/// Append one number; `None` if it is none of that type.
#[allow(clippy::cast_possible_truncation, reason = "a constant is rounded to the model's type")]
fn write(value: &Value, dtype: Dtype, data: &mut Vec<u8>) -> Option<()> {
    match dtype {
        Dtype::Bool => data.push(u8::from(value.as_bool()?)),
        Dtype::I8 => data.extend(i8::try_from(value.as_i64()?).ok()?.to_le_bytes()),
        Dtype::I16 => data.extend(i16::try_from(value.as_i64()?).ok()?.to_le_bytes()),
        Dtype::I32 => data.extend(i32::try_from(value.as_i64()?).ok()?.to_le_bytes()),
        Dtype::I64 => data.extend(value.as_i64()?.to_le_bytes()),
        Dtype::U8 => data.extend(u8::try_from(value.as_u64()?).ok()?.to_le_bytes()),
        Dtype::U16 => data.extend(u16::try_from(value.as_u64()?).ok()?.to_le_bytes()),
        Dtype::U32 => data.extend(u32::try_from(value.as_u64()?).ok()?.to_le_bytes()),
        Dtype::U64 => data.extend(value.as_u64()?.to_le_bytes()),
        Dtype::F16 => data.extend(f16::from_f64(float(value)?).to_le_bytes()),
        Dtype::F32 => data.extend((float(value)? as f32).to_le_bytes()),
        Dtype::F64 => data.extend(float(value)?.to_le_bytes()),
    }
    Some(())
}

/// A number, also one that JSON does not have.
fn float(value: &Value) -> Option<f64> {
    match Reference::of(value) {
        Some(Reference::Float(number)) => Some(number),
        _ => value.as_f64(),
    }
}
