//! The index of a `.rmpkg` tar: where each file's bytes lie, found in one pass over the headers.
//!
//! Read are POSIX ustar and PAX headers and GNU long names (POSIX.1-2024, `pax`, "ustar Interchange Format"). Nothing is
//! unpacked, so no name of an archive ever reaches the file system; harmful names are refused all the same, because
//! other programs will unpack the archive.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use remotemedia_manifest::is_project_path;
use tar::{EntryType, Header, PaxExtensions};

use crate::error::{PackageError, quote};

const BLOCK: u64 = 512;
/// Most entries an archive may have.
const MAX_ENTRIES: usize = 65_536;
/// Bytes of the largest extended header.
const MAX_EXTENSION: u64 = 65_536;

/// Where a file's bytes lie in the archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Extent {
    pub(crate) offset: u64,
    pub(crate) size: u64,
}

/// What extended headers say of the entry behind them.
#[derive(Default)]
struct Extension {
    path: Option<String>,
    link: Option<String>,
    size: Option<u64>,
}

/// Find every file of an archive, hard links included.
pub(crate) fn index(file: &File) -> Result<HashMap<String, Extent>, PackageError> {
    let length = file.metadata().map_err(|error| unreadable(&error))?.len();
    let mut files = HashMap::new();
    let mut extension = Extension::default();
    let mut at = 0;
    for _ in 0..=MAX_ENTRIES {
        let Some(header) = header(file, at, length)? else {
            return Ok(files);
        };
        let size = extension.size.take().map_or_else(|| entry_size(&header), Ok)?;
        let extent = Extent { offset: at + BLOCK, size: if holds_data(header.entry_type()) { size } else { 0 } };
        let end = extent.offset.checked_add(extent.size).filter(|end| *end <= length);
        let end = end.ok_or_else(|| {
            PackageError::unsafe_archive(format!("expected an entry inside {length} bytes, got one of {size} bytes"))
        })?;
        match header.entry_type() {
            EntryType::XHeader | EntryType::GNULongName | EntryType::GNULongLink => {
                extend(&mut extension, header.entry_type(), &read_extension(file, extent)?)?;
            }
            _ => add(&mut files, &header, std::mem::take(&mut extension), extent)?,
        }
        at = end.next_multiple_of(BLOCK);
    }
    Err(PackageError::unsafe_archive(format!("expected at most {MAX_ENTRIES} entries, got more")))
}

/// The header at an offset; none at the end, which is a block of zeros or the end of the file.
fn header(file: &File, at: u64, length: u64) -> Result<Option<Header>, PackageError> {
    if at >= length {
        return Ok(None);
    }
    let mut header = Header::new_old();
    file.read_exact_at(header.as_mut_bytes(), at).map_err(|error| unreadable(&error))?;
    let bytes = header.as_bytes();
    if bytes.iter().all(|&byte| byte == 0) {
        return Ok(None);
    }
    // The checksum counts its own eight bytes as blanks.
    let sum: u32 = bytes[..148].iter().chain(&[b' '; 8]).chain(&bytes[156..]).map(|&byte| u32::from(byte)).sum();
    match header.cksum() {
        Ok(expected) if expected == sum => Ok(Some(header)),
        _ => Err(PackageError::not_a_package(format!("expected a tar header at offset {at}, got something else"))),
    }
}

fn unreadable(error: &io::Error) -> PackageError {
    PackageError::not_a_package(format!("expected a tar archive, got: {error}"))
}

fn entry_size(header: &Header) -> Result<u64, PackageError> {
    header.entry_size().map_err(|error| unreadable(&error))
}

/// POSIX lets a hard link have a size without data behind it.
fn holds_data(kind: EntryType) -> bool {
    !matches!(kind, EntryType::Link | EntryType::Directory)
}

fn read_extension(file: &File, extent: Extent) -> Result<Vec<u8>, PackageError> {
    if extent.size > MAX_EXTENSION {
        let message = format!("expected an extended header of at most {MAX_EXTENSION} bytes, got {}", extent.size);
        return Err(PackageError::unsafe_archive(message));
    }
    read(file, extent)
}

/// The bytes of an extent, which the index has checked to lie inside the file.
pub(crate) fn read(file: &File, extent: Extent) -> Result<Vec<u8>, PackageError> {
    let too_large =
        || PackageError::unsafe_archive(format!("expected a file that fits into memory, got {} bytes", extent.size));
    let size = usize::try_from(extent.size).map_err(|_| too_large())?;
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(size).map_err(|_| too_large())?;
    bytes.resize(size, 0);
    file.read_exact_at(&mut bytes, extent.offset).map_err(|error| unreadable(&error))?;
    Ok(bytes)
}

fn extend(extension: &mut Extension, kind: EntryType, data: &[u8]) -> Result<(), PackageError> {
    match kind {
        EntryType::GNULongName => set(&mut extension.path, terminated(data)?),
        EntryType::GNULongLink => set(&mut extension.link, terminated(data)?),
        _ => {
            let malformed = || PackageError::unsafe_archive("expected a well-formed PAX header, got another");
            for record in PaxExtensions::new(data) {
                let record = record.map_err(|_| malformed())?;
                let (key, value) = (record.key().map_err(|_| malformed())?, record.value().map_err(|_| malformed())?);
                match key {
                    "path" => set(&mut extension.path, value.to_owned())?,
                    "linkpath" => set(&mut extension.link, value.to_owned())?,
                    "size" => set(&mut extension.size, value.parse().map_err(|_| malformed())?)?,
                    _ if key.starts_with("GNU.sparse") => return Err(refused("a sparse file", "")),
                    _ => {}
                }
            }
            Ok(())
        }
    }
}

/// Programs disagree about which of two extended headers counts.
fn set<T>(field: &mut Option<T>, value: T) -> Result<(), PackageError> {
    match field.replace(value) {
        None => Ok(()),
        Some(_) => Err(PackageError::unsafe_archive("expected one extended header for a field, got two")),
    }
}

fn terminated(data: &[u8]) -> Result<String, PackageError> {
    text(data.split(|&byte| byte == 0).next().unwrap_or_default())
}

fn text(bytes: &[u8]) -> Result<String, PackageError> {
    String::from_utf8(bytes.to_vec()).map_err(|error| {
        PackageError::unsafe_archive(format!(
            "expected names in UTF-8, got {}",
            quote(String::from_utf8_lossy(error.as_bytes()))
        ))
    })
}

fn add(
    files: &mut HashMap<String, Extent>,
    header: &Header,
    extension: Extension,
    extent: Extent,
) -> Result<(), PackageError> {
    let path = extension.path.map_or_else(|| text(&header.path_bytes()), Ok)?;
    if header.entry_type() == EntryType::Directory {
        return safe(path.strip_suffix('/').unwrap_or(&path), true).map(|_| ());
    }
    let path = safe(&path, false)?.to_owned();
    let extent = match header.entry_type() {
        EntryType::Regular => extent,
        EntryType::Link => {
            let target = extension.link.map_or_else(|| text(&header.link_name_bytes().unwrap_or_default()), Ok)?;
            let found = files.get(safe(&target, false)?).copied();
            found.ok_or_else(|| refused("a link to no earlier file", &path))?
        }
        EntryType::Symlink => return Err(refused("a symbolic link", &path)),
        EntryType::GNUSparse => return Err(refused("a sparse file", &path)),
        _ => return Err(refused("an entry that is no file", &path)),
    };
    if files.contains_key(&path) {
        return Err(PackageError::unsafe_archive(format!("expected every name once, got {} twice", quote(&path))));
    }
    files.insert(path, extent);
    Ok(())
}

/// A name that stays below the directory an archive is unpacked to; a leading `./` is how `tar` names a whole tree.
fn safe(path: &str, is_directory: bool) -> Result<&str, PackageError> {
    let relative = path.strip_prefix("./").unwrap_or(path);
    if is_project_path(relative) || (is_directory && matches!(path, "." | "./")) {
        return Ok(relative);
    }
    Err(PackageError::unsafe_archive(format!("expected relative names inside the archive, got {}", quote(path))))
}

fn refused(what: &str, path: &str) -> PackageError {
    let name = if path.is_empty() { String::new() } else { format!(", {}", quote(path)) };
    PackageError::unsafe_archive(format!("expected files, directories and hard links, got {what}{name}"))
}
