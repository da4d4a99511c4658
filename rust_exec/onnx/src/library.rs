//! The ONNX Runtime library of this process.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use ort::environment::Environment;
use ort::logging::LogLevel;
use remotemedia_engine::NodeFailure;

/// Names of the environment variables that may name the library; the first that is set counts.
const VARIABLES: [&str; 2] = ["REMOTEMEDIA_ONNXRUNTIME", "ORT_DYLIB_PATH"];

/// Where it is looked for from the program's directory, and how its name begins.
const BESIDE: [&str; 2] = [".", "../lib"];
const NAME: &str = if cfg!(target_os = "macos") { "libonnxruntime." } else { "libonnxruntime.so" };

/// The library, once it is loaded: a process has one, and keeps it.
static LOADED: Mutex<Option<Environment>> = Mutex::new(None);

/// Load the library, unless this process has loaded it before; then that one is given, whatever is asked for.
///
/// It is the one that is asked for, else the one that a variable names, else the one that lies beside the program. Once it is
/// loaded, and before it does anything, `before` is called.
///
/// # Errors
///
/// `RM609`: there is none, or it cannot be loaded. What `before` fails with.
pub(crate) fn load(
    library: Option<&Path>,
    before: impl FnOnce() -> Result<(), NodeFailure>,
) -> Result<Environment, NodeFailure> {
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
    before()?;
    let environment =
        builder.with_name("remotemedia").with_telemetry(false).build().map_err(|error| missing(&error))?;
    // What goes wrong is returned as an error; the library need not tell it to stderr as well.
    environment.set_log_level(LogLevel::Fatal);
    Ok(loaded.insert(environment).clone())
}

/// Where the library lies: where it is said to, else where a variable says, else beside the program.
///
/// # Errors
///
/// `RM609`: none is named, and none lies beside the program.
pub fn find(library: Option<&Path>) -> Result<PathBuf, NodeFailure> {
    if let Some(library) = library {
        return Ok(library.to_path_buf());
    }
    let named = VARIABLES.iter().filter_map(std::env::var_os).find(|it| !it.is_empty());
    if let Some(named) = named {
        return Ok(named.into());
    }
    let program = std::env::current_exe().unwrap_or_default();
    let folders: Vec<PathBuf> = BESIDE.iter().filter_map(|it| Some(program.parent()?.join(it))).collect();
    folders.iter().find_map(|it| in_folder(it)).ok_or_else(|| {
        let mut places: Vec<String> = VARIABLES.iter().map(|it| format!("the variable `{it}`")).collect();
        places.extend(folders.iter().map(|it| format!("`{}`", it.join(NAME).display())));
        let message = format!("expected the ONNX Runtime library, found none: looked at {}", places.join(", "));
        let hint = format!(
            "install it with `pip install 'remotemedia[onnx]'`, or name the file `{NAME}` in `{}`",
            VARIABLES[0]
        );
        NodeFailure::new("RM609", message).with_hint(hint)
    })
}

/// The library in a directory: the one with the shortest name, else the last of those with a version.
fn in_folder(folder: &Path) -> Option<PathBuf> {
    let entries = std::fs::read_dir(folder).ok()?.filter_map(Result::ok).map(|it| it.path());
    let is_library = |it: &PathBuf| it.file_name().is_some_and(|it| it.to_string_lossy().starts_with(NAME));
    let mut found: Vec<PathBuf> = entries.filter(is_library).collect();
    found.sort();
    match found.iter().position(|it| it.file_name().is_some_and(|it| it == NAME)) {
        Some(exact) => Some(found.swap_remove(exact)),
        None => found.pop(),
    }
}
