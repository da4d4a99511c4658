//! What a node's own code raised, as a failure.

use crate::error::NodeFailure;
use crate::node::EffectiveLimits;

/// Longest part of an exception's message that stands in the failure's own; the cause has all of it.
const MESSAGE: usize = 300;

/// Codes that a node may state of its own failure; every other is said by those whose it is.
const STATED: [&str; 10] = ["RM211", "RM214", "RM605", "RM606", "RM610", "RM612", "RM617", "RM619", "RM624", "RM703"];

/// Whether a node may state this code of its own failure.
#[must_use]
pub fn may_be_stated(code: &str) -> bool {
    STATED.contains(&code)
}

/// An exception as a sandbox tells it; nothing of it is trusted.
#[derive(Clone, Copy, Debug)]
pub struct Raised<'a> {
    /// Its type, such as `ValueError`.
    pub kind: &'a str,
    /// Its message.
    pub message: &'a str,
    /// The traceback, of the author's files; empty where there is none.
    pub trace: &'a str,
    /// A code of `schemas/errors.v1.json` that it states; empty where there is none.
    pub code: &'a str,
    /// The remedy; empty where there is none.
    pub hint: &'a str,
}

impl Raised<'_> {
    /// The failure; `making` says whether the node was being made.
    #[must_use]
    pub fn failure(&self, making: bool, limits: &EffectiveLimits) -> NodeFailure {
        let (kind, message, trace) = (clean(self.kind), clean(self.message), clean(self.trace));
        let first: String = message.lines().next().unwrap_or_default().chars().take(MESSAGE).collect();
        let stated = STATED.iter().find(|it| **it == self.code);
        let told = match (kind.as_str(), making, stated) {
            ("MemoryError", ..) => NodeFailure::out_of_memory(limits),
            ("UnsupportedValueError", ..) => NodeFailure::new("RM605", first),
            (.., Some(code)) => NodeFailure::new(code, first),
            (_, true, None) => NodeFailure::new("RM601", format!("the node cannot be made: {kind}: {first}")),
            (_, false, None) => NodeFailure::new("RM602", format!("the node raised {kind}: {first}")),
        };
        let hint = clean(self.hint);
        let told = if hint.is_empty() { told } else { told.with_hint(hint) };
        told.with_cause(kind, message, (!trace.is_empty()).then_some(trace))
    }
}

/// A stranger's text without what would move a terminal's cursor; lines stay lines.
#[must_use]
pub fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' { '\u{fffd}' } else { c }).collect()
}
