//! One Python node in RustPython: the child of an executor, over its stdin and stdout (`schemas/child.md`).
//!
//! Nothing in it keeps a node from the system: the executor starts it confined.
//!
//! # Layout
//!
//! - `vm`: the interpreter with the sandbox's own modules, the same as those of the WebAssembly runner
//! - `bootstrap.py`: what these modules find in place of the component's host
//! - `host`: what Python may ask of this process
//! - `node`: a node of the engine

mod host;
mod node;
mod vm;

use std::process::ExitCode;

use remotemedia_child::serve;

use crate::node::RustPython;

#[allow(clippy::print_stderr, reason = "the parent tells what a child that died wrote there")]
fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    serve(&RustPython::new()?, std::io::stdin(), std::io::stdout()).map_err(|error| error.to_string())
}
