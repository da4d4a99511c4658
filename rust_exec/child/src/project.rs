//! The files of a project that a node's parameters name, as files that its worker can open.
//!
//! They lie where the worker works, each by its path in the project: the module that builds the pipeline, which the worker
//! imports, makes its nodes with relative paths.

use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use remotemedia_engine::{FileSource, NodeFailure, NodeSpec};
use remotemedia_manifest::Reference;
use serde_json::{Value, json};

/// The directory that a worker works in, below its own.
pub(crate) fn project_in(scratch: &Path) -> PathBuf {
    scratch.join("project")
}

/// Make that directory, and the same node with the files of its parameters written there, and named there.
///
/// # Errors
///
/// Whatever the package answers that has no such file; `RM626` where it cannot be written.
pub(crate) fn with_files(spec: &NodeSpec, scratch: &Path) -> Result<NodeSpec, NodeFailure> {
    let files = Files { source: spec.files.as_ref(), directory: project_in(scratch) };
    create(&files.directory).map_err(|error| refused("the directory", &error))?;
    let mut params = spec.params.clone();
    params.values_mut().try_for_each(|value| files.place(value))?;
    Ok(NodeSpec { params, ..spec.clone() })
}

fn create(directory: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(directory)
}

fn refused(what: &str, error: &io::Error) -> NodeFailure {
    NodeFailure::new("RM626", format!("expected to write {what} of a project for its worker, got: {error}"))
}

struct Files<'a> {
    source: &'a dyn FileSource,
    directory: PathBuf,
}

impl Files<'_> {
    fn place(&self, value: &mut Value) -> Result<(), NodeFailure> {
        if let Some(Reference::File(path)) = Reference::of(value) {
            let content = self.source.read(path)?;
            let place = self.write(path, &content).map_err(|error| refused(&format!("`{path}`"), &error))?;
            *value = json!({ "$file": place });
            return Ok(());
        }
        match value {
            Value::Array(items) => items.iter_mut().try_for_each(|it| self.place(it)),
            Value::Object(object) => object.values_mut().try_for_each(|it| self.place(it)),
            _ => Ok(()),
        }
    }

    /// Write a file, if it is not there yet, for its owner to read. Its path, as every `$file`'s, stays inside.
    fn write(&self, path: &str, content: &[u8]) -> io::Result<PathBuf> {
        let place = self.directory.join(path);
        if let Some(parent) = place.parent() {
            create(parent)?;
        }
        match OpenOptions::new().write(true).create_new(true).mode(0o400).open(&place) {
            Ok(mut file) => file.write_all(content)?,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
        Ok(place)
    }
}
