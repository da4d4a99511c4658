//! The ONNX Runtime library of this process.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use ort::environment::Environment;
use ort::logging::LogLevel;
use remotemedia_engine::NodeFailure;

/// Names of the environment variables that may name the library; the first that is set counts.
const VARIABLES: [&str; 2] = ["REMOTEMEDIA_ONNXRUNTIME", "ORT_DYLIB_PATH"];

/// The library, once it is loaded: a process has one, and keeps it.
static LOADED: Mutex<Option<Environment>> = Mutex::new(None);

/// Load the library, unless this process has loaded it before; then that one is given, whatever is asked for.
///
/// # Errors
///
/// `RM609`: no library is named, or the one that is named cannot be loaded.
pub(crate) fn load(library: Option<&Path>) -> Result<Environment, NodeFailure> {
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(environment) = &*loaded {
        return Ok(environment.clone());
    }
    let path = find(library)?;
    let missing = |why: &dyn std::fmt::Display| {
        let message = format!("expected the ONNX Runtime library at `{}`: {why}", path.display());
        NodeFailure::new("RM609", message)
    };
    // A relative path is the caller's, not the executable's.
    let absolute = path.canonicalize().map_err(|error| missing(&error))?;
    let builder = ort::init_from(absolute).map_err(|error| missing(&error))?;
    let environment =
        builder.with_name("remotemedia").with_telemetry(false).build().map_err(|error| missing(&error))?;
    // What goes wrong is returned as an error; the library need not tell it to stderr as well.
    environment.set_log_level(LogLevel::Fatal);
    Ok(loaded.insert(environment).clone())
}

fn find(library: Option<&Path>) -> Result<PathBuf, NodeFailure> {
    let named = VARIABLES.iter().filter_map(std::env::var_os).find(|it| !it.is_empty()).map(PathBuf::from);
    library.map(Path::to_path_buf).or(named).ok_or_else(|| {
        let message = format!("expected the ONNX Runtime library in `{}`, got nothing", VARIABLES[0]);
        let hint = "install it with `pip install 'remotemedia[onnx]'`, or name the file `libonnxruntime.so` there";
        NodeFailure::new("RM609", message).with_hint(hint)
    })
}
