//! The files beside a model that hold its weights, by the names in the model itself.
//!
//! The model is read as protobuf (<https://protobuf.dev/programming-guides/encoding/>) no deeper than to these names
//! (`TensorProto.external_data` of <https://github.com/onnx/onnx/blob/main/onnx/onnx.proto>). Weights are skipped over, so
//! the size of a model does not matter.

use std::collections::BTreeSet;

use remotemedia_engine::NodeFailure;

const MAX_FIELDS: u32 = 5_000_000;
const MAX_DEPTH: u32 = 32;
/// Longest location, in bytes.
const LONGEST: usize = 1024;

/// The messages that lead to names of files.
#[derive(Clone, Copy)]
enum Message {
    Model,
    Graph,
    Function,
    Node,
    Attribute,
    Sparse,
    Tensor,
    Entry,
}

impl Message {
    /// The message in a field of this one.
    fn inside(self, field: u64) -> Option<Self> {
        Some(match (self, field) {
            (Self::Model, 7) | (Self::Attribute, 6 | 11) => Self::Graph,
            (Self::Model, 25) => Self::Function,
            (Self::Graph, 1) | (Self::Function, 7) => Self::Node,
            (Self::Node, 5) => Self::Attribute,
            (Self::Graph | Self::Attribute, 5) | (Self::Attribute, 10) | (Self::Sparse, 1 | 2) => Self::Tensor,
            (Self::Graph, 15) | (Self::Attribute, 22 | 23) => Self::Sparse,
            (Self::Tensor, 13) => Self::Entry,
            _ => return None,
        })
    }
}

/// The locations that a model names, relative to its directory, sorted. What is no protobuf has none: the library judges it.
///
/// # Errors
///
/// `RM608`: a location is not below the model's directory, and so not among what the package vouches for.
pub(crate) fn locations(model: &[u8]) -> Result<Vec<String>, NodeFailure> {
    let locations = read(model).unwrap_or_default();
    match locations.iter().find(|it| !is_below(it)) {
        None => Ok(locations.into_iter().collect()),
        Some(location) => {
            let message = format!("expected weights beside the model, got `{}`", location.escape_default());
            Err(NodeFailure::new("RM608", message))
        }
    }
}

/// The project path of a location of a model.
pub(crate) fn beside(model: &str, location: &str) -> String {
    let folder = model.rsplit_once('/').map_or("", |(folder, _)| folder);
    let parts = location.split('/').filter(|it| !it.is_empty() && *it != ".");
    folder.split('/').filter(|it| !it.is_empty()).chain(parts).collect::<Vec<_>>().join("/")
}

fn is_below(location: &str) -> bool {
    let is_plain = !location.is_empty() && !location.contains(['\\', '\0']);
    is_plain && !location.starts_with('/') && location.split('/').all(|it| it != "..")
}

fn read(model: &[u8]) -> Option<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    let mut waiting = vec![(Message::Model, model, 0)];
    let mut budget = MAX_FIELDS;
    while let Some((message, bytes, depth)) = waiting.pop() {
        if matches!(message, Message::Entry) {
            found.extend(location(bytes)?);
            continue;
        }
        let mut rest = bytes;
        while !rest.is_empty() {
            let (number, content) = field(&mut rest)?;
            budget = budget.checked_sub(1)?;
            if let Some((inside, content)) = message.inside(number).zip(content) {
                if depth == MAX_DEPTH {
                    return None;
                }
                waiting.push((inside, content, depth + 1));
            }
        }
    }
    Some(found)
}

/// The value of an entry (`StringStringEntryProto`) whose key is `location`.
fn location(entry: &[u8]) -> Option<Option<String>> {
    let (mut key, mut value, mut rest) = (&[][..], &[][..], entry);
    while !rest.is_empty() {
        match field(&mut rest)? {
            (1, Some(content)) => key = content,
            (2, Some(content)) => value = content,
            _ => {}
        }
    }
    let value = &value[..value.len().min(LONGEST)];
    Some((key == b"location").then(|| String::from_utf8_lossy(value).into_owned()))
}

/// Number and content of the next field; no content where it has no length.
fn field<'a>(rest: &mut &'a [u8]) -> Option<(u64, Option<&'a [u8]>)> {
    let tag = varint(rest)?;
    let skipped = match tag & 7 {
        0 => {
            varint(rest)?;
            0
        }
        1 => 8,
        5 => 4,
        2 => {
            let length = usize::try_from(varint(rest)?).ok()?;
            let (content, after) = rest.split_at_checked(length)?;
            *rest = after;
            return Some((tag >> 3, Some(content)));
        }
        _ => return None,
    };
    *rest = rest.get(skipped..)?;
    Some((tag >> 3, None))
}

fn varint(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, after) = rest.split_first()?;
        *rest = after;
        value |= u64::from(byte & 127) << shift;
        if *byte < 128 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{beside, is_below};

    #[test]
    fn a_location_is_below_the_models_directory() {
        for location in ["weights.bin", "a/b", "./a", "..a"] {
            assert!(is_below(location), "{location}");
        }
        for location in ["", "/etc/passwd", "..", "../a", "a/../../b", "a\\b", "a\0"] {
            assert!(!is_below(location), "{location}");
        }
        assert_eq!(beside("models/m.onnx", "./w/a.bin"), "models/w/a.bin");
        assert_eq!(beside("m.onnx", "a.bin"), "a.bin");
    }
}
