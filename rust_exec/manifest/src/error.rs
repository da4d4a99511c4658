//! What can be wrong with a manifest.

use crate::place::Place;

/// A manifest was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ManifestError {
    /// Stable code of `schemas/errors.v1.json`.
    pub code: &'static str,
    /// What was expected and what was got.
    pub message: String,
    /// The remedy.
    pub hint: Option<String>,
    /// JSON pointer (RFC 6901) to the place, where there is one.
    pub pointer: Option<String>,
}

/// Something in a manifest that is read over, yet worth telling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// What was found.
    pub message: String,
    /// JSON pointer (RFC 6901) to the place.
    pub pointer: String,
}

/// Most warnings that are kept of one manifest.
const MAX_WARNINGS: usize = 100;

/// Tell of something; of a flood only the beginning is kept.
pub(crate) fn warn(warnings: &mut Vec<Warning>, place: &Place<'_>, message: impl FnOnce() -> String) {
    if warnings.len() < MAX_WARNINGS {
        warnings.push(Warning { message: message(), pointer: place.to_string() });
    } else if warnings.len() == MAX_WARNINGS {
        warnings.push(Warning { message: "further warnings are left out".to_owned(), pointer: String::new() });
    }
}

impl ManifestError {
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), hint: None, pointer: None }
    }

    pub(crate) fn at(mut self, place: &Place<'_>) -> Self {
        self.pointer = Some(place.to_string());
        self
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// Characters of a stranger's text that a message repeats.
const QUOTED: usize = 64;

/// A stranger's text as a literal of a message: in backticks, without control characters, cut to a bounded length.
pub(crate) fn quote(text: &str) -> String {
    let mut out = String::from("`");
    let mut characters = text.chars();
    for character in characters.by_ref().take(QUOTED) {
        if character.is_control() || character == '`' {
            out.extend(character.escape_unicode());
        } else {
            out.push(character);
        }
    }
    if characters.next().is_some() {
        out.push('…');
    }
    out.push('`');
    out
}

/// Literals that a message lists.
const LISTED: usize = 50;

/// Literals of a message, each in backticks, with commas between; of very many only the first.
pub(crate) fn list<T: AsRef<str>>(items: impl IntoIterator<Item = T>) -> String {
    let mut items = items.into_iter();
    let mut shown: Vec<String> = items.by_ref().take(LISTED).map(|item| quote(item.as_ref())).collect();
    if items.next().is_some() {
        shown.push("…".to_owned());
    }
    shown.join(", ")
}
