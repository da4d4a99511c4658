//! Arrays of the package as nested lists, for nodes that read their parameters as JSON.

use remotemedia_engine::NodeFailure;
use remotemedia_manifest::Reference;
use remotemedia_packet::{Body, Dtype, Tensor};
use serde_json::{Map, Value, json};

use crate::failure::Failure;
use crate::input;

/// The parameters with a nested list in the place of every `$ref`.
pub(crate) fn listed(
    params: &Map<String, Value>,
    read: &dyn Fn(&str) -> Result<Vec<u8>, NodeFailure>,
) -> Result<Map<String, Value>, Failure> {
    params.iter().map(|(name, value)| Ok((name.clone(), lists_of(value, read)?))).collect()
}

fn lists_of(value: &Value, read: &dyn Fn(&str) -> Result<Vec<u8>, NodeFailure>) -> Result<Value, Failure> {
    match (Reference::of(value), value) {
        (Some(Reference::Data(path)), _) => {
            let packet = input::array(path, read(path)?.as_slice())?;
            match packet.body {
                Body::Tensor(tensor) => nested(&tensor, path),
                _ => Err(Failure::new("RM612", format!("expected an array in `{path}`"))),
            }
        }
        (_, Value::Array(items)) => {
            items.iter().map(|item| lists_of(item, read)).collect::<Result<_, _>>().map(Value::Array)
        }
        (_, Value::Object(object)) => listed(object, read).map(Value::Object),
        _ => Ok(value.clone()),
    }
}

fn nested(tensor: &Tensor, path: &str) -> Result<Value, Failure> {
    let size = tensor.dtype.size();
    let mut numbers = tensor
        .data
        .chunks_exact(size)
        .map(|bytes| number(tensor.dtype, bytes))
        .collect::<Option<Vec<_>>>()
        .ok_or_else(|| Failure::new("RM612", format!("expected numbers of at most 64 bits in `{path}`")))?;
    // From the last axis outwards: each takes so many of the lists before.
    for &length in tensor.shape.iter().skip(1).rev() {
        let length = usize::try_from(length).unwrap_or(usize::MAX).max(1);
        numbers = numbers.chunks(length).map(|items| Value::from(items.to_vec())).collect();
    }
    Ok(if tensor.shape.is_empty() { numbers.into_iter().next().unwrap_or_default() } else { Value::Array(numbers) })
}

/// One element; what JSON has no number for as the manifest writes it.
fn number(dtype: Dtype, bytes: &[u8]) -> Option<Value> {
    Some(match dtype {
        Dtype::Bool => Value::from(bytes.first() != Some(&0)),
        Dtype::I8 => Value::from(i8::from_le_bytes(bytes.try_into().ok()?)),
        Dtype::I16 => Value::from(i16::from_le_bytes(bytes.try_into().ok()?)),
        Dtype::I32 => Value::from(i32::from_le_bytes(bytes.try_into().ok()?)),
        Dtype::I64 => Value::from(i64::from_le_bytes(bytes.try_into().ok()?)),
        Dtype::U8 => Value::from(u8::from_le_bytes(bytes.try_into().ok()?)),
        Dtype::U16 => Value::from(u16::from_le_bytes(bytes.try_into().ok()?)),
        Dtype::U32 => Value::from(u32::from_le_bytes(bytes.try_into().ok()?)),
        Dtype::U64 => Value::from(u64::from_le_bytes(bytes.try_into().ok()?)),
        Dtype::F16 => return None,
        Dtype::F32 => float(f64::from(f32::from_le_bytes(bytes.try_into().ok()?))),
        Dtype::F64 => float(f64::from_le_bytes(bytes.try_into().ok()?)),
    })
}

fn float(number: f64) -> Value {
    if number.is_finite() {
        return Value::from(number);
    }
    let text = if number.is_nan() {
        "nan"
    } else if number > 0.0 {
        "inf"
    } else {
        "-inf"
    };
    json!({ "$float": text })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use serde_json::json;

    use super::listed;

    fn npy(descr: &str, shape: &str, data: &[u8]) -> Vec<u8> {
        let header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}\n");
        let length = u16::try_from(header.len()).unwrap().to_le_bytes();
        [&b"\x93NUMPY\x01\x00"[..], &length, header.as_bytes(), data].concat()
    }

    #[test]
    fn arrays_become_nested_lists() {
        let path = format!("data/{}.npy", "0a".repeat(32));
        let params = json!({"constants": {"a": {"$ref": path}}, "other": 1}).as_object().unwrap().clone();
        let listed_as = |file: Vec<u8>| listed(&params, &|_| Ok(file.clone())).unwrap()["constants"]["a"].clone();
        assert_eq!(listed_as(npy("<i2", "(2, 1, 2)", &[1, 0, 2, 0, 3, 0, 255, 255])), json!([[[1, 2]], [[3, -1]]]));
        assert_eq!(listed_as(npy("<f4", "()", &1.5_f32.to_le_bytes())), json!(1.5));
        assert_eq!(listed_as(npy("<f4", "(1,)", &f32::NAN.to_le_bytes())), json!([{"$float": "nan"}]));
        assert_eq!(listed_as(npy("|b1", "(0,)", &[])), json!([]));
    }
}
