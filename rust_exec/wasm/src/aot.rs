//! Machine code of the runner.
//!
//! Such code does whatever it says: it is taken only from where the program itself comes from, or from the cache, which this
//! user's own key vouches for.

#![allow(unsafe_code, reason = "Wasmtime cannot know that machine code is its own; this file makes sure of it")]

use std::path::Path;
use std::{fs, io};

#[cfg(test)]
mod tests;

use wasmtime::Engine;
use wasmtime::component::Component;

use crate::cache::{Cache, file_name};
use crate::engine::engine_config;

const WASM: &str = "python-runner.wasm";
/// Hash of the component, written by who made it.
const WASM_STAMP: &str = "python-runner.sha256";
const CODE: &str = "python-runner.cwasm";
/// Copy of the component's stamp, written with the code compiled from it.
const CODE_STAMP: &str = "python-runner.cwasm.sha256";

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
