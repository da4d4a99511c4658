//! I-JSON (RFC 7493): bounded before it is parsed, without duplicate keys, with numbers that every reader reads alike.

use std::cell::RefCell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::error::{ManifestError, quote};
use crate::place::Place;

/// Bytes of the largest manifest that is read.
pub const MAX_BYTES: usize = 4 << 20;
/// Levels of nesting of the deepest manifest that is read; the outermost object is level 1.
pub const MAX_DEPTH: usize = 64;

/// The largest integer that a double holds exactly, and so the largest of I-JSON (RFC 7493, section 2.2).
const MAX_SAFE_INTEGER: u64 = (1 << 53) - 1;

/// Read one JSON document.
///
/// # Errors
///
/// `RM202` beyond [`MAX_BYTES`] or [`MAX_DEPTH`], `RM203` for a key that stands twice in one object, `RM201` for all
/// else that is not I-JSON.
pub(crate) fn parse(bytes: &[u8]) -> Result<Value, ManifestError> {
    if bytes.len() > MAX_BYTES {
        return Err(ManifestError::new(
            "RM202",
            format!("expected a manifest of at most {MAX_BYTES} bytes, got {}", bytes.len()),
        ));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        ManifestError::new("RM201", format!("expected UTF-8, got an invalid byte at offset {}", error.valid_up_to()))
    })?;
    bound(text.as_bytes())?;
    let refusal = RefCell::new(None);
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let seed = Strict { place: Place::ROOT, refusal: &refusal };
    let parsed = seed.deserialize(&mut deserializer).and_then(|value| deserializer.end().map(|()| value));
    parsed.map_err(|error| {
        refusal.take().unwrap_or_else(|| ManifestError::new("RM201", format!("expected JSON, got {error}")))
    })
}

/// One linear pass over the raw text, so that neither nesting nor long integers reach the parser.
fn bound(text: &[u8]) -> Result<(), ManifestError> {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        match byte {
            b'"' => at = end_of_string(text, at),
            b'[' | b'{' => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return Err(ManifestError::new(
                        "RM202",
                        format!("expected at most {MAX_DEPTH} levels of nesting, got more at offset {at}"),
                    ));
                }
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            b'0'..=b'9' => {
                at = end_of_number(text, at)?;
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    Ok(())
}

/// The offset of the quote that ends the string which starts at `at`.
fn end_of_string(text: &[u8], mut at: usize) -> usize {
    at += 1;
    while let Some(&byte) = text.get(at) {
        match byte {
            b'"' => break,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    at
}

/// The offset behind the number whose first digit is at `start`. An integer that no 64-bit type holds would be read
/// as a rounded float, so it is refused here, where it is still text.
fn end_of_number(text: &[u8], start: usize) -> Result<usize, ManifestError> {
    let rest = &text[start..];
    let length = rest
        .iter()
        .position(|byte| !matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-'))
        .unwrap_or(rest.len());
    let number = &rest[..length];
    if length > 16 && number.iter().all(u8::is_ascii_digit) {
        return Err(unsafe_integer(&String::from_utf8_lossy(number)));
    }
    Ok(start + length)
}

fn unsafe_integer(number: &str) -> ManifestError {
    ManifestError::new(
        "RM201",
        format!("expected integers within ±{MAX_SAFE_INTEGER} (RFC 7493, section 2.2), got {}", quote(number)),
    )
    .hint("write it as a string")
}

/// Reads any JSON value; what it refuses with a code of its own it leaves in `refusal`.
struct Strict<'a> {
    place: Place<'a>,
    refusal: &'a RefCell<Option<ManifestError>>,
}

impl Strict<'_> {
    fn refuse<E: Error>(&self, error: ManifestError) -> E {
        let raised = E::custom(&error.message);
        self.refusal.replace(Some(error));
        raised
    }

    fn integer<E: Error>(&self, magnitude: u64, number: Number) -> Result<Value, E> {
        if magnitude > MAX_SAFE_INTEGER {
            return Err(self.refuse(unsafe_integer(&number.to_string()).at(&self.place)));
        }
        Ok(Value::Number(number))
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        self.integer(value, value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        self.integer(value.unsigned_abs(), value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("a number out of range"))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut array = Vec::new();
        while let Some(item) =
            items.next_element_seed(Strict { place: self.place.index(array.len()), refusal: self.refusal })?
        {
            array.push(item);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            let place = self.place.key(&key);
            if object.contains_key(&key) {
                let message = format!("expected every key once, got {} twice", quote(&key));
                return Err(self.refuse(ManifestError::new("RM203", message).at(&place)));
            }
            let value = entries.next_value_seed(Strict { place, refusal: self.refusal })?;
            object.insert(key, value);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> &'static str {
        parse(text.as_bytes()).expect_err("a refusal").code
    }

    #[test]
    fn nesting_is_counted_outside_strings_only() {
        let deepest = format!("{}{}", "[".repeat(MAX_DEPTH), "]".repeat(MAX_DEPTH));
        assert!(parse(deepest.as_bytes()).is_ok());
        assert_eq!(code(&format!("[{deepest}]")), "RM202");
        let brackets = format!(r#"["{}\"{}"]"#, "[".repeat(100), "{".repeat(100));
        assert!(parse(brackets.as_bytes()).is_ok());
    }

    #[test]
    fn size_is_judged_before_anything_else() {
        assert_eq!(parse(&vec![0xFF; MAX_BYTES + 1]).expect_err("a refusal").code, "RM202");
        assert_eq!(parse(&vec![0xFF; MAX_BYTES]).expect_err("a refusal").code, "RM201");
    }

    #[test]
    fn duplicate_keys_are_found_at_any_depth_and_however_they_are_escaped() {
        let error = parse(br#"{"a": [{"b/c": 1, "b\/c": 2}]}"#).expect_err("a refusal");
        assert_eq!((error.code, error.pointer.as_deref()), ("RM203", Some("/a/0/b~1c")));
        assert!(parse(br#"{"a": {"b": 1}, "b": {"b": 1}}"#).is_ok());
    }

    #[test]
    fn integers_are_exact_or_refused() {
        assert!(parse(b"[9007199254740991, -9007199254740991, 1e300, 12345678901234567.5]").is_ok());
        for text in ["9007199254740992", "-9007199254740992", "18446744073709551616", &"9".repeat(400), "1e400"] {
            assert_eq!(code(text), "RM201", "{text}");
        }
    }

    #[test]
    fn what_is_not_json_is_refused() {
        for text in ["", "{", "{}{}", "nul", "NaN", "[1,]", "'a'", "\u{feff}{}", "\"\\ud800\"", "\"\0\"", "01", "\"\\"]
        {
            assert_eq!(code(text), "RM201", "{text:?}");
        }
    }
}
