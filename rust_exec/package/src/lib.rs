//! Opens a package by the digest of its OCI manifest, re-hashing everything it reads.
//!
//! ```no_run
//! use std::path::Path;
//! use remotemedia_package::Package;
//!
//! let digest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
//! let package = Package::open(Path::new("speech-e3b0c44298fc.rmpkg"), digest)?;
//! for file in package.manifest().files() {
//!     let bytes = package.file(&file.path, file.is_model)?;
//! }
//! # Ok::<(), remotemedia_package::PackageError>(())
//! ```
//!
//! A package is an OCI image layout, as a directory (a cache entry) or as a tar (`.rmpkg`). The digest is all that is
//! trusted: neither `index.json` nor the plain names of a tar are asked for anything.
//!
//! # Layout
//!
//! - `error`: why a package is not opened, each with its stable code
//! - `digest`: SHA-256 digests as OCI writes them
//! - `archive`: where each file of a tar lies; hostile tars are refused
//! - `store`: blobs by digest, from a directory or a tar
//! - `oci`: the OCI manifest: which file is which blob
//! - `config`: the package's configuration, checked against its manifest
//! - `agreement`: these checks alone
//! - `pynode`: Python sources

mod agreement;
mod archive;
mod config;
mod digest;
mod error;
mod oci;
mod pynode;
mod store;

use std::collections::BTreeSet;
use std::path::Path;

use remotemedia_manifest::{Manifest, Warning};

pub use agreement::{check_configuration, check_layers};
pub use config::{Config, ConfigNode};
pub use digest::Digest;
pub use error::PackageError;
pub use pynode::{PyNode, PyNodeInfo};

use crate::error::quote;
use crate::oci::{Contents, Descriptor};
use crate::store::{MAX_DOCUMENT, Store};

/// The manifest's path in a package.
const MANIFEST: &str = "manifest.json";

/// A package whose digest, manifest and configuration have been checked; its other files are checked as they are read.
#[derive(Debug)]
pub struct Package {
    store: Store,
    digest: Digest,
    contents: Contents,
    config: Config,
    manifest: Manifest,
    warnings: Vec<Warning>,
}

impl Package {
    /// Open the package with this digest in the image layout at a path: a directory, or a `.rmpkg` file.
    ///
    /// # Errors
    ///
    /// `RM301` if there is no such package, `RM302` for bytes that do not match their digest, `RM303` for a
    /// configuration that does not follow from the manifest, `RM304` for a harmful archive, `RM306` if a file that the
    /// manifest names is missing, and the codes of [`Manifest::parse`].
    pub fn open(path: &Path, digest: &str) -> Result<Self, PackageError> {
        let digest: Digest = digest.parse()?;
        let store = Store::open(path)?;
        let contents = oci::contents(&store.blob(&digest, None, "the package")?)?;
        let config = Config::parse(&document(&store, &contents.config, "the configuration")?)?;
        let manifest = contents.files.get(MANIFEST).ok_or_else(|| {
            PackageError::not_a_package(format!("expected `{MANIFEST}` in the package `{digest}`, got none"))
        })?;
        let (manifest, warnings) = Manifest::parse(&document(&store, manifest, MANIFEST)?)?;
        config.check(&manifest)?;
        let package = Self { store, digest, contents, config, manifest, warnings };
        package
            .manifest
            .files()
            .iter()
            .try_for_each(|file| package.find(&title_of(&file.path, file.is_model)).map(|_| ()))?;
        package.manifest.data().into_iter().try_for_each(|path| package.find(path).map(|_| ()))?;
        Ok(package)
    }

    /// The digest of the package's OCI manifest: its identity.
    #[must_use]
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// The pipeline.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// What is worth telling of the manifest.
    #[must_use]
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// The configuration, which agrees with the manifest.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The paths of all files, sorted.
    pub fn titles(&self) -> impl Iterator<Item = &str> {
        self.contents.files.keys().map(String::as_str)
    }

    /// The whole content of a file, by its path in the package.
    ///
    /// # Errors
    ///
    /// `RM306` if there is no such file, `RM302` if its bytes do not match their digest.
    pub fn read(&self, title: &str) -> Result<Vec<u8>, PackageError> {
        let descriptor = self.find(title)?;
        self.store.blob(&descriptor.digest, Some(descriptor.size), title)
    }

    /// Check every file but models and wheels, which are large and are checked when they are loaded or installed.
    ///
    /// # Errors
    ///
    /// `RM302` for the first whose bytes do not match its digest.
    pub fn check(&self) -> Result<(), PackageError> {
        let is_large = |title: &str| title.starts_with("models/") || title.starts_with("wheels/");
        self.titles().filter(|title| !is_large(title)).try_for_each(|title| self.read(title).map(drop))
    }

    /// The whole content of a file of the project, by its project-relative path.
    ///
    /// # Errors
    ///
    /// As [`Package::read`].
    pub fn file(&self, project_path: &str, is_model: bool) -> Result<Vec<u8>, PackageError> {
        self.read(&title_of(project_path, is_model))
    }

    /// The Python sources of the author's classes: every `modules/*.pynode`.
    ///
    /// # Errors
    ///
    /// As [`Package::read`]; `RM304` for a zip that is malformed or unsafe; `RM303` if `pynode.json` is malformed or a
    /// node's `entry` is in none.
    pub fn pynodes(&self) -> Result<Vec<PyNode>, PackageError> {
        let titles = self.titles().filter(|title| {
            title.strip_prefix("modules/").is_some_and(|name| name.ends_with(".pynode") && !name.contains('/'))
        });
        let mut pynodes = Vec::new();
        for title in titles {
            let size = self.find(title)?.size;
            if size > pynode::MAX_BYTES {
                let (most, title) = (pynode::MAX_BYTES, quote(title));
                let message = format!("expected at most {most} bytes of sources in {title}, got {size}");
                return Err(PackageError::unsafe_archive(message));
            }
            pynodes.push(PyNode::read(self.read(title)?, title)?);
        }
        let known: BTreeSet<_> = pynodes.iter().flat_map(|pynode| &pynode.info.entries).collect();
        match self.manifest.nodes.iter().filter_map(|node| node.entry.as_ref()).find(|entry| !known.contains(entry)) {
            None => Ok(pynodes),
            Some(entry) => {
                let message = format!("expected the class {} in the package's sources, got none", quote(entry));
                Err(PackageError::contradiction(message))
            }
        }
    }

    fn find(&self, title: &str) -> Result<&Descriptor, PackageError> {
        self.contents
            .files
            .get(title)
            .ok_or_else(|| PackageError::missing_file(format!("expected {} in the package, got none", quote(title))))
    }
}

/// A JSON document that is described, and bounded before it is read.
fn document(store: &Store, descriptor: &Descriptor, what: &str) -> Result<Vec<u8>, PackageError> {
    if descriptor.size > MAX_DOCUMENT {
        let message = format!("expected {} of at most {MAX_DOCUMENT} bytes, got {}", quote(what), descriptor.size);
        return Err(PackageError::not_a_package(message));
    }
    store.blob(&descriptor.digest, Some(descriptor.size), what)
}

/// Where a file of the project lies in its package.
fn title_of(project_path: &str, is_model: bool) -> String {
    let folder = if is_model { "models" } else { "modules/files" };
    format!("{folder}/{project_path}")
}
