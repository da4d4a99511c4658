//! The `$`-objects of parameter values: what each is, and whether it is well-formed.

use serde_json::{Map, Value};

use crate::error::{ManifestError, quote};
use crate::names::{is_base64, is_data_path, is_entry, is_large_integer, is_project_path};

/// Bytes of base64 that a `$bytes` may have: those of 64 KiB.
const MAX_BASE64: usize = 87_384;

/// What a `$`-object stands for (`docs/adr/0010-values-in-manifests.md`).
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Reference<'a> {
    /// `{"$file": PATH}`: a file of the project, by its relative posix path.
    File(&'a str),
    /// `{"$ref": PATH}`: an array that is stored beside the manifest, as an npy file.
    Data(&'a str),
    /// `{"$py": "module:qualname"}`: a function, a class or an enum member of a module.
    Callable(&'a str),
    /// `{"$param": NAME}`: a parameter that a run may override.
    Param(&'a str),
    /// `{"$secret": NAME}`: a secret that a run is given.
    Secret(&'a str),
    /// `{"$float": "nan"}`: a number that JSON does not have.
    Float(f64),
    /// `{"$int": DIGITS}`: an integer that not every reader of JSON has.
    Int(&'a str),
    /// `{"$bytes": BASE64}`.
    Bytes(&'a str),
    /// `{"$map": [[key, value], …]}`: a dict whose keys are not all strings.
    Map(&'a [Value]),
    /// `{"$set": […]}`.
    Set(&'a [Value]),
    /// `{"$new": {"entry": "module:Class", "params": {…}}}`: an instance that its class makes of its fields.
    New {
        /// The class.
        entry: &'a str,
        /// Its fields.
        params: &'a Map<String, Value>,
    },
    /// `{"$node": {…}}`: a node as an argument of another.
    Node(&'a Value),
    /// `{"$pipeline": {…}}`: a pipeline as an argument.
    Pipeline(&'a Value),
}

impl<'a> Reference<'a> {
    /// What this value refers to, if it is a well-formed `$`-object; what stands inside one is not looked at.
    #[must_use]
    pub fn of(value: &'a Value) -> Option<Self> {
        let object = value.as_object()?;
        let (key, target) = object.iter().next()?;
        if object.len() != 1 {
            return None;
        }
        match (key.as_str(), target) {
            ("$map", Value::Array(pairs)) if pairs.iter().all(is_pair) => Some(Self::Map(pairs)),
            ("$set", Value::Array(items)) => Some(Self::Set(items)),
            ("$new", Value::Object(made)) => Self::of_new(made),
            ("$node", Value::Object(_)) => Some(Self::Node(target)),
            ("$pipeline", Value::Object(_)) => Some(Self::Pipeline(target)),
            (key, Value::String(target)) => Self::of_text(key, target),
            _ => None,
        }
    }

    fn of_new(made: &'a Map<String, Value>) -> Option<Self> {
        match (made.get("entry"), made.get("params")) {
            (Some(Value::String(entry)), Some(Value::Object(params))) if made.len() == 2 && is_entry(entry) => {
                Some(Self::New { entry, params })
            }
            _ => None,
        }
    }

    fn of_text(key: &str, target: &'a str) -> Option<Self> {
        match key {
            "$file" if is_project_path(target) => Some(Self::File(target)),
            "$ref" if is_data_path(target) => Some(Self::Data(target)),
            "$py" if is_entry(target) => Some(Self::Callable(target)),
            "$param" => Some(Self::Param(target)),
            "$secret" => Some(Self::Secret(target)),
            "$int" if is_large_integer(target) => Some(Self::Int(target)),
            "$bytes" if target.len() <= MAX_BASE64 && is_base64(target) => Some(Self::Bytes(target)),
            "$float" => match target {
                "nan" => Some(Self::Float(f64::NAN)),
                "inf" => Some(Self::Float(f64::INFINITY)),
                "-inf" => Some(Self::Float(f64::NEG_INFINITY)),
                _ => None,
            },
            _ => None,
        }
    }
}

fn is_pair(value: &Value) -> bool {
    value.as_array().is_some_and(|pair| pair.len() == 2)
}

/// The key that makes an object a `$`-object; `$$` begins an author's own key.
pub(crate) fn dollar_key(object: &Map<String, Value>) -> Option<&str> {
    object.keys().map(String::as_str).find(|key| key.starts_with('$') && !key.starts_with("$$"))
}

pub(crate) fn malformed(value: &Value, key: &str) -> ManifestError {
    let expected = match key {
        "$file" => "`{\"$file\": PATH}` with a relative posix path inside the project",
        "$ref" => "`{\"$ref\": PATH}` with a path `data/<sha256>.npy`",
        "$py" => "`{\"$py\": \"module:qualname\"}`",
        "$param" | "$secret" => "one key with a name as its value",
        "$float" => "`nan`, `inf` or `-inf`",
        "$int" => "the digits of an integer beyond ±(2^53 - 1)",
        "$bytes" => "at most 64 KiB as base64",
        "$map" => "a list of pairs `[key, value]`",
        "$set" => "a list",
        "$new" => "`{\"entry\": \"module:Class\", \"params\": {…}}`",
        "$node" | "$pipeline" => "an object",
        _ => {
            "`$file`, `$ref`, `$py`, `$param`, `$secret`, `$float`, `$int`, `$bytes`, `$map`, `$set`, `$new`, `$node` or \
             `$pipeline`"
        }
    };
    let got =
        value.get(key).and_then(Value::as_str).map_or_else(String::new, |target| format!(" with {}", quote(target)));
    let others = if value.as_object().is_some_and(|object| object.len() > 1) { " beside other keys" } else { "" };
    ManifestError::new("RM215", format!("expected {expected}, got {}{got}{others}", quote(key)))
        .hint("an author's own key that starts with `$` is written with `$$`")
}
