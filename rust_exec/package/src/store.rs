//! Where a package's blobs lie: in an OCI image layout, as a directory or as a tar.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use serde::Deserialize;

use crate::archive::{self, Extent};
use crate::digest::Digest;
use crate::error::{PackageError, quote};

/// Bytes of the largest JSON document of a package.
pub(crate) const MAX_DOCUMENT: u64 = 4 << 20;
/// File that marks an image layout (OCI image-spec, image-layout, "oci-layout file").
const MARKER: &str = "oci-layout";

/// The blobs of one image layout.
#[derive(Debug)]
pub(crate) enum Store {
    /// A directory.
    Directory(PathBuf),
    /// A tar, and where each file lies in it.
    Archive(File, HashMap<String, Extent>),
}

/// Open a file to read, and nothing else: who opens a FIFO waits for somebody to write to it, and a device has no end.
fn open(path: &Path) -> io::Result<File> {
    // Of a file this flag changes nothing.
    let waits_for_nobody = OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = OpenOptions::new().read(true).custom_flags(waits_for_nobody.bits().cast_signed()).open(path)?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(io::Error::other("it is no file")) }
}

/// The content of `oci-layout`.
#[derive(Deserialize)]
struct Layout {
    #[serde(rename = "imageLayoutVersion")]
    version: String,
}

impl Store {
    /// Open the layout at a path.
    ///
    /// # Errors
    ///
    /// `RM301` if there is none, `RM304` for a harmful archive.
    pub(crate) fn open(path: &Path) -> Result<Self, PackageError> {
        let unreadable = |error| PackageError::unreadable(path, &error);
        let store = if path.metadata().map_err(unreadable)?.is_dir() {
            Self::Directory(path.to_owned())
        } else {
            let file = open(path).map_err(unreadable)?;
            let files = archive::index(&file)?;
            Self::Archive(file, files)
        };
        let marker = store.read(MARKER, MAX_DOCUMENT)?.ok_or_else(|| {
            PackageError::not_a_package(format!(
                "expected an OCI image layout at `{}`, got no `{MARKER}`",
                path.display()
            ))
        })?;
        match serde_json::from_slice::<Layout>(&marker) {
            Ok(layout) if layout.version == "1.0.0" => Ok(store),
            _ => Err(PackageError::not_a_package(format!(
                "expected `imageLayoutVersion` 1.0.0 in `{MARKER}`, got another"
            ))),
        }
    }

    /// A blob whose bytes match its digest; `what` is its name for messages.
    ///
    /// # Errors
    ///
    /// `RM301` if it is not there, `RM302` if its size or digest is another.
    pub(crate) fn blob(&self, digest: &Digest, size: Option<u64>, what: &str) -> Result<Vec<u8>, PackageError> {
        let most = size.unwrap_or(MAX_DOCUMENT);
        let bytes = self.read(&format!("blobs/sha256/{}", digest.hex()), most)?.ok_or_else(|| {
            PackageError::not_a_package(format!("expected the blob `{digest}` of {}, got none", quote(what)))
        })?;
        let found = Digest::of(&bytes);
        if found != *digest {
            return Err(PackageError::altered(format!(
                "expected {} with digest `{digest}`, got `{found}`",
                quote(what)
            )));
        }
        // Of bytes that match their digest another size can only be stated wrongly.
        if size.is_some_and(|size| size != bytes.len() as u64) {
            let message = format!("expected {} of {most} bytes, got {}", quote(what), bytes.len());
            return Err(PackageError::altered(message));
        }
        Ok(bytes)
    }

    /// The file of that name; at most one byte more than `most` is read, which then fails its digest.
    fn read(&self, name: &str, most: u64) -> Result<Option<Vec<u8>>, PackageError> {
        match self {
            Self::Directory(directory) => {
                let path = directory.join(name);
                let unreadable = |error| PackageError::unreadable(&path, &error);
                let file = match open(&path) {
                    Ok(file) => file,
                    Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                    Err(error) => return Err(unreadable(error)),
                };
                let size = file.metadata().map_err(unreadable)?.len().min(most.saturating_add(1));
                archive::read(&file, Extent { offset: 0, size }).map(Some)
            }
            Self::Archive(file, files) => files
                .get(name)
                .map(|&Extent { offset, size }| {
                    archive::read(file, Extent { offset, size: size.min(most.saturating_add(1)) })
                })
                .transpose(),
        }
    }
}
