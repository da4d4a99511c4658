//! The parameters of built-in nodes against the table.

use serde_json::{Map, Value};

use crate::error::{ManifestError, Warning, list, quote, warn};
use crate::fields::describe;
use crate::model::Node;
use crate::modules;
use crate::place::Place;
use crate::reference::Reference;
use crate::table::{COMMON_PARAMS, NodeType, Param, ParamType};
use crate::values::Declared;

/// Check one node's parameters; a `$param` is judged by its default.
///
/// # Errors
///
/// `RM211` for a parameter that is missing or whose value the table does not allow.
pub(crate) fn check(
    node: &Node,
    node_type: &NodeType,
    declared: &Declared<'_>,
    place: &Place<'_>,
    warnings: &mut Vec<Warning>,
) -> Result<(), ManifestError> {
    let place = place.key("params");
    for param in &node_type.params {
        match node.params.get(&param.name) {
            Some(value) => {
                check_value(node, param, value, declared).map_err(|error| error.at(&place.key(&param.name)))?
            }
            None if param.required => {
                let message =
                    format!("expected parameter {} of node {}, got none", quote(&param.name), quote(&node.id));
                return Err(ManifestError::new("RM211", message).at(&place));
            }
            None => {}
        }
    }
    for name in node.params.keys() {
        if !node_type.is_open() && node_type.param(name).is_none() && !COMMON_PARAMS.contains(&name.as_str()) {
            warn(warnings, &place.key(name), || {
                let known = list(node_type.params.iter().map(|param| &param.name));
                format!("{} has no parameter {} ({known}); it has no effect", quote(&node_type.name), quote(name))
            });
        }
    }
    Ok(())
}

fn check_value(node: &Node, param: &Param, value: &Value, declared: &Declared<'_>) -> Result<(), ManifestError> {
    let judged = declared.value(value);
    if (param.nullable && judged.is_null()) || allows(param, judged, declared) {
        return Ok(());
    }
    let mut message = format!(
        "expected {} for parameter {} of node {}, got {}",
        expected(param),
        quote(&param.name),
        quote(&node.id),
        describe(judged)
    );
    if let Some(Reference::Param(name)) = Reference::of(value) {
        message.push_str(&format!(" from {}", quote(name)));
    }
    Err(ManifestError::new("RM211", message))
}

impl Declared<'_> {
    /// The value itself, or the one its `$param` has by default.
    fn value<'a>(&'a self, value: &'a Value) -> &'a Value {
        match Reference::of(value) {
            Some(Reference::Param(name)) => self.parameters.get(name).map_or(value, |parameter| &parameter.default),
            _ => value,
        }
    }
}

fn allows(param: &Param, value: &Value, declared: &Declared<'_>) -> bool {
    match param.kind {
        ParamType::Int => (value.is_i64() || value.is_u64()) && in_range(param, value),
        ParamType::Float => value.is_number() && in_range(param, value),
        ParamType::Bool => value.is_boolean(),
        ParamType::Str => is_text(value) && is_choice(param, value),
        ParamType::File => is_file(value) || value.as_str().is_some_and(|path| path.starts_with('/')),
        ParamType::Model => is_file(value),
        ParamType::MapStr => map(value).is_some_and(|map| map.values().all(|item| is_text(declared.value(item)))),
        ParamType::MapProgram => !modules::programs_in(value).is_empty(),
        ParamType::MapJson => map(value).is_some(),
        ParamType::Json => true,
    }
}

fn in_range(param: &Param, value: &Value) -> bool {
    let number = value.as_f64().unwrap_or(f64::NAN);
    param.min.is_none_or(|min| number >= min) && param.max.is_none_or(|max| number <= max)
}

/// A string, or a secret, which will be one.
fn is_text(value: &Value) -> bool {
    value.is_string() || matches!(Reference::of(value), Some(Reference::Secret(_)))
}

fn is_choice(param: &Param, value: &Value) -> bool {
    match (&param.choices, value.as_str()) {
        (Some(choices), Some(text)) => choices.iter().any(|choice| choice == text),
        (choices, _) => choices.is_none(),
    }
}

fn is_file(value: &Value) -> bool {
    matches!(Reference::of(value), Some(Reference::File(_)))
}

fn map(value: &Value) -> Option<&Map<String, Value>> {
    value.as_object().filter(|_| Reference::of(value).is_none())
}

fn expected(param: &Param) -> String {
    let mut text = match param.kind {
        ParamType::Int => "an integer".to_owned(),
        ParamType::Float => "a number".to_owned(),
        ParamType::Bool => "`true` or `false`".to_owned(),
        ParamType::Str => match &param.choices {
            Some(choices) => format!("one of {}", list(choices)),
            None => "a string".to_owned(),
        },
        ParamType::File => "a file of the project (`{\"$file\": PATH}`) or an absolute path".to_owned(),
        ParamType::Model => "a model of the project (`{\"$file\": PATH}`)".to_owned(),
        ParamType::MapStr => "an object of strings".to_owned(),
        ParamType::MapProgram => {
            "an object of files (`{\"$file\": PATH}`) by platform, such as `linux/amd64`".to_owned()
        }
        ParamType::MapJson => "an object".to_owned(),
        ParamType::Json => "a value".to_owned(),
    };
    match (param.min, param.max) {
        (Some(min), Some(max)) => text.push_str(&format!(" from {min} to {max}")),
        (Some(min), None) => text.push_str(&format!(" of at least {min}")),
        (None, Some(max)) => text.push_str(&format!(" of at most {max}")),
        (None, None) => {}
    }
    if param.nullable {
        text.push_str(" or `null`");
    }
    text
}
