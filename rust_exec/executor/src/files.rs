//! A verified package as the engine's source of files.

use std::path::PathBuf;

use remotemedia_engine::{FileSource, NodeFailure};
use remotemedia_manifest::is_data_path;
use remotemedia_package::{Package, PackageError};

/// Gives out nothing whose bytes do not match the package's digest.
pub(crate) struct PackageFiles(pub(crate) Package);

impl FileSource for PackageFiles {
    fn read(&self, path: &str) -> Result<Vec<u8>, NodeFailure> {
        if is_data_path(path) {
            return self.0.read(path).map_err(failure);
        }
        // What no parameter names are the files beside a model that hold its weights.
        let files = self.0.manifest().files();
        let is_model = files.iter().find(|it| it.path == path).is_none_or(|it| it.is_model);
        self.0.file(path, is_model).map_err(failure)
    }

    fn python_sources(&self) -> Result<Vec<(String, String)>, NodeFailure> {
        let pynodes = self.0.pynodes().map_err(failure)?;
        Ok(pynodes.into_iter().flat_map(|it| it.sources).collect())
    }

    fn local_path(&self, _path: &str) -> Option<PathBuf> {
        None
    }
}

fn failure(error: PackageError) -> NodeFailure {
    let it = NodeFailure::new(error.code, error.message);
    match error.hint {
        Some(hint) => it.with_hint(hint),
        None => it,
    }
}
