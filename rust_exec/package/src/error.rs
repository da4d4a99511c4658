//! Why a package is not opened.

use std::fmt::Display;
use std::io;
use std::path::Path;

use remotemedia_manifest::ManifestError;

/// A package was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct PackageError {
    /// Stable code of `schemas/errors.v1.json`: of the package (`RM3xx`), or of its manifest (`RM2xx`).
    pub code: &'static str,
    /// What was expected and what was got.
    pub message: String,
    /// The remedy.
    pub hint: Option<String>,
}

impl PackageError {
    fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), hint: None }
    }

    /// It is not a package.
    pub(crate) fn not_a_package(message: impl Into<String>) -> Self {
        Self::new("RM301", message)
    }

    /// Bytes do not match their digest.
    pub(crate) fn altered(message: impl Into<String>) -> Self {
        Self { hint: Some("fetch the package again from its source".to_owned()), ..Self::new("RM302", message) }
    }

    /// Its parts contradict one another.
    pub(crate) fn contradiction(message: impl Into<String>) -> Self {
        let hint = "it was built to mislead, or by a program that is at fault";
        Self { hint: Some(hint.to_owned()), ..Self::new("RM303", message) }
    }

    /// The archive could do harm.
    pub(crate) fn unsafe_archive(message: impl Into<String>) -> Self {
        Self::new("RM304", message)
    }

    /// A file that the manifest names is missing.
    pub(crate) fn missing_file(message: impl Into<String>) -> Self {
        Self { hint: Some("build the package again".to_owned()), ..Self::new("RM306", message) }
    }

    pub(crate) fn unreadable(path: &Path, error: &io::Error) -> Self {
        Self::not_a_package(format!("expected a package at `{}`, got: {error}", path.display()))
    }
}

impl From<ManifestError> for PackageError {
    fn from(error: ManifestError) -> Self {
        Self { code: error.code, message: error.message, hint: error.hint }
    }
}

/// A stranger's text as a literal of a message: in backticks, without control characters, cut to a bounded length.
pub(crate) fn quote(text: impl Display) -> String {
    let text = text.to_string();
    let shown: String =
        text.chars().take(100).map(|c| if c.is_control() || c == '`' { '\u{fffd}' } else { c }).collect();
    let more = if text.chars().nth(100).is_some() { "…" } else { "" };
    format!("`{shown}{more}`")
}
