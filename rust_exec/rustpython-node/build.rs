//! Lays out the Python files of the sandbox, which are the same as those of the WebAssembly runner.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

const ASSEMBLE: &str = "import pathlib, runpy, sys
script, repository, directory = map(pathlib.Path, sys.argv[1:])
runpy.run_path(str(script))['assemble'](repository, directory)";

fn main() -> Result<(), Box<dyn Error>> {
    let here = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let repository = here.ancestors().nth(2).ok_or("the crate lies two levels below the repository")?;
    let script = repository.join("rust_exec/wasm/guest/build.py");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let guest = out.join("guest");
    if guest.exists() {
        fs::remove_dir_all(&guest)?;
    }
    let python = env::var("PYO3_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let done = Command::new(python).args(["-c", ASSEMBLE]).arg(&script).arg(repository).arg(&guest).status()?;
    if !done.success() {
        return Err(format!("`{}` ended with {done}", script.display()).into());
    }
    let mut table = String::from("[\n");
    list(&guest, &guest, &mut table)?;
    table.push_str("]\n");
    fs::write(out.join("guest.rs"), table)?;
    for input in ["rust_exec/wasm/guest", "sdk"] {
        println!("cargo::rerun-if-changed={}", repository.join(input).display());
    }
    Ok(())
}

/// Write a line `(path, text)` for every file.
fn list(root: &Path, directory: &Path, table: &mut String) -> Result<(), Box<dyn Error>> {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(directory)?.map(|it| Ok(it?.path())).collect::<std::io::Result<_>>()?;
    entries.sort();
    for path in entries {
        if path.is_dir() {
            list(root, &path, table)?;
        } else if path.extension().is_some_and(|it| it == "py") {
            writeln!(table, "    ({:?}, include_str!({path:?})),", path.strip_prefix(root)?)?;
        }
    }
    Ok(())
}
