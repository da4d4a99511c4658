//! The built-in nodes, as `schemas/nodes.v1.json` lists them.

use std::sync::LazyLock;

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::model::RuntimeKind;

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
    /// One sentence for people.
    pub summary: String,
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
    /// The parameter of that name.
    #[must_use]
    pub fn param(&self, name: &str) -> Option<&Param> {
        self.params.iter().find(|param| param.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
            for param in &node.params {
                assert_eq!(param.required, param.default.is_none(), "{}.{}", node.name, param.name);
                let null_default = param.default.as_ref().is_some_and(Value::is_null);
                assert!(!null_default || param.nullable, "{}.{}", node.name, param.name);
            }
        }
    }
}
