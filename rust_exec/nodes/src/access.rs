//! Which files outside the project a node may read.

use std::path::{Path, PathBuf};

use remotemedia_engine::{NodeFailure, NodeSpec};

/// The file at an absolute path, if the node may read it: because it is the user's own program that names it, or
/// because of a grant `read=DIR`.
///
/// # Errors
///
/// `RM211`: the path is not absolute. `RM507`: there is no such grant; links and `..` are followed before it is looked
/// for. `RM612`: there is no such file.
pub(crate) fn readable(spec: &NodeSpec, path: &str) -> Result<PathBuf, NodeFailure> {
    if let Some(own) = spec.files.local_path(path) {
        return Ok(own);
    }
    let wanted = Path::new(path);
    if !wanted.is_absolute() {
        return Err(NodeFailure::new("RM211", format!("expected an absolute path or a project file, got `{path}`")));
    }
    let directory = wanted.parent().unwrap_or(wanted).display();
    let refused = || {
        NodeFailure::new("RM507", format!("node `{}` wants to read `{path}`, which was not granted", spec.id))
            .with_hint(format!("if you agree, run it with `--allow read={directory}`"))
    };
    let granted = spec.grants.iter().filter_map(|it| it.strip_prefix("read=")).map(Path::new);
    // What lies outside every grant must not even be looked at: whether it exists is none of the node's business.
    let mut granted = granted.filter(|it| wanted.starts_with(it)).peekable();
    if granted.peek().is_none() {
        return Err(refused());
    }
    let real = wanted.canonicalize();
    let real =
        real.map_err(|error| NodeFailure::new("RM612", format!("expected a readable file `{path}`: {error}")))?;
    if granted.any(|it| it.canonicalize().is_ok_and(|it| real.starts_with(it))) { Ok(real) } else { Err(refused()) }
}
