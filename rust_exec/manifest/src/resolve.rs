//! A manifest with the values of one run: parameters substituted, overrides applied.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::error::{ManifestError, list, quote};
use crate::fields::describe;
use crate::model::{Manifest, Node, Parameter};
use crate::place::Place;
use crate::reference::Reference;
use crate::values::undeclared;

/// A file that a manifest names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProjectFile {
    /// Project-relative posix path.
    pub path: String,
    /// Whether a parameter of type `model` names it.
    pub is_model: bool,
}

impl Manifest {
    /// The manifest as one run sees it: no `{"$param": …}` is left in it.
    ///
    /// An override is named like a declared parameter, or `NODE.PARAM` after one node's own parameter; its value is
    /// written as values in a manifest are. The given values become the defaults of the parameters in the result.
    ///
    /// # Errors
    ///
    /// `RM214` for an override of what does not exist, `RM211` for a value of the wrong type, `RM215` for a malformed
    /// `$`-object, `RM202` if the parameters put in their places come to more than 4 MiB.
    pub fn resolve(&self, overrides: &BTreeMap<String, Value>) -> Result<Self, ManifestError> {
        let mut resolved = self.clone();
        let declared = self.declared();
        for (name, value) in overrides {
            declared.check(value, &Place::ROOT, &mut Vec::new()).map_err(|error| of_override(name, error))?;
            match resolved.parameters.get_mut(name) {
                Some(parameter) => override_parameter(name, parameter, value)?,
                None => resolved.override_node(name, value)?,
            }
        }
        // Before the parameters are put in their places: what they are is judged here, and how much it comes to.
        resolved.check(&mut Vec::new())?;
        let Self { nodes, parameters, .. } = &mut resolved;
        substitute(nodes, &|reference| match reference {
            Reference::Param(name) => parameters.get(name).map(|parameter| parameter.default.clone()),
            _ => None,
        });
        Ok(resolved)
    }

    /// The manifest with the values of its secrets in it: only for those who make nodes of it, never to be shown.
    ///
    /// # Errors
    ///
    /// `RM214` for a secret that is not declared, and for one that is not given.
    pub fn reveal(mut self, secrets: &BTreeMap<String, String>) -> Result<Self, ManifestError> {
        if let Some(name) = secrets.keys().find(|name| !self.secrets.contains(name)) {
            return Err(undeclared("secret", name, &self.secrets));
        }
        if let Some(name) = self.secrets.iter().find(|name| !secrets.contains_key(*name)) {
            let message = format!("expected a value of the secret {}, got none", quote(name));
            let hint = format!("give it with `--secret {name}=env:VARIABLE` or `--secret {name}=file:PATH`");
            return Err(ManifestError::new("RM214", message).hint(hint));
        }
        substitute(&mut self.nodes, &|reference| match reference {
            Reference::Secret(name) => secrets.get(name).map(|value| Value::from(value.as_str())),
            _ => None,
        });
        Ok(self)
    }

    /// `NODE.PARAM`: ids may have dots, names of parameters have none.
    fn override_node(&mut self, name: &str, value: &Value) -> Result<(), ManifestError> {
        let target = name.rsplit_once('.').and_then(|(id, param)| {
            let node = self.nodes.iter_mut().find(|node| node.id == id)?;
            Some((node, param))
        });
        let Some((node, param)) = target else {
            return Err(undeclared("parameter", name, self.parameters.keys())
                .hint("a node's own parameter is named `NODE.PARAM`"));
        };
        if let Some(node_type) = node.built_in().filter(|it| !it.is_open() && it.param(param).is_none()) {
            let known = list(node_type.params.iter().map(|param| &param.name));
            let message = format!("expected a parameter of {} ({known}), got {}", quote(&node_type.name), quote(param));
            return Err(ManifestError::new("RM214", message));
        }
        node.params.insert(param.to_owned(), value.clone());
        Ok(())
    }

    /// The files that the parameters of nodes name, sorted; a model for one parameter is a model for all.
    #[must_use]
    pub fn files(&self) -> Vec<ProjectFile> {
        let mut files = BTreeMap::new();
        for node in &self.nodes {
            for (name, value) in &node.params {
                let param = node.built_in().and_then(|node_type| node_type.param(name));
                let is_model = param.is_some_and(|param| param.kind == crate::table::ParamType::Model);
                self.collect_files(value, is_model, &mut files);
            }
        }
        files.into_iter().map(|(path, is_model)| ProjectFile { path, is_model }).collect()
    }

    /// The arrays that the parameters of nodes name, by their paths beside the manifest, sorted.
    #[must_use]
    pub fn data(&self) -> BTreeSet<&str> {
        let mut paths = BTreeSet::new();
        self.nodes.iter().flat_map(|node| node.params.values()).for_each(|value| collect_data(value, &mut paths));
        paths
    }

    fn collect_files(&self, value: &Value, is_model: bool, files: &mut BTreeMap<String, bool>) {
        match Reference::of(value) {
            Some(Reference::File(path)) => *files.entry(path.to_owned()).or_default() |= is_model,
            Some(Reference::Param(name)) => {
                // Defaults hold no `$param` themselves, so this ends.
                if let Some(parameter) = self.parameters.get(name) {
                    self.collect_files(&parameter.default, is_model, files);
                }
            }
            // Inside of containers, and of nodes that are arguments, no parameter is of type `model`.
            _ => match value {
                Value::Array(items) => items.iter().for_each(|item| self.collect_files(item, false, files)),
                Value::Object(object) => object.values().for_each(|item| self.collect_files(item, false, files)),
                _ => {}
            },
        }
    }
}

fn of_override(name: &str, error: ManifestError) -> ManifestError {
    ManifestError { message: format!("override {}: {}", quote(name), error.message), pointer: None, ..error }
}

fn override_parameter(name: &str, parameter: &mut Parameter, value: &Value) -> Result<(), ManifestError> {
    let fits = match (&parameter.default, value) {
        (Value::Null, _) | (Value::Bool(_), Value::Bool(_)) | (Value::String(_), Value::String(_)) => true,
        (Value::Array(_), Value::Array(_)) | (Value::Object(_), Value::Object(_)) => true,
        (Value::Number(default), Value::Number(given)) => default.is_f64() || !given.is_f64(),
        _ => false,
    };
    if !fits {
        let expected = match &parameter.default {
            Value::Number(default) if default.is_f64() => "a number",
            Value::Number(_) => "an integer",
            Value::Bool(_) => "`true` or `false`",
            Value::String(_) => "a string",
            Value::Array(_) => "an array",
            Value::Object(_) | Value::Null => "an object, such as `{\"$file\": PATH}`",
        };
        let message = format!("expected {expected} for parameter {}, got {}", quote(name), describe(value));
        return Err(ManifestError::new("RM211", message));
    }
    parameter.default = value.clone();
    Ok(())
}

fn substitute(nodes: &mut [Node], replace: &dyn Fn(Reference<'_>) -> Option<Value>) {
    nodes.iter_mut().flat_map(|node| node.params.values_mut()).for_each(|value| substitute_in(value, replace));
}

fn substitute_in(value: &mut Value, replace: &dyn Fn(Reference<'_>) -> Option<Value>) {
    if let Some(new) = Reference::of(value).and_then(replace) {
        // What it is replaced by has no further `$param` or `$secret` in it.
        *value = new;
        return;
    }
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| substitute_in(item, replace)),
        Value::Object(object) => object.values_mut().for_each(|item| substitute_in(item, replace)),
        _ => {}
    }
}

/// Add the paths of the arrays in a value.
pub fn collect_data<'a>(value: &'a Value, paths: &mut BTreeSet<&'a str>) {
    match (Reference::of(value), value) {
        (Some(Reference::Data(path)), _) => {
            paths.insert(path);
        }
        (_, Value::Array(items)) => items.iter().for_each(|item| collect_data(item, paths)),
        (_, Value::Object(object)) => object.values().for_each(|item| collect_data(item, paths)),
        _ => {}
    }
}
