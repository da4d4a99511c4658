//! Nodes in a confined child process, over framed packets (`schemas/child.md`).
//!
//! # Layout
//!
//! - `frame`, `message`: what is said
//! - `serve`: the child's half, for runtimes written in Rust; `author`: the same for native programs of packages
//! - `node`: the parent's half, as a node of the engine
//! - `python`: the runtime `python` of packages; `pool`: several workers of one node;
//!   `scratch`: a worker's temporary directory; `project`: the project's files in it
//! - `rustpython`: the runtime `rustpython` of packages; `programs`: the runtime `program`
//! - `process`: the operating system's side of a child; `load`: what it takes; `death`: what its end means

pub mod author;
mod death;
pub mod frame;
mod load;
pub mod message;
mod node;
#[cfg(feature = "workers")]
mod pool;
mod process;
#[cfg(feature = "workers")]
mod programs;
#[cfg(feature = "workers")]
mod project;
#[cfg(feature = "workers")]
mod python;
#[cfg(feature = "workers")]
mod rustpython;
#[cfg(feature = "workers")]
mod scratch;
mod serve;

pub use node::Child;
pub use process::{Image, Program};
#[cfg(feature = "workers")]
pub use programs::ProgramRuntime;
#[cfg(feature = "workers")]
pub use python::{Python, PythonRuntime};
#[cfg(feature = "workers")]
pub use rustpython::RustPythonRuntime;
pub use serve::serve;
