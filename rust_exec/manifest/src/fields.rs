//! Reading the fields of a JSON object with strict types; what is wrong is named with its place.

use serde_json::{Map, Value};

use crate::error::{ManifestError, Warning, list, quote, warn};
use crate::place::Place;

/// Names of the fields of one kind of object.
pub(crate) struct Shape {
    pub(crate) required: &'static [&'static str],
    pub(crate) optional: &'static [&'static str],
}

/// One JSON object of a known shape, and where it stands.
pub(crate) struct Fields<'a> {
    object: &'a Map<String, Value>,
    place: &'a Place<'a>,
    shape: &'static Shape,
}

impl<'a> Fields<'a> {
    /// An object that has all required fields; a warning for each field that is not of its shape.
    ///
    /// # Errors
    ///
    /// `RM205` if it is no object, `RM204` if it lacks a required field.
    pub(crate) fn of(
        value: &'a Value,
        place: &'a Place<'a>,
        shape: &'static Shape,
        warnings: &mut Vec<Warning>,
    ) -> Result<Self, ManifestError> {
        let fields = Self { object: object(value, place)?, place, shape };
        let missing: Vec<_> = shape.required.iter().filter(|name| !fields.object.contains_key(**name)).collect();
        if !missing.is_empty() {
            return Err(fields.missing(&list(missing)));
        }
        for name in fields.object.keys() {
            if !shape.required.contains(&name.as_str()) && !shape.optional.contains(&name.as_str()) {
                warn(warnings, &place.key(name), || format!("unknown field {} is passed over", quote(name)));
            }
        }
        Ok(fields)
    }

    fn missing(&self, names: &str) -> ManifestError {
        let place = self.place.to_string();
        let inside = if place.is_empty() { String::new() } else { format!(" in {}", quote(&place)) };
        let required = list(self.shape.required);
        ManifestError::new("RM204", format!("missing {names}{inside}; required are {required}")).at(self.place)
    }

    /// A required field.
    pub(crate) fn need<T>(
        &self,
        name: &'static str,
        read: impl FnOnce(&'a Value, &Place<'_>) -> Result<T, ManifestError>,
    ) -> Result<T, ManifestError> {
        self.get(name, read)?.ok_or_else(|| self.missing(&quote(name)))
    }

    /// A field that may be absent; `null` is not absence.
    pub(crate) fn get<T>(
        &self,
        name: &'static str,
        read: impl FnOnce(&'a Value, &Place<'_>) -> Result<T, ManifestError>,
    ) -> Result<Option<T>, ManifestError> {
        self.object.get(name).map(|value| read(value, &self.place.key(name))).transpose()
    }
}

/// What a value is, for messages: its type, and the value itself where it is short by nature.
pub(crate) fn describe(value: &Value) -> String {
    match value {
        Value::Null => "`null`".to_owned(),
        Value::Bool(flag) => format!("`{flag}`"),
        Value::Number(number) => format!("`{number}`"),
        Value::String(text) => format!("the string {}", quote(text)),
        Value::Array(items) => format!("an array of {}", items.len()),
        Value::Object(object) => match object.iter().next() {
            Some((key, target)) if key.starts_with('$') && object.len() == 1 => {
                quote(&format!("{{\"{key}\": {target}}}"))
            }
            _ => format!("an object of {}", object.len()),
        },
    }
}

pub(crate) fn wrong(expected: &str, value: &Value, place: &Place<'_>) -> ManifestError {
    let pointer = place.to_string();
    let whose = if pointer.is_empty() { "the manifest".to_owned() } else { quote(&pointer) };
    ManifestError::new("RM205", format!("expected {expected} for {whose}, got {}", describe(value))).at(place)
}

pub(crate) fn object<'a>(value: &'a Value, place: &Place<'_>) -> Result<&'a Map<String, Value>, ManifestError> {
    value.as_object().ok_or_else(|| wrong("an object", value, place))
}

pub(crate) fn array<'a>(value: &'a Value, place: &Place<'_>) -> Result<&'a [Value], ManifestError> {
    value.as_array().map(Vec::as_slice).ok_or_else(|| wrong("an array", value, place))
}

pub(crate) fn text(value: &Value, place: &Place<'_>) -> Result<String, ManifestError> {
    value.as_str().map(str::to_owned).ok_or_else(|| wrong("a string", value, place))
}

/// A string of a certain form.
pub(crate) fn text_like(
    expected: &'static str,
    is: fn(&str) -> bool,
) -> impl Fn(&Value, &Place<'_>) -> Result<String, ManifestError> {
    move |value, place| {
        value.as_str().filter(|text| is(text)).map(str::to_owned).ok_or_else(|| wrong(expected, value, place))
    }
}

/// An array of strings of a certain form.
pub(crate) fn texts_like(
    expected: &'static str,
    is: fn(&str) -> bool,
) -> impl Fn(&Value, &Place<'_>) -> Result<Vec<String>, ManifestError> {
    let one = text_like(expected, is);
    move |value, place| {
        array(value, place)?.iter().enumerate().map(|(index, item)| one(item, &place.index(index))).collect()
    }
}

pub(crate) fn positive_integer(value: &Value, place: &Place<'_>) -> Result<u64, ManifestError> {
    value.as_u64().filter(|number| *number > 0).ok_or_else(|| wrong("a positive integer", value, place))
}

pub(crate) fn positive_number(value: &Value, place: &Place<'_>) -> Result<f64, ManifestError> {
    value.as_f64().filter(|number| *number > 0.0).ok_or_else(|| wrong("a positive number", value, place))
}

pub(crate) fn flag(value: &Value, place: &Place<'_>) -> Result<bool, ManifestError> {
    value.as_bool().ok_or_else(|| wrong("`true` or `false`", value, place))
}
