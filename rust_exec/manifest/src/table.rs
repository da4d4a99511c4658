//! The built-in nodes, as `schemas/nodes.v1.json` lists them.

use std::borrow::Cow;
use std::sync::LazyLock;

use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use crate::model::RuntimeKind;
use crate::modules;
use crate::reference::Reference;

/// One built-in node.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NodeType {
    /// Class name.
    pub name: String,
    /// Python module that has the class.
    pub module: String,
    /// One sentence for people.
    pub summary: String,
    /// The runtimes it has, the preferred one first.
    pub kinds: Vec<RuntimeKind>,
    /// Whether its values may be objects of Python: in process the class itself runs, so that they need not be packets.
    #[serde(default)]
    pub objects: bool,
    /// Input ports, by port index.
    pub inputs: Vec<Port>,
    /// Output ports, by port index.
    pub outputs: Vec<Port>,
    /// Parameters of the constructor, in order.
    pub params: Vec<Param>,
}

/// One port of a built-in node.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Port {
    /// Its name.
    pub name: String,
    /// Kinds of packet it takes or gives: `audio`, `tensor` …
    pub types: Vec<String>,
}

/// One parameter of a built-in node.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Param {
    /// Its name.
    pub name: String,
    /// Type of its values.
    #[serde(rename = "type")]
    pub kind: ParamType,
    /// The value it has where none is given; absent where one is required.
    #[serde(default, deserialize_with = "present")]
    pub default: Option<Value>,
    /// Whether a value must be given.
    #[serde(default)]
    pub required: bool,
    /// Whether `null` is a value.
    #[serde(default)]
    pub nullable: bool,
    /// The least number.
    #[serde(default)]
    pub min: Option<f64>,
    /// The greatest number.
    #[serde(default)]
    pub max: Option<f64>,
    /// The only strings allowed.
    #[serde(default, rename = "enum")]
    pub choices: Option<Vec<String>>,
    /// Whether it can change while the node runs.
    #[serde(default)]
    pub live: bool,
    /// The only values with which the node runs natively: functions of Python by `module:qualname`, and null.
    #[serde(default)]
    pub native: Option<Vec<Option<String>>>,
    /// The ports that it names, where it is given: of inputs its values, of outputs its keys.
    #[serde(default)]
    pub ports: Option<Side>,
    /// One sentence for people.
    pub summary: String,
}

/// Where packets enter, or where they leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "each is the list of ports of the same name")]
pub enum Side {
    Inputs,
    Outputs,
}

/// Type of the values of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ParamType {
    /// An integer.
    Int,
    /// A number.
    Float,
    /// `true` or `false`.
    Bool,
    /// A string.
    Str,
    /// A file of the project, `{"$file": PATH}`, or an absolute path.
    File,
    /// A model of the project, `{"$file": PATH}`.
    Model,
    /// An object whose values are strings.
    #[serde(rename = "map[str]")]
    MapStr,
    /// Files of the project by platform (`linux/amd64`): the programs of a node.
    #[serde(rename = "map[program]")]
    MapProgram,
    /// An object.
    #[serde(rename = "map[json]")]
    MapJson,
    /// Any value.
    Json,
}

/// Parameters that the base class `Node` takes, and so every node.
pub const COMMON_PARAMS: &[&str] = &["name", "enable_state", "state_ttl", "max_sessions"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    version: u32,
    nodes: Vec<NodeType>,
}

/// Reads `null` as a value rather than as absence.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

static TABLE: LazyLock<Vec<NodeType>> = LazyLock::new(|| {
    let table: Table =
        serde_json::from_str(include_str!("../../../schemas/nodes.v1.json")).expect("a table that the tests have read");
    assert_eq!(table.version, 1, "expected version 1 of the node table");
    table.nodes
});

/// All built-in nodes, in the table's order.
#[must_use]
pub fn node_types() -> &'static [NodeType] {
    &TABLE
}

/// The built-in node of that class name.
#[must_use]
pub fn node_type(name: &str) -> Option<&'static NodeType> {
    TABLE.iter().find(|node| node.name == name)
}

impl NodeType {
    /// The ports of one side, by port index, of a node with these parameters: those of the table, unless a parameter names
    /// others, which take or give what the first of the table does. `None` while what names them is itself a reference.
    #[must_use]
    pub fn ports(&self, side: Side, params: &Map<String, Value>) -> Option<Cow<'_, [Port]>> {
        let own = match side {
            Side::Inputs => &self.inputs,
            Side::Outputs => &self.outputs,
        };
        let naming = self.params.iter().find(|it| it.ports == Some(side)).and_then(|it| params.get(&it.name));
        let (Some(naming), Some(first)) = (naming, own.first()) else { return Some(Cow::Borrowed(own)) };
        if Reference::of(naming).is_some() {
            return None;
        }
        let mut ports: Vec<Port> = Vec::new();
        for (key, value) in naming.as_object().into_iter().flatten() {
            let name = match side {
                Side::Inputs => value.as_str()?,
                Side::Outputs => key,
            };
            if ports.iter().all(|it| it.name != name) {
                ports.push(Port { name: name.to_owned(), types: first.types.clone() });
            }
        }
        Some(if ports.is_empty() { Cow::Borrowed(own) } else { Cow::Owned(ports) })
    }

    /// Whether it hands parameters that are not its own on: to the native node, component or program that it stands for.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self.name.as_str(), "RustNode" | "WasmNode" | "ProgramNode")
    }

    /// The runtimes that have the node with these parameters, the preferred one first.
    pub fn kinds_with(&self, params: &Map<String, Value>) -> impl Iterator<Item = RuntimeKind> {
        let is_native = self.params.iter().all(|param| {
            let value = params.get(&param.name).or(param.default.as_ref()).unwrap_or(&Value::Null);
            param.native.as_ref().is_none_or(|known| {
                known.iter().any(|it| match it {
                    Some(entry) => value.get("$py").and_then(Value::as_str) == Some(entry),
                    None => value.is_null(),
                })
            })
        });
        let has_programs = self.kinds.len() == 1 || !modules::programs(params).is_empty();
        self.kinds.iter().copied().filter(move |kind| match kind {
            RuntimeKind::Native => is_native,
            RuntimeKind::Program => has_programs,
            _ => true,
        })
    }

    /// The runtime that the node has in a process of Python.
    #[must_use]
    pub fn kind_in_process(&self) -> RuntimeKind {
        if self.objects { RuntimeKind::Python } else { self.kinds.first().copied().unwrap_or(RuntimeKind::Python) }
    }

    /// The parameter of that name.
    #[must_use]
    pub fn param(&self, name: &str) -> Option<&Param> {
        self.params.iter().find(|param| param.name == name)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_parameter_names_the_ports() {
        let onnx = node_type("OnnxNode").expect("a node of the table");
        let names = |side, params: Value| {
            let ports = onnx.ports(side, params.as_object().expect("an object"))?;
            Some(ports.iter().map(|it| it.name.clone()).collect::<Vec<_>>())
        };
        assert_eq!(names(Side::Inputs, json!({})), Some(vec!["in".to_owned()]));
        assert_eq!(names(Side::Inputs, json!({"inputs": {}})), Some(vec!["in".to_owned()]));
        let two = json!({"inputs": {"ids": "left", "mask": "right", "types": "left"}});
        assert_eq!(names(Side::Inputs, two.clone()), Some(vec!["left".to_owned(), "right".to_owned()]));
        assert_eq!(names(Side::Outputs, two), Some(vec!["out".to_owned()]));
        let outputs = json!({"outputs": {"boxes": "b", "all": ["b", "s"]}});
        assert_eq!(names(Side::Outputs, outputs), Some(vec!["boxes".to_owned(), "all".to_owned()]));
        assert_eq!(names(Side::Inputs, json!({"inputs": {"$param": "ports"}})), None);
    }

    #[test]
    fn a_function_that_is_known_runs_natively() {
        let first = |node: &str, params: Value| {
            let params = params.as_object().expect("an object").clone();
            node_type(node).expect("a node of the table").kinds_with(&params).next()
        };
        let function = |entry: &str| json!({"transform_func": {"$py": entry}});
        assert_eq!(first("TextTransformNode", function("builtins:str.upper")), Some(RuntimeKind::Native));
        assert_eq!(first("TextTransformNode", function("textwrap:dedent")), Some(RuntimeKind::PythonWasm));
        assert_eq!(first("DataTransform", json!({})), Some(RuntimeKind::Native));
        assert_eq!(first("DataTransform", function("builtins:len")), Some(RuntimeKind::PythonWasm));
        assert_eq!(node_type("AddNode").map(NodeType::kind_in_process), Some(RuntimeKind::Python));
    }

    #[test]
    fn the_table_reads_and_is_consistent() {
        assert!(!node_types().is_empty());
        for node in node_types() {
            assert_eq!(
                node_type(&node.name).map(|found| found as *const _),
                Some(node as *const _),
                "name stands twice"
            );
            assert!(!node.kinds.is_empty(), "{} has no runtime", node.name);
            assert!(!node.objects || node.kinds.contains(&RuntimeKind::Python), "{} has no class", node.name);
            for param in &node.params {
                assert_eq!(param.required, param.default.is_none(), "{}.{}", node.name, param.name);
                let null_default = param.default.as_ref().is_some_and(Value::is_null);
                assert!(!null_default || param.nullable, "{}.{}", node.name, param.name);
            }
        }
    }
}
