//! The text of a `json` body: I-JSON (RFC 7493) with the `$`-objects of `schemas/packet.md`.
//!
//! A text is checked in one pass over its tokens; no tree is built.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::body::Dtype;
use crate::error::{PacketError, quote};
use crate::scan::{BODY, MAX_INTEGER, beyond_safe, compact};

/// Digits of the longest `$int`.
pub(crate) const MAX_DIGITS: usize = 4_300;
/// Buffers start at multiples of this many bytes.
pub(crate) const ALIGNMENT: u64 = 8;

/// What a text turned out to be.
#[derive(Clone, Copy)]
pub(crate) struct Found {
    /// What stands outermost.
    pub(crate) shape: Shape,
    /// Whether a `$`-object is in it.
    pub(crate) dollar: bool,
}

/// What a value looks like to what is around it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// An object, also one written as `$map`.
    Object,
    Array(usize),
    Text,
    Other,
}

/// Check a text and its `$`-objects against a body's data of `length` bytes.
pub(crate) fn check(text: &str, length: usize) -> Result<Found, PacketError> {
    match compact(text, &BODY)? {
        Cow::Borrowed(text) => parse(text, length),
        Cow::Owned(_) => Err(PacketError::new("expected JSON without blanks between its tokens, got some")),
    }
}

/// The text of a packet's `meta`: an object without buffers.
pub(crate) fn check_meta(text: &str) -> Result<(), PacketError> {
    match check(text, 0)?.shape {
        Shape::Object => Ok(()),
        _ => Err(PacketError::new(format!("expected a JSON object beside the body, got {}", quote(text)))),
    }
}

fn parse(text: &str, length: usize) -> Result<Found, PacketError> {
    let dollar = Cell::new(false);
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let seed = Value { length: length as u64, dollar: &dollar, pairs: false };
    let parsed = seed.deserialize(&mut deserializer).and_then(|shape| deserializer.end().map(|()| shape));
    match parsed {
        Ok(shape) => Ok(Found { shape, dollar: dollar.get() }),
        Err(error) => Err(PacketError::new(format!("expected I-JSON, got {error}"))),
    }
}

/// A key that makes an object a `$`-object; `$$` begins an author's own key.
fn is_dollar(key: &str) -> bool {
    key.starts_with('$') && !key.starts_with("$$")
}

/// Reads a value and says what it is.
#[derive(Clone, Copy)]
struct Value<'a> {
    /// Bytes of the body's data.
    length: u64,
    dollar: &'a Cell<bool>,
    /// Whether every item of an array must be an array of two: the entries of a `$map`.
    pairs: bool,
}

impl<'de> DeserializeSeed<'de> for Value<'_> {
    type Value = Shape;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Shape, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value<'_> {
    type Value = Shape;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Shape, E> {
        Ok(Shape::Other)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Shape, E> {
        Ok(Shape::Other)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Shape, E> {
        Ok(Shape::Other)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Shape, E> {
        if value > MAX_INTEGER { Err(E::custom(beyond_safe(&value.to_string()))) } else { Ok(Shape::Other) }
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Shape, E> {
        if value.unsigned_abs() > MAX_INTEGER {
            return Err(E::custom(beyond_safe(&value.to_string())));
        }
        Ok(Shape::Other)
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Shape, E> {
        Ok(Shape::Text)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Shape, A::Error> {
        let mut length = 0;
        while let Some(shape) = items.next_element_seed(Value { pairs: false, ..self })? {
            if self.pairs && shape != Shape::Array(2) {
                return Err(A::Error::custom("expected `[key, value]` in a `$map`, got another value"));
            }
            length += 1;
        }
        Ok(Shape::Array(length))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Shape, A::Error> {
        let mut keys = HashSet::new();
        while let Some(key) = entries.next_key_seed(Text)? {
            if is_dollar(&key) {
                if keys.is_empty() {
                    return self.dollar_object(&key, entries);
                }
                return Err(A::Error::custom(format!(
                    "expected {} to stand first, got it beside other keys",
                    quote(&key)
                )));
            }
            entries.next_value_seed(Value { pairs: false, ..self })?;
            if let Some(key) = keys.replace(key) {
                return Err(A::Error::custom(format!("expected every key once, got {} twice", quote(&key))));
            }
        }
        Ok(Shape::Object)
    }
}

impl Value<'_> {
    fn dollar_object<'de, A: MapAccess<'de>>(self, key: &str, mut entries: A) -> Result<Shape, A::Error> {
        self.dollar.set(true);
        let shape = match key {
            "$float" => {
                let name = entries.next_value_seed(Text)?;
                require(matches!(&*name, "nan" | "inf" | "-inf"), "`nan`, `inf` or `-inf` in `$float`")?;
                Shape::Other
            }
            "$int" => {
                let digits = entries.next_value_seed(Text)?;
                require(is_long_integer(&digits), "an integer beyond ±(2^53 - 1) of at most 4300 digits in `$int`")?;
                Shape::Other
            }
            "$tuple" => {
                let items = entries.next_value_seed(self)?;
                require(matches!(items, Shape::Array(_)), "an array in `$tuple`")?;
                Shape::Other
            }
            "$map" => {
                let pairs = entries.next_value_seed(Value { pairs: true, ..self })?;
                require(matches!(pairs, Shape::Array(_)), "an array in `$map`")?;
                Shape::Object
            }
            "$buf" => {
                let offset = entries.next_value::<u64>()?;
                self.require_buffer(offset, array_length(&mut entries)?)?;
                return Ok(Shape::Other);
            }
            "$bytes" => {
                let offset = entries.next_value::<u64>()?;
                require(entries.next_key_seed(Text)?.as_deref() == Some("length"), "`length` in `$bytes`")?;
                self.require_buffer(offset, Some(entries.next_value::<u64>()?))?;
                Shape::Other
            }
            _ => {
                let known = "`$float`, `$int`, `$tuple`, `$map`, `$buf` or `$bytes`";
                return Err(A::Error::custom(format!("expected {known}, got {}", quote(key))));
            }
        };
        require(entries.next_key::<IgnoredAny>()?.is_none(), "no further keys in a `$`-object")?;
        Ok(shape)
    }

    fn require_buffer<E: Error>(self, offset: u64, length: Option<u64>) -> Result<(), E> {
        let end = length.and_then(|length| offset.checked_add(length));
        require(offset.is_multiple_of(ALIGNMENT), "a buffer at a multiple of 8 bytes")?;
        require(end.is_some_and(|end| end <= self.length), "a buffer inside the body's data")
    }
}

fn require<E: Error>(holds: bool, expected: &str) -> Result<(), E> {
    if holds { Ok(()) } else { Err(E::custom(format!("something other than {expected}"))) }
}

/// Reads the rest of a `$buf`: `dtype` and `shape`, in either order.
fn array_length<'de, A: MapAccess<'de>>(entries: &mut A) -> Result<Option<u64>, A::Error> {
    let (mut dtype, mut shape) = (None, None);
    while let Some(key) = entries.next_key_seed(Text)? {
        match &*key {
            "dtype" if dtype.is_none() => {
                let name = entries.next_value_seed(Text)?;
                dtype = Some(name.parse::<Dtype>().map_err(A::Error::custom)?);
            }
            "shape" if shape.is_none() => shape = Some(entries.next_value::<Vec<u64>>()?),
            _ => {
                return Err(A::Error::custom(format!("expected `dtype` and `shape` in `$buf`, got {}", quote(&key))));
            }
        }
    }
    match (dtype, shape) {
        (Some(dtype), Some(shape)) => Ok(dtype.byte_len(&shape).map(|length| length as u64)),
        _ => Err(A::Error::custom("expected `dtype` and `shape` in `$buf`")),
    }
}

/// Digits as JSON writes integers, of a number that could not have stood for itself.
fn is_long_integer(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain =
        !digits.starts_with('0') && digits.len() <= MAX_DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit());
    plain && (digits.len() > 16 || digits.parse::<u64>().is_ok_and(|magnitude| magnitude > MAX_INTEGER))
}

/// Reads a string, borrowed from the text where it has no escapes.
struct Text;

impl<'de> DeserializeSeed<'de> for Text {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Text {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_a_body_is_accepted() {
        for text in [
            "null",
            "true",
            "-0",
            "1.0",
            "1e-7",
            "9007199254740991",
            "\"\"",
            "[]",
            "{}",
            r#"{"a":[1,{"b":null}]}"#,
            r#"{"$float":"-inf"}"#,
            r#"{"$int":"-9007199254740992"}"#,
            r#"{"$tuple":[1,{"$tuple":[]}]}"#,
            r#"{"$map":[[1,2],[{"$tuple":[]},null]]}"#,
            r#"{"$buf":0,"dtype":"f32","shape":[2,2]}"#,
            r#"{"$buf":8,"shape":[],"dtype":"f64"}"#,
            r#"{"$buf":16,"dtype":"i8","shape":[0]}"#,
            r#"{"$bytes":8,"length":8}"#,
            r#"{"$$float":1,"$$":2}"#,
            "\"\u{2028}\"",
        ] {
            assert!(check(text, 16).is_ok(), "{text}: {}", check(text, 16).err().map_or(String::new(), |e| e.message));
        }
        assert!(check(&format!("{}{}", "[".repeat(64), "]".repeat(64)), 0).is_ok());
    }

    #[test]
    fn what_is_not_a_body_is_refused() {
        for text in [
            "",
            "nan",
            "1,2",
            "[1,]",
            "{\"a\":1,\"a\":2}",
            "{\"a\":1,\"\\u0061\":2}",
            " 1",
            "[1, 2]",
            "\"\n\"",
            "9007199254740992",
            "-9007199254740992",
            "123456789012345678901234567890",
            "1e400",
            r#""\ud800""#,
            r#"{"$float":"NaN"}"#,
            r#"{"$float":1.0}"#,
            r#"{"$int":"1"}"#,
            r#"{"$int":"09007199254740993"}"#,
            r#"{"$int":9007199254740993}"#,
            r#"{"$int":"+99999999999999999"}"#,
            r#"{"$tuple":{}}"#,
            r#"{"$tuple":[],"a":1}"#,
            r#"{"a":1,"$tuple":[]}"#,
            r#"{"$map":[[1]]}"#,
            r#"{"$map":[1]}"#,
            r#"{"$map":{}}"#,
            r#"{"$ref":"a"}"#,
            r#"{"$":1}"#,
            r#"{"$buf":4,"dtype":"f32","shape":[1]}"#,
            r#"{"$buf":0,"dtype":"f32","shape":[5]}"#,
            r#"{"$buf":0,"dtype":"c64","shape":[1]}"#,
            r#"{"$buf":0,"dtype":"f32"}"#,
            r#"{"$buf":-8,"dtype":"f32","shape":[]}"#,
            r#"{"$buf":0,"dtype":"f64","shape":[4294967296,4294967296]}"#,
            r#"{"$buf":0,"dtype":"f32","shape":[1],"x":1}"#,
            r#"{"$buf":18446744073709551608,"dtype":"f64","shape":[1]}"#,
            r#"{"$bytes":24,"length":0}"#,
            r#"{"$bytes":0,"length":17}"#,
            r#"{"$bytes":0}"#,
            r#"{"$bytes":0,"length":1,"x":1}"#,
        ] {
            assert!(check(text, 16).is_err(), "{text} should be refused");
        }
        assert!(check(&"[".repeat(100_000), 0).is_err());
        assert!(check(&format!("{}{}", "[".repeat(65), "]".repeat(65)), 0).is_err());
        assert!(check(&format!("{{\"$int\":\"{}\"}}", "9".repeat(4301)), 0).is_err());
    }

    #[test]
    fn meta_is_an_object() {
        assert!(check_meta("{}").is_ok() && check_meta(r#"{"$map":[]}"#).is_ok());
        for text in ["[]", "null", r#"{"$tuple":[]}"#, r#"{"a":{"$bytes":0,"length":1}}"#] {
            assert!(check_meta(text).is_err(), "{text} should be refused");
        }
    }
}
