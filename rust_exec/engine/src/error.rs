//! How a node fails.

use std::fmt;

use remotemedia_manifest::RuntimeKind;
use serde::Serialize;

use crate::node::EffectiveLimits;

/// What a runtime says of a failure; the engine adds node and input and makes a [`NodeError`] of it.
#[derive(Clone, Debug, PartialEq, Serialize, thiserror::Error)]
#[error("{message}")]
pub struct NodeFailure {
    /// Stable code of `schemas/errors.v1.json`.
    pub code: &'static str,
    /// What was expected and what was got: lower case, no full stop.
    pub message: String,
    /// The remedy, where there is one.
    pub hint: Option<String>,
    /// What lies behind it, outermost first.
    pub causes: Vec<Cause>,
}

/// One link of a chain of causes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cause {
    /// Type of the exception or error.
    pub kind: String,
    /// Its message.
    pub message: String,
    /// Its traceback, with the author's files and lines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace: Option<String>,
}

impl NodeFailure {
    /// A failure without hint or cause.
    #[must_use]
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), hint: None, causes: Vec::new() }
    }

    /// The node wants more memory than it may have.
    #[must_use]
    pub fn out_of_memory(limits: &EffectiveLimits) -> Self {
        let most = limits.memory >> 20;
        Self::new("RM604", format!("expected at most {most} MiB of memory, got a request for more"))
            .with_hint("give it more with `--memory`")
    }

    /// The same with a remedy.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same with one more cause behind it.
    #[must_use]
    pub fn with_cause(mut self, kind: impl Into<String>, message: impl Into<String>, trace: Option<String>) -> Self {
        self.causes.push(Cause { kind: kind.into(), message: message.into(), trace });
        self
    }
}

/// A node failed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NodeError {
    /// Id of the node.
    pub node: String,
    /// The runtime it ran in.
    pub runtime: RuntimeKind,
    /// `init`, `process`, `pull` or `flush`.
    pub call: &'static str,
    /// Sequence number of the packet it was given.
    pub seq: Option<u64>,
    /// The packet in one line: kind, shape, times.
    pub input: Option<String>,
    /// What went wrong.
    #[serde(flatten)]
    pub failure: NodeFailure,
}

impl fmt::Display for NodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "node `{}` failed in {}: {}", self.node, self.call, self.failure.message)
    }
}

impl std::error::Error for NodeError {}

/// A run did not end well.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum RunError {
    /// The graph and the instances do not fit together, or a thread could not be started.
    #[error("{0}")]
    Setup(NodeFailure),
    /// A node failed.
    #[error("{0}")]
    Node(Box<NodeError>),
    /// The run's input failed.
    #[error("{0}")]
    Input(NodeFailure),
    /// The run's sink failed.
    #[error("{0}")]
    Output(NodeFailure),
    /// The run was cancelled.
    #[error("the run was interrupted")]
    Cancelled,
}

impl RunError {
    /// Stable code of `schemas/errors.v1.json`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Setup(it) | Self::Input(it) | Self::Output(it) => it.code,
            Self::Node(it) => it.failure.code,
            Self::Cancelled => "RM615",
        }
    }
}
