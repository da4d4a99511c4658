//! A project directory as the engine's source of files.

use std::path::PathBuf;

use remotemedia_engine::{FileSource, NodeFailure};

/// The author's own files: read where they lie, never verified.
pub(crate) struct ProjectFiles {
    pub(crate) root: PathBuf,
}

impl FileSource for ProjectFiles {
    fn read(&self, path: &str) -> Result<Vec<u8>, NodeFailure> {
        std::fs::read(self.root.join(path)).map_err(|e| {
            let place = self.root.display();
            NodeFailure::new("RM612", format!("`{path}` of the project `{place}` cannot be read: {e}"))
        })
    }

    /// Python nodes of the author's own are objects already.
    fn python_sources(&self) -> Result<Vec<(String, String)>, NodeFailure> {
        Ok(Vec::new())
    }

    fn local_path(&self, path: &str) -> Option<PathBuf> {
        Some(self.root.join(path))
    }
}
