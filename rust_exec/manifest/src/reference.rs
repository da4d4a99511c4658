//! The `$`-objects of parameter values.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Map, Value};

use crate::error::{ManifestError, list, quote};
use crate::model::Parameter;
use crate::names::{is_data_path, is_object_name, is_project_path};
use crate::place::Place;
use crate::strict::MAX_BYTES;

/// What a `$`-object stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reference<'a> {
    /// `{"$file": PATH}`: a file of the project, by its relative posix path.
    File(&'a str),
    /// `{"$ref": PATH}`: a value that is stored beside the manifest.
    Data(&'a str),
    /// `{"$py": "module:qualname"}`: a callable of a module.
    Callable(&'a str),
    /// `{"$param": NAME}`: a parameter that a run may override.
    Param(&'a str),
    /// `{"$secret": NAME}`: a secret that a run is given.
    Secret(&'a str),
}

impl<'a> Reference<'a> {
    /// What this value refers to, if it is a well-formed `$`-object.
    #[must_use]
    pub fn of(value: &'a Value) -> Option<Self> {
        let object = value.as_object()?;
        let (key, target) = object.iter().next()?;
        if object.len() != 1 {
            return None;
        }
        let target = target.as_str()?;
        match key.as_str() {
            "$file" if is_project_path(target) => Some(Self::File(target)),
            "$ref" if is_data_path(target) => Some(Self::Data(target)),
            "$py" if is_object_name(target) => Some(Self::Callable(target)),
            "$param" => Some(Self::Param(target)),
            "$secret" => Some(Self::Secret(target)),
            _ => None,
        }
    }
}

/// What parameter values may refer to.
pub(crate) struct Declared<'a> {
    pub(crate) parameters: &'a BTreeMap<String, Parameter>,
    /// Size of every parameter's default.
    sizes: HashMap<&'a str, usize>,
    secrets: BTreeSet<&'a str>,
    /// What the references that were checked so far stand for, in bytes.
    expanded: Cell<usize>,
}

impl<'a> Declared<'a> {
    pub(crate) fn new(parameters: &'a BTreeMap<String, Parameter>, secrets: &'a [String]) -> Self {
        Self {
            parameters,
            sizes: parameters.iter().map(|(name, parameter)| (name.as_str(), size(&parameter.default))).collect(),
            secrets: secrets.iter().map(String::as_str).collect(),
            expanded: Cell::new(0),
        }
    }

    /// That every `$`-object in a value is well-formed (`RM215`) and refers to what is declared (`RM214`), and that all
    /// that was checked stays within bounds with every `$param` replaced (`RM202`).
    pub(crate) fn check(&self, value: &Value, place: &Place<'_>) -> Result<(), ManifestError> {
        match value {
            Value::Array(items) => {
                items.iter().enumerate().try_for_each(|(index, item)| self.check(item, &place.index(index)))
            }
            Value::Object(object) => match dollar_key(object) {
                Some(key) => self.check_reference(value, key, place),
                None => object.iter().try_for_each(|(key, item)| self.check(item, &place.key(key))),
            },
            _ => Ok(()),
        }
    }

    fn check_reference(&self, value: &Value, key: &str, place: &Place<'_>) -> Result<(), ManifestError> {
        match Reference::of(value) {
            Some(Reference::Param(name)) => match self.sizes.get(name) {
                Some(size) => self.expand(*size).map_err(|error| error.at(place)),
                None => Err(undeclared("parameter", name, self.parameters.keys()).at(place)),
            },
            Some(Reference::Secret(name)) if !self.secrets.contains(name) => {
                Err(undeclared("secret", name, &self.secrets).at(place))
            }
            Some(_) => Ok(()),
            None => Err(malformed(value, key).at(place)),
        }
    }

    /// A small manifest that refers to a large default very often would be very large.
    fn expand(&self, size: usize) -> Result<(), ManifestError> {
        let expanded = self.expanded.get().saturating_add(size);
        self.expanded.set(expanded);
        if expanded <= MAX_BYTES {
            return Ok(());
        }
        let message = format!("expected at most {MAX_BYTES} bytes with every `$param` replaced, got more");
        Err(ManifestError::new("RM202", message))
    }
}

/// Bytes of a value's strings, and a few for everything else.
fn size(value: &Value) -> usize {
    const EACH: usize = 8;
    EACH + match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(size).sum(),
        Value::Object(object) => object.iter().map(|(key, item)| key.len() + size(item)).sum(),
    }
}

/// The key that makes an object a `$`-object; `$$` begins an author's own key.
fn dollar_key(object: &Map<String, Value>) -> Option<&str> {
    object.keys().map(String::as_str).find(|key| key.starts_with('$') && !key.starts_with("$$"))
}

pub(crate) fn undeclared<T: AsRef<str>>(what: &str, name: &str, known: impl IntoIterator<Item = T>) -> ManifestError {
    let mut known = list(known);
    if known.is_empty() {
        known.push_str("none");
    }
    ManifestError::new("RM214", format!("expected a declared {what} ({known}), got {}", quote(name)))
}

fn malformed(value: &Value, key: &str) -> ManifestError {
    let expected = match key {
        "$file" => "`{\"$file\": PATH}` with a relative posix path inside the project",
        "$ref" => "`{\"$ref\": PATH}` with a path `data/<sha256>.<npy|safetensors|msgpack>`",
        "$py" => "`{\"$py\": \"module:qualname\"}`",
        "$param" | "$secret" => "one key with a name as its value",
        _ => "`$file`, `$ref`, `$py`, `$param` or `$secret`",
    };
    let got =
        value.get(key).and_then(Value::as_str).map_or_else(String::new, |target| format!(" with {}", quote(target)));
    let others = if value.as_object().is_some_and(|object| object.len() > 1) { " beside other keys" } else { "" };
    ManifestError::new("RM215", format!("expected {expected}, got {}{got}{others}", quote(key)))
        .hint("an author's own key that starts with `$` is written with `$$`")
}
