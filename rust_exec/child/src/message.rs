//! The messages whose payload is JSON (`schemas/child.md`).

use std::time::Duration;

use remotemedia_engine::{Cause, EffectiveLimits, LogLevel, NodeFailure, NodeSpec, may_be_stated};
use remotemedia_manifest::known_code;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The one version of the protocol.
pub const PROTOCOL: u32 = 1;

/// The child runs, and has confined itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Hello {
    /// Always [`PROTOCOL`].
    pub protocol: u32,
}

/// Make a node.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Init {
    /// The node's id.
    pub id: String,
    /// Its class name.
    pub node_type: String,
    /// `module:Class` of an author's class.
    pub entry: Option<String>,
    /// Constructor arguments.
    pub params: Map<String, Value>,
    /// Names of the input ports.
    pub inputs: Vec<String>,
    /// Names of the output ports.
    pub outputs: Vec<String>,
    /// Whether packets can reach the node.
    pub fed: bool,
    /// What it is granted.
    pub grants: Vec<String>,
    /// Seed of its random numbers.
    pub seed: u64,
    /// The bounds in force.
    pub limits: Limits,
}

/// The bounds in force; what they count is as in [`EffectiveLimits`].
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names are those of the engine's limits")]
pub struct Limits {
    pub memory: u64,
    pub timeout_s: f64,
    pub output_bytes: u64,
    pub output_packets: u64,
    pub log_bytes: u64,
}

impl From<&EffectiveLimits> for Limits {
    fn from(it: &EffectiveLimits) -> Self {
        let EffectiveLimits { memory, timeout, output_bytes, output_packets, log_bytes } = *it;
        Self { memory, timeout_s: timeout.as_secs_f64(), output_bytes, output_packets, log_bytes }
    }
}

impl From<Limits> for EffectiveLimits {
    fn from(it: Limits) -> Self {
        let Limits { memory, timeout_s, output_bytes, output_packets, log_bytes } = it;
        let timeout = Duration::try_from_secs_f64(timeout_s).unwrap_or(Duration::MAX);
        Self { memory, timeout, output_bytes, output_packets, log_bytes }
    }
}

impl From<&NodeSpec> for Init {
    fn from(spec: &NodeSpec) -> Self {
        Self {
            id: spec.id.clone(),
            node_type: spec.node_type.clone(),
            entry: spec.entry.clone(),
            params: spec.params.clone(),
            inputs: spec.inputs.clone(),
            outputs: spec.outputs.clone(),
            fed: spec.fed,
            grants: spec.grants.clone(),
            seed: spec.seed,
            limits: (&spec.limits).into(),
        }
    }
}

/// The node is made.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Ready {
    /// As [`remotemedia_engine::NodeInstance::is_source`].
    pub is_source: bool,
}

/// Go on.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Pull {
    /// Packets that are wanted at the most.
    pub max: u64,
}

/// Another value for a parameter.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SetParam {
    /// The parameter.
    pub name: String,
    /// Its value.
    pub value: Value,
}

/// One Python source: project-relative posix path and text.
pub type Source = (String, String);

/// A line of the node's log.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Line {
    /// How urgent it is.
    pub level: Level,
    /// The text.
    pub message: String,
    /// The author's file that wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The line in that file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
}

/// How urgent a line is.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the names are those of Python's logging")]
pub enum Level {
    Debug,
    Info,
    Warning,
    Error,
}

impl From<Level> for LogLevel {
    fn from(it: Level) -> Self {
        match it {
            Level::Debug => Self::Debug,
            Level::Info => Self::Info,
            Level::Warning => Self::Warning,
            Level::Error => Self::Error,
        }
    }
}

impl From<LogLevel> for Level {
    fn from(it: LogLevel) -> Self {
        match it {
            LogLevel::Debug => Self::Debug,
            LogLevel::Info => Self::Info,
            LogLevel::Warning => Self::Warning,
            LogLevel::Error => Self::Error,
        }
    }
}

/// A call failed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Failed {
    /// Stable code of `schemas/errors.v1.json`.
    pub code: String,
    /// What was expected and what was got.
    pub message: String,
    /// The remedy.
    #[serde(default)]
    pub hint: Option<String>,
    /// What lies behind it, outermost first.
    #[serde(default)]
    pub causes: Vec<Link>,
}

/// One link of a chain of causes.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[allow(missing_docs, reason = "as in the engine's `Cause`")]
pub struct Link {
    pub kind: String,
    pub message: String,
    #[serde(default)]
    pub trace: Option<String>,
}

/// Most links of a chain that are kept.
const LINKS: usize = 8;
/// Most bytes of a message that are kept.
const MESSAGE: usize = 4096;
/// Most bytes of a traceback that are kept.
const TRACE: usize = 16_384;

impl Failed {
    /// The same with a code that an author's program may state of itself; every other is said by those whose it is.
    pub(crate) fn into_strangers(mut self) -> Self {
        const OWN: [&str; 4] = ["RM601", "RM602", "RM604", "RM607"];
        if !OWN.contains(&self.code.as_str()) && !may_be_stated(&self.code) {
            "RM602".clone_into(&mut self.code);
        }
        self
    }
}

impl From<NodeFailure> for Failed {
    fn from(it: NodeFailure) -> Self {
        let link = |it: Cause| Link { kind: it.kind, message: it.message, trace: it.trace };
        let causes = it.causes.into_iter().map(link).collect();
        Self { code: it.code.to_owned(), message: it.message, hint: it.hint, causes }
    }
}

impl From<Failed> for NodeFailure {
    /// What a child says is shown to people: it is cut and cleaned, and a code that there is not is the node's own error.
    fn from(it: Failed) -> Self {
        let mut failure = Self::new(known_code(&it.code).unwrap_or("RM602"), clean(&it.message, MESSAGE));
        failure.hint = it.hint.map(|hint| clean(&hint, MESSAGE));
        for link in it.causes.into_iter().take(LINKS) {
            let trace = link.trace.filter(|it| !it.is_empty()).map(|it| clean(&it, TRACE));
            failure = failure.with_cause(clean(&link.kind, MESSAGE), clean(&link.message, MESSAGE), trace);
        }
        failure
    }
}

/// A stranger's text, cut, and cleaned.
pub(crate) fn clean(text: &str, most: usize) -> String {
    remotemedia_engine::clean(&text[..text.floor_char_boundary(most)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stranger_states_what_is_its_own() {
        for (stated, told) in
            [("RM606", "RM606"), ("RM604", "RM604"), ("RM507", "RM602"), ("RM302", "RM602"), ("", "RM602")]
        {
            let failed = Failed { code: stated.into(), message: "m".into(), hint: None, causes: Vec::new() };
            assert_eq!(failed.into_strangers().code, told);
        }
    }
}
