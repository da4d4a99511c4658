//! Why something is not a packet.

/// Bytes, a line or ten values are not a packet, or a packet cannot be written that way.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct PacketError {
    /// Stable code of `schemas/errors.v1.json`: `RM605` on an edge, `RM612` in a line of input, `RM616` in one of output.
    pub code: &'static str,
    /// What was expected and what was got.
    pub message: String,
}

impl PacketError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { code: "RM605", message: message.into() }
    }

    pub(crate) fn with_code(self, code: &'static str) -> Self {
        Self { code, ..self }
    }
}

/// A stranger's text as a literal of a message: in backticks, without control characters, cut to a bounded length.
pub(crate) fn quote(text: &str) -> String {
    let shown: String =
        text.chars().take(64).map(|c| if c.is_control() || c == '`' { '\u{fffd}' } else { c }).collect();
    let more = if text.chars().nth(64).is_some() { "…" } else { "" };
    format!("`{shown}{more}`")
}
