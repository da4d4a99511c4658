//! Parameter values: `$`-objects in depth, against what the manifest declares.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde_json::{Map, Value};

use crate::error::{ManifestError, Warning, list, quote};
use crate::model::Parameter;
use crate::place::Place;
use crate::reference::{Reference, dollar_key, malformed};
use crate::strict::MAX_BYTES;
use crate::{read, verdict};

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
    pub(crate) fn check(
        &self,
        value: &Value,
        place: &Place<'_>,
        warnings: &mut Vec<Warning>,
    ) -> Result<(), ManifestError> {
        match value {
            Value::Array(items) => self.check_items(items, place, warnings),
            Value::Object(object) => match dollar_key(object) {
                Some(key) => self.check_reference(value, key, &place.key(key), warnings),
                None => self.check_members(object, place, warnings),
            },
            _ => Ok(()),
        }
    }

    /// The values of an object: of a node's params, or of an author's dict.
    pub(crate) fn check_members(
        &self,
        object: &Map<String, Value>,
        place: &Place<'_>,
        warnings: &mut Vec<Warning>,
    ) -> Result<(), ManifestError> {
        object.iter().try_for_each(|(key, item)| self.check(item, &place.key(key), warnings))
    }

    fn check_items(
        &self,
        items: &[Value],
        place: &Place<'_>,
        warnings: &mut Vec<Warning>,
    ) -> Result<(), ManifestError> {
        items.iter().enumerate().try_for_each(|(index, item)| self.check(item, &place.index(index), warnings))
    }

    fn check_reference(
        &self,
        value: &Value,
        key: &str,
        place: &Place<'_>,
        warnings: &mut Vec<Warning>,
    ) -> Result<(), ManifestError> {
        match Reference::of(value) {
            Some(Reference::Param(name)) => match self.sizes.get(name) {
                Some(size) => self.expand(*size).map_err(|error| error.at(place)),
                None => Err(undeclared("parameter", name, self.parameters.keys()).at(place)),
            },
            Some(Reference::Secret(name)) if !self.secrets.contains(name) => {
                Err(undeclared("secret", name, &self.secrets).at(place))
            }
            Some(Reference::Set(items)) => {
                check_distinct(items.iter(), place)?;
                self.check_items(items, place, warnings)
            }
            Some(Reference::Map(pairs)) => {
                check_distinct(pairs.iter().filter_map(|pair| pair.get(0)), place)?;
                // Each pair is a list of its own: neither it nor this one is taken for a value.
                self.check_items(pairs, place, warnings)
            }
            Some(Reference::New { params, .. }) => self.check_members(params, &place.key("params"), warnings),
            Some(Reference::Node(node)) => {
                let node = read::argument_node(node, place, warnings)?;
                verdict::check_node(&node, self, place, warnings)
            }
            Some(Reference::Pipeline(pipeline)) => {
                let (nodes, connections) = read::argument_pipeline(pipeline, place, warnings)?;
                verdict::check_graph(&nodes, &connections, self, place, warnings)
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

pub(crate) fn undeclared<T: AsRef<str>>(what: &str, name: &str, known: impl IntoIterator<Item = T>) -> ManifestError {
    let mut known = list(known);
    if known.is_empty() {
        known.push_str("none");
    }
    ManifestError::new("RM214", format!("expected a declared {what} ({known}), got {}", quote(name)))
}

/// That no element of a set and no key of a map stands twice.
fn check_distinct<'a>(mut items: impl Iterator<Item = &'a Value>, place: &Place<'_>) -> Result<(), ManifestError> {
    let mut seen = HashSet::new();
    match items.find(|item| !seen.insert(item.to_string())) {
        None => Ok(()),
        Some(item) => {
            let message = format!("expected every element once, got {} twice", quote(&item.to_string()));
            Err(ManifestError::new("RM215", message).at(place))
        }
    }
}
