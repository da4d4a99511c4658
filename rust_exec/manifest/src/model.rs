//! The serde types of manifest v1; the field meanings are those of `schemas/manifest.v1.schema.json`.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::error::{ManifestError, list, quote};
use crate::table::{self, NodeType};

/// A pipeline as its author wrote it; nothing that is decided later stands here.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// `v1`, `1`, `1.0` or `1.x`; written as `v1`.
    pub version: String,
    /// Name and description.
    pub metadata: Metadata,
    /// The nodes, in the order they were added.
    pub nodes: Vec<Node>,
    /// The edges, in the order they were made.
    pub connections: Vec<Connection>,
    /// Parameters that a run may override, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, Parameter>,
    /// Names of secrets that a run must be given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<String>,
    /// Features without which the pipeline must not run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requires: Vec<String>,
    /// What the pipeline may cost; read by schedulers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<Map<String, Value>>,
}

/// What a pipeline is called.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Metadata {
    /// The pipeline's name.
    pub name: String,
    /// One paragraph for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// RFC 3339, UTC; never part of what is hashed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<String>,
    /// Whether the pipeline was found out by running its program, because reading it was not enough.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traced: Option<bool>,
}

/// One node.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Node {
    /// Unique in the manifest.
    pub id: String,
    /// Class name: one of `nodes.v1.json`, or any with an `entry`.
    pub node_type: String,
    /// The arguments the author passed, by name, without defaults.
    #[serde(default)]
    pub params: Map<String, Value>,
    /// `module:Class` from the project root, for a class of the author's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry: Option<String>,
    /// The runtime the author asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runtime: Option<RuntimeKind>,
    /// What the node needs of the machine it runs on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capabilities: Option<Map<String, Value>>,
    /// `HOST` or `HOST:PORT` of a remote executor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// Reference of the package that this node runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote_ref: Option<String>,
    /// Limits the author asked for; a host may only lower them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limits: Option<Limits>,
    /// What the node wants beyond its sandbox: `program`, `python`, `host`, `net=HOST:PORT`, `read=DIR`, `write=DIR`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grants: Vec<String>,
    /// How packets of several edges meet: `arrival` (the default) or `pts`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sync: Option<String>,
}

/// One edge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    /// Id of the node that gives.
    pub from: String,
    /// Id of the node that takes.
    pub to: String,
    /// Output port; `out` where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_port: Option<String>,
    /// Input port; `in` where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_port: Option<String>,
}

/// A parameter that a run may override; params refer to it as `{"$param": NAME}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Parameter {
    /// The value where a run gives none; its JSON type is the parameter's type.
    pub default: Value,
    /// One sentence for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// Bounds on one node.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Limits {
    /// Memory in MiB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_mb: Option<u64>,
    /// Wall time of one call in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_s: Option<f64>,
    /// Bytes that one call may emit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_bytes: Option<u64>,
    /// Packets that one call may emit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_packets: Option<u64>,
    /// Bytes of log that one call may write.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_bytes: Option<u64>,
}

/// The runtime of a node (`docs/reference/runtimes.md`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RuntimeKind {
    /// Rust, in the engine.
    Native,
    /// An ONNX graph.
    Onnx,
    /// A WebAssembly component.
    Wasm,
    /// Python in the WebAssembly sandbox.
    PythonWasm,
    /// RustPython in a confined child process.
    Rustpython,
    /// A native program of the author's in a confined child process.
    Program,
    /// The host's CPython.
    Python,
    /// A package as a node.
    Pipeline,
}

impl Node {
    /// The built-in node this is; none for a class of the author's, whatever its name.
    #[must_use]
    pub fn built_in(&self) -> Option<&'static NodeType> {
        if self.entry.is_some() { None } else { table::node_type(&self.node_type) }
    }
}

impl Connection {
    /// The output port it leaves from.
    #[must_use]
    pub fn output(&self) -> &str {
        self.from_port.as_deref().unwrap_or("out")
    }

    /// The input port it arrives at.
    #[must_use]
    pub fn input(&self) -> &str {
        self.to_port.as_deref().unwrap_or("in")
    }
}

impl RuntimeKind {
    /// All kinds, in the order of their declaration.
    pub const ALL: [Self; 8] = [
        Self::Native,
        Self::Onnx,
        Self::Wasm,
        Self::PythonWasm,
        Self::Rustpython,
        Self::Program,
        Self::Python,
        Self::Pipeline,
    ];

    /// The kind's name in a manifest.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Onnx => "onnx",
            Self::Wasm => "wasm",
            Self::PythonWasm => "python-wasm",
            Self::Rustpython => "rustpython",
            Self::Program => "program",
            Self::Python => "python",
            Self::Pipeline => "pipeline",
        }
    }
}

impl fmt::Display for RuntimeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for RuntimeKind {
    type Err = ManifestError;

    /// # Errors
    ///
    /// `RM205` for a name that is no kind.
    fn from_str(name: &str) -> Result<Self, ManifestError> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name).ok_or_else(|| {
            let kinds = list(Self::ALL.map(Self::as_str));
            ManifestError::new("RM205", format!("expected a runtime ({kinds}), got {}", quote(name)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::RuntimeKind;

    #[test]
    fn names_of_kinds_are_what_serde_writes() {
        for kind in RuntimeKind::ALL {
            assert_eq!(serde_json::to_value(kind).expect("a string"), kind.as_str());
            assert_eq!(kind.as_str().parse(), Ok(kind));
        }
        assert_eq!("gpu".parse::<RuntimeKind>().expect_err("a refusal").code, "RM205");
    }
}
