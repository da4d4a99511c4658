//! Values as plain JSON data, and as the text that Python's `json` writes.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use remotemedia_packet::{Tensor, Value};

use crate::numbers::elements;
use crate::repr::{float, shortened};

/// A value as JSON data: arrays as nested lists, tuples as lists, bytes as base64.
pub(crate) fn plain(value: Value) -> Result<Value, String> {
    let all = |items: Vec<Value>| items.into_iter().map(plain).collect::<Result<_, _>>().map(Value::List);
    match value {
        Value::Bytes(bytes) => Ok(Value::Text(STANDARD.encode(bytes))),
        Value::List(items) | Value::Tuple(items) => all(items),
        Value::Array(array) => Ok(nested(&array)),
        Value::Dict(entries) => {
            let entry = |(key, item)| match key {
                Value::Text(_) => Ok((key, plain(item)?)),
                other => Err(format!("`{}` is no key of JSON", shortened(&other))),
            };
            entries.into_iter().map(entry).collect::<Result<_, _>>().map(Value::Dict)
        }
        other => Ok(other),
    }
}

/// The elements in lists, nested like the axes; of an array without axes the number.
fn nested(array: &Tensor) -> Value {
    let mut level: Vec<Value> = elements(array).collect();
    let Some((_, inner)) = array.shape.split_first() else { return level.pop().unwrap_or(Value::None) };
    for (axis, length) in inner.iter().enumerate().rev() {
        let outer: u64 = array.shape[..=axis].iter().product();
        let length = usize::try_from(*length).unwrap_or(usize::MAX);
        let mut items = level.into_iter();
        level = (0..outer).map(|_| Value::List(items.by_ref().take(length).collect())).collect();
    }
    Value::List(level)
}

/// Plain data as `json.dumps(…, ensure_ascii=False, allow_nan=False)` writes it.
pub(crate) fn json(value: &Value) -> Result<String, String> {
    let mut text = String::new();
    write(value, &mut text)?;
    Ok(text)
}

fn write(value: &Value, text: &mut String) -> Result<(), String> {
    match value {
        Value::None => text.push_str("null"),
        Value::Bool(it) => text.push_str(if *it { "true" } else { "false" }),
        Value::Int(it) => text.push_str(&it.to_string()),
        Value::Long(digits) => text.push_str(digits),
        Value::Float(it) if it.is_finite() => text.push_str(&float(*it)),
        Value::Float(_) => return Err("Out of range float values are not JSON compliant".to_owned()),
        Value::Text(it) => text.push_str(&serde_json::Value::from(it.as_str()).to_string()),
        Value::List(items) | Value::Tuple(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                text.push_str(if index > 0 { ", " } else { "" });
                write(item, text)?;
            }
            text.push(']');
        }
        Value::Dict(entries) => {
            text.push('{');
            for (index, (key, item)) in entries.iter().enumerate() {
                text.push_str(if index > 0 { ", " } else { "" });
                write(key, text)?;
                text.push_str(": ");
                write(item, text)?;
            }
            text.push('}');
        }
        Value::Array(_) | Value::Bytes(_) => return Err("arrays and bytes are no plain data".to_owned()),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use remotemedia_packet::Dtype;

    use super::*;

    #[test]
    fn arrays_are_nested_like_their_axes() {
        let array = |shape: &[u64], bytes: &'static [u8]| {
            Value::Array(Tensor { dtype: Dtype::U8, shape: shape.to_vec(), data: bytes::Bytes::from_static(bytes) })
        };
        let text = |value| json(&plain(value).expect("plain data")).expect("a text");
        assert_eq!(text(array(&[2, 1, 2], &[1, 2, 3, 4])), "[[[1, 2]], [[3, 4]]]");
        assert_eq!(text(array(&[2, 0], &[])), "[[], []]");
        assert_eq!(text(array(&[0, 2], &[])), "[]");
        assert_eq!(text(array(&[], &[7])), "7");
    }
}
