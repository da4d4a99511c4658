//! One shape for whatever goes wrong, and its exit status.

use std::fmt;

use remotemedia_engine::{Cause, NodeError, NodeFailure};
use remotemedia_manifest::{ManifestError, exit_status};
use remotemedia_package::PackageError;
use remotemedia_packet::PacketError;
use remotemedia_wasm::RunnerError;
use serde::Serialize;
use serde_json::{Map, Value};

/// A failure with the stable code of `schemas/errors.v1.json`.
#[derive(Debug, Serialize)]
pub(crate) struct Failure {
    pub(crate) code: &'static str,
    pub(crate) message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hint: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) causes: Vec<Cause>,
    /// What belongs to it: node, runtime, call, sequence number, input.
    #[serde(flatten)]
    pub(crate) details: Box<Map<String, Value>>,
}

impl Failure {
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), hint: None, causes: Vec::new(), details: Box::default() }
    }

    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// What the process ends with.
    pub(crate) fn exit_status(&self) -> u8 {
        exit_status(self.code)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "error[{}]: {}", self.code, self.message)?;
        for cause in &self.causes {
            writeln!(f, "  = cause: {}: {}", cause.kind, cause.message)?;
            for line in cause.trace.iter().flat_map(|t| t.lines()) {
                writeln!(f, "    {line}")?;
            }
        }
        match &self.hint {
            Some(hint) => writeln!(f, "  = help: {hint}"),
            None => Ok(()),
        }
    }
}

impl From<ManifestError> for Failure {
    fn from(it: ManifestError) -> Self {
        Self { hint: it.hint, ..Self::new(it.code, it.message) }
    }
}

impl From<PackageError> for Failure {
    fn from(it: PackageError) -> Self {
        Self { hint: it.hint, ..Self::new(it.code, it.message) }
    }
}

impl From<PacketError> for Failure {
    fn from(it: PacketError) -> Self {
        Self::new(it.code, it.message)
    }
}

impl From<RunnerError> for Failure {
    fn from(it: RunnerError) -> Self {
        Self::new(it.code, it.message).with_hint(it.hint)
    }
}

impl From<NodeFailure> for Failure {
    fn from(it: NodeFailure) -> Self {
        Self { hint: it.hint, causes: it.causes, ..Self::new(it.code, it.message) }
    }
}

impl From<NodeError> for Failure {
    fn from(it: NodeError) -> Self {
        let message = it.to_string();
        let mut details = Box::new(Map::from_iter([
            ("node".to_owned(), it.node.into()),
            ("runtime".to_owned(), it.runtime.as_str().into()),
            ("call".to_owned(), it.call.into()),
        ]));
        details.extend(it.seq.map(|seq| ("seq".to_owned(), seq.into())));
        details.extend(it.input.map(|input| ("input".to_owned(), input.into())));
        Self { message, details, ..Self::from(it.failure) }
    }
}
