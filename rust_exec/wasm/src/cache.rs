//! Machine code that was compiled on this machine, each file with a MAC by a key that only this user can read.
//!
//! Such code does whatever it says. What is checked is the buffer that is used, not a file that may change in between.

#![allow(unsafe_code, reason = "Wasmtime cannot know that machine code is its own; the MAC says so")]

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::hash::{Hash, Hasher};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use wasmtime::Engine;
use wasmtime::component::Component;

const MAC_LEN: usize = 32;
const KEY_LEN: usize = 32;

/// A directory of such code.
pub(crate) struct Cache {
    dir: PathBuf,
    key: [u8; KEY_LEN],
}

impl Cache {
    pub(crate) fn open(dir: &Path) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
        // `/proc/self` belongs to the user this process runs as.
        let user = fs::metadata("/proc/self")?.uid();
        let found = fs::symlink_metadata(dir)?;
        if !found.is_dir() || found.uid() != user || found.mode() & 0o077 != 0 {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        let path = dir.join("key");
        if !path.exists() {
            let mut fresh = [0; KEY_LEN];
            File::open("/dev/urandom")?.read_exact(&mut fresh)?;
            // Two processes may come here at once; the first key stands.
            persist(dir, &[&fresh], |file| {
                file.persist_noclobber(&path).map(drop).or_else(|error| exists(error.error))
            })?;
        }
        let mut file = OpenOptions::new().read(true).custom_flags(libc::O_NOFOLLOW).open(&path)?;
        let found = file.metadata()?;
        if found.uid() != user || found.mode() & 0o077 != 0 || found.len() != KEY_LEN as u64 {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        let mut key = [0; KEY_LEN];
        file.read_exact(&mut key)?;
        Ok(Self { dir: dir.to_owned(), key })
    }

    pub(crate) fn get(&self, engine: &Engine, name: &str) -> Option<Component> {
        let content = fs::read(self.dir.join(name)).ok()?;
        let (mac, code) = content.split_at_checked(MAC_LEN)?;
        // Comparison of `blake3::Hash` takes constant time.
        if self.mac(name, code) != blake3::Hash::from_slice(mac).ok()? {
            return None;
        }
        // SAFETY: the MAC says that this very buffer was written by `put` of a process of this user.
        unsafe { Component::deserialize(engine, code) }.ok()
    }

    pub(crate) fn put(&self, name: &str, code: &[u8]) -> io::Result<()> {
        // No reader sees half of a file.
        let path = self.dir.join(name);
        persist(&self.dir, &[self.mac(name, code).as_bytes(), code], |file| {
            file.persist(path).map(drop).map_err(|error| error.error)
        })
    }

    fn mac(&self, name: &str, code: &[u8]) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher.update(name.as_bytes()).update(&[0]).update(code);
        hasher.finalize()
    }
}

/// A cache file's name: what it was compiled from, and all that decides about the code.
pub(crate) fn file_name(engine: &Engine, wasm: &[u8]) -> String {
    struct Blake(blake3::Hasher);
    impl Hasher for Blake {
        fn write(&mut self, bytes: &[u8]) {
            self.0.update(bytes);
        }
        fn finish(&self) -> u64 {
            0 // Never asked for: the whole hash is taken below.
        }
    }
    let mut hasher = Blake(blake3::Hasher::new());
    hasher.write(blake3::hash(wasm).as_bytes());
    engine.precompile_compatibility_hash().hash(&mut hasher);
    format!("{}.cwasm", hasher.0.finalize().to_hex())
}

/// Write a temporary file, of mode 0600, and give it its name.
fn persist(
    dir: &Path,
    parts: &[&[u8]],
    keep: impl FnOnce(tempfile::NamedTempFile) -> io::Result<()>,
) -> io::Result<()> {
    let mut file = tempfile::NamedTempFile::new_in(dir)?;
    for part in parts {
        file.write_all(part)?;
    }
    keep(file)
}

fn exists(error: io::Error) -> io::Result<()> {
    if error.kind() == io::ErrorKind::AlreadyExists { Ok(()) } else { Err(error) }
}
