//! A packet as one JSON line, for people and for pipes (`schemas/packet.md`, "Packets as JSON lines").

use std::fmt::Write;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};

use crate::Packet;
use crate::body::{Body, Json};
use crate::error::{PacketError, quote};
use crate::flat::object;
use crate::head::{self, AudioHead, TensorHead};
use crate::json::{self, Shape};
use crate::scan::{BODY, ENVELOPE, compact};

/// The line of a packet, without a line feed: its value, or with `envelope` an object that has stream, position, times
/// and metadata beside the value. Session and trace are not written.
///
/// # Errors
///
/// `RM616` for what has no line: pictures, and objects of the host language.
pub fn to_line(packet: &Packet, envelope: bool) -> Result<String, PacketError> {
    let value = value(&packet.body).map_err(|error| error.with_code("RM616"))?;
    if !envelope {
        return Ok(value);
    }
    let mut line = format!(r#"{{"stream":{},"seq":{}"#, packet.stream, packet.seq);
    let times = [("pts_ns", packet.pts_ns), ("duration_ns", packet.duration_ns)];
    for (name, time) in times.into_iter().filter_map(|(name, time)| Some((name, time?))) {
        // Writing to a string cannot fail.
        let _ = write!(line, r#","{name}":{time}"#);
    }
    if let Some(meta) = &packet.meta {
        let _ = write!(line, r#","meta":{meta}"#);
    }
    let _ = write!(line, r#","value":{value}}}"#);
    Ok(line)
}

/// The packet of a line that [`to_line`] could have written with the same `envelope`; blanks between tokens, and members
/// of the envelope in another order, are taken too.
///
/// # Errors
///
/// `RM612` naming what was expected.
pub fn from_line(line: &str, envelope: bool) -> Result<Packet, PacketError> {
    read(line, envelope).map_err(|error| error.with_code("RM612"))
}

fn read(line: &str, envelope: bool) -> Result<Packet, PacketError> {
    let line = compact(line, if envelope { &ENVELOPE } else { &BODY })?;
    if !envelope {
        return Ok(Packet::new(body(&line)?));
    }
    let mut value = None;
    let mut packet = Packet::new(Body::Bytes(Bytes::new()));
    let mut seen = Vec::new();
    for (name, text) in members(&line)? {
        if seen.contains(&name) {
            return Err(PacketError::new(format!("expected every key once, got {} twice", quote(&name))));
        }
        match name.as_str() {
            "stream" => packet.stream = parse(text)?,
            "seq" => packet.seq = parse(text)?,
            "pts_ns" => packet.pts_ns = Some(time(text)?),
            "duration_ns" => packet.duration_ns = Some(time(text)?),
            "meta" => packet.meta = Some(text.into()),
            "value" => value = Some(text),
            _ => {
                return Err(PacketError::new(format!(
                    "expected `stream`, `seq`, `pts_ns`, `duration_ns`, `meta` and `value`, got {}",
                    quote(&name)
                )));
            }
        }
        seen.push(name);
    }
    packet.body = body(value.ok_or_else(|| PacketError::new("expected a `value` in the envelope, got none"))?)?;
    packet.check()?;
    Ok(packet)
}

fn time(text: &str) -> Result<i64, PacketError> {
    let time: i64 = parse(text)?;
    if time == i64::MIN { Err(PacketError::new("expected a time above the least s64, got that")) } else { Ok(time) }
}

fn value(body: &Body) -> Result<String, PacketError> {
    Ok(match body {
        Body::Text(text) => string(text),
        Body::Json(json) if stands_alone(json)? => json.text.to_string(),
        Body::Json(json) => format!(r#"{{"$json":{},"data":"{}"}}"#, string(&json.text), STANDARD.encode(&json.data)),
        Body::Bytes(bytes) => format!(r#"{{"$bytes":"{}"}}"#, STANDARD.encode(bytes)),
        Body::Audio(audio) => described("$audio", &head::of_audio(audio), &audio.data),
        Body::Tensor(tensor) => described("$tensor", &head::of_tensor(tensor), &tensor.data),
        Body::Video(_) => return Err(PacketError::new("expected a body that has a JSON form, got video")),
        Body::Object(_) => return Err(object()),
    })
}

fn string(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn described(key: &str, head: &str, data: &[u8]) -> String {
    format!(r#"{{"{key}":{head},"data":"{}"}}"#, STANDARD.encode(data))
}

/// Whether the text of a body is its line. One that is a mere string would be read back as text.
fn stands_alone(json: &Json) -> Result<bool, PacketError> {
    let found = json::check(&json.text, json.data.len())?;
    Ok(!found.dollar && found.shape != Shape::Text && json.data.is_empty())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AudioLine {
    #[serde(rename = "$audio")]
    head: AudioHead,
    data: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TensorLine {
    #[serde(rename = "$tensor")]
    head: TensorHead,
    data: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct JsonLine {
    #[serde(rename = "$json")]
    text: Arc<str>,
    data: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BytesLine {
    #[serde(rename = "$bytes")]
    data: String,
}

fn body(text: &str) -> Result<Body, PacketError> {
    let body = if text.starts_with('"') {
        Body::Text(parse::<String>(text)?.into())
    } else if text.starts_with(r#"{"$audio":"#) {
        let line: AudioLine = parse(text)?;
        Body::Audio(line.head.body(base64(&line.data)?)?)
    } else if text.starts_with(r#"{"$tensor":"#) {
        let line: TensorLine = parse(text)?;
        Body::Tensor(line.head.body(base64(&line.data)?)?)
    } else if text.starts_with(r#"{"$json":"#) {
        let line: JsonLine = parse(text)?;
        Body::Json(Json { text: line.text, data: base64(&line.data)? })
    } else if text.starts_with(r#"{"$bytes":"#) {
        Body::Bytes(base64(&parse::<BytesLine>(text)?.data)?)
    } else {
        Body::Json(Json { text: text.into(), data: Bytes::new() })
    };
    body.check()?;
    Ok(body)
}

fn parse<T: DeserializeOwned>(text: &str) -> Result<T, PacketError> {
    serde_json::from_str(text).map_err(|error| malformed(text, &error))
}

fn malformed(text: &str, error: &serde_json::Error) -> PacketError {
    PacketError::new(format!("expected a JSON form of a packet, got {}: {error}", quote(text)))
}

fn base64(text: &str) -> Result<Bytes, PacketError> {
    STANDARD
        .decode(text)
        .map(Bytes::from)
        .map_err(|error| PacketError::new(format!("expected base64 with padding, got {}: {error}", quote(text))))
}

/// The members of a JSON object without blanks, each with the text of its value.
fn members(object: &str) -> Result<Vec<(String, &str)>, PacketError> {
    let not_an_object = || PacketError::new(format!("expected an envelope, got {}", quote(object)));
    let mut rest = object.strip_prefix('{').ok_or_else(not_an_object)?;
    let mut members = Vec::new();
    loop {
        let (name, after) = first::<String>(rest)?;
        let after = after.strip_prefix(':').ok_or_else(not_an_object)?;
        let (IgnoredAny, behind) = first(after)?;
        members.push((name, &after[..after.len() - behind.len()]));
        match behind.strip_prefix(',') {
            Some(next) => rest = next,
            None if behind == "}" => return Ok(members),
            None => return Err(not_an_object()),
        }
    }
}

/// The first JSON value of a text, and what stands behind it.
fn first<T: DeserializeOwned>(text: &str) -> Result<(T, &str), PacketError> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter();
    match values.next() {
        Some(Ok(value)) => Ok((value, &text[values.byte_offset()..])),
        Some(Err(error)) => Err(malformed(text, &error)),
        None => Err(PacketError::new("expected a JSON value, got the end of the line")),
    }
}
