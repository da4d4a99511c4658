//! What a kernel refuses.

/// A kernel was asked for what it cannot do, or given what it cannot read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct KernelError {
    /// Stable code of `schemas/errors.v1.json`.
    pub code: &'static str,
    /// What was expected and what was got: lower case, no full stop.
    pub message: String,
}

impl KernelError {
    /// A value outside what the kernel takes (`RM211`).
    pub(crate) fn parameter(message: impl Into<String>) -> Self {
        Self { code: "RM211", message: message.into() }
    }

    /// A value that has no result (`RM606`).
    pub(crate) fn value(message: impl Into<String>) -> Self {
        Self { code: "RM606", message: message.into() }
    }

    /// A file that cannot be read (`RM612`).
    pub(crate) fn input(message: impl Into<String>) -> Self {
        Self { code: "RM612", message: message.into() }
    }

    /// A file that cannot be written (`RM616`).
    pub(crate) fn output(message: impl Into<String>) -> Self {
        Self { code: "RM616", message: message.into() }
    }
}
