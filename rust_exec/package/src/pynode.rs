//! A `.pynode`: the Python sources of a pipeline's own classes, as a zip without compression.

use std::io::{Cursor, Read};

use remotemedia_manifest::is_project_path;
use serde::Deserialize;
use zip::{CompressionMethod, ZipArchive};

use crate::error::{PackageError, quote};

/// Bytes of the largest `.pynode`.
pub(crate) const MAX_BYTES: u64 = 16 << 20;
/// Most files in one.
const MAX_FILES: usize = 4096;
const INFO: &str = "pynode.json";

/// The sources that one `.pynode` holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PyNode {
    /// What `pynode.json` says of them.
    pub info: PyNodeInfo,
    /// Project-relative posix path and text of every source file, in the archive's order.
    pub sources: Vec<(String, String)>,
}

/// The content of `pynode.json`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct PyNodeInfo {
    /// Version of this document: 1.
    pub version: u32,
    /// The Python versions it is written for, as a PEP 440 specifier.
    pub python: String,
    /// The classes that nodes are made of: `module:Class`.
    pub entries: Vec<String>,
    /// Top-level modules outside the project that the sources import.
    pub imports: Vec<String>,
    /// Those of them that the sandbox lacks.
    pub missing: Vec<String>,
}

impl PyNode {
    /// Read a `.pynode`; `title` is its path in the package, for messages.
    ///
    /// # Errors
    ///
    /// `RM304` for a zip that is malformed or unsafe, `RM303` for a `pynode.json` that is missing or malformed.
    pub(crate) fn read(bytes: Vec<u8>, title: &str) -> Result<Self, PackageError> {
        let refused = |what: &str| PackageError::unsafe_archive(format!("expected {what} in {}", quote(title)));
        let malformed = |error| refused(&format!("a zip that can be read ({error})"));
        let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(malformed)?;
        if archive.len() > MAX_FILES {
            return Err(refused(&format!("at most {MAX_FILES} files")));
        }
        if archive.has_duplicate_names() {
            return Err(refused("every name once"));
        }
        if archive.has_overlapping_entries().map_err(malformed)? {
            return Err(refused("entries that do not overlap"));
        }
        let mut info = None;
        let mut sources = Vec::new();
        for index in 0..archive.len() {
            let mut entry = archive.by_index(index).map_err(malformed)?;
            let name = std::str::from_utf8(entry.name_raw()).map_err(|_| refused("names in UTF-8"))?.to_owned();
            if !is_project_path(&name) {
                return Err(refused(&format!("relative paths, not {},", quote(&name))));
            }
            if entry.compression() != CompressionMethod::Stored || entry.encrypted() || entry.is_symlink() {
                return Err(refused(&format!("plain stored files, unlike {},", quote(&name))));
            }
            // A stored entry cannot be larger than the archive it is in; what lies about its size fails its checksum.
            let mut text = String::new();
            let limited = entry.by_ref().take(MAX_BYTES).read_to_string(&mut text);
            limited.map_err(|error| refused(&format!("UTF-8 text as {} ({error})", quote(&name))))?;
            if name == INFO {
                info = Some(PyNodeInfo::parse(&text, title)?);
            } else {
                sources.push((name, text));
            }
        }
        let info = info
            .ok_or_else(|| PackageError::contradiction(format!("expected `{INFO}` in {}, got none", quote(title))))?;
        Ok(Self { info, sources })
    }
}

impl PyNodeInfo {
    fn parse(text: &str, title: &str) -> Result<Self, PackageError> {
        let info: Self = serde_json::from_str(text).map_err(|error| {
            PackageError::contradiction(format!(
                "expected version, entries and imports in `{INFO}` of {}: {error}",
                quote(title)
            ))
        })?;
        if info.version != 1 {
            let message = format!("expected `{INFO}` of version 1 in {}, got {}", quote(title), info.version);
            return Err(PackageError::contradiction(message));
        }
        Ok(info)
    }
}
