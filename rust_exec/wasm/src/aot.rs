//! Machine code of the runner.
//!
//! Such code does whatever it says: it is taken only from where the program itself comes from, or from a cache file that this
//! user's own key vouches for. What is checked is the buffer that is used, not a file that may change in between.

#![allow(unsafe_code, reason = "Wasmtime cannot know that machine code is its own; this file makes sure of it")]

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::hash::{Hash, Hasher};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

#[cfg(test)]
mod tests;

use wasmtime::Engine;
use wasmtime::component::Component;

use crate::engine::engine_config;

const WASM: &str = "python-runner.wasm";
/// Hash of the component, written by who made it.
const WASM_STAMP: &str = "python-runner.sha256";
const CODE: &str = "python-runner.cwasm";
/// Copy of the component's stamp, written with the code compiled from it.
const CODE_STAMP: &str = "python-runner.cwasm.sha256";
const MAC_LEN: usize = 32;
const KEY_LEN: usize = 32;

/// The Python runner cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct RunnerError {
    /// Stable code of `schemas/errors.v1.json`.
    pub code: &'static str,
    /// What was expected and what was got.
    pub message: String,
    /// The remedy.
    pub hint: &'static str,
}

impl RunnerError {
    fn new(message: String) -> Self {
        Self {
            code: "RM614",
            message,
            hint: "install the wheel again; `remotemedia doctor` shows where the runner is looked for",
        }
    }

    #[allow(clippy::needless_pass_by_value, reason = "it stands in `map_err`")]
    pub(crate) fn unusable(error: wasmtime::Error) -> Self {
        Self::new(format!("expected a Python runner that fits this executor, got: {error:#}"))
    }

    fn unreadable(path: &Path, error: &io::Error) -> Self {
        Self::new(format!("expected the Python runner at `{}`, got: {error}", path.display()))
    }
}

/// Compile a runner to machine code for any machine of this architecture, and put it where [`crate::Runner::load`] maps it from.
///
/// Written are `python-runner.cwasm` and its stamp, unless those that are there fit. The stamp of the component, `python-runner.sha256`, must lie beside it.
///
/// # Errors
///
/// RM614: the component or its stamp is missing, it is not a component, or the directory cannot be written.
pub fn precompile(component: &Path, directory: &Path) -> Result<(), RunnerError> {
    let read = |path: &Path| fs::read(path).map_err(|error| RunnerError::unreadable(path, &error));
    let (wasm, stamp) = (read(component)?, read(&component.with_file_name(WASM_STAMP))?);
    let engine = engine_config().and_then(|config| Engine::new(&config)).map_err(RunnerError::unusable)?;
    if component.parent() == Some(directory) && shipped(&engine, directory).is_ok() {
        return Ok(());
    }
    let code = engine.precompile_component(&wasm).map_err(RunnerError::unusable)?;
    for (name, content) in [(CODE, &code), (CODE_STAMP, &stamp)] {
        let path = directory.join(name);
        fs::write(&path, content)
            .map_err(|error| RunnerError::new(format!("expected to write `{}`, got: {error}", path.display())))?;
    }
    Ok(())
}

/// Load the runner's component, from the fastest place that has code that fits.
pub(crate) fn load(
    engine: &Engine,
    dir: &Path,
    cache: &Path,
    compiling: &mut dyn FnMut(&str),
) -> Result<Component, RunnerError> {
    let reason = match shipped(engine, dir) {
        Ok(component) => return Ok(component),
        Err(reason) => reason,
    };
    let path = dir.join(WASM);
    let wasm = fs::read(&path).map_err(|error| RunnerError::unreadable(&path, &error))?;
    // Where there is no place to keep code safely it is compiled each time.
    let kept = Cache::open(&cache.join("aot")).ok();
    let name = file_name(engine, &wasm);
    if let Some(component) = kept.as_ref().and_then(|kept| kept.get(engine, &name)) {
        return Ok(component);
    }
    compiling(&reason);
    let code = engine.precompile_component(&wasm).map_err(RunnerError::unusable)?;
    if let Some(kept) = kept {
        // A full disk is no reason not to run.
        let _ = kept.put(&name, &code);
    }
    // SAFETY: the code was made by this engine a moment ago and has not left this process.
    unsafe { Component::deserialize(engine, &code) }.map_err(RunnerError::unusable)
}

/// Map the code that came with the program; else say why not.
fn shipped(engine: &Engine, dir: &Path) -> Result<Component, String> {
    let stamp = |name: &str| fs::read(dir.join(name)).map_err(|error| format!("`{name}`: {error}"));
    if stamp(CODE_STAMP)? != stamp(WASM_STAMP)? {
        return Err(format!("`{CODE}` was made from another runner"));
    }
    // SAFETY: the file is installed with this program, by whom this program was installed, and is trusted like it. Wasmtime
    // itself checks that version, configuration and CPU fit.
    unsafe { Component::deserialize_file(engine, dir.join(CODE)) }.map_err(|error| format!("`{CODE}`: {error:#}"))
}

/// Code compiled on this machine, each file with a MAC by a key that only this user can read.
struct Cache {
    dir: PathBuf,
    key: [u8; KEY_LEN],
}

impl Cache {
    fn open(dir: &Path) -> io::Result<Self> {
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

    fn get(&self, engine: &Engine, name: &str) -> Option<Component> {
        let content = fs::read(self.dir.join(name)).ok()?;
        let (mac, code) = content.split_at_checked(MAC_LEN)?;
        // Comparison of `blake3::Hash` takes constant time.
        if self.mac(name, code) != blake3::Hash::from_slice(mac).ok()? {
            return None;
        }
        // SAFETY: the MAC says that this very buffer was written by `put` of a process of this user.
        unsafe { Component::deserialize(engine, code) }.ok()
    }

    fn put(&self, name: &str, code: &[u8]) -> io::Result<()> {
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
fn file_name(engine: &Engine, wasm: &[u8]) -> String {
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
