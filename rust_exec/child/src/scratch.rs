//! A private temporary directory of one child.

use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// Made empty for its owner alone; removed, with all in it, when dropped.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn make(parent: &Path) -> io::Result<Self> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        loop {
            let (pid, count) = (std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
            let path = parent.join(format!("remotemedia-{pid}-{count}"));
            match DirBuilder::new().mode(0o700).create(&path) {
                Ok(()) => return path.canonicalize().map(Self),
                // A process of this number left it behind, or somebody else's guess; there are others.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // The run is over; what cannot be removed is left to the system's own cleaning.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
