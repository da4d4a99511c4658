//! What a packet is to a node of Python, as a tree: the table of `schemas/packet.md`, read and written.

use std::fmt::Write;

use bytes::Bytes;
use serde_json::{Map, Value as Tree};

use crate::Packet;
use crate::body::{Body, Json, SampleFormat, Tensor};
use crate::error::PacketError;
use crate::json::{ALIGNMENT, MAX_DIGITS};
use crate::scan::{MAX_DEPTH, MAX_INTEGER};
use crate::{Dtype, flat};

/// A value of Python, as far as it can be on an edge.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `None`.
    None,
    /// `True` or `False`.
    Bool(bool),
    /// An integer of up to 53 bits.
    Int(i64),
    /// The digits of any other integer, in which none is wanting and none too much.
    Long(Box<str>),
    /// A float.
    Float(f64),
    /// A string.
    Text(String),
    /// A list.
    List(Vec<Value>),
    /// A tuple.
    Tuple(Vec<Value>),
    /// A dict: its keys and values, in order.
    Dict(Vec<(Value, Value)>),
    /// An array.
    Array(Tensor),
    /// Bytes.
    Bytes(Bytes),
}

impl Value {
    /// What a packet arrives as.
    ///
    /// # Errors
    ///
    /// `RM605`: video, objects of the host language, and bodies that are not what [`Body::check`] has checked.
    pub fn of(packet: &Packet) -> Result<Self, PacketError> {
        Ok(match &packet.body {
            Body::Text(text) => Self::Text(text.to_string()),
            Body::Json(json) => read(&json.text, &json.data)?,
            Body::Tensor(tensor) => Self::Array(tensor.clone()),
            Body::Bytes(bytes) => Self::Bytes(bytes.clone()),
            Body::Audio(audio) => {
                let audio = audio.clone().into_planar();
                let (channels, frames) = (u64::from(audio.channels), audio.frames() as u64);
                let dtype = match audio.format {
                    SampleFormat::F32 => Dtype::F32,
                    SampleFormat::I16 => Dtype::I16,
                    SampleFormat::I32 => Dtype::I32,
                };
                let shape = if channels == 1 { vec![frames] } else { vec![channels, frames] };
                let mut parts =
                    vec![Self::Array(Tensor { dtype, shape, data: audio.data }), Self::Int(audio.rate.into())];
                if let Some(meta) = &packet.meta {
                    parts.push(read(meta, &Bytes::new())?);
                }
                Self::Tuple(parts)
            }
            Body::Video(_) => return Err(PacketError::new("expected a value of Python, got video")),
            Body::Object(_) => return Err(flat::object()),
        })
    }

    /// The body that a node gives for this; `None` for `None`, of which no packet is made.
    ///
    /// # Errors
    ///
    /// `RM605`: it is nested too deeply, or an integer has too many digits.
    pub fn into_body(self) -> Result<Option<Body>, PacketError> {
        Ok(Some(match self {
            Self::None => return Ok(None),
            Self::Text(text) => Body::Text(text.into()),
            Self::Bytes(bytes) => Body::Bytes(bytes),
            Self::Array(tensor) => Body::Tensor(tensor),
            other => {
                let mut writer = Writer::default();
                writer.value(&other, 0)?;
                Body::Json(Json { text: writer.text.into(), data: writer.data.into() })
            }
        }))
    }
}

fn read(text: &str, data: &Bytes) -> Result<Value, PacketError> {
    let tree = serde_json::from_str(text).map_err(|_| malformed())?;
    lifted(tree, data)
}

fn malformed() -> PacketError {
    PacketError::new("expected JSON whose `$`-objects are those of a body, got another")
}

fn lifted(tree: Tree, data: &Bytes) -> Result<Value, PacketError> {
    Ok(match tree {
        Tree::Null => Value::None,
        Tree::Bool(it) => Value::Bool(it),
        Tree::Number(it) => match it.as_i64() {
            Some(it) => Value::Int(it),
            None => Value::Float(it.as_f64().ok_or_else(malformed)?),
        },
        Tree::String(it) => Value::Text(it),
        Tree::Array(items) => Value::List(all(items, data)?),
        Tree::Object(members) => object(members, data)?,
    })
}

fn all(items: Vec<Tree>, data: &Bytes) -> Result<Vec<Value>, PacketError> {
    items.into_iter().map(|it| lifted(it, data)).collect()
}

fn object(members: Map<String, Tree>, data: &Bytes) -> Result<Value, PacketError> {
    if members.keys().next().is_some_and(|it| it.starts_with('$') && !it.starts_with("$$")) {
        return form(members, data);
    }
    let entry = |(key, item): (String, Tree)| {
        let key = key.strip_prefix('$').map_or_else(|| key.clone(), str::to_owned);
        Ok((Value::Text(key), lifted(item, data)?))
    };
    members.into_iter().map(entry).collect::<Result<_, _>>().map(Value::Dict)
}

/// What a `$`-object stands for.
fn form(members: Map<String, Tree>, data: &Bytes) -> Result<Value, PacketError> {
    let number = |name: &str| members.get(name).and_then(Tree::as_u64).ok_or_else(malformed);
    let slice = |start: u64, length: u64| {
        let range = usize::try_from(start).ok().zip(start.checked_add(length).and_then(|it| usize::try_from(it).ok()));
        range.filter(|(_, end)| *end <= data.len()).map(|(start, end)| data.slice(start..end)).ok_or_else(malformed)
    };
    if members.contains_key("$bytes") {
        return Ok(Value::Bytes(slice(number("$bytes")?, number("length")?)?));
    }
    if members.contains_key("$buf") {
        let dtype: Dtype = members.get("dtype").and_then(Tree::as_str).ok_or_else(malformed)?.parse()?;
        let shape = members.get("shape").and_then(Tree::as_array).ok_or_else(malformed)?;
        let shape: Vec<u64> = shape.iter().map(Tree::as_u64).collect::<Option<_>>().ok_or_else(malformed)?;
        let length = dtype.byte_len(&shape).ok_or_else(malformed)? as u64;
        return Ok(Value::Array(Tensor { dtype, shape, data: slice(number("$buf")?, length)? }));
    }
    match members.into_iter().next() {
        Some((key, Tree::String(text))) if key == "$int" => Ok(Value::Long(text.into())),
        Some((key, Tree::String(name))) if key == "$float" => match name.as_str() {
            "nan" => Ok(Value::Float(f64::NAN)),
            "inf" => Ok(Value::Float(f64::INFINITY)),
            "-inf" => Ok(Value::Float(f64::NEG_INFINITY)),
            _ => Err(malformed()),
        },
        Some((key, Tree::Array(items))) if key == "$tuple" => all(items, data).map(Value::Tuple),
        Some((key, Tree::Array(pairs))) if key == "$map" => {
            let pair = |it: Tree| match it {
                Tree::Array(pair) => <[Tree; 2]>::try_from(pair).map_err(|_| malformed()),
                _ => Err(malformed()),
            };
            let entry = |it: Tree| {
                let [key, item] = pair(it)?;
                Ok((lifted(key, data)?, lifted(item, data)?))
            };
            pairs.into_iter().map(entry).collect::<Result<_, _>>().map(Value::Dict)
        }
        _ => Err(malformed()),
    }
}

/// Writes a value, and gathers the buffers that it refers to.
#[derive(Default)]
struct Writer {
    text: String,
    data: Vec<u8>,
}

impl Writer {
    /// Append a value that so many containers of the text stand around.
    fn value(&mut self, value: &Value, depth: usize) -> Result<(), PacketError> {
        match value {
            Value::None => self.text.push_str("null"),
            Value::Bool(it) => self.text.push_str(if *it { "true" } else { "false" }),
            Value::Int(it) if it.unsigned_abs() <= MAX_INTEGER => self.push(it),
            Value::Int(it) => self.form(depth, "$int", &format!("\"{it}\""))?,
            Value::Long(digits) => {
                if digits.trim_start_matches('-').len() > MAX_DIGITS {
                    let message = format!("expected integers of at most {MAX_DIGITS} digits, got a longer one");
                    return Err(PacketError::new(message));
                }
                self.form(depth, "$int", &format!("\"{digits}\""))?;
            }
            Value::Float(it) if it.is_finite() => self.push(&Tree::from(*it)),
            Value::Float(it) => {
                let name = if it.is_nan() {
                    "nan"
                } else if *it > 0.0 {
                    "inf"
                } else {
                    "-inf"
                };
                self.form(depth, "$float", &format!("\"{name}\""))?;
            }
            Value::Text(it) => self.string(it),
            Value::List(items) => self.list(items, depth)?,
            Value::Tuple(items) => {
                self.text.push_str(r#"{"$tuple":"#);
                self.list(items, depth + 1)?;
                self.text.push('}');
            }
            Value::Dict(entries) => self.dict(entries, depth)?,
            Value::Array(tensor) => {
                within(depth + 2)?;
                let (offset, dtype) = (self.put(&tensor.data), tensor.dtype.name());
                let shape: Vec<String> = tensor.shape.iter().map(u64::to_string).collect();
                self.push(&format_args!(r#"{{"$buf":{offset},"dtype":"{dtype}","shape":[{}]}}"#, shape.join(",")));
            }
            Value::Bytes(bytes) => {
                within(depth + 1)?;
                let offset = self.put(bytes);
                self.push(&format_args!(r#"{{"$bytes":{offset},"length":{}}}"#, bytes.len()));
            }
        }
        Ok(())
    }

    fn list(&mut self, items: &[Value], depth: usize) -> Result<(), PacketError> {
        within(depth + 1)?;
        self.text.push('[');
        for (index, item) in items.iter().enumerate() {
            self.comma(index);
            self.value(item, depth + 1)?;
        }
        self.text.push(']');
        Ok(())
    }

    fn dict(&mut self, entries: &[(Value, Value)], depth: usize) -> Result<(), PacketError> {
        if entries.iter().any(|(key, _)| !matches!(key, Value::Text(_))) {
            let pairs: Vec<Value> =
                entries.iter().map(|(key, item)| Value::List(vec![key.clone(), item.clone()])).collect();
            self.text.push_str(r#"{"$map":"#);
            self.list(&pairs, depth + 1)?;
            self.text.push('}');
            return Ok(());
        }
        within(depth + 1)?;
        self.text.push('{');
        for (index, (key, item)) in entries.iter().enumerate() {
            self.comma(index);
            if let Value::Text(key) = key {
                // An author's own `$` is written with one more.
                if key.starts_with('$') { self.string(&format!("${key}")) } else { self.string(key) }
            }
            self.text.push(':');
            self.value(item, depth + 1)?;
        }
        self.text.push('}');
        Ok(())
    }

    fn form(&mut self, depth: usize, name: &str, target: &str) -> Result<(), PacketError> {
        within(depth + 1)?;
        self.push(&format_args!(r#"{{"{name}":{target}}}"#));
        Ok(())
    }

    fn comma(&mut self, index: usize) {
        if index > 0 {
            self.text.push(',');
        }
    }

    fn string(&mut self, text: &str) {
        self.push(&Tree::from(text));
    }

    fn push(&mut self, it: &dyn std::fmt::Display) {
        // Writing to a string cannot fail.
        let _ = write!(self.text, "{it}");
    }

    /// Add a buffer, and give its offset.
    fn put(&mut self, content: &[u8]) -> usize {
        self.data.resize(self.data.len().next_multiple_of(ALIGNMENT as usize), 0);
        let offset = self.data.len();
        self.data.extend_from_slice(content);
        offset
    }
}

fn within(depth: usize) -> Result<(), PacketError> {
    if depth <= MAX_DEPTH {
        return Ok(());
    }
    Err(PacketError::new(format!("expected at most {MAX_DEPTH} levels of nesting, got more")))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::Audio;

    #[test]
    fn what_is_read_is_written() {
        for text in [
            "true",
            "-7",
            "0.1",
            r#"{"$float":"-inf"}"#,
            r#"{"$int":"-9007199254740993"}"#,
            r#"[{"$tuple":[]},{"$$float":{"a":null}}]"#,
            r#"{"$map":[[1,"a"],[{"$tuple":["b"]},2]]}"#,
            r#"[{"$buf":0,"dtype":"i16","shape":[3]},{"$bytes":8,"length":2}]"#,
        ] {
            let body =
                Body::Json(Json { text: text.into(), data: Bytes::from_static(&[1, 0, 2, 0, 3, 0, 0, 0, 7, 8]) });
            body.check().unwrap();
            let again = Value::of(&Packet::new(body)).unwrap().into_body().unwrap().unwrap();
            again.check().unwrap();
            let Body::Json(again) = again else { unreachable!() };
            assert_eq!(&*again.text, text);
        }
    }

    #[test]
    fn sound_is_a_tuple_and_nothing_is_no_packet() {
        let sound = Packet {
            meta: Some(r#"{"a":1}"#.into()),
            ..Packet::new(Body::Audio(Audio::from_planar_f32(vec![0.5, 0.25], 8_000, 2)))
        };
        let Value::Tuple(parts) = Value::of(&sound).unwrap() else { unreachable!() };
        assert_eq!(parts[1..], [Value::Int(8_000), Value::Dict(vec![(Value::Text("a".into()), Value::Int(1))])]);
        assert!(matches!(&parts[0], Value::Array(tensor) if tensor.shape == [2, 1]));
        assert_eq!(Value::None.into_body(), Ok(None));
    }

    #[test]
    fn what_is_nested_too_deeply_is_refused() {
        let nested = |levels| (0..levels).fold(Value::Int(1), |value, _| Value::List(vec![value]));
        assert!(nested(64).into_body().is_ok());
        assert_eq!(nested(65).into_body().unwrap_err().code, "RM605");
        assert!(Value::List(vec![Value::Long("1".repeat(4_301).into())]).into_body().is_err());
    }
}
